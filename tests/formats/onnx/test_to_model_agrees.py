"""What `to_model` makes computes what `run` does; what no layer computes so is refused."""

import re
from itertools import pairwise

import numpy as np
import pytest

import elman
from elman import layers
from elman.errors import UnsupportedError
from tests.formats.onnx.agreeing import compared

onnx = pytest.importorskip("onnx")
from tests.formats.onnx.random_graphs import try_graphs  # noqa: E402 - takes onnx

helper, TensorProto = onnx.helper, onnx.TensorProto
FLOAT, DOUBLE = TensorProto.FLOAT, TensorProto.DOUBLE
ELEMENTS = {FLOAT: "float32", DOUBLE: "float64"}


def array(name, value, dtype="float32"):
    return onnx.numpy_helper.from_array(np.array(value, dtype), name)


def node(op, *inputs, outputs=("y",), **attributes):
    return helper.make_node(op, inputs, outputs, name="n", **attributes)


def graph(path, nodes, arrays=(), *, shape=("batch", 4, 3), kind=FLOAT, opset=17, more=()):
    inputs = [helper.make_tensor_value_info(name, kind, sizes) for name, sizes in
              (("x", shape), *more)]  # fmt: skip
    made = helper.make_graph(nodes, "graph", inputs, [onnx.ValueInfoProto(name="y")], list(arrays))
    content = helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)])
    path.write_bytes(content.SerializeToString())
    return path


def given(shape, kind=FLOAT, batch=2):
    sizes = [batch if isinstance(size, str) else size for size in shape]
    return (np.random.default_rng(0).normal(size=sizes) * 2).astype(ELEMENTS[kind])


