"""Which weights of a file go to which of a model, and what else `save` is told."""

import re

import numpy as np
import pytest

import elman
from elman import Input, Sequential, layers, saving
from elman.errors import ArgumentError, FormatError, UnsupportedError


def make(units=3, outputs=1, more=()):
    """Return a model, its weights drawn anew."""
    last = layers.Dense(outputs, name="last")
    return Sequential([Input((4, 2)), layers.Bidirectional(layers.GRU(units)), *more, last])


@pytest.fixture
def file(tmp_path):
    """Return a model, and the file of its weights."""
    model = make()
    model.save_weights(tmp_path / "a.weights.h5")
    return model, tmp_path / "a.weights.h5"


def test_layers_that_do_not_fit_are_left_as_they_are(file):
    model, path = file
    other = make(outputs=5)
    before = other.get_weights()
    text = r"`skip_mismatch` left the weights of 'last' as they are\."
    with pytest.warns(UserWarning, match=text):
        other.load_weights(path, skip_mismatch=True)
    for place, (found, filed) in enumerate(
        zip(other.get_weights(), [*model.get_weights()[:-2], *before[-2:]], strict=True)
    ):
        np.testing.assert_array_equal(found, filed, str(place))


def test_a_layer_that_the_file_lacks_is_left_as_it_is(file):
    _, path = file
    other = make(more=[layers.Dense(4, name="more")])
    with pytest.warns(UserWarning, match=r"left the weights of 'more', 'last' as they"):
        other.load_weights(path, skip_mismatch=True)


def test_a_layer_that_the_model_lacks_is_left_out(file):
    model, path = file
    other = Sequential([Input((4, 2)), layers.Bidirectional(layers.GRU(3))])
    with pytest.warns(UserWarning, match="left out what the file has for 'layers/dense'"):
        other.load_weights(path, skip_mismatch=True)
    np.testing.assert_array_equal(other.get_weights()[3], model.get_weights()[3])


def test_without_a_mismatch_nothing_is_said(file):
    model, path = file
    other = make()
    other.load_weights(path, skip_mismatch=True)
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_mismatch_is_an_error_otherwise(file):
    with pytest.raises(FormatError, match="the file must hold the weights of Sequential"):
        make(outputs=5).load_weights(file[1])


def test_saving_has_keras_s_functions_of_files(tmp_path):
    model = make()
    saving.save_weights(model, tmp_path / "a.weights.h5")
    saving.load_weights(model, tmp_path / "a.weights.h5")
    saving.save_model(model, tmp_path / "a.keras", overwrite=True, zipped=True)
    elman.models.save_model(model, tmp_path / "a.keras")
    assert saving.load_model(tmp_path / "a.keras").count_params() == model.count_params()


def test_a_model_without_its_optimizer_is_not_compiled_when_it_is_read(tmp_path):
    model = make()
    model.compile("adam", "mse")
    model.save(tmp_path / "a.keras", include_optimizer=False)
    assert not saving.load_model(tmp_path / "a.keras").compiled
    model.save(tmp_path / "a.keras")
    assert saving.load_model(tmp_path / "a.keras").compiled


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (lambda m: m.save("a.keras", zipped=False), UnsupportedError,
         "`zipped` must be True or None; got False."),
        (lambda m: m.save("a.keras", zipped="yes"), ArgumentError,
         "`zipped` must be True or False; got 'yes'."),
        (lambda m: m.save("a.keras", include_optimizer=2), ArgumentError,
         "`include_optimizer` must be True or False; got 2."),
        (lambda m: m.save_weights("a.weights.h5", max_shard_size=2), UnsupportedError,
         "`max_shard_size` must be None, because weights are one file; got 2."),
        (lambda m: m.load_weights("a.weights.h5", skip_mismatch=2), ArgumentError,
         "`skip_mismatch` must be True or False; got 2."),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt(make())
