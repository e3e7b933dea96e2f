"""How an object becomes a config, and a config an object.

A config is the constructor's arguments by name. An object keeps each argument in an attribute of
the same name, so that nothing has to be listed twice. Keras wraps a config in four keys:

    {"module": "keras.losses", "class_name": "Huber", "config": {…}, "registered_name": None}
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from elman import _check, _custom
from elman.errors import ArgumentError, NotBuiltError, UnsupportedError

T = TypeVar("T")


def arguments(cls: type) -> tuple[str, ...]:
    """Return the names of the constructor's arguments, those behind its `**options` included."""
    if cls not in _arguments:
        _arguments[cls] = tuple(_read_arguments(cls))
    return _arguments[cls]


_arguments: dict[type, tuple[str, ...]] = {}  # reading a signature takes longer than a small step


def _read_arguments(cls: type) -> list[str]:
    import inspect  # slow to import, and only needed when something is saved or trained

    names: dict[str, None] = {}
    for base in cls.__mro__:
        if "__init__" not in vars(base):
            continue
        parameters = list(inspect.signature(vars(base)["__init__"]).parameters.values())[1:]
        variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        names.update((each.name, None) for each in parameters if each.kind not in variable)
        if not any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters):
            break
    return list(names)


def of(instance: object) -> dict[str, Any]:
    """Return the config of an object: its constructor's arguments and their values.

    Raises:
        NotBuiltError: one of your own keeps an argument under another name.
    """
    names = arguments(type(instance))
    try:
        return {name: getattr(instance, name) for name in names}
    except AttributeError as error:
        if error.obj is not instance or error.name not in names:
            raise
        raise NotBuiltError(
            f"{type(instance).__name__}: each argument must be kept in an attribute of the same "
            f"name to be saved; got none for `{error.name}`. Or define `get_config`."
        ) from error


def written(owner: str, thing: Any, module: str) -> dict[str, Any]:
    """Return what stands for an object, or for a function of your own, in a configuration.

    Args:
        owner: what it is, such as "loss", for messages.
        thing: one of elman's, whose place in Keras is `module`, or one of your own.

    Raises:
        UnsupportedError: it is a lambda, or an object without `get_config`.
    """
    if hasattr(thing, "get_config") and not isinstance(thing, type):
        return serialize(thing, module, thing.get_config())
    if callable(thing) and hasattr(thing, "__name__"):
        return _custom.written(owner, thing)
    raise UnsupportedError(
        f"{owner}: `{owner}` must be a function with a name, or have a `get_config`, to be saved; "
        f"got {thing!r:.80}. Define `get_config(self)`, which returns the constructor's arguments."
    )


def serialize(instance: object, module: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config in Keras's wrapping; a class of your own by its name, registered or not."""
    kind = type(instance)
    registered = _custom.name_of(kind)
    if registered is None and _custom.is_yours(kind):
        registered = kind.__name__
        _custom.note(registered, kind)
    return {
        "module": module if registered is None else kind.__module__,
        "class_name": kind.__name__,
        "config": dict(config),
        "registered_name": registered,
    }


def snake_case(name: str) -> str:
    """Return a class's name as Keras spells it in lower case: "GlorotUniform", "glorot_uniform"."""
    name = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def find(owner: str, word: Any, table: Mapping[str, T], argument: str = "identifier") -> T:
    """Return the entry of `table` that has the name `word`, which an argument was given."""
    if not isinstance(word, str) or word not in table:
        lower = not isinstance(word, str) or word.islower()
        _check.one_of(owner, argument, word, [name for name in table if name.islower() == lower])
    return table[word]


def create(
    owner: str,
    config: Mapping[str, Any] | str,
    table: Mapping[str, Callable[..., T]],
    custom_objects: Mapping[str, Any] | None = None,
) -> T:
    """Make the object that a config in Keras's wrapping describes.

    Args:
        owner: who asks, for messages.
        config: the config, or a name alone.
        table: elman's classes by name.
        custom_objects: those of your own, which go first.

    Raises:
        ArgumentError: the class is not in `table`, or has no argument of one of the names.
    """
    config = {"class_name": config} if isinstance(config, str) else config  # a name alone
    if "class_name" not in config:
        raise ArgumentError(
            f"{owner}: `identifier` must have the keys 'class_name' and 'config'; got "
            f"{_check.shown(config)}."
        )
    with _custom.scope(custom_objects):
        own = _custom.find(config)
        if own is not None:
            made: T = _custom.make(own, config)
            return made
        if _custom.is_foreign(config):
            raise _custom.missing(owner, config)
        cls = find(owner, config["class_name"], table)
        return instantiate(cls, config.get("config") or {})


def instantiate(cls: Callable[..., T], config: Mapping[str, Any]) -> T:
    """Call a class with a config, whose keys must be the constructor's arguments."""
    known = arguments(cls) if isinstance(cls, type) else list(config)
    for key in config:
        if key not in known:
            name = getattr(cls, "__name__", str(cls))
            fix = _check.suggestion(key, known)
            raise ArgumentError(f"{name}: `config` must hold only arguments; got {key!r}.{fix}")
    return cls(**config)
