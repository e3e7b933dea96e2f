"""What Keras 2 wrote of a layer: taken over, or refused where elman computes otherwise."""

import re

import numpy as np
import pytest

from elman.errors import UnsupportedError
from elman.formats import keras_2, keras_config
from tests.tolerances import FLOAT32


def read(*entries):
    """Return the Sequential model of some layers."""
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": list(entries)}}
    return keras_config.described("m.h5", "model_config", keras_2.model("m.h5", config))


def layer(kind, **config):
    about = {"name": "l", "trainable": True, "dtype": "float32", "batch_input_shape": [None, 3, 2]}
    return {"class_name": kind, "config": about | config}


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (layer("InputLayer", ragged=True), "InputLayer 'l': `ragged` must be False; got True."),
        (
            layer("BatchNormalization", virtual_batch_size=2),
            "BatchNormalization 'l': `virtual_batch_size` must be None; got 2.",
        ),
    ],
)
def test_what_elman_does_not_compute_is_refused(entry, text):
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        read(entry)


def test_what_says_nothing_is_left_out():
    one = layer("InputLayer", ragged=False, sparse=False)
    model = read(one, layer("BatchNormalization", virtual_batch_size=None, renorm=False, name="b"))
    assert model.output_shape == (None, 3, 2)


@pytest.mark.parametrize("about", [{}, {"module": "keras.layers", "registered_name": None}])
def test_an_activation_may_be_a_layer(about):
    leaky = {**layer("LeakyReLU", name="q", alpha=0.05), **about}
    model = read(layer("Activation", activation=leaky))
    x = np.array([[[-1.0, 2.0]] * 3])
    np.testing.assert_allclose(model(x), np.where(x > 0, x, 0.05 * x), rtol=FLOAT32)


def test_a_functional_model_inside_says_the_shape_of_the_inputs():
    source = {**layer("InputLayer", name="x"), "name": "x", "inbound_nodes": []}
    dense = layer("Dense", units=4, name="d")
    dense = {**dense, "name": "d", "inbound_nodes": [[["x", 0, 0, {}]]]}
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["d", 0, 0]]}
    config = {"name": "inner", "layers": [source, dense], **ends}
    assert read({"class_name": "Model", "config": config}).output_shape == (None, 3, 4)
