"""`elman convert`: that what comes out computes the same, and how it fails."""

import json
import re
import shutil
import zipfile
from importlib.util import find_spec

import numpy as np
import pytest

import elman as package
from elman import layers
from elman.cli import tried
from elman.formats import keras
from tests.formats.pack_keras import unpack
from tests.layers.checks import normal
from tests.tolerances import ONNX

HEAD = "All weights went over, 402 numbers."


@pytest.fixture(autouse=True)
def without_keras(monkeypatch):
    """Let elman run files of Keras, to the bit, where Keras is installed too."""
    monkeypatch.setattr(tried, "find_spec", lambda name: name != "keras" and find_spec(name))


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


def apart(text):
    """Return how far outputs are apart, as a command has said."""
    return float(text.rpartition("the outputs differ by at most ")[2].rstrip("."))


@pytest.mark.parametrize("name", ["o.h5", "o.json", "o.keras"])
def test_a_model_goes_over_and_comes_back(elman, model, name):
    text = said(elman("convert", "m.keras", name))
    assert text.startswith(f"m.keras -> {name} layer")
    assert HEAD in text
    assert apart(text) == 0
    said(elman("convert", name, "again.keras"))
    x = normal(2, 5, 3).astype("float32")
    np.testing.assert_array_equal(package.models.load_model("again.keras")(x), model(x))


@pytest.mark.parametrize("name", ["o.pt", "o.safetensors", "o.weights.h5"])
def test_weights_go_over_and_into_a_model_like_it(elman, model, name):
    assert apart(said(elman("convert", "m.keras", name))) == 0
    said(elman("convert", name, "again.keras", "--like", "m.keras"))
    for one, other in zip(
        package.models.load_model("again.keras").get_weights(), model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_onnx_goes_both_ways(elman, model):
    pytest.importorskip("onnx")
    assert apart(said(elman("convert", "m.keras", "o.onnx"))) < ONNX
    assert apart(said(elman("convert", "o.onnx", "again.keras"))) < ONNX


@pytest.mark.parametrize("whole", [False, True])
def test_onnx_of_one_timestep_is_run_over_the_sequence(elman, folder, whole):
    pytest.importorskip("onnx")
    ends = [layers.Embedding(5, 3, mask_zero=True), layers.LSTM(4, return_sequences=whole)]
    package.Sequential([package.Input((None,)), *ends]).save("m.keras")
    text = said(elman("convert", "m.keras", "s.onnx", "--step"))
    assert "s.onnx: opset 17, one timestep with states in and out On random" in text
    assert "s.onnx by elman, a timestep at a time: the outputs" in text
    last = "differ" if whole else "of the last timestep differ"
    assert float(text.rpartition(f"the outputs {last} by at most ")[2].rstrip(".")) < ONNX


def test_rtneural_s_last_timestep_is_that_of_a_model_that_gives_no_other(elman, folder):
    package.Sequential([package.Input((None, 3)), layers.GRU(4), layers.Dense(2)]).save("m.keras")
    text = said(elman("convert", "m.keras", "o.json"))
    assert "o.json: 2 layers; RTNeural puts out every timestep, the model the last alone" in text
    assert text.endswith("both by elman: the outputs of the last timestep differ by at most 0.")


def test_layers_inside_others_have_rows_of_their_own(elman, folder):
    encoder = package.Sequential([layers.GRU(4, return_sequences=True, name="gru")], name="encoder")
    both = layers.Bidirectional(layers.LSTM(4, name="lstm"), name="both")
    package.Sequential([package.Input((None, 3)), encoder, both]).save("m.keras")
    text = elman("convert", "m.keras", "o.h5").stdout
    assert re.findall(r"^( *\w+) +([A-Z]\w+) ", text, re.MULTILINE) == [
        ("encoder", "Sequential"), ("  gru", "GRU"), ("both", "Bidirectional"),
        ("  forward_lstm", "LSTM"), ("  backward_lstm", "LSTM"),
    ]  # fmt: skip


def test_float64_that_is_rounded_in_c_is_said(elman, folder):
    ends = [package.Input((None, 3), dtype="float64"), layers.GRU(4, dtype="float64")]
    package.Sequential(ends).save("m.keras")
    rounded = "of flash for the weights, rounded from float64 to float32"
    assert rounded in said(elman("convert", "m.keras", "o.h"))
    assert "float" not in said(elman("convert", "m.keras", "o.json"))


@pytest.mark.parametrize("layer", [layers.Masking(), layers.MinGRU(4, return_sequences=True)])
def test_onnx_that_is_no_layers_is_run_as_it_is(elman, folder, layer):
    pytest.importorskip("onnx")
    package.Sequential([package.Input((None, 3)), layer, layers.LSTM(4)]).save("m.keras")
    assert apart(said(elman("convert", "m.keras", "o.onnx"))) < ONNX


def time_first(path, direction, starts, outputs):
    """Write a GRU as torch does, (timesteps, batch, features), its final states beside it."""
    import onnx

    helper, rng, count = onnx.helper, np.random.default_rng(0), 2 if direction == "bi" else 1
    weights = [
        onnx.numpy_helper.from_array(rng.normal(size=(count, 12, size)).astype("float32"), name)
        for name, size in (("W", 3), ("R", 4))
    ]
    given = [helper.make_tensor_value_info("x", 1, ["t", 1, 3])]
    given += [helper.make_tensor_value_info("h0", 1, [count, 1, 4])] if starts else []
    named = [name if name in outputs else "" for name in ("y", "hn")]
    node = helper.make_node(
        "GRU", ["x", "W", "R", "", "", "h0" if starts else ""], named, hidden_size=4,
        direction="bidirectional" if direction == "bi" else "forward",
    )  # fmt: skip
    ends = [helper.make_tensor_value_info(name, 1, None) for name in outputs]
    graph = helper.make_graph([node], "g", given, ends, weights)
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)


