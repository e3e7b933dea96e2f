"""The one finite-difference helper of the tests: a gradient against `central_differences`."""

from collections.abc import Callable

import numpy as np

from elman.inspection.finite_difference import central_differences
from tests.tolerances import GRADIENT


def assert_gradient(
    f: Callable[[np.ndarray], float],
    x: np.ndarray,
    analytic: np.ndarray,
    *,
    tolerance: float = GRADIENT,
) -> None:
    """Check a gradient against central differences in every element.

    Args:
        f: a function of an array like `x` to a number. It may read `x` where it lies, as `x` is
            changed in place one element at a time, and put back.
        x: where to differentiate, float64.
        analytic: the gradient to check, of the shape of `x`.
        tolerance: the largest difference, relative to the larger of 1 and the difference quotient.

    Raises:
        AssertionError: an element differs; it names the worst.
    """
    assert x.dtype == np.float64, f"x must be float64 for differences to mean much; got {x.dtype}"
    assert analytic.shape == x.shape, f"gradient has shape {analytic.shape}, x has {x.shape}"
    found = central_differences(lambda: float(f(x)), x, np.ndindex(x.shape))
    numeric = np.array(found).reshape(x.shape)
    error = np.abs(analytic - numeric) / np.maximum(1.0, np.abs(numeric))
    error = np.where(np.isnan(error), np.inf, error)
    if error.size and error.max() > tolerance:
        worst = tuple(int(k) for k in np.unravel_index(np.argmax(error), error.shape))
        raise AssertionError(
            f"gradient is off by {error[worst]:.2e} (allowed {tolerance:.0e}) at {worst}:"
            f" analytic {analytic[worst]:.10g}, numeric {numeric[worst]:.10g};"
            f" {np.count_nonzero(error > tolerance)} of {error.size} elements are off"
        )
