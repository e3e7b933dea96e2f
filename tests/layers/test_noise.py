import re

import numpy as np
import pytest

from elman import Input, Sequential, layers
from elman.errors import ArgumentError, ShapeError
from elman.layers.parts.passes import TRAINING
from tests.gradcheck import assert_gradient
from tests.layers.checks import assert_gradients, normal
from tests.tolerances import STATISTIC

LAYERS = {
    "GaussianNoise": lambda **o: layers.GaussianNoise(0.5, **o),
    "GaussianDropout": lambda **o: layers.GaussianDropout(0.3, **o),
    "AlphaDropout": lambda **o: layers.AlphaDropout(0.3, **o),
    "SpatialDropout1D": lambda **o: layers.SpatialDropout1D(0.3, **o),
}
every_layer = pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)


@every_layer
def test_outside_training_nothing_changes(make):
    layer, x = make(), normal(3, 4, 2)
    np.testing.assert_array_equal(layer(x), x)
    assert_gradients(layer, x, mask=normal(3, 4) > 0)


@every_layer
def test_the_gradient_passes_the_noise_of_its_forward_pass(make):
    layer, x, weights = make(seed=0), normal(3, 4, 2), normal(3, 4, 2, seed=1)

    def outputs():
        layer.seed = 0
        return layer.run((x,), (None,), TRAINING)

    _, _, tape = outputs()
    (dx,), _ = layer.reverse(tape, (weights,))
    assert_gradient(lambda _: (outputs()[0][0] * weights).sum(), x, dx)


@every_layer
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_of_the_input_stays_and_a_seed_draws_the_same(make, dtype):
    x = np.ones((2, 5, 3), dtype)
    first, second = (make(seed=3)(x, training=True) for _ in range(2))
    assert first.dtype == dtype
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(make(seed=4)(x, training=True), first)


def test_gaussian_noise_has_the_standard_deviation_that_was_given():
    y = layers.GaussianNoise(0.5, seed=0)(np.ones((1000, 100)), training=True)
    assert abs(y.mean() - 1) < STATISTIC
    assert abs(y.std() - 0.5) < STATISTIC
    x = normal(2, 3)
    np.testing.assert_array_equal(layers.GaussianNoise(0)(x, training=True), x)


def test_gaussian_dropout_has_the_variance_of_dropout():
    y = layers.GaussianDropout(0.2, seed=0)(np.ones((1000, 100)), training=True)
    assert abs(y.mean() - 1) < STATISTIC
    assert abs(y.std() - 0.5) < STATISTIC


def test_alpha_dropout_keeps_mean_and_variance():
    x = np.random.default_rng(0).normal(size=(1000, 100))
    y = layers.AlphaDropout(0.3, seed=0)(x, training=True)
    assert abs(y.mean()) < STATISTIC
    assert abs(y.std() - 1) < STATISTIC
    dropped = y == y.min()
    assert len(np.unique(y[y < np.quantile(y, 0.2)])) > 1
    assert 0 < dropped.mean() < 0.3 + STATISTIC


def test_alpha_dropout_repeats_its_mask_where_noise_shape_says_so():
    y = layers.AlphaDropout(0.5, (None, 1, None), seed=0)(np.ones((3, 4, 5)), training=True)
    np.testing.assert_array_equal(y, np.repeat(y[:, :1], 4, axis=1))
    assert len(np.unique(y)) == 2


def test_spatial_dropout_drops_whole_features():
    y = layers.SpatialDropout1D(0.5, seed=0)(np.ones((8, 6, 5)), training=True)
    np.testing.assert_array_equal(y, np.repeat(y[:, :1], 6, axis=1))
    assert set(np.unique(y)) == {0, 2}


@every_layer
def test_a_mask_goes_past_it(make):
    model = Sequential([Input((None, 2)), layers.Masking(), make(), layers.SimpleRNN(2)])
    x = normal(2, 3, 2)
    padded = np.concatenate([x, np.zeros((2, 2, 2))], axis=1)
    np.testing.assert_array_equal(model(padded), model(x))


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: layers.GaussianNoise(2),
            ArgumentError,
            "GaussianNoise: `stddev` must be a finite number and at least 0 and at most 1; got 2.",
        ),
        (
            lambda: layers.GaussianDropout(50),
            ArgumentError,
            "GaussianDropout: `rate` must be in [0, 1); got 50. Did you mean 0.5?",
        ),
        (lambda: layers.AlphaDropout(1), ArgumentError, "AlphaDropout: `rate` must be in [0, 1)"),
        (lambda: layers.SpatialDropout1D("a"), ArgumentError, "SpatialDropout1D: `rate` must be"),
        (
            lambda: layers.SpatialDropout1D(0.5, name="s")(np.ones((2, 3))),
            ShapeError,
            "SpatialDropout1D 's': `x` must have shape (batch, timesteps, features); got (2, 3).",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
