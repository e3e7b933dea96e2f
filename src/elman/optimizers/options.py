"""What optimizers may be given, when they are made and when an attribute is set later.

A class of optimizers lists its arguments in `checks`, each with what checks a value and returns it
as it is kept. It then has these attributes and no others; a class of your own that has no `checks`
of its own may keep what it likes.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

from elman import _check
from elman.errors import ArgumentError, UnsupportedError
from elman.parameters import Weight

if TYPE_CHECKING:
    from elman.optimizers.base import Optimizer

CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")


class Options(TypedDict, total=False):
    """The arguments that every optimizer takes besides its own; see `Optimizer`."""

    weight_decay: float | None
    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
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


def meant(name: str, known: Sequence[str]) -> str:
    """Return which argument may have been meant, as a question, or nothing."""
    other = _check.OTHER_NAMES.get(name)
    return f" Did you mean {other!r}?" if other in known else _check.suggestion(name, known)


def positive(owner: str, name: str, value: Any) -> float:
    """Return `value` as a positive float."""
    if not _check.number(owner, name, value) > 0:
        fix = " Leave it None not to clip." if "clip" in name else ""
        raise ArgumentError(f"{owner}: `{name}` must be positive; got {value!r}.{fix}")
    return float(value)


def _several(owner: str, name: str, value: Any) -> int:
    """Return `value` as an int of at least 2."""
    if _check.integer(owner, name, value, minimum=None) < 2:
        raise ArgumentError(
            f"{owner}: `{name}` must be an integer of at least 2; got {value!r}. Leave it None to"
            " take a step at every batch."
        )
    return int(value)


def expressions(owner: str, name: str, value: Any) -> list[str]:
    """Return a list of regular expressions; an empty one for None."""
    if value is None:
        return []
    if not isinstance(value, (list, tuple)) or not all(isinstance(each, str) for each in value):
        fix = f" Did you mean [{value!r}]?" if isinstance(value, str) else ""
        raise ArgumentError(
            f"{owner}: `{name}` must be a list of strings; got {_check.shown(value)}.{fix}"
        )
    for each in value:
        try:
            re.compile(each)
        except re.error as error:
            raise ArgumentError(
                f"{owner}: `{name}` must hold regular expressions; got {each!r}: {error}."
            ) from error
    return list(value)


fraction = partial(_check.number, low=0, high=1)
nonnegative = partial(_check.number, low=0)

# What `Optimizer` itself checks.
SHARED: dict[str, _check.Check] = {
    "weight_decay": _check.optional(nonnegative),
    "clipnorm": _check.optional(positive),
    "clipvalue": _check.optional(positive),
    "global_clipnorm": _check.optional(positive),
    "use_ema": _check.flag,
    "ema_momentum": fraction,
    "ema_overwrite_frequency": _check.optional(_check.integer),
    "loss_scale_factor": _check.optional(positive),
    "gradient_accumulation_steps": _check.optional(_several),
    "name": _check.string,
    "iterations": partial(_check.integer, minimum=0),
}


def refuse(kind: type, options: Iterable[str], known: Iterable[str]) -> None:
    """Raise for an argument that an optimizer does not have, and for a rule in Keras's form."""
    owner = kind.__name__
    for option in options:
        raise _check.unknown_argument(owner, option, owner, known)
    if hasattr(kind, "update_step"):
        raise UnsupportedError(
            f"{owner}: `step(self, w, g, slots, work, eta)` must be what a rule of your own is; got"
            " `update_step`. Change `w` in place, by `g`; see `elman.optimizers.Optimizer`."
        )


def takes_a_step(schedule: Callable[..., Any]) -> bool:
    """Say whether a function wants the number of steps taken; Keras's take nothing."""
    import inspect  # slow to import, and only needed for a schedule

    try:
        parameters = inspect.signature(schedule).parameters.values()
    except (TypeError, ValueError):  # a function that does not say
        return True
    named = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD)
    return any(parameter.kind not in named for parameter in parameters)


def scheduled(owner: str, rate: Any, batches: int) -> float:
    """Return the learning rate that a schedule gave, as a float."""
    try:
        value = float(rate)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise ArgumentError(
            f"{owner}: `learning_rate` must be a schedule that returns finite numbers; got"
            f" {rate!r} after {batches} steps."
        )
    return value


def weights(owner: str, name: str, given: Any) -> list[Weight]:
    """Return a list of weights, each of them once."""
    listed = list(given) if isinstance(given, Iterable) and not isinstance(given, Weight) else None
    for i, weight in enumerate([given] if listed is None else listed):
        if listed is None or not isinstance(weight, Weight):
            raise ArgumentError(
                f"{owner}: `{name}` must be a list of weights, such as"
                f" `model.trainable_weights`; got {type(weight).__name__}."
            )
        if any(weight is other for other in listed[:i]):
            raise ArgumentError(
                f"{owner}: `{name}` must hold each weight once; got '{weight.path}' twice."
            )
    return listed or []
