"""States, gates and gradients of one sequence, as heatmaps: a row a unit, a column a timestep."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from elman import _check
from elman._typing import Array
from elman.inspection import entered, one_sample
from elman.inspection.pictures import style

if TYPE_CHECKING:
    from elman.inspection.layer_trace import LayerGradients, LayerTrace
    from elman.inspection.trace import Trace

NUMBERED = 16  # so many units or timesteps have each its number
WIDTH, LOW, ROW = 8.0, 1.2, 1.7  # inches: of a figure, of the rows of an input and of a heatmap


class Panel(NamedTuple):
    """One heatmap.

    Attributes:
        title: above it.
        values: (timesteps, columns).
        columns: what a column of them is: "unit", "feature", "token".
        label: beside the scale.
        limits: the ends of the scale.
        mask: (timesteps,) True where there should be values.
    """

    title: str
    values: Array
    columns: str
    label: str
    limits: tuple[float, float]
    mask: Array | None = None


def layer(trace: "LayerTrace", sample: Any, what: Sequence[str] | str | None) -> Any:
    """Draw the states and gates of a layer, under the sequence that it reads."""
    sample = one_sample.index(trace.owner, sample, len(trace.x))
    found = one_sample.values(trace, sample)
    panels = [
        _value(one_sample.meaning(name), found[name], name, trace.mask[sample])
        for name in _chosen(trace.owner, what, list(found))
    ]
    return _draw(f"{trace.name}, sample {sample}", [*_read(trace, sample), *panels])


def gradients(
    of: "LayerGradients", trace: "LayerTrace", sample: Any, what: Sequence[str] | str | None
) -> Any:
    """Draw dL/d of the states and gates of a layer, under the sequence that it reads."""
    owner = f"gradients of {trace.owner}"
    sample = one_sample.index(owner, sample, len(trace.x))
    found = one_sample.gradients(of, trace, sample)
    panels = [
        _gradient(one_sample.gradient(name), found[name], name, trace.mask[sample])
        for name in _chosen(owner, what, list(found))
    ]
    return _draw(f"Gradients in {trace.name}, sample {sample}", [*_read(trace, sample), *panels])


def overview(trace: "Trace", sample: Any) -> Any:
    """Draw what a model reads and what its layers put out, with the gradients of that beside it."""
    batch = entered.batch(trace)
    sample = one_sample.index(trace.owner, sample, batch)
    left = [_input(each) for each in entered.sequences(trace, sample)]
    right: list[Panel | None] = [None] * len(left)
    for name, one in trace.items():
        row = one_sample.row(sample, batch, len(one.x))
        title = name + one_sample.which_row(one, sample, batch)
        h, found = next(iter(one_sample.values(one, row).items()))
        left.append(_value(f"{title}: {one_sample.meaning(h)}", found, h, one.mask[row]))
        if not hasattr(one, "gradients"):
            right.append(None)
        else:
            dh = one_sample.gradients(one.gradients, one, row, [h])[h]
            right.append(_gradient(f"{title}: dL/d({h})", dh, h, one.mask[row]))
    columns = [left, right] if any(right) else [left]
    loss = "" if trace.loss is None else f", loss L = {trace.loss:.4g} over the batch"
    return _draw(f"Sample {sample}{loss}", *columns)


def _value(title: str, values: Array, name: str, mask: Array) -> Panel:
    return Panel(title, values, "unit", name, one_sample.limits(name, values), mask)


def _gradient(title: str, values: Array, name: str, mask: Array) -> Panel:
    ends = one_sample.about_zero(values)
    return Panel(title, values, "unit", f"dL/d({name})", ends, mask)


def _chosen(owner: str, what: Sequence[str] | str | None, known: list[str]) -> list[str]:
    """Return the names that are asked for, checked."""
    if what is None:
        return known
    names = [what] if isinstance(what, str) else list(what)
    return [_check.one_of(owner, "what", name, known) for name in names]


def _read(trace: "LayerTrace", sample: int) -> list[Panel]:
    x = one_sample.sequence(trace.x, sample, trace.mask)
    if x is None:  # a cell of one's own may read more axes than can be drawn
        return []
    ends = one_sample.limits("x", x)
    return [Panel("what the layer reads", x, "feature", "value", ends, trace.mask[sample])]


def _input(one: entered.Entered) -> Panel:
    columns, label = ("token", "token number") if one.words else ("feature", "value")
    ends = one_sample.limits("x", one.values)
    return Panel(one.title, one.values, columns, label, ends, one.mask)


def _draw(title: str, *columns: Sequence[Panel | None]) -> Any:
    """Return a figure with a column of heatmaps for each of `columns`."""
    heights = [_height(panel) for panel in columns[0]]
    size = (WIDTH if len(columns) == 1 else 1.5 * WIDTH, sum(heights) + 0.4)
    figure, axes = style.figure(len(heights), len(columns), size=size)
    longest = max(len(panel.values) for column in columns for panel in column if panel)
    axes[0][0].get_gridspec().set_height_ratios(heights)
    for k, column in enumerate(columns):
        for i, panel in enumerate(column):
            if panel is None:
                axes[i][k].set_axis_off()
            else:
                _panel(axes[i][k], panel, last=i == len(column) - 1)
                axes[i][k].set_xlim(-0.5, longest - 0.5)
    style.heading(figure, title)
    return figure


def _height(panel: Panel | None) -> float:
    few = panel is None or panel.values.shape[1] <= 2
    return LOW if few else ROW


def _panel(axes: Any, panel: Panel, last: bool) -> None:
    """Draw one heatmap with its axes."""
    signed = panel.limits[0] < 0
    style.heatmap(axes, panel.values.T, signed=signed, label=panel.label, limits=panel.limits)
    style.title(axes, panel.title + _grey(panel))
    axes.set_ylabel(panel.columns)
    _numbers(axes.yaxis, panel.values.shape[1], 4)
    _numbers(axes.xaxis, panel.values.shape[0], 12)
    if panel.columns == "token":
        style.tokens(axes, panel.values[:, 0])
    if last:
        axes.set_xlabel("timestep")


def _grey(panel: Panel) -> str:
    """Say what is grey, if anything is."""
    grey = np.isnan(panel.values)
    if not grey.any():
        return ""
    taken = True if panel.mask is None else panel.mask[:, None]
    return " (grey: not a number)" if (grey & taken).any() else " (grey: masked)"


def _numbers(axis: Any, count: int, most: int) -> None:
    """Number every row or column where there are few, some of them where there are many."""
    from matplotlib.ticker import MaxNLocator

    few = count <= (NUMBERED if axis.axis_name == "x" else NUMBERED // 2)
    if few:
        axis.set_ticks(range(count))
    else:
        axis.set_major_locator(MaxNLocator(nbins=most, integer=True))
