"""What saving and loading say of names, and of what no file can hold."""

import os
import re

import numpy as np
import pytest

import elman
from elman import Input, Sequential, layers
from elman.errors import (
    ArgumentError,
    FormatError,
    NotBuiltError,
    UnsupportedError,
)
from elman.formats import keras
from elman.models import load_model
from tests.formats.models import make


def named():
    return Sequential([Input((2,)), layers.Dense(1)], name="s")


class OwnLayer(layers.Dense):
    pass


class Constant:
    """A schedule without `get_config`."""

    def __call__(self, iterations):
        return 0.5


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda d: named().save(d / "a.weights.h5"),
            ArgumentError,
            "Sequential 's': `filepath` must end in '.keras' or '.h5' or '.hdf5'; got '",
        ),
        (
            lambda d: named().save_weights(d / "a.keras"),
            ArgumentError,
            "Sequential 's': `filepath` must end in '.weights.h5'; got '",
        ),
        (
            lambda d: named().save(d / "a.zip"),
            ArgumentError,
            "Sequential 's': `filepath` must end in '.keras' or '.h5' or '.hdf5'; got",
        ),
        (
            lambda d: named().save(d / "nowhere" / "a.keras"),
            ArgumentError,
            "Sequential 's': `filepath` must be in a directory that exists; got",
        ),
        (
            lambda d: Sequential([layers.Dense(1)], name="s").save(d / "a.keras"),
            NotBuiltError,
            "Sequential 's': the model must be built to be saved; it is not. Call it on data "
            "first, or `build(input_shape)`.",
        ),
        (
            lambda d: load_model(d / "a.keras"),
            ArgumentError,
            "load: `filepath` must be a file that exists; got",
        ),
        (lambda d: load_model(d), ArgumentError, "load: `filepath` must be a file that exists"),
        (lambda d: load_model(None), ArgumentError, "load: `filepath` must be a path; got None."),
        (
            lambda d: named().save(d / "a"),
            ArgumentError,
            "a.keras'.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(tmp_path, attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt(tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_file_that_is_there_may_be_kept(path):
    named().save(path)
    text = "Sequential 's': `filepath` must not exist yet with overwrite=False; got"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        named().save(path, overwrite=False)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"metrics": [lambda y, p: 0]}, "metric: `<lambda>` must be registered to be saved, becau"),
        ({"loss": lambda y, p: (y - p) ** 2}, "loss: `<lambda>` must be registered to be saved, b"),
        (
            {"optimizer": elman.optimizers.SGD(lambda step: 0.1)},
            "learning_rate: `<lambda>` must be registered to be saved, because it has no name",
        ),
        (
            {"optimizer": elman.optimizers.SGD(Constant())},
            "learning_rate: `learning_rate` must be a function with a name, or have a `get_config`,"
            " to be saved; got <",
        ),
    ],
)
def test_what_could_not_be_loaded_is_not_saved(path, options, text):
    model = named()
    model.compile(**{"optimizer": "sgd", "loss": "mse", **options})
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        model.save(path)
    assert os.listdir(path.parent) == []


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (
            lambda: layers.Dense(1, kernel_initializer=lambda shape, dtype=None: np.ones(shape)),
            "layer: `<lambda>` must be registered to be saved, because it has no name by which it",
        ),
        (
            lambda: layers.Dropout(0.5, seed=np.random.default_rng(0)),
            "save: `seed` must be an integer or None to be saved; got Generator(",
        ),
    ],
)
def test_a_layer_that_could_not_be_loaded_is_not_saved(path, layer, text):
    model = Sequential([Input((2,)), layer()])
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        model.save(path)
    assert os.listdir(path.parent) == []


def test_what_json_cannot_hold_is_not_saved(path):
    text = "save: a value must be a number, a text, or a list or dictionary of such to be saved;"
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        keras.save(make(), path, extra={"scaler": object()})
    assert os.listdir(path.parent) == []


def test_a_file_of_the_other_kind_or_another_ending_is_named_with_what_reads_it(tmp_path):
    named().save(tmp_path / "a.keras")
    named().save_weights(tmp_path / "b.weights.h5")
    with pytest.raises(
        ArgumentError, match=r"must be a file that exists; .* Did you mean '.*a.ker"
    ):
        load_model(tmp_path / "a")
    text = (
        "it must hold a model, and holds weights alone. Make the model, and read them with `model"
    )
    with pytest.raises(FormatError, match=re.escape(text)):
        load_model(tmp_path / "b.weights.h5")
