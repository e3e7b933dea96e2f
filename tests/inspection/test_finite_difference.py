import numpy as np
import pytest

from elman.inspection.finite_difference import central_differences
from tests.tolerances import GRADIENT


def test_the_derivative_of_a_cubic_to_the_promised_precision():
    a = np.array([[0.5, -2.0], [3.0, 0.0]])
    indices = list(np.ndindex(a.shape))
    found = central_differences(lambda: float((a**3).sum()), a, indices)
    np.testing.assert_allclose(found, (3 * a**2).ravel(), rtol=GRADIENT, atol=GRADIENT)


def test_only_the_entries_asked_for_and_the_array_is_left_as_it_was():
    a = np.array([1.0, 2.0, 3.0])
    assert central_differences(lambda: float(a @ a), a, [(2,), (0,)]) == pytest.approx(
        [6, 2], rel=GRADIENT
    )
    np.testing.assert_array_equal(a, [1, 2, 3])


def test_the_array_is_put_back_after_an_error():
    a = np.array([1.0, 2.0])

    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        central_differences(fail, a, [(0,)])
    np.testing.assert_array_equal(a, [1, 2])
