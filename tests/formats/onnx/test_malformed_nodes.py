"""A node that cannot compute with what it is given is an error that names the node."""

import re

import numpy as np
import pytest

from elman.errors import FormatError, UnsupportedError
from tests.formats.onnx.protos import (
    TensorProto,
    array,
    helper,
    ints,
    loop,
    node,
    onnx,
    proto,
    tensor,
)

LARGE = ints("large", 2**20, 2**20)


@pytest.mark.parametrize(
    ("nodes", "arrays"),
    [
        ([node("ConstantOfShape", "large")], [LARGE]),
        ([node("Expand", "x", "s")], [ints("s", 2**30, 2, 3)]),
        ([node("Tile", "x", "large")], [LARGE]),
        ([node("Pad", "x", "pads")], [ints("pads", 2**30, 0, 2**30, 0)]),
        ([node("ConstantOfShape", "s")], [ints("s", -4)]),
        ([node("Conv", "v", "v", pads=[2**23, 2**23])], [array("v", 4, 4, 1)]),
        ([node("MaxPool", "v", kernel_shape=[2**22], pads=[2**22, 0])], [array("v", 1, 1, 9)]),
        ([node("ConvTranspose", "v", "v", strides=[2**30])], [array("v", 2, 2, 2)]),
        ([node("Einsum", "v", "v", equation="a,b->ab")], [ints("v", *range(9000))]),
        ([helper.make_node("Reshape", ["x", "s"], ["a"]), node("MatMul", "a", "b")],
         [ints("s", 6, 1), ints("b", *range(8))]),
        ([helper.make_node("Concat", ["x"] * 64, ["a0"], axis=0),
          *(helper.make_node("Concat", [f"a{i}"] * 64, [f"a{i + 1}"], axis=0) for i in range(4)),
          node("Concat", "a4", "a4", axis=0)], []),
    ],
)  # fmt: skip
def test_no_node_makes_arrays_much_larger_than_what_came_in(load, nodes, arrays):
    if nodes[-1].op_type == "MatMul":  # an outer product that grows from node to node
        grow = []
        for i in range(5):
            grow += [
                helper.make_node("Reshape", [f"a{i}", "tall"], [f"c{i}"]),
                helper.make_node("Reshape", [f"a{i}", "wide"], [f"r{i}"]),
                helper.make_node("MatMul", [f"c{i}", f"r{i}"], [f"a{i + 1}"]),
            ]
        nodes = [helper.make_node("Identity", ["x"], ["a0"]), *grow, node("Identity", "a5")]
        arrays = [ints("tall", -1, 1), ints("wide", 1, -1)]
    model = load(proto(nodes, arrays))
    with pytest.raises(FormatError, match=r"must make at most \d+ numbers of what the model was"):
        model.run({"x": np.zeros((2, 3), "f4")})


