"""Heatmaps and lines, of Bokeh. page.js gives them the colours of the light or the dark page.

What comes from a file, a feature's name, is `PlainText` here: Bokeh would read "$$" as mathematics.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from elman._typing import Array, Mask
from elman.errors import MissingDependencyError
from elman.inspection.pictures.style import COLOURS

NUMBERED = 8  # so many rows have each its number
LINES = len(COLOURS)  # so many features are lines, more are a heatmap
ROW, LEAST, MOST = 22, 90, 200  # pixels: of a row, and of a heatmap
LEFT, RIGHT = 84, 62  # pixels beside a figure, so that timesteps stand below each other
LETTERS = 13  # of a name beside an axis
COLOURS_OF = {  # of lines, on the light page and on the dark one
    "light": COLOURS,
    "dark": ("#6CB6F0", "#FF9A5C", "#3CCF9F", "#E3A3C9", "#F2BD4B", "#B5E0FF", "#E6E8EB"),
}
SHARE, SIGNED = "share", "signed"  # names of colour scales, by which page.js finds them


def check_installed() -> None:
    """Say what is missing where Bokeh is not installed."""
    try:
        import bokeh  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError(
            "bokeh is needed to write a page. Install it with `pip install 'elman[html]'`."
        ) from error


@cache
def palettes() -> dict[str, dict[str, list[str]]]:
    """Return the colours of each scale, on the light page and on the dark one."""
    from bokeh.palettes import Cividis256, PuOr11, interp_palette

    dark = interp_palette(["#c9b6ff", "#6b52b0", "#17191d", "#b3661a", "#ffc078"], 101)
    light = interp_palette(PuOr11, 101)
    return {
        SIGNED: {"light": list(light), "dark": list(dark)},
        SHARE: {"light": list(Cividis256), "dark": list(Cividis256)},
    }


def heatmap(
    shape: tuple[int, ...],
    *,
    signed: bool,
    rows: str,
    columns: str = "timestep",
    names: Sequence[str] | None = None,
) -> Any:
    """Return a heatmap, without its numbers and the ends of its scale: page.js puts them in.

    Args:
        shape: how many rows and columns.
        signed: whether zero is in the middle of the scale.
        rows, columns: what a row and a column are: "unit", "timestep".
        names: of the rows.
    """
    from bokeh.models import ColumnDataSource, LinearColorMapper

    count, length = shape
    plot = figure(length, (count - 0.5, -0.5), min(max(ROW * count + 40, LEAST), MOST), columns)
    mapper = LinearColorMapper(palette=["#ffffff"], name=SIGNED if signed else SHARE)
    plot.image(
        image="image", x=-0.5, y=-0.5, dw=length, dh=count, color_mapper=mapper,
        source=ColumnDataSource({"image": [{"elman": "numbers"}]}),
    )  # fmt: skip
    _scale(plot, mapper)
    _hover(
        plot, f"{columns} $x{{0}}, {rows or 'row'} $y{{0}}: @image{{%.4g}}", {"@image": "printf"}
    )
    _rows(plot, count, rows, names)
    return plot


def _scale(plot: Any, mapper: Any) -> None:
    """Put the scale of the colours beside a heatmap."""
    from bokeh.models import BasicTicker, ColorBar, PrintfTickFormatter

    bar = ColorBar(
        color_mapper=mapper, width=8, padding=4, background_fill_color=None, margin=0,
        ticker=BasicTicker(desired_num_ticks=4), label_standoff=4,
        formatter=PrintfTickFormatter(format="%.2g"),
    )  # fmt: skip
    plot.add_layout(bar, "right")


def lines(values: Array, masked: Mask, *, joined: bool) -> Any:
    """Return a line a feature, of values (timesteps, features), or points that are not joined.

    Where `masked`, (timesteps,), is True, the ground is grey.
    """
    from bokeh.models import BasicTicker, BoxAnnotation, ColumnDataSource

    plot = figure(len(values), None, MOST, "timestep")
    edges = np.flatnonzero(np.diff(masked, prepend=False, append=False))
    for left, right in edges.reshape(-1, 2) - 0.5:
        plot.add_layout(
            BoxAnnotation(
                left=left,
                right=right,
                line_color=None,
                fill_alpha=1.0,
                name="masked",
                level="image",
            )
        )
    (cursor,) = plot.select(name="cursor")
    cursor.level = "underlay"  # a point that stands on it is seen
    steps = np.arange(len(values), dtype=np.int32)
    for k, column in enumerate(values.T):
        source = ColumnDataSource({"x": steps, "y": column.astype(np.float32)})
        line = plot.line(
            "x", "y", source=source, color=COLOURS[k], line_width=1.5, name=f"line {k}"
        )
        size = 4 if joined else 8
        dots = plot.scatter("x", "y", source=source, color=COLOURS[k], size=size, name=f"dots {k}")
        line.visible, dots.visible = joined, not joined or len(values) <= 60
    _hover(plot, "timestep @x: @y{%.4g}", {"@y": "printf"})
    plot.yaxis.axis_label = "value" if joined else "token"
    if not joined:
        plot.y_range.range_padding = 0.3
        plot.yaxis.ticker = BasicTicker(min_interval=1, num_minor_ticks=0)
    return plot


def figure(
    length: int, y_range: tuple[float, float] | None, height: int, columns: str = "timestep"
) -> Any:
    """Return an empty figure over timesteps or units, with a cursor for page.js to move."""
    from bokeh.models import BasicTicker, Range1d, Span
    from bokeh.plotting import figure as new

    plot = new(
        height=height, sizing_mode="stretch_width", tools="", toolbar_location=None,
        x_range=Range1d(-0.5, length - 0.5), min_border_left=LEFT, min_border_right=RIGHT,
        background_fill_color=None, border_fill_color=None, outline_line_color=None,
    )  # fmt: skip
    if y_range is not None:
        plot.y_range = Range1d(*y_range)
    plot.grid.visible = False
    plot.xaxis.axis_label = columns
    plot.xaxis.ticker = BasicTicker(min_interval=1, num_minor_ticks=0, name="steps")
    for axis in (plot.xaxis, plot.yaxis):
        axis.axis_label_text_font_style = "normal"
        axis.minor_tick_line_color = None
    if columns == "timestep":
        plot.add_layout(Span(location=length - 1, dimension="height", line_width=2, name="cursor"))
    return plot


def _hover(plot: Any, text: str, formatters: dict[str, str]) -> None:
    from bokeh.models import HoverTool

    plot.add_tools(HoverTool(tooltips=f"<span>{text}</span>", formatters=formatters))


def _rows(plot: Any, count: int, rows: str, names: Sequence[str] | None) -> None:
    """Number the rows, or name them."""
    from bokeh.models import BasicTicker, FixedTicker, PlainText

    few = count <= NUMBERED or (names is not None and count <= 2 * NUMBERED)
    plot.yaxis.axis_label = rows if count > 1 or rows else None
    if few:
        plot.yaxis.ticker = FixedTicker(ticks=list(range(count)))
    else:
        plot.yaxis.ticker = BasicTicker(desired_num_ticks=4, min_interval=1, num_minor_ticks=0)
    if not rows:
        plot.yaxis.visible = False
    if names is not None and few:
        plot.yaxis.axis_label = None
        plot.yaxis.major_label_overrides = {
            k: PlainText(text=short(name)) for k, name in enumerate(names)
        }


def short(name: str) -> str:
    """Return a name that fits beside an axis, with its beginning and its end.

    >>> short("recurrent_1"), short("both/backward_gru")
    ('recurrent_1', 'both/b…d_gru')
    """
    return name if len(name) <= LETTERS else f"{name[: LETTERS // 2]}…{name[1 - LETTERS // 2 :]}"
