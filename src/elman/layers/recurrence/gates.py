"""The gates of a cell by name: the column blocks of its weights, and what traces call their values.

LSTM   input, forget, candidate, output         in the order of their blocks
GRU    update, reset, candidate
a cell with one block: activation, what phi gives
"""

from collections.abc import Iterator, Mapping
from typing import Any

from elman import _check
from elman._typing import Array
from elman.cells import CELLS, has_recurrent_kernel

NAMES = {
    "i": "input", "f": "forget", "g": "candidate", "o": "output",
    "z": "update", "r": "reset", "h": "candidate",
}  # fmt: skip


def names(cell: str) -> tuple[str, ...]:
    """Return the names of a cell's gates, in the order of their blocks.

    >>> names("gru")
    ('update', 'reset', 'candidate')
    """
    letters: tuple[str, ...] = CELLS[cell].GATES
    return ("activation",) if len(letters) == 1 else tuple(NAMES[letter] for letter in letters)


def shares(cell: str) -> tuple[str, ...]:
    """Return the names of gates whose value is made of several: the minLSTM's f' of two."""
    return ("forget",) if cell == "min_lstm" else ()


class Gate:
    """The weights of one gate, as views: what is written to them is written to the layer's.

    Attributes:
        name: such as "forget".
        columns: which columns of the layer's kernels are the gate's.
    """

    def __init__(self, cell: Any, name: str, columns: slice) -> None:
        self._cell, self.name, self.columns = cell, name, columns

    @property
    def kernel(self) -> Array:
        """W of the gate, (features, units)."""
        found: Array = self._cell.kernel.array[:, self.columns]
        return found

    @property
    def recurrent_kernel(self) -> Array | None:
        """R of the gate, (units, units); None for a cell that does not multiply its state."""
        if not has_recurrent_kernel(self._cell.maths):
            return None
        found: Array = self._cell.cell_weights[1][:, self.columns]
        return found

    @property
    def bias(self) -> Array | None:
        """The bias of the gate, (units,), of a GRU with `reset_after` (2, units); None for none."""
        bias = self._cell.bias
        return None if bias is None else bias.array[..., self.columns]

    def __repr__(self) -> str:
        return f"<gate '{self.name}' of {self._cell.owner}: kernel, recurrent_kernel, bias>"


class Gates(Mapping[str, Gate]):
    """The gates of a layer by name.

    >>> from elman import layers
    >>> layer = layers.LSTM(3)
    >>> layer.build((None, None, 2))
    >>> list(layer.gates)
    ['input', 'forget', 'candidate', 'output']
    >>> layer.gates["forget"].kernel.shape, layer.gates["forget"].bias
    ((2, 3), array([1., 1., 1.], dtype=float32))
    """

    def __init__(self, cell: Any) -> None:
        self._owner, U = cell.owner, cell.units
        blocks = [slice(k * U, (k + 1) * U) for k in range(len(cell.maths.GATES))]
        called = names(cell.cell_name)
        self._gates = {n: Gate(cell, n, b) for n, b in zip(called, blocks, strict=True)}

    def __getitem__(self, name: str) -> Gate:
        if name not in self._gates:
            raise KeyError(_check.not_one_of(self._owner, "gate", name, self._gates))
        return self._gates[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._gates)

    def __len__(self) -> int:
        return len(self._gates)

    def __repr__(self) -> str:
        return f"<gates of {self._owner}: {', '.join(self._gates)}>"
