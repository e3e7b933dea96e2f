"""Functions of `elman.ops` in a functional model as nodes of ONNX.

A writer has its function's name and arguments, terms in place of arrays. What has none is run as it
is, on terms: `ops.layer_normalization` is `ops.mean`, `ops.var` and a few products here too.
"""

from collections.abc import Sequence
from typing import Any

from elman import _tree
from elman._typing import Shape
from elman.errors import ElmanError
from elman.formats.onnx.writing.builder import Builder, Value, refuse
from elman.formats.onnx.writing.operations import (
    elementwise,
    places,
    products,
    reductions,
    shapes,
)
from elman.formats.onnx.writing.terms import NoNodes, Term, as_term
from elman.layers.operation import Given, Operation

WRITERS = {
    **elementwise.TABLE,
    **reductions.TABLE,
    **shapes.TABLE,
    **places.TABLE,
    **products.TABLE,
}


def write(
    b: Builder, layer: Operation, inputs: Sequence[Value], sizes: Sequence[Shape], given: Given,
    dtypes: Sequence[str],
) -> list[Value]:  # fmt: skip
    """Write the call of a function.

    Args:
        b: what is written.
        layer: the function and its options.
        inputs: what stands in the gaps of `given`.
        sizes: the shapes of its outputs.
        given: its arguments.
        dtypes: of its outputs.

    Raises:
        UnsupportedError: ONNX has no nodes for it.
    """
    args, kwargs = given.filled([Term(b, x.name, x.dtype, x.shape) for x in inputs])
    name = layer.function.__name__
    try:
        found = _tree.flatten(_called(layer, args, kwargs))
    except NoNodes as error:
        raise refuse(layer.owner, f"computes {error}, of which elman writes no nodes") from error
    except (TypeError, ValueError, IndexError, AttributeError, ElmanError) as error:
        why = f"computes `{name}` of such arguments, of which elman writes no nodes"
        raise refuse(layer.owner, why) from error
    made = []
    for y, shape, dtype in zip(found, sizes, dtypes, strict=True):
        term = as_term(b, y, dtype)
        made.append(Value(term.name, shape, dtype))  # masks end here
    return made


def _called(layer: Operation, args: Sequence[Any], kwargs: Any) -> Any:
    """Return what the function makes of terms."""
    if layer.names and layer.names[-1].startswith("*"):
        args, kwargs = [*layer.options.values(), *args], dict(kwargs)
    else:
        kwargs = {**layer.options, **dict(zip(layer.names, args, strict=False)), **kwargs}
        args = []
    name = layer.function.__name__
    if name in WRITERS:
        return WRITERS[name](*args, **kwargs)
    return layer.function.__wrapped__(*args, **kwargs)


def activation(b: Builder, function: Any, x: str, dtype: str, shape: Shape) -> str | None:
    """Write an activation of `elman.ops`; None if it is none, or has no nodes."""
    if not getattr(function, "__module__", "").startswith("elman.ops."):
        return None
    try:
        return str(function(Term(b, x, dtype, shape)).name)
    except (NoNodes, TypeError, ValueError, IndexError, ElmanError):
        return None
