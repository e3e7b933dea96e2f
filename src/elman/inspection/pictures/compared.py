"""Pictures of two runs beside each other."""

from typing import Any

import numpy as np

from elman._typing import Array
from elman.inspection import one_sample
from elman.inspection.pictures.style import (
    COLOURS,
    figure,
    heading,
    legend_below,
    marker,
    plain,
    ranks,
    whole_numbers,
)


def comparison(found: Any, sample: int) -> Any:
    """Draw a `Comparison` of one sample: how far the states are apart, and the outputs."""
    drawn, [[left, right]] = figure(1, 2, size=(11, 4.6 + 0.2 * len(found.before)))
    batch = len(found.before.outputs[0])
    for i, name in enumerate(found.before):
        distances = found.distances(name)
        one = distances[one_sample.row(sample, batch, len(distances))]
        changed = " (changed)" if name == found.layer else ""
        colour = COLOURS[i % len(COLOURS)]
        left.plot(one, "o-", ms=3, color=colour, label=plain(name + changed))
    _mark(left, found)
    left.set_xlabel("timestep")
    left.set_ylabel("distance of the states")
    left.set_title("How far the states of the two runs are apart")
    before, after = found.before.outputs[0][sample], found.after.outputs[0][sample]
    if before.ndim == 2:
        _by_timestep(right, before, after)
        _mark(right, found)
    else:
        _bars(right, before.ravel(), after.ravel())
    if len(found.before.outputs) > 1:
        name, count = found.before.output_names[0], len(found.before.outputs)
        right.set_title(plain(f"What comes out: '{name}', the first of {count} outputs"))
    whole_numbers(left.xaxis)
    for axes in (left, right):
        legend_below(axes)
    heading(drawn, f"{found.title}, sample {sample}")
    return drawn


def _by_timestep(axes: Any, before: Array, after: Array) -> None:
    """Draw the first feature of an output (timesteps, features)."""
    axes.plot(before[:, 0], color="#767676", marker=marker(len(before)), label="as it is")
    axes.plot(
        after[:, 0], "--", color=COLOURS[1], marker=marker(len(after)), label="with the change"
    )
    whole_numbers(axes.xaxis)
    axes.set_xlabel("timestep")
    count = before.shape[1]
    axes.set_ylabel("output 0" + (f" (of {count})" if count > 1 else ""))
    axes.set_title("What comes out, step by step")


def _bars(axes: Any, before: Array, after: Array) -> None:
    """Draw the numbers of an output that has no timesteps, as pairs of bars."""
    at = np.arange(len(before))
    axes.axhline(0, color="#767676", lw=0.8)
    axes.bar(at - 0.2, before, 0.4, color="#767676", label="as it is")
    axes.bar(at + 0.2, after, 0.4, color=COLOURS[1], label="with the change")
    ranks(axes, len(before))
    axes.set_xlabel("output")
    axes.set_ylabel("value")
    axes.set_title("What comes out")


def _mark(axes: Any, found: Any) -> None:
    """Shade the timesteps after which something was changed."""
    for i, t in enumerate(found.at):
        label = "changed here" if i == 0 else None
        axes.axvspan(t - 0.5, t + 0.5, color=COLOURS[4], alpha=0.25, lw=0, label=label)
