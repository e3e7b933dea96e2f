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
    {"padding": "same", "strides": 2},
    {"dilation_rate": 3},
    {"dilation_rate": 2, "strides": 2, "padding": "same"},
    {"kernel_size": 1},
]
BOTH = pytest.mark.parametrize("cls", [layers.DepthwiseConv1D, layers.SeparableConv1D])


def make(cls, options, **more):
    filters = {"filters": 5} if cls is layers.SeparableConv1D else {}
    layer = cls(**{**filters, "kernel_size": 3, **options, **more})
    layer.build((2, 7, 3))
    return scramble(layer)


@BOTH
@pytest.mark.parametrize("depth_multiplier", [1, 2])
@pytest.mark.parametrize("use_bias", [False, True])
@pytest.mark.parametrize("options", WAYS, ids=str)
def test_gradients(cls, options, use_bias, depth_multiplier):
    more = {"use_bias": use_bias, "depth_multiplier": depth_multiplier, "activation": "tanh"}
    layer = make(cls, options, **more, **F64)
    x = normal(2, 7, 3)
    assert_gradients(layer, x)
    assert layer.compute_output_shape(x.shape) == layer(x).shape


@pytest.mark.parametrize("options", WAYS, ids=str)
def test_one_kernel_a_feature_is_a_convolution_in_as_many_groups(options):
    depthwise = make(layers.DepthwiseConv1D, options, depth_multiplier=2, **F64)
    x = normal(2, 7, 3)
    if options.get("strides", 1) > 1 and options.get("dilation_rate", 1) > 1:
        options = {**options, "strides": 1, "padding": "valid"}
        depthwise = make(layers.DepthwiseConv1D, options, depth_multiplier=2, **F64)
    grouped = layers.Conv1D(6, **{"kernel_size": 3, **options}, groups=3, **F64)
    grouped.build(x.shape)
    kernel, bias = depthwise.get_weights()
    grouped.set_weights([kernel.reshape(grouped.kernel.shape), bias])
    np.testing.assert_allclose(depthwise(x), grouped(x), atol=EXACT)


def test_separable_is_depthwise_and_then_dense():
    layer, x = make(layers.SeparableConv1D, {}, depth_multiplier=2, **F64), normal(2, 7, 3)
    D, P, b = layer.get_weights()
    depthwise = make(layers.DepthwiseConv1D, {}, depth_multiplier=2, use_bias=False, **F64)
    depthwise.set_weights([D])
    np.testing.assert_allclose(layer(x), depthwise(x) @ P[0] + b, atol=EXACT)


@BOTH
def test_float32_is_float64_rounded_and_inputs_have_gradients_only_where_wanted(cls):
    found = []
    for dtype in ("float32", "float64"):
        layer, x = make(cls, {}, depth_multiplier=2, dtype=dtype), normal(2, 7, 3).astype(dtype)
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


@BOTH
def test_open_timesteps_stay_open_and_an_empty_batch_gives_an_empty_batch(cls):
    layer = make(cls, {})
    assert layer(Input((None, 3))).shape == (None, None, 3 if cls is layers.DepthwiseConv1D else 5)
    assert layer(np.zeros((0, 7, 3))).shape[:2] == (0, 5)


def test_keras_s_other_name_is_the_same_class():
    assert layers.SeparableConvolution1D is layers.SeparableConv1D


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: layers.DepthwiseConv1D(3, depth_multiplier=0),
            ArgumentError,
            "DepthwiseConv1D: `depth_multiplier` must be a positive integer; got 0.",
        ),
        (
            lambda: layers.SeparableConv1D(2, 3, padding="causal"),
            ArgumentError,
            "SeparableConv1D: `padding` must be one of 'valid', 'same'; got 'causal'.",
        ),
        (
            lambda: layers.DepthwiseConv1D(3, name="d")(np.zeros((2, 2, 3))),
            ShapeError,
            "DepthwiseConv1D 'd': `x` must have at least 3 timesteps, the length of a window; got "
            "(2, 2, 3).",
        ),
        (
            lambda: make(layers.SeparableConv1D, {}, name="s")(np.zeros((2, 7, 4))),
            ShapeError,
            "SeparableConv1D 's': `x` must have shape (batch, timesteps, features=3); got "
            "(2, 7, 4).",
        ),
        (
            lambda: make(layers.DepthwiseConv1D, {}, name="d")(np.zeros((2, 7, 4))),
            ShapeError,
            "DepthwiseConv1D 'd': `x` must have shape (batch, timesteps, features=3); got "
            "(2, 7, 4).",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
