import re

import numpy as np
import pytest

import elman
from elman import Input, Sequential, kernels, layers
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from elman.layers.parts.passes import Mode
from tests.layers.checks import F64, assert_gradients, normal, scramble
from tests.tolerances import EXACT, FLOAT32

RECORDING = Mode(training=False, record=True)
WAYS = [
    {},
    {"padding": "same"},
    {"padding": "same", "kernel_size": 4, "strides": 3},
    {"padding": "same", "kernel_size": 9},
    {"padding": "causal", "dilation_rate": 2},
    {"padding": "causal", "strides": 2},
    {"dilation_rate": 3, "kernel_size": 2},
    {"kernel_size": 1},
    {"kernel_size": 1, "strides": 2},
    {"kernel_size": 2, "strides": 4},
    {"groups": 2, "padding": "same"},
    {"groups": 4, "strides": 2},
]


def by_hand(x, W, b, options):
    """Return the sum of the equation, a number at a time."""
    (K, per_group, N), (B, T, F) = W.shape, x.shape
    stride, gap = options.get("strides", 1), options.get("dilation_rate", 1)
    span, padding = (K - 1) * gap + 1, options.get("padding", "valid")
    O = (T - span) // stride + 1 if padding == "valid" else -(-T // stride)  # noqa: E741
    missing = max(0, (O - 1) * stride + span - T)
    left = {"valid": 0, "same": missing // 2, "causal": span - 1}[padding]
    a = np.tile(b, (B, O, 1))
    for n in range(N):
        first = n // (N // (F // per_group)) * per_group  # feature of the filter's group
        for o in range(O):
            for k in range(K):
                t = o * stride + k * gap - left
                if 0 <= t < T:
                    a[:, o, n] += x[:, t, first : first + per_group] @ W[k, :, n]
    return a


def make(options, **more):
    layer = layers.Conv1D(**{"filters": 4, "kernel_size": 3, **options, **more})
    layer.build((2, 7, 4))
    return scramble(layer)


@pytest.mark.parametrize("options", WAYS, ids=str)
def test_it_is_the_sum_that_it_says(options):
    layer, x = make(options, **F64), normal(2, 7, 4)
    y = layer(x)
    np.testing.assert_allclose(y, by_hand(x, *layer.get_weights(), options), atol=EXACT)
    assert layer.compute_output_shape((2, 7, 4)) == y.shape
    assert layer.compute_output_shape((None, None, 4)) == (None, None, 4)


@pytest.mark.parametrize("activation", [None, "tanh", "softmax"])
@pytest.mark.parametrize("use_bias", [False, True])
@pytest.mark.parametrize("options", WAYS, ids=str)
def test_gradients(options, use_bias, activation):
    layer = make(options, use_bias=use_bias, activation=activation, **F64)
    assert_gradients(layer, normal(2, 7, 4))


@pytest.mark.parametrize("options", WAYS, ids=str)
def test_float32_is_float64_rounded_forward_and_back(options):
    single, double = make(options), make(options, **F64)
    x = normal(2, 7, 4)
    found = []
    for layer, dtype in ((single, "float32"), (double, "float64")):
        (y,), _, tape = layer.run((x.astype(dtype),), (None,), RECORDING)
        (dx,), dweights = layer.reverse(tape, (np.cos(y),))
        assert {a.dtype.name for a in (y, dx, *dweights)} == {dtype}
        found.append([y, dx, *dweights])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, atol=FLOAT32 * max(1, np.abs(other).max()))


@pytest.mark.parametrize("options", WAYS, ids=str)
def test_gradients_go_to_the_places_that_are_given_and_inputs_only_where_wanted(options):
    layer, x = make(options, **F64), normal(2, 7, 4)
    (y,), _, tape = layer.run((x,), (None,), RECORDING)
    (dx,), dweights = layer.reverse(tape, (y,))
    out = [np.full_like(w.array, np.nan) for w in layer.weights]
    (none,), same = layer.reverse(tape, (y,), out=out, need_inputs=False)
    assert none is None
    assert same is out
    assert dx.shape == x.shape
    for place, dweight in zip(out, dweights, strict=True):
        np.testing.assert_array_equal(place, dweight)


def test_a_causal_output_sees_no_later_step():
    layer, x = make({"padding": "causal", "dilation_rate": 2}, **F64), normal(2, 7, 4)
    later = x.copy()
    later[:, 4:] = 100
    np.testing.assert_array_equal(layer(later)[:, :4], layer(x)[:, :4])


def test_the_kernels_and_the_reference_agree():
    layer, x = make({}, **F64), normal(2, 7, 4)
    expected, before = layer(x), kernels.status().implementation
    kernels.use("reference")
    try:
        np.testing.assert_allclose(layer(x), expected, atol=EXACT)
    finally:
        kernels.use(before)


def test_timesteps_may_be_open_and_an_empty_batch_gives_an_empty_batch():
    model = Sequential([Input((None, 4)), layers.Conv1D(2, 3), layers.GlobalMaxPooling1D()])
    assert model.output_shape == (None, 2)
    for T in (3, 5, 8):
        assert model(np.zeros((2, T, 4))).shape == (2, 2)
    assert layers.Conv1D(2, 3)(np.zeros((0, 7, 4))).shape == (0, 5, 2)
    with pytest.raises(ShapeError, match="must have at least 3 timesteps"):
        model(np.zeros((2, 2, 4)))


