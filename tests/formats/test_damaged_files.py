"""Files that are damaged, or made to do harm: refused by name, and nothing happens."""

import contextlib
import io
import json
import re
import zipfile
import zlib

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elman import Input, Sequential, layers
from elman.errors import (
    ArgumentError,
    ElmanError,
    FormatError,
    UnsupportedError,
)
from elman.formats import keras
from elman.models import load_model
from tests.formats.models import assert_same_weights, make


def entries(path):
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def write(path, contents, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in contents.items():
            file.writestr(name, data)


def edited(change):
    """Return a change of a file's entries that edits its architecture."""

    def edit(contents):
        config = json.loads(contents["config.json"])
        change(config)
        contents["config.json"] = json.dumps(config)

    return edit


def put(name, data):
    return lambda contents: contents.update({name: data})


def weights(change):
    """Return a change of a file's entries that edits its HDF5."""

    def edit(contents):
        buffer = io.BytesIO(contents["model.weights.h5"])
        with h5py.File(buffer, "r+") as file:
            change(file)
        contents["model.weights.h5"] = buffer.getvalue()

    return edit


def instead(name, **made):
    """Return a change that puts another array in the place of one."""

    def change(file):
        del file[name]
        file.create_dataset(name, **made)

    return weights(change)


def link(name, to):
    def change(file):
        del file[name]
        file[name] = to

    return weights(change)


KERNEL = "layers/dense/vars/0"
WRONG = {
    "no architecture": (
        lambda c: c.pop("config.json"),
        FormatError,
        "the file must hold 'config.json'; it does not.",
    ),
    "no weights": (lambda c: c.pop("model.weights.h5"), FormatError, "must hold 'model.weights.h5"),
    "a weight is missing": (
        weights(lambda file: file.pop(KERNEL)),
        FormatError,
        "the file must hold the weights of Sequential",
    ),
    "a weight too many": (
        weights(lambda file: file.create_dataset("layers/dense/vars/2", data=np.zeros(1))),
        FormatError,
        "it has 'layers/dense/vars/2' too, for which Dense 'middle' has no place.",
    ),
    "a layer too many": (
        weights(lambda file: file.create_dataset("layers/gru/vars/0", data=np.zeros(1))),
        FormatError,
        "it has 'layers/gru/vars/0' too, of which the model has no layer.",
    ),
    "a weight of another shape": (
        instead(KERNEL, data=np.zeros((2, 2), "float32")),
        FormatError,
        "'kernel' of Dense 'middle' has shape (6, 4), where the file's 'layers/dense/vars/0' has",
    ),
    "text": (
        instead(KERNEL, data=np.full((6, 4), "a", "S1")),
        FormatError,
        f"'{KERNEL}' must be an array of numbers; got |S1.",
    ),
    "complex numbers": (
        instead(KERNEL, data=np.ones((6, 4), complex)),
        FormatError,
        f"'{KERNEL}' must be an array of numbers; got complex128.",
    ),
    "numbers that are not there": (
        instead(KERNEL, shape=(6, 4), dtype="f4"),
        FormatError,
        f"'{KERNEL}' must hold the 96 bytes that its shape (6, 4) needs; it has 0.",
    ),
    "chunks that are not there": (
        instead(KERNEL, shape=(6, 4), dtype="f4", chunks=(1, 4), compression="gzip"),
        FormatError,
        "must hold the 96 bytes",
    ),
    "an array in another file": (
        instead(KERNEL, shape=(6, 4), dtype="f4", external=[("/etc/passwd", 0, 96)]),
        FormatError,
        f"'{KERNEL}' must lie in the file itself; it leads to others.",
    ),
    "a link to another file": (
        link(KERNEL, h5py.ExternalLink("/etc/passwd", "x")),
        FormatError,
        f"'{KERNEL}' must be in the file; got a link.",
    ),
    "a link": (link(KERNEL, h5py.SoftLink("/layers")), FormatError, "in the file; got a link."),
    "a group inside itself": (
        weights(lambda file: file.__setitem__("layers/dense/again", file["layers"])),
        FormatError,
        "'layers/dense/again/' must be a group once; it is inside itself.",
    ),
    "a layer of a billion units": (
        edited(lambda c: c["config"]["layers"][2]["config"].update(units=10**9)),
        FormatError,
        "`kernel` must be among what the file holds; got the shape (6, 1000000000), for which it",
    ),
    "weights that are no HDF5": (
        put("model.weights.h5", b"nonsense"),
        FormatError,
        "it must be a whole HDF5 file;",
    ),
    "no JSON": (put("config.json", "{"), FormatError, "'config.json' must be JSON;"),
    "a list": (put("config.json", "[1]"), FormatError, "'config.json' must describe a model;"),
    "deep JSON": (
        put("config.json", "[" * 100_000 + "]" * 100_000),
        FormatError,
        "'config.json' must be JSON;",
    ),
    "no model": (
        edited(lambda c: c.update(layers.serialize(layers.Dense(2, name="d")))),
        FormatError,
        "'config.json' must describe a model; got Dense 'd'.",
    ),
    "an unknown class": (
        edited(lambda c: c["config"]["layers"][1].update(class_name="os.system")),
        UnsupportedError,
        "has class os.system, which elman does not have.",
    ),
    "no layers": (
        edited(lambda c: c["config"].pop("layers")),
        FormatError,
        "Sequential: `config` must have a list 'layers';",
    ),
    "an unknown optimizer": (
        edited(lambda c: c["compile_config"]["optimizer"].update(class_name="Evil")),
        FormatError,
        "got 'evil'.",
    ),
    "no optimizer": (
        edited(lambda c: c["compile_config"].pop("optimizer")),
        FormatError,
        "'compile_config' must say what the model was compiled with;",
    ),
    "a path": (put("../evil", ""), FormatError, "every entry must be a name; got the path '../ev"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_damaged_file_is_refused_and_named(path, case):
    change, error, text = WRONG[case]
    make().save(path)
    contents = entries(path)
    change(contents)
    write(path, contents)
    with pytest.raises(error, match=re.escape(text)) as caught:
        load_model(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_what_is_no_archive_is_refused(path):
    for data in (b"hello", b"PK\x03\x04" + b"\0" * 50):
        path.write_bytes(data)
        with pytest.raises(FormatError, match="must be a zip, as models are saved in; got none"):
            load_model(path)


def test_an_entry_that_is_there_twice_is_refused(path):
    make().save(path)
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr("config.json", "{}")
    with pytest.raises(FormatError, match="every entry must be there once; got one twice"):
        load_model(path)


def test_a_compressed_file_is_read_and_one_that_unpacks_to_far_more_refused(path):
    model = make()
    model.save(path)
    contents = entries(path)
    write(path, contents, zipfile.ZIP_DEFLATED)
    assert_same_weights(load_model(path), model)
    write(path, contents | {"config.json": b" " * 2**24}, zipfile.ZIP_DEFLATED)
    size = path.stat().st_size
    text = (
        f"its {size} bytes must unpack to at most {10 * size + 2**20}; they do to 16777216 with "
        "'config.json'. Unpack the file, and save it uncompressed."
    )
    with pytest.raises(FormatError, match=re.escape(text)):
        load_model(path)


@pytest.mark.parametrize("read", [load_model, lambda path: make().load_weights(path)])
def test_packed_arrays_in_a_packed_entry_do_not_multiply(path, read):
    """2 GB of zeros, of which deflate makes 2 MB, and of these again 5 kB."""
    make().save(path)
    zeros = {"shape": (2**21, 128), "dtype": "f4", "chunks": (2**21, 1), "compression": "gzip"}

    def one_chunk_again_and_again(file):
        del file[KERNEL]
        made = file.create_dataset(KERNEL, **zeros)
        packed = zlib.compress(bytes(2**23), 9)
        for i in range(128):
            made.id.write_direct_chunk((0, i), packed)

    contents = entries(path)
    weights(one_chunk_again_and_again)(contents)
    write(path, contents, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 30_000
    with pytest.raises(FormatError, match=r"bytes must unpack to at most \d+; they do to"):
        read(path)


def test_a_chunk_counts_as_a_whole_where_it_is_larger_than_its_array(path):
    def change(file):
        del file[KERNEL]
        made = file.create_dataset(
            KERNEL, (6, 4), "f4", chunks=(2**12, 2**12), maxshape=(2**12, 2**12), compression="gzip"
        )
        made.id.write_direct_chunk((0, 0), zlib.compress(bytes(2**26), 9))

    make().save(path)
    contents = entries(path)
    weights(change)(contents)
    write(path, contents)
    with pytest.raises(FormatError, match=f"unpack to at most .* with '{KERNEL}'"):
        load_model(path)


def test_what_was_kept_beside_a_model_is_read_by_those_that_want_it_alone(path):
    keras.save(make(), path, extra={"scaler": [1, 2]})
    write(path, entries(path) | {"extra/wrong.json": "{"})
    load_model(path)
    with pytest.raises(FormatError, match=r"'extra/wrong.json' must be JSON;"):
        keras.load_with_extra(path)


def test_all_that_was_kept_beside_a_model_has_one_limit(path):
    make().save(path)
    lists = b"[" + b"[]," * 200_000 + b"[]]"
    more = {f"extra/{i}.json": lists for i in range(20)}
    write(path, entries(path) | more, zipfile.ZIP_DEFLATED)
    load_model(path)
    with pytest.raises(FormatError, match=r"must unpack to at most \d+; they do to \d+ with 'ext"):
        keras.load_with_extra(path)


def test_entries_without_number_are_refused(path):
    make().save(path)
    write(path, entries(path) | {f"extra/{i}.json": b"1" for i in range(10_000)})
    with pytest.raises(FormatError, match=r"it must have at most 10000 entries; got 10003."):
        load_model(path)


def test_an_entry_that_claims_to_take_up_more_than_the_file_is_refused(path):
    """Python's zipfile asks for as many bytes at once as an entry claims to take up."""
    make().save(path)
    data = bytearray(path.read_bytes())
    entry = data.index(b"config.json", data.index(b"PK\x01\x02"))
    data[entry - 26 : entry - 22] = (2**30).to_bytes(4, "little")  # of the central directory
    path.write_bytes(data)
    with pytest.raises(FormatError, match=r"'config.json' must lie in the file; got a size of 107"):
        load_model(path)


def test_truncated_files_are_refused(path):
    make().save(path)
    whole = path.read_bytes()
    for length in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:length])
        with pytest.raises(FormatError):
            load_model(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(data=st.data())
def test_flipped_bytes_never_raise_anything_but_elman_s_errors(path, data):
    if not path.exists():
        small = Sequential([Input((2,)), layers.Dense(1)])
        small.compile("adam", "mse")
        small.save(path)
        path.with_name("whole").write_bytes(path.read_bytes())
    damaged = bytearray(path.with_name("whole").read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged)
    with contextlib.suppress(ElmanError):
        load_model(path)


@given(data=st.data())
def test_edited_architectures_never_raise_anything_but_elman_s_errors(tmp_path_factory, data):
    """Any value of the JSON replaced by something of another kind."""
    small = Sequential([Input((2, 2)), layers.Bidirectional(layers.LSTM(1)), layers.Dense(1)])
    config = json.loads(small.to_json())
    places = []

    def visit(node):
        pairs = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in pairs:
            places.append((node, key))
            if isinstance(value, dict | list):
                visit(value)

    visit(config)
    node, key = data.draw(st.sampled_from(places))
    node[key] = data.draw(st.sampled_from([None, -1, 7, 2.5, "x", [], {}, [1], {"a": 1}, True]))
    path = tmp_path_factory.mktemp("edited") / "m.keras"
    small.save(path)
    write(path, entries(path) | {"config.json": json.dumps(config)})
    with contextlib.suppress(ElmanError):
        load_model(path)


def test_loading_runs_no_code(path, tmp_path):
    marker = tmp_path / "ran"

    make().save(path)
    contents = entries(path)
    code = {"function": {"class_name": "__lambda__", "config": {"code": "4wAAAAA="}}}
    hooks = [{"class_name": name} for name in ("os.system", "__import__('os').system('true')")]
    for hook in ({"class_name": "Lambda", "config": code}, *hooks):
        change = edited(lambda c, hook=hook: c["config"]["layers"][2].update(hook))
        evil = dict(contents)
        change(evil)
        write(path, evil)
        with pytest.raises((UnsupportedError, ArgumentError)):
            load_model(path)
    assert not marker.exists()
