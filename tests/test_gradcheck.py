import numpy as np
import pytest

from elman.inspection.finite_difference import central_differences
from tests.gradcheck import assert_gradient
from tests.tolerances import GRADIENT

POINTS = [0.3, -1.2, 2.5, 40.0]


@pytest.mark.parametrize(
    ("f", "df"),
    [(np.sin, np.cos), (np.square, lambda x: 2 * x), (np.tanh, lambda x: 1 / np.cosh(x) ** 2)],
)
def test_differences_are_the_known_derivative(f, df):
    x = np.array(POINTS)
    numeric = central_differences(lambda: float(f(x).sum()), x, np.ndindex(x.shape))
    np.testing.assert_allclose(numeric, df(np.array(POINTS)), rtol=GRADIENT, atol=GRADIENT)


def test_differences_are_of_the_entries_asked_for():
    x = np.arange(6.0).reshape(2, 3)
    assert central_differences(lambda: float((x**2).sum()), x, [(1, 2), (0, 1)]) == pytest.approx(
        [10, 2], abs=GRADIENT
    )


def test_differences_put_the_entry_back_when_the_function_fails():
    x = np.array([1.0, 2.0])

    def fail() -> float:
        raise RuntimeError("no value here")

    with pytest.raises(RuntimeError, match="no value here"):
        central_differences(fail, x, [(1,)])
    np.testing.assert_array_equal(x, [1, 2])


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


def test_a_gradient_off_by_little_is_caught():
    x = np.random.default_rng(0).normal(size=5)
    with pytest.raises(AssertionError, match="5 of 5 elements are off"):
        assert_gradient(lambda a: np.sum(np.tanh(a)), x, 1 - np.tanh(x) ** 2 + 1e-6)


def test_a_gradient_that_is_not_a_number_fails():
    with pytest.raises(AssertionError, match="off by inf"):
        assert_gradient(lambda a: np.sum(a), np.ones(2), np.array([1.0, np.nan]))


def test_shapes_and_float64_are_asked_for():
    with pytest.raises(AssertionError, match="must be float64"):
        assert_gradient(np.sum, np.ones(2, np.float32), np.ones(2))
    with pytest.raises(AssertionError, match=r"gradient has shape \(3,\), x has \(2,\)"):
        assert_gradient(np.sum, np.ones(2), np.ones(3))
