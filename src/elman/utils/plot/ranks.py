"""Which boxes stand beside each other: rows from the first to the last, and the order in each.

    rank     the longest way from where nothing comes in; what has no input stands just before
             what reads it
    bends    an arrow over several rows passes through a bend in each row between
    order    rows are sorted by the mean place of their neighbours, down and up again, and of all
             orders the one with the fewest crossings stands

Source: Sugiyama, Tagawa and Toda 1981, "Methods for visual understanding of hierarchical system
structures".
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

Arrow = tuple[int, int]
SWEEPS = 6


class Rows(NamedTuple):
    """What stands where.

    Attributes:
        rows: the numbers of what stands in each row, in order; those from `count` on are bends.
        ways: of each arrow what it passes through, from its start to its end; empty if it leads
            back, because arrows run in a circle.
    """

    rows: list[list[int]]
    ways: list[list[int]]


def in_rows(
    count: int,
    arrows: Sequence[Arrow],
    back: Sequence[bool] = (),
    first: Sequence[int] = (),
    last: Sequence[int] = (),
) -> Rows:
    """Return the rows of things between which there are arrows.

    Args:
        count: how many things there are; they are numbered from 0.
        arrows: from which to which; none from a thing to itself.
        back: of each arrow whether it is known to lead back; others may be found to.
        first, last: what stands in a row of its own before and behind all others.

    >>> in_rows(3, [(0, 1), (1, 2), (0, 2)]).rows
    [[0], [1, 3], [2]]
    """
    back = _back(count, arrows, back or [False] * len(arrows))
    down = [arrow for arrow, leads_back in zip(arrows, back, strict=True) if not leads_back]
    rank = _ranks(count, down, first, last)
    rows: list[list[int]] = [[] for _ in range(max(rank, default=-1) + 1)]
    for thing in range(count):
        rows[rank[thing]].append(thing)
    ways: list[list[int]] = []
    for (a, b), leads_back in zip(arrows, back, strict=True):
        if leads_back:
            ways.append([])
            continue
        bends = list(range(count, count + rank[b] - rank[a] - 1))
        count += len(bends)
        for row, bend in zip(rows[rank[a] + 1 : rank[b]], bends, strict=True):
            row.append(bend)
        ways.append([a, *bends, b])
    return Rows(_sorted(rows, [pair for way in ways for pair in pairwise(way)]), ways)


def _back(count: int, arrows: Sequence[Arrow], known: Sequence[bool]) -> list[bool]:
    """Return which arrows lead back to where a walk along the others came from."""
    leaving: list[list[int]] = [[] for _ in range(count)]
    for i, (a, _) in enumerate(arrows):
        if not known[i]:
            leaving[a].append(i)
    entered = {b for (_, b), leads_back in zip(arrows, known, strict=True) if not leads_back}
    found = list(known)
    state = [0] * count  # 1 on the way, 2 done
    for root in sorted(range(count), key=lambda thing: thing in entered):
        walk = [(root, iter(leaving[root]))] if not state[root] else []
        state[root] = state[root] or 1
        while walk:
            thing, rest = walk[-1]
            i = next(rest, -1)
            if i < 0:
                state[thing] = 2
                walk.pop()
                continue
            target = arrows[i][1]
            found[i] = state[target] == 1
            if not state[target]:
                state[target] = 1
                walk.append((target, iter(leaving[target])))
    return found


def _ranks(
    count: int, down: Sequence[Arrow], first: Sequence[int], last: Sequence[int]
) -> list[int]:
    """Return the row of each thing."""
    rank = [1 if first else 0] * count
    for thing in first:
        rank[thing] = 0
    missing = [0] * count
    below: list[list[int]] = [[] for _ in range(count)]
    for a, b in down:
        missing[b] += 1
        below[a].append(b)
    ready = [thing for thing in range(count) if not missing[thing]]
    sources = [thing for thing in ready if below[thing] and thing not in set(first)]
    while ready:
        thing = ready.pop()
        for other in below[thing]:
            rank[other] = max(rank[other], rank[thing] + 1)
            missing[other] -= 1
            if not missing[other]:
                ready.append(other)
    for thing in sources:
        rank[thing] = min(rank[other] for other in below[thing]) - 1
    for thing in last:
        rank[thing] = 1 + max(rank[i] for i in range(count) if i not in set(last))
    return rank


def _sorted(rows: list[list[int]], steps: Sequence[Arrow]) -> list[list[int]]:
    """Return the rows in an order in which few arrows cross."""
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for a, b in steps:
        above.setdefault(b, []).append(a)
        below.setdefault(a, []).append(b)
    best, fewest = rows, _crossings(rows, below)
    for sweep in range(SWEEPS if fewest else 0):
        order = range(1, len(rows)) if sweep % 2 == 0 else range(len(rows) - 2, -1, -1)
        beside, step = (above, -1) if sweep % 2 == 0 else (below, 1)
        rows = list(rows)
        for i in order:
            rows[i] = _by_neighbours(rows[i], rows[i + step], beside)
        if (crossings := _crossings(rows, below)) < fewest:
            best, fewest = rows, crossings
    return best


def _by_neighbours(row: list[int], other: list[int], beside: dict[int, list[int]]) -> list[int]:
    place = {thing: i for i, thing in enumerate(other)}
    own = {thing: i for i, thing in enumerate(row)}

    def mean(thing: int) -> float:
        near = [place[each] for each in beside.get(thing, ())]
        return sum(near) / len(near) if near else own[thing]

    return sorted(row, key=mean)


def _crossings(rows: list[list[int]], below: dict[int, list[int]]) -> int:
    """Return how many pairs of arrows between neighbouring rows cross."""
    total = 0
    for upper, lower in pairwise(rows):
        place = {thing: i for i, thing in enumerate(lower)}
        ends = [sorted(place[b] for b in below.get(a, ())) for a in upper]
        flat = [(i, end) for i, some in enumerate(ends) for end in some]
        total += sum(
            1 for n, (i, a) in enumerate(flat) for j, b in flat[n + 1 :] if i < j and a > b
        )
    return total
