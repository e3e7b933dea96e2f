import re

import numpy as np
import pytest

from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import F64, assert_gradients, normal


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: layers.RepeatVector(3, **F64), (2, 4)),
        (lambda: layers.Flatten(**F64), (2, 3, 2)),
        (lambda: layers.Flatten(**F64), (2,)),
        (lambda: layers.Reshape((2, 3), **F64), (2, 6)),
        (lambda: layers.Reshape((-1, 2), **F64), (2, 3, 4)),
    ],
)
def test_gradients(make, shape):
    assert_gradients(make(), normal(*shape))


def test_numbers_move_as_numpy_moves_them():
    x = normal(2, 3, 4)
    np.testing.assert_array_equal(layers.Flatten()(x), x.reshape(2, 12))
    np.testing.assert_array_equal(layers.Reshape((4, 3))(x), x.reshape(2, 4, 3))
    np.testing.assert_array_equal(layers.Reshape((2, -1))(x), x.reshape(2, 2, 6))
    np.testing.assert_array_equal(layers.RepeatVector(2)(x[:, 0]), np.stack([x[:, 0]] * 2, axis=1))


@pytest.mark.parametrize(
    ("make", "shape", "expected"),
    [
        (lambda: layers.Flatten(), (None, 3), (None, None)),
        (lambda: layers.Flatten(), (5, 3), (None, 15)),
        (lambda: layers.Reshape((2, -1)), (10,), (None, 2, 5)),
        (lambda: layers.Reshape((2, -1)), (None,), (None, 2, None)),
        (lambda: layers.RepeatVector(7), (None,), (None, 7, None)),
    ],
)
def test_open_sizes_stay_open_where_they_cannot_be_known(make, shape, expected):
    assert make()(Input(shape)).shape == expected


def test_a_mask_ends_with_a_warning():
    model = Sequential([Input((3, 2)), layers.Masking(), layers.Flatten(name="flat")])
    text = "Flatten 'flat': the mask of its input ends here, because Flatten cannot pass one on."
    with pytest.warns(UserWarning, match=re.escape(text)):
        model(np.ones((1, 3, 2)))


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: layers.Reshape(5),
            ArgumentError,
            "Reshape: `target_shape` must be a tuple of sizes; got 5. Did you mean (5,)?",
        ),
        (
            lambda: layers.RepeatVector(0),
            ArgumentError,
            "RepeatVector: `n` must be a positive integer; got 0.",
        ),
        (
            lambda: layers.RepeatVector(2, name="r")(np.ones((2, 3, 4))),
            ShapeError,
            "RepeatVector 'r': `x` must have shape (batch, features); got (2, 3, 4). "
            "A recurrent layer before it must have return_sequences=False.",
        ),
        (
            lambda: layers.Flatten("channels_first", name="f"),
            ArgumentError,
            "Flatten 'f': `data_format` must be one of 'channels_last', None; "
            "got 'channels_first'. Did you mean 'channels_last'?",
        ),
        (
            lambda: layers.Reshape((-1, -1), name="s"),
            ArgumentError,
            "Reshape 's': `target_shape` must hold sizes and at most one -1; got (-1, -1).",
        ),
        (
            lambda: layers.Reshape((2, 3), name="s")(np.ones((2, 5))),
            ShapeError,
            "Reshape 's': `x` must have as many numbers a sample as target_shape=(2, 3); "
            "got 5 in (2, 5).",
        ),
        (
            lambda: layers.Reshape((2, -1), name="s")(np.ones((2, 5))),
            ShapeError,
            "got 5 in (2, 5).",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


@pytest.mark.parametrize("dims", [(2, 1, 3), (3, 1, 2), (1, 2, 3)])
def test_gradients_of_permute(dims):
    layer, x = layers.Permute(dims, **F64), normal(2, 3, 4, 5)
    assert_gradients(layer, x)
    assert layer.compute_output_shape(x.shape) == layer(x).shape
    np.testing.assert_array_equal(layer(x), x.transpose(0, *dims))


@pytest.mark.parametrize("dims", [(0, 1), (1, 1), (1, 3), (), 2, "21", (1.5, 1), (None, 1)])
def test_dims_of_permute_are_the_axes_after_the_batch(dims):
    with pytest.raises(ArgumentError, match="Permute: `dims` must"):
        layers.Permute(dims)


def test_permute_takes_as_many_axes_as_it_names():
    text = "Permute 'p': `x` must have 2 axes after the batch, as many as `dims`; got (2, 3)."
    with pytest.raises(ShapeError, match=re.escape(text)):
        layers.Permute((2, 1), name="p")(np.ones((2, 3)))


def test_sizes_that_were_open_are_checked_when_they_are_known():
    x = Input((None,))
    model = Model(x, layers.Reshape((2, 3), name="s")(x))
    assert model.predict(np.ones((2, 6)), verbose=0).shape == (2, 2, 3)
    with pytest.raises(ShapeError, match=re.escape("got 5 in (2, 5).")):
        model.predict(np.ones((2, 5)), verbose=0)
