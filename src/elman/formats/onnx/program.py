"""What runs an ONNX file: its nodes one after the other, each by a function of elman's."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError, ElmanError, FormatError, ShapeError, UnsupportedError
from elman.formats.onnx.budget import Budget
from elman.formats.onnx.file import Graph, Node, Spec, as_dtype, fits, graphs_in, read, reads
from elman.formats.onnx.operators import OPERATORS

if TYPE_CHECKING:
    from elman.formats.onnx.as_layers.layouts import Layouts
    from elman.models import Model


class OnnxModel:
    """What an ONNX file computes.

    Attributes:
        path: the file's.
        opset: the version of its operators.
        inputs, outputs: a name, a shape and a dtype each.

    `elman.load_onnx` makes it.
    """

    def __init__(self, graph: Graph) -> None:
        self.path, self.opset = graph.path, graph.opset
        self.inputs, self.outputs = graph.inputs, graph.outputs
        self._graph = graph
        for node in graph.nodes:
            check(node)
        self._last = _last_readers(graph)
        self._kept = [_room_to_keep(graph, node) for node in graph.nodes]

    def run(self, inputs: Any, feed: Mapping[str, Any] | None = None) -> list[Array]:
        """Compute the outputs, in their order.

        Args:
            inputs: an array for each input by its name, of its shape and dtype; where there is one
                input, the array itself will do.
            feed: the same where names come first, as with onnxruntime: `run(None, {"x": x})` for
                all outputs, `run(["y"], {"x": x})` for these.

        Raises:
            ArgumentError: an input is missing, there is none of that name, or its dtype differs;
                or there is no such output.
            ShapeError: the shape of an input differs.
            FormatError: a node cannot compute with what reaches it.
        """
        names = [spec.name for spec in self.outputs]
        wanted = names if feed is None or inputs is None else inputs
        for name in wanted:
            _check.one_of(self.path, "output_names", name, names)
        values: dict[str, Array] = dict(self._graph.constants)
        values.update(self._fed(inputs if feed is None else feed))
        budget = Budget(values.values())
        with np.errstate(all="ignore"):
            for node, done, kept in zip(self._graph.nodes, self._last, self._kept, strict=True):
                compute(node, values, self.opset, budget, kept)
                for name in done:
                    del values[name]
        return [values[name] for name in wanted]

    def __call__(self, inputs: Any) -> Any:
        """Compute the outputs as `run` does, and return a single one bare, as models do."""
        found = self.run(inputs)
        return found[0] if len(found) == 1 else found

    def to_model(self) -> "Model":
        """Return a model of elman's layers with the file's weights, which can be trained.

        Recurrent operators become layers, two directions `Bidirectional`, products with a matrix
        `Dense`, rows of a table `Embedding`, convolutions `Conv1D`. The model's arrays are
        (batch, timesteps, features) whatever the order of the file's. `sequence_lens` that are an
        input become a mask; those that elman wrote become what they were, `Masking` say.

        Raises:
            UnsupportedError: a node is none of a layer's; the message names it.
        """
        return self.drawn()[0]

    def drawn(self) -> tuple["Model", "Layouts"]:
        """Return what `to_model` does, and how the model's arrays lie in the file."""
        from elman.formats.onnx.as_layers import drawn

        with np.errstate(all="ignore"):
            return drawn(self._graph)

    def __repr__(self) -> str:
        count = len(self._graph.nodes)
        lines = [f"<OnnxModel {self.path}: {count} nodes, opset {self.opset}"]
        for title, specs in (("inputs", self.inputs), ("outputs", self.outputs)):
            lines += [f"  {title:8}{said(spec)}" for spec in specs]
        return "\n".join(lines) + ">"

    def _fed(self, inputs: Any) -> dict[str, Array]:
        """Return the inputs as arrays, checked."""
        if not isinstance(inputs, Mapping) and len(self.inputs) == 1:
            inputs = {self.inputs[0].name: inputs}
        if not isinstance(inputs, Mapping):
            raise ArgumentError(
                f"{self.path}: `inputs` must be a dictionary of arrays by name; got "
                f"{type(inputs).__name__}. Its names are {self._names()}."
            )
        for name in inputs:
            _check.one_of(self.path, "inputs", name, [spec.name for spec in self.inputs])
        missing = next((spec.name for spec in self.inputs if spec.name not in inputs), None)
        if missing is not None:
            raise ArgumentError(
                f"{self.path}: `inputs` must have all of {self._names()}; got none for {missing!r}."
            )
        return {spec.name: self._one(spec, inputs[spec.name]) for spec in self.inputs}

    def _one(self, spec: Spec, value: Any) -> Array:
        """Return one input as an array, checked."""
        array = np.asarray(value)
        dtype = as_dtype(spec)
        if dtype is not None and array.dtype != dtype:
            raise ArgumentError(
                f"{self.path}: input {spec.name!r} must have dtype {dtype}; got {array.dtype}. Use "
                f"`np.asarray(x, {str(dtype)!r})`."
            )
        if not fits(array, spec):
            raise ShapeError(
                f"{self.path}: input {spec.name!r} must have shape {axes(spec)}; got {array.shape}."
            )
        return array

    def _names(self) -> str:
        return ", ".join(repr(spec.name) for spec in self.inputs) or "none"