@pytest.mark.parametrize(
    ("made", "arrays", "text"),
    [
        (node("Add", "x", "w"), [tensor("w", dims=[5], raw=bytes(20))],
         "node 'n' (Add) must have inputs that fit it; got shapes (2, 3), (5,)."),
        (node("Reshape", "x", "s"), [tensor("s", dims=[1], raw=bytes(4))],
         "node 'n' (Reshape): the shape must be a few integers; got float32 of (1,)."),
        (node("Gather", "x", "i", axis=1), [ints("i", 7)],
         "node 'n' (Gather): the indices must be from -3 to 2; got 7 to 7."),
        (node("Gather", "x", "x"), [], "the indices must be integers; got float32."),
        (node("Split", "x", "s", axis=1), [ints("s", 1, 1)],
         "the parts must have 3 in all; got (1, 1)."),
        (node("Relu", "x", outputs=["y", "z"]), [], "must have at most 1 outputs; got 2."),
        (node("Transpose", "x", perm=[0, 0]), [], "must have inputs that fit it; got shapes"),
        (node("Unsqueeze", "x"), [], "the axes must be given; they are not."),
        (node("Slice", "x"), [], "the starts and the ends must be given; they are not."),
        (node("Split", "x", axis=1, num_outputs=9), [], "the parts must be 1 to 3; got 9."),
        (node("ReverseSequence", "x", "i"), [ints("i", 1)],
         "the lengths must be one a sequence; got (1,)."),
        (node("Conv", "v", "v", group=0), [tensor("v", dims=[1, 1, 1], raw=bytes(4))],
         "the groups must be at least 1 and divide 1; got 0."),
        (node("ConvTranspose", "v", "v", group=2), [tensor("v", dims=[1, 1, 1], raw=bytes(4))],
         "the groups must be at least 1 and fit (1, 1, 1); got 2."),
        (node("Conv", "v", "v", pads=[-1, 0]), [tensor("v", dims=[1, 1, 1], raw=bytes(4))],
         "the windows must have sizes and steps above 0, and no padding below; got (1, 1, 1) and "
         "(-1, 0)."),
        (node("MaxPool", "v", kernel_shape=[1], strides=[0]),
         [tensor("v", dims=[1, 1, 1], raw=bytes(4))], "got (1, 0, 1) and (0, 0)."),
        (node("ScatterND", "x", "i", "x"),
         [onnx.helper.make_tensor("i", TensorProto.INT64, [1, 1], [0])],
         "the updates must fit (2, 3); got (2, 3)."),
        (node("Einsum", "x", equation="0i->i"), [],
         "the equation must be of letters; got '0i->i'."),
        (node("GatherND", "x", "i"), [ints("i", 0, 0, 0)], "the indices must fit (2, 3)"),
    ],
)  # fmt: skip
def test_a_node_that_cannot_compute_is_named(load, made, arrays, text):
    model = load(proto([made], arrays))
    with pytest.raises(FormatError, match=re.escape(text)):
        model.run({"x": np.ones((2, 3), "f4")})


RELU = helper.make_node("Relu", ["i"], ["o"])


@pytest.mark.parametrize(
    ("content", "error", "text"),
    [
        (loop([RELU], inputs=["i", "j"]), FormatError, "the body must have 1 inputs; got 2."),
        (loop([RELU], num_scan_inputs=2), FormatError, "the body must have 1 inputs; got 1."),
        (loop([RELU], inputs=["i", "j"], num_scan_inputs=2, twice=True), FormatError,
         "what a loop reads must have as many steps each; it has not."),
        (loop([RELU], scan_input_axes=[0, 1]), FormatError, "axes and directions must be 1; got 2"),
    ],
)  # fmt: skip
def test_a_loop_that_is_wrong_is_refused(load, content, error, text):
    with pytest.raises(error, match=re.escape(text)):
        load(content).run({"x": np.ones((2, 3), "f4")})


def test_a_loop_of_no_steps_has_no_outputs(load):
    content = loop([RELU])
    content.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 0
    with pytest.raises(UnsupportedError, match=r"the loop must have at least one step; it has"):
        load(content).run({"x": np.ones((0, 3), "f4")})


def test_a_loop_of_many_steps_is_refused(load):
    content = loop([RELU])
    content.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "n"
    with pytest.raises(FormatError, match=r"must compute at most 2097152 nodes; got 3000000 steps"):
        load(content).run({"x": np.ones((3000000, 3), "f4")})


