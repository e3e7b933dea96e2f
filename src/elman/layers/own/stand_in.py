"""The stand-in of a layer of your own: a copy with what is computed with in place of weights.

That is their arrays, or a tape's boxes around them. What is never learned stays a weight, so that
`call` can assign to it. What `call` sets on the stand-in, the layer is given afterwards.
"""

import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from elman import _tree
from elman.parameters import Weight

if TYPE_CHECKING:
    from elman.layers.base import Layer

# What every layer keeps for itself.
PLACES = "_places"  # where a layer knows where its weights are, until an attribute is set
ORDER = "_order"  # the layers inside, in the order in which they came
BASES = frozenset(
    ("own_weights", "nodes", "_said", "_given_arguments", "_noted", "_by_hand", "_input_shapes")
) | {"_known", "_called_with", PLACES, ORDER}


class Places(NamedTuple):
    """The names of the attributes that are weights, and of those that may hold some."""

    weights: tuple[str, ...]
    containers: tuple[str, ...]


def stand_in(layer: "Layer") -> "Layer":
    """Return a copy of a layer that has in place of its weights what is computed with."""
    double: Layer = object.__new__(type(layer))
    before, own = vars(layer), vars(double)
    own.update(before)
    own["_original"] = layer
    places = before.get(PLACES) or _found(layer)
    for name in places.weights:
        if name in before:
            own[name] = _read(before[name])
    for name in places.containers:
        if _holds_weights(before.get(name)):
            own[name] = _tree.map_every(_read, before[name])
    return double


def _found(layer: "Layer") -> Places:
    """Find out where a layer has its weights."""
    weights, containers = [], []
    for name, value in vars(layer).items():
        if isinstance(value, Weight):
            weights.append(name)
        elif name not in BASES and isinstance(value, (list, tuple, dict)):
            containers.append(name)
    vars(layer)[PLACES] = found = Places(tuple(weights), tuple(containers))
    return found


def keep(layer: "Layer", double: "Layer") -> None:
    """Give the layer the attributes that `call` has set on its stand-in."""
    before = vars(layer)
    for name, value in vars(double).items():
        was = before.get(name, _NONE)
        if value is not was and name not in ("_original", PLACES) and not _holds_weights(was):
            setattr(layer, name, value)


_NONE = object()  # stands for what an attribute was that there was not


def by_hand(layer: "Layer", args: Any, options: Any) -> Any:
    """Call a layer as the nearest class above it that has a `forward` written by hand."""
    plain = copy.copy(vars(layer).get("_original", layer))
    kinds: Any = [cls for cls in type(layer).__mro__ if hasattr(cls, "has_call")]
    maker = next(cls for cls in kinds if not cls.has_call)
    object.__setattr__(plain, "__class__", maker)
    # It has the weights that class knows of; what penalises outputs is for the last of them.
    vars(plain).update(own_weights=vars(plain).get("_by_hand", []), activity_regularizer=None)
    vars(plain).pop("_known", None)
    found = maker.__call__(plain, *args, **options)
    _keep_states(layer, plain)
    return found


def _keep_states(layer: "Layer", plain: "Layer") -> None:
    """Give a layer the states that a stateful copy of it carries on."""
    for each in (layer, vars(layer).get("_original", layer)):
        if "states" in vars(plain):
            vars(each)["states"] = vars(plain)["states"]


def _read(leaf: Any) -> Any:
    """Return what stands for a weight."""
    return leaf.read if isinstance(leaf, Weight) and leaf.learned else leaf


def _holds_weights(value: Any) -> bool:
    return any(isinstance(leaf, Weight) for leaf in _tree.objects(value))
