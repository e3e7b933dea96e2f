"""Old files have what is trained first: weights find their places though other ones are trained."""

import h5py
import numpy as np
import pytest

from elman import Input, Sequential, layers
from elman.errors import FormatError
from elman.models import load_model


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.h5"


def nested(*names):
    """Return a model with two layers in one, each of whose weights has a number of its own."""
    inner = [layers.BatchNormalization(name=name) for name in names]
    model = Sequential([Input((3,)), Sequential([Input((3,)), *inner], name="inner")])
    model.set_weights([np.full(3, i) for i in range(8)])
    return model


def values(model):
    return [weight[0] for weight in model.get_weights()]


def as_keras_writes(path):
    """Take what is elman's alone out of a file."""
    with h5py.File(path, "r+") as file:
        for group in file["model_weights"].values():
            group.attrs.pop("elman_places", None)
        file.pop("elman_training", None)


def freeze(model):
    model.layers[0].trainable = False
    return model


def freeze_one(model):
    model.layers[0].layers[0].gamma.trainable = False
    return model


def freeze_inner(model):
    model.layers[0].layers[0].trainable = False
    return model


CHANGES = [lambda model: model, freeze, freeze_one, freeze_inner]


@pytest.mark.parametrize("before", CHANGES)
@pytest.mark.parametrize("after", CHANGES)
def test_a_file_of_elman_s_fits_whatever_is_frozen_and_called(before, after, path):
    before(nested("a", "b")).save(path)
    assert values(load_model(path)) == list(range(8))
    model = after(nested("b", "c"))
    model.set_weights([np.zeros(3)] * 8)
    model.load_weights(path)
    assert values(model) == list(range(8))


@pytest.mark.parametrize("before", [0, 1, 3])
@pytest.mark.parametrize("after", CHANGES)
def test_names_tell_what_is_what_in_a_file_of_keras(before, after, path):
    CHANGES[before](nested("a", "b")).save(path)
    as_keras_writes(path)
    model = after(nested("a", "b"))
    model.set_weights([np.zeros(3)] * 8)
    model.load_weights(path)
    assert values(model) == list(range(8))


def test_without_such_names_the_order_counts(path):
    nested("a", "b").save(path)
    as_keras_writes(path)
    model = nested("c", "d")
    model.set_weights([np.zeros(3)] * 8)
    model.load_weights(path)
    assert values(model) == list(range(8))


def test_an_order_that_cannot_be_is_refused(path):
    nested("a", "b").save(path)
    as_keras_writes(path)
    model = freeze(nested("c", "d"))
    before = values(model)
    text = (
        r"model.h5: 'model_weights/inner' must have the weights of Sequential 'inner' in the order "
        r"of its own, which begins gamma, beta, moving_mean, moving_variance; got gamma, beta, "
        r"gamma, beta. Set `trainable` of all layers as it was when"
    )
    with pytest.raises(FormatError, match=text):
        model.load_weights(path)
    assert values(model) == before


def test_keras_reads_the_order_of_a_model_whose_single_weights_are_trained(path):
    """It knows of no single weights that are frozen, once it has read the configuration."""
    freeze_one(nested("a", "b")).save(path)
    with h5py.File(path) as file:
        names = list(file["model_weights/inner"].attrs["weight_names"])
    ends = ["gamma", "beta"] * 2 + ["moving_mean", "moving_variance"] * 2
    assert [name.rpartition("/")[2] for name in names] == ends
