"""Where on a line things stand that must not overlap, each as near as can be to where it would.

    minimise  sum_i w_i (x_i - wanted_i)^2     with  x_{i+1} - x_i >= gap_i,  low <= x_i <= high

With z_i = x_i - (gap_0 + … + gap_{i-1}) the condition is z_i <= z_{i+1}, and the problem is that of
isotonic regression, which pooling neighbours that are in the wrong order solves exactly; where
there are bounds, its solution is cut off at them.

Source: Barlow et al. 1972, "Statistical inference under order restrictions", section 1.2.
"""

import math
from collections.abc import Sequence
from itertools import accumulate


def spread(
    wanted: Sequence[float],
    gaps: Sequence[float],
    weights: Sequence[float] | None = None,
    low: float = -math.inf,
    high: float = math.inf,
) -> list[float]:
    """Return the places.

    Args:
        wanted: where each would be, in the order in which they stand.
        gaps: the least distance of each to the next, one fewer.
        weights: how much each matters; by default alike.
        low, high: the bounds, with room for all gaps.

    >>> spread([0.0, 1.0, 1.0], [1.0, 2.0])
    [-0.6666666666666666, 0.33333333333333337, 2.3333333333333335]
    """
    shifts = list(accumulate(gaps, initial=0.0))
    pools: list[tuple[float, float, int]] = []  # weighted sum, weight, how many
    for i, x in enumerate(wanted):
        w = 1.0 if weights is None else weights[i]
        total, weight, size = w * (x - shifts[i]), w, 1
        while pools and pools[-1][0] / pools[-1][1] > total / weight:
            before = pools.pop()
            total, weight, size = total + before[0], weight + before[1], size + before[2]
        pools.append((total, weight, size))
    levels = [total / weight for total, weight, size in pools for _ in range(size)]
    top = high - shifts[-1]
    return [max(low, min(z, top)) + shift for z, shift in zip(levels, shifts, strict=False)]
