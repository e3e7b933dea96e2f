"""Pictures of attribution: the input, and how much each number of it counts for an output."""

from typing import Any

import numpy as np

from elman._typing import Array, Mask
from elman.inspection.pictures.style import (
    LOWERS,
    MISSING,
    RAISES,
    figure,
    heading,
    heatmap,
    tokens,
    whole_numbers,
)

UNITS = {  # of the values, by method
    "input gradients": "output per unit of input",
    "occlusion": "output lost without it",
}


def attribution(found: Any, sample: int) -> Any:
    """Draw an `Attribution` of one sample, feature by feature, and summed up by timestep."""
    values, x = found.values[sample], found.x[sample]
    away = np.zeros(len(x), bool) if found.mask is None else ~found.mask[sample]
    grey = " (grey: masked)" if away.any() else ""
    several = values.shape[1] > 1
    rows = 3 if several else 2
    drawn, axes = figure(rows, 1, size=(9, 2.1 * rows + 0.8))
    top, *middle, bottom = (row[0] for row in axes)
    _input(top, x, away)
    top.set_title(f"The input{grey}")
    unit = UNITS.get(found.method, "part of the output")
    for each in middle:
        heatmap(each, _without(values, away), signed=True, label=unit)
        each.set_ylabel("feature")
        whole_numbers(each.yaxis)
        each.set_title(f"How much each number of it counts ({found.method}){grey}")
    _sums(bottom, values.sum(axis=1), away)
    bottom.set_ylabel(unit)
    words = "orange raises the output, purple lowers it"
    if found.method == "input gradients":
        words = "more of it raises the output (orange) or lowers it (purple)"
    bottom.set_title(f"By timestep ({found.method}): {words}")
    for each in (top, *middle, bottom):
        whole_numbers(each.xaxis)
        each.set_xlabel("timestep")
    heading(drawn, _heading(found, sample))
    return drawn


def _heading(found: Any, sample: int) -> str:
    """Return what is explained, and by how much its parts miss it, where that is known."""
    said = f"{found.target}, sample {sample}: {found.output[sample]:.4g}"
    if found.baseline_output is None:
        return said
    begin, error = found.baseline_output[sample], found.completeness_error[sample]
    return f"{said}\nof the baseline: {begin:.4g}; completeness error {error:.1e}"


def _without(values: Array, away: Mask) -> Array:
    """Return values (timesteps, features) as rows of features, NaN where they are masked."""
    return np.where(away, np.nan, values.T.astype(float))


def _input(axes: Any, x: Array, away: Mask) -> None:
    """Draw the input, (timesteps, features), or (timesteps,) tokens."""
    words = x.ndim == 1
    shown = _without(x[:, None] if words else x, away)
    signed = bool((shown < 0).any())
    heatmap(axes, shown, signed=signed, label="token number" if words else "input")
    if words:
        axes.set_ylabel("token")
        tokens(axes, shown[0])
    else:
        axes.set_ylabel("feature")
        whole_numbers(axes.yaxis)


def _sums(axes: Any, sums: Array, away: Mask) -> None:
    """Draw a bar for each timestep, in colours of the heatmap above; grey where it is masked."""
    axes.bar(np.arange(len(sums)), sums, color=np.where(sums >= 0, RAISES, LOWERS), width=0.9)
    for t in np.flatnonzero(away):
        axes.axvspan(t - 0.5, t + 0.5, color=MISSING, lw=0)
    axes.axhline(0, color="#767676", lw=0.8)
    axes.set_xlim(-0.5, len(sums) - 0.5)
