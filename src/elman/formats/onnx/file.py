"""What does an ONNX file say: nodes, arrays, inputs and outputs, checked, as plain Python."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from elman import _filenames
from elman._typing import Array
from elman.errors import (
    ArgumentError,
    ElmanError,
    FormatError,
    MissingDependencyError,
    UnsupportedError,
)
from elman.formats.onnx.tensors import Tensors, dtype_of, sizes

LARGEST_FILE = 2**31  # bytes, protobuf's own limit
OPSETS = range(1, 29)  # of the operators' versions, those whose meaning elman knows
DOMAINS = ("", "ai.onnx", "ai.onnx.ml")
# AttributeProto.Type
FLOAT, INT, STRING, TENSOR, GRAPH, FLOATS, INTS, STRINGS = 1, 2, 3, 4, 5, 6, 7, 8
DEPTH = 1  # of graphs inside nodes


class Spec(NamedTuple):
    """An input or output of a model.

    Attributes:
        name: its name in the file.
        shape: the size of each axis, a name or None where any size will do; None if it isn't told.
        dtype: such as "float32"; "" if it isn't told.
    """

    name: str
    shape: tuple[int | str | None, ...] | None
    dtype: str


class Node(NamedTuple):
    """One operator with its inputs and outputs, "" where an optional one is left out."""

    owner: str  # how messages name it
    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    name: str


class Graph(NamedTuple):
    """What a file holds, or a node of it: what a loop computes in each step.

    Attributes:
        path: the file's.
        opset: the version of the operators.
        nodes: in the order in which they are computed.
        constants: the arrays in the file by name.
        inputs, outputs: those of the whole model.
        name: what the model is called.
    """

    path: str
    opset: int
    nodes: tuple[Node, ...]
    constants: dict[str, Array]
    inputs: tuple[Spec, ...]
    outputs: tuple[Spec, ...]
    name: str


Inner = Callable[[Any], Graph]


def package() -> Any:
    """Return the package onnx.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise MissingDependencyError(
            "onnx is needed to read and write ONNX files. Install it with "
            "`pip install 'elman[onnx]'`."
        ) from error
    return onnx


def read(filepath: str | Path) -> Graph:
    """Read an ONNX file.

    Raises:
        ArgumentError: there is no such file.
        FormatError: the file is damaged, or none of ONNX.
        UnsupportedError: it holds what elman does not have.
        MissingDependencyError: the package onnx is not installed.
    """
    path = _filenames.path("load_onnx", "filepath", filepath)
    onnx = package()
    model = onnx.ModelProto()
    try:
        if os.path.getsize(path) > LARGEST_FILE:
            raise FormatError(f"{path}: the file must have at most 2 GiB; got more.")
        content = Path(path).read_bytes()
    except OSError as error:
        raise ArgumentError(
            f"load_onnx: `filepath` must be a file that can be read; got '{path}': "
            f"{error.strerror}."
        ) from error
    from google.protobuf.message import DecodeError

    try:
        model.ParseFromString(content)
        if not _is_text(model):
            raise DecodeError("a name is no UTF-8")
        return _graph(path, model)
    except ElmanError:
        raise
    except (DecodeError, ValueError, TypeError, ArithmeticError, MemoryError,
            RecursionError) as error:  # fmt: skip
        raise FormatError(
            f"{path}: the file must be one of ONNX; it is damaged or none."
        ) from error


def _is_text(message: Any) -> bool:
    """Say whether all strings in a message are text; protobuf gives others as bytes."""
    for field, value in message.ListFields():
        if field.type not in (field.TYPE_STRING, field.TYPE_MESSAGE):
            continue
        single = isinstance(value, (str, bytes)) or hasattr(value, "ListFields")
        values = [value] if single else value
        text = field.type != field.TYPE_STRING or all(isinstance(each, str) for each in values)
        inside = field.type != field.TYPE_MESSAGE or all(map(_is_text, values))
        if not (text and inside):
            return False
    return True


def _graph(path: str, model: Any) -> Graph:
    """Return what a ModelProto holds."""
    found = _nodes(path, model.graph, Tensors(path), _opset(path, model), 0)
    _check_names(found, set())
    return found


def _nodes(path: str, graph: Any, tensors: Tensors, opset: int, depth: int) -> Graph:
    """Return what a GraphProto holds, which lies so deep inside nodes of others."""
    if len(graph.sparse_initializer):
        raise UnsupportedError(f"{path}: entries must be dense arrays; got a sparse one.")
    constants: dict[str, Array] = {}
    for tensor in graph.initializer:
        if not tensor.name or tensor.name in constants:
            raise FormatError(
                f"{path}: every entry must have a name of its own; got {tensor.name!r} twice."
            )
        constants[tensor.name] = tensors.array(tensor, tensor.name)
    inputs = tuple(_spec(path, each) for each in graph.input if each.name not in constants)
    outputs = tuple(_spec(path, each) for each in graph.output)

    def inner(nested: Any) -> Graph:
        return _nodes(path, nested, tensors, opset, depth + 1)

    read = inner if depth < DEPTH else None
    nodes = tuple(_node(path, tensors, i, each, read) for i, each in enumerate(graph.node))
    return Graph(path, opset, nodes, constants, inputs, outputs, graph.name)


