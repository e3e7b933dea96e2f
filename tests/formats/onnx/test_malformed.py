"""Every way in which an ONNX file can be wrong is one error that names the entry or the node."""

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import elman
from elman.errors import ArgumentError, FormatError, ShapeError, UnsupportedError
from tests.formats.onnx.fuzz import try_file
from tests.formats.onnx.pack import KINDS, unpack

onnx = pytest.importorskip("onnx")
helper, TensorProto = onnx.helper, onnx.TensorProto

HUGE = 2**40


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


@pytest.fixture
def load(tmp_path):
    def loaded(content):
        path = tmp_path / "m.onnx"
        path.write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
        return elman.load_onnx(path)

    return loaded


GOOD = proto([node("Relu", "x")])
TWICE = proto([node("Relu", "x"), node("Tanh", "x")])


def without_opset():
    found = onnx.ModelProto()
    found.CopyFrom(GOOD)
    del found.opset_import[:]
    return found


def of_sequence():
    found = onnx.ModelProto()
    found.CopyFrom(GOOD)
    found.graph.input[0].type.sequence_type.elem_type.tensor_type.elem_type = 1
    return found


def of_domain(domain):
    found = proto([node("Relu", "x")])
    found.graph.node[0].domain = domain
    return found


def with_name(text):
    found = proto([node("Relu", "x")])
    found.graph.node[0].name = "ABCD"
    return found.SerializeToString().replace(b"ABCD", text)


def sparse():
    found = proto([node("Relu", "x")])
    found.graph.sparse_initializer.add().dims.extend([3])
    return found


def twice_attribute():
    found = proto([node("Elu", "x", alpha=1.0)])
    found.graph.node[0].attribute.append(found.graph.node[0].attribute[0])
    return found


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


def loop_in_a_loop():
    inner = loop([helper.make_node("Relu", ["i"], ["o"])]).graph.node[0]
    inner.input[0], inner.output[0] = "i", "o"
    return loop([inner])


