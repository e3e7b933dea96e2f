"""What the gates of a cell are called: the column blocks of its kernels, and their values.

LSTM   input, forget, candidate, output         in the order of their blocks
GRU    update, reset, candidate
a cell with one block: activation, what phi gives
"""

from elman.cells import CELLS

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
