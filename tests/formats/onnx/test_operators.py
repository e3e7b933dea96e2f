"""Operators as elman computes them, against onnxruntime."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import elman
from tests import tolerances
from tests.formats.onnx.protos import TensorProto, array, helper, node, onnx
from tests.formats.onnx.writing import session


def assert_same(path, made, x, arrays=(), kind=TensorProto.FLOAT):
    """Check a node with one input: in onnxruntime, and in elman."""
    enters = helper.make_tensor_value_info("x", kind, x.shape)
    leaves = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    made = [made, helper.make_node("Cast", ["made"], ["y"], to=TensorProto.FLOAT)]
    graph = helper.make_graph(made, "graph", [enters], [leaves], list(arrays))
    versions = [helper.make_opsetid("", 17)]
    content = helper.make_model(graph, opset_imports=versions, ir_version=8)
    path.write_bytes(content.SerializeToString())
    (want,) = session(path).run(None, {"x": x})
    (have,) = elman.load_onnx(path).run({"x": x})
    assert have.shape == want.shape
    limit = tolerances.ONNX * max(1.0, float(np.abs(want[np.isfinite(want)]).max(initial=0)))
    np.testing.assert_allclose(have, want, rtol=0, atol=limit)


def drawn(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("f4")


@st.composite
def windows(draw, size):
    """The attributes of windows."""
    told = {"strides": [draw(st.integers(1, 3))], "dilations": [draw(st.integers(1, 3))]}
    if draw(st.booleans()):
        most = st.integers(0, size - 1)
        return {**told, "pads": [draw(most), draw(most)]}
    how = draw(st.sampled_from(["VALID", "SAME_UPPER", "SAME_LOWER"]))
    if how != "VALID":  # as far as onnxruntime has it
        told = {"strides": [draw(st.integers(1, min(size, 2)))], "dilations": [1]}
    return {**told, "auto_pad": how}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_convolutions_and_pooling_are_onnxruntime_s(tmp_path_factory, data):
    size, group = data.draw(st.integers(1, 4)), data.draw(st.sampled_from([1, 2]))
    told = data.draw(windows(size))
    op = data.draw(st.sampled_from(["Conv", "ConvTranspose", "MaxPool", "AveragePool"]))
    x, arrays, inputs = drawn(2, 4, data.draw(st.integers(12, 15))), [], ["x"]
    if "Pool" in op:
        told["kernel_shape"] = [size]
        if op == "AveragePool":  # it has no dilation before opset 19
            del told["dilations"]
            told["count_include_pad"] = data.draw(st.integers(0, 1))
    else:
        shape = (6, 4 // group, size) if op == "Conv" else (4, 6 // group, size)
        arrays = [onnx.numpy_helper.from_array(drawn(*shape), "W"), array("B", 6)]
        inputs, told["group"] = ["x", "W", "B"], group
    if op == "ConvTranspose":
        if told.pop("auto_pad", "VALID") != "VALID":
            return
        told["output_padding"] = [data.draw(st.integers(0, told["strides"][0] - 1))]
    path = tmp_path_factory.getbasetemp() / "operator.onnx"
    assert_same(path, node(op, *inputs, outputs=["made"], **told), x, arrays)


UNARY = ("Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Cosh", "Sinh", "IsInf")


@pytest.mark.parametrize("op", UNARY)
def test_functions_are_onnxruntime_s(tmp_path, op):
    x = np.tanh(drawn(3, 5))
    x[0, 0], x[0, 1] = np.inf, -np.inf
    assert_same(tmp_path / "m.onnx", node(op, "x", outputs=["made"]), x)


@pytest.mark.parametrize(("up", "down"), [(1, 0), (0, 1), (0, 0)])
def test_infinity_is_told_by_its_sign(tmp_path, up, down):
    x = np.array([np.inf, -np.inf, 1], "f4")
    told = {"detect_positive": up, "detect_negative": down}
    assert_same(tmp_path / "m.onnx", node("IsInf", "x", outputs=["made"], **told), x)


@pytest.mark.parametrize("reduction", ["none", "add", "mul"])
def test_numbers_are_scattered_as_onnxruntime_does(tmp_path, reduction):
    places = helper.make_tensor("i", TensorProto.INT64, [2, 2], [0, 1, -1, 2])
    made = node("ScatterND", "x", "i", "u", outputs=["made"], reduction=reduction)
    assert_same(tmp_path / "m.onnx", made, drawn(3, 4, 2), [places, array("u", 2, 2, fill=3)])


@pytest.mark.parametrize(
    ("equation", "shape"),
    [("bij, bjk -> bik", (2, 3, 4)), ("...i,...i->...", (2, 3, 3)), ("bij,bjk", (2, 3, 3)),
     ("bij,bkj->b", (2, 3, 3))],
)  # fmt: skip
def test_sums_of_products_are_onnxruntime_s(tmp_path, equation, shape):
    x = drawn(2, 3, 4 if shape[2] == 4 else 3)
    other = drawn(2, x.shape[2], 5) if "bjk" in equation else drawn(*x.shape)
    arrays = [onnx.numpy_helper.from_array(other, "w")]
    made = node("Einsum", "x", "w", outputs=["made"], equation=equation)
    assert_same(tmp_path / "m.onnx", made, x, arrays)


def test_determinants_are_onnxruntime_s(tmp_path):
    assert_same(tmp_path / "m.onnx", node("Det", "x", outputs=["made"]), drawn(5, 3, 3))
