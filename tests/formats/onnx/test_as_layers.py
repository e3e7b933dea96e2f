"""A graph becomes a model where it is made of layers; else the node that is none is named."""

import re

import numpy as np
import pytest

import elman
from elman.errors import UnsupportedError
from tests import tolerances

onnx = pytest.importorskip("onnx")
helper, TensorProto = onnx.helper, onnx.TensorProto
FLOAT = TensorProto.FLOAT

LSTM = {"W": (1, 8, 3), "R": (1, 8, 2)}


def array(name, value, dtype="float32"):
    return onnx.numpy_helper.from_array(np.array(value, dtype), name)


def ones(**shapes):
    return [array(name, np.ones(shape)) for name, shape in shapes.items()]


def node(op, *inputs, outputs=("y",), **attributes):
    return helper.make_node(op, inputs, outputs, name="n", **attributes)


def loaded(
    tmp_path, nodes, arrays=(), *, shape=("batch", 4, 3), kind=FLOAT, outputs=("y",), more=()
):
    inputs = [helper.make_tensor_value_info("x", kind, shape)]
    inputs += [helper.make_tensor_value_info(name, FLOAT, sizes) for name, sizes in more]
    ends = [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs]
    graph = helper.make_graph(nodes, "graph", inputs, ends, list(arrays))
    versions = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    proto = helper.make_model(graph, opset_imports=versions)
    (tmp_path / "m.onnx").write_bytes(proto.SerializeToString())
    return elman.load_onnx(tmp_path / "m.onnx")


TURNED = helper.make_node("Transpose", ["x"], ["t"], perm=[0, 2, 1])
EQUAL = helper.make_node("Equal", ["x", "v"], ["e"])
SIZES = helper.make_node("Shape", ["x"], ["s"])


@pytest.mark.parametrize("op", ["GlobalAveragePool", "GlobalMaxPool", None])
def test_channels_first_as_torch_writes_them(tmp_path, op):
    draw = np.random.default_rng(0)
    pooled = [helper.make_node(op, ["m"], ["p"])] if op else []
    nodes = [
        TURNED,
        helper.make_node("Conv", ["t", "w"], ["c"], pads=[1, 1]),
        helper.make_node("MaxPool", ["c"], ["m"], kernel_shape=[2], strides=[1], pads=[0, 1]),
        *pooled,
        helper.make_node("Flatten", ["p" if op else "m"], ["y"]),
    ]
    found = loaded(tmp_path, nodes, [array("w", draw.normal(size=(2, 3, 3)))])
    x = draw.normal(size=(5, 4, 3)).astype("f4")
    (y,) = found.run({"x": x})
    np.testing.assert_allclose(found.to_model()(x), y, rtol=0, atol=tolerances.ONNX)


def test_padding_as_no_layer_has_it_is_a_layer_of_its_own(tmp_path):
    draw = np.random.default_rng(0)
    nodes = [
        TURNED,
        helper.make_node("Conv", ["t", "w"], ["c"], pads=[0, 3], strides=[2]),
        node("ConvTranspose", "c", "w", pads=[1, 0], strides=[3], output_padding=[1]),
    ]
    weights = [array("w", draw.normal(size=(3, 3, 2)))]
    found = loaded(tmp_path, nodes, weights)
    x = draw.normal(size=(5, 4, 3)).astype("f4")
    (y,) = found.run({"x": x})
    again = found.to_model()
    np.testing.assert_allclose(again(x), y.transpose(0, 2, 1), rtol=0, atol=tolerances.ONNX)
    kinds = {type(layer).__name__ for layer in again.layers}
    assert {"ZeroPadding1D", "Conv1D", "Conv1DTranspose", "Cropping1D"} <= kinds


