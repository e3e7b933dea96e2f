"""Which group of a Keras 3 file holds the weights of which layer?

    layers/lstm/cell/vars/0       the layers of a model by class: lstm, lstm_1, dense …
    layers/bidirectional/forward_layer/cell/vars/0
    encoder/vars/0                what is inside a layer or model of your own, by attribute;
                                  from "layers" on in the alphabet, a model's are in `layers`

Keras walks from the model through its layers' attributes, and calls those in a list after their
classes, so that a file fits every model of the same architecture, whatever its layers are called.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from elman._config import snake_case
from elman._typing import Array
from elman.layers import Layer
from elman.layers.own.stand_in import BASES
from elman.layers.parts.kinds import is_layer
from elman.layers.saved.serialization import class_name
from elman.models import Model, saved_training
from elman.parameters import Weight


class Holder(NamedTuple):
    """A layer, the path of its group, and the weights that are its own, in Keras's order."""

    path: str
    layer: Layer
    weights: list[Weight]

    @property
    def variables(self) -> str:
        """The path of the group of its weights."""
        return f"{self.path}/vars" if self.path else "vars"


def holders(model: Model) -> list[Holder]:
    """Return the model and all layers inside it, each once.

    >>> import elman
    >>> model = elman.Sequential([elman.Input((None, 3)), elman.layers.LSTM(2)])
    >>> model.add(elman.layers.Dense(1, name="head"))
    >>> [holder.path for holder in holders(model) if holder.weights]
    ['layers/lstm/cell', 'layers/dense']
    """
    return list(_walk(model, "", set()))


def _walk(layer: Layer, path: str, seen: set[int]) -> Iterator[Holder]:
    if id(layer) in seen:
        return
    seen.add(id(layer))
    own = sorted(layer.own_weights, key=lambda weight: not weight.learned)
    yield Holder(path, layer, own)
    before = f"{path}/" if path else ""
    attributes = {name: value for name, value in vars(layer).items() if name not in BASES}
    if isinstance(layer, Model) and layer.is_own:
        attributes["layers"] = layer.layers  # an attribute among others, when its turn comes
    elif isinstance(layer, Model):
        yield from _walk_all(layer.layers, f"{before}layers", seen)
    for name in sorted(attributes, key=lambda name: (name.startswith("_"), name)):
        value = attributes[name]
        if is_layer(value):
            yield from _walk(value, f"{before}{name}", seen)
        elif isinstance(value, (list, tuple, dict)):
            yield from _walk_all(value, f"{before}{name}", seen)


def _walk_all(values: Any, path: str, seen: set[int]) -> Iterator[Holder]:
    """Walk through the layers in a list, named by their classes."""
    counts: dict[str, int] = {}
    for value in _leaves(values):
        name = snake_case(class_name(value)) if is_layer(value) else "container"
        count = counts.setdefault(name, 0)
        counts[name] += 1
        inside = f"{path}/{name}_{count}" if count else f"{path}/{name}"
        if is_layer(value):
            yield from _walk(value, inside, seen)
        else:
            yield from _walk_all(value, inside, seen)


def _leaves(values: Any) -> Sequence[Any]:
    """Return what counts of a list or dictionary: layers, and lists of more."""
    each = values.values() if isinstance(values, dict) else values
    return [
        value
        for value in each
        if isinstance(value, (list, tuple, dict))
        or (is_layer(value) and not hasattr(value, "keras_form"))
    ]


# ---------------------------------------------------------------------- elman's own


def add(groups: dict[str, Any], entries: Iterable[tuple[str, Array]]) -> None:
    """Add arrays, by their paths, to the groups of a file."""
    for name, array in entries:
        group, _, place = name.rpartition("/")
        groups.setdefault(group, ({}, {}))[1][place] = array


def add_training(groups: dict[str, Any], model: Model, compiled: bool) -> None:
    """Add what training goes on with: which weights are frozen, and if it is wanted the rest."""
    add(groups, saved_training.trainable(model))
    if compiled:
        add(groups, saved_training.entries(model))
