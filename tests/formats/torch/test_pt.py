"""Files of `torch.save`: what is read, and every way in which one can be wrong."""

import pickle
import re
import zipfile

import numpy as np
import pytest

from elman.errors import ArgumentError, FormatError, UnsupportedError
from elman.formats.torch import load_state_dict, pt_writer
from tests.formats.torch import written
from tests.formats.torch.written import counted, dictionary, integer, storage, tensor, text

FOUR = np.arange(4, dtype="<f4").tobytes()
ONE = dictionary(w=tensor())


def read(tmp_path, data, key=None):
    path = tmp_path / "m.pt"
    path.write_bytes(data)
    return load_state_dict(path, key)


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [("Half", "<f2"), ("Float", "<f4"), ("Double", "<f8"), ("Bool", "?"), ("Byte", "u1"),
     ("Char", "i1"), ("Short", "<i2"), ("Int", "<i4"), ("Long", "<i8")],
)  # fmt: skip
def test_numbers_of_every_type_are_read_as_they_are(tmp_path, kind, dtype):
    array = np.array([[0, 1], [1, 1]], dtype)
    opcodes = dictionary(w=tensor(storage(kind)))
    for data in (
        written.pt(opcodes, {"0": array.tobytes()}),
        written.legacy(opcodes, {"0": counted(4, array.tobytes())}),
    ):
        found = read(tmp_path, data)["w"]
        assert found.dtype == array.dtype
        assert np.array_equal(found, array)


def test_bfloat16_is_widened_to_float32(tmp_path):
    opcodes = dictionary(w=tensor(storage("BFloat16", count=2), shape=(2,), strides=(1,)))
    found = read(tmp_path, written.pt(opcodes, {"0": b"\x80\x3f\0\xc0"}))["w"]
    assert found.dtype == np.float32
    assert found.tolist() == [1.0, -2.0]


def test_views_of_one_storage_become_arrays_of_their_own(tmp_path):
    opcodes = dictionary(
        turned=tensor(strides=(1, 2)),
        last=tensor(offset=3, shape=(), strides=()),
        none=tensor(offset=4, shape=(0, 3), strides=(3, 1)),
        column=tensor(offset=1, shape=(2,), strides=(2,)),
        spread=tensor(shape=(2, 3), strides=(1, 0)),
    )
    found = read(tmp_path, written.pt(opcodes, {"0": FOUR}))
    assert found["turned"].tolist() == [[0, 2], [1, 3]]
    assert found["last"] == 3
    assert found["none"].shape == (0, 3)
    assert found["column"].tolist() == [1, 3]
    assert found["spread"].tolist() == [[0, 0, 0], [1, 1, 1]]
    found["turned"][...] = 9
    assert found["column"].tolist() == [1, 3]


def test_empty_metadata_changes_nothing(tmp_path):
    for more in (b"N", b"}", b"}" + text("neg") + b"\x89s"):
        found = read(tmp_path, written.pt(dictionary(w=tensor(more=more)), {"0": FOUR}))
        assert found["w"].shape == (2, 2)


def test_parameters_sizes_attributes_and_plain_values_are_known(tmp_path):
    parameter = b"ctorch._utils\n_rebuild_parameter\n(" + tensor() + b"\x88}tR"
    ordered = b"ccollections\nOrderedDict\n)R" + text("w") + parameter + b"s"
    ordered += dictionary(_metadata=b"}") + b"b"  # attributes
    size = b"ctorch\nSize\n(" + written.sizes((2, 2)) + b"tR"
    more = dictionary(a=b"N", b=b"]" + integer(1) + b"a", c=b"G" + bytes(8), d=integer(2**40))
    found = read(
        tmp_path,
        written.pt(dictionary(epoch=integer(3), size=size, more=more, model=ordered), {"0": FOUR}),
    )
    assert found["w"].tolist() == [[0, 1], [2, 3]]


def test_of_a_checkpoint_with_several_state_dicts_one_is_chosen(tmp_path):
    turned = dictionary(w=tensor(strides=(1, 2)))
    data = written.pt(
        dictionary(model=ONE, ema=turned, loss=tensor(shape=(), strides=())), {"0": FOUR}
    )
    assert read(tmp_path, data, "ema")["w"].tolist() == [[0, 2], [1, 3]]
    with pytest.raises(ArgumentError, match="`key` must be one of 'model', 'ema', the state_dicts"):
        read(tmp_path, data)
    with pytest.raises(
        ArgumentError, match=r"`key` must be one of 'model', 'ema'; got 'emb'\. Did"
    ):
        read(tmp_path, data, "emb")
    with pytest.raises(
        ArgumentError, match=r"`key` must be None, because .* under a name; got 'a'"
    ):
        read(tmp_path, written.pt(ONE, {"0": FOUR}), "a")


