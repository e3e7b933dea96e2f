"""Weights by gate: the spectrum of the recurrent kernel, and how the entries are spread."""

from typing import TYPE_CHECKING, Any

import numpy as np

from elman.inspection.pictures.style import COLOURS, figure, title

if TYPE_CHECKING:
    from elman.inspection.weights import GateWeights, Weights


def draw(found: "Weights") -> Any:
    """Draw two axes a gate, a row a gate."""
    rows = [(name, gate, each) for name in found for gate, each in found[name].items()]
    picture, axes = figure(len(rows), 2, size=(8, 2.6 * len(rows) + 0.4))
    for (name, gate, each), (left, right) in zip(rows, axes, strict=True):
        _spectrum(left, each, f"{name}, {gate}")
        _spread(right, each)
    return picture


def _spectrum(axes: Any, weights: "GateWeights", owner: str) -> None:
    """Draw eigenvalues in the complex plane, with the unit circle."""
    if not len(weights.eigenvalues):
        title(axes, f"{owner}: no recurrent kernel to take eigenvalues of")
        axes.set_axis_off()
        return
    title(axes, f"{owner}: eigenvalues λ of R, largest |λ| = {weights.spectral_radius:.3g}")
    turn = np.linspace(0, 2 * np.pi, 200)
    axes.plot(np.cos(turn), np.sin(turn), color="0.6", linewidth=1)
    axes.annotate("|λ| = 1", (np.sqrt(0.5), np.sqrt(0.5)), fontsize="small", color="0.4")
    eigenvalues = weights.eigenvalues
    axes.plot(eigenvalues.real, eigenvalues.imag, "o", markersize=4, alpha=0.8)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xlabel("real part")
    axes.set_ylabel("imaginary part")


def _spread(axes: Any, weights: "GateWeights") -> None:
    """Draw histograms of the kernels, each as a share of its entries; biases as strokes."""
    kernels = {"kernel W": weights.kernel, "recurrent kernel R": weights.recurrent_kernel}
    there = {name: array.ravel() for name, array in kernels.items() if array is not None}
    edges = np.histogram_bin_edges(np.concatenate(list(there.values())), 40)
    for name, entries in there.items():
        counts, _ = np.histogram(entries, edges)
        axes.stairs(counts / max(1, counts.sum()), edges, label=name, linewidth=1.5)
    if weights.bias is not None:
        bias = weights.bias.ravel()
        axes.plot(bias, np.zeros_like(bias), "|", markersize=14, label="bias b, a stroke a unit",
                  color=COLOURS[2], clip_on=False)  # fmt: skip
    axes.set_xlabel("weight")
    axes.set_ylabel("share of entries")
    axes.set_ylim(bottom=0)
    title(axes, "how the weights are spread")
    axes.legend(fontsize="small", framealpha=0.8, edgecolor="none")
