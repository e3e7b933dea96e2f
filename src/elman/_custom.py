"""Classes and functions of your own, by the names under which saved models refer to them.

    {"module": "builtins", "class_name": "function", "config": "mine>huber", …}    registered
    {"module": "my_losses", "class_name": "function", "config": "huber", …}        not registered

A class or function that is not registered is written by the name that it has, with its module. So
it is never taken for one of elman's of the same name: to be read it is registered, or given.

A name is looked up in what a `custom_object_scope` holds, then among what was registered. Nothing
else is ever found by a name from a file but elman's own tables.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from elman import _check
from elman.errors import ArgumentError, UnsupportedError

T = TypeVar("T")

_registered: dict[str, Any] = {}  # "package>Name" -> class or function
_names: dict[Any, str] = {}  # and back
_scope: ContextVar[dict[str, Any] | None] = ContextVar("custom objects", default=None)
_noted: ContextVar[dict[str, Any] | None] = ContextVar("what is being written", default=None)


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
    for name, thing in (custom_objects or {}).items():
        if not callable(thing):
            raise ArgumentError(
                f"custom_object_scope: `custom_objects` must hold classes and functions; got "
                f"{thing!r:.60} for {name!r}. Give the class or function itself."
            )
    token = _scope.set({**(_scope.get() or {}), **(custom_objects or {})})
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def noting() -> Iterator[dict[str, Any]]:
    """Give a dictionary that takes what of your own is written meanwhile, by name."""
    found: dict[str, Any] = {}
    token = _noted.set(found)
    try:
        yield found
    finally:
        _noted.reset(token)


def note(owner: str, thing: Any) -> None:
    """Let a surrounding `noting` know a class or function of your own that is written.

    Raises:
        UnsupportedError: there has been another of the same name.
    """
    noted = _noted.get()
    if noted is not None and noted.setdefault(thing.__name__, thing) is not thing:
        raise UnsupportedError(
            f"{owner}: `{thing.__name__}` must be one class or function to be made again; got two "
            "of this name. Call one of them otherwise."
        )


def name_of(thing: Any) -> str | None:
    """Return the name under which a class or function is registered, or None."""
    try:
        return _names.get(thing)
    except TypeError:  # it cannot be hashed
        return None


def is_yours(thing: Any) -> bool:
    """Say whether a class or function is not one of elman's."""
    return str(getattr(thing, "__module__", None)).split(".")[0] != "elman"


def is_foreign(config: Mapping[str, Any]) -> bool:
    """Say whether a configuration is of a class or function of your own, whatever its name is."""
    full = config.get("config" if config.get("class_name") == "function" else "registered_name")
    if isinstance(full, str) and ">" in full:
        return True
    root = str(config.get("module", "keras")).split(".")[0]  # None: Keras, of a script
    return config.get("registered_name") is not None and root not in ("keras", "elman", "builtins")


def has_name(thing: Any) -> bool:
    """Say whether a class or function can be found again: it is registered, or no lambda."""
    return name_of(thing) is not None or str(getattr(thing, "__name__", "")).isidentifier()


def usable_name(owner: str, thing: Any) -> str:
    """Return the name by which a class or function of your own can be found again.

    Raises:
        UnsupportedError: it has none, as a lambda has none.
    """
    name = getattr(thing, "__name__", None)
    if not isinstance(name, str) or not has_name(thing):
        shown = f"`{name}`" if name else f"`{thing!r:.60}`"
        raise UnsupportedError(
            f"{owner}: {shown} must be registered to be saved, because it has no name by which it "
            "could be found again. Write it as a function with `def`, or put "
            "`@elman.saving.register_keras_serializable()` above it."
        )
    return name


def written(owner: str, function: Any) -> dict[str, Any]:
    """Return what stands for a function of your own in a configuration: its name.

    Raises:
        UnsupportedError: it has no name.
    """
    registered = name_of(function)
    name = usable_name(owner, function) if registered is None else registered
    module = getattr(function, "__module__", None) if registered is None else None
    if registered is None:
        note(owner, function)
    return {
        "module": module or "builtins",
        "class_name": "function",
        "config": name,
        "registered_name": "function",
    }


def make(found: Any, config: Mapping[str, Any]) -> Any:
    """Return an object of a class of your own from its configuration; a function as it is."""
    if not isinstance(found, type):
        return found
    arguments = config.get("config") or {}
    from_config = getattr(found, "from_config", None)
    return found(**arguments) if from_config is None else from_config(arguments)


def missing(owner: str, config: Mapping[str, Any]) -> UnsupportedError:
    """Return the error of a class or function of your own that nobody has given.

    Args:
        owner: what it was to be, such as "loss".
        config: the configuration that names it.
    """
    function = config.get("class_name") == "function"
    full = config.get("config") if function else config.get("registered_name")
    package, _, name = str(full or config.get("class_name")).rpartition(">")
    name = name if function else str(config.get("class_name"))
    given = repr(package) if package else ""
    return UnsupportedError(
        f"{owner}: `{name}` must be registered or given to be loaded, because it is a "
        f"{'function' if function else 'class'} of your own; it is neither. Put "
        f"`@elman.saving.register_keras_serializable({given})` above it, or give "
        f"`custom_objects={{{name!r}: {name}}}`."
    )


def find(config: Mapping[str, Any]) -> Any:
    """Return the class or function of your own that a configuration names, or None."""
    names = [config.get("registered_name"), config.get("class_name")]
    if config.get("class_name") == "function":  # "function" itself is no name
        names = [name for name in names if name != "function"] + [config.get("config")]
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