@pytest.mark.parametrize("direction", ["forward", "bi"])
@pytest.mark.parametrize("starts", [False, True])
@pytest.mark.parametrize("outputs", [["y"], ["hn"], ["y", "hn"]])
def test_onnx_in_other_layouts_is_run_in_its_own(elman, folder, direction, starts, outputs):
    pytest.importorskip("onnx")
    time_first(folder / "t.onnx", direction, starts, outputs)
    text = said(elman("convert", "t.onnx", "o.keras"))
    assert "On random input (1, 20, 3)" in text
    assert apart(text) < ONNX


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
@pytest.mark.parametrize(("name", "options"), [("o.h", []), ("o.c", ["--int8"])])
def test_c_is_compiled_and_run(elman, model, name, options):
    text = said(elman("convert", "m.keras", name, *options))
    assert "bytes of RAM" in text
    beside = "elman with the same bytes" if options else "elman"
    assert f"Compiled by cc and run beside {beside}: largest difference" in text


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_c_is_compiled_as_it_was_written(model, folder):
    model.export("o.h")
    text = (folder / "o.h").read_text()
    (folder / "o.h").write_text(text.replace("static inline", "static inlined"))
    assert tried.compiled(folder / "o.h", model, int8=False).startswith("cc says of the result: ")


def test_what_a_model_was_compiled_with_and_what_is_kept_beside_it_goes_over(elman, model, folder):
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(normal(4, 5, 3), np.ones((4, 5, 2)), epochs=2, verbose=0)
    keras.save(model, folder / "m.keras", extra={"scaler": {"mean": [1.0]}})
    assert "Stayed behind" not in said(elman("convert", "m.keras", "o.keras"))
    again, extra = keras.load_with_extra(folder / "o.keras")
    assert extra == {"scaler": {"mean": [1.0]}}
    assert again.optimizer.iterations == 2
    text = said(elman("convert", "m.keras", "o.h5"))
    assert "Stayed behind: 'scaler'." in text
    assert package.models.load_model("o.h5").optimizer.iterations == 2
    text = said(elman("convert", "m.keras", "o.pt"))
    assert (
        "Stayed behind: what `compile` was given, and the state of the optimizer, 'scaler'." in text
    )


def test_a_model_whose_loss_elman_lacks_goes_over_without_it(elman, model, folder):
    model.compile("adam", "mse")
    model.save(folder / "m.keras")
    rewrite(folder / "m.keras", lambda text: text.replace('"mse"', '"mystery"'))
    text = said(elman("convert", "m.keras", "o.keras"))
    assert "Stayed behind: what `compile` was given (m.keras: " in text
    assert package.models.load_model("o.keras").compiled is None


def rewrite(path, change):
    """Change the configuration in a .keras file."""
    with zipfile.ZipFile(path) as file:
        entries = {name: file.read(name) for name in file.namelist()}
    entries["config.json"] = change(entries["config.json"].decode()).encode()
    with zipfile.ZipFile(path, "w") as file:
        for name, data in entries.items():
            file.writestr(name, data)


def test_states_go_over_where_there_is_a_place(elman, folder):
    ends = [package.Input((None, 3), batch_size=2), layers.GRU(4, stateful=True)]
    model = package.Sequential(ends)
    model(normal(2, 5, 3))
    model.save("m.keras", states=True)
    assert apart(said(elman("convert", "m.keras", "o.keras"))) == 0
    again = package.models.load_model("o.keras")
    np.testing.assert_array_equal(again.layers[-1].states[0], model.layers[-1].states[0])
    text = said(elman("convert", "m.keras", "o.h5"))
    assert "Stayed behind: the states that stateful layers carry." in text


