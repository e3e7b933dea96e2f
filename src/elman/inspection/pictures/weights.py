"""Weights by gate: the spectrum of the recurrent kernel, and how the entries are spread."""

from typing import TYPE_CHECKING, Any

import numpy as np

from elman.inspection.pictures.spectra import eigenvalues, unit_circle
from elman.inspection.pictures.style import COLOURS, figure, title

if TYPE_CHECKING:
    from elman.inspection.weights import GateWeights, Weights

RECURRENT = "recurrent kernel R"


def draw(found: "Weights") -> Any:
    """Draw two axes a gate, a row a gate."""
    rows = [(name, gate, each) for name in found for gate, each in found[name].items()]
    picture, axes = figure(len(rows), 2, size=(9.6, 2.6 * len(rows) + 0.6))
    for (name, gate, each), (left, right) in zip(rows, axes, strict=True):
        _spectrum(left, each, f"{name}, {gate}")
        _spread(right, each)
    named = {label: line for row in axes for each in row
             for line, label in zip(*each.get_legend_handles_labels(), strict=True)}  # fmt: skip
    picture.legend(named.values(), named, loc="outside upper center", ncols=3, frameon=False)
    return picture


def _spectrum(axes: Any, weights: "GateWeights", owner: str) -> None:
    """Draw eigenvalues in the complex plane, with the unit circle."""
    if not len(weights.eigenvalues):
        none = weights.recurrent_kernel is None
        title(axes, owner)
        axes.text(0.5, 0.5, "no recurrent kernel" if none else "the recurrent kernel is not finite",
                  ha="center", transform=axes.transAxes)  # fmt: skip
        axes.set_axis_off()
        return
    title(axes, f"{owner}: largest |λ| = {weights.spectral_radius:.3g}")
    unit_circle(axes)
    eigenvalues(
        axes, weights.eigenvalues, color=COLOURS[0], label="eigenvalue λ of the recurrent kernel R"
    )
    axes.set_xlabel("real part")


def _spread(axes: Any, weights: "GateWeights") -> None:
    """Draw histograms of the kernels, each as a share of its entries; biases as strokes."""
    kernels = {"kernel W": weights.kernel, RECURRENT: weights.recurrent_kernel}
    there = {
        name: array[np.isfinite(array)] for name, array in kernels.items() if array is not None
    }
    together = np.concatenate(list(there.values()))
    bins = int(np.clip(np.sqrt(len(together)), 5, 40))  # few entries are no forest of bars
    edges = np.histogram_bin_edges(together, bins)
    for name, entries in there.items():
        counts, _ = np.histogram(entries, edges)
        axes.stairs(counts / max(1, counts.sum()), edges, label=name, linewidth=1.5,
                    color=COLOURS[name == RECURRENT])  # fmt: skip
    if weights.bias is not None:
        bias = weights.bias.ravel()
        axes.plot(bias, np.zeros_like(bias), "|", markersize=14, label="bias b, a stroke a unit",
                  color=COLOURS[2], clip_on=False)  # fmt: skip
    axes.set_xlabel("weight")
    axes.set_ylabel("share of entries")
    axes.set_ylim(bottom=0)
    title(axes, "how the weights are spread")
