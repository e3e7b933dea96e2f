"""Lines and text of a picture, by matplotlib, which is imported here and nowhere else.

Colours tell apart what text says as well. They are dark enough for white letters, and people who
do not see colours as others do can tell them apart (Okabe and Ito 2008, "Color universal design").
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from typing import Any

from elman.errors import ArgumentError, MissingDependencyError
from elman.utils.plot.block import Rect, Size
from elman.utils.plot.diagram import Box, Diagram, Frame, Part
from elman.utils.plot.layout import layout
from elman.utils.plot.routes import CURVE3, LINE, MOVE

COLORS = {"input": "#595959", "recurrent": "#0072b2", "model": "#8f4a75", "layer": "#1f4e4a"}
TEXT, WORD, ARROW, BORDER, GROUND = (
    "#1a1a1a",
    "#595959",
    "#4d4d4d",
    "#8c8c8c",
    ("#f5f5f5", "#ffffff"),
)
TITLE, ROW = 11.0, 9.5  # pt, the size of letters
TALL = 1.4  # the height of a line, in letters
ASIDE, ABOVE, COLUMN = 10.0, 5.0, 10.0  # pt: beside text, above and below it, between columns
MARGIN = 12.0  # pt around the picture
ROUND = 4.0  # pt, radius
HEAD, WIDE = 7.0, 6.5  # pt, length and width of the head of an arrow
MOST = 2**16 - 1  # pixels, what matplotlib can draw a side


class Pen:
    """Measures and draws text and shapes in points, the y axis downwards."""

    def __init__(self) -> None:
        try:
            from matplotlib.font_manager import FontProperties
            from matplotlib.textpath import text_to_path
        except ImportError:
            raise MissingDependencyError(
                "matplotlib is needed to draw models. Install it with `pip install 'elman[plot]'`, "
                "or write `elman.utils.model_to_dot(model).to_string()` to a file for Graphviz."
            ) from None
        self._fonts = {
            (size, bold): FontProperties(size=size, weight="bold" if bold else "normal")
            for size, bold in ((TITLE, True), (ROW, False))
        }
        self._measure = text_to_path.get_text_width_height_descent
        self._axes: Any = None

    def width(self, text: str, size: float, bold: bool = False) -> float:
        """Return the width of a text."""
        return float(self._measure(text, self._fonts[size, bold], False)[0])

    def block(self, lines: Sequence[str], size: float, bold: bool = False) -> Size:
        """Return the size of lines of text."""
        return max(self.width(line, size, bold) for line in lines), TALL * size * len(lines)

    def figure(self, size: Size) -> Any:
        """Begin a picture of this size."""
        from matplotlib.figure import Figure

        width, height = size[0] + 2 * MARGIN, size[1] + 2 * MARGIN
        figure = Figure(figsize=(width / 72, height / 72), facecolor="white")
        self._axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        self._axes.set_axis_off()
        self._axes.set_xlim(-MARGIN, width - MARGIN)
        self._axes.set_ylim(height - MARGIN, -MARGIN)
        return figure

    def text(
        self, lines: Sequence[str], x: float, y: float, color: str, size: float, bold: bool = False
    ) -> None:
        """Write lines from a left upper corner on; what is in them is text and no markup."""
        for i, line in enumerate(lines):
            baseline = y + (i + 0.5) * TALL * size + 0.36 * size
            self._axes.text(
                x, baseline, line, color=color, fontproperties=self._fonts[size, bold],
                parse_math=False, usetex=False,
            )  # fmt: skip

    def shape(
        self, vertices: Sequence[tuple[float, float]], codes: Sequence[int], **options: Any
    ) -> None:
        """Draw a line, or fill a shape."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        path = Path(vertices, codes)
        self._axes.add_patch(PathPatch(path, clip_on=False, **options))

    def panel(self, rect: Rect, *, above: bool = True, **options: Any) -> None:
        """Fill a rectangle with round corners, below and, unless told otherwise, above."""
        x, y, right, bottom = rect.x, rect.y, rect.x + rect.width, rect.y + rect.height
        r, top = ROUND, ROUND if above else 0.0
        vertices = [
            (x + top, y), (right - top, y), (right, y), (right, y + top),
            (right, bottom - r), (right, bottom), (right - r, bottom),
            (x + r, bottom), (x, bottom), (x, bottom - r), (x, y + top), (x, y), (x + top, y),
        ]  # fmt: skip
        codes = [MOVE, *(LINE, CURVE3, CURVE3) * 4]
        self.shape(vertices, codes, **options)


# ---------------------------------------------------------------------- sizes


def _size_of(pen: Pen, box: Box) -> Size:
    width, height = pen.block(box.title, TITLE, bold=True)
    width, height = width + 2 * ASIDE, height + 2 * ABOVE
    if box.rows:
        rows = [pen.block(values, ROW) for _, values in box.rows]
        column = _column(pen, box) + COLUMN
        width = max(width, column + max(size[0] for size in rows) + 2 * ASIDE)
        height += sum(size[1] for size in rows) + 2 * ABOVE
    return width, height