@pytest.mark.parametrize(
    ("nodes", "arrays", "text"),
    [
        ([node("Erf", "x")], [], "(Erf) must be what elman has as a layer; it is none."),
        ([SIZES, node("ConstantOfShape", "s", value=array("v", [1]))], [],
         "makes other numbers than zeros"),
        ([node("Expand", "x", "to")], [array("to", [2, 4, 3], "int64")],
         "repeats other numbers than zeros"),
        ([node("Squeeze", "x", "a")], [array("a", [1], "int64")],
         "leaves out another axis than that of a single direction"),
        ([node("Unsqueeze", "x", "a")], [array("a", [1], "int64")],
         "puts in another axis than that of directions"),
        ([node("Reshape", "x", "to")], [array("to", [0, 2, 6], "int64")],
         "gives BTF another shape than layers do"),
        ([node("Flatten", "x", axis=2)], [], "gives BTF another shape than layers do"),
        ([node("Concat", "x", "w", axis=2)], ones(w=(1, 4, 3)),
         "joins what is no output of a layer"),
        ([node("Concat", "x", "x", axis=1)], [],
         "joins along another axis than the features of BTF"),
        ([SIZES, node("Slice", "x", "s", "s")], [], "cuts at places that depend on the input"),
        ([node("Slice", "x", "a", "b", "c")],
         [array(name, [i], "int64") for i, name in enumerate("abc")],
         "cuts along another axis than the directions of BTF"),
        ([node("Gather", "x", "i", axis=1)], [array("i", [0, 1], "int64")], "picks several places"),
        ([node("Gather", "x", "i", axis=2)], [array("i", 0, "int64")],
         "picks along another axis than time or the directions of BTF"),
        ([node("Gather", "w", "x")], ones(w=(5, 2)), "looks features up in a table"),
        ([helper.make_node("Transpose", ["x"], ["t"], perm=[0, 2, 1]), node("Softmax", "t")], [],
         "works along another axis than the features of BFT"),
        ([node("Softmax", "x", axis=1)], [], "sums along another axis than the features"),
        ([node("Gelu", "x", approximate="tanh")], [], "is the approximate gelu"),
        ([node("ReduceMean", "x", axes=[0])], [],
         "makes one number of many along another axis than time"),
        ([node("HardSigmoid", "x", alpha=0.3)], [],
         "is another hard sigmoid than relu6(x + 3) / 6, or Keras 2's"),
        ([node("Conv", "x", "w")], ones(w=(2, 4, 1)),
         "works along another axis than the last of BTF"),
        ([TURNED, node("Conv", "t", "t")], [], "has weights that are not in the file"),
        ([TURNED, node("Conv", "t", "w", auto_pad="SAME_LOWER")], ones(w=(2, 3, 1)),
         "has auto_pad='SAME_LOWER'"),
        ([TURNED, node("ConvTranspose", "t", "w", group=3)], ones(w=(3, 2, 1)),
         "has groups, or a length that is told"),
        ([TURNED, node("ConvTranspose", "t", "w", auto_pad="SAME_UPPER")], ones(w=(3, 2, 1)),
         "has auto_pad='SAME_UPPER'"),
        ([TURNED, node("MaxPool", "t", kernel_shape=[2], pads=[1, 1])], [],
         "has windows that no layer has"),
        ([EQUAL, node("Where", "e", "x", "v")], ones(v=()), "chooses otherwise than a mask does"),
        ([EQUAL, helper.make_node("Not", ["e"], ["n"]), node("Add", "n", "x")], ones(v=()),
         "computes with a mask what no layer does"),
        ([node("GatherND", "x", "i")], [array("i", [[0]], "int64")],
         "picks steps otherwise than a mask does"),
        ([node("LayerNormalization", "x", "w", axis=1)], ones(w=(4, 3)),
         "normalises along other axes than the features"),
        ([node("LayerNormalization", "x", "x")], [], "has weights that are not in the file"),
        ([node("BatchNormalization", "x", *"wwww")], ones(w=(4,)),
         "normalises along another axis than the features"),
        ([helper.make_node("Transpose", ["x"], ["t"], perm=[0, 2, 1]), node("Add", "x", "t")], [],
         "merges arrays with other axes"),
        ([node("Add", "x", "w")], ones(w=(3,)),
         "merges the output of a layer with numbers of the file"),
        ([node("Gemm", "x", "w", alpha=2.0)], ones(w=(3, 2)), "scales its product"),
        ([node("Gemm", "x", "w")], ones(w=(3, 2)), "multiplies BTF as a matrix"),
        ([node("MatMul", "x", "w")], ones(w=(7, 2)), "multiplies 3 features with 7 rows"),
        ([SIZES, node("Sqrt", "s")], [], "is none"),
        ([SIZES, node("Add", "s", "s")], [], "computes what no layer puts out"),
        ([SIZES, node("Reshape", "w", "s")], ones(w=(2, 4, 3)),
         "shapes numbers of the file by sizes of the input"),
        ([SIZES, node("Identity", "s")], [], "output 'y' must be what a layer puts out; it is"),
        ([node("Transpose", "x", perm=[0, 1, 5])], [], "has an order of other axes than BTF"),
        ([node("Concat", "x", "x", axis=5)], [], "does not fit the layer that it would be"),
    ],
)  # fmt: skip
def test_a_node_that_is_no_layer_is_named(tmp_path, nodes, arrays, text):
    with pytest.raises(UnsupportedError, match=re.escape(text)) as caught:
        loaded(tmp_path, nodes, arrays).to_model()
    assert "Use `run` in place of `to_model`." in str(caught.value)


