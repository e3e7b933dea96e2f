"""What is fed into a model: one array, a list or a dictionary, as arrays in the model's order."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _tree
from elman._typing import Array, Shape
from elman.errors import ArgumentError, ShapeError
from elman.layers.parts import arguments, frames
from elman.parameters import version

if TYPE_CHECKING:
    from elman.models.model import Model


def leaves(model: "Model", x: Any) -> list[Any]:
    """Return the arrays, or symbolic tensors, that were fed in, in the order of the inputs.

    Args:
        model: a built model.
        x: an array, a list of arrays, or a dictionary by input name.
    """
    if isinstance(x, dict):
        names = model.input_names
        if any(name not in x for name in names):
            raise ArgumentError(
                f"{model.owner}: `x` must have the keys {', '.join(names)}; "
                f"got {', '.join(map(str, x))}."
            )
        return [x[name] for name in names]
    count = len(model.inputs)
    if count == 1:
        return [_the_one(model, x) if isinstance(x, (list, tuple)) else x]
    if isinstance(x, (list, tuple)) and len(x) == count:
        return list(x)
    return _tree.flatten(x)


def _the_one(model: "Model", x: Sequence[Any]) -> Any:
    """Return what a list was given for the one input: the array in it, or what it is made of."""
    axes = len(model.inputs[0].shape)
    whole = [a for a in x if len(getattr(a, "shape", ())) >= axes]  # a frame or a tensor too
    if whole and len(x) > 1:
        raise ShapeError(
            f"{model.owner}: `x` must be one array of {axes} axes, or a list of samples of "
            f"{axes - 1}, because the model has one input; got a list of {len(x)}, some of {axes} "
            f"axes. Join them to one with `np.concatenate`, or make an `elman.Model` of {len(x)} "
            "inputs."
        )
    return whole[0] if whole else x


def arrange(model: "Model", x: Any) -> list[Array]:
    """Return what was fed in as arrays in the order of the model's inputs, checked."""
    arrays = [
        leaf if type(leaf) is np.ndarray and leaf.dtype.kind in "fiub" else _array(model, i, leaf)
        for i, leaf in enumerate(leaves(model, x))
    ]
    shapes = [array.shape for array in arrays]
    if model.fed != (version(), shapes):  # what went in last needs no check
        now = version()
        model.check_shapes(shapes)
        _check_counts(model, arrays)
        model.fed = (now, shapes)
    return arrays


def _array(model: "Model", index: int, leaf: Any) -> Array:
    """Return what was fed to one input as an array."""
    array = arguments.as_array(model.owner, name_of(model, index), leaf)
    one_column = index < len(model.inputs) and len(model.inputs[index].shape) == 2
    if array.ndim == 1 and one_column and frames.is_frame(leaf):
        return array[:, None]  # a series is one column, as in Keras
    return array


def name_of(model: "Model", index: int) -> str:
    """Return how messages call an input."""
    several = 1 < len(model.inputs) > index
    return f"x['{model.input_names[index]}']" if several else "x"


def _check_counts(model: "Model", arrays: list[Array]) -> None:
    """Check that every input has as many samples."""
    pairs = zip(model.inputs, arrays, strict=True)
    counts = sorted({len(array) for tensor, array in pairs if tensor.shape[0] is None})
    if len(counts) > 1:
        raise ShapeError(
            f"{model.owner}: `x` must have as many samples in every input; "
            f"got {' and '.join(map(str, counts))}."
        )


def check_shapes(model: "Model", shapes: list[Shape]) -> None:
    """Check the number and the shapes of inputs.

    Raises:
        ShapeError: they do not fit the model's inputs.
    """
    if model.is_own and len(shapes) == len(model.inputs):
        model.graph.shapes(shapes)  # any that its layers can take
        return
    if len(shapes) != len(model.inputs):
        raise ShapeError(
            f"{model.owner}: `x` must be {len(model.inputs)} arrays "
            f"({', '.join(model.input_names)}); got {len(shapes)}."
        )
    for index, (tensor, shape) in enumerate(zip(model.inputs, shapes, strict=True)):
        want = tensor.shape
        # Not the batch: `fit` and `predict` take many samples, and cut them up themselves.
        fits = len(shape) == len(want) and _fits(shape[1:], want[1:])
        what = name_of(model, index)
        if fits and 0 in shape[1:]:
            raise ShapeError(
                f"{model.owner}: `{what}` must have at least one number along every axis; "
                f"got {shape}."
            )
        if not fits:
            axes = ", ".join("any" if n is None else str(n) for n in want[1:])
            wanted = f"(batch, {axes})" if axes else "(batch,)"
            raise ShapeError(
                f"{model.owner}: `{what}` must have shape {wanted}; got {shape}.{_fix(shape, want)}"
            )


def _fits(shape: Shape, want: Shape) -> bool:
    """Say whether these are the sizes that are wanted; None is a size that is not known."""
    return len(shape) == len(want) and all(
        None in pair or pair[0] == pair[1] for pair in zip(shape, want, strict=True)
    )


def _fix(shape: Shape, want: Shape) -> str:
    """Return which axis an array of this shape lacks; nothing where that does not help."""
    if len(shape) != len(want) - 1 or None in shape:
        return ""
    if _fits(shape, want[1:]):
        return " Add the batch axis with `x[None]`."
    if want[-1] == 1 and _fits(shape[1:], want[1:-1]):
        return " Add the feature axis with `x[..., None]`."
    return ""
