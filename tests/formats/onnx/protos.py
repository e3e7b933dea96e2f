"""Small ONNX files, made for the tests by the package onnx."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
helper, TensorProto = onnx.helper, onnx.TensorProto


def tensor(name, *, dims, raw=b"", kind=TensorProto.FLOAT):
    found = TensorProto()
    found.name, found.data_type, found.raw_data = name, kind, raw
    found.dims.extend(dims)
    return found


def ints(name, *values):
    return helper.make_tensor(name, TensorProto.INT64, [len(values)], values)


def beside(name, dims, **entries):
    found = TensorProto()
    found.name, found.data_type = name, TensorProto.FLOAT
    found.dims.extend(dims)
    found.data_location = TensorProto.EXTERNAL
    for key, value in entries.items():
        entry = found.external_data.add()
        entry.key, entry.value = key, value
    return found


def array(name, *shape, dtype="f4", fill=1):
    return onnx.numpy_helper.from_array(np.full(shape, fill, dtype), name)


def proto(nodes, arrays=(), *, shape=(2, 3), opset=17, outputs=("y",)):
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        arrays,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def node(op, *inputs, outputs=("y",), **attributes):
    return helper.make_node(op, inputs, outputs, name="n", **attributes)


def loop(nodes, inputs=("i",), outputs=("o",), twice=False, **attributes):
    """A file with a Scan over x, which computes these nodes in each step.

    With `twice` it goes over x once more, along the other axis.
    """
    ends = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names]
        for names in (inputs, outputs)
    ]
    body = helper.make_graph(nodes, "body", *ends)
    if twice:
        attributes["scan_input_axes"] = [0, 1]
    return proto(
        [node("Scan", *["x"] * (1 + twice), **{"body": body, "num_scan_inputs": 1, **attributes})]
    )
