import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, gradients, layers
from elman.errors import ArgumentError
from elman.layers.parts.passes import TRAINING
from tests.gradcheck import assert_gradient
from tests.layers.checks import F64, assert_gradients, normal
from tests.tolerances import STATISTIC


def test_a_share_is_dropped_and_the_rest_scaled_so_that_the_mean_stays():
    outputs = layers.Dropout(0.3, seed=0)(np.ones((1000, 100), "float32"), training=True)
    assert set(np.unique(outputs)) == {np.float32(0), np.float32(1) / np.float32(0.7)}
    assert abs((outputs == 0).mean() - 0.3) < STATISTIC
    assert abs(outputs.mean() - 1) < STATISTIC


def test_outside_training_nothing_changes():
    layer, x = layers.Dropout(0.9), normal(3, 4)
    np.testing.assert_array_equal(layer(x), x)
    np.testing.assert_array_equal(layer(x, training=False), x)
    np.testing.assert_array_equal(layers.Dropout(0)(x, training=True), x)
    assert_gradients(layer, x)


def test_the_gradient_passes_the_mask_of_its_forward_pass():
    layer, x, weights = layers.Dropout(0.5, seed=0), normal(3, 4), normal(3, 4, seed=1)
    (y,), tape = layer.forward((x,), (None,), TRAINING)
    (dx,), _ = layer.backward(tape, (weights,))
    mask = y / x
    assert_gradient(lambda _: (x * mask * weights).sum(), x, dx)


def test_the_same_seed_draws_the_same_masks():
    one, other, third = (layers.Dropout(0.5, seed=seed) for seed in (3, 3, 4))
    x = np.ones((5, 20))
    first = one(x, training=True)
    np.testing.assert_array_equal(other(x, training=True), first)
    np.testing.assert_array_equal(other(x, training=True), one(x, training=True))
    assert not np.array_equal(third(x, training=True), first)


def test_without_a_seed_that_of_the_process_decides():
    drawn = []
    for _ in range(2):
        elman.utils.set_random_seed(1)
        drawn.append(layers.Dropout(0.5)(np.ones((5, 20)), training=True))
    np.testing.assert_array_equal(*drawn)


@pytest.mark.parametrize(
    ("noise_shape", "repeated"), [((None, 1, None), 1), ((1, None, None), 0), ((3, 4, 1), 2)]
)
def test_noise_shape_repeats_a_mask_along_an_axis(noise_shape, repeated):
    layer = layers.Dropout(0.5, noise_shape, seed=0)
    outputs = layer(np.ones((3, 4, 5)), training=True)
    first = outputs.take([0], axis=repeated)
    np.testing.assert_array_equal(outputs, np.repeat(first, outputs.shape[repeated], repeated))
    assert len(np.unique(first)) == 2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_of_the_input_stays(dtype):
    assert layers.Dropout(0.5)(np.ones((2, 3), dtype), training=True).dtype == dtype


def test_dropout_switched_on_by_hand_stays_on_in_predict():
    x = Input((4,))
    model = Model(x, layers.Dropout(0.5, seed=0)(x, training=True))
    values = np.ones((64, 4), "float32")
    first, second = (model.predict(values, verbose=0) for _ in range(2))
    assert set(np.unique(first)) == {0, 2}
    assert not np.array_equal(first, second)
    assert set(np.unique(model(values))) == {0, 2}


def test_dropout_switched_on_for_a_model_in_a_model_stays_on():
    inner = Sequential([Input((4,)), layers.Dropout(0.5, seed=0)])
    x = Input((4,))
    model = Model(x, inner(x, training=True))
    assert set(np.unique(model.predict(np.ones((64, 4)), verbose=0))) == {0, 2}
    again = elman.models.model_from_json(model.to_json())
    assert set(np.unique(again.predict(np.ones((64, 4)), verbose=0))) == {0, 2}


def test_dropout_switched_off_by_hand_stays_off_in_training():
    x = Input((4,))
    model = Model(x, layers.Dropout(0.5)(x, training=False))
    np.testing.assert_array_equal(model(np.ones((3, 4)), training=True), np.ones((3, 4)))


def test_gradients_see_a_model_without_dropout():
    model = Sequential([Input((3,)), layers.Dropout(0.5), layers.Dense(2, **F64)])
    found = gradients(model, np.ones((4, 3)), output_gradients=np.ones((4, 2)))
    np.testing.assert_array_equal(found["weights"][0], np.full((3, 2), 4.0))


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (lambda: layers.Dropout(50), "Dropout: `rate` must be in [0, 1); got 50. Did you mean 0.5"),
        (
            lambda: layers.Dropout(0.5, seed=1.5),
            "Dropout: `seed` must be an integer of at least 0; got 1.5.",
        ),
        (
            lambda: layers.Dropout(0.5, noise_shape=5),
            "Dropout: `noise_shape` must be a tuple of sizes; got 5. Did you mean (5,)?",
        ),
        (
            lambda: layers.Dropout(0.5, noise_shape=(None, 3), name="d")(Input((4,))),
            "Dropout 'd': `noise_shape` must hold None, 1 or the input's size of each axis; "
            "got (None, 3) for an input of shape (None, 4).",
        ),
        (lambda: layers.Dropout(1), "Dropout: `rate` must be in [0, 1); got 1."),
        (lambda: layers.Dropout(True), "Dropout: `rate` must be in [0, 1); got True."),
        (lambda: layers.Dropout("a"), "Dropout: `rate` must be in [0, 1); got 'a'."),
        (
            lambda: layers.Dropout(0.5, (None, 1), name="d")(np.ones((2, 3, 4)), training=True),
            "Dropout 'd': `noise_shape` must have 3 entries, one an axis of the input; "
            "got (None, 1).",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        attempt()
