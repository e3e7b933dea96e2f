import re

import numpy as np
import pytest

from elman import activations, layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import F64, assert_gradients, normal, scramble
from tests.tolerances import EXACT


@pytest.mark.parametrize("shape", [(4, 3), (2, 4, 3), (2, 2, 2, 3)], ids=["2-D", "3-D", "4-D"])
@pytest.mark.parametrize("activation", [None, "tanh", "softmax"])
@pytest.mark.parametrize("use_bias", [False, True])
def test_gradients(shape, activation, use_bias):
    layer = layers.Dense(2, activation, use_bias=use_bias, **F64)
    layer.build(shape)
    assert_gradients(scramble(layer), normal(*shape))


def test_it_is_phi_of_x_w_plus_b():
    layer, x = layers.Dense(2, "sigmoid", **F64), normal(4, 3)
    layer(x)
    W, b = scramble(layer).get_weights()
    np.testing.assert_allclose(layer(x), 1 / (1 + np.exp(-(x @ W + b))), rtol=EXACT)


def test_an_activation_may_be_a_name_or_a_function():
    assert layers.Dense(2, activations.relu).activation is layers.Dense(2, "relu").activation


def test_the_bias_starts_at_zero_and_the_kernel_within_glorot_s_limit():
    layer = layers.Dense(50)
    layer(np.zeros((1, 70)))
    assert not layer.bias.array.any()
    assert 0.95 * np.sqrt(6 / 120) < np.abs(layer.kernel.array).max() <= np.sqrt(6 / 120)


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (lambda: layers.Dense(0), ArgumentError, "Dense: `units` must be a positive integer"),
        (
            lambda: layers.Dense(2, "rleu"),
            ArgumentError,
            "log_softmax; got 'rleu'. Did you mean 'relu'?",
        ),
        (
            lambda: layers.Dense(2, use_bias=2),
            ArgumentError,
            "Dense: `use_bias` must be True or False; got 2.",
        ),
        (
            lambda: layers.Dense(2, name="d")(np.zeros(3)),
            ShapeError,
            "Dense 'd': `x` must have shape (batch, …, features); got (3,).",
        ),
        (
            lambda: layers.Sequential,
            AttributeError,
            "module 'elman.layers' has no attribute 'Sequential'",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_other_features_than_it_was_built_for_are_refused():
    layer = layers.Dense(2, name="d")
    layer(np.zeros((2, 3)))
    text = "Dense 'd': `x` must have shape (batch, …, features=3); got (2, 4)."
    with pytest.raises(ShapeError, match=re.escape(text)):
        layer(np.zeros((2, 4)))