def test_it_learns():
    elman.utils.set_random_seed(0)
    generator = np.random.default_rng(0)
    x = generator.normal(size=(64, 12, 1)).astype("float32")
    y = (x[:, :-1] - x[:, 1:]).max(axis=1)
    model = Sequential([Input((12, 1)), layers.Conv1D(4, 2), layers.GlobalMaxPooling1D()])
    model.add(layers.Dense(1))
    model.compile(elman.optimizers.Adam(0.05), "mse")
    losses = model.fit(x, y, epochs=60, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 10


def test_a_mask_ends_with_a_warning_as_in_keras():
    model = Sequential([Input((3, 2)), layers.Masking(), layers.Conv1D(2, 2, name="c")])
    with pytest.warns(UserWarning, match="Conv1D 'c': the mask of its input ends here"):
        model(np.ones((1, 3, 2)))


def test_sizes_may_be_tuples_of_one_and_padding_in_capitals_as_in_keras():
    layer = layers.Conv1D(2, [3], strides=(2,), padding="SAME")
    assert (layer.kernel_size, layer.strides, layer.padding) == ((3,), (2,), "same")
    assert layers.Convolution1D is layers.Conv1D


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (lambda: layers.Conv1D(0, 3), ArgumentError, "Conv1D: `filters` must be a positive integ"),
        (
            lambda: layers.Conv1D(2, (3, 3)),
            ArgumentError,
            "Conv1D: `kernel_size` must be a positive integer; got (3, 3).",
        ),
        (
            lambda: layers.Conv1D(2, 3, strides=0),
            ArgumentError,
            "Conv1D: `strides` must be a positive integer; got 0.",
        ),
        (
            lambda: layers.Conv1D(2, 3, padding="full"),
            ArgumentError,
            "Conv1D: `padding` must be one of 'valid', 'same', 'causal'; got 'full'.",
        ),
        (
            lambda: layers.Conv1D(2, 3, data_format="channels_first"),
            UnsupportedError,
            "Conv1D: `data_format` must be 'channels_last', (batch, timesteps, features); got "
            "'channels_first'. Swap the axes of the data with `x.transpose(0, 2, 1)`.",
        ),
        (
            lambda: layers.Conv1D(2, 3, data_format="last"),
            ArgumentError,
            "Conv1D: `data_format` must be one of 'channels_last'; got 'last'.",
        ),
        (
            lambda: layers.Conv1D(2, 3, strides=2, dilation_rate=2, name="c"),
            ArgumentError,
            "Conv1D 'c': `dilation_rate` must be 1 where strides=2; got 2.",
        ),
        (
            lambda: layers.Conv1D(3, 3, groups=2, name="c"),
            ArgumentError,
            "Conv1D 'c': `filters` must be a multiple of groups=2; got 3.",
        ),
        (
            lambda: layers.Conv1D(4, 3, groups=2, name="c")(np.zeros((2, 7, 3))),
            ShapeError,
            "Conv1D 'c': `x` must have a multiple of groups=2 features; got (2, 7, 3).",
        ),
        (
            lambda: layers.Conv1D(4, 3, name="c")(np.zeros((2, 7))),
            ShapeError,
            "Conv1D 'c': `x` must have shape (batch, timesteps, features); got (2, 7). Add an axis "
            "with `x[..., None]`.",
        ),
        (
            lambda: layers.Conv1D(4, 3, name="c")(Input((7, None))),
            ShapeError,
            "Conv1D 'c': `x` must have shape (batch, timesteps, features); got (None, 7, None).",
        ),
        (
            lambda: layers.Conv1D(4, 3, dilation_rate=3, name="c")(np.zeros((2, 6, 3))),
            ShapeError,
            "Conv1D 'c': `x` must have at least 7 timesteps, the length of a window; got "
            '(2, 6, 3). Pad it with `padding="same"`.',
        ),
        (
            lambda: layers.Conv1D(4, 3, padding="same", name="c")(np.zeros((2, 0, 3))),
            ShapeError,
            "Conv1D 'c': `x` must have at least 1 timestep, the length of a window; got (2, 0, 3).",
        ),
        (
            lambda: make({})(np.zeros((2, 7, 5))),
            ShapeError,
            "`x` must have shape (batch, timesteps, features=4); got (2, 7, 5).",
        ),
        (
            lambda: setattr(make({}), "filters", 8),
            ArgumentError,
            "`filters` must stay 4, because the layer is built; got 8.",
        ),
        (
            lambda: layers.Conv1D(2, 2)(Input((3,))),
            ShapeError,
            "`x` must have shape (batch, timesteps, features); got (None, 3).",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_arguments_that_do_not_go_together_are_found_when_set_one_by_one():
    layer = layers.Conv1D(4, 3, name="c")
    layer.strides, layer.dilation_rate = 2, 2
    with pytest.raises(
        ArgumentError, match="Conv1D 'c': `dilation_rate` must be 1 where strides=2"
    ):
        layer(np.zeros((2, 7, 3)))


def test_the_kernel_starts_within_glorot_s_limit_counting_all_that_a_filter_sees():
    layer = layers.Conv1D(60, 5)
    layer.build((None, None, 40))
    limit = np.sqrt(6 / (5 * 40 + 5 * 60))
    assert 0.99 * limit < np.abs(layer.kernel.array).max() <= limit
