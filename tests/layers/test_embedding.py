import re

import numpy as np
import pytest

from elman import Input, Sequential, gradients, layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import F64, assert_gradients, scramble
from tests.tolerances import EXACT

INDICES = np.array([[1, 1, 4], [0, 1, 4]])


def built(**options):
    layer = layers.Embedding(5, 2, **F64, **options)
    layer.build(INDICES.shape)
    return scramble(layer)


def test_gradients_of_indices_that_occur_twice_add_up():
    assert_gradients(built(), INDICES)
    found = gradients(built(), INDICES, output_gradients=np.ones((2, 3, 2)))
    assert found["inputs"] == [None]
    np.testing.assert_array_equal(found["weights"][0][:, 0], [1, 3, 0, 0, 2])


def test_it_gives_the_row_of_each_index_whatever_the_integer_type():
    layer = built()
    table = layer.get_weights()[0]
    for dtype in ("int32", "int64", "uint8", "float32", "float64"):
        np.testing.assert_array_equal(layer(INDICES.astype(dtype)), table[INDICES])


def test_mask_zero_masks_the_index_0():
    model = Sequential(
        [Input((None,), dtype="int32"), built(mask_zero=True), layers.LSTM(3, **F64)]
    )
    np.testing.assert_allclose(
        model(np.array([[3, 2, 0, 0]])), model(np.array([[3, 2]])), rtol=EXACT
    )
    model = Sequential([Input((None,), dtype="int32"), built(), model.layers[1]])
    assert not np.allclose(model(np.array([[3, 2, 0, 0]])), model(np.array([[3, 2]])))


def test_initial_embeddings_may_be_given():
    table = np.arange(10.0).reshape(5, 2)
    for weights in (table, [table]):
        layer = layers.Embedding(5, 2, weights=weights)
        np.testing.assert_array_equal(layer([[2]]), [[[4, 5]]])


def test_embeddings_start_uniform_within_keras_s_limit():
    layer = layers.Embedding(100, 20)
    layer([[0]])
    assert 0.049 < np.abs(layer.embeddings.array).max() <= 0.05


def call(x):
    return layers.Embedding(5, 2, name="e")(x)


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: layers.Embedding(2, 2, mask_zero="yes"),
            ArgumentError,
            "Embedding: `mask_zero` must be True or False; got 'yes'.",
        ),
        (
            lambda: layers.Embedding(0, 2, name="e"),
            ArgumentError,
            "Embedding 'e': `input_dim` must be a positive integer; got 0.",
        ),
        (
            lambda: layers.Embedding(2, -1, name="e"),
            ArgumentError,
            "Embedding 'e': `output_dim` must be a positive integer; got -1.",
        ),
        (
            lambda: call([[5]]),
            ArgumentError,
            "Embedding 'e': `x` must hold indices from 0 to 4; got 5. "
            "`input_dim` is the largest index plus one.",
        ),
        (
            lambda: call([[-1, 7]]),
            ArgumentError,
            "Embedding 'e': `x` must hold indices from 0 to 4; got -1.",
        ),
        (
            lambda: call([[0.5]]),
            ArgumentError,
            "Embedding 'e': `x` must hold whole numbers; got fractions.",
        ),
        (
            lambda: call([[np.nan]]),
            ArgumentError,
            "Embedding 'e': `x` must hold whole numbers; got fractions.",
        ),
        (
            lambda: layers.Embedding(5, 2, weights=np.zeros((2, 2)), name="e")([[1]]),
            ShapeError,
            "Weight 'e/embeddings': `value` must have shape (5, 2); got (2, 2).",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
