"""What `elman convert` recommends: options, names of files, and Python where no other helps."""

import json
import shutil

import pytest

import elman as package
from elman import layers
from elman.layers import Layer

MODEL = package.Sequential([package.Input((None, 3)), layers.GRU(4, name="rnn")])
OWN = "In Python, where it is defined: `elman.models.load_model('m.keras', custom_objects={'Mine':"


class Mine(Layer):
    """A layer of one's own, which files name and the command does not know."""

    def call(self, x):
        return x


def as_other(name):
    """Save the model as a file that is called as another is."""

    def save(folder):
        MODEL.export(folder / name)
        shutil.move(folder / name, folder / "m.keras")

    return save


def architecture(folder):
    (folder / "m.json").write_text(MODEL.to_json())


def of_ones_own(folder):
    package.Sequential([package.Input((None, 3)), Mine(name="mine")]).save(folder / "m.keras")


def of_another_class(folder):
    MODEL.save_weights(folder / "w.weights.h5")
    config = json.dumps(json.loads(MODEL.to_json())).replace('"GRU"', '"Grue"')
    (folder / "m.json").write_text(config.replace('"registered_name": null', '"was": null'))


def unlike_layers(folder):
    model = package.Sequential([package.Input((None, 3)), layers.MinGRU(4)])
    model.export(folder / "m.onnx")


def unlike(folder):
    MODEL.save_weights(folder / "w.weights.h5")
    shutil.copy(folder / "w.weights.h5", folder / "like.h5")


@pytest.mark.parametrize(
    ("made", "arguments", "advice"),
    [
        (of_ones_own, ("m.keras", "o.h5"), f"{OWN} Mine}})`."),
        (
            of_another_class,
            ("w.weights.h5", "o.h5", "--like", "m.json"),
            "If it is your own, in Python, where it is defined: `elman.models.load_model(",
        ),
        (
            unlike_layers,
            ("m.onnx", "o.h5"),
            "It can be run as it is, in Python: `elman.load_onnx('m.onnx').run(inputs)`.",
        ),
        (
            unlike,
            ("w.weights.h5", "o.h5", "--like", "like.h5"),
            "weights alone. Name a file of one.",
        ),
        (as_other("m.json"), ("m.keras", "o.h5"), "Let its name end in '.json'."),
        (
            as_other("m.pt"),
            ("m.keras", "o.h5"),
            "Let its name end in '.pt' or '.safetensors', and give --like.",
        ),
        (architecture, ("m.json", "o.h5"), "Give it as --like, and the weights as IN."),
    ],
)
def test_what_helps_is_said_in_the_words_of_a_shell(fails, folder, made, arguments, advice):
    if made is unlike_layers:
        pytest.importorskip("onnx")
    made(folder)
    assert advice in fails("convert", *arguments)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("1a.h", "OUT without its ending must be a letter, then letters, digits and _, at most "),
        ("1a.h", "got '1a'. Give OUT such a name, as in 'model.h'."),
        ("sp ace.h", ": OUT must be named by letters, digits, _, ., + and -, because C includes "),
        ("math.h", ": OUT must not be the name of a header of C's own; got 'math.h'."),
    ],
)
def test_names_that_c_lacks_are_those_of_out(fails, folder, name, text):
    MODEL.save(folder / "m.keras")
    assert text in fails("convert", "m.keras", name)


def test_names_for_pytorch_are_the_option(fails, folder):
    MODEL.save(folder / "m.keras")
    text = fails("convert", "m.keras", "o.pt", "--names", "a,b")
    assert text.startswith("--names must be a list of 1, one for each layer with weights")


def test_what_is_read_timestep_by_timestep_is_called_so(fails, folder):
    both = layers.Bidirectional(layers.GRU(4))
    package.Sequential([package.Input((None, 3)), both]).save(folder / "m.keras")
    text = "every layer of a model that runs timestep by timestep must need the timesteps so far"
    assert text in fails("convert", "m.keras", "model.h")