TO_TENS = array("to", [8, 3], "int64")
BOTH = [
    helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
    helper.make_node("LSTM", ["t", "W", "R"], ["Y"], direction="bidirectional", hidden_size=2),
    helper.make_node("Transpose", ["Y"], ["u"], perm=[2, 0, 1, 3]),
]
WEIGHTS = [array("W", np.ones((2, 8, 3))), array("R", np.ones((2, 8, 2)))]
REFUSED = {
    "selu with other parameters": ([node("Selu", "x", alpha=2.0, gamma=3.0)], [], {},
        "it is another selu than the one that keeps mean and variance."),
    "softmax over all axes from the first": ([node("Softmax", "x")], [], {"opset": 11},
        "sums along another axis than the features"),
    "numbers cut to integers": ([helper.make_node("Cast", ["x"], ["i"], to=TensorProto.INT64),
                                 node("Cast", "i", to=FLOAT)], [], {},
        "it makes int64 of other numbers."),
    "divided by zero": ([node("Div", "x", "c")], [array("c", 0.0)], {}, "it divides by 0.0."),
    "an offset in time": ([helper.make_node("MatMul", ["x", "w"], ["p"]), node("Add", "p", "b")],
        [array("w", np.ones((3, 4))), array("b", np.ones((4, 1)))], {},
        "merges the output of a layer with numbers of the file"),
    "an offset a sample": ([node("Gemm", "x", "w", "b")],
        [array("w", np.ones((3, 2))), array("b", np.ones((2, 1)))], {"shape": (2, 3)},
        "adds what is no bias"),
    "another axis": ([node("Add", "x", "c")], [array("c", np.ones((1, 1, 1, 1)))], {},
        "merges the output of a layer with numbers of the file"),
    "samples and steps in one axis": ([node("Reshape", "x", "to")],
        [array("to", [-1, 3], "int64")], {}, "gives BTF another shape than layers do"),
    "all samples side by side": ([node("Reshape", "x", "to")], [array("to", [1, -1], "int64")],
        {"shape": ("batch", 3)}, "gives BF another shape than layers do"),
    "directions, and samples and steps in one": ([*BOTH, node("Reshape", "u", "to")],
        [*WEIGHTS, array("to", [-1, 2, 2], "int64")], {}, "gives BTDF another shape than layers"),
    "other numbers for a batch": ([node("Reshape", "x", "to")], [array("to", [2, 12], "int64")],
        {}, "gives BTF another shape than layers do"),
    "a clipping of its own": ([node("Clip", "x", "low")], [array("low", 0.0)], {},
        "cuts off at other places than relu6 and hard_tanh"),
    "some places backwards": ([node("Slice", "x", "a", "b", "c", "d")],
        [array(name, [n], "int64") for name, n in zip("abcd", (2, 0, 1, -1), strict=True)], {},
        "it goes backwards over some of the places."),
    "no timesteps": ([node("Slice", "x", "a", "b", "c")],
        [array(name, [n], "int64") for name, n in zip("abc", (2, 2, 1), strict=True)], {},
        "it leaves no timesteps."),
    "a mask that training draws": ([node("Dropout", "x", "r", "t")],
        [array("r", 0.5), array("t", True, "bool")], {}, "it is one of training."),
    "two types": ([node("Mul", "x", "c")], [array("c", 2.0, "float64")], {},
        "it computes with float32, float64."),
    "integers": ([node("Mul", "x", "x")], [], {"kind": TensorProto.INT64}, "computes with int64."),
    "a table of integers": ([node("Gather", "w", "x")], [array("w", np.ones((5, 2)), "int64")],
        {"kind": TensorProto.INT64, "shape": ("batch", 4)}, "it looks int64 up in a table."),
    "units that weights have not": ([node("RNN", "x", "W", "R", hidden_size=7, layout=1)],
        [array("W", np.ones((1, 2, 3))), array("R", np.ones((1, 2, 2)))], {},
        "has weights of another number of units"),
    "axes found out": ([helper.make_node("Shape", ["x"], ["s"]),
                        node("Unsqueeze", "x", "s")], [], {},
        "has axes or places that are not in the file"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_layer_computes_is_refused(tmp_path, name):
    nodes, arrays, told, text = REFUSED[name]
    file = elman.load_onnx(graph(tmp_path / "m.onnx", nodes, arrays, **told))
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        file.to_model()


AGREES = {
    "softmax along the features": ([node("Softmax", "x", axis=2)], [], {"opset": 11}),
    "softmax of a matrix": ([node("Softmax", "x")], [], {"opset": 11, "shape": ("batch", 3)}),
    "normalisation in float64": ([node("LayerNormalization", "x", "g", "c")],
        [array("g", [1, 2, 3], "float64"), array("c", [3, 2, 1], "float64")], {"kind": DOUBLE}),
    "statistics in float64": ([node("BatchNormalization", "x", *"gggg")],
        [array("g", [1, 2, 3], "float64")], {"kind": DOUBLE, "shape": ("batch", 3)}),
    "a batch of one size": ([node("Reshape", "x", "to")], [array("to", [2, -1], "int64")],
        {"shape": (2, 4, 3)}),
    "the same shape": ([node("Reshape", "x", "to")], [array("to", [0, -1, 3], "int64")], {}),
    "both directions side by side": ([*BOTH, node("Reshape", "u", "to")],
        [*WEIGHTS, array("to", [0, 4, 4], "int64")], {}),
    "one number for all units": ([node("Gemm", "x", "w", "b")],
        [array("w", np.ones((3, 2))), array("b", [0.5])], {"shape": ("batch", 3)}),
    "a bias that another reads the product without": (
        [helper.make_node("MatMul", ["x", "w"], ["p"]), helper.make_node("Add", ["p", "b"], ["q"]),
         node("Mul", "q", "q")], [array("w", np.ones((3, 2))), array("b", [[0.5, 1]])], {}),
    "dropout at rest": ([node("Dropout", "x", ratio=0.3)], [], {"opset": 11}),
}  # fmt: skip


@pytest.mark.parametrize("name", AGREES)
def test_what_layers_compute_agrees(tmp_path, name):
    nodes, arrays, told = AGREES[name]
    path = graph(tmp_path / "m.onnx", nodes, arrays, **told)
    shape, kind = told.get("shape", ("batch", 4, 3)), told.get("kind", FLOAT)
    assert isinstance(compared(path, [{"x": given(shape, kind)}]), list)


@pytest.mark.parametrize("layout", [0, 1])
def test_initial_states_that_are_inputs_agree(tmp_path, layout):
    """Where the batch comes first, such an input's axes cannot be told from those of others."""
    shape = ("batch", 4, 3) if layout else (4, "batch", 3)
    start = (1, 1, 2) if layout else (1, "batch", 2)
    arrays = [array("W", np.ones((1, 2, 3))), array("R", np.ones((1, 2, 2)))]
    made = node("RNN", "x", "W", "R", "", "", "h", layout=layout)
    path = graph(tmp_path / "m.onnx", [made], arrays, shape=shape, more=[("h", start)])
    inputs = {"x": given(shape, batch=1), "h": given(start, batch=1)}
    assert isinstance(compared(path, [inputs]), str if layout else list)


@pytest.mark.parametrize("pooled", [False, True])
def test_a_mask_does_not_reach_what_knows_of_none(tmp_path, pooled):
    """Layers would hand it on; in the file the lengths are the first operator's alone."""
    last = (node("ReduceMean", "s", axes=[0], keepdims=0) if pooled
            else node("RNN", "s", "V", "R", outputs=["", "y"]))  # fmt: skip
    nodes = [helper.make_node("RNN", ["x", "W", "R", "", "lengths"], ["Y"]),
             helper.make_node("Squeeze", ["Y", "one"], ["q"]),
             helper.make_node("Mul", ["q", "q"], ["e"]), helper.make_node("Elu", ["e"], ["s"]),
             last]  # fmt: skip
    arrays = [array("W", np.ones((1, 2, 3))), array("V", np.ones((1, 2, 2))),
              array("R", np.ones((1, 2, 2))), array("one", [1], "int64")]  # fmt: skip
    value = helper.make_tensor_value_info
    entered = [value("x", FLOAT, (4, "batch", 3)), value("lengths", TensorProto.INT32, ["batch"])]
    made = helper.make_graph(nodes, "graph", entered, [onnx.ValueInfoProto(name="y")], arrays)
    proto = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)])
    (tmp_path / "m.onnx").write_bytes(proto.SerializeToString())
    with pytest.raises(UnsupportedError, match="takes steps that a mask leaves out before it"):
        elman.load_onnx(tmp_path / "m.onnx").to_model()


