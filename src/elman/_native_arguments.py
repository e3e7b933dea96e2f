"""What the compiled kernels take: numbers for names, and arrays as they lie in memory."""

from typing import Any

import numpy as np

from elman import cells
from elman._typing import Array, State

FADES = "gru_decay"  # whose stream has a gradient
CELLS = {  # their numbers in native/cells/_all.hpp
    name: number
    for number, name in enumerate((
        "simple_rnn", "lstm", "gru", "gru_reset_before", "lstm_coupled", "lstm_peephole",
        "lstm_zoneout", "indrnn", "min_gru", "min_lstm", "leaky", "gru_decay",
        "lstm_normalised", "gru_normalised",
    ))
}  # fmt: skip
ACTIVATIONS = (  # the order in native/math.hpp
    "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "tanh", "hard_tanh", "sigmoid",
    "hard_sigmoid", "hard_sigmoid_keras2", "softsign", "exponential", "softplus", "log_sigmoid",
    "tanh_shrink", "silu", "mish", "gelu",
)  # fmt: skip
NUMBERS = {name: i for i, name in enumerate(ACTIVATIONS)} | {"celu": ACTIVATIONS.index("elu")}


def units(cell: str, weights: tuple[Any, ...]) -> int:
    """Return how many units a cell of these weights has."""
    width: int = weights[0].shape[1]
    return width // len(cells.CELLS[cell].GATES)


def room_for_history(
    cell: str, shape: tuple[int, int, int], dtype: "np.dtype[Any]"
) -> tuple[State, State]:
    """Return arrays for the states and for the gates of all steps, (batch, timesteps, units)."""
    states, gates = len(cells.CELLS[cell].STATES), len(cells.CELLS[cell].GATES)
    arrays = np.empty((states + gates, *shape), dtype)
    return tuple(arrays[:states]), tuple(arrays[states:])


def no_streams(cell: str) -> tuple[None, ...]:
    """Return what stands for streams of zeros."""
    return (None,) * len(cells.streams_of(cells.CELLS[cell]))


def contiguous(array: Array) -> Array:
    """Return an array as the compiled functions take it: in C order, and aligned."""
    flags = array.flags
    return array if flags.c_contiguous and flags.aligned else array.copy()


def given(array: Any) -> Any:
    """Return the same, or None for None."""
    return None if array is None else contiguous(array)


def own_weights(
    cell: str, bias: Array | None, words: tuple[Array | None, ...]
) -> tuple[Array | None, list[Array | None]]:
    """Return a cell's bias and words as a stream takes them: words that are (units,) each.

    A normalised cell's bias is not added to x W: its gates' parts are the last of the words.
    """
    if not cells.is_normalised(maths := cells.CELLS[cell]):
        return bias, list(words)
    widths = cells.vectors_of(maths).values()
    found: list[Array | None] = []
    for array, width in zip(words, widths, strict=True):
        found += [None] * width if array is None else list(array.reshape(width, -1))
    gates = len(maths.GATES)
    return None, found + ([None] * gates if bias is None else list(bias.reshape(gates, -1)))
