"""Which way arrows take between two rows: lanes that do not hide each other, and round corners.

With right angles an arrow leaves its box along the rows' direction, turns into a lane between the
rows, and turns again above its end. Two arrows share a lane only where they do not touch, and a
lane lies so that no arrow runs upon another on its way to and from it.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

Point = tuple[float, float]
STRAIGHT = 0.5  # pt; what is off by less goes straight
APART = 7.0  # pt between what runs side by side
CORNER = 6.0  # pt, radius
MOVE, LINE, CURVE3, CURVE4 = 1, 2, 3, 4  # matplotlib's numbers


class Crossing(NamedTuple):
    """An arrow between two neighbouring rows.

    Attributes:
        start, end: where it leaves the upper row and enters the lower.
        source: what it comes from; arrows from one source may share a lane.
    """

    start: float
    end: float
    source: int


def lanes(crossings: Sequence[Crossing]) -> list[int | None]:
    """Return the lane of each crossing, counted from the upper row; None goes straight.

    >>> lanes([Crossing(0, 9, 0), Crossing(1, 10, 1), Crossing(3, 3, 2)])
    [1, 0, None]
    """
    found: list[int | None] = [None] * len(crossings)
    turning = [i for i, c in enumerate(crossings) if abs(c.end - c.start) > STRAIGHT]
    over = {
        i: {
            j
            for j in turning
            if j != i
            and crossings[j].source != crossings[i].source
            and abs(crossings[j].start - crossings[i].end) < APART
        }
        for i in turning
    }
    waiting = sorted(turning, key=lambda i: _turn(crossings[i]))
    taken: list[list[int]] = []
    while waiting:
        free = [i for i in waiting if not over[i].intersection(waiting)]
        i = (free or waiting)[0]  # where each waits for another, somebody begins
        waiting.remove(i)
        above = [lane for j in over[i] if (lane := found[j]) is not None]
        least = max(above, default=-1) + 1
        lane = next(
            (n for n in range(least, len(taken)) if _fits(crossings, i, taken[n])),
            max(least, len(taken)),
        )
        taken.extend([] for _ in range(lane + 1 - len(taken)))
        taken[lane].append(i)
        found[i] = lane
    return found


def _turn(crossing: Crossing) -> tuple[bool, float]:
    """Return the order in which lanes are given: so those that turn alike do not cross."""
    right = crossing.end > crossing.start
    return right, -crossing.start if right else crossing.start


def _fits(crossings: Sequence[Crossing], i: int, lane: Sequence[int]) -> bool:
    a = crossings[i]
    low, high = min(a.start, a.end) - APART, max(a.start, a.end) + APART
    return all(
        crossings[j].source == a.source
        or max(crossings[j][:2]) < low
        or min(crossings[j][:2]) > high
        for j in lane
    )


def path(points: Sequence[Point], curved: bool) -> tuple[list[Point], list[int]]:
    """Return the points and codes of a line through these points.

    Args:
        points: (across, along); where a step goes along one of both axes it is a straight line.
        curved: whether other steps are curves that begin and end along the rows' direction.
    """
    points = _without_needless([(round(x, 3), round(y, 3)) for x, y in points])
    vertices, codes = [points[0]], [MOVE]
    for i, (a, b) in enumerate(pairwise(points)):
        if curved and a[0] != b[0] and a[1] != b[1]:
            middle = (a[1] + b[1]) / 2
            vertices += [(a[0], middle), (b[0], middle), b]
            codes += [CURVE4] * 3
            continue
        after = points[i + 2] if i + 2 < len(points) else None
        if after is None or not _corner(a, b, after):
            vertices.append(b)
            codes.append(LINE)
            continue
        radius = min(CORNER, _length(a, b) / 2, _length(b, after) / 2)
        vertices += [_towards(b, a, radius), b, _towards(b, after, radius)]
        codes += [LINE, CURVE3, CURVE3]
    return vertices, codes


def _without_needless(points: Sequence[Point]) -> list[Point]:
    """Leave out points that are met twice, or lie on the line between their neighbours."""
    found: list[Point] = []
    for point in points:
        if found and found[-1] == point:
            continue
        if len(found) > 1 and found[-2][0] == found[-1][0] == point[0]:
            found.pop()
        found.append(point)
    return found


def _corner(a: Point, b: Point, c: Point) -> bool:
    """Say whether two steps along the axes meet at a right angle."""
    return (a[0] == b[0] and b[1] == c[1]) or (a[1] == b[1] and b[0] == c[0])


def _length(a: Point, b: Point) -> float:
    return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)


def _towards(a: Point, b: Point, far: float) -> Point:
    part = far / max(_length(a, b), 1e-9)
    return a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])