def _opset(path: str, model: Any) -> int:
    """Return the version of ONNX's own operators."""
    versions = {each.domain: each.version for each in model.opset_import}
    opset = versions.get("", versions.get("ai.onnx"))
    if not model.HasField("graph") or opset is None:
        raise FormatError(
            f"{path}: the file must hold a graph and the version of its operators; it does not. "
            "Is it one of ONNX?"
        )
    if opset not in OPSETS:
        raise UnsupportedError(
            f"{path}: the operators' version (opset) must be from {OPSETS[0]} to {OPSETS[-1]}; got "
            f"{opset}. Export the model anew with one of these."
        )
    return int(opset)


def _spec(path: str, value: Any) -> Spec:
    """Return what a ValueInfoProto says of an input or output."""
    owner = f"{path}: entry '{value.name}'"
    kind = value.type.WhichOneof("value")
    if kind is None:
        return Spec(value.name, None, "")
    if kind != "tensor_type":
        raise UnsupportedError(f"{owner} must be an array; got a {kind.removesuffix('_type')}.")
    tensor = value.type.tensor_type
    dtype = dtype_of(owner, tensor.elem_type).name if tensor.elem_type else ""
    if not tensor.HasField("shape"):
        return Spec(value.name, None, dtype)
    shape: list[int | str | None] = []
    for axis in tensor.shape.dim:
        if axis.HasField("dim_value"):
            shape += sizes(owner, [axis.dim_value])
        else:
            shape.append(axis.dim_param or None)
    return Spec(value.name, tuple(shape), dtype)


def _node(path: str, tensors: Tensors, number: int, node: Any, inner: Inner | None) -> Node:
    """Return a NodeProto; `inner` reads a graph inside it, where there may be one."""
    owner = f"{path}: node '{node.name or number}' ({node.op_type})"
    if node.domain not in DOMAINS:
        raise UnsupportedError(
            f"{owner} must be an operator of ONNX itself; got one of {node.domain!r}."
        )
    attributes: dict[str, Any] = {}
    for each in node.attribute:
        if each.name in attributes:
            raise FormatError(f"{owner} must have attribute '{each.name}' once; got it twice.")
        attributes[each.name] = _value(owner, tensors, each, inner)
    return Node(owner, node.op_type, tuple(node.input), tuple(node.output), attributes, node.name)


def _value(owner: str, tensors: Tensors, attribute: Any, inner: Inner | None) -> Any:
    """Return the value of an AttributeProto."""
    kind = attribute.type
    if kind == GRAPH and inner is not None:
        return inner(attribute.g)
    if kind == TENSOR:
        return tensors.array(attribute.t, attribute.name)
    plain = {FLOAT: "f", INT: "i", FLOATS: "floats", INTS: "ints"}
    if kind in plain:
        value = getattr(attribute, plain[kind])
        return tuple(value) if kind in (FLOATS, INTS) else value
    if kind == STRING:
        return attribute.s.decode()
    if kind == STRINGS:
        return tuple(text.decode() for text in attribute.strings)
    raise UnsupportedError(
        f"{owner} must have numbers, strings and arrays as attributes; got '{attribute.name}' of "
        f"ONNX's kind {kind}."
    )


def _check_names(graph: Graph, outside: set[str]) -> None:
    """Check that every value is made once, before it is read.

    Args:
        graph: the whole, or what is inside a node.
        outside: what the node sees of the graph around it.
    """
    if "" in graph.constants or any(spec.name == "" for spec in (*graph.inputs, *graph.outputs)):
        raise FormatError(f"{graph.path}: every input and output must have a name; one has none.")
    known = set(outside)
    for name in graph.constants:
        _add(graph.path, "an entry", name, known)
    for spec in graph.inputs:
        _add(graph.path, "an input", spec.name, known)
    for node in graph.nodes:
        for name in node.inputs:
            if name and name not in known:
                raise FormatError(
                    f"{node.owner} must read what is computed before it; got {name!r}."
                )
        for inner in graphs_in(node):
            _check_names(inner, known)
        for name in filter(None, node.outputs):
            _add(graph.path, node.owner, name, known)
    for spec in graph.outputs:
        if spec.name not in known:
            raise FormatError(
                f"{graph.path}: output {spec.name!r} must be computed by a node; it is not."
            )
    if not graph.outputs:
        raise FormatError(f"{graph.path}: the model must have an output; it has none.")


def graphs_in(node: Node) -> list[Graph]:
    """Return the graphs inside a node."""
    return [value for value in node.attributes.values() if isinstance(value, Graph)]


def reads(node: Node) -> set[str]:
    """Return the values that a node reads, with those that graphs inside it take from around it."""
    found = set(filter(None, node.inputs))
    for inner in graphs_in(node):
        found |= {spec.name for spec in inner.outputs}.union(*map(reads, inner.nodes))
        found -= set(inner.constants).union(
            (spec.name for spec in inner.inputs), *(each.outputs for each in inner.nodes)
        )
    return found | set(filter(None, node.inputs))


def _add(path: str, owner: str, name: str, known: set[str]) -> None:
    """Note that a value is made."""
    if name in known:
        raise FormatError(f"{path}: {name!r} must be made once; got it twice, by {owner} too.")
    known.add(name)


def fits(array: Array, spec: Spec) -> bool:
    """Say whether an array has the number of axes and the sizes that an input asks for."""
    shape = array.shape if spec.shape is None else spec.shape
    return len(shape) == array.ndim and all(
        not isinstance(want, int) or want == have
        for have, want in zip(array.shape, shape, strict=True)
    )


def as_dtype(spec: Spec) -> "np.dtype[Any] | None":
    """Return the dtype of an input, None if the file does not say it."""
    return np.dtype(spec.dtype) if spec.dtype else None