@pytest.mark.filterwarnings("ignore:.*the mask of its input ends here")
@pytest.mark.parametrize("op", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("read", [(0,), (1,), (0, 1)])
@pytest.mark.parametrize("started", [False, True])
def test_lengths_agree(tmp_path, op, direction, read, started):
    """What a final state is where the last steps are padding, and where there is no step."""
    D, gates = 1 + (direction == "bidirectional"), {"RNN": 1, "GRU": 3, "LSTM": 4}[op]
    draw = np.random.default_rng(0)
    arrays = [array("W", draw.normal(size=(D, 2 * gates, 3))),
              array("R", draw.normal(size=(D, 2 * gates, 2)))]  # fmt: skip
    states = [*("h", "c")[: 1 + (op == "LSTM")]] if started else []
    names = [name if i in read else "" for i, name in enumerate(("y", "z"))]
    made = node(op, "x", "W", "R", "", "lengths", *states, outputs=names, direction=direction)
    value = helper.make_tensor_value_info
    entered = [value("x", FLOAT, (4, "batch", 3)), value("lengths", TensorProto.INT32, ["batch"])]
    entered += [value(name, FLOAT, (D, "batch", 2)) for name in states]
    ends = [onnx.ValueInfoProto(name=name) for name in names if name]
    proto = helper.make_model(helper.make_graph([made], "graph", entered, ends, arrays),
                              opset_imports=[helper.make_opsetid("", 17)])  # fmt: skip
    (tmp_path / "m.onnx").write_bytes(proto.SerializeToString())
    inputs = {"x": draw.normal(size=(4, 3, 3)), **{s: draw.normal(size=(D, 3, 2)) for s in states}}
    inputs = {name: numbers.astype("float32") for name, numbers in inputs.items()}
    inputs["lengths"] = np.array([4, 2, 0], "int32")
    ordered = {each.name: inputs[each.name] for each in entered}
    assert isinstance(compared(tmp_path / "m.onnx", [ordered]), list)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "name", ["gelu", "relu6", "hard_tanh", "log_sigmoid", "hard_sigmoid_keras2", "hard_sigmoid"]
)
def test_activations_that_elman_writes_come_back_by_name(tmp_path, name, dtype):
    x = elman.Input((None, 3), name="x", dtype=dtype)
    model = elman.Model(x, layers.Dense(4, activation=name, dtype=dtype)(x))
    model.export(tmp_path / "m.onnx")
    again = elman.load_onnx(tmp_path / "m.onnx").to_model()
    assert [type(layer).__name__ for layer in again.layers] == ["InputLayer", "Dense"]
    assert again.layers[-1].get_config()["activation"] == name
    assert isinstance(compared(tmp_path / "m.onnx", [{"x": given((2, 4, 3)).astype(dtype)}]), list)


def test_a_float64_model_of_elman_s_comes_back_in_float64(tmp_path):
    x = elman.Input((None, 3), name="x", dtype="float64")
    y = layers.Dense(4, dtype="float64", activation="gelu")(x)
    elman.Model(x, layers.LayerNormalization(dtype="float64")(y)).export(tmp_path / "m.onnx")
    found = compared(tmp_path / "m.onnx", [{"x": given((2, 4, 3), DOUBLE)}])
    assert found[0].dtype == "float64"


def test_thousands_of_nodes_are_no_recursion(tmp_path):
    count = 3000
    names = ["Y", *(f"t{i}" for i in range(count))]
    nodes = [helper.make_node("LSTM", ["x", "W", "R"], ["Y"], hidden_size=2, layout=1)]
    nodes += [helper.make_node("Transpose", [a], [b], perm=[0, 1, 2, 3])
              for a, b in pairwise(names)]  # fmt: skip
    arrays = [array("W", np.ones((1, 8, 3))), array("R", np.ones((1, 8, 2))),
              array("to", [0, 0, 2], "int64")]  # fmt: skip
    path = graph(tmp_path / "m.onnx", [*nodes, node("Reshape", names[-1], "to")], arrays)
    assert isinstance(compared(path, [{"x": given(("batch", 4, 3))}]), list)


@pytest.mark.parametrize("seed", range(4))
def test_graphs_drawn_at_random_agree(tmp_path, seed):
    """`random_graphs.py` does this for hours."""
    counts = try_graphs(tmp_path / "m.onnx", seed, 20)
    assert counts["agrees"] > 40
