"""Layers of Keras 2 with time as the first axis compute what those with the batch first do."""

import copy
import re

import numpy as np
import pytest

from elman.errors import UnsupportedError
from elman.formats import keras_2, keras_2_time, keras_config
from elman.models import load_model
from tests.formats.pack_keras import inputs, put, unpack
from tests.tolerances import KERAS_OUTPUT

FIX = "Save the model in Keras with `time_major=False`, and the first two axes of its data exchang"


def rnn(kind, name, units, **more):
    config = {"name": name, "units": units, "dtype": "float32", "time_major": True, **more}
    return {"class_name": kind, "config": config}


def both(name, inside, **more):
    config = {"name": name, "dtype": "float32", "layer": inside, "merge_mode": "concat", **more}
    return {"class_name": "Bidirectional", "config": config}


def sequential(*entries, shape=(None, 5, 2), name="s"):
    entries = copy.deepcopy(entries)
    if shape is not None:
        entries[0]["config"]["batch_input_shape"] = list(shape)
    return {"class_name": "Sequential", "config": {"name": name, "layers": list(entries)}}


def functional(entries, outputs):
    source = {
        "class_name": "InputLayer",
        "config": {"name": "x", "batch_input_shape": [None, 5, 2]},
    }
    layers = [{**source, "name": "x", "inbound_nodes": []}]
    for entry, calls in entries:
        name = entry["config"]["name"]
        nodes = [[[*history, {}] for history in call] for call in calls]
        layers.append({**entry, "name": name, "inbound_nodes": nodes})
    ends = {"input_layers": [["x", 0, 0]], "output_layers": outputs}
    return {"class_name": "Model", "config": {"name": "m", "layers": layers, **ends}}


def read(config):
    """Return the model of a configuration, its weights drawn anew."""
    model = keras_config.described("m.h5", "model_config", keras_2.model("m.h5", config))
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) / 2 for w in model.get_weights()])
    return model


def batch_first(config):
    """Return the configuration as it is without time as the first axis."""
    if isinstance(config, dict):
        return {k: batch_first(v) for k, v in config.items() if k != "time_major"}
    return [batch_first(part) for part in config] if isinstance(config, list) else config


X = np.random.default_rng(1).normal(size=(5, 5, 2)).astype("float32")  # as long as wide
SEQUENCE = {"return_sequences": True}
LSTM, GRU = rnn("LSTM", "a", 3, **SEQUENCE), rnn("GRU", "b", 2, **SEQUENCE)
STATES = {**SEQUENCE, "return_state": True}
MODELS = {
    "one": (sequential(LSTM), "s"),
    "several": (sequential(LSTM, GRU, rnn("SimpleRNN", "c", 4)), "b"),
    "both directions": (sequential(both("d", LSTM), both("e", rnn("GRU", "f", 2))), "b"),
    "backwards": (sequential(rnn("GRU", "a", 3, go_backwards=True, **SEQUENCE)), "s"),
    "states": (
        functional(
            [
                (rnn("LSTM", "a", 3, **STATES), [[["x", 0, 0]]]),
                (rnn("LSTM", "b", 3, **SEQUENCE), [[["x", 0, 0], ["a", 0, 1], ["a", 0, 2]]]),
            ],
            [["a", 0, 0], ["b", 0, 0], ["a", 0, 2]],
        ),
        "ssb",
    ),
    "called twice": (
        functional(
            [
                (rnn("GRU", "g", 2, **SEQUENCE), [[["x", 0, 0]], [["g", 0, 0]]]),
            ],
            [["g", 1, 0], ["g", 0, 0]],
        ),
        "ss",
    ),
    "two sequences": (
        functional(
            [(both("d", LSTM, merge_mode=None), [[["x", 0, 0]]])], [["d", 0, 1], ["d", 0, 0]]
        ),
        "ss",
    ),
    "a model inside": (
        functional([(sequential(LSTM, name="in"), [[["x", 0, 0]]])], [["in", 1, 0]]),
        "s",
    ),
    "models one in the other": (sequential(sequential(sequential(LSTM)), GRU, shape=None), "s"),
}


@pytest.mark.parametrize("case", MODELS)
def test_time_first_is_batch_first_with_the_axes_exchanged(case):
    """The witness is the same model with the batch first, on exchanged data."""
    config, kinds = MODELS[case]
    turned, plain = read(config), read(batch_first(config))
    found, wanted = turned(X), plain(X.swapaxes(0, 1))
    if len(kinds) == 1:
        found, wanted = [found], [wanted]
    for kind, have, want in zip(kinds, found, wanted, strict=True):
        np.testing.assert_array_equal(have, want.swapaxes(0, 1) if kind == "s" else want)


@pytest.mark.parametrize("form", ["h5", "keras"])
def test_what_was_read_is_saved_and_read_again(form, tmp_path):
    case = unpack("keras2")["time_major"]
    model = load_model(put(case, form, tmp_path))
    path = tmp_path / "again.keras"
    model.save(path)
    y = load_model(path)(inputs(case))
    np.testing.assert_allclose(y, case["y0"], rtol=0, atol=KERAS_OUTPUT)


def test_a_layer_with_time_first_trains():
    model, rng = read(MODELS["several"][0]), np.random.default_rng(0)
    model.compile("adam", "mse")
    before = model.get_weights()
    model.fit(X, rng.normal(size=(5, 4)), verbose=0)
    assert all((new != old).any() for new, old in zip(model.get_weights(), before, strict=True))


MASKING = {"class_name": "Masking", "config": {"name": "k", "dtype": "float32"}}
INSIDE = {"class_name": "TimeDistributed", "config": {"name": "t", "layer": LSTM}}
MIXED = both("d", LSTM, backward_layer=batch_first(LSTM))


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (
            sequential(MASKING, LSTM),
            f"LSTM 'a': `time_major` must be False in a model without masks; got True, and Masking "
            f"'k'. {FIX}",
        ),
        (
            sequential(LSTM, shape=None),
            "LSTM 'a': `time_major` must be False in a model whose inputs have no shape; got True.",
        ),
        (
            sequential(INSIDE),
            f"LSTM 'a': `time_major` must be False inside another layer; got True. {FIX}",
        ),
        (sequential(MIXED), "LSTM 'a': `time_major` must be False inside another layer; got True."),
    ],
)
def test_where_the_axes_cannot_be_exchanged_the_layer_is_refused(config, text):
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        keras_2.model("m.h5", config)


def test_a_sequence_of_several_arrays_is_refused():
    config = functional([(rnn("LSTM", "a", 3), [[["x", 0, 0]]])], [["a", 0, 0]])
    config["config"]["layers"][1]["inbound_nodes"] = [{"x": ["x", 0, 0]}]
    with pytest.raises(UnsupportedError, match="must be False where a layer takes several sequen"):
        keras_2.model("m.h5", config)


def test_a_mask_that_a_layer_is_called_with_is_refused():
    config = functional([(rnn("LSTM", "a", 3), [[["x", 0, 0]]])], [["a", 0, 0]])
    config["config"]["layers"][1]["inbound_nodes"] = [[["x", 0, 0, {"mask": ["x", 0, 0]}]]]
    with pytest.raises(UnsupportedError, match="must be False where a layer is called with a mask"):
        keras_2.model("m.h5", config)


def test_weights_known_by_class_are_not_looked_for_in_a_model_of_another():
    config = sequential(sequential(LSTM, name="in"), shape=None)
    text = (
        "LSTM 'a': `time_major` must be False in the Sequential 'in' inside a model; got True. Sa"
    )
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        keras_2_time.check_nested(config)
    keras_2_time.check_nested(sequential(LSTM))
