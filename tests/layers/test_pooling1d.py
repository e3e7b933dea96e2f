import re

import numpy as np
import pytest

from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from tests.layers.checks import F64, GAPS, assert_gradients, normal
from tests.tolerances import EXACT

WINDOWED = [layers.MaxPooling1D, layers.AveragePooling1D]
GLOBAL = [layers.GlobalMaxPooling1D, layers.GlobalAveragePooling1D]
WAYS = [(2, None, "valid"), (3, 1, "valid"), (2, 3, "valid"), (3, 2, "same"), (9, 4, "same")]


@pytest.mark.parametrize("cls", WINDOWED)
@pytest.mark.parametrize(("size", "strides", "padding"), WAYS)
def test_gradients_of_windows(cls, size, strides, padding):
    assert_gradients(cls(size, strides, padding, **F64), normal(2, 7, 3))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("cls", GLOBAL)
def test_gradients_of_the_whole(cls, keepdims):
    assert_gradients(cls(keepdims=keepdims, **F64), normal(3, 4, 2))


def test_gradients_with_a_mask():
    assert_gradients(layers.GlobalAveragePooling1D(**F64), normal(3, 4, 2), mask=GAPS)


@pytest.mark.parametrize(("size", "strides", "padding"), WAYS)
def test_padding_is_never_the_largest_and_never_counted(size, strides, padding):
    x = -1 - normal(2, 7, 3) ** 2
    found, step = [], strides or size
    for cls, f in zip(WINDOWED, (np.max, np.mean), strict=True):
        y = cls(size, strides, padding, **F64)(x)
        O = y.shape[1]  # noqa: E741
        left = max(0, (O - 1) * step + size - 7) // 2 if padding == "same" else 0
        windows = [slice(max(0, o * step - left), o * step - left + size) for o in range(O)]
        expected = np.stack([f(x[:, w], axis=1) for w in windows], axis=1)
        np.testing.assert_allclose(y, expected, rtol=EXACT)
        found.append(O)
    assert (
        found[0] == found[1] == layers.MaxPooling1D(size, strides, padding)(Input((7, 3))).shape[1]
    )


def test_means_skip_what_the_mask_leaves_out_whatever_it_holds():
    x = normal(3, 4, 2)
    x[~GAPS] = np.nan
    y = layers.GlobalAveragePooling1D(**F64)(x, mask=GAPS)
    expected = [x[i, GAPS[i]].mean(axis=0) for i in range(3)]
    np.testing.assert_allclose(y, expected, rtol=EXACT)


def test_the_mean_of_nothing_is_nan_as_in_keras_and_harms_no_other_sample():
    mask = np.array([[True, False], [False, False]])
    y = layers.GlobalAveragePooling1D()(np.ones((2, 2, 1)), mask=mask)
    np.testing.assert_array_equal(y, [[1], [np.nan]])


def test_the_mask_ends_in_the_mean_without_a_warning_and_in_the_others_with_one():
    x = Input((3, 2))
    model = Model(x, layers.GlobalAveragePooling1D()(layers.Masking()(x)))
    np.testing.assert_array_equal(model([[[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]]]), [[1, 2]])
    for layer in (layers.GlobalMaxPooling1D(name="p"), layers.MaxPooling1D(name="p")):
        model = Sequential([Input((3, 2)), layers.Masking(), layer])
        with pytest.warns(UserWarning, match="'p': the mask of its input ends here"):
            model(np.ones((1, 3, 2)))


def test_a_number_that_is_none_stays_none():
    x = np.array([[[1.0], [np.nan], [3.0], [4.0]]])
    np.testing.assert_array_equal(layers.MaxPooling1D(2)(x), [[[np.nan], [4]]])
    np.testing.assert_array_equal(layers.GlobalMaxPooling1D()(x), [[np.nan]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("cls", [*WINDOWED, *GLOBAL])
def test_the_dtype_stays_and_whole_numbers_become_the_layer_s(cls, dtype):
    layer = cls(2) if cls in WINDOWED else cls()
    assert layer(np.ones((2, 4, 3), dtype)).dtype == dtype
    assert layer(np.ones((2, 4, 3), int)).dtype == "float32"


def test_open_timesteps_stay_open_and_empty_batches_empty():
    assert layers.MaxPooling1D()(Input((None, 3))).shape == (None, None, 3)
    assert layers.GlobalMaxPooling1D()(Input((None, 3))).shape == (None, 3)
    assert layers.GlobalMaxPooling1D(keepdims=True)(Input((None, 3))).shape == (None, 1, 3)
    assert layers.AveragePooling1D(2)(np.zeros((0, 4, 3))).shape == (0, 2, 3)
    assert layers.GlobalAveragePooling1D()(np.zeros((0, 4, 3))).shape == (0, 3)


def test_keras_s_other_names_are_the_same_classes():
    assert layers.MaxPool1D is layers.MaxPooling1D
    assert layers.AvgPool1D is layers.AveragePooling1D
    assert layers.GlobalMaxPool1D is layers.GlobalMaxPooling1D
    assert layers.GlobalAvgPool1D is layers.GlobalAveragePooling1D


def test_the_name_may_be_the_fifth_argument_as_in_keras():
    assert layers.MaxPooling1D(2, None, "valid", None, "pool").name == "pool"
    assert layers.AveragePooling1D(2, 1, "same", None, "pool").get_config()["strides"] == [1]


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: layers.MaxPooling1D(0),
            ArgumentError,
            "MaxPooling1D: `pool_size` must be a positive integer; got 0.",
        ),
        (
            lambda: layers.AveragePooling1D(2, strides=-1),
            ArgumentError,
            "AveragePooling1D: `strides` must be a positive integer; got -1.",
        ),
        (
            lambda: layers.MaxPooling1D(padding="causal"),
            ArgumentError,
            "MaxPooling1D: `padding` must be one of 'valid', 'same'; got 'causal'.",
        ),
        (
            lambda: layers.GlobalMaxPooling1D("channels_first"),
            UnsupportedError,
            "GlobalMaxPooling1D: `data_format` must be 'channels_last'",
        ),
        (
            lambda: layers.GlobalMaxPooling1D(keepdims=1),
            ArgumentError,
            "GlobalMaxPooling1D: `keepdims` must be True or False; got 1.",
        ),
        (
            lambda: layers.MaxPooling1D(5, name="p")(np.zeros((2, 4, 3))),
            ShapeError,
            "MaxPooling1D 'p': `x` must have at least 5 timesteps, the length of a window; got "
            '(2, 4, 3). Pad it with `padding="same"`.',
        ),
        (
            lambda: layers.GlobalMaxPooling1D(name="p")(np.zeros((2, 0, 3))),
            ShapeError,
            "GlobalMaxPooling1D 'p': `x` must have at least 1 timestep; got (2, 0, 3).",
        ),
        (
            lambda: layers.GlobalAveragePooling1D(name="p")(np.zeros((2, 3))),
            ShapeError,
            "GlobalAveragePooling1D 'p': `x` must have shape (batch, timesteps, features); got "
            "(2, 3). Add an axis with `x[..., None]`.",
        ),
        (
            lambda: layers.MaxPooling1D(name="p")(np.zeros((2, 3, 4, 5))),
            ShapeError,
            "MaxPooling1D 'p': `x` must have shape (batch, timesteps, features); got (2, 3, 4, 5).",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
