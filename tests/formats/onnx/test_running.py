"""`OnnxModel.run` as onnxruntime has it, and a call as a model's."""

import numpy as np
import pytest

import elman
from elman.errors import ArgumentError
from tests.formats.onnx.protos import node, proto

X = np.array([[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]], "float32")


@pytest.fixture
def two(tmp_path):
    """A file with the outputs a = relu(x) and b = -x."""
    made = proto([node("Relu", "x", outputs=["a"]), node("Neg", "x", outputs=["b"])],
                 outputs=("a", "b"))  # fmt: skip
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    return elman.load_onnx(tmp_path / "m.onnx")


@pytest.fixture
def one(tmp_path):
    """A file with the output y = relu(x)."""
    (tmp_path / "m.onnx").write_bytes(proto([node("Relu", "x")]).SerializeToString())
    return elman.load_onnx(tmp_path / "m.onnx")


def test_a_single_input_needs_no_name(two):
    for found in (two.run(X), two.run({"x": X}), two.run(None, {"x": X}), two(X), two({"x": X})):
        a, b = found
        np.testing.assert_array_equal(a, np.maximum(X, 0))
        np.testing.assert_array_equal(b, -X)


def test_outputs_are_chosen_by_name(two):
    (b,) = two.run(["b"], {"x": X})
    np.testing.assert_array_equal(b, -X)
    b, a = two.run(["b", "a"], {"x": X})
    np.testing.assert_array_equal(a, np.maximum(X, 0))
    with pytest.raises(ArgumentError, match=r"`output_names` must be one of 'a', 'b'; got 'c'\."):
        two.run(["c"], {"x": X})


def test_a_call_returns_a_single_output_bare(one):
    assert type(one.run(X)) is list
    np.testing.assert_array_equal(one(X), np.maximum(X, 0))


def test_several_inputs_need_names(tmp_path):
    x, h = elman.Input((None, 3), name="x"), elman.Input((2,), name="h")
    elman.Model([x, h], elman.layers.GRU(2)(x, initial_state=h)).export(tmp_path / "m.onnx")
    text = r"`inputs` must be a dictionary of arrays by name; got list\. Its names are 'x', 'h'\."
    with pytest.raises(ArgumentError, match=text):
        elman.load_onnx(tmp_path / "m.onnx").run([X, X])