def load_onnx(filepath: str | Path) -> OnnxModel:
    """Read an ONNX file, to run it or to make a model of it.

    Args:
        filepath: the file; what lies in others beside it is read too.

    Returns:
        An object with `run({name: array})`, `inputs`, `outputs` and `to_model()`.

    Raises:
        ArgumentError: there is no such file.
        FormatError: the file is damaged, or none of ONNX.
        UnsupportedError: it has an operator that elman does not; the message names the node.
        MissingDependencyError: the package onnx is not installed.

    No code from the file is run, and nothing that it says about sizes is believed before it is
    checked.

    >>> import elman, numpy as np, pathlib, tempfile
    >>> model = elman.Sequential([elman.Input((None, 3), name="x"), elman.layers.LSTM(4)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(model.export(pathlib.Path(folder) / "m.onnx"))
    ...     found = elman.load_onnx(pathlib.Path(folder) / "m.onnx")
    m.onnx: opset 17
    >>> x = np.ones((2, 5, 3), np.float32)
    >>> (y,) = found.run({"x": x})
    >>> bool(np.allclose(y, model(x)))
    True
    """
    return OnnxModel(read(filepath))


def check(node: Node) -> None:
    """Check that elman has a node's operator, and that it is given what that takes."""
    if node.op not in OPERATORS:
        zipped = " Convert with `options={'zipmap': False}`." if node.op == "ZipMap" else ""
        raise UnsupportedError(
            f"{node.owner} must be an operator that elman has; it is not.{zipped}"
        )
    OPERATORS[node.op].check(node)
    for inner in graphs_in(node):
        for each in inner.nodes:
            check(each)


def compute(
    node: Node, values: dict[str, Array], opset: int, budget: Budget,
    kept: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Compute the outputs of a node from the values of its inputs, and put them there.

    Args:
        node: the node.
        values: by name.
        opset: the version of the operators.
        budget: how many numbers may be made.
        kept: where an operator keeps what it makes of weights that never change.

    Raises:
        FormatError: the inputs do not fit the operator, or each other.
    """
    inputs = [values[name] if name else None for name in node.inputs]
    extras = {
        "opset": opset, "outputs": len(node.outputs), "room": partial(budget.check, node),
        "run": partial(_inside, values, budget), "kept": kept,
    }  # fmt: skip
    found = _called(node, inputs, extras)
    arrays = [np.asarray(each) for each in (found if isinstance(found, tuple) else (found,))]
    if len(node.outputs) > len(arrays):
        raise FormatError(
            f"{node.owner} must have at most {len(arrays)} outputs; got {len(node.outputs)}."
        )
    budget.take(node, arrays)
    values.update((name, array)
                  for name, array in zip(node.outputs, arrays, strict=False) if name)  # fmt: skip


def _called(node: Node, inputs: Sequence[Array | None], extras: Mapping[str, Any]) -> Any:
    """Return what the function of a node makes, or say that its inputs do not fit."""
    operator = OPERATORS[node.op]
    try:
        return operator.function(
            *inputs, **node.attributes, **{name: extras[name] for name in operator.extras}
        )
    except (FormatError, UnsupportedError) as error:
        text = str(error)
        if text.startswith(node.owner):
            raise
        raise type(error)(f"{node.owner}: {text}") from error
    except (ValueError, TypeError, IndexError, ArithmeticError, AttributeError, KeyError,
            MemoryError, RecursionError, ElmanError) as error:  # fmt: skip
        shapes = ", ".join(str(None if x is None else x.shape) for x in inputs)
        raise FormatError(
            f"{node.owner} must have inputs that fit it; got shapes {shapes}."
        ) from error


def _inside(
    outside: dict[str, Array], budget: Budget, graph: Graph, inputs: Sequence[Array]
) -> list[Array]:
    """Compute a graph inside a node, which sees what has been computed around it."""
    values = {**outside, **graph.constants}
    values.update(zip((spec.name for spec in graph.inputs), inputs, strict=True))
    for node in graph.nodes:
        compute(node, values, graph.opset, budget)
    return [values[spec.name] for spec in graph.outputs]


def _room_to_keep(graph: Graph, node: Node) -> dict[str, Any] | None:
    """Return where an operator keeps what it makes of its weights, if these are in the file."""
    weights = {name for name in (*node.inputs[1:4], *node.inputs[7:]) if name}
    return {} if weights <= set(graph.constants) else None


def _last_readers(graph: Graph) -> list[list[str]]:
    """Return for each node which values nobody reads after it."""
    kept = {spec.name for spec in graph.outputs}
    seen, found = set(kept), []
    for node in reversed(graph.nodes):
        names = reads(node).union(filter(None, node.outputs)) - seen
        seen |= names
        found.append(sorted(names))
    return found[::-1]


def axes(spec: Spec) -> str:
    """Return the shape of an input or output as a message shows it."""
    if spec.shape is None:
        return "(…)"
    return f"({', '.join('?' if size is None else str(size) for size in spec.shape)})"


def said(spec: Spec) -> str:
    """Return an input or output as a line of a table shows it."""
    return f"{spec.name}  {axes(spec)}  {spec.dtype}".rstrip()
