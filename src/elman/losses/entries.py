"""What a `call` of your own has returned, as one value an entry.

values (…)          as they are                    entries (…)
values (…, K)       their mean over K              as Keras's mean over everything
values (batch,)     of entries (batch, T): each stands for the T of its sample
values ()           stands for all

Under the reduction "sum" further axes are summed, and what stands for n entries counts n-th parts,
so that the sum is that of what was returned.
"""

import math
from typing import Any

import numpy as np

from elman._warning import warn
from elman.errors import ArgumentError, ShapeError
from elman.gradient_tape import boxed, unboxed

RETURN = "`{asked}` must return one value an entry, of shape {shape}, or one number"


def fitted(
    owner: str, asked: str, values: Any, shape: tuple[int, ...], dtype: Any, *, summed: bool
) -> Any:
    """Return values of the entries' shape.

    Args:
        owner: whose `call` it was.
        asked: what is to return them, "call" or "fn".
        values: what it returned, in a box or not.
        shape: that of the entries.
        dtype: that of the predictions.
        summed: whether their plain sum is asked for.

    Raises:
        ArgumentError: they are no numbers.
        ShapeError: they have another shape.
    """
    plain = unboxed(values)
    if type(plain) is np.ndarray and plain.shape == shape and plain.dtype.kind in "fiub":
        return values
    rule = RETURN.format(asked=asked, shape=shape)
    check_numbers(owner, plain, rule)
    values = values if boxed(values) else np.asarray(values)
    got = values.shape
    if len(got) > len(shape) and got[: len(shape)] == shape and 0 not in got:
        axes = tuple(range(len(shape), len(got)))
        return values.sum(axis=axes) if summed else values.mean(axis=axes)
    one = math.prod(got) == 1
    if not one and (not got or got != shape[: len(got)]):
        raise ShapeError(
            f"{owner}: {rule}; got shape {got}. Take the mean over the last axis, with `axis=-1`."
        )
    lead = () if one else got
    filled = values.reshape(*lead, *(1,) * (len(shape) - len(lead))) * np.ones(shape, dtype)
    return filled / math.prod(shape[len(lead) :]) if summed and 0 not in shape else filled


def warn_constant(owner: str, asked: str) -> None:
    """Warn that a loss trains nothing, where Keras says that there are no gradients."""
    warn(
        f"{owner}: `{asked}` must compute its value from `y_pred` to train anything; it does not "
        "depend on it, and gives no gradient. Compute with `elman.ops`, without `float` or "
        "`.numpy()`.",
    )


def check_numbers(owner: str, found: Any, rule: str) -> None:
    """Check that something is a number, an array, or a list of numbers.

    Raises:
        ArgumentError: it is not.
    """
    fix = ""
    if isinstance(found, (list, tuple)):
        numbers = not any(boxed(each) for each in found) and _kind(found) in "fiub"
        fix = "" if numbers else " Join them with `elman.ops.stack`."
    else:
        array = isinstance(found, (np.ndarray, np.generic, bool, int, float)) or (
            hasattr(found, "__array__") and not boxed(found)
        )
        numbers = array and _kind(found) in "fiub"
        if found is None:
            fix = " Does it end with `return …`?"
    if not numbers:
        got = "None" if found is None else type(found).__name__
        if isinstance(found, np.ndarray):
            got = f"an array of {found.dtype}"
        raise ArgumentError(f"{owner}: {rule}; got {got}.{fix}")


def _kind(found: Any) -> str:
    try:
        return np.asarray(found).dtype.kind
    except ValueError:  # lists of different lengths
        return "O"
