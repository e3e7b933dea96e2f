"""The one finite-difference helper of the tests.

dL/dx_i  =  (L(x + s e_i) - L(x - s e_i)) / (2 s)  +  O(s^2)
"""

from collections.abc import Callable

import numpy as np

from tests.tolerances import GRADIENT, STEP


def assert_gradient(
    f: Callable[[np.ndarray], float],
    x: np.ndarray,
    analytic: np.ndarray,
    *,
    tolerance: float = GRADIENT,
    step: float = STEP,
) -> None:
    """Check a gradient against central differences in every element.

    Args:
        f: a function of an array like `x` to a number. It may read `x` where it lies, as `x` is
            changed in place one element at a time, and put back.
        x: where to differentiate, float64.
        analytic: the gradient to check, of the shape of `x`.
        tolerance: the largest difference, relative to the larger of 1 and the difference quotient.
        step: how far to go to either side.

    Raises:
        AssertionError: an element differs; it names the worst.
    """
    assert x.dtype == np.float64, f"x must be float64 for differences to mean much; got {x.dtype}"
    assert analytic.shape == x.shape, f"gradient has shape {analytic.shape}, x has {x.shape}"
    numeric = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        kept = x[i]
        x[i] = kept + step
        above = float(f(x))
        x[i] = kept - step
        below = float(f(x))
        x[i] = kept
        numeric[i] = (above - below) / (2 * step)
    error = np.abs(analytic - numeric) / np.maximum(1.0, np.abs(numeric))
    error = np.where(np.isnan(error), np.inf, error)
    if error.size and error.max() > tolerance:
        worst = tuple(int(k) for k in np.unravel_index(np.argmax(error), error.shape))
        raise AssertionError(
            f"gradient is off by {error[worst]:.2e} (allowed {tolerance:.0e}) at {worst}:"
            f" analytic {analytic[worst]:.10g}, numeric {numeric[worst]:.10g};"
            f" {np.count_nonzero(error > tolerance)} of {error.size} elements are off"
        )