def _column(pen: Pen, box: Box) -> float:
    """Return the width of the words before the values."""
    return max(pen.width(word, ROW) for word, _ in box.rows)


def _title_of(pen: Pen, frame: Frame) -> Size:
    return pen.block(frame.title, TITLE, bold=True)


# ---------------------------------------------------------------------- drawing


def figure(pen: Pen, diagram: Diagram, rankdir: str, splines: str) -> Any:
    """Return a figure of matplotlib's."""
    places = layout(
        diagram,
        lambda box: _size_of(pen, box),
        lambda frame: _title_of(pen, frame),
        rankdir,
        splines,
    )
    found = pen.figure(places.size)
    for frame, depth in _frames(diagram.parts):
        _draw_frame(pen, frame, places.frames[frame.key], depth)
    for vertices, codes in places.arrows:
        _draw_arrow(pen, vertices, codes)
    for box in _boxes(diagram.parts):
        _draw_box(pen, box, places.boxes[box.key])
    return found


def _frames(parts: Sequence[Part], depth: int = 0) -> Iterator[tuple[Frame, int]]:
    for part in parts:
        if isinstance(part, Frame):
            yield part, depth
            yield from _frames(part.parts, depth + 1)


def _boxes(parts: Sequence[Part]) -> Iterator[Box]:
    for part in parts:
        if isinstance(part, Box):
            yield part
        else:
            yield from _boxes(part.parts)


def _draw_frame(pen: Pen, frame: Frame, rect: Rect, depth: int) -> None:
    pen.panel(
        rect, facecolor=GROUND[depth % 2], edgecolor=BORDER, linewidth=1.0, linestyle=(0, (4, 3))
    )
    pen.text(frame.title, rect.x + ASIDE, rect.y + ABOVE, COLORS["model"], TITLE, bold=True)


def _draw_box(pen: Pen, box: Box, rect: Rect) -> None:
    color = COLORS[box.kind]
    pen.panel(rect, facecolor=color, edgecolor=color, linewidth=1.2)
    width, height = pen.block(box.title, TITLE, bold=True)
    left = rect.x + (ASIDE if box.rows else (rect.width - width) / 2)
    pen.text(box.title, left, rect.y + ABOVE, "white", TITLE, bold=True)
    if not box.rows:
        return
    top = rect.y + height + 2 * ABOVE
    body = Rect(rect.x, top, rect.width, rect.y + rect.height - top)
    pen.panel(body, above=False, facecolor="white", edgecolor=color, linewidth=1.2)
    y, column = top + ABOVE, rect.x + ASIDE + _column(pen, box) + COLUMN
    for word, values in box.rows:
        pen.text([word], rect.x + ASIDE, y, WORD, ROW)
        pen.text(values, column, y, TEXT, ROW)
        y += TALL * ROW * len(values)


def _draw_arrow(pen: Pen, vertices: Sequence[tuple[float, float]], codes: Sequence[int]) -> None:
    (ax, ay), (x, y) = vertices[-2], vertices[-1]
    length = max(((x - ax) ** 2 + (y - ay) ** 2) ** 0.5, 1e-9)
    dx, dy = (x - ax) / length, (y - ay) / length
    base = x - dx * HEAD, y - dy * HEAD
    pen.shape([*vertices[:-1], base], codes, facecolor="none", edgecolor=ARROW, linewidth=1.3)
    side = WIDE / 2
    head = [
        (x, y),
        (base[0] - dy * side, base[1] + dx * side),
        (base[0] + dy * side, base[1] - dx * side),
        (x, y),
    ]
    pen.shape(head, [MOVE, LINE, LINE, LINE], facecolor=ARROW, edgecolor="none", linewidth=0)


# ---------------------------------------------------------------------- files


@contextmanager
def _own_settings() -> Iterator[None]:
    """Let what somebody has set for other pictures not change this one, fonts aside."""
    import matplotlib

    settings = {
        "path.sketch": None,
        "savefig.bbox": None,
        "savefig.transparent": False,
        "svg.hashsalt": "elman",  # the same picture is the same file
        "text.hinting": "none",  # letters are as wide in a file as when they were measured
    }
    with matplotlib.rc_context(settings):
        yield


def save(
    owner: str, diagram: Diagram, to_file: "str | PathLike[str]", ending: str, dpi: float,
    rankdir: str, splines: str,
) -> float:  # fmt: skip
    """Write a picture to a file, and return its width in inches.

    Raises:
        ArgumentError: it has more pixels than matplotlib can draw.
    """
    pen = Pen()
    with _own_settings():
        found = figure(pen, diagram, rankdir, splines)
        width, height = found.get_size_inches()
        if ending == "png" and max(width, height) * dpi > MOST:
            raise ArgumentError(
                f"{owner}: `dpi` must be at most {int(MOST / max(width, height))} for a picture "
                f"of {width:.0f} by {height:.0f} inches; got {dpi}. Or write a .pdf or .svg."
            )
        dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
        found.savefig(
            to_file, format=ending, dpi=dpi, facecolor="white", metadata=dates.get(ending)
        )
    return float(width)
