"""A layer and the layers inside it, taken as one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from elman.parameters import Weight, version

if TYPE_CHECKING:
    from elman.layers.base import Layer

T = TypeVar("T")

building = RLock()  # layers are built one after the other, whatever thread calls them first


@contextmanager
def undone_on_error(layer: "Layer") -> Iterator[None]:
    """Give a layer, and every layer inside it, back what it was if what is done meanwhile fails."""
    before = [(each, _attributes(each)) for each in with_sublayers(layer)]
    try:
        yield
    except BaseException:
        for each, attributes in before:
            vars(each).clear()
            vars(each).update(attributes)
        raise


def _attributes(layer: "Layer") -> dict[str, Any]:
    return {
        name: list(value) if type(value) is list else value for name, value in vars(layer).items()
    }


def known(layer: "Layer", what: str, find: Callable[["Layer"], T]) -> T:
    """Return what is looked for in a layer once, and anew when layers or weights change."""
    version_then, found = vars(layer).get("_known", (None, {}))
    if version_then is not version():
        found = {}
        vars(layer)["_known"] = version(), found
    if what not in found:
        found[what] = find(layer)
    value: T = found[what]
    return value


def known_weights(layer: "Layer") -> list[Weight]:
    """Return a layer's weights, which are looked for once."""
    return known(layer, "weights", lambda layer: layer.weights)


def with_sublayers(layer: "Layer") -> list["Layer"]:
    """Return a layer and all that are inside it, however deep, each once.

    A layer of your own may have an attribute that leads back to the one around it.
    """
    found: dict[int, Layer] = {}
    _add(layer, found)
    return list(found.values())


def _add(layer: "Layer", found: "dict[int, Layer]") -> None:
    if id(layer) not in found:
        found[id(layer)] = layer
        for sub in layer.sublayers:
            _add(sub, found)
