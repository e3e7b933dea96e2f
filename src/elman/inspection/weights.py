"""How large are the weights of each gate, and what does the recurrent kernel do to a state?

Repeated multiplication by R grows a state by the spectral radius max |lambda| a step in the long
run, and by the largest singular value at most in one step.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError
from elman.inspection.both_passes import check_layer
from elman.inspection.layers_by_name import cells
from elman.layers import Layer
from elman.layers.recurrence.stock_cell import StockCell


class GateWeights(NamedTuple):
    """The weights of one gate.

    Attributes:
        kernel, recurrent_kernel, bias: W (features, units), R (units, units) and b; None for what
            the cell has not.
        eigenvalues: of R, complex, the largest in absolute value first; empty without R.
        singular_values: of R, the largest first; empty without R.
    """

    kernel: Array
    recurrent_kernel: Array | None
    bias: Array | None
    eigenvalues: Array
    singular_values: Array

    @property
    def spectral_radius(self) -> float:
        """The largest |lambda| of R; NaN without R."""
        return float(abs(self.eigenvalues[0])) if len(self.eigenvalues) else float("nan")

    @property
    def norms(self) -> dict[str, float]:
        """The Frobenius norm of each weight by name."""
        return {name: float(np.linalg.norm(array)) for name, array in self._there()}

    def histogram(self, bins: int = 30) -> dict[str, tuple[Array, Array]]:
        """Return of each weight by name how many entries are in each bin, and the bins' edges."""
        return {name: np.histogram(array, bins) for name, array in self._there()}

    def _there(self) -> list[tuple[str, Array]]:
        named = (("kernel", self.kernel), ("recurrent_kernel", self.recurrent_kernel))
        return [(n, a) for n, a in (*named, ("bias", self.bias)) if a is not None]


class Weights(Mapping[str, dict[str, GateWeights]]):
    """The weights of recurrent layers, by layer and by gate: `found["lstm"]["forget"]`."""

    def __init__(self, owner: str, layers: dict[str, dict[str, GateWeights]]) -> None:
        self._owner, self._layers = owner, layers

    def __getitem__(self, name: str) -> dict[str, GateWeights]:
        if name not in self._layers:
            raise KeyError(_check.not_one_of(self._owner, "layer", name, self._layers))
        return self._layers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)

    def __str__(self) -> str:
        """A line for each gate."""
        lines = [f"{'layer':<24} {'gate':<11} {'|W|':>8} {'|R|':>8} {'|b|':>8} {'max |eig R|':>12}"]
        for name, by_gate in self._layers.items():
            for gate, weights in by_gate.items():
                norms = weights.norms
                shown = [norms.get(each) for each in ("kernel", "recurrent_kernel", "bias")]
                figures = " ".join(f"{'-' if n is None else f'{n:.3g}':>8}" for n in shown)
                radius = f"{weights.spectral_radius:.3g}" if len(weights.eigenvalues) else "-"
                lines.append(f"{name:<24} {gate:<11} {figures} {radius:>12}")
        return "\n".join(lines)

    def plot(self) -> Any:
        """Draw the spectrum of each R, and how the weights are spread; return the figure."""
        from elman.inspection.pictures.weights import draw

        return draw(self)


def weights(model_or_layer: Layer) -> Weights:
    """Return norms, spectra and histograms of recurrent layers' weights, by gate.

    A `LeakyRNN`'s are those that it computes with: masked, and with the signs of Dale's law.

    Args:
        model_or_layer: a model, or a layer that has weights.

    Raises:
        ArgumentError: there is no recurrent layer of one of elman's cells.
        NotBuiltError: there are no weights yet.

    >>> import elman
    >>> model = elman.Sequential([elman.Input((None, 2)), elman.layers.GRU(3, name="gru")])
    >>> found = elman.inspection.weights(model)
    >>> found["gru"]["update"].recurrent_kernel.shape
    (3, 3)
    """
    check_layer("weights", "model_or_layer", model_or_layer)
    found: dict[str, dict[str, GateWeights]] = {}
    for name, cell in cells(model_or_layer).items():
        if isinstance(cell, StockCell):
            found[name] = {gate: _of(weights) for gate, weights in cell.gates.items()}
    if not found:
        raise ArgumentError(
            f"{model_or_layer.owner}: a recurrent layer of one of elman's cells must be in what is "
            "looked at; got none."
        )
    return Weights(f"weights of {model_or_layer.owner}", found)


def _of(gate: Any) -> GateWeights:
    """Return the weights of a gate with the spectra of R."""
    R = gate.recurrent_kernel
    if R is None or not np.isfinite(R).all():
        none = np.empty(0)
        return GateWeights(gate.kernel, R, gate.bias, none, none)
    eigenvalues = np.linalg.eigvals(R)
    order = np.argsort(-abs(eigenvalues), kind="stable")
    singular = np.linalg.svd(R, compute_uv=False)
    return GateWeights(gate.kernel, R, gate.bias, eigenvalues[order], singular)
