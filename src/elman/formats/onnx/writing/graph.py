"""A model's graph as nodes of ONNX: which value each layer reads and writes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from elman._typing import Shape
from elman.errors import ElmanError
from elman.formats.onnx.writing import cells, operations, recurrent
from elman.formats.onnx.writing.attending import attention
from elman.formats.onnx.writing.builder import Builder, Value, refuse
from elman.formats.onnx.writing.layers import WRITERS
from elman.layers import (
    RNN,
    AdditiveAttention,
    Attention,
    Embedding,
    Layer,
    StackedRNNCells,
    TimeDistributed,
)
from elman.layers.operation import Operation
from elman.layers.parts.symbolic import Node, SymbolicTensor
from elman.layers.recurrence.stock_cell import StockCell
from elman.models.kinds import is_model

if TYPE_CHECKING:
    from elman.models import Model
    from elman.models.graph import Graph


def write_model(b: Builder, model: "Model") -> None:
    """Write a model with its inputs and outputs."""
    names = _names(model)
    b.shapes = _with_any_length(model)
    entries = [_entry(b, tensor.name, b.shape_of(tensor), _dtype(model, tensor))
               for tensor in model.graph.inputs]  # fmt: skip
    kept = [b.name(name) for name in names]  # before a node takes them
    found = graph(b, model.graph, entries)
    for name, value in zip(kept, found, strict=True):
        _exit(b, name, value)
    for source, name, units, dtype in b.states:
        b.leave(source, b.name(name), ["batch", units], dtype)


def _names(model: "Model") -> list[str]:
    """Return the names of the outputs, those of the model where each has one of its own."""
    names = list(model.output_names)
    count = len(model.outputs)
    return names if len(names) == count else [f"{model.name}_{i}" for i in range(count)]


def _with_any_length(model: "Model") -> dict[int, Shape]:
    """Return the shapes of tensors with open timesteps, where data chose how many there are.

    Nothing where they are as the model has them, or the layers take no other number.
    """
    found = model.graph
    if not getattr(model, "built_from_data", False) or any(map(is_model, found.layers)):
        return {}
    (x,) = found.inputs
    try:
        shapes = found.showing_all().shapes([(None, None, *x.shape[2:])])
    except ElmanError:
        return {}
    tensors = (tensor for node in found.nodes for tensor in node.outputs)
    return {id(tensor): shape for tensor, shape in zip(tensors, shapes, strict=True)}


def _dtype(model: "Model", x: SymbolicTensor) -> str:
    """Return the dtype of an input: an integer's, where nothing but an `Embedding` reads it."""
    readers = [node.layer for node in model.graph.nodes if any(each is x for each in node.inputs)]
    whole = x.dtype.startswith("float") and all(type(each) is Embedding for each in readers)
    return "int32" if whole and readers else x.dtype


def _entry(b: Builder, name: str, shape: Shape, dtype: str) -> Value:
    """Write an input: whole sequences, or one timestep of them."""
    sizes: list[int | str | None] = [
        ("batch" if axis == 0 else f"{name}_timesteps" if axis == 1 else f"{name}_{axis}")
        if size is None else size
        for axis, size in enumerate(shape)
    ]  # fmt: skip
    if not b.step:
        return Value(b.enter(name, sizes, dtype), shape, dtype)
    entered = b.enter(name, [sizes[0], *sizes[2:]], dtype)
    return Value(b.unsqueeze(entered, 1), (shape[0], 1, *shape[2:]), dtype)


def _exit(b: Builder, name: str, value: Value) -> None:
    """Write an output, in a step model without the axis of time."""
    shape, source = list(value.shape), value.name
    if b.step and len(shape) == 3:
        source, shape = b.squeeze(source, 1), [shape[0], *shape[2:]]
    sizes: list[int | str | None] = ["batch" if i == 0 else n for i, n in enumerate(shape)]
    b.leave(source, name, sizes, value.dtype)


def graph(b: Builder, found: "Graph", entries: Sequence[Value]) -> list[Value]:
    """Write a graph of which these are the inputs, and return its outputs."""
    values = {id(tensor): value for tensor, value in zip(found.inputs, entries, strict=True)}
    for node in found.nodes:
        if node.inputs:
            given = [values[id(tensor)] for tensor in node.inputs]
            if node.masks:
                given = _by_hand(b, node, given, values)
            with b.of(node.layer.name):
                made = call(b, node, given)
            values.update(zip(map(id, node.outputs), made, strict=True))
    return [values[id(tensor)] for tensor in found.outputs]


