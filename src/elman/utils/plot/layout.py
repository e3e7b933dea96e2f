"""Where the boxes and frames of a diagram are, and which way its arrows take.

Everything is laid out with the rows one below the other: (across, along). A picture from left to
right is the same with the two axes exchanged; one from below is mirrored. A frame is laid out
first, with a passage at its border for each arrow that enters or leaves, and is then a box itself.
All lengths are in points, 1/72 inch.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from elman.utils.plot.block import BEND, Block, Rect, Size, Table, assembled
from elman.utils.plot.diagram import Arrow, Box, Diagram, Frame, Key, Part
from elman.utils.plot.ranks import in_rows
from elman.utils.plot.routes import Point, path

INSIDE = 14.0  # pt from a frame to what is in it
LOOP = 16.0  # pt, how far an arrow from a box to itself stands out

Path = tuple[list[Point], list[int]]


class Layout(NamedTuple):
    """Where everything is.

    Attributes:
        size: of the picture.
        boxes, frames: by key.
        arrows: points and codes of each arrow, to its tip.
    """

    size: Size
    boxes: dict[Key, Rect]
    frames: dict[Key, Rect]
    arrows: list[Path]


class Setting(NamedTuple):
    """What every block needs.

    Attributes:
        arrows: all of the diagram.
        size_of: the size of a box, across and along.
        border: what a frame takes for itself: before and behind, across and along.
        right_angles: whether arrows turn at right angles.
    """

    arrows: Sequence[Arrow]
    size_of: Callable[[Box], Size]
    border: Callable[[Frame], tuple[float, float, float, float]]
    right_angles: bool


def layout(
    diagram: Diagram,
    size_of: Callable[[Box], Size],
    title_of: Callable[[Frame], Size],
    rankdir: str = "TB",
    splines: str = "ortho",
) -> Layout:
    """Return where the parts of a diagram are.

    Args:
        diagram: what is shown.
        size_of: width and height of a box.
        title_of: width and height of what stands above in a frame.
        rankdir: "TB", "BT", "LR" or "RL", from where to where arrows point.
        splines: "ortho", "curved" or "line".
    """
    flat, mirrored = rankdir in ("LR", "RL"), rankdir in ("BT", "RL")

    def turned(size: Size) -> Size:
        return (size[1], size[0]) if flat else size

    def border(frame: Frame) -> tuple[float, float, float, float]:
        title = title_of(frame)[1] + INSIDE
        if flat:
            return title, INSIDE, INSIDE, INSIDE
        return (INSIDE, INSIDE, INSIDE, title) if mirrored else (INSIDE, title, INSIDE, INSIDE)

    setting = Setting(diagram.arrows, lambda box: turned(size_of(box)), border, splines == "ortho")
    block = _block((), diagram.parts, setting)
    size = turned(block.size)

    def placed(rect: Rect) -> Rect:
        x, y = turned((rect.x, rect.y))
        width, height = turned((rect.width, rect.height))
        if mirrored:
            x, y = (size[0] - x - width, y) if flat else (x, size[1] - y - height)
        return Rect(x, y, width, height)

    def drawn(i: int) -> Path:
        found, codes = path(block.routes[i], splines == "curved")
        return [placed(Rect(*point, 0, 0))[:2] for point in found], codes

    return Layout(
        size,
        {key: placed(rect) for key, rect in block.boxes.items()},
        {key: placed(rect) for key, rect in block.frames.items()},
        [drawn(i) for i in range(len(diagram.arrows))],
    )


class Ends(NamedTuple):
    """The arrows of a block: between which of its things each leads, a part or a passage.

    Attributes:
        pairs: from which to which thing, by the arrow's number.
        entries, exits: the things that are passages.
        loops: the arrows from a box to itself, by the box's number.
        back: of each pair whether it leads back to where the model begins, which is called again.
    """

    pairs: dict[int, tuple[int, int]]
    entries: list[int]
    exits: list[int]
    loops: dict[int, int]
    back: list[bool]


def _ends(place: Key, parts: Sequence[Part], setting: Setting) -> Ends:
    at = {part.key: i for i, part in enumerate(parts)}
    deep, count = len(place) + 1, len(parts)
    found = Ends({}, [], [], {}, [])
    for number, (start, end, depth) in enumerate(setting.arrows):
        a, b = at.get(start[:deep]), at.get(end[:deep])
        if a is None and b is None:
            continue
        if a is not None and a == b:
            if isinstance(parts[a], Box):
                found.loops[a] = number
            continue
        found.back.append(a is not None and b is not None and depth < len(place))
        if a is None:
            a, count = count, count + 1
            found.entries.append(a)
        if b is None:
            b, count = count, count + 1
            found.exits.append(b)
        found.pairs[number] = a, b
    return found


def _block(place: Key, parts: Sequence[Part], setting: Setting) -> Block:
    """Lay out the parts of a model, those inside them first."""
    ends = _ends(place, parts, setting)
    blocks = [_part(part, setting) for part in parts]
    passages = len(ends.entries) + len(ends.exits)
    pairs = list(ends.pairs.values())
    rows = in_rows(len(parts) + passages, pairs, ends.back, ends.entries, ends.exits)
    sizes = {i: block.size for i, block in enumerate(blocks)}
    sizes |= {i: (sizes[i][0] + 2 * LOOP, sizes[i][1]) for i in ends.loops}
    sizes |= dict.fromkeys((*ends.entries, *ends.exits), (BEND, 0.0))
    table = Table(rows, sizes, ends.pairs, blocks)
    block = assembled(table, setting.right_angles)
    for i, number in ends.loops.items():
        block.routes[number] = _loop(block.boxes[parts[i].key])
    return block


def _part(part: Part, setting: Setting) -> Block:
    """Return a part as a block of its own, a frame with its border."""
    if isinstance(part, Box):
        size = setting.size_of(part)
        return Block(size, {part.key: Rect(0, 0, *size)}, {}, {})
    inner = _block(part.key, part.parts, setting)
    x, y, right, below = setting.border(part)
    size = inner.size[0] + x + right, inner.size[1] + y + below
    moved = inner.moved(x, y)
    for number, route in moved.routes.items():
        start, end, _ = setting.arrows[number]
        if start[: len(part.key)] != part.key:
            route.insert(0, (route[0][0], 0.0))
        elif end[: len(part.key)] != part.key:
            route.append((route[-1][0], size[1]))
    return Block(size, moved.boxes, {part.key: Rect(0, 0, *size), **moved.frames}, moved.routes)


def _loop(rect: Rect) -> list[Point]:
    """Return the way of an arrow from a box to itself."""
    x, far = rect.x + rect.width, rect.x + rect.width + LOOP
    low, high = rect.y + 0.7 * rect.height, rect.y + 0.3 * rect.height
    return [(x, low), (far, low), (far, high), (x, high)]