@pytest.mark.parametrize(
    ("content", "error", "text"),
    [
        (b"not a model", FormatError, "the file must be one of ONNX; it is damaged or none."),
        (b"", FormatError, "the file must hold a graph and the version of its operators"),
        (proto([node("Gelu", "x", approximate=b"\xff\xfe")]), FormatError,
         "the file must be one of ONNX; it is damaged or none."),
        (with_name(b"\xff\xfe\xfd\xfc"), FormatError, "must be one of ONNX; it is damaged"),
        (without_opset(), FormatError, "must hold a graph and the version of its operators"),
        (proto([node("Relu", "x")], opset=99), UnsupportedError, "(opset) must be from 1 to 28; "
         "got 99. Export the model anew with one of these."),
        (sparse(), UnsupportedError, "entries must be dense arrays; got a sparse one."),
        (of_sequence(), UnsupportedError, "entry 'x' must be an array; got a sequence."),
        (of_domain("com.microsoft"), UnsupportedError, "node 'n' (Relu) must be an operator of "
         "ONNX itself; got one of 'com.microsoft'."),
        (loop_in_a_loop(), UnsupportedError, "node 'n' (Scan) must have numbers, strings and "
         "arrays as attributes; got 'body' of ONNX's kind 5."),
        (loop([helper.make_node("Relu", ["none"], ["o"])]), FormatError,
         "must read what is computed before it; got 'none'."),
        (loop([helper.make_node("Wild", ["i"], ["o"])]), UnsupportedError,
         "node '0' (Wild) must be an operator that elman has; it is not."),
        (twice_attribute(), FormatError, "must have attribute 'alpha' once; got it twice."),
        (proto([node("NonMaxSuppression", "x")]), UnsupportedError,
         "node 'n' (NonMaxSuppression) must be an operator that elman has; it is not."),
        (proto([node("ZipMap", "x")]), UnsupportedError, "options={'zipmap': False}"),
        (proto([node("Relu", "x", "x")]), FormatError, "must have 1 inputs; got 2."),
        (proto([node("Gemm", "x")]), FormatError, "must have 2 to 3 inputs; got 1."),
        (proto([node("Add", "x", "")]), FormatError, "must have its first 2 inputs; got ''."),
        (proto([node("Relu", "x", wild=1)]), UnsupportedError,
         "must have attributes that elman knows; got 'wild'."),
        (proto([node("Elu", "x", alpha="a")]), FormatError,
         "must have attribute 'alpha' as float; got 'a'."),
        (proto([node("Relu", "later")]), FormatError,
         "must read what is computed before it; got 'later'."),
        (TWICE, FormatError, "'y' must be made once; got it twice, by "),
        (proto([node("Relu", "x")], outputs=["z"]), FormatError,
         "output 'z' must be computed by a node; it is not."),
        (proto([node("Relu", "x")], outputs=[]), FormatError, "must have an output; it has none."),
        (proto([node("Relu", "x")], outputs=["y", ""]), FormatError,
         "every input and output must have a name; one has none."),
        (proto([node("Add", "x", "w")], [tensor("w", dims=[3], raw=bytes(8))]), FormatError,
         "entry 'w' must hold 12 bytes, for float32 of shape (3,); got 8."),
        (proto([node("Add", "x", "w")], [tensor("w", dims=[HUGE, HUGE], raw=bytes(8))]),
         FormatError, "entry 'w' must hold"),
        (proto([node("Add", "x", "w")], [tensor("w", dims=[2 * HUGE, 0])]), FormatError,
         "entry 'w' must have sizes of at least 0; got"),
        (proto([node("Add", "x", "w")], [tensor("w", dims=[-1])]), FormatError,
         "entry 'w' must have sizes of at least 0; got (-1,)."),
        (proto([node("Add", "x", "w")], [tensor("w", dims=[1], kind=TensorProto.STRING)]),
         UnsupportedError, "entry 'w' must hold numbers of a type that elman has; got ONNX's type "
         "8."),
        (proto([node("Add", "x", "w")], [tensor("w", dims=[0]), tensor("w", dims=[0])]),
         FormatError, "every entry must have a name of its own; got 'w' twice."),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_refused_when_it_is_read(load, content, error, text):
    with pytest.raises(error, match=re.escape(text)):
        load(content)


def test_a_list_of_numbers_must_have_the_length_of_its_shape(load):
    wrong = TensorProto()
    wrong.name, wrong.data_type = "w", TensorProto.FLOAT
    wrong.dims.extend([3])
    wrong.float_data.extend([1.0])
    with pytest.raises(FormatError, match=r"'w' must hold 3 numbers, for shape \(3,\); got 1\."):
        load(proto([node("Add", "x", "w")], [wrong]))


# ---------------------------------------------------------------------- files beside the model


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        ({"location": "../secret"}, "must lie in a file beside the model, and none that is a link"),
        ({"location": "/etc/passwd"}, "must lie in a file beside the model"),
        ({"location": "C:\\w.bin"}, "must lie in a file beside the model"),
        ({"location": ""}, "must lie in a file beside the model"),
        ({"location": "link.bin"}, "must lie in a file beside the model, and none that is a link"),
        ({"location": "folder/../w.bin"}, "must lie in a file beside the model"),
        ({"location": "none.bin"}, "must lie in a file that is there; got 'none.bin'."),
        ({"location": "w.bin", "offset": "-4"}, "a whole number as its offset; got '-4'."),
        ({"location": "w.bin", "length": "1e9"}, "a whole number as its length; got '1e9'."),
        ({"location": "w.bin", "offset": "8"}, "must lie within 'w.bin', which has 16 bytes, with "
         "12 of them; got 12 from 8 on."),
        ({"location": "w.bin", "length": "16"}, "got 16 from 0 on."),
    ],
)  # fmt: skip
def test_an_entry_in_another_file_stays_beside_the_model(load, tmp_path, entries, text):
    (tmp_path / "w.bin").write_bytes(bytes(16))
    (tmp_path / "link.bin").symlink_to("w.bin")
    with pytest.raises(FormatError, match=re.escape(text)):
        load(proto([node("Add", "x", "w")], [beside("w", [3], **entries)]))


