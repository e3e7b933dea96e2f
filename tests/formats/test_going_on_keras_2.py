"""Training that goes on from files of Keras 2, and what of them it does not take."""

import json

import h5py
import numpy as np
import pytest

from elman.errors import FormatError, UnsupportedError
from elman.models import load_model
from tests.formats.pack_keras import put, unpack


def of_keras_2(tmp_path, change):
    path = put(unpack("keras2_training")["train_old_adam"], "h5", tmp_path)
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def only(count):
    def change(file):
        group = file["optimizer_weights"]
        group.attrs["weight_names"] = list(group.attrs["weight_names"])[:count]

    return change


def test_keras_2_had_an_optimizer_that_was_never_built(tmp_path):
    path = of_keras_2(tmp_path, only(1))
    assert load_model(path).optimizer.iterations == 4


def test_too_few_slots_of_keras_2_are_left_out_with_a_warning(tmp_path):
    path = of_keras_2(tmp_path, only(3))
    text = (
        r"h5: what the optimizer kept is left out. 'optimizer_weights' has 3 arrays, of which those"
    )
    with pytest.warns(UserWarning, match=text):
        assert load_model(path).optimizer.iterations == 0


@pytest.mark.parametrize("steps", [np.arange(3), np.float32(2.5), np.zeros(0, int)])
def test_what_is_no_number_of_steps(steps, tmp_path):
    def change(file):
        group = file["optimizer_weights"]
        name = group.attrs["weight_names"][0]
        del group[name]
        group[name] = steps

    path = of_keras_2(tmp_path, change)
    text = r"h5: 'optimizer_weights' must begin with the number of steps; got (int|float)\d+ of sha"
    with pytest.raises(FormatError, match=text):
        load_model(path)


def test_keras_2_s_scaled_losses_are_refused_by_name(tmp_path):
    def change(file):
        config = json.loads(file.attrs["training_config"])
        config["optimizer_config"]["class_name"] = "LossScaleOptimizer"
        file.attrs["training_config"] = json.dumps(config)

    path = of_keras_2(tmp_path, change)
    text = r"the optimizer must not be Keras 2's LossScaleOptimizer, which is for float16; got it."
    with pytest.raises(UnsupportedError, match=text):
        load_model(path)