def test_a_pickle_of_a_later_protocol_is_read_too(tmp_path):
    value = {"epoch": 3, "names": ["a", "b", "a"], "pair": (1.5, None), "big": 2**40}
    for protocol in (2, 3, 4, 5):
        opcodes = pickle.dumps(value, protocol)[2:-1] + text("model") + ONE + b"s"
        assert list(read(tmp_path, written.pt(opcodes, {"0": FOUR}))) == ["w"]


class Module:
    """What somebody saved whole."""

    def __reduce__(self):
        return (print, ("this must not run",))


def test_a_whole_module_and_any_other_name_are_refused(tmp_path, capsys):
    whole = b"ctorch.nn.modules.rnn\nLSTM\n)\x81"
    for opcodes, name in (
        (whole, "torch.nn.modules.rnn.LSTM"),
        (pickle.dumps(Module(), 2)[2:-1], "__builtin__.print"),
        (pickle.dumps(Module(), 4)[2:-1], "builtins.print"),
        (b"cos\nsystem\n(" + text("true") + b"tR", "os.system"),
        (b"ctorch.storage\n_load_from_bytes\n", "torch.storage._load_from_bytes"),
    ):
        said = f"got '{name}', and elman runs no code from a file. Save `module.state_dict()`"
        with pytest.raises(UnsupportedError, match=re.escape(said)):
            read(tmp_path, written.pt(opcodes))
    assert capsys.readouterr().out == ""


