"""The picture of a `GradientFlow`: norms by lag, and by timestep."""

from typing import TYPE_CHECKING, Any

import numpy as np

from elman.inspection.layer_flow import SHARE
from elman.inspection.pictures import style

if TYPE_CHECKING:
    from elman.inspection.gradient_flow import GradientFlow
    from elman.inspection.layer_flow import LayerFlow

READ = ("", ", as the next step reads it")  # what dL/d of the states h and c goes by


def draw(flow: "GradientFlow") -> Any:
    """Return the figure."""
    figure, ((left, right),) = style.figure(1, 2, size=(11, 4.2 + 0.2 * len(flow.layers)))
    for layer in flow.layers.values():
        share = layer.norms / (layer.norms[:1] if layer.norms.any() else 1)
        dot = style.marker(len(share))
        (line,) = left.plot(_drawn(share), label=_label(layer), linewidth=2, marker=dot)
        if layer.fades:
            left.plot(layer.memory, SHARE, "o", color=line.get_color())
        for state, dashes, what in zip(layer.by_timestep, ("-", "--"), READ, strict=False):
            norms = layer.by_timestep[state]
            right.plot(
                _drawn(norms), dashes, color=line.get_color(), marker=style.marker(len(norms)),
                label=style.plain(f"{layer.name}, state {state}{what}"),
            )  # fmt: skip
    left.axhline(SHARE, color="black", linestyle=":", linewidth=1)
    left.text(
        1, SHARE, "1 %", ha="right", va="bottom", fontsize="small",
        transform=left.get_yaxis_transform(),
    )  # fmt: skip
    style.title(left, "How much is left of the gradient of one output step")
    left.set(
        yscale="log",
        xlabel="steps back from the one that the loss reads last",
        ylabel="norm of the gradient, as a share of that at 0",
    )  # fmt: skip
    style.title(right, "Gradient of the whole loss by timestep")
    right.set(yscale="log", xlabel="timestep", ylabel="norm of dL / d state")
    for axes in (left, right):
        style.whole_numbers(axes.xaxis)
        if axes.get_lines():
            style.legend_below(axes)
    return figure


def _label(layer: "LayerFlow") -> str:
    """Return what the legend says of a layer."""
    after = f", below 1 % after {layer.memory} steps" if layer.fades else ""
    return style.plain(f"{layer.name}: {layer.verdict}{after}")


def _drawn(norms: Any) -> Any:
    """Return norms with gaps where a logarithm has no place for them."""
    return np.where(np.isfinite(norms) & (norms > 0), norms, np.nan)