def test_weights_alone_in_the_older_form_go_into_a_model_like_it(elman, folder):
    files = unpack("keras2")
    case = next(case for case in files.values() if "w.h5" in case and "h5" in case)
    (folder / "w.h5").write_bytes(case["w.h5"].tobytes())
    (folder / "m.h5").write_bytes(case["h5"].tobytes())
    assert apart(said(elman("convert", "w.h5", "o.keras", "--like", "m.h5"))) == 0
    for one, other in zip(
        package.models.load_model("o.keras", compile=False).get_weights(),
        package.models.load_model("m.h5", compile=False).get_weights(),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
    result = elman("convert", "w.h5", "p.keras")
    assert "w.h5: the file has weights and no layers. Give --like MODEL" in result.stderr


def test_modules_that_are_alike_are_known_by_the_layers_names(elman, folder):
    ends = [layers.GRU(3, return_sequences=True, name=name) for name in ("encoder", "decoder")]
    package.Sequential([package.Input((None, 3)), *ends]).save("m.keras")
    assert apart(said(elman("convert", "m.keras", "o.safetensors"))) == 0


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (b"[" * 100_000, "like.json: 'the model' must be JSON; "),
        (b"\xff\xfe", "like.json: 'the model' must be JSON; "),
        (b"1" * 5000, "like.json: 'the model' must "),
        (b"{}", "like.json: 'the model' must describe a model; "),
        (b"huge", "for which it has too few numbers."),
    ],
)
def test_a_text_after_like_is_trusted_in_nothing(elman, model, folder, text, wrong):
    model.save_weights("w.weights.h5")
    if text == b"huge":
        config = json.loads(model.to_json())
        changed = json.dumps(config).replace('"units": 8', '"units": 40000')
        assert changed != json.dumps(config)
        text = changed.encode()
    (folder / "like.json").write_bytes(text)
    result = elman("convert", "w.weights.h5", "o.keras", "--like", "like.json")
    assert result.exit_code == 2
    assert wrong in result.stderr
    (folder / "like.json").write_text(model.to_json())
    assert apart(said(elman("convert", "w.weights.h5", "o.keras", "--like", "like.json"))) == 0


def test_tokens_are_tried_with_tokens(elman, folder):
    ends = [package.Input((None,)), layers.Embedding(7, 4), layers.GRU(3), layers.Dense(2)]
    package.Sequential(ends).save("t.keras")
    assert "On random input (4, 20)," in said(elman("convert", "t.keras", "t.h5"))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("nothing.keras", "o.onnx"), "IN must be a file that exists; got 'nothing.keras'."),
        (("m.keras", "o.foo"), "OUT must be a name that ends in one of .weights.h5, .keras, .h5"),
        (("m.keras", ".h5"), "OUT must be a name that ends in one of .weights.h5, .keras, .h5"),
        (("empty.pt", "o.h5"), "IN must be a file with something in it; 'empty.pt' is empty."),
        ((".", "o.h5"), "IN must name a file; got '.', which is a folder."),
        (("m.keras", ""), "OUT must name a file; got '.', which is a folder."),
        (("m.keras", "there.h5"), "OUT must not exist yet; got 'there.h5'. Give --overwrite."),
        (("m.keras", "m.keras"), "OUT must be another file than IN; got 'm.keras'"),
        (("w.pt", "o.keras"), "w.pt: the file has weights and no layers. Give --like MODEL"),
        (
            ("m.keras", "o.h5", "--like", "m.keras"),
            "--like must be left out where IN has layers of its own, as 'm.keras' has.",
        ),
        (("w.pt", "o.h5", "--like", "no.keras"), "--like must be a file that exists; got 'no.ker"),
        (("w.pt", "o.h5", "--like", "w.pt"), "--like must be a name that ends in one of .keras, "),
        (("w.pt", "o.h5", "--like", "."), "--like must name a file; got '.', which is a folder."),
        (("w.pt", "m.keras", "--like", "m.keras"), "OUT must be another file than --like; got "),
        (("there.h", "o.keras"), "IN must be what can be read, and C is written alone; got 'the"),
        (("m.keras", "o.h5", "--step"), "--step must be left out where OUT does not end in .onnx;"),
        (
            ("m.keras", "o.onnx", "--names", "a,b"),
            "--names must be left out where neither IN nor OU",
        ),
        (("m.keras", "o.h5", "--int8"), "--int8 must be left out where OUT does not end in .h or"),
        (("broken.keras", "o.h5"), "broken.keras: it must be a zip"),
    ],
)
def test_what_is_wrong_is_said(elman, model, folder, arguments, text):
    for name in ("there.h5", "there.h", "w.pt", "broken.keras"):
        (folder / name).write_text("x")
    (folder / "empty.pt").touch()
    result = elman("convert", *arguments)
    assert result.exit_code == 2
    assert text in result.stderr
    assert not (folder / "o.h5").exists()
    assert not (folder / "o.keras").exists()