REFUSED = {
    "an instance": (b"(ios\nsystem\n", "and plain values; got the opcode INST"),
    "an extension": (b"\x82\1", "got the opcode EXT1"),
    "a set": (b"\x8f", "got the opcode EMPTY_SET"),
    "a key that is a tuple": (b"})Ns", "must be text or small integers; got ()"),
    "a key that is large": (b"}" + integer(2**61) + b"Ns", f"integers; got {2**61}"),
    "a storage of ten years ago": (
        dictionary(w=tensor(storage(more=b")"))),
        "every storage must be described as PyTorch 0.4 and later do",
    ),
    "a storage of another kind": (b"(" + text("module") + b"tQ", "every storage must be described"),
    "a view with the other sign": (
        dictionary(w=tensor(more=b"}" + text("neg") + b"\x88s")),
        "every tensor must be stored as its numbers are; got one that says 'neg' of itself. "
        "Save `tensor.resolve_neg().clone()` in its place.",
    ),
    "what a tensor says in no dictionary": (
        dictionary(w=tensor(more=integer(1))), "got one that says 1 of itself",
    ),
    "complex numbers": (storage("ComplexFloat"), "got 'torch.ComplexFloatStorage'"),
    "more than the file": (
        dictionary(w=tensor(shape=(10**6, 10**6), strides=(0, 0))),
        "entry 'w' must not make the arrays more than 16 times as large as the file; got sizes "
        "(1000000, 1000000). Is it expanded? Save it after `.contiguous()`.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_elman_does_not_read_is_said(tmp_path, name):
    opcodes, said = REFUSED[name]
    with pytest.raises(UnsupportedError, match=re.escape(said)):
        read(tmp_path, written.pt(opcodes, {"0": FOUR}))


DAMAGED = {
    "no end": b"\x80\x02}X\xff",
    "an empty stack": b"\x80\x02.",
    "no mark": b"\x80\x02}u.",
    "no dictionary to fill": b"\x80\x02](NNu.",
    "no list to fill": b"\x80\x02}Na.",
    "a key without a value": b"\x80\x02}(Nu.",
    "what was not kept": b"\x80\x02h\1.",
    "what is no function": b"\x80\x02N)R.",
    "a name of no text": b"\x80\x04NN\x93.",
    "a storage as a function": b"\x80\x02ctorch\nFloatStorage\n)R.",
    "a tensor of nothing": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.",
    "a parameter of nothing": b"\x80\x02ctorch._utils\n_rebuild_parameter\n)R.",
    "a size of nothing": b"\x80\x02ctorch\nSize\n)R.",
    "a dictionary of something": b"\x80\x02ccollections\nOrderedDict\nN\x85R.",
    "no opcode": b"\x80\x02\xff.",
    "no UTF-8": b"\x80\x02X\1\0\0\0\xff.",
    "a text longer than the file": b"\x80\x04\x8d" + b"\xff" * 8,
    "no bytes": b"",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_pickle_is_a_format_error(tmp_path, name):
    more = {"archive/data.pkl": DAMAGED[name]}
    with pytest.raises(
        (FormatError, UnsupportedError), match=r"whole pickle; got a damaged|got ''"
    ):
        read(tmp_path, written.pt(b"N", more=more))


WRONG = {
    "no state_dict": (integer(3), {}, "it must hold a state_dict; got 3. Save `module.state_dict"),
    "no tensors": (dictionary(epoch=integer(3)), {}, "got 3 as 'epoch'"),
    "nothing": (dictionary(), {}, "got nothing"),
    "a name twice": (b"}(" + (text("w") + tensor()) * 2 + b"u", {"0": FOUR}, "got 'w' twice"),
    "no storage": (ONE, {}, "'archive/data/0' must hold 16 bytes, which are 4 float32; got none"),
    "a short storage": (ONE, {"0": FOUR[:-1]}, "must hold 16 bytes, which are 4 float32; got 15"),
    "a storage of two types": (
        dictionary(a=tensor(), b=tensor(storage("Int"))),
        {"0": FOUR},
        "storage '0' must have one type and size; got 4 int32 and 4 float32",
    ),
    "a storage of two sizes": (
        dictionary(a=tensor(), b=tensor(storage(count=2))), {"0": FOUR}, "got 2 float32 and 4",
    ),
    "beyond the storage": (
        dictionary(w=tensor(offset=1)),
        {"0": FOUR},
        "entry 'w' must lie within its storage of 4 numbers; got sizes (2, 2) with strides (2, 1) "
        "from 1 on",
    ),
    "a negative offset": (dictionary(w=tensor(offset=-1)), {"0": FOUR}, "from -1 on"),
    "a negative stride": (dictionary(w=tensor(strides=(-2, 1))), {"0": FOUR}, "strides (-2, 1)"),
    "fewer strides": (dictionary(w=tensor(strides=(2,))), {"0": FOUR}, "strides (2)"),
    "a negative size": (dictionary(w=tensor(shape=(-1, 2))), {"0": FOUR}, "have a shape of at"),
    "a storage beyond memory": (
        dictionary(w=tensor(storage(count=2**62))), {"0": FOUR}, f"must hold {2**64} bytes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_state_dict_is_said(tmp_path, name):
    opcodes, storages, said = WRONG[name]
    with pytest.raises(FormatError, match=re.escape(said)) as caught:
        read(tmp_path, written.pt(opcodes, storages))
    assert str(caught.value).startswith(str(tmp_path / "m.pt"))


def test_a_torchscript_program_is_refused_by_name(tmp_path):
    with pytest.raises(UnsupportedError, match="state_dict; got a TorchScript program"):
        read(tmp_path, written.pt(ONE, {"0": FOUR}, more={"archive/constants.pkl": b""}))


ZIPS = {
    "compressed": (written.pt(ONE, {"0": FOUR}, compression=zipfile.ZIP_DEFLATED), "be stored"),
    "without a pickle": (written.pt(ONE).replace(b"data.pkl", b"data.pk_"), "got 0"),
    "with two pickles": (written.pt(ONE, {"0": FOUR}, more={"b/data.pkl": b""}), "got 2"),
    "cut off": (written.pt(ONE, {"0": FOUR})[:-30], "it must be a whole zip, as"),
    "of another sum": (written.pt(ONE, {"0": FOUR}).replace(FOUR, FOUR[::-1]), "Bad CRC-32"),
}  # fmt: skip


@pytest.mark.parametrize("name", ZIPS)
def test_what_is_wrong_with_a_zip_is_said(tmp_path, name):
    data, said = ZIPS[name]
    with pytest.raises(FormatError, match=re.escape(said)):
        read(tmp_path, data)


def test_an_entry_twice_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.pt", "w") as file:
        file.writestr("a/data.pkl", b"")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("a/data.pkl", b"")
    with pytest.raises(FormatError, match="every entry must be there once; got one twice"):
        load_state_dict(tmp_path / "m.pt")


def test_a_zip_that_claims_more_than_it_holds_is_refused_before_it_is_read(tmp_path):
    data = written.pt(ONE, {"0": FOUR})
    at = data.index(b"PK\x01\x02")  # the first of the directory: its sizes are 20 bytes further on
    huge = b"\xff\xff\xff\x7f"
    both = data[: at + 20] + huge * 2 + data[at + 28 :]
    with pytest.raises(FormatError, match=f"no more than its {len(data)} bytes together"):
        read(tmp_path, both)
    one = data[: at + 20] + huge + data[at + 24 :]  # which the standard library would read at once
    with pytest.raises(
        FormatError, match="must be stored as it is; got it compressed, encrypted or"
    ):
        read(tmp_path, one)


def test_bytes_in_the_other_order_are_refused(tmp_path):
    with pytest.raises(UnsupportedError, match="entry 'archive/byteorder' must be 'little'"):
        read(tmp_path, written.pt(ONE, {"0": FOUR}, byteorder=b"big"))
    data = written.legacy(
        ONE, {"0": counted(4, FOUR)}, system=b"}" + text("little_endian") + b"\x89s"
    )
    with pytest.raises(UnsupportedError, match="its bytes must be in little-endian order"):
        read(tmp_path, data)


LEGACY = {
    "another version": (written.legacy(ONE, version=1002), "1001 among them; got 1002"),
    "no keys": (written.legacy(ONE), "it must list the keys of its 1 storages, each once"),
    "keys too many": (written.legacy(b"}", {"0": b""}), "the keys of its 0 storages"),
    "another length": (
        written.legacy(ONE, {"0": counted(5, FOUR)}), "storage '0' must hold 4 float32; got 5",
    ),
    "cut off": (
        written.legacy(ONE, {"0": counted(4, FOUR[:-1])}), "must hold 16 bytes; got 15. Is it comp",
    ),
    "cut off before": (written.legacy(ONE, {"0": b"\4"}), "must hold 4 float32; got 4. Is it comp"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEGACY)
def test_what_is_wrong_with_an_old_file_is_said(tmp_path, name):
    data, said = LEGACY[name]
    with pytest.raises(FormatError, match=re.escape(said)):
        read(tmp_path, data)


def test_a_file_of_something_else_and_a_missing_one_are_errors(tmp_path):
    with pytest.raises(FormatError, match=r"or end in '.safetensors'; got .*b'hell'"):
        read(tmp_path, b"hello")
    with pytest.raises(FormatError, match=r"got .*HDF'\. Use `model\.load_weights\(path\)`\."):
        read(tmp_path, b"\x89HDF\r\n")
    with pytest.raises(FormatError, match="the file must hold a model or weights; it is empty"):
        read(tmp_path, b"")
    with pytest.raises(ArgumentError, match="load: `filepath` must be a file that exists"):
        load_state_dict(tmp_path / "none.pt")
    with pytest.raises(ArgumentError, match="must be a file that exists"):
        load_state_dict(tmp_path)
    with pytest.raises(ArgumentError, match="load: `filepath` must be a path; got 3"):
        load_state_dict(3)
    with pytest.raises(ArgumentError, match=r"must be a path; got \{'w': 'x{100,200}…\.$"):
        load_state_dict({"w": "x" * 1000})


def test_a_prefix_takes_one_module_out_of_a_bigger_one(tmp_path):
    arrays = {f"{n}.weight": np.full(2, i, "f4") for i, n in enumerate(("a", "ab", "c.a"))}
    with open(tmp_path / "m.pt", "wb") as file:
        pt_writer.write(file, arrays)
    for prefix in ("a", "a."):
        found = load_state_dict(tmp_path / "m.pt", prefix=prefix)
        assert list(found) == ["weight"]
        assert found["weight"].tolist() == [0, 0]
    assert list(load_state_dict(tmp_path / "m.pt", prefix="c")) == ["a.weight"]
    said = (
        "load_state_dict: `prefix` must be what names begin with, such as 'a.weight', 'ab.weight'"
    )
    with pytest.raises(ArgumentError, match=f"{said}, 'c.a.weight'; got 'enc'"):
        load_state_dict(tmp_path / "m.pt", prefix="enc")


def test_what_is_written_is_read_again_in_its_order(tmp_path):
    arrays = {
        "z": np.float32([[1, 2], [3, 4]]),
        "a": np.float64(5),
        "m": np.zeros((2**31, 0), "f4"),
    }
    with open(tmp_path / "m.pt", "wb") as file:
        pt_writer.write(file, arrays)
    found = load_state_dict(tmp_path / "m.pt")
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert np.array_equal(found[name], array)
