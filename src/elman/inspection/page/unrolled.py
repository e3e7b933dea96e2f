"""The network unrolled in time: a box a layer and timestep, with how strong its state is."""

from typing import Any

import numpy as np

from elman._typing import Array
from elman.inspection.page import figures
from elman.inspection.page.content import Content, Fed, Layer

HEIGHT = 0.56  # of a box, where rows stand 1 apart
HALF = 0.36  # of its width, where timesteps stand 1 apart
ROW = 62  # pixels


def steps(content: Content) -> int:
    """Return how many timesteps the longest layer has."""
    return max(len(layer.mask) for layer in content.layers)


def strengths(layer: Layer) -> Array:
    """Return the root mean square of a layer's state by timestep, NaN where it is masked.

    >>> h = np.array([[3.0, 4.0]])
    >>> layer = Layer("a", "GRU", {"h": h}, {}, np.ones(1, bool), [], None, go_backwards=False)
    >>> strengths(layer).round(4).tolist()
    [3.5355]
    """
    values = next(iter(layer.values.values()))
    with np.errstate(over="ignore"):
        found: Array = np.sqrt(np.mean(np.square(values), axis=1))
    return found


def draw(content: Content) -> Any:
    """Return the figure: a row an input, a row a layer above, the first timestep at the left."""
    from bokeh.models import BoxAnnotation, FixedTicker, PlainText

    rows = _rows(content)
    labels = [
        content.layers[each].name if each >= 0 else content.inputs[-1 - each].label for each in rows
    ]
    count = len(rows)
    plot = figures.figure(steps(content), (-0.6, count - 0.4), ROW * count + 60)
    plot.name = "unrolled"
    plot.xaxis.ticker.update(desired_num_ticks=12, name=None)  # the window has nine steps at most
    plot.yaxis.ticker = FixedTicker(ticks=list(range(count)))
    plot.yaxis.major_label_overrides = {
        k: PlainText(text="\n".join(map(figures.short, label.split("/"))))
        for k, label in enumerate(labels)
    }
    (cursor,) = plot.select(name="cursor")
    cursor.visible = False
    plot.add_layout(
        BoxAnnotation(
            left=-0.5, right=0.5, fill_alpha=0.25, line_color=None, name="column", level="underlay"
        )
    )
    for row, each in enumerate(rows):
        if each < 0:
            _input(plot, content.inputs[-1 - each], row)
            continue
        layer = content.layers[each]
        _boxes(plot, strengths(layer), layer.mask, row)
        _arrows(plot, layer, row, from_below=row > 0 and rows[row - 1] in layer.reads)
    return plot


def _rows(content: Content) -> list[int]:
    """Return what stands in each row, numbered like `Layer.reads`, from the bottom up.

    An input stands right below each layer that reads it; what only others read, at the bottom.
    """
    read = [layer.reads for layer in content.layers]
    inputs = range(-1, -1 - len(content.inputs), -1)
    rows = [each for each in inputs if (each,) not in read]
    for i, reads in enumerate(read):
        rows += [each for each in reads if each < 0]
        rows.append(i)
    return rows


def _input(plot: Any, one: Fed, row: int) -> None:
    """Draw what goes in at each step: a box with the size of x_t."""
    there = np.isfinite(one.values)
    counts = there.sum(axis=1)
    sums = np.square(np.where(there, one.values, 0)).sum(axis=1)
    _boxes(plot, np.sqrt(sums / np.maximum(counts, 1)), counts > 0, row)


def _boxes(plot: Any, sizes: Array, taken: Array, row: int) -> None:
    """Draw a row of boxes: the brighter, the larger the number in it is within the row."""
    from bokeh.models import ColumnDataSource, HoverTool

    colours = np.array(figures.palettes()[figures.SHARE]["light"])
    known = taken & np.isfinite(sizes)
    most = float(sizes[known].max(initial=0.0)) or 1.0
    places = (np.where(known, sizes, 0) / most * (len(colours) - 1)).astype(int)
    columns = {
        "x": np.arange(len(sizes), dtype=np.int32),
        "y": np.full(len(sizes), row, np.int32),
        "size": sizes.astype(np.float32),
        "text": [f"{size:.2g}" if ok else "-" for size, ok in zip(sizes, taken, strict=True)],
        "fill": np.where(known, colours[places], "#bbbbbb").tolist(),
        "ink": np.where(known & (places <= len(colours) // 2), "#ffffff", "#000000").tolist(),
    }
    source = ColumnDataSource(columns)
    boxes = plot.rect("x", "y", 2 * HALF, HEIGHT, source=source, fill_color="fill", line_color=None)
    plot.text(
        "x", "y", "text", source=source, text_color="ink", text_font_size="12px",
        text_align="center", text_baseline="middle",
    )  # fmt: skip
    text, formatters = "<span>timestep @x: @size{%.4g}</span>", {"@size": "printf"}
    plot.add_tools(HoverTool(tooltips=text, formatters=formatters, renderers=[boxes]))


def _arrows(plot: Any, layer: Layer, row: int, *, from_below: bool) -> None:
    """Draw how the state goes from step to step, and what comes from the row below."""
    at, level = np.arange(len(layer.mask)), np.full(len(layer.mask), row)
    one, other = at[:-1] + HALF, at[1:] - HALF
    start, end = (other, one) if layer.go_backwards else (one, other)
    turn = np.pi / 2 if layer.go_backwards else -np.pi / 2
    _arrow(plot, (start, level[1:]), (end, level[1:]), turn)
    if from_below:
        _arrow(plot, (at, level - 1 + HEIGHT / 2), (at, level - HEIGHT / 2), 0.0)


def _arrow(plot: Any, start: tuple[Array, Array], end: tuple[Array, Array], turn: float) -> None:
    """Draw arrows from (x, y) to (x, y), with heads turned by an angle from pointing upwards."""
    from bokeh.models import ColumnDataSource

    places = dict(zip(("x0", "y0", "x1", "y1"), (*start, *end), strict=True))
    source = ColumnDataSource({name: array.astype(np.float32) for name, array in places.items()})
    plot.segment("x0", "y0", "x1", "y1", source=source, line_width=1.5, name="arrow")
    plot.scatter("x1", "y1", source=source, marker="triangle", size=7, angle=turn, name="arrow")