@pytest.mark.parametrize(
    ("made", "arrays", "text"),
    [
        (node("BatchNormalization", "x", *"vvvv", training_mode=1),
         [tensor("v", dims=[3], raw=bytes(12))], "the node must be one of inference; it is not."),
        (node("Constant"), [], "the value must be numbers; got none."),
        (node("LSTM", *"hhh"), [array("h", 1, 8, 2, dtype="f2")],
         "the numbers must be float32 or float64; got float16."),
        (node("Cast", "x", to=8), [], "the type must be one that elman has; got ONNX's 8."),
        (node("Pad", "x", "p", mode="wrap"), [ints("p", 0, 0, 0, 0)],
         "the mode must be 'constant', 'edge' or 'reflect'; got 'wrap'."),
        (node("Pad", "x", "p"), [ints("p", 0, -1, 0, 0)], "the pads must be at least 0; got"),
        (node("Dropout", "x", "r", "t"), [tensor("r", dims=[], raw=bytes(4)),
         tensor("t", dims=[], raw=b"\1", kind=TensorProto.BOOL)],
         "the node must be one of inference; it is not."),
        (node("Conv", "x", "x"), [], "the windows must be over one axis, and auto_pad one of"),
        (node("MaxPool", "x", kernel_shape=[2, 2]), [],
         "the windows must be over one axis, with ceil_mode=0; got (2, 2) and 0."),
        (node("AveragePool", "h", kernel_shape=[2]), [array("h", 1, 2, 3, dtype="i4")],
         "the numbers must be floats; got int32."),
        (node("ConvTranspose", "h", "h", auto_pad="SAME_UPPER"), [array("h", 1, 1, 3)],
         "the padding must be told by `pads`; got auto_pad='SAME_UPPER' or output_shape."),
        (node("ScatterND", "x", "i", "u", reduction="max"),
         [onnx.helper.make_tensor("i", TensorProto.INT64, [1, 1], [0]), array("u", 1, 3)],
         "the reduction must be 'none', 'add' or 'mul'; got 'max'."),
    ],
)  # fmt: skip
def test_what_a_node_asks_for_that_elman_lacks_is_told(load, made, arrays, text):
    model = load(proto([made], arrays))
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        model.run({"x": np.ones((2, 3), "f4")})


def recurrent(op="LSTM", *, inputs=("x", "W", "R"), gates=4, w=(), r=(), more=(), **attributes):
    arrays = [
        onnx.numpy_helper.from_array(np.ones(w or (1, gates * 2, 3), "f4"), "W"),
        onnx.numpy_helper.from_array(np.ones(r or (1, gates * 2, 2), "f4"), "R"),
        *more,
    ]
    return proto([node(op, *inputs, **attributes)], arrays, shape=(4, 5, 3))


LENS = ("x", "W", "R", "", "lens")


@pytest.mark.parametrize(
    ("content", "error", "text"),
    [
        (recurrent(direction="sideways"), FormatError, "the direction must fit 1 sets of weights"),
        (recurrent(direction="bidirectional"), FormatError, "the direction must fit 1 sets"),
        (recurrent(w=(1, 8, 4)), FormatError, "W and R must fit X with 3 features and 2 units"),
        (recurrent(w=(1, 4, 3), r=(1, 4, 4)), FormatError, "W and R must fit X with 3 features"),
        (recurrent(more=[array("D", 1, 8, 2, dtype="f8")], inputs=("x", "W", "D")), FormatError,
         "the weights must have X's dtype, float32; got another."),
        (recurrent(inputs=("x", "W", "R", "B"), more=[array("B", 1, 24)]), FormatError,
         "B must have shape (1, 16); got (1, 24)."),
        (recurrent(hidden_size=7), FormatError, "hidden_size must be 2, as R has it; got 7."),
        (recurrent(inputs=("x", "W", "R", "B"), more=[array("B", 1, 8)]), FormatError, "(LSTM)"),
        (recurrent(activations=["Tanh"]), FormatError, "the activations must be 3; got 1."),
        (recurrent(activations=["Sigmoid", "Tanh", "Wild"]), UnsupportedError,
         "the activations must be of affine"),
        (recurrent(inputs=LENS, more=[array("lens", 4, dtype="i4")]), FormatError,
         "sequence_lens must be 5 integers; got (4,)."),
        (recurrent(inputs=LENS, more=[array("lens", 5, dtype="i4", fill=9)]), FormatError,
         "sequence_lens must be from 0 to 4; got others."),
        (recurrent(inputs=(*LENS[:4], "", "h"), more=[array("h", 1, 4, 2)]), FormatError,
         "the initial states must have shape (1, 5, 2); got (1, 4, 2)."),
        (recurrent(inputs=(*LENS[:4], "", "", "", "P"), more=[array("P", 1, 5)]), FormatError,
         "P must have shape (1, 6); got (1, 5)."),
    ],
)  # fmt: skip
def test_a_recurrent_node_says_what_does_not_fit(load, content, error, text):
    model = load(content)
    with pytest.raises(error, match=re.escape(text)):
        model.run({"x": np.ones((4, 5, 3), "f4")})
