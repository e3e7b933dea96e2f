import numpy as np
import pytest

from tests.gradcheck import assert_gradient


def test_a_right_gradient_passes_and_x_is_left_as_it_was():
    x = np.random.default_rng(0).normal(size=(3, 4))
    before = x.copy()
    assert_gradient(lambda a: np.sum(a**3), x, 3 * x**2)
    np.testing.assert_array_equal(x, before)


def test_a_wrong_element_is_named():
    x = np.ones((2, 3))
    wrong = 2 * x
    wrong[1, 2] = 0
    with pytest.raises(AssertionError, match=r"at \(1, 2\): analytic 0, numeric 2"):
        assert_gradient(lambda a: np.sum(a**2), x, wrong)


def test_a_gradient_that_is_not_a_number_fails():
    with pytest.raises(AssertionError, match="off by inf"):
        assert_gradient(lambda a: np.sum(a), np.ones(2), np.array([1.0, np.nan]))


def test_shapes_and_float64_are_asked_for():
    with pytest.raises(AssertionError, match="must be float64"):
        assert_gradient(np.sum, np.ones(2, np.float32), np.ones(2))
    with pytest.raises(AssertionError, match=r"gradient has shape \(3,\), x has \(2,\)"):
        assert_gradient(np.sum, np.ones(2), np.ones(3))
