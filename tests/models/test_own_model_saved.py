"""Models with a call of their own: saved, cloned, copied, and graphs that are subclasses."""

import copy
import pickle
import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import NotBuiltError
from tests.models.own_models import KINDS, OURS, Computed, Pair, Plain, X, Y, ready

# ---------------------------------------------------------------------- saved, cloned, copied


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_model_goes_on_where_it_was(kind, tmp_path):
    model = kind(units=7)
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "m.keras")
    again = elman.models.load_model(tmp_path / "m.keras", custom_objects=OURS)
    assert (type(again), again.units, again.name) == (kind, 7, model.name)
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    assert again.train_on_batch(X, Y) == model.train_on_batch(X, Y)
    for one, other in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_saved_model_knows_its_inputs_by_name(tmp_path):
    model, x = Pair(), {"x": X, "z": X[:, 0, :1]}
    expected = model.predict(x, verbose=0)
    model.save(tmp_path / "m.keras")
    again = elman.models.load_model(tmp_path / "m.keras", custom_objects=OURS)
    np.testing.assert_array_equal(again.predict(x, verbose=0)["two"], expected["two"])


def test_weights_go_from_one_to_another_that_is_built(tmp_path):
    model, other = ready(Computed), Computed()
    model.save_weights(tmp_path / "w.weights.h5")
    text = "the model must be built before weights are loaded; it is not. Call it"
    with pytest.raises(NotBuiltError, match=re.escape(text)):
        other.load_weights(tmp_path / "w.weights.h5")
    other.build((None, 3, 4))
    other.load_weights(tmp_path / "w.weights.h5")
    np.testing.assert_array_equal(other(X), model(X))


@pytest.mark.parametrize("again", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_trains_by_itself(kind, again):
    model = kind()
    model.compile("adam", "mse")
    model.fit(X, Y, verbose=0)
    other, before = again(model), model.get_weights()
    np.testing.assert_array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))
    other.fit(X, Y, verbose=0)
    for one, kept in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, kept)


def test_json_describes_it_by_its_arguments():
    text = Plain(units=5, name="p").to_json()
    again = elman.models.model_from_json(text, custom_objects=OURS)
    assert (again.units, again.name, again.built) == (5, "p", False)


# ---------------------------------------------------------------------- subclasses that are graphs


class Made(Model):
    """A graph that the constructor draws."""

    def __init__(self, units, **options):
        x = Input((3, 4))
        super().__init__(x, layers.LSTM(units)(x), **options)
        self.units = units


class Row(Sequential):
    """A sequence that the constructor makes."""

    def __init__(self, units, **options):
        super().__init__([layers.LSTM(units), layers.Dense(2)], **options)
        self.units = units


@pytest.mark.parametrize("kind", [Made, Row])
def test_constructors_of_graphs_and_sequences_are_called_again(kind, tmp_path):
    model = kind(5, name="m")
    expected = model(X)
    model.save(tmp_path / "m.keras")
    again = elman.models.load_model(tmp_path / "m.keras", custom_objects={kind.__name__: kind})
    assert (type(again), again.units, again.name) == (kind, 5, "m")
    np.testing.assert_array_equal(again(X), expected)
    clone = elman.models.clone_model(model)
    assert type(clone) is kind
    assert clone.units == 5
