"""What stateful layers carry, in files."""

import re

import h5py
import numpy as np
import pytest

import elman
from elman import Input, Sequential, layers
from elman.errors import ArgumentError, FormatError
from tests.layers.checks import scramble
from tests.models.test_carrying import FEATURES, INSIDE, X, same


def both(**options):
    gru = INSIDE["GRU"](stateful=True, return_sequences=True)
    return Sequential(
        [
            Input((None, FEATURES), dtype="float64"),
            gru,
            layers.Bidirectional(INSIDE["stack"](stateful=True, **options)),
        ],
        name="both",
    )


@pytest.mark.parametrize("kind", ["model", "weights"])
def test_a_saved_model_goes_on_where_it_was(tmp_path, kind):
    model = scramble(both())
    model(X[:4])
    if kind == "model":
        model.save(tmp_path / "m.keras", states=True)
        again = elman.models.load_model(tmp_path / "m.keras")
        assert again.get_config() == model.get_config()
    else:
        model.save_weights(tmp_path / "m.weights.h5", states=True)
        again = both()
        again.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(again(X[4:8]), model(X[4:8]))


def test_states_are_left_out_unless_asked_for(tmp_path):
    model = scramble(both())
    first = model(X[:4])
    model.save(tmp_path / "m.keras")
    model.save_weights(tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(elman.models.load_model(tmp_path / "m.keras")(X[:4]), first)
    before = model.layers[0].states
    model.load_weights(tmp_path / "m.weights.h5")
    assert model.layers[0].states is before


def test_what_carries_nothing_yet_is_saved_as_that(tmp_path):
    model = both()
    model.layers[0](X[:4])
    model.save(tmp_path / "m.keras", states=True)
    again = elman.models.load_model(tmp_path / "m.keras")
    same(again.layers[0].states, model.layers[0].states)
    assert [half.states for half in again.layers[1].sublayers] == [None, None]


def test_states_of_other_layers_change_nothing(tmp_path):
    model, path = scramble(both()), tmp_path / "m.weights.h5"
    model(X[:4])
    model.save_weights(path, states=True)
    whole = path.read_bytes()

    def refused(text, **changes):
        path.write_bytes(whole)
        with h5py.File(path, "r+") as file:
            for name, array in changes.items():
                file.pop(name, None)
                if array is not None:
                    file[name] = array
        other = both()
        before = other.get_weights()
        with pytest.raises(FormatError, match=re.escape(text)):
            other.load_weights(path)
        same(other.get_weights(), before)
        assert other.layers[0].states is None

    refused(
        "must be float64 arrays (batch, size) of sizes [2]; got float64 (4, 3).",
        **{"states/0000/0": np.zeros((4, 3))},
    )
    refused("must be float64 arrays", **{"states/0000/0": np.zeros((4, 2), "float32")})
    refused("must be float64 arrays", **{"states/0001/1": None})
    refused("must be float64 arrays", **{"states/0001/1": np.zeros((3, 3))})
    refused("must be float64 arrays", **{"states/0001/1": np.zeros(3)})
    refused(
        "the states must be those of 3 layers; got 'states/0007/0' as well.",
        **{"states/0007/0": np.zeros((4, 2))},
    )


def test_errors_of_saving_name_the_model_and_the_fix(tmp_path):
    plain = Sequential([Input((2,)), layers.Dense(1)], name="plain")
    text = (
        "Sequential 'plain': `states` must be False, because no layer carries a state from call to "
        "call; got True. Make a recurrent layer with `stateful=True`."
    )
    for save in (plain.save, plain.save_weights):
        ending = "keras" if save == plain.save else "weights.h5"
        with pytest.raises(ArgumentError, match=re.escape(text)):
            save(tmp_path / f"m.{ending}", states=True)
        text_of_flag = "Sequential 'plain': `states` must be True or False; got 1."
        with pytest.raises(ArgumentError, match=re.escape(text_of_flag)):
            save(tmp_path / f"m.{ending}", states=1)
    assert list(tmp_path.iterdir()) == []