LENGTHS = ("x", "W", "R", "", "lens")


@pytest.mark.parametrize(
    ("made", "arrays", "text"),
    [
        (node("LSTM", "x", "W", "R", clip=1.0), ones(**LSTM),
         "has clipping or activations that no layer has"),
        (node("LSTM", "x", "W", "R", activations=["Sigmoid", "Tanh", "Relu"]), ones(**LSTM),
         "has clipping or activations that no layer has"),
        (node("LSTM", *LENGTHS), [*ones(**LSTM), array("lens", [1], "int32")],
         "has `sequence_lens` that are no input, and of no mask of elman's"),
        (node("LSTM", "x", "W", "x"), ones(**LSTM), "has weights that are not in the file"),
        (node("LSTM", "x", "W", "R", direction="bidirectional"), ones(**LSTM),
         "has weights of another number of directions"),
        (node("LSTM", "x", "W", "R", "", "", "", "", "P"), ones(**LSTM, P=(1, 5)),
         "has weights that do not fit each other"),
        (node("GRU", "x", "W", "R", "", "", "h"), ones(W=(1, 6, 3), R=(1, 6, 2), h=(1, 1, 2)),
         "has initial states that are no inputs of the model, or some alone"),
    ],
)  # fmt: skip
def test_a_recurrent_node_that_is_no_layer_says_why(tmp_path, made, arrays, text):
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        loaded(tmp_path, [made], arrays, shape=(4, "batch", 3)).to_model()


def test_inputs_that_are_no_sequences_are_refused(tmp_path):
    model = loaded(tmp_path, [node("Relu", "x")], shape=(1, 2, 3, 4))
    with pytest.raises(UnsupportedError, match=r"input 'x' must be sequences or samples; got"):
        model.to_model()


def test_sequences_in_two_orders_are_refused(tmp_path):
    first = helper.make_node("LSTM", ["x", "W", "R"], ["", "h"])
    turned = helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0, 2])
    nodes = [first, turned, node("LSTM", "t", "W", "R", outputs=["", "y"])]
    model = loaded(tmp_path, nodes, ones(**LSTM), outputs=("h", "y"))
    with pytest.raises(UnsupportedError, match="must read sequences in one order of axes; they do"):
        model.to_model()


def test_dense_layers_normalisation_and_merging_come_back(tmp_path):
    draw = np.random.default_rng(0)
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["g"], transB=1),
        helper.make_node("Tanh", ["g"], ["a"]),
        helper.make_node("BatchNormalization", ["a", "b", "b", "b", "v"], ["n"]),
        helper.make_node("MatMul", ["n", "m"], ["p"]),
        helper.make_node("LeakyRelu", ["p"], ["q"]),
        helper.make_node("Elu", ["q"], ["e"], alpha=0.5),
        helper.make_node("Add", ["e", "q"], ["r"]),
        helper.make_node("Mul", ["r", "two"], ["u"]),
        helper.make_node("Concat", ["u", "r"], ["c"], axis=1),
        helper.make_node("Reshape", ["c", "whole"], ["y"]),
    ]
    arrays = [
        array("w", draw.normal(size=(5, 3))), array("b", draw.normal(size=5)),
        array("v", draw.uniform(1, 2, 5)), array("m", draw.normal(size=(5, 4))),
        array("two", 2.0), array("whole", [-1, 8], "int64"),
    ]  # fmt: skip
    found = loaded(tmp_path, nodes, arrays, shape=("batch", 3))
    model, x = found.to_model(), draw.normal(size=(6, 3)).astype("float32")
    np.testing.assert_allclose(model(x), found.run({"x": x})[0], rtol=0, atol=tolerances.ONNX)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == ["InputLayer", "Dense", "Activation", "BatchNormalization", "Dense",
                     "LeakyReLU", "ELU", "Add", "Rescaling", "Concatenate"]  # fmt: skip


def test_a_backward_layer_by_itself_keeps_the_order_of_time(tmp_path):
    nodes = [
        helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
        helper.make_node("RNN", ["t", "W", "R"], ["Y"], direction="reverse"),
        helper.make_node("Squeeze", ["Y", "one"], ["s"]),
        node("Transpose", "s", perm=[1, 0, 2]),
    ]
    arrays = [*ones(W=(1, 2, 3), R=(1, 2, 2)), array("one", [1], "int64")]
    found = loaded(tmp_path, nodes, arrays)
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    np.testing.assert_allclose(
        found.to_model()(x), found.run({"x": x})[0], rtol=0, atol=tolerances.ONNX
    )


