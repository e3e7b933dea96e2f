"""Pictures of two runs beside each other."""

from typing import Any

import numpy as np

from elman.inspection.pictures.style import COLOURS, figure, whole_numbers


def comparison(found: Any) -> Any:
    """Draw a `Comparison`: how far the states are apart, and how the first output differs."""
    drawn, [[left, right]] = figure(1, 2, size=(11, 4.2))
    for i, name in enumerate(found.before):
        distances = found.distances(name)
        steps = np.arange(distances.shape[1])
        colour = COLOURS[i % len(COLOURS)]
        changed = " (changed)" if name == found.layer else ""
        left.plot(steps, distances.mean(axis=0), "o-", ms=3, color=colour, label=name + changed)
    _mark(left, found)
    whole_numbers(left.xaxis)
    left.set_xlabel("timestep")
    left.set_ylabel("distance of the states (mean of the batch)")
    left.set_title("How far the two runs are apart")
    left.legend(frameon=False, fontsize="small")
    before, after = found.before.outputs[0], found.after.outputs[0]
    if before.ndim == 3:
        right.plot(before[0, :, 0], color="#767676", label="as it is")
        right.plot(after[0, :, 0], "--", color=COLOURS[1], label="with the change")
        _mark(right, found)
        whole_numbers(right.xaxis)
        right.set_xlabel("timestep")
        right.set_ylabel("output 0")
        right.set_title("The first output, of the first sample")
    else:
        ranks = np.arange(before.shape[-1])
        right.bar(ranks - 0.2, before[0], 0.4, color="#767676", label="as it is")
        right.bar(ranks + 0.2, after[0], 0.4, color=COLOURS[1], label="with the change")
        whole_numbers(right.xaxis)
        right.set_xlabel("output")
        right.set_ylabel("value")
        right.set_title("The outputs, of the first sample")
    right.legend(frameon=False, fontsize="small")
    drawn.suptitle(found.title)
    return drawn


def _mark(axes: Any, found: Any) -> None:
    """Shade the timesteps after which something was changed."""
    for i, t in enumerate(found.at):
        label = "changed here" if i == 0 else None
        axes.axvspan(t - 0.5, t + 0.5, color=COLOURS[4], alpha=0.25, lw=0, label=label)
