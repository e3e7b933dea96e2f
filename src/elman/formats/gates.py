"""In which order do others keep the gates of a cell?

        elman, Keras     Keras 1     PyTorch     ONNX
LSTM    i f g o          i g f o     i f g o     i o f g
GRU     z r h            z r h       r z h       z r h

i input, f forget, g candidate, o output; z update, r reset, h candidate. The blocks of all gates
lie side by side in the kernels and in the bias. PyTorch calls the GRU's candidate n, ONNX the
LSTM's c.
"""

from collections.abc import Sequence

import numpy as np

from elman._typing import Array

ORDERS = {
    "lstm": {"elman": "ifgo", "keras1": "igfo", "torch": "ifgo", "onnx": "iofg"},
    "gru": {"elman": "zrh", "keras1": "zrh", "torch": "rzh", "onnx": "zrh"},
    "simple_rnn": {"elman": "h", "keras1": "h", "torch": "h", "onnx": "h"},
}


def places(cell: str, source: str, target: str) -> Sequence[int]:
    """Return where in the source's order each gate of the target's order stands.

    >>> places("gru", "torch", "elman")
    [1, 0, 2]
    """
    orders = ORDERS[cell]
    return [orders[source].index(gate) for gate in orders[target]]


def reordered(array: Array, cell: str, source: str, target: str, axis: int = -1) -> Array:
    """Return an array whose gates' blocks along an axis stand in the target's order.

    Args:
        array: blocks of equal size along `axis`, in the source's order.
        cell: "simple_rnn", "gru" or "lstm".
        source, target: "elman" (which is Keras's order), "keras1", "torch" or "onnx".
        axis: along which the blocks lie.

    >>> reordered(np.array([1, 1, 2, 2, 3, 3]), "gru", "torch", "elman")
    array([2, 2, 1, 1, 3, 3])
    """
    found = places(cell, source, target)
    blocks = np.split(array, len(found), axis=axis)
    return np.concatenate([blocks[i] for i in found], axis=axis)
