"""An ONNX graph while it is written: nodes, arrays and names that are given once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from elman._typing import Array, Shape
from elman.errors import UnsupportedError
from elman.formats.onnx.file import package
from elman.formats.onnx.tensors import NUMBERS
from elman.layers.parts.symbolic import SymbolicTensor

OPSET = 17  # the first that has LayerNormalization; onnxruntime has it since 1.12
IR_VERSION = 8


class Value(NamedTuple):
    """An array that the written model computes.

    Attributes:
        name: in the file.
        shape: None where a size is open.
        dtype: such as "float32".
        mask: the name of the mask that goes with it, (batch, timesteps) of bool; None if none does.
        mask_rank: how many axes the mask has, as many as an `Embedding` was given.
    """

    name: str
    shape: Shape
    dtype: str
    mask: str | None = None
    mask_rank: int = 2


class Builder:
    """What has been written so far.

    Args:
        step: whether the model takes one timestep, and its states come in and go out.

    Attributes:
        inputs, outputs: what has been written of them.
        states: of a step model what its states are after the step: a value, the name under which
            it is to go out, the units, and the dtype.
        shapes: of symbolic tensors by `id`, where they are others than those.
    """

    def __init__(self, step: bool) -> None:
        self.step = step
        self.onnx = package()
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self.states: list[tuple[str, str, int, str]] = []
        self.shapes: dict[int, Shape] = {}
        self._nodes: list[Any] = []
        self._arrays: dict[str, Any] = {}
        self._constants: dict[Any, str] = {}
        self._taken: set[str] = set()
        self._layer = ""

    def shape_of(self, tensor: SymbolicTensor) -> Shape:
        """Return the shape of a symbolic tensor in what is written."""
        return self.shapes.get(id(tensor), tensor.shape)

    def name(self, hint: str) -> str:
        """Return a name that nothing has yet: this, or this with a number."""
        found, count = hint, 1
        while found in self._taken:
            found, count = f"{hint}_{count}", count + 1
        self._taken.add(found)
        return found

    def node(self, op: str, *inputs: str | None, outputs: int = 1, **attributes: Any) -> list[str]:
        """Write a node with several outputs, and return their names."""
        name = self.name(f"{self._layer}/{op}" if self._layer else op.lower())
        names = [name, *(self.name(f"{name}_{i}") for i in range(1, outputs))]
        given = ["" if each is None else each for each in inputs]
        while given and not given[-1]:
            given.pop()
        self._nodes.append(self.onnx.helper.make_node(op, given, names, name=name, **attributes))
        return names

    def add(self, op: str, *inputs: str | None, **attributes: Any) -> str:
        """Write a node with one output, and return its name."""
        return self.node(op, *inputs, **attributes)[0]

    def constant(self, value: Any, dtype: str = "int64") -> str:
        """Return the name of a small array, which is written once however often it is used."""
        array = np.asarray(value, dtype)
        key = (array.dtype.name, array.shape, array.tobytes())
        if key not in self._constants:
            self._constants[key] = self.array(array, "constant")
        return self._constants[key]

    def array(self, array: Array, hint: str) -> str:
        """Write an array, such as a weight, and return its name."""
        name = self.name(hint)
        whole = np.ascontiguousarray(array).reshape(array.shape)
        self._arrays[name] = self.onnx.numpy_helper.from_array(whole, name)
        return name

    def enter(self, hint: str, shape: Sequence[int | str | None], dtype: str) -> str:
        """Write an input of the model, and return its name."""
        name = self.name(hint)
        self.inputs.append(self._said(name, shape, dtype))
        return name

    def leave(self, source: str, name: str, shape: Sequence[int | str | None], dtype: str) -> None:
        """Write an output of the model, with a name that was given before."""
        self._nodes.append(self.onnx.helper.make_node("Identity", [source], [name], name=name))
        self.outputs.append(self._said(name, shape, dtype))

    def _said(self, name: str, shape: Sequence[int | str | None], dtype: str) -> Any:
        return self.onnx.helper.make_tensor_value_info(name, NUMBERS[dtype], list(shape))

    @contextmanager
    def of(self, layer: str) -> Iterator[None]:
        """Name the nodes that are written meanwhile after a layer, as torch and TensorFlow do."""
        outside, self._layer = self._layer, layer
        try:
            yield
        finally:
            self._layer = outside

    @contextmanager
    def inside(self) -> Iterator[list[Any]]:
        """Give a list that what is written meanwhile goes to, in place of the model.

        It is for a graph inside a node, which sees what stands outside; arrays go there.
        """
        outside, self._nodes = self._nodes, []
        try:
            yield self._nodes
        finally:
            self._nodes = outside

    def graph(
        self, name: str, nodes: list[Any], inputs: Sequence[tuple[str, str]],
        outputs: Sequence[tuple[str, str]],
    ) -> Any:  # fmt: skip
        """Return a graph inside a node; inputs and outputs are names with their dtypes."""
        ends = [
            [self.onnx.helper.make_tensor_value_info(each, NUMBERS[dtype], None)
             for each, dtype in side]
            for side in (inputs, outputs)
        ]  # fmt: skip
        return self.onnx.helper.make_graph(nodes, name, *ends)

    def model(self, name: str, about: dict[str, str]) -> Any:
        """Return the whole as a ModelProto."""
        helper = self.onnx.helper
        graph = helper.make_graph(
            self._nodes, name, self.inputs, self.outputs, list(self._arrays.values())
        )
        found = helper.make_model(
            graph, producer_name="elman", ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
        )  # fmt: skip
        helper.set_model_props(found, about)
        return found

    # ------------------------------------------------------------------ what is often needed

    def cast(self, name: str, dtype: str) -> str:
        """Return the name of the same in another dtype."""
        return self.add("Cast", name, to=NUMBERS[dtype])

    def size(self, name: str, axis: int) -> str:
        """Return the name of the size of an axis, (1,)."""
        return self.add("Shape", name, start=axis, end=axis + 1)

    def unsqueeze(self, name: str, axis: int) -> str:
        """Return the name of the same with an axis of size 1 put in."""
        return self.add("Unsqueeze", name, self.constant([axis]))

    def squeeze(self, name: str, axis: int) -> str:
        """Return the name of the same without an axis of size 1."""
        return self.add("Squeeze", name, self.constant([axis]))

    def number(self, value: float, dtype: str) -> str:
        """Return the name of a number."""
        return self.constant(value, dtype)


def refuse(owner: str, why: str, fix: str = "") -> UnsupportedError:
    """Return the error of a layer that cannot be written."""
    tail = f" {fix}" if fix else ""
    return UnsupportedError(f"{owner}: every layer must be one that ONNX can hold; it {why}.{tail}")
