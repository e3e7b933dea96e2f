"""What the arguments of `LeakyRNN` must be, each by itself and together.

An array is kept as a list, so that a configuration can be written to a file.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError
from elman.initializers import RandomNormal
from elman.layers.parts import settings
from elman.parameters import Initialize

ALPHA = 0.2  # dt = 20 ms, tau = 100 ms, as Yang et al. 2019


def _shown(value: Any) -> str:
    """Return a value as messages show it, on one line."""
    return " ".join(repr(value).split())[:60]


def _numbers(owner: str, name: str, value: Any, rule: str) -> Array:
    """Return finite numbers as an array, of any shape."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.asarray(np.nan)
    if isinstance(value, (bool, str)) or array.size == 0 or not np.isfinite(array).all():
        raise ArgumentError(f"{owner}: `{name}` must be {rule}; got {_shown(value)}.")
    return array


def share(owner: str, name: str, value: Any) -> Any:
    """Return alpha: None, a number in (0, 1], or a list of such, one a unit."""
    if value is None:
        return None
    rule = "a number in (0, 1], or an array of them, one a unit"
    array = _numbers(owner, name, value, rule)
    if array.ndim > 1 or (array <= 0).any() or (array > 1).any():
        raise ArgumentError(f"{owner}: `{name}` must be {rule}; got {_shown(value)}.")
    return array.tolist()


def time(owner: str, name: str, value: Any) -> Any:
    """Return tau or dt: None, a positive number, or a list of such, one a unit."""
    if value is None:
        return None
    rule = "a positive number, or an array of them, one a unit"
    array = _numbers(owner, name, value, rule)
    if array.ndim > 1 or (array <= 0).any():
        raise ArgumentError(f"{owner}: `{name}` must be {rule}; got {_shown(value)}.")
    return array.tolist()


def signs(owner: str, name: str, value: Any) -> Any:
    """Return dale: None, the share of excitatory units, or a list of +1 and -1."""
    if value is None:
        return None
    rule = "the share of excitatory units in [0, 1], or an array of +1 and -1, one a unit"
    array = _numbers(owner, name, value, rule)
    good = 0 <= array <= 1 if array.ndim == 0 else array.ndim == 1 and (abs(array) == 1).all()
    if not good:
        raise ArgumentError(f"{owner}: `{name}` must be {rule}; got {_shown(value)}.")
    return array.tolist()


def connections(owner: str, name: str, value: Any) -> Any:
    """Return a mask of a kernel: None, or a list of rows of 0 and 1."""
    if value is None:
        return None
    rule = "an array (rows, units) of 0 and 1"
    array = _numbers(owner, name, value, rule)
    if array.ndim != 2 or not np.isin(array, (0, 1)).all():
        raise ArgumentError(f"{owner}: `{name}` must be {rule}; got {_shown(value)}.")
    return array.astype(int).tolist()


def initializer(owner: str, name: str, value: Any) -> Initialize | None:
    """Return an initializer, or None for that which goes with the other arguments."""
    return None if value is None else settings.initializer(owner, name, value)


CHECKS: dict[str, _check.Check] = {
    "alpha": share,
    "tau": time,
    "dt": time,
    "learn_alpha": _check.flag,
    "noise": lambda owner, name, value: _check.number(owner, name, value, low=0),
    "noise_after": lambda owner, name, value: _check.number(owner, name, value, low=0),
    "dale": signs,
    "kernel_mask": connections,
    "recurrent_mask": connections,
    "frozen_kernel": connections,
    "frozen_recurrent": connections,
    "rank": _check.optional(_check.integer),
    "recurrent_initializer": initializer,
}
FIXED = tuple(name for name in CHECKS if name not in ("noise", "noise_after"))
EXCLUDE = (  # one and the other must not both be given, and why
    ("rank", "dale", "a sign of each unit would raise the rank"),
    ("rank", "recurrent_mask", "a mask would raise the rank"),
    ("rank", "frozen_recurrent", "the entries are products of two weights"),
    ("frozen_kernel", "kernel_regularizer", "it would move what is frozen"),
    ("frozen_kernel", "kernel_constraint", "it would move what is frozen"),
    ("frozen_recurrent", "recurrent_regularizer", "it would move what is frozen"),
    ("frozen_recurrent", "recurrent_constraint", "it would move what is frozen"),
)


