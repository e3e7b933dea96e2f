"""An ONNX graph as a model of elman's layers, where it is made of what layers are."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import layers
from elman._typing import Array
from elman.errors import ElmanError, UnsupportedError
from elman.formats.onnx.as_layers import others, recurrent, shapes, windows
from elman.formats.onnx.as_layers.layouts import Layouts, Place
from elman.formats.onnx.as_layers.masks import Masks, Packed
from elman.formats.onnx.as_layers.names import Names, layer_of
from elman.formats.onnx.as_layers.patterns import joined
from elman.formats.onnx.as_layers.values import (
    Tensor,
    Zeros,
    check_types,
    ordered,
    refuse,
    single,
)
from elman.formats.onnx.budget import Budget
from elman.formats.onnx.file import Graph, Node, Spec, reads
from elman.formats.onnx.program import compute

if TYPE_CHECKING:
    from elman.models import Model

RECURRENT = ("GRU", "LSTM", "RNN")
PASSING = (*RECURRENT, "Concat", "Gather", "Identity", "Slice", "Squeeze", "Transpose", "Unsqueeze")


def drawn(graph: Graph) -> tuple["Model", Layouts]:
    """Return the model of `OnnxModel.to_model`, and how its arrays lie in the file."""
    from elman.models import Model

    for time_first in (False, True):  # an array's axes have no names in ONNX
        try:
            drawing = Drawing(graph, time_first)
            name = None if "/" in graph.name else graph.name or None
            return Model(*drawing.ends(), name=name), drawing.layouts()
        except recurrent.WrongOrder:
            continue
    raise UnsupportedError(
        f"{graph.path}: the recurrent nodes must read sequences in one order of axes; they do not. "
        "Use `run` in place of `to_model`."
    )


class Drawing:
    """A model while it is drawn.

    Args:
        graph: what the file holds.
        time_first: whether the inputs are (timesteps, batch, …).

    Attributes:
        inputs: the model's.
    """

    def __init__(self, graph: Graph, time_first: bool) -> None:
        self.graph, self.time_first, self.names = graph, time_first, Names()
        self.constants = _folded(graph)
        self.nodes = _needed(graph, joined(graph.nodes, self.constants))
        names = [name for node in self.nodes for name in node.inputs]
        names += [name for node in self.nodes for name in reads(node) - set(node.inputs)]
        self.readers = Counter([*names, *(spec.name for spec in graph.outputs)])
        self.values: dict[str, Any] = dict(self.constants)
        self.products: dict[str, tuple[Node, Tensor, Array]] = {}
        self.inputs: list[Any] = []
        self.masks = Masks(self.nodes)
        states = _state_inputs(graph)
        for spec in graph.inputs:
            self.values[spec.name] = self._entered(spec, spec.name in states)
        self.batch = self._batch()
        for node in self.nodes:
            if not all(not name or name in self.constants for name in node.outputs):
                self._try(others.explicit(node, graph.opset))

    def ends(self) -> tuple[Any, Any]:
        """Return the inputs and the outputs."""
        found: list[tuple[Any, str]] = []
        for spec in self.graph.outputs:
            value = self._value(spec.name)
            if not isinstance(value, Tensor) or value.merged:
                raise self._strange(spec.name)
            found += zip(value.parts, _each(spec.name, len(value.parts)), strict=True)
        return _bare(self.inputs), _bare(self.names.give(self.inputs, found))

    def layouts(self) -> Layouts:
        """Return how inputs and outputs lie in the file, once they are drawn."""
        graph = self.graph
        inputs, outputs = (
            tuple(Place(spec, self.values[spec.name]) for spec in specs)
            for specs in (graph.inputs, graph.outputs)
        )
        return Layouts(inputs, outputs, self.batch)

    def _entered(self, spec: Spec, state: bool) -> Tensor:
        """Return an input: sequences, samples, or initial states."""
        shape, dtype = spec.shape or (), spec.dtype or "float32"
        sizes = [size if isinstance(size, int) else None for size in shape]
        if state and len(sizes) == 3 and sizes[0]:
            return self._enter(spec.name, "DBF", [sizes[2]], dtype, sizes[0])
        steps = dtype.startswith("int") or dtype == "bool"
        axes = {3: "BTF", 2: "BT" if steps else "BF", 1: "B" if steps else ""}.get(len(sizes), "")
        if state:
            axes = "BF"
        known = ("bool", "float32", "float64", "int32", "int64")
        if not axes or len(axes) != len(sizes) or dtype not in known:
            raise UnsupportedError(
                f"{self.graph.path}: input {spec.name!r} must be sequences or samples; got "
                f"shape {shape} of {dtype}. Use `run` in place of `to_model`."
            )
        if self.time_first and "T" in axes:
            axes = "TB" + axes[2:]
        sample = [sizes[axes.index(axis)] for axis in ordered(axes)[1:]]
        return self._enter(spec.name, axes, sample, dtype)

    def _enter(
        self, name: str, axes: str, sample: list[int | None], dtype: str, count: int = 1
    ) -> Tensor:
        """Return an input, or one for each direction."""
        entered = [layers.Input(sample, dtype=dtype) for _ in range(count)]
        for tensor, each in zip(entered, _each(name, count), strict=True):
            self.names.note([tensor], each)
        self.inputs += entered
        return Tensor(tuple(entered), axes)

    def _value(self, name: str) -> Any:
        """Return a value; a product that nobody adds to is a `Dense` without a bias."""
        if name in self.products:
            self._put(name, *self.products.pop(name), None)
        if name and name not in self.values:  # what a node makes beside what a layer does
            raise self._strange(name)
        value = self.values[name] if name else None
        if not isinstance(value, Tensor):
            return value
        linear = value.linear if self.readers[name] == 1 else None
        return value._replace(batch=self.batch, linear=linear)

    def _batch(self) -> int | None:
        """Return how many samples the file takes, None if any number or several."""
        found = {
            size
            for spec in self.graph.inputs
            for axis, size in zip(self.values[spec.name].axes, spec.shape or (), strict=False)
            if axis == "B"
        }
        size = found.pop() if len(found) == 1 else None
        return size if isinstance(size, int) else None

    def _strange(self, name: str) -> UnsupportedError:
        """Return the error of a value that no layer makes."""
        return UnsupportedError(
            f"{self.graph.path}: output {name!r} must be what a layer puts out; it is not. Use "
            "`run` in place of `to_model`."
        )

    def _try(self, node: Node) -> None:
        """Draw what a node is, or say which it was that could not be."""
        try:
            self._draw(node)
            for value in map(self.values.get, node.outputs):
                value = value.x if isinstance(value, Packed) else value
                if isinstance(value, Tensor):
                    self.names.note(value.parts, layer_of(node))
        except UnsupportedError:
            raise
        except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, ElmanError,
                AssertionError, RecursionError) as error:  # fmt: skip
            raise refuse(node, "does not fit the layer that it would be") from error

    def _draw(self, node: Node) -> None:
        """Draw what a node is."""
        if node.op in ("MatMul", "Gemm", "Add") and self._draw_dense(node):
            return
        values = [self._value(name) for name in node.inputs]
        if node.op in RECURRENT:
            joined = self._joins(node.outputs[0])
            told = self.masks.read(node, values)
            if told.mask is None and told.of is None:
                self.masks.check_unmasked(node, told.values[0])
            found, halves = recurrent.layer(node, told, self.readers.__contains__, joined)
            self.masks.keep(told, found, halves)
            self.values.update(zip(node.outputs, found, strict=False))
            return
        about_masks = self.masks.draw(node, values)
        if about_masks is not None:
            self.values.update(zip(node.outputs, about_masks, strict=True))
            return
        table = {**others.TABLE, **shapes.TABLE, **windows.TABLE}
        if node.op not in table:
            raise refuse(node, "is none")
        moved = node.op in shapes.TABLE
        if not any(isinstance(each, Tensor) for each in values) and not moved:
            raise refuse(node, "computes what no layer puts out")
        if not moved:
            pools = node.op in ("ReduceMax", "ReduceMean")  # whose second input is axes
            check_types(node, values[:1] if pools else values)
            if node.op in ("GlobalAveragePool", "ReduceMean"):
                self.masks.check_unmasked(node, values[0])
        if (
            moved
            and node.op != "Concat"
            and isinstance(values[0], np.ndarray)
            and (node.op not in ("Gather", "Expand"))
        ):
            values[0] = Zeros(values[0].ndim) if not values[0].any() else values[0]
            if isinstance(values[0], np.ndarray):
                raise refuse(node, "shapes numbers of the file by sizes of the input")
        self.values[node.outputs[0]] = table[node.op](node, values)

    def _draw_dense(self, node: Node) -> bool:
        """Draw a product with a matrix of the file, and what is added to it."""
        if node.op == "Add":
            first, second = node.inputs
            product, other = (first, second) if first in self.products else (second, first)
            if product not in self.products or other not in self.constants:
                return False
            _, x, kernel = self.products[product]
            bias = _bias(self.constants[other], len(x.axes), kernel.shape[1])
            if self.readers[product] > 1 or bias is None:
                return False
            check_types(node, [x, bias])
            del self.products[product]
            self._put(node.outputs[0], node, x, kernel, bias)
            return True
        source, matrix, *rest = node.inputs
        known = matrix in self.constants and all(name in self.constants for name in rest if name)
        if not known or self.constants[matrix].ndim != 2:
            return False
        told = node.attributes
        x, kernel = single(node, self._value(source), "F"), self.constants[matrix]
        rows = kernel.shape[1 if told.get("transB") else 0]
        if rows != x.one.shape[-1]:
            raise refuse(node, f"multiplies {x.one.shape[-1]} features with {rows} rows")
        check_types(node, [x, kernel])
        if node.op == "MatMul":
            self.products[node.outputs[0]] = (node, x, kernel)
            return True
        if told.get("transA") or told.get("alpha", 1.0) != 1 or told.get("beta", 1.0) != 1:
            raise refuse(node, "scales its product")
        if len(x.axes) != 2:
            raise refuse(node, f"multiplies {x.axes} as a matrix")
        kernel = kernel.T if told.get("transB") else kernel
        added = _bias(self.constants[rest[0]], 2, kernel.shape[1]) if any(rest) else None
        if any(rest) and added is None:
            raise refuse(node, "adds what is no bias")
        check_types(node, [x] if added is None else [x, added])
        self._put(node.outputs[0], node, x, kernel, added)
        return True

    def _put(self, name: str, node: Node, x: Tensor, kernel: Array, bias: Array | None) -> None:
        """Draw a `Dense` with these weights, which makes a value."""
        layer = layers.Dense(kernel.shape[1], use_bias=bias is not None, dtype=kernel.dtype.name)
        y = layer(x.one)
        layer.set_weights([kernel] if bias is None else [kernel, bias])
        self.names.note([y], layer_of(node))
        self.values[name] = x._replace(parts=(y,), linear=layer_of(node))

    def _joins(self, name: str) -> bool:
        """Say whether the directions of a value are read side by side alone."""
        ends, names = {spec.name for spec in self.graph.outputs}, [name]
        for each in names:
            readers = [node for node in self.nodes if each in node.inputs]
            if not readers or each in ends:
                return False
            if any(node.op not in ("Reshape", "Transpose") for node in readers):
                return False
            names += [node.outputs[0] for node in readers if node.op == "Transpose"]
        return True


def _bare(tensors: list[Any]) -> Any:
    """Return one tensor bare, several as a list."""
    return tensors[0] if len(tensors) == 1 else tensors


def _each(name: str, count: int) -> list[str]:
    """Return the names of as many tensors as an input or output of the file is."""
    return [name] if count == 1 else [f"{name}_{i}" for i in range(count)]


def _bias(added: Array, rank: int, units: int) -> Array | None:
    """Return what is added to a product of so many axes as a bias, None if it is none."""
    along_units = added.size == 1 or added.size == units == added.shape[-1]
    if added.ndim > rank or not along_units:
        return None
    return np.broadcast_to(added.ravel(), (units,))


def _needed(graph: Graph, nodes: Sequence[Node]) -> list[Node]:
    """Return the nodes that an output depends on."""
    wanted, found = {spec.name for spec in graph.outputs}, []
    for node in reversed(nodes):
        if wanted & set(node.outputs):
            wanted |= reads(node)
            found.append(node)
    return found[::-1]


def _folded(graph: Graph) -> dict[str, Array]:
    """Return the arrays of the file, and what nodes make of nothing else."""
    found = dict(graph.constants)
    budget = Budget(found.values())
    with np.errstate(all="ignore"):
        for node in graph.nodes:
            if all(name in found for name in reads(node)):
                compute(node, found, graph.opset, budget)
    return found


def _state_inputs(graph: Graph) -> set[str]:
    """Return the names of the inputs that are initial states."""
    found = {
        name for node in graph.nodes if node.op in RECURRENT for name in node.inputs[5:7] if name
    }
    for node in reversed(graph.nodes):
        if node.op in PASSING and node.op not in RECURRENT and found & set(node.outputs):
            found |= set(node.inputs[:1] if node.op != "Concat" else node.inputs)
    return found
