"""How many times as fast as the fastest of the others elman is, at each point."""

import math
from collections.abc import Iterable

from benchmarks.contenders import OWN, REFERENCE
from benchmarks.records import Measurement

Point = tuple[object, ...]  # threads, and the values of what was measured


def by_point(measurements: Iterable[Measurement]) -> dict[Point, dict[str, Measurement]]:
    """Gather figures of the same point, by contender."""
    points: dict[Point, dict[str, Measurement]] = {}
    for m in measurements:
        points.setdefault((m.threads, *m.what.values()), {})[m.contender] = m
    return points


def to_fastest(measurements: Iterable[Measurement]) -> dict[Point, float]:
    """Return the ratio at each point where elman has a rival."""
    found = {}
    for point, figures in by_point(measurements).items():
        rivals = [m.value for name, m in figures.items() if name not in (OWN, REFERENCE)]
        if rivals and OWN in figures:
            found[point] = min(rivals) / figures[OWN].value
    return found


def geometric_mean(ratios: Iterable[float]) -> float:
    logs = [math.log(ratio) for ratio in ratios]
    return math.exp(sum(logs) / len(logs))
