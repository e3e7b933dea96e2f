"""The states that a model carries, in the files of models and of weights.

    states/0002/1      of the third stateful layer, however deep, the second array

A layer that carries nothing has no entry. Which layers there are, and what they carry, the model
says; a file that does not fit changes nothing.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elman._typing import Array
from elman.errors import ArgumentError, FormatError
from elman.layers.recurrence import carried, cell_states
from elman.models.carrying import stateful_layers

if TYPE_CHECKING:
    from elman.models.model import Model

FOLDER = "states/"


def entries(model: "Model") -> Iterator[tuple[str, Array]]:
    """Yield what the layers of a model carry, and what it is called in a file.

    Raises:
        ArgumentError: no layer carries a state from call to call.
    """
    layers = stateful_layers(model)
    if not layers:
        raise ArgumentError(
            f"{model.owner}: `states` must be False, because no layer carries a state from call to "
            "call; got True. Make a recurrent layer with `stateful=True`."
        )
    for i, layer in enumerate(layers):
        for k, array in enumerate(carried.arrays(layer)):
            yield f"{FOLDER}{i:04d}/{k}", array


def restore(path: Path, model: "Model", arrays: Mapping[str, Array]) -> None:
    """Let the layers of a model carry what is in a file, and those without an entry nothing.

    Args:
        path: of the file, for messages.
        model: a built model.
        arrays: its entries.

    Raises:
        FormatError: the file holds states of other layers; those of the model are unchanged.
    """
    layers, left = stateful_layers(model), dict(arrays)
    found = []
    for i, layer in enumerate(layers):
        sizes = cell_states.flat(layer.cell.state_size)
        names = [f"{FOLDER}{i:04d}/{k}" for k in range(len(sizes))]
        states = [left.pop(name) for name in names if name in left]
        found.append((layer, states))
        shapes = [array.shape for array in states]
        wanted = [(shapes[0][0] if shapes[0] else 0, size) for size in sizes] if shapes else []
        kinds = {array.dtype.name for array in states} - {layer.dtype}
        if shapes != wanted or kinds:
            raise FormatError(
                f"{path}: the states of {layer.owner} must be {layer.dtype} arrays (batch, size) "
                f"of sizes {sizes}; got {', '.join(map(_shown, states))}."
            )
    if left:
        raise FormatError(
            f"{path}: the states must be those of {len(layers)} layers; got '{min(left)}' as well."
        )
    for layer, states in found:
        layer.states = tuple(layer.pack_states(states)) if states else None


def _shown(array: Any) -> str:
    return f"{array.dtype.name} {array.shape}"