def test_an_input_may_be_called_as_a_layer_is(tmp_path):
    elman.utils.clear_session()
    x = elman.Input((None, 3), name="lstm")
    elman.Model(x, elman.layers.LSTM(2, name="other")(x)).export(tmp_path / "m.onnx")
    elman.utils.clear_session()
    assert elman.load_onnx(tmp_path / "m.onnx").to_model().output_shape == (None, 2)


@pytest.mark.parametrize("op", ["ReduceMean", "ReduceMax"])
@pytest.mark.parametrize("keepdims", [0, 1])
def test_pooling_over_time_comes_back(tmp_path, op, keepdims):
    nodes = [helper.make_node("Gelu", ["x"], ["g"]), node(op, "g", axes=[1], keepdims=keepdims)]
    found = loaded(tmp_path, nodes)
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    np.testing.assert_allclose(
        found.to_model()(x), found.run({"x": x})[0], rtol=0, atol=tolerances.ONNX
    )


def test_a_recurrent_network_as_tf2onnx_writes_it_comes_back(tmp_path):
    """Time first inside, and zeros of the batch's size as initial states."""
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Cast", ["shape"], ["cast"], to=TensorProto.INT32),
        helper.make_node("Slice", ["cast", "zero", "one", "zero"], ["rows"]),
        helper.make_node("Cast", ["rows"], ["batch"], to=TensorProto.INT64),
        helper.make_node("Concat", ["batch", "units"], ["size"], axis=0),
        helper.make_node("ConstantOfShape", ["size"], ["zeros"], value=array("v", [0])),
        helper.make_node("Unsqueeze", ["zeros", "zero"], ["start"]),
        helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
        helper.make_node("LSTM", ["t", "W", "R", "", "", "start", "start"], ["Y", "", ""]),
        helper.make_node("Squeeze", ["Y", "one"], ["s"]),
        helper.make_node("Transpose", ["s"], ["u"], perm=[1, 0, 2]),
        helper.make_node("MatMul", ["u", "w"], ["p"]),
        helper.make_node("Add", ["p", "b"], ["a"]),
        node("Softmax", "a", axis=-1),
    ]
    draw = np.random.default_rng(0)
    arrays = [
        *(array(name, [i], "int64") for i, name in enumerate(["zero", "one", "units"])),
        *(array(name, draw.normal(size=size)) for name, size in LSTM.items()),
        array("w", draw.normal(size=(2, 3))), array("b", draw.normal(size=3)),
    ]  # fmt: skip
    found = loaded(tmp_path, nodes, arrays)
    x = draw.normal(size=(2, 4, 3)).astype("float32")
    model = found.to_model()
    np.testing.assert_allclose(model(x), found.run({"x": x})[0], rtol=0, atol=tolerances.ONNX)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == ["InputLayer", "LSTM", "Dense", "Activation"]


def test_a_classifier_as_skl2onnx_writes_it_is_run(tmp_path):
    """Scaled, two products, the class of the largest, picked from a list."""
    nodes = [
        helper.make_node("Scaler", ["x"], ["z"], domain="ai.onnx.ml", offset=[1.0] * 3,
                         scale=[2.0] * 3),
        helper.make_node("MatMul", ["z", "w"], ["m"]),
        helper.make_node("Add", ["m", "b"], ["h"]),
        helper.make_node("Softmax", ["h"], ["p"], axis=1),
        helper.make_node("ArgMax", ["p"], ["i"], axis=1),
        helper.make_node("ArrayFeatureExtractor", ["classes", "i"], ["c"], domain="ai.onnx.ml"),
        helper.make_node("Cast", ["c"], ["y"], to=FLOAT),
    ]  # fmt: skip
    draw = np.random.default_rng(0)
    w, b = draw.normal(size=(3, 4)).astype("f4"), draw.normal(size=4).astype("f4")
    arrays = [array("w", w), array("b", b), array("classes", [10, 20, 30, 40], "int64")]
    found = loaded(tmp_path, nodes, arrays, shape=("batch", 3), outputs=("p", "y"))
    x = draw.normal(size=(5, 3)).astype("float32")
    p, y = found.run({"x": x})
    z = np.exp(((x - 1) * 2) @ w + b)
    np.testing.assert_allclose(p, z / z.sum(axis=1, keepdims=True), rtol=1e-4)
    assert y.ravel().tolist() == [10.0 * (1 + k) for k in p.argmax(axis=1)]
