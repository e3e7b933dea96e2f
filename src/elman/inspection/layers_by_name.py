"""What the recurrent layers inside a model are called: by the way that leads to them."""

from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any, TypeVar

from elman.errors import ArgumentError
from elman.layers import Layer
from elman.layers.recurrence.stock_cell import StockCell
from elman.layers.rnn import RNN
from elman.layers.stacked_rnn_cells import StackedRNNCells

Named = TypeVar("Named", bound=Mapping[str, Any])


def cells(layer: Layer) -> dict[str, Any]:
    """Return the cells inside a layer by name: the path of the layer that runs them.

    A cell has its layer's name, "encoder/lstm"; of several cells in one layer each has its own
    behind it, "rnn/lstm_cell". Of several with one name the second is "lstm#2".
    """
    found: dict[int, tuple[str, Any]] = {}
    _add(layer, (), found)
    named = dict[str, Any]()
    for path, cell in found.values():
        named[numbered(path or layer.name, named.__contains__)] = cell
    return named


def numbered(name: str, taken: Callable[[str], bool]) -> str:
    """Return the first of "name", "name#2", "name#3" … that is not taken."""
    full, again = name, count(2)
    while taken(full):
        full = f"{name}#{next(again)}"
    return full


def stock_cells(layer: Layer) -> dict[str, StockCell]:
    """Return those of them that are elman's, by name.

    Raises:
        ArgumentError: there is none.
    """
    inside = cells(layer)
    return check_some(
        layer.owner, {n: cell for n, cell in inside.items() if isinstance(cell, StockCell)}, inside
    )


def check_some(owner: str, found: Named, inside: Mapping[str, Any]) -> Named:
    """Return what was found in recurrent layers of elman's cells, if there is any.

    Args:
        owner: how messages begin.
        found: by the names of layers.
        inside: all recurrent layers, those with cells of a user's own too.

    Raises:
        ArgumentError: there is none.
    """
    if not found:
        got = "cells of your own alone" if inside else "none"
        raise ArgumentError(
            f"{owner}: a recurrent layer of one of elman's cells must be in it; got {got}."
        )
    return found


def in_full(name: object, known: Iterable[str]) -> str | None:
    """Return the name that is meant, by all of it or its last part; None where none is, or several.

    >>> in_full("forward_lstm", ["bidirectional/forward_lstm", "bidirectional/backward_lstm"])
    'bidirectional/forward_lstm'
    """
    found = [full for full in known if full == name] or [
        full for full in known if full.endswith(f"/{name}")
    ]
    return found[0] if len(found) == 1 else None


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
