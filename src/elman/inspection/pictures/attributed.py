"""Pictures of attribution: the input, and what each of it has to do with an output."""

from typing import Any

import numpy as np

from elman.inspection.pictures.style import COLOURS, figure, heatmap, whole_numbers


def attribution(found: Any, sample: int) -> Any:
    """Draw an `Attribution` of one sample, feature by feature, and summed up by timestep."""
    values, x = found.values[sample], found.x[sample]
    several = values.shape[1] > 1
    rows = 3 if several else 2
    drawn, axes = figure(rows, 1, size=(9, 2.1 * rows + 0.6))
    top, *middle, bottom = (row[0] for row in axes)
    shown = x[:, None] if x.ndim == 1 else x
    heatmap(top, shown.T.astype(float), signed=bool((shown < 0).any()), label="input")
    top.set_ylabel("feature")
    top.set_title("The input")
    gradients = found.method == "input gradients"
    unit = "output per unit of input" if gradients else "part of the output"
    for each in middle:
        heatmap(each, values.T, signed=True, label=unit)
        each.set_ylabel("feature")
        each.set_title(f"What each of it has to do with the output ({found.method})")
    sums = values.sum(axis=1)
    colours = np.where(sums >= 0, COLOURS[1], COLOURS[0])
    bottom.bar(np.arange(len(sums)), sums, color=colours, width=0.9)
    bottom.axhline(0, color="#767676", lw=0.8)
    bottom.set_xlim(-0.5, len(sums) - 0.5)
    bottom.set_ylabel(unit)
    bottom.set_title(f"By timestep ({found.method}): orange raises the output, blue lowers it")
    for each in (top, *middle):
        whole_numbers(each.yaxis)
    for each in (top, *middle, bottom):
        whole_numbers(each.xaxis)
        each.set_xlabel("timestep")
    drawn.suptitle(f"{found.target}, sample {sample}: {found.output[sample]:.4g}")
    return drawn
