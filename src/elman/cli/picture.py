"""Pictures made of text: numbers by timestep, as bars that a terminal and a file can both show.

    unit 0     +▂  +▂  +▁  -▅  -▄  +▇       one cell a timestep

A bar's height is a number's size, as a share of a full bar; its sign stands in front of it, and
colour says it again. Where the terminal has no Unicode the bar is a digit, 1 to 8.
"""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

LABEL, CELL = 9, 4  # columns; twelve timesteps fit into 60
POSITIVE, NEGATIVE, FAINT, SIZE = "yellow", "cyan", "dim", "magenta"


class Glyphs(NamedTuple):
    """The characters that a picture is made of.

    Attributes:
        levels: eight bars, from low to high.
        nothing: a number too small for the lowest bar.
        mark: points at a timestep.
        line: the floor of a chart.
        broken: a number that is not finite.
    """

    levels: str
    nothing: str
    mark: str
    line: str
    broken: str = "!"


UNICODE = Glyphs("▁▂▃▄▅▆▇█", "·", "▲", "─")
ASCII = Glyphs("12345678", ".", "^", "-")


def glyphs(console: "Console") -> Glyphs:
    """Return the characters that a console can print.

    >>> from rich.console import Console
    >>> glyphs(Console()).mark in "▲^"
    True
    """
    return ASCII if console.options.ascii_only else UNICODE


def level(value: float, full: float) -> int:
    """Return how high a bar is, from 0 to 8, rounded to the nearest.

    >>> [level(v, 2.0) for v in (0.0, 0.1, -1.0, 2.0, 9.0)]
    [0, 0, 4, 8, 8]
    """
    return min(8, round(8 * abs(value) / full)) if full > 0 else 0


def bars(label: str, values: Iterable[float], full: float, with_: Glyphs) -> "Text":
    """Return a line of numbers as signed bars.

    Args:
        label: what stands in front.
        values: one a timestep.
        full: the size that fills a bar.
        with_: the characters.

    >>> bars("h", [0.5, -1.0, 0.0], 1.0, UNICODE).plain
    'h          +▄  -█   ·'
    """
    from rich.text import Text

    line = Text(f"{label:<{LABEL}}")
    for value in values:
        if not math.isfinite(value):
            line.append(f"{with_.broken:>{CELL}}", "bold red")
            continue
        height = level(value, full)
        sign, style = ("+", POSITIVE) if value > 0 else ("-", NEGATIVE)
        cell = f"{sign}{with_.levels[height - 1]}" if height else with_.nothing
        line.append(f"{cell:>{CELL}}", style if height else FAINT)
    return line


def chart(label: str, sizes: Sequence[float], rows: int, with_: Glyphs) -> "list[Text]":
    """Return numbers from 0 to 1 as columns, some lines high, with a scale.

    >>> for line in chart("size", [1.0, 0.5, 0.1], 2, UNICODE):
    ...     print(line.plain)
    size   1    █
                █   █   ▂
           0 ────────────
    """
    from rich.text import Text

    lines = []
    for row in reversed(range(rows)):
        top = row == rows - 1
        line = Text(f"{label if top else '':<{LABEL - 3}}{'1' if top else '':>2} ")
        for size in sizes:
            part = level(min(max(size * rows - row, 0.0), 1.0), 1.0)
            line.append(f"{with_.levels[part - 1] if part else '':>{CELL}}", SIZE)
        line.rstrip()
        lines.append(line)
    floor = f"{'0':>{LABEL - 1}} {with_.line * CELL * len(sizes)}"
    return [*lines, Text(floor, FAINT)]


def marks(label: str, flags: Iterable[bool], with_: Glyphs) -> "Text":
    """Return a line that points at some timesteps.

    >>> marks("marked", [True, False, True], UNICODE).plain
    'marked      ▲       ▲'
    """
    from rich.text import Text

    cells = (f"{with_.mark if flag else '':>{CELL}}" for flag in flags)
    return Text((f"{label:<{LABEL}}" + "".join(cells)).rstrip(), "bold")


def axis(timesteps: int) -> "Text":
    """Return the line that numbers the timesteps.

    >>> axis(3).plain
    't           0   1   2'
    """
    from rich.text import Text

    return Text(f"{'t':<{LABEL}}" + "".join(f"{t:>{CELL}}" for t in range(timesteps)), FAINT)