def test_entries_in_one_file_may_be_the_same_but_not_overlap(load, tmp_path):
    (tmp_path / "w.bin").write_bytes(np.arange(4, dtype="<f4").tobytes())
    nodes = [node("Add", "v", "w")]
    same = [beside(name, [3], location="w.bin", offset="4") for name in "vw"]
    (y,) = load(proto(nodes, same)).run({"x": np.zeros((2, 3), "f4")})
    assert y.tolist() == [2, 4, 6]
    moved = [same[0], beside("w", [3], location="w.bin", offset="0")]
    with pytest.raises(FormatError, match=r"'w' must not overlap with other entries in 'w\.bin'"):
        load(proto(nodes, moved))


# ---------------------------------------------------------------------- what a node is given

LARGE = ints("large", 2**20, 2**20)


@pytest.mark.parametrize(
    ("nodes", "arrays"),
    [
        ([node("ConstantOfShape", "large")], [LARGE]),
        ([node("Expand", "x", "s")], [ints("s", 2**30, 2, 3)]),
        ([node("Tile", "x", "large")], [LARGE]),
        ([node("Pad", "x", "pads")], [ints("pads", 2**30, 0, 2**30, 0)]),
        ([node("ConstantOfShape", "s")], [ints("s", -4)]),
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
         "the convolution must have steps and groups above 0; got 0."),
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
        (node("Conv", "x", "x"), [], "the convolution must be over one axis, with its padding"),
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


# ---------------------------------------------------------------------- what the caller gives


@pytest.mark.parametrize(
    ("inputs", "error", "text"),
    [
        ([1.0], ArgumentError, "`inputs` must be a dictionary of arrays by name; got list. Its "
         "names are 'x'."),
        ({}, ArgumentError, "`inputs` must have all of 'x'; got none for 'x'."),
        ({"x": np.ones((2, 3), "f4"), "z": 1}, ArgumentError, "`inputs` must be one of 'x'; got "
         "'z'."),
        ({"x": np.ones((2, 3))}, ArgumentError, "input 'x' must have dtype float32; got float64. "
         "Use `np.asarray(x, 'float32')`."),
        ({"x": np.ones((2, 4), "f4")}, ShapeError, "input 'x' must have shape (2, 3); got (2, 4)."),
    ],
)  # fmt: skip
def test_what_is_fed_is_checked(load, inputs, error, text):
    with pytest.raises(error, match=re.escape(text)):
        load(GOOD).run(inputs)


def test_a_file_that_is_not_there_is_an_argument_error(tmp_path):
    with pytest.raises(ArgumentError, match=r"`filepath` must be a file that can be read; got"):
        elman.load_onnx(tmp_path / "none.onnx")


# ---------------------------------------------------------------------- mutated files

SEEDS = [case for kind in KINDS for case in unpack(kind).values()]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_damaged_file_gives_elman_s_errors_alone(tmp_path_factory, data):
    """Bytes changed, cut out, put in and doubled; `fuzz.py` does the like for hours."""
    case = data.draw(st.sampled_from(SEEDS))
    content = bytearray(case.content)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        kind = data.draw(st.sampled_from(["set", "cut", "put", "end"]))
        if kind == "end":
            del content[at:]
        elif kind == "cut":
            del content[at : at + data.draw(st.integers(1, 8))]
        elif kind == "put":
            content[at:at] = data.draw(st.binary(min_size=1, max_size=4))
        else:
            content[at : at + 1] = data.draw(st.binary(min_size=1, max_size=1))
    try_file(tmp_path_factory.getbasetemp() / "mutated.onnx", bytes(content), case.inputs)


def test_a_file_beyond_protobuf_s_limit_is_refused(load, monkeypatch):
    monkeypatch.setattr("elman.formats.onnx.file.LARGEST_FILE", 3)
    with pytest.raises(FormatError, match=r"the file must have at most 2 GiB; got more\."):
        load(GOOD)
