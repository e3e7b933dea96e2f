import re

import numpy as np
import pytest

from elman import Input, layers
from elman.errors import ArgumentError, ShapeError
from elman.layers.parts.passes import Mode
from tests.layers.checks import F64, assert_gradients, normal, scramble
from tests.tolerances import EXACT, FLOAT32

RECORDING = Mode(training=False, record=True)
WAYS = [
    {},
    {"strides": 2},
    {"strides": 5},
    {"strides": 3, "output_padding": 2},
    {"dilation_rate": 2},
    {"padding": "same"},
    {"padding": "same", "strides": 2, "kernel_size": 4},
    {"padding": "same", "strides": 5},
    {"padding": "same", "strides": 3, "output_padding": 1},
    {"padding": "same", "dilation_rate": 3},
    {"kernel_size": 1},
]


def make(options, **more):
    layer = layers.Conv1DTranspose(**{"filters": 2, "kernel_size": 3, **options, **more})
    layer.build((2, 4, 3))
    return scramble(layer)


@pytest.mark.parametrize("use_bias", [False, True])
@pytest.mark.parametrize("options", WAYS, ids=str)
def test_gradients(options, use_bias):
    layer, x = make(options, use_bias=use_bias, activation="tanh", **F64), normal(2, 4, 3)
    assert_gradients(layer, x)
    assert layer.compute_output_shape(x.shape) == layer(x).shape


@pytest.mark.parametrize("options", WAYS, ids=str)
def test_it_is_what_goes_back_through_a_convolution(options):
    layer, x = make(options, use_bias=False, **F64), normal(2, 4, 3)
    y = layer(x)
    ways = {key: value for key, value in options.items() if key != "output_padding"}
    conv = layers.Conv1D(3, **{"kernel_size": 3, **ways}, use_bias=False, **F64)
    conv.build(y.shape)
    conv.set_weights(layer.get_weights())
    (z,), _, tape = conv.run((normal(*y.shape),), (None,), RECORDING)
    assert z.shape == x.shape
    ((dx,), _) = conv.reverse(tape, (x,))
    np.testing.assert_allclose(y, dx, atol=EXACT)


@pytest.mark.parametrize("options", WAYS, ids=str)
def test_float32_is_float64_rounded_and_inputs_have_gradients_only_where_wanted(options):
    found = []
    for dtype in ("float32", "float64"):
        layer, x = make(options, dtype=dtype), normal(2, 4, 3).astype(dtype)
        (y,), _, tape = layer.run((x,), (None,), RECORDING)
        (dx,), dweights = layer.reverse(tape, (np.cos(y),))
        (none,), again = layer.reverse(tape, (np.cos(y),), need_inputs=False)
        assert none is None
        assert {a.dtype.name for a in (y, dx, *dweights)} == {dtype}
        for one, other in zip(dweights, again, strict=True):
            np.testing.assert_array_equal(one, other)
        found.append([y, dx, *dweights])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, atol=FLOAT32 * max(1, np.abs(other).max()))


def test_open_timesteps_stay_open_and_an_empty_batch_gives_an_empty_batch():
    layer = make({"strides": 2, "padding": "same"})
    assert layer(Input((None, 3))).shape == (None, None, 2)
    assert layer(np.zeros((0, 4, 3))).shape == (0, 8, 2)
    assert layers.Convolution1DTranspose is layers.Conv1DTranspose


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: make({"strides": 2, "output_padding": 2, "name": "c"}),
            ArgumentError,
            "Conv1DTranspose 'c': `output_padding` must be below strides=2 with padding='valid'; "
            "got 2.",
        ),
        (
            lambda: make({"kernel_size": 2, "strides": 2, "output_padding": 0, "padding": "same"}),
            ArgumentError,
            "`output_padding` must be at least 1 and below strides=2 with padding='same'; got 0.",
        ),
        (
            lambda: make({"output_padding": -1}),
            ArgumentError,
            "Conv1DTranspose: `output_padding` must be an integer of at least 0; got -1.",
        ),
        (
            lambda: make({"strides": 2, "dilation_rate": 2, "name": "c"}),
            ArgumentError,
            "Conv1DTranspose 'c': `dilation_rate` must be 1 where strides=2; got 2.",
        ),
        (
            lambda: make({"name": "c"})(np.zeros((2, 4, 5))),
            ShapeError,
            "Conv1DTranspose 'c': `x` must have shape (batch, timesteps, features=3); got "
            "(2, 4, 5).",
        ),
        (
            lambda: make({"name": "c"})(np.zeros((2, 0, 3))),
            ShapeError,
            "Conv1DTranspose 'c': `x` must have at least 1 timestep, the length of a window; got "
            "(2, 0, 3).",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
