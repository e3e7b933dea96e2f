import re

import numpy as np
import pytest

from elman.errors import ArgumentError, ShapeError
from elman.utils import normalize, to_categorical
from tests.golden.data_cases import CATEGORIES, NORMS
from tests.test_keras_parity import GOLDEN
from tests.tolerances import EXACT, KERAS_LOSS

KERAS = np.load(GOLDEN / "data.npz")


@pytest.mark.parametrize("case", range(len(CATEGORIES)))
def test_categories_are_those_of_keras(case):
    found = to_categorical(*CATEGORIES[case])
    np.testing.assert_array_equal(found, KERAS[f"categories/{case}"])
    assert found.dtype == np.float64


@pytest.mark.parametrize("case", range(len(NORMS)))
def test_normalized_arrays_are_those_of_keras(case):
    _, axis, order = NORMS[case]
    x = KERAS[f"norms/{case}/x"]
    found = normalize(x, axis, order)
    np.testing.assert_allclose(found, KERAS[f"norms/{case}"], rtol=KERAS_LOSS)
    assert found.dtype == np.float32


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("order", [1, 2, 3.5, np.inf])
def test_normalized_vectors_have_norm_one(axis, order):
    x = np.random.default_rng(0).normal(size=(4, 4))
    found = np.linalg.norm(normalize(x, axis, order), order, axis)
    np.testing.assert_allclose(found, 1.0, rtol=EXACT)


def test_integers_become_float64_and_a_number_a_vector():
    assert normalize([[3, 4]]).tolist() == [[0.6, 0.8]]
    assert normalize(5).tolist() == [1.0]


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: to_categorical([0, 1.5]),
            ArgumentError,
            "to_categorical: `x` must hold whole numbers from 0 to num_classes - 1 = 1; got 1.5.",
        ),
        (lambda: to_categorical([0, -1]), ArgumentError, "got -1."),
        (lambda: to_categorical([0, np.nan], 3), ArgumentError, "num_classes - 1 = 2; got nan."),
        (lambda: to_categorical([0, 3], 3), ArgumentError, "num_classes - 1 = 2; got 3."),
        (
            lambda: to_categorical([0], -2),
            ArgumentError,
            "to_categorical: `num_classes` must be a positive integer; got -2.",
        ),
        (
            lambda: to_categorical([]),
            ArgumentError,
            "to_categorical: `num_classes` must be given where `x` is empty; got None.",
        ),
        (
            lambda: to_categorical(["a"]),
            ArgumentError,
            "to_categorical: `x` must be an array of real numbers; got list of dtype <U1.",
        ),
        (
            lambda: normalize([1.0], axis=1),
            ShapeError,
            "normalize: `axis` must be among the axes of `x`, of shape (1,); got 1.",
        ),
        (
            lambda: normalize([1.0], axis=None),
            ArgumentError,
            "normalize: `axis` must be an integer; got None.",
        ),
        (
            lambda: normalize([1.0], order=0),
            ArgumentError,
            "normalize: `order` must be a number above 0; got 0.",
        ),
        (
            lambda: normalize([1.0], order="two"),
            ArgumentError,
            "normalize: `order` must be a number above 0; got 'two'.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
