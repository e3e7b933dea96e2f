"""Checks of arguments, done once at the public face, each with one kind of message.

`owner` is who speaks, such as "LSTM 'encoder'"; `name` is the argument.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from elman._typing import Array, Shape
from elman.errors import ArgumentError, KeywordError, ShapeError, UnsupportedError

Check = Callable[[str, str, Any], Any]  # (owner, name, value) -> the value as it is kept
MOST_SHOWN = 200  # characters of a value in a message


def shown(value: object) -> str:
    """Return what a message says that it got: `repr(value)`, or how that begins."""
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def suggestion(word: object, choices: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the choice nearest to `word`, or an empty string.

    A choice that begins with the word is nearer than one that resembles it.
    """
    import difflib  # slow to import, and only needed for an error

    text, choices = str(word), list(choices)
    begun = [c for c in choices if len(text) > 2 and c.lower().startswith(text.lower())]
    near = [min(begun, key=len)] if begun else difflib.get_close_matches(text, choices, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def absent(
    module: str, name: str, known: Iterable[str], instead: Mapping[str, str] | None = None
) -> AttributeError:
    """Return the error of a name that a module does not have.

    Args:
        module: such as "elman.layers".
        name: what was asked for.
        known: what the module has; the nearest name is told.
        instead: part of a name -> a sentence, which is told where it is in `name`.
    """
    message = f"module {module!r} has no attribute {name!r}"
    if name.startswith("_"):  # asked by Python itself, again and again
        return AttributeError(message)
    for part, sentence in (instead or {}).items():
        if part in name:
            return AttributeError(f"{message}. {sentence}")
    fix = suggestion(name, known) or f" `dir({module})` lists what it has."
    return AttributeError(f"{message}.{fix}")


def one_of(owner: str, name: str, value: Any, choices: Iterable[Any]) -> Any:
    """Return `value` if it is among `choices`."""
    choices = list(choices)
    if isinstance(value, np.ndarray) or value not in choices:  # an array equals entry by entry
        raise ArgumentError(not_one_of(owner, name, value, choices))
    return value


def not_one_of(owner: str, name: str, value: Any, choices: Iterable[Any]) -> str:
    """Return the message about a value that is not among `choices`."""
    choices = list(choices)
    listed = ", ".join(repr(choice) for choice in choices)
    fix = suggestion(value, [choice for choice in choices if isinstance(choice, str)])
    return f"{owner}: `{name}` must be one of {listed}; got {shown(value)}.{fix}"


def string(owner: str, name: str, value: Any) -> str:
    """Return `value` if it is a string."""
    if not isinstance(value, str):
        raise ArgumentError(f"{owner}: `{name}` must be a string; got {shown(value)}.")
    return value


def flag(owner: str, name: str, value: Any) -> bool:
    """Return `value` if it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise ArgumentError(f"{owner}: `{name}` must be True or False; got {shown(value)}.")
    return bool(value)


def seed(owner: str, name: str, value: Any) -> Any:
    """Return `value` if it is None, a generator, or an integer of at least 0."""
    if value is None or type(value).__name__ == "Generator":
        return value
    return integer(owner, name, value, minimum=0)


def integer(owner: str, name: str, value: Any, minimum: int | None = 1) -> int:
    """Return `value` as an int of at least `minimum`; any integer will do if that is None."""
    try:
        number = None if isinstance(value, (bool, np.bool_)) else operator.index(value)
    except TypeError:
        number = None
    if number is None or (minimum is not None and number < minimum):
        rule = {None: "an integer", 1: "a positive integer"}.get(
            minimum, f"an integer of at least {minimum}"
        )
        raise ArgumentError(f"{owner}: `{name}` must be {rule}; got {shown(value)}.")
    return number


def sizes(owner: str, name: str, value: Any, minimum: int = 1) -> Shape:
    """Return `value` as a tuple of sizes, integers of at least `minimum` or None."""
    if not isinstance(value, (list, tuple)):
        fix = f" Did you mean ({value},)?" if isinstance(value, (int, np.integer)) else ""
        raise ArgumentError(f"{owner}: `{name}` must be a tuple of sizes; got {shown(value)}.{fix}")
    return tuple(None if n is None else integer(owner, name, n, minimum) for n in value)


def number(owner: str, name: str, value: Any, low: float = -np.inf, high: float = np.inf) -> float:
    """Return `value` as a finite float in [low, high]."""
    good = isinstance(value, (int, float, np.integer, np.floating)) and np.isfinite(value)
    if isinstance(value, bool) or not good or not low <= float(value) <= high:
        limits = [f"at least {low:g}"] * (low > -np.inf) + [f"at most {high:g}"] * (high < np.inf)
        rule = " and ".join(["a finite number", *limits])
        raise ArgumentError(f"{owner}: `{name}` must be {rule}; got {shown(value)}.")
    return float(value)


def rate(owner: str, name: str, value: Any) -> float:
    """Return `value` as a dropout rate in [0, 1)."""
    good = isinstance(value, (int, float, np.integer, np.floating)) and 0 <= value < 1
    if isinstance(value, bool) or not good:
        percent = isinstance(value, (int, float)) and 1 < value < 100
        fix = f" Did you mean {value / 100:g}?" if percent else ""
        raise ArgumentError(f"{owner}: `{name}` must be in [0, 1); got {shown(value)}.{fix}")
    return float(value)


def shape(owner: str, name: str, array: Array, axes: str, sizes: Shape, fix: str = "") -> None:
    """Check the shape of an array against named axes.

    Args:
        owner: who speaks.
        name: the argument's name.
        array: the array.
        axes: the axes' names in order, such as "batch timesteps features".
        sizes: the size of each axis, None where any size will do.
        fix: how to mend it, a sentence.

    Raises:
        ShapeError: the number of axes or one of the sizes differs.
    """
    fits = array.ndim == len(sizes) and all(
        want is None or have == want for have, want in zip(array.shape, sizes, strict=True)
    )
    if not fits:
        named = [
            axis if size is None else f"{axis}={size}"
            for axis, size in zip(axes.split(), sizes, strict=True)
        ]
        rule = f"({', '.join(named)}{',' if len(named) == 1 else ''})"
        tail = f" {fix}" if fix else ""
        raise ShapeError(f"{owner}: `{name}` must have shape {rule}; got {array.shape}.{tail}")


def inherited(cls: Any) -> dict[str, Check]:
    """Return what a class says in `checks`, with what it inherits."""
    above: Any = super(cls, cls)
    checks: dict[str, Check] = above.checks | vars(cls).get("checks", {})
    return checks


def optional(check: Check) -> Check:
    """Return the check that lets None through, and asks another about anything else."""
    return lambda owner, name, value: None if value is None else check(owner, name, value)


def no_more(
    owner: str, function: Callable[..., Any], unknown: Iterable[str], more: Iterable[str] = ()
) -> None:
    """Check that a function was given no keywords beside its arguments.

    Args:
        owner: who speaks.
        function: what was called.
        unknown: the keywords.
        more: arguments that it has beside those that its signature names.

    Raises:
        KeywordError: it was; the message says which argument may have been meant.
    """
    for name in unknown:
        code: Any = getattr(function, "__code__")  # noqa: B009 - not everything callable has it
        known = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
        raise unknown_argument(owner, name, function.__name__, (*known, *more))


OTHER_NAMES = {  # of Keras 1 and 2, and of torch
    "lr": "learning_rate",
    "nb_epoch": "epochs",
    "hidden_size": "units",
    "num_units": "units",
    "weight_decay_rate": "weight_decay",
}


def unknown_argument(owner: str, name: str, what: str, known: Iterable[str]) -> KeywordError:
    """Return the error of a keyword that a function or constructor, `what`, does not have."""
    known = list(known)
    other = OTHER_NAMES.get(name, name)
    fix = f" Did you mean {other!r}?" if other in known else suggestion(name, known)
    fix = fix or f" It has {', '.join(known)}." * bool(known)
    return KeywordError(f"{owner}: `{name}` must be an argument that {what} has.{fix}")


def undefined(instance: object, method: str, purpose: str) -> UnsupportedError:
    """Return the error of a method that a subclass must define.

    Args:
        instance: one of a class that does not.
        method: such as "call(self, y_true, y_pred)".
        purpose: what it does, such as "returns a number".
    """
    owner = getattr(instance, "owner", type(instance).__name__)
    return UnsupportedError(
        f"{owner}: `{method.split('(')[0]}` must be defined by the class; it is not. "
        f"Define `{method}`, which {purpose}."
    )
