"""Classes and functions of your own, by the names under which saved models refer to them.

A name is looked up in what a `custom_object_scope` holds, then among what was registered. Nothing
else is ever found by a name from a file but elman's own tables.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from elman import _check
from elman.errors import ArgumentError

T = TypeVar("T")

_registered: dict[str, Any] = {}  # "package>Name" -> class or function
_names: dict[Any, str] = {}  # and back
_scope: ContextVar[dict[str, Any] | None] = ContextVar("custom objects", default=None)


def register(package: str = "Custom", name: str | None = None) -> Callable[[T], T]:
    """Return a decorator that registers a class or function under "package>name"."""
    _check.string("register_keras_serializable", "package", package)

    def decorate(thing: T) -> T:
        if isinstance(thing, type) and not hasattr(thing, "get_config"):
            raise ArgumentError(
                f"register_keras_serializable: `{thing.__name__}` must have a `get_config`; it has "
                "none. Define it, and `from_config` if the constructor takes something else."
            )
        full = f"{package}>{name or getattr(thing, '__name__', '')}"
        _registered[full] = thing
        _names[thing] = full
        return thing

    return decorate


@contextmanager
def scope(custom_objects: Mapping[str, Any] | None) -> Iterator[None]:
    """Let these be found by their names meanwhile; None is no more than there were."""
    if custom_objects is not None and not isinstance(custom_objects, Mapping):
        raise ArgumentError(
            "custom_object_scope: `custom_objects` must be a dictionary from names to classes or "
            f"functions; got {custom_objects!r:.60}."
        )
    token = _scope.set({**(_scope.get() or {}), **(custom_objects or {})})
    try:
        yield
    finally:
        _scope.reset(token)


def name_of(thing: Any) -> str | None:
    """Return the name under which a class or function is registered, or None."""
    try:
        return _names.get(thing)
    except TypeError:  # it cannot be hashed
        return None


def make(found: Any, config: Mapping[str, Any]) -> Any:
    """Return an object of a class of your own from its configuration; a function as it is."""
    return found.from_config(config.get("config") or {}) if isinstance(found, type) else found  # type: ignore[attr-defined]


def find(config: Mapping[str, Any]) -> Any:
    """Return the class or function of your own that a configuration names, or None."""
    names = [config.get("registered_name"), config.get("class_name")]
    if config.get("class_name") == "function":
        names.append(config.get("config"))
    return next((found for name in names if (found := by_name(name)) is not None), None)


def by_name(name: Any) -> Any:
    """Return the class or function of your own of this name, or None."""
    if not isinstance(name, str):
        return None
    scoped = _scope.get() or {}
    short = name.rpartition(">")[2]
    for key in (name, short):
        if key in scoped:
            return scoped[key]
    return _registered.get(name, _registered.get(f"Custom>{name}"))


def all_objects() -> dict[str, Any]:
    """Return all that is registered, by name; what is changed in it is changed for everybody."""
    return _registered
