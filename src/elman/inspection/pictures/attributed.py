"""Pictures of attribution: the input, and how much each number of it counts for an output."""

from typing import Any

import numpy as np

from elman._typing import Array
from elman.inspection.pictures.style import COLOURS, figure, heading, heatmap, tokens, whole_numbers


def attribution(found: Any, sample: int) -> Any:
    """Draw an `Attribution` of one sample, feature by feature, and summed up by timestep."""
    values, x = found.values[sample], found.x[sample]
    several = values.shape[1] > 1
    rows = 3 if several else 2
    drawn, axes = figure(rows, 1, size=(9, 2.1 * rows + 0.6))
    top, *middle, bottom = (row[0] for row in axes)
    _input(top, x)
    gradients = found.method == "input gradients"
    unit = "output per unit of input" if gradients else "part of the output"
    for each in middle:
        heatmap(each, values.T, signed=True, label=unit)
        each.set_ylabel("feature")
        whole_numbers(each.yaxis)
        each.set_title(f"How much each number of it counts ({found.method})")
    _sums(bottom, values.sum(axis=1))
    bottom.set_ylabel(unit)
    words = "orange raises the output, blue lowers it"
    if gradients:
        words = "more of it raises the output (orange) or lowers it (blue)"
    bottom.set_title(f"By timestep ({found.method}): {words}")
    for each in (top, *middle, bottom):
        whole_numbers(each.xaxis)
        each.set_xlabel("timestep")
    heading(drawn, f"{found.target}, sample {sample}: {found.output[sample]:.4g}")
    return drawn


def _input(axes: Any, x: Array) -> None:
    """Draw the input, (timesteps, features), or (timesteps,) tokens."""
    words = x.ndim == 1
    shown = (x[:, None] if words else x).T.astype(float)
    signed = bool((shown < 0).any())
    heatmap(axes, shown, signed=signed, label="token number" if words else "input")
    axes.set_title("The input")
    if words:
        axes.set_ylabel("token")
        tokens(axes, shown[0])
    else:
        axes.set_ylabel("feature")
        whole_numbers(axes.yaxis)


def _sums(axes: Any, sums: Array) -> None:
    """Draw a bar for each timestep."""
    colours = np.where(sums >= 0, COLOURS[1], COLOURS[0])
    axes.bar(np.arange(len(sums)), sums, color=colours, width=0.9)
    axes.axhline(0, color="#767676", lw=0.8)
    axes.set_xlim(-0.5, len(sums) - 0.5)
