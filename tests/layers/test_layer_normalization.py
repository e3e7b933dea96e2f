import re

import numpy as np
import pytest

from elman import Input, Sequential, layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import F64, GAPS, assert_gradients, normal, scramble
from tests.tolerances import EXACT, FLOAT32


@pytest.mark.parametrize("options", [{}, {"center": False}, {"scale": False}])
@pytest.mark.parametrize("rms_scaling", [False, True])
@pytest.mark.parametrize(
    ("axis", "shape"),
    [(-1, (4, 3)), (-1, (2, 4, 3)), (1, (2, 4, 3)), ((2, 1), (2, 4, 3)), ([1, 3], (2, 3, 2, 4))],
)
def test_gradients(axis, shape, options, rms_scaling):
    layer = layers.LayerNormalization(axis, rms_scaling=rms_scaling, **options, **F64)
    layer.build(shape)
    assert_gradients(scramble(layer), normal(*shape))


def test_gradients_with_a_mask_which_is_passed_on():
    layer = layers.LayerNormalization(**F64)
    layer.build((3, 4, 2))
    assert_gradients(scramble(layer), normal(3, 4, 2), mask=GAPS)
    model = Sequential([Input((4, 2), **F64), layer, layers.GRU(2, **F64)])
    assert_gradients(scramble(model), normal(3, 4, 2), mask=GAPS)


def test_each_sample_has_mean_0_and_variance_1():
    y = layers.LayerNormalization(epsilon=0, **F64)(normal(5, 4, 3) * 100 + 7)
    np.testing.assert_allclose(y.mean(axis=-1), 0, atol=EXACT)
    np.testing.assert_allclose(y.var(axis=-1), 1, rtol=EXACT)


def test_a_constant_sample_gives_beta():
    layer = layers.LayerNormalization(beta_initializer="ones")
    np.testing.assert_array_equal(layer(np.full((2, 3), 5.0)), 1)


def test_float32_is_float64_rounded():
    x = normal(5, 4, 3)
    single, double = layers.LayerNormalization(), layers.LayerNormalization(**F64)
    y = single(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, double(x), atol=FLOAT32)


def test_epsilon_may_change_when_it_is_built():
    layer = layers.LayerNormalization(**F64)
    layer([[1.0, 3.0]])
    layer.epsilon = 3.0
    np.testing.assert_allclose(layer([[1.0, 3.0]]), [[-0.5, 0.5]], rtol=EXACT)


def test_an_empty_batch_gives_an_empty_batch():
    assert layers.LayerNormalization()(np.zeros((0, 4, 3))).shape == (0, 4, 3)


def test_open_timesteps_stay_open():
    assert layers.LayerNormalization()(Input((None, 3))).shape == (None, None, 3)


def built(axis=-1):
    layer = layers.LayerNormalization(axis, name="l")
    layer.build((2, 4, 3))
    return layer


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: layers.LayerNormalization("x"),
            ArgumentError,
            "LayerNormalization: `axis` must be an integer; got 'x'.",
        ),
        (
            lambda: layers.LayerNormalization([1, -1]),
            ArgumentError,
            "LayerNormalization: `axis` must be an axis or a list of different ones, all counted "
            "from the front or all from the back; got [1, -1].",
        ),
        (lambda: layers.LayerNormalization([]), ArgumentError, "from the back; got []."),
        (lambda: layers.LayerNormalization([1, 1]), ArgumentError, "from the back; got [1, 1]."),
        (
            lambda: layers.LayerNormalization(epsilon=-1),
            ArgumentError,
            "LayerNormalization: `epsilon` must be a finite number and at least 0; got -1.",
        ),
        (
            lambda: layers.LayerNormalization(3, name="l")(np.zeros((2, 4, 3))),
            ShapeError,
            "LayerNormalization 'l': `axis` must be one of the input's axes after the batch; got 3 "
            "for an input of shape (2, 4, 3).",
        ),
        (
            lambda: layers.LayerNormalization([-3, -1])(np.zeros((2, 4, 3))),
            ShapeError,
            "after the batch; got (-3, -1) for an input of shape (2, 4, 3).",
        ),
        (lambda: layers.LayerNormalization()(np.zeros(3)), ShapeError, "after the batch; got -1"),
        (
            lambda: layers.LayerNormalization(1, name="l")(Input((None, 3))),
            ShapeError,
            "LayerNormalization 'l': `x` must have a known size above 0 along axis 1; got "
            "(None, None, 3).",
        ),
        (
            lambda: built()(np.zeros((2, 4, 5))),
            ShapeError,
            "LayerNormalization 'l': `x` must have size 3 along axis 2; got (2, 4, 5).",
        ),
        (
            lambda: built((1, 2))(np.zeros((2, 3, 4))),
            ShapeError,
            "LayerNormalization 'l': `x` must have size (4, 3) along axis (1, 2); got (2, 3, 4).",
        ),
        (
            lambda: setattr(built(), "axis", 1),
            ArgumentError,
            "LayerNormalization 'l': `axis` must stay -1",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
