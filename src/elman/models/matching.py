"""Which arrays of a file of weights are which weights of a model.

An entry is called "0003/lstm_1/lstm_cell/bias": its place among the model's weights, and its path
without the model's own name. Arrays go to weights by place; they fit where the weight's own name
and its shape are the same, so that a layer may be `lstm` in one model and `lstm_1` in the other.
"""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from elman._typing import Array
from elman._warning import warn
from elman.errors import FormatError
from elman.parameters import Weight

if TYPE_CHECKING:
    from elman.models.model import Model

ENDING = ".npy"


def entry(model: "Model", place: int, weight: Weight) -> str:
    """Return what a weight is called in a file."""
    return f"{place:04d}/{weight.path.removeprefix(f'{model.name}/')}{ENDING}"


def all_of(path: Path, model: "Model", arrays: Mapping[str, Array]) -> list[Array]:
    """Return the arrays of all weights, in their order.

    Raises:
        FormatError: the first weight that has none, or array that has no weight.
    """
    wanted = [(weight.name, weight.shape) for weight in model.weights]
    for name, want in itertools.zip_longest(arrays, wanted):
        if name is None or want is None or (_last(name), arrays[name].shape) != want:
            found = "nothing" if name is None else f"{name[: -len(ENDING)]!r} {arrays[name].shape}"
            due = "nothing" if want is None else f"{want[0]!r} of shape {want[1]}"
            raise FormatError(
                f"{path}: the file must hold the weights of {model.owner}; where that has {due} "
                f"it has {found}. Weights are unchanged."
            )
    return list(arrays.values())


def those_that_fit(path: Path, model: "Model", arrays: Mapping[str, Array]) -> list[Array]:
    """Return an array for each weight: the file's, or where that does not fit the weight's own.

    The weights of a layer, or of a cell in it, are taken together or not at all: those of the
    first such layer from the first one of the file, and so on. A warning names what is left.
    """
    filed = [list(names) for _, names in itertools.groupby(arrays, _owner)]
    grouped = itertools.groupby(model.weights, lambda weight: weight.path.rpartition("/")[0])
    layers = [(layer, list(weights)) for layer, weights in grouped]
    taken: list[Array] = []
    left = []
    for names, (layer, weights) in itertools.zip_longest(filed[: len(layers)], layers):
        found = [(_last(name), arrays[name].shape) for name in names or ()]
        if found == [(weight.name, weight.shape) for weight in weights]:
            taken += [arrays[name] for name in names]
        else:
            taken += [weight.array for weight in weights]
            left.append(repr(layer))
    over = [repr(_owner(names[0])) for names in filed[len(layers) :]]
    for what, which in (("the weights of", left), ("out what the file has for", over)):
        if which:
            warn(
                f"{path}: `skip_mismatch` left {what} {', '.join(which)}"
                + (" as they are." if which is left else "."),
            )
    return taken


def _owner(name: str) -> str:
    """Return the path of the layer that an entry is of."""
    return name.partition("/")[2].rpartition("/")[0]


def _last(name: str) -> str:
    """Return a weight's own name from that of its entry."""
    return name.removesuffix(ENDING).rpartition("/")[2]
