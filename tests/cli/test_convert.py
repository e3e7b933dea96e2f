"""`elman convert`: that what comes out computes the same, and how it fails."""

import shutil

import numpy as np
import pytest

import elman as package
from elman import layers
from tests.layers.checks import normal

HEAD = "402 numbers went over."


@pytest.fixture
def model(folder):
    """Return a model, saved as m.keras."""
    package.utils.set_random_seed(0)
    found = package.Sequential(
        [
            package.Input((None, 3)),
            layers.LSTM(8, return_sequences=True, name="rnn"),
            layers.Dense(2, name="head"),
        ]
    )
    found.save(folder / "m.keras")
    return found


def said(result):
    """Return what a command has printed, in one line."""
    assert (result.exit_code, result.stderr) == (0, "")
    return " ".join(result.stdout.split())


@pytest.mark.parametrize("name", ["o.h5", "o.json", "o.keras"])
def test_a_model_goes_over_and_comes_back(elman, model, name):
    text = said(elman("convert", "m.keras", name))
    assert text.startswith(f"m.keras -> {name} layer")
    assert HEAD in text
    assert "the outputs differ by at most 0." in text
    said(elman("convert", name, "again.keras"))
    x = normal(2, 5, 3).astype("float32")
    np.testing.assert_array_equal(package.models.load_model("again.keras")(x), model(x))


@pytest.mark.parametrize("name", ["o.pt", "o.safetensors", "o.weights.h5"])
def test_weights_go_over_and_into_a_model_like_it(elman, model, name):
    assert "differ by at most 0." in said(elman("convert", "m.keras", name))
    said(elman("convert", name, "again.keras", "--like", "m.keras"))
    for one, other in zip(
        package.models.load_model("again.keras").get_weights(), model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_onnx_goes_both_ways(elman, model):
    pytest.importorskip("onnx")
    assert "the outputs differ by at most" in said(elman("convert", "m.keras", "o.onnx"))
    text = said(elman("convert", "o.onnx", "again.keras"))
    assert float(text.rpartition("at most ")[2].rstrip(".")) < 1e-5
    assert "One timestep" in said(elman("convert", "m.keras", "s.onnx", "--step"))


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
@pytest.mark.parametrize(("name", "options"), [("o.h", []), ("o.c", ["--int8"])])
def test_c_is_compiled_and_run(elman, model, name, options):
    text = said(elman("convert", "m.keras", name, *options))
    assert "bytes of RAM" in text
    assert "Compiled by cc and run: largest difference" in text


def test_tokens_are_tried_with_tokens(elman, folder):
    ends = [package.Input((None,)), layers.Embedding(7, 4), layers.GRU(3), layers.Dense(2)]
    package.Sequential(ends).save("t.keras")
    assert "On random input (4, 20)," in said(elman("convert", "t.keras", "t.h5"))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("nothing.keras", "o.onnx"), "IN must be a file that exists; got 'nothing.keras'."),
        (("m.keras", "o.foo"), "a file's name must end in one of .weights.h5, .keras, .h5"),
        (("m.keras", "there.h5"), "OUT must not exist yet; got 'there.h5'. Give --overwrite."),
        (("m.keras", "m.keras"), "OUT must be another file than IN; got 'm.keras'"),
        (("w.pt", "o.keras"), "w.pt: the file has weights and no layers. Give --like MODEL"),
        (("m.keras", "o.h5", "--like", "m.keras"), "--like must be left out, because 'm.keras'"),
        (("there.h", "o.keras"), "C is written and not read; got 'there.h'."),
        (("m.keras", "o.h5", "--step"), "--step must be left out where OUT does not end in .onnx;"),
        (("m.keras", "o.h5", "--int8"), "--int8 must be left out where OUT does not end in .h or"),
        (("broken.keras", "o.h5"), "broken.keras: it must be a zip"),
    ],
)
def test_what_is_wrong_is_said(elman, model, folder, arguments, text):
    for name in ("there.h5", "there.h", "w.pt", "broken.keras"):
        (folder / name).write_text("x")
    result = elman("convert", *arguments)
    assert result.exit_code == 2
    assert text in result.stderr
    assert not (folder / "o.h5").exists()
    assert not (folder / "o.keras").exists()