def check_together(owner: str, options: Mapping[str, Any]) -> None:
    """Check that the arguments go together.

    Raises:
        ArgumentError, ShapeError: they do not; the message names two that do not, or the shape.
    """
    for one, other, why in EXCLUDE:
        if options[one] is not None and options[other] is not None:
            raise ArgumentError(
                f"{owner}: `{other}` must be None with `{one}`, because {why}; got both."
            )
    units = options["units"]
    for name in ("alpha", "tau", "dt", "dale"):
        check_length(owner, name, options[name], units)
    if options["rank"] is not None and options["rank"] > units:
        raise ArgumentError(
            f"{owner}: `rank` must be at most units={units}; got {options['rank']}."
        )
    check_alpha(owner, options)


def check_alpha(owner: str, options: Mapping[str, Any]) -> None:
    """Check that there is one alpha, which a layer can have.

    Raises:
        ArgumentError: there is not.
    """
    if (options["tau"] is None) != (options["dt"] is None):
        given, missing = ("dt", "tau") if options["tau"] is None else ("tau", "dt")
        raise ArgumentError(f"{owner}: `{missing}` must be given with `{given}`; got None.")
    if options["tau"] is not None and options["alpha"] is not None:
        raise ArgumentError(
            f"{owner}: `alpha` must be None with `tau` and `dt`, of which it is the quotient; "
            f"got {options['alpha']}."
        )
    alpha = alpha_of(options)
    if (alpha > 1).any():
        raise ArgumentError(
            f"{owner}: `dt` must be at most `tau`, because a step cannot be longer than what it "
            f"divides; got dt={options['dt']}, tau={options['tau']}."
        )
    if options["learn_alpha"] and (alpha == 1).any():
        raise ArgumentError(
            f"{owner}: `alpha` must be below 1 to be learned, because its logit is; got 1.0."
        )


def check_length(owner: str, name: str, value: Any, units: int) -> None:
    """Check that an array has one number a unit."""
    if isinstance(value, list) and len(value) != units:
        raise ShapeError(
            f"{owner}: `{name}` must have shape (units={units},); got ({len(value)},)."
        )


def alpha_of(options: Mapping[str, Any]) -> Array:
    """Return alpha as the arguments say it, (units,) in float64."""
    if options["tau"] is not None:
        alpha = np.asarray(options["dt"]) / np.asarray(options["tau"])
    else:
        alpha = np.asarray(ALPHA if options["alpha"] is None else options["alpha"])
    return np.broadcast_to(alpha.astype(np.float64), (options["units"],))


def sign_of(options: Mapping[str, Any], dtype: str) -> Array | None:
    """Return the sign of each unit (units,), excitatory units first where a share is given."""
    dale, units = options["dale"], options["units"]
    if isinstance(dale, float):
        return np.where(np.arange(units) < round(dale * units), 1, -1).astype(dtype)
    return None if dale is None else np.asarray(dale, dtype)


def factors(
    owner: str, name: str, rows: list[list[int]] | None, shape: tuple[int, int], dtype: str
) -> Array | None:
    """Return a mask as an array, checked against the shape of its kernel."""
    if rows is None:
        return None
    array = np.asarray(rows, dtype)
    axes = "features units" if "kernel" in name else "units units"
    _check.shape(owner, name, array, axes, shape)
    return array


def small(units: int) -> Initialize:
    """Return the initializer of the two factors of a kernel of low rank, of size 1 together."""
    return RandomNormal(stddev=units**-0.5)
