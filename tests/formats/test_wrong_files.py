"""Files that are not Keras's: what they are, and what reads them, is said."""

import zipfile

import pytest

from elman import Input, Sequential, layers
from elman.callbacks import ModelCheckpoint
from elman.errors import FormatError, NotBuiltError
from elman.models import load_model

MODEL = Sequential([Input((3,), name="x"), layers.Dense(1, name="d")], name="s")
RULE = r"the file must be one of Keras's, '\.keras' or '\.h5'; it is "
OTHERS = {
    "m.onnx": (b"\x08\x08ir", r"an ONNX file. Use `elman\.load_onnx\(path\)`"),
    "m.pt": (b"\x80\x02]", r"a PyTorch file. Use `elman\.load_weights"),
    "m.safetensors": (b"\x10" + bytes(7) + b"{}", r"a safetensors file. Use `elman\.load_weights"),
    "r.json": (b'{"in_shape": 3}', r"RTNeural's JSON. Use `elman\.load_rtneural\("),
    "k.json": (b' {"class_name": 3}', r"a JSON file. Use `models\.model_from_json\(text\)`"),
}


@pytest.mark.parametrize("read", [load_model, MODEL.load_weights])
@pytest.mark.parametrize("name", OTHERS)
def test_a_file_of_another_library(read, name, tmp_path):
    data, text = OTHERS[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FormatError, match=RULE + text):
        read(tmp_path / name)


@pytest.mark.parametrize("read", [load_model, MODEL.load_weights])
def test_pytorch_s_zip(read, tmp_path):
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("m/data.pkl", b"")
    with pytest.raises(FormatError, match=RULE + "a PyTorch file"):
        read(tmp_path / "m.keras")


@pytest.mark.parametrize("read", [load_model, MODEL.load_weights])
@pytest.mark.parametrize("name", ["m.h5", "m.keras", "m.onnx"])
def test_an_empty_file(read, name, tmp_path):
    (tmp_path / name).touch()
    with pytest.raises(FormatError, match="the file must hold a model or weights; it is empty"):
        read(tmp_path / name)


def test_checkpoints_go_into_keras_s_older_form_too(tmp_path):
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    checkpoint = ModelCheckpoint(tmp_path / "best.h5", verbose=0)
    model.fit([[1.0, 2.0, 3.0]], [[1.0]], callbacks=[checkpoint], verbose=0)
    assert load_model(tmp_path / "best.h5").count_params() == 4


def test_a_model_that_is_not_compiled_has_no_optimizer():
    assert not hasattr(MODEL, "optimizer")
    assert getattr(MODEL, "loss", None) is None
    with pytest.raises(NotBuiltError, match="an optimizer and a loss must be chosen first"):
        _ = MODEL.optimizer
