"""How far the results of a program are from those that are expected."""

import numpy as np


def difference(found, expected):
    """Return the largest difference, relative to the larger of 1 and the number, and its name.

    Raises:
        AssertionError: the names, a shape or a text differ. (Keras sorts the logs; elman does not.)
    """
    assert set(found) == set(expected), f"names: {_apart(found, expected)}"
    worst, at = 0.0, ""
    for name, right in expected.items():
        left = found[name]
        if isinstance(right, str):
            assert left == right, f"{name}: {left!r} is not {right!r}"
            continue
        assert not isinstance(left, str), f"{name}: {left!r} is no array"
        assert left.shape == right.shape, f"{name}: shape {left.shape} is not {right.shape}"
        nan = np.isnan(right)
        assert (np.isnan(left) == nan).all(), f"{name}: NaN in other places"
        off = np.abs(left - right)[~nan] / np.maximum(1, np.abs(right[~nan]))
        if off.size and off.max() > worst:
            worst, at = float(off.max()), name
    return worst, at


def _apart(found, expected):
    missing = [name for name in expected if name not in found]
    return f"missing {missing}, more {[name for name in found if name not in expected]}"
