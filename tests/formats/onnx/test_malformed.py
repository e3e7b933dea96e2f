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
from tests.formats.onnx.protos import (
    TensorProto,
    beside,
    helper,
    loop,
    node,
    onnx,
    proto,
    tensor,
)

HUGE = 2**40
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


# ---------------------------------------------------------------------- what the caller gives


@pytest.mark.parametrize(
    ("inputs", "error", "text"),
    [
        ([1.0], ArgumentError, "input 'x' must have dtype float32; got float64."),
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


def test_what_is_no_path_is_not_shown_whole():
    with pytest.raises(ArgumentError, match=r"`filepath` must be a path; got b'x{198}…\.$"):
        elman.load_onnx(b"x" * 5000)


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
