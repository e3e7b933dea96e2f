"""A small file takes little memory and time, however its nodes and entries are put together."""

from itertools import pairwise

import numpy as np
import pytest

import elman
from elman.errors import FormatError, UnsupportedError
from elman.formats.onnx.as_layers import others

onnx = pytest.importorskip("onnx")
helper, TensorProto = onnx.helper, onnx.TensorProto

LARGE = onnx.numpy_helper.from_array(np.array([2**24 - 100]), "large")
FULL = helper.make_node("ConstantOfShape", ["large"], ["c"])


@pytest.fixture
def load(tmp_path):
    def loaded(nodes, arrays, shape=(2, 3)):
        graph = helper.make_graph(
            nodes, "graph", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [onnx.ValueInfoProto(name="y")], arrays,
        )  # fmt: skip
        content = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        (tmp_path / "m.onnx").write_bytes(content.SerializeToString())
        return elman.load_onnx(tmp_path / "m.onnx")

    return loaded


X = {"x": np.ones((2, 3), "f4")}
TOO_MANY = r"must make at most \d+ numbers of what the model was given, beside those made before"


def test_all_nodes_share_what_a_run_may_make(load):
    nodes = [helper.make_node("ConstantOfShape", ["large"], [f"c{i}"]) for i in range(30)]
    model = load([*nodes, helper.make_node("Sum", ["x", *(f"c{i}" for i in range(30))], ["y"])],
                 [LARGE])  # fmt: skip
    for attempt in (lambda: model.run(X), model.to_model):
        with pytest.raises(FormatError, match=TOO_MANY):
            attempt()


def loop(nodes):
    """A Scan over x with these nodes in each step, which make o of i."""
    inputs, outputs = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)] for name in "io"
    )
    body = helper.make_graph(nodes, "body", inputs, outputs)
    return helper.make_node("Scan", ["x"], ["y"], body=body, num_scan_inputs=1)


def test_the_steps_of_a_loop_share_it_too(load):
    summed = helper.make_node("ReduceSum", ["c"], ["r"], keepdims=0)
    model = load([loop([FULL, summed, helper.make_node("Add", ["i", "r"], ["o"])])], [LARGE])
    with pytest.raises(FormatError, match=TOO_MANY):
        model.run(X)


def test_a_node_that_makes_little_counts_for_the_time_that_it_takes(load):
    """A file of a few bytes, whose loop reads steps that it makes itself."""
    count = onnx.numpy_helper.from_array(np.array([2**20, 0]), "count")
    relus = [helper.make_node("Relu", ["i"], ["o"])]
    made = helper.make_node("ConstantOfShape", ["count"], ["z"])
    steps = loop(relus)
    steps.input[0] = "z"
    with pytest.raises(FormatError, match=r"one of at most 66048 that are computed of what the"):
        load([made, steps], [count]).run(X)


def test_a_result_that_nobody_asked_about_counts(load, monkeypatch):
    monkeypatch.setattr("elman.formats.onnx.budget.MOST", 0)
    monkeypatch.setattr("elman.formats.onnx.budget.TIMES", 1)
    names = ["x", *(f"v{i}" for i in range(5)), "y"]
    nodes = [helper.make_node("Relu", [a], [b]) for a, b in pairwise(names)]
    with pytest.raises(FormatError, match=r"'1' \(Relu\) must make at most 0 numbers of what"):
        load(nodes, []).run(X)


def beside(name, length):
    found = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[length // 4],
                        data_location=TensorProto.EXTERNAL)  # fmt: skip
    for key, value in (("location", "w.bin"), ("offset", "0"), ("length", str(length))):
        found.external_data.add(key=key, value=value)
    return found


def test_each_use_of_what_lies_beside_the_model_counts(load, tmp_path):
    (tmp_path / "w.bin").write_bytes(bytes(12))
    entries = [beside(name, 12) for name in "abc"]
    nodes = [helper.make_node("Sum", ["x", *"ab"], ["y"])]
    assert load(nodes, entries[:2]).run(X)[0].tolist() == [[1, 1, 1]] * 2
    with pytest.raises(FormatError, match=r"'c' must take what lies in 'w\.bin' at most 2 times"):
        load(nodes, entries)


@pytest.mark.parametrize("raw", [True, False])
def test_an_empty_array_beyond_numpy_s_sizes_is_refused(load, raw):
    entry = helper.make_tensor("e", 1, (0, 2**40, 2**40), b"" if raw else [], raw=raw)
    with pytest.raises(FormatError, match=r"'e' must hold fewer numbers than any array may; got"):
        load([helper.make_node("Relu", ["x"], ["y"])], [entry])


@pytest.mark.parametrize("error", [ValueError, OverflowError, MemoryError, RecursionError])
def test_whatever_reading_meets_is_one_of_elman_s_errors(load, monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr("elman.formats.onnx.file._graph", fail)
    with pytest.raises(FormatError, match=r"must be one of ONNX; it is damaged or none\."):
        load([helper.make_node("Relu", ["x"], ["y"])], [])


def test_whatever_drawing_meets_is_one_of_elman_s_errors(load, monkeypatch):
    def fail(*_):
        raise RecursionError

    monkeypatch.setitem(others.TABLE, "Relu", fail)
    with pytest.raises(UnsupportedError, match="does not fit the layer that it would be"):
        load([helper.make_node("Relu", ["x"], ["y"])], []).to_model()
