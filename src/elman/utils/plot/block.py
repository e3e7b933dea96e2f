"""How the parts of one model are put together: rows one below the other, arrows between them.

An arrow leaves what it comes from in the middle of its lower side and comes in at the upper side,
beside the others. One that leads back goes around everything on the right.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from elman.utils.plot.diagram import Key
from elman.utils.plot.ranks import Rows
from elman.utils.plot.routes import APART, Crossing, Point, lanes
from elman.utils.plot.spread import spread

BETWEEN = 20.0  # pt, between the boxes of a row
LANE = 15.0  # pt, from a row to the first lane: the head of an arrow and a corner
ROOM, PASSAGE = 30.0, 12.0  # pt, the least between rows, and beside a row of passages
BEND = 10.0  # pt, what a bend takes of its row
EDGE = 10.0  # pt from a corner of a box to the first arrow
SMALL = 9.0  # pt; a step of less is taken out of an arrow's way
AROUND, OVER = 7.0, 14.0  # pt, how far an arrow that leads back keeps away, and above its end
SWEEPS = 24

Size = tuple[float, float]


class Rect(NamedTuple):
    """A box: its left upper corner and its size."""

    x: float
    y: float
    width: float
    height: float


class Block(NamedTuple):
    """Parts that are laid out: across and along, from the block's own corner.

    Attributes:
        size: across and along.
        boxes, frames: by key.
        routes: the points of each arrow as far as it is inside, by number.
    """

    size: Size
    boxes: dict[Key, Rect]
    frames: dict[Key, Rect]
    routes: dict[int, list[Point]]

    def moved(self, x: float, y: float) -> "Block":
        """Return the block at another place."""

        def rects(given: Mapping[Key, Rect]) -> dict[Key, Rect]:
            return {key: r._replace(x=r.x + x, y=r.y + y) for key, r in given.items()}

        routes = {i: [(a + x, b + y) for a, b in route] for i, route in self.routes.items()}
        return Block(self.size, rects(self.boxes), rects(self.frames), routes)


class Table(NamedTuple):
    """The rows of a block, and what each thing in them takes.

    Attributes:
        rows: what stands in which row, and the ways of the arrows.
        sizes: across and along, by thing; what is not in it is a bend.
        pairs: from which to which thing, by the arrow's number, in the order of the ways.
        blocks: of each part.
    """

    rows: Rows
    sizes: dict[int, Size]
    pairs: dict[int, tuple[int, int]]
    blocks: list[Block]

    def width(self, thing: int) -> float:
        """Return what a thing takes of its row."""
        return self.sizes.get(thing, (BEND, 0.0))[0]

    def height(self, row: Sequence[int]) -> float:
        """Return the height of a row."""
        return max(self.sizes.get(thing, (0.0, 0.0))[1] for thing in row)

    def ends_in_passages(self, row: Sequence[int]) -> bool:
        """Say whether the next row is the last and holds passages alone."""
        return self.rows.rows[-2:-1] == [row] and not self.height(self.rows.rows[-1])

    def inside(self, number: int, thing: int) -> list[Point]:
        """Return the points of an arrow inside a thing; none where that is a box."""
        return self.blocks[thing].routes.get(number, []) if thing < len(self.blocks) else []

    def back(self) -> dict[int, tuple[int, int]]:
        """Return the pairs of the arrows that lead back."""
        items = zip(self.pairs.items(), self.rows.ways, strict=True)
        return {number: pair for (number, pair), way in items if not way}

    def ways(self) -> dict[int, list[int]]:
        """Return what each arrow passes through, those aside that lead back."""
        pairs = zip(self.pairs, self.rows.ways, strict=True)
        return {number: way for number, way in pairs if way}


def assembled(table: Table, right_angles: bool) -> Block:
    """Return the block of a table of parts."""
    x = _across(table)
    ports = _ports(table, x)
    tops, between, height = _along(table, ports, right_angles)
    boxes: dict[Key, Rect] = {}
    frames: dict[Key, Rect] = {}
    routes: dict[int, list[Point]] = {}
    placed: dict[int, Block] = {}
    for row, top in zip(table.rows.rows, tops, strict=True):
        for thing in row:
            if thing < len(table.blocks):
                width, high = table.blocks[thing].size
                y = top + (table.height(row) - high) / 2
                placed[thing] = block = table.blocks[thing].moved(x[thing] - width / 2, y)
                boxes |= block.boxes
                frames |= block.frames
                routes |= block.routes
    right = max((x[i] + table.width(i) / 2 for i in x), default=0.0)
    bands = {
        thing: (top, top + table.height(row))
        for row, top in zip(table.rows.rows, tops, strict=True)
        for thing in row
    }
    for number, (start, end) in table.back().items():
        right += AROUND
        leaves, enters = _out(placed[start], number), _into(placed[end], number)
        low, high = bands[start][1] + AROUND, bands[end][0] - OVER
        between[number] = [(leaves, low), (right, low), (right, high), (enters, high)]
    for number, points in between.items():
        start, end = table.pairs[number]
        first = _inside(placed.get(start), number, points[0][0], below=True)
        last = _inside(placed.get(end), number, points[-1][0], below=False)
        routes[number] = [*first, *points, *last]
    return Block((right, height), boxes, frames, routes)


def _inside(block: Block | None, number: int, x: float, *, below: bool) -> list[Point]:
    """Return the points of an arrow in the part at one of its ends, or where it meets a box."""
    if block is None:
        return []
    if block.frames:
        return block.routes[number]
    (rect,) = block.boxes.values()
    return [(x, rect.y + rect.height if below else rect.y)]


def _out(block: Block, number: int) -> float:
    """Return where an arrow that leads back leaves a part."""
    if block.frames:
        return block.routes[number][-1][0]
    (rect,) = block.boxes.values()
    return rect.x + rect.width / 2


def _into(block: Block, number: int) -> float:
    """Return where it comes in: in a box on the right, beside the others."""
    if block.frames:
        return block.routes[number][0][0]
    (rect,) = block.boxes.values()
    return rect.x + rect.width - min(EDGE, 0.2 * rect.width)


# ---------------------------------------------------------------------- across


def _across(table: Table) -> dict[int, float]:
    """Return where the middle of each thing is, so that arrows are as straight as can be."""
    rows = table.rows.rows
    beside: dict[int, list[tuple[int, float]]] = {}
    for number, way in table.ways().items():
        for a, b in pairwise(way):
            shift = _port(table, number, a, -1) - _port(table, number, b, 0)
            beside.setdefault(a, []).append((b, -shift))
            beside.setdefault(b, []).append((a, shift))
    row_of = {thing: i for i, row in enumerate(rows) for thing in row}
    x: dict[int, float] = {}
    for row in rows:
        x.update(zip(row, spread([0.0] * len(row), _gaps(table, row)), strict=True))
    for sweep in range(SWEEPS):
        down, both = sweep % 2 == 0, sweep >= SWEEPS - 2
        for i in range(len(rows)) if down else reversed(range(len(rows))):
            wanted, weights = [], []
            for thing in rows[i]:
                near = [
                    x[other] + shift
                    for other, shift in beside.get(thing, ())
                    if both or (row_of[other] < i) == down
                ]
                wanted.append(sum(near) / len(near) if near else x[thing])
                weights.append((1.0 if thing in table.sizes else 8.0) if near else 0.1)
            places = spread(wanted, _gaps(table, rows[i]), weights)
            x.update(zip(rows[i], places, strict=True))
    left = min((x[i] - table.width(i) / 2 for i in x), default=0.0)
    return {thing: middle - left for thing, middle in x.items()}


def _gaps(table: Table, row: Sequence[int]) -> list[float]:
    return [(table.width(a) + table.width(b)) / 2 + BETWEEN for a, b in pairwise(row)]


def _port(table: Table, number: int, thing: int, end: int) -> float:
    """Return how far from the middle of a thing an arrow meets it."""
    route = table.inside(number, thing)
    return route[end][0] - table.blocks[thing].size[0] / 2 if route else 0.0


def _ports(table: Table, x: Mapping[int, float]) -> dict[int, list[float]]:
    """Return where each arrow meets the things that it passes, side by side where it comes in."""
    found: dict[int, list[float]] = {}
    coming: dict[int, list[int]] = {}
    for number, way in table.ways().items():
        first, last = way[0], way[-1]
        found[number] = [x[thing] for thing in way]
        found[number][0] += _port(table, number, first, -1)
        found[number][-1] += _port(table, number, last, 0)
        if last < len(table.blocks) and not table.blocks[last].frames:
            coming.setdefault(last, []).append(number)
    _straighten(table, found, -1)
    entered_again = {end for _, end in table.back().values()}
    for thing, numbers in coming.items():
        width = table.blocks[thing].size[0]
        half = max(width / 2 - EDGE, 0.3 * width)
        low, high = x[thing] - half, x[thing] + half - 2 * APART * (thing in entered_again)
        numbers.sort(key=lambda number: found[number][-2])
        wanted = [found[number][-2] for number in numbers]
        if len(numbers) == 1 and not low <= wanted[0] <= high:
            continue  # it comes from the side: into the middle
        apart = min(2 * APART, max(high - low, 0.0) / max(len(numbers) - 1, 1))
        places = spread(wanted, [apart] * (len(numbers) - 1), None, low, high)
        for number, place in zip(numbers, places, strict=True):
            found[number][-1] = place
    _straighten(table, found, 1)
    return found


def _straighten(table: Table, ports: dict[int, list[float]], other: int) -> None:
    """Take small steps out of the ways of arrows, where what they pass through leaves room.

    Each point is moved to the one before (`other` = -1) or behind (1).
    """
    ways = table.ways()
    leaving = Counter(way[0] for way in ways.values())
    for number, way in ways.items():
        at, free = ports[number], [not table.sizes.get(i, (0.0, 0.0))[1] for i in way]
        free[0] = free[0] or (leaving[way[0]] == 1 and not table.blocks[way[0]].frames)
        for n in range(1, len(way)) if other < 0 else reversed(range(len(way) - 1)):
            if free[n] and abs(at[n + other] - at[n]) < SMALL:
                at[n] = at[n + other]


# ---------------------------------------------------------------------- along


def _along(
    table: Table, ports: Mapping[int, Sequence[float]], right_angles: bool
) -> tuple[list[float], dict[int, list[Point]], float]:
    """Return where each row begins, the points of each arrow between the rows, and the height."""
    rows = table.rows.rows
    row_of = {thing: i for i, row in enumerate(rows) for thing in row}
    leaving: list[list[tuple[int, Crossing]]] = [[] for _ in rows]
    for number, way in table.ways().items():
        for (a, _), (start, end) in zip(pairwise(way), pairwise(ports[number]), strict=True):
            leaving[row_of[a]].append((number, Crossing(start, end, way[0])))
    above = {row_of[end] for _, end in table.back().values()}
    below = {row_of[start] for start, _ in table.back().values()}
    tops, y, height = [], OVER * (0 in above), 0.0
    points: dict[int, list[Point]] = {number: [] for number in ports}
    for i, (row, steps) in enumerate(zip(rows, leaving, strict=True)):
        tops.append(y)
        bottom = y + table.height(row)
        height = bottom + 2 * AROUND * (i in below)
        crossings = [crossing for _, crossing in steps]
        lane = lanes(crossings) if right_angles else [None] * len(steps)
        used = max((n + 1 for n in lane if n is not None), default=0)
        least = ROOM if table.height(row) and not table.ends_in_passages(row) else PASSAGE
        room = max(least, (2 * LANE + (used - 1) * APART) * (used > 0))
        for (number, crossing), n in zip(steps, lane, strict=True):
            points[number].append((crossing.start, bottom))
            if n is not None:
                middle = height + room / 2 + (n - (used - 1) / 2) * APART
                points[number] += [(crossing.start, middle), (crossing.end, middle)]
            points[number].append((crossing.end, height + room))
        y = height + room + OVER * (i + 1 in above)
    return tops, points, height
