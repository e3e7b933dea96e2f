import re

import numpy as np
import pytest

from elman import Input, Model, layers
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from tests.layers.checks import F64, assert_gradients, normal


@pytest.mark.parametrize(
    "layer",
    [
        layers.ZeroPadding1D(**F64),
        layers.ZeroPadding1D((0, 3), **F64),
        layers.ZeroPadding1D(0, **F64),
        layers.Cropping1D(**F64),
        layers.Cropping1D((3, 0), **F64),
        layers.Cropping1D(0, **F64),
        layers.UpSampling1D(**F64),
        layers.UpSampling1D(1, **F64),
    ],
)
def test_gradients(layer):
    x = normal(2, 5, 3)
    assert_gradients(layer, x)
    assert layer.compute_output_shape(x.shape) == layer(x).shape
    assert layer.compute_output_shape((None, None, 3)) == (None, None, 3)


def test_steps_move_as_numpy_moves_them():
    x = normal(2, 5, 3)
    np.testing.assert_array_equal(layers.Cropping1D((1, 2))(x), x[:, 1:3])
    np.testing.assert_array_equal(layers.UpSampling1D(2)(x), x[:, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]])
    padded = layers.ZeroPadding1D((1, 2))(x)
    np.testing.assert_array_equal(padded[:, 1:-2], x)
    assert not padded[:, 0].any()
    assert not padded[:, -2:].any()


def test_cropping_undoes_padding():
    x = normal(2, 5, 3)
    np.testing.assert_array_equal(layers.Cropping1D((1, 2))(layers.ZeroPadding1D((1, 2))(x)), x)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_stays(dtype):
    for layer in (layers.ZeroPadding1D(), layers.Cropping1D(), layers.UpSampling1D()):
        assert layer(np.ones((2, 5, 3), dtype)).dtype == dtype


@pytest.mark.parametrize("cls", [layers.ZeroPadding1D, layers.Cropping1D, layers.UpSampling1D])
def test_a_mask_ends_with_a_warning_as_in_keras(cls):
    x = Input((5, 2))
    model = Model(x, cls(name="s")(layers.Masking()(x)))
    with pytest.warns(UserWarning, match=f"{cls.__name__} 's': the mask of its input ends here"):
        model(np.ones((1, 5, 2)))


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: layers.ZeroPadding1D((1, 2, 3)),
            ArgumentError,
            "ZeroPadding1D: `padding` must be a number of steps, or two of them; got (1, 2, 3).",
        ),
        (
            lambda: layers.ZeroPadding1D(-1),
            ArgumentError,
            "ZeroPadding1D: `padding` must be an integer of at least 0; got -1.",
        ),
        (
            lambda: layers.ZeroPadding1D(data_format="channels_first"),
            UnsupportedError,
            "ZeroPadding1D: `data_format` must be 'channels_last'",
        ),
        (
            lambda: layers.Cropping1D((1, 0.5)),
            ArgumentError,
            "Cropping1D: `cropping` must be an integer of at least 0; got 0.5.",
        ),
        (
            lambda: layers.Cropping1D((2, 3), name="c")(np.zeros((2, 5, 3))),
            ShapeError,
            "Cropping1D 'c': `x` must have more timesteps than cropping=(2, 3) drops; got "
            "(2, 5, 3).",
        ),
        (
            lambda: layers.UpSampling1D(0),
            ArgumentError,
            "UpSampling1D: `size` must be a positive integer; got 0.",
        ),
        (
            lambda: layers.UpSampling1D(name="u")(np.zeros((2, 5))),
            ShapeError,
            "UpSampling1D 'u': `x` must have shape (batch, timesteps, features); got (2, 5).",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_timesteps_that_were_open_are_checked_when_they_are_known():
    x = Input((None, 2))
    model = Model(x, layers.Cropping1D(2, name="c")(x))
    assert model(np.ones((1, 5, 2))).shape == (1, 1, 2)
    with pytest.raises(ShapeError, match=re.escape("cropping=(2, 2) drops; got (1, 4, 2).")):
        model(np.ones((1, 4, 2)))
