"""How large are the weights of each gate, and what does the recurrent kernel do to a state?

Repeated multiplication by R grows a state by the spectral radius max |lambda| a step in the long
run, and by the largest singular value at most in one step.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import numpy as np

from elman import _check
from elman._typing import Array
from elman.inspection.both_passes import check_layer
from elman.inspection.by_name import ByName
from elman.inspection.layers_by_name import in_full, stock_cells
from elman.layers import Layer

HEADS = ("layer", "gate", "|W|", "|R|", "|b|", "max |eig R|")  # of a table
V = TypeVar("V")


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
        return self._of_each(lambda array: float(np.linalg.norm(array)))

    def histogram(self, bins: int = 30) -> dict[str, tuple[Array, Array]]:
        """Return of each weight by name how many entries are in each bin, and the bins' edges.

        Entries that are not finite are in none.

        Raises:
            ArgumentError: `bins` is no whole number from 1 on.
        """
        bins = _check.integer("histogram", "bins", bins)
        return self._of_each(lambda array: np.histogram(array[np.isfinite(array)], bins))

    def _of_each(self, measure: Callable[[Array], V]) -> dict[str, V]:
        """Return a measure of each weight that there is, by name."""
        arrays = {
            "kernel": self.kernel, "recurrent_kernel": self.recurrent_kernel, "bias": self.bias
        }  # fmt: skip
        found = {name: measure(array) for name, array in arrays.items() if array is not None}
        return ByName("weights of a gate", "weight", found)


class Weights(Mapping[str, dict[str, GateWeights]]):
    """The weights of recurrent layers, by layer and by gate: `found["lstm"]["forget"]`."""

    def __init__(self, owner: str, layers: dict[str, dict[str, GateWeights]]) -> None:
        self._owner, self._layers = owner, layers

    def __getitem__(self, name: str) -> dict[str, GateWeights]:
        full = in_full(name, self._layers)
        if full is None:
            raise KeyError(_check.not_one_of(self._owner, "layer", name, self._layers))
        return self._layers[full]

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)

    def __str__(self) -> str:
        """A line for each gate: Frobenius norms, and the largest |eigenvalue| of R."""
        rows = [HEADS, *(
            (name, gate, *_figures(weights))
            for name, by_gate in self._layers.items() for gate, weights in by_gate.items()
        )]  # fmt: skip
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(
                f"{cell:<{width}}" if i < 2 else f"{cell:>{width}}"
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in rows
        )

    def __repr__(self) -> str:
        layers = (f"{name} ({', '.join(gates)})" for name, gates in self._layers.items())
        return f"<{self._owner}: {', '.join(layers)}>"

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
    found: dict[str, dict[str, GateWeights]] = {
        name: ByName(f"weights of '{name}'", "gate", {g: _of(w) for g, w in cell.gates.items()})
        for name, cell in stock_cells(model_or_layer).items()
    }
    return Weights(f"weights of {model_or_layer.owner}", found)


def _figures(weights: GateWeights) -> list[str]:
    """Return what is said of a gate in a table."""
    norms = weights.norms
    found = [norms.get(name) for name in ("kernel", "recurrent_kernel", "bias")]
    found.append(weights.spectral_radius if len(weights.eigenvalues) else None)
    return ["-" if each is None else f"{each:.3g}" for each in found]


def _of(gate: Any) -> GateWeights:
    """Return the weights of a gate, as they are now, with the spectra of R."""
    W = gate.kernel.copy()
    R, b = (None if array is None else array.copy() for array in (gate.recurrent_kernel, gate.bias))
    if R is None or not np.isfinite(R).all():
        none = np.empty(0)
        return GateWeights(W, R, b, none, none)
    eigenvalues = np.linalg.eigvals(R)
    order = np.argsort(-abs(eigenvalues), kind="stable")
    singular = np.linalg.svd(R, compute_uv=False)
    return GateWeights(W, R, b, eigenvalues[order], singular)
