"""What the recurrent layers inside a model are called: by the way that leads to them."""

from typing import Any

from elman.layers import Layer
from elman.layers.rnn import RNN
from elman.layers.stacked_rnn_cells import StackedRNNCells


def cells(layer: Layer) -> dict[str, Any]:
    """Return the cells inside a layer by name: the path of the layer that runs them.

    A cell has its layer's name, "encoder/lstm"; of several cells in one layer each has its own
    behind it, "rnn/lstm_cell".
    """
    found: dict[int, tuple[str, Any]] = {}
    _add(layer, (), found)
    return {path or layer.name: cell for path, cell in found.values()}


def _add(layer: Layer, path: tuple[str, ...], found: dict[int, tuple[str, Any]]) -> None:
    for sub in layer.sublayers:
        stack = isinstance(sub, StackedRNNCells)
        inside = path if stack or isinstance(layer, RNN) else (*path, sub.name)
        if isinstance(layer, (RNN, StackedRNNCells)) and not stack:
            found.setdefault(id(sub), ("/".join(inside), sub))
        elif id(sub) not in found:
            _add(sub, inside, found)


def at_top(name: str) -> str:
    """Return the name of the model's own layer in which a traced one is."""
    return name.split("/")[0].split("#")[0]
