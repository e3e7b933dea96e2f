"""elman against Keras on the layers over sequences: `tests/golden/make_sequence_layers.py`."""

import json
import math

import numpy as np
import pytest

import elman
from elman import layers
from elman.layers.parts.passes import Mode
from tests.golden.sequence_layers import (
    CASES,
    MODELS,
    data_of,
    input_of,
    numbers,
    printed,
    trained,
    weights_of,
)
from tests.test_keras_parity import GOLDEN
from tests.tolerances import KERAS_GRADIENT, KERAS_OUTPUT, KERAS_TRAINING

FILE = np.load(GOLDEN / "sequence_layers.npz")
ABOUT = json.loads(str(FILE["about"]))
every_case = pytest.mark.parametrize("name", CASES)
# A mask that ends in a layer is worth a warning in elman, and in Keras.
pytestmark = pytest.mark.filterwarnings("ignore:.*the mask of its input ends here")


def arrays_of_keras():
    """Return the arrays of each case, cut out of the one that holds all."""
    found, rest = {}, FILE["numbers"]
    for name in [*CASES, *MODELS]:
        found[name] = []
        for shape in ABOUT[name]["shapes"]:
            size = math.prod(shape)
            found[name].append(rest[:size].reshape(shape))
            rest = rest[size:]
    assert not rest.size
    return found


KERAS = arrays_of_keras()


def make(name):
    return getattr(layers, CASES[name].layer)(**CASES[name].options)


@pytest.fixture
def passed(name):
    """Return the layer, its output, the mask of it, and the gradients."""
    case, layer = CASES[name], make(name)
    layer.build(case.shape)
    layer.set_weights(weights_of(layer.weights))
    mode = Mode(training=case.training, record=True)
    (y,), (mask,), tape = layer.run((input_of(case),), (case.mask,), mode)
    (dx,), dweights = layer.reverse(tape, (numbers(y.shape, 2),))
    return layer, y, mask, dx, dweights


def assert_close(actual, expected, tolerance):
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype == np.float32
    scale = max(1.0, np.abs(np.nan_to_num(expected)).max())
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * scale)


@every_case
def test_outputs_are_those_of_keras(name, passed):
    assert_close(passed[1], KERAS[name][0], KERAS_OUTPUT)


@every_case
def test_gradients_are_those_of_keras(name, passed):
    layer, _, _, dx, dweights = passed
    trained = [d for w, d in zip(layer.weights, dweights, strict=True) if w.trainable]
    for found, expected in zip([dx, *trained], KERAS[name][1:], strict=False):
        assert_close(found, expected, KERAS_GRADIENT)


@every_case
def test_weights_are_afterwards_what_they_are_in_keras(name, passed):
    layer = passed[0]
    expected = KERAS[name][2 + len(layer.trainable_weights) :]
    for weight, array in zip(layer.weights, expected, strict=True):
        assert_close(weight.array, array, KERAS_OUTPUT)


@every_case
def test_a_mask_comes_out_where_it_does_in_keras(name, passed):
    assert (passed[2] is not None) == ABOUT[name]["masked"]


@every_case
def test_configurations_are_those_of_keras(name):
    expected = ABOUT[name]["config"]
    layer = make(name)
    again = type(layer).from_config(expected)
    for each in (layer, again):
        found = json.loads(json.dumps(each.get_config()))
        assert {**found, "name": expected["name"]} == expected


# ---------------------------------------------------------------------- whole models

every_model = pytest.mark.parametrize("name", MODELS)


@every_model
def test_models_train_as_in_keras_and_their_averages_move_as_there(name):
    model, history = trained(elman, name)
    np.testing.assert_allclose(history["loss"], ABOUT[name]["history"]["loss"], rtol=KERAS_TRAINING)
    *weights, prediction = KERAS[name]
    for weight, expected in zip(model.weights, weights, strict=True):
        assert_close(weight.array, expected, KERAS_TRAINING)
    assert_close(model.predict(data_of(name)[0], verbose=0), prediction, KERAS_TRAINING)


@every_model
def test_summaries_count_what_is_not_trained_as_keras_does(name):
    assert printed(MODELS[name](elman)) == ABOUT[name]["summary"]
    assert printed(trained(elman, name)[0]) == ABOUT[name]["trained"]
