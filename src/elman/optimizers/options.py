"""What optimizers may be given, when they are made and when an attribute is set later.

A class of optimizers lists its arguments in `checks`, each with what checks a value and returns it
as it is kept. It then has these attributes and no others; a class of your own that has no `checks`
of its own may keep what it likes.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from elman import _check
from elman.errors import ArgumentError, UnsupportedError

if TYPE_CHECKING:
    from elman.optimizers.base import Optimizer

CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")
OTHER_NAMES = {"lr": "learning_rate"}  # Keras 2 and torch

# What Keras's optimizers also take and elman's do not, with the values that change nothing.
KERAS_ONLY = {
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}


class Options(TypedDict, total=False):
    """The arguments that every optimizer takes besides its own; see `Optimizer`."""

    weight_decay: float | None
    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    name: str | None


def checked(optimizer: "Optimizer", name: str, value: Any) -> Any:
    """Return what an optimizer keeps if an attribute is set to this value.

    Raises:
        ArgumentError: it cannot be set to it, or the optimizer has no such attribute.
    """
    kind = type(optimizer)
    owner, check = kind.__name__, kind.checks.get(name)
    if check is None:
        if kind.strict and not name.startswith("_") and not hasattr(kind, name):
            known = ["learning_rate", *kind.checks]
            raise ArgumentError(
                f"{owner}: `{name}` must be an attribute that {owner} has; got {value!r}."
                + meant(name, known)
            )
        return value
    value = check(owner, name, value)
    if name in CLIPPING and value is not None:
        for other in CLIPPING:
            if other != name and getattr(optimizer, other, None) is not None:
                raise ArgumentError(
                    f"{owner}: `{other}` must be the only kind of clipping; got `{name}` as well."
                    " Drop one of them."
                )
    return value


def meant(name: str, known: Iterable[str]) -> str:
    """Return which argument may have been meant, as a question, or nothing."""
    other = OTHER_NAMES.get(name)
    return f" Did you mean {other!r}?" if other else _check.suggestion(name, known)


def positive(owner: str, name: str, value: Any) -> float:
    """Return `value` as a positive float."""
    if not _check.number(owner, name, value) > 0:
        fix = " Leave it None not to clip." if "clip" in name else ""
        raise ArgumentError(f"{owner}: `{name}` must be positive; got {value!r}.{fix}")
    return float(value)


def _idle(option: str, value: Any) -> bool:
    """Say whether this is an option of Keras's alone, with a value that changes nothing."""
    return option in KERAS_ONLY and (value == KERAS_ONLY[option] or option == "ema_momentum")


def refuse(owner: str, options: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raise for an option that elman's optimizers do not have."""
    for option, value in options.items():
        if option not in KERAS_ONLY:
            raise ArgumentError(
                f"{owner}: `{option}` must be one of its arguments, {', '.join(known)}; got"
                f" {value!r}.{meant(option, known)}"
            )
        if not _idle(option, value):
            raise UnsupportedError(
                f"{owner}: `{option}` must be {KERAS_ONLY[option]!r}; got {value!r}. Keras has"
                " this option, elman does not."
            )
