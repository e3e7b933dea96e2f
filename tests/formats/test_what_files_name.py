"""Names in Keras's files that elman lacks: what is said of them, and what is found again."""

import json
import re
import zipfile

import h5py
import numpy as np
import pytest

import elman
from elman import Input, Sequential, layers
from elman.errors import UnsupportedError
from elman.layers import deserialize
from elman.models import load_model
from tests.layers.checks import normal

X = normal(2, 4, 3).astype("float32")


def layer(kind, module="keras.layers", **config):
    return {"module": module, "class_name": kind, "config": {"trainable": True, **config}}


def test_a_layer_inside_another_is_named_as_one_alone():
    inside = layer("Conv2D", name="conv", filters=2)
    text = "deserialize: layer 'conv' has class Conv2D, which elman does not have. See `elman.layer"
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        deserialize(layer("TimeDistributed", layer=inside))


def test_what_keras_wrote_is_no_slip_of_the_pen():
    with pytest.raises(UnsupportedError, match="MultiHeadAttention, which elman") as caught:
        deserialize(layer("MultiHeadAttention", name="a"))
    assert "Did you mean" not in str(caught.value)
    with pytest.raises(UnsupportedError, match=r"layer has class Dens, .* Did you mean 'Dense'"):
        deserialize({"class_name": "Dens", "config": {}})


@pytest.mark.parametrize(
    "config",
    [
        {**layer("Scale", "mine"), "registered_name": "mine>Scale"},
        {"class_name": "mine>Scale", "config": {"trainable": True}},
    ],
)
def test_a_class_of_yours_is_named_as_python_names_it(config):
    text = "('mine')` above it, or give `custom_objects={'Scale': Scale}`."
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        deserialize(config)


@pytest.mark.parametrize("name", [{}, {"class_name": "__lambda__"}])
def test_a_lambda_is_called_one(name):
    activation = {**name, "value": ["4wEAAAA", None, None]}
    text = "activations: an activation must be a function with a name to be loaded; got a lambda"
    with pytest.raises(UnsupportedError, match=text):
        deserialize(layer("LSTM", units=2, activation=activation))


def mine(targets, outputs):
    return elman.ops.mean((targets - outputs) ** 2)


@pytest.fixture
def compiled(tmp_path):
    """Give a file in the older form, in which a loss and a metric of one's own are names."""
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["accuracy", "mae"])
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "a") as file:
        training = json.loads(file.attrs["training_config"])
        training |= {"loss": "mine", "metrics": ["accuracy", "mae", "mine"]}
        file.attrs["training_config"] = json.dumps(training)
    return tmp_path / "m.h5"


def test_a_loss_of_your_own_in_the_older_form_is_found(compiled):
    model = load_model(compiled, custom_objects={"mine": mine})
    found = model.evaluate(X[:, 0], X[:, 0, :1], verbose=0)
    assert found[0] == pytest.approx(found[-1], rel=1e-6)


def test_a_loss_of_your_own_in_the_older_form_is_asked_for(compiled):
    text = "loss: `mine` must be registered or given to be loaded, because it is a function of your"
    with pytest.raises(UnsupportedError, match=re.escape(f"{compiled}: {text}")):
        load_model(compiled)


def test_operations_in_the_older_form_lack_their_modules(tmp_path):
    x = Input((4, 3))
    model = elman.Model(x, layers.LSTM(2)(elman.ops.tanh(x) * 2.0 + 1.0))
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "a") as file:
        config = json.loads(file.attrs["model_config"])
        for entry in config["config"]["layers"]:  # as Keras 3 writes it
            entry.pop("module"), entry.pop("registered_name")
        file.attrs["model_config"] = json.dumps(config)
    found = load_model(tmp_path / "m.h5")
    np.testing.assert_array_equal(found.predict(X, verbose=0), model.predict(X, verbose=0))


def test_modules_are_found_by_names(path):
    x = Input((3,))
    model = elman.Model(x, elman.ops.relu(x))
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        entries = json.loads(archive.read("config.json"))["config"]["layers"]
    from elman.layers.saved.keras_operations import with_modules

    wanted = [entry["module"] for entry in entries]
    for entry in entries:
        del entry["module"]
    assert [entry.get("module") for entry in with_modules(entries)] == [None, *wanted[1:]]