def _by_hand(b: Builder, node: Node, given: list[Value], values: dict[int, Value]) -> list[Value]:
    """Return the inputs with the masks that the call was given in place of their own."""
    masks: list[str | None] = []
    for tensor in node.masks:
        mask = None if tensor is None else values[id(tensor)]
        boolean = mask is None or mask.dtype == "bool"
        masks.append(None if mask is None else mask.name if boolean else b.cast(mask.name, "bool"))
    masks += [None] * (len(given) - len(masks))
    return [value._replace(mask=mask) for value, mask in zip(given, masks, strict=True)]


def call(b: Builder, node: Node, given: list[Value]) -> list[Value]:
    """Write the call of a layer."""
    layer, shapes = node.layer, [b.shape_of(tensor) for tensor in node.outputs]
    if node.training:
        raise refuse(layer.owner, "is called with `training=True`")
    if node.reset_mask is not None:
        raise refuse(layer.owner, "is given a reset mask")
    if type(layer) is Operation:
        dtypes = [tensor.dtype for tensor in node.outputs]
        return operations.write(b, layer, given, shapes, node.arguments, dtypes)
    if isinstance(layer, Attention) and type(layer) in (Attention, AdditiveAttention):
        return attention(b, layer, _cast(b, layer, given), shapes, node.arguments or {})
    return emitted(b, layer, given, shapes)


def emitted(b: Builder, layer: Layer, given: list[Value], shapes: Sequence[Shape]) -> list[Value]:
    """Write a layer, and return its outputs."""
    if is_model(layer):
        inner: Any = layer
        return graph(b, inner.graph, given)
    kind = type(layer)
    if kind is TimeDistributed:
        return _time_distributed(b, layer, given, shapes)
    if isinstance(layer, RNN) and kind.forward is RNN.forward and not layer.has_call:
        return recurrent.rnn(b, layer, _cast(b, layer, given), shapes)
    if isinstance(layer, (StockCell, StackedRNNCells)):
        return cells.one_step(b, layer, _cast(b, layer, given), shapes)
    if kind not in WRITERS:
        raise refuse(layer.owner, f"is of class {kind.__name__}")
    return WRITERS[kind](b, layer, _cast(b, layer, given), shapes)


def _cast(b: Builder, layer: Layer, given: list[Value]) -> list[Value]:
    """Return the inputs in the dtype in which the layer computes."""
    if layer.built and not layer.weights and layer.keeps_dtype:
        wanted = [value.dtype.startswith("float") for value in given]
    else:
        wanted = [value.dtype == layer.dtype for value in given]
    if type(layer).__name__ == "Embedding":  # it checks and keeps indices
        return given
    return [
        value if right else value._replace(name=b.cast(value.name, layer.dtype), dtype=layer.dtype)
        for value, right in zip(given, wanted, strict=True)
    ]


def _time_distributed(
    b: Builder, layer: Any, given: list[Value], shapes: Sequence[Shape]
) -> list[Value]:
    """Write the inner layer on all timesteps as if they were samples."""
    (x,) = given
    mask = None if x.mask is None or x.mask_rank == 2 else _fold(b, x.mask)
    inside = Value(_fold(b, x.name), (None, *x.shape[2:]), x.dtype, mask, x.mask_rank - 1)
    found = emitted(b, layer.layer, [inside], [(None, *shape[2:]) for shape in shapes])
    times = b.add("Shape", x.name, start=0, end=2)
    made = []
    for y, shape in zip(found, shapes, strict=True):
        whole = b.add("Concat", times, b.add("Shape", y.name, start=1), axis=0)
        name = b.add("Reshape", y.name, whole)
        made.append(Value(name, shape, y.dtype, x.mask, x.mask_rank))
    return made


def _fold(b: Builder, x: str) -> str:
    """Write (batch, timesteps, …) as (batch*timesteps, …)."""
    sizes = b.add("Concat", b.constant([-1]), b.add("Shape", x, start=2), axis=0)
    return b.add("Reshape", x, sizes)
