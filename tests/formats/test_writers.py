"""What all writers of models have in common: their words, their options, and their endings."""

import re
from inspect import signature

import numpy as np
import pytest

import elman
from elman import layers
from elman.errors import ArgumentError, KeywordError
from elman.formats import c, onnx, rtneural
from tests.tolerances import ONNX

X = np.ones((2, 4, 3), "float32")
WRITERS = [  # a file, and how it is written
    ("m.keras", elman.Model.save),
    ("m.h5", elman.Model.save),
    ("m.weights.h5", elman.Model.save_weights),
    ("m.onnx", elman.Model.export),
    ("m.h", elman.Model.export),
    ("m.c", elman.Model.export),
    ("m.pt", elman.Model.export),
    ("m.safetensors", elman.Model.export),
    ("m.pt", elman.save_state_dict),
    ("m.safetensors", elman.save_state_dict),
    ("m.json", elman.Model.export),
]


def made():
    elman.utils.set_random_seed(0)
    return elman.Sequential([elman.Input((None, 3), name="x"), layers.GRU(4), layers.Dense(2)])


def needs(name):
    if name.lower().endswith(".onnx"):
        pytest.importorskip("onnx")


@pytest.mark.parametrize(("name", "write"), WRITERS)
def test_a_file_that_is_there_stays_with_overwrite_false(tmp_path, name, write):
    needs(name)
    (tmp_path / name).write_text("mine")
    with pytest.raises(ArgumentError, match="`filepath` must not exist yet with overwrite=False; "):
        write(made(), tmp_path / name, overwrite=False)
    assert (tmp_path / name).read_text() == "mine"
    write(made(), tmp_path / name)
    assert (tmp_path / name).read_bytes() != b"mine"


@pytest.mark.parametrize("write", [
    elman.Model.save, elman.Model.save_weights, elman.save_state_dict, onnx.save, c.write,
    rtneural.write,
])  # fmt: skip
def test_all_writers_call_a_file_filepath_and_may_overwrite_it(write):
    parameters = signature(write).parameters
    assert list(parameters)[1] == "filepath"
    assert parameters["overwrite"].default is True


@pytest.mark.parametrize("read", [
    elman.load_state_dict, elman.load_torch, elman.load_onnx, elman.load_rtneural,
    elman.models.load_model,
])  # fmt: skip
def test_all_readers_call_a_file_filepath(read):
    assert next(iter(signature(read).parameters)) == "filepath"


@pytest.mark.parametrize(("name", "write"), WRITERS)
def test_an_ending_may_be_in_any_case(tmp_path, name, write):
    needs(name)
    model = made()
    write(model, tmp_path / name)
    loud = name[0] + name[1:].upper()
    write(model, tmp_path / loud)
    written, same = (tmp_path / loud).read_bytes(), (tmp_path / name).read_bytes()
    assert written.replace(loud.encode(), name.encode()) == same  # C says what it is called


def test_files_with_endings_in_capitals_are_read(tmp_path):
    model = made()
    model.save(tmp_path / "M.KERAS")
    model.save(tmp_path / "M.H5")
    model.save_weights(tmp_path / "M.WEIGHTS.H5")
    elman.save_state_dict(model, tmp_path / "M.PT")
    for name in ("M.KERAS", "M.H5"):
        np.testing.assert_array_equal(elman.models.load_model(tmp_path / name)(X), model(X))
    other = elman.models.clone_model(model)
    other.load_weights(tmp_path / "M.WEIGHTS.H5")
    np.testing.assert_array_equal(other(X), model(X))
    other = elman.models.clone_model(model)
    elman.load_weights(other, tmp_path / "M.PT")
    np.testing.assert_array_equal(other(X), model(X))
    pytest.importorskip("onnx")
    model.export(tmp_path / "M.ONNX")
    (y,) = elman.load_onnx(tmp_path / "M.ONNX").run({"x": X})
    assert np.abs(y - model(X)).max() < ONNX


def test_export_writes_weights_for_pytorch_with_names(tmp_path):
    model = made()
    model.export(tmp_path / "m.pt", names=["rnn", "head"])
    assert set(elman.load_state_dict(tmp_path / "m.pt")) == {
        "rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.bias_ih_l0", "rnn.bias_hh_l0",
        "head.weight", "head.bias",
    }  # fmt: skip
    with pytest.raises(KeywordError, match="`step` must be an argument that export of the for"):
        model.export(tmp_path / "m.pt", step=True)


@pytest.mark.parametrize(
    ("name", "method"),
    [("m.keras", "save"), ("m.H5", "save"), ("m.hdf5", "save"), ("m.weights.h5", "save_weights")],
)
def test_export_of_what_save_writes_says_so(tmp_path, name, method):
    path = str(tmp_path / name)
    said = f"`filepath` must be a file for other programs than Keras; got {path!r}. Use `model."
    with pytest.raises(ArgumentError, match=re.escape(f"{said}{method}({path!r})`.")):
        made().export(path)
    assert not list(tmp_path.iterdir())


def test_export_to_an_unknown_ending_lists_what_there_is(tmp_path):
    said = (
        "must end in '.c' or '.h' or '.json' or '.onnx' or '.pt' or '.pth' or '.safetensors'; got "
    )
    with pytest.raises(ArgumentError, match=re.escape(said)):
        made().export(tmp_path / "m.tflite")


@pytest.mark.parametrize(
    ("name", "about"),
    [
        ("m.onnx", "opset 17"),
        ("m.h", "112 bytes of RAM, 472 of flash for the weights"),
        ("m.c", "112 bytes of RAM, 472 of flash for the weights"),
        ("m.pt", "6 tensors"),
        ("m.safetensors", "6 tensors"),
        ("m.json", "2 layers; RTNeural puts out every timestep, the model the last alone"),
    ],
)
def test_export_tells_what_it_wrote_and_prints_it_if_asked(tmp_path, capsys, name, about):
    needs(name)
    written = made().export(tmp_path / name)
    assert capsys.readouterr().out == ""
    assert (written.files, written.about) == ((tmp_path / name,), about)
    assert repr(written) == f"{name}: {about}"
    made().export(tmp_path / name, verbose=True)
    assert capsys.readouterr().out == f"{name}: {about}\n"
