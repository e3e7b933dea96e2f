"""What the recurrent layers inside a model are called: by the way that leads to them."""

from elman.layers import Layer
from elman.layers.cell import Cell
from elman.layers.rnn import RNN
from elman.layers.stacked_rnn_cells import StackedRNNCells


def names(layer: Layer) -> dict[int, str]:
    """Return the name of each cell inside a layer, by the cell's `id`: the path of its layer.

    A cell has its layer's name, "encoder/lstm"; of several cells in one layer each has its own
    behind it, "rnn/lstm_cell".
    """
    found: dict[int, str] = {}
    _add(layer, (), found)
    return {key: path or layer.name for key, path in found.items()}


def _add(layer: Layer, path: tuple[str, ...], found: dict[int, str]) -> None:
    for sub in layer.sublayers:
        if id(sub) in found:
            continue
        only = isinstance(layer, RNN) or isinstance(sub, StackedRNNCells)
        inside = path if only else (*path, sub.name)
        if isinstance(sub, Cell):
            found[id(sub)] = "/".join(inside)
        _add(sub, inside, found)
