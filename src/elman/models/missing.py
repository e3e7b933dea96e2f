"""The argument `nan` of `fit` and its like: whether NaN in the data is an error."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman import _check
from elman.errors import ArgumentError
from elman.models.batches import Batch

CHOICES = ("allow", "error")


def choice(owner: str, nan: Any) -> str:
    """Return the argument, checked."""
    known = type(nan) is str and nan in CHOICES  # asked at every batch of `train_on_batch`
    return nan if known else str(_check.one_of(owner, "nan", nan, CHOICES))


def refuse(owner: str, data: Batch, inputs: Sequence[str], outputs: Sequence[str]) -> None:
    """Check that no input, target or weight holds NaN.

    Raises:
        ArgumentError: one does; the message names it, and the first place.
    """
    parts = (
        ("x", data.x, inputs),
        ("y", data.y, outputs),
        ("sample_weight", data.weights, outputs),
    )
    for name, arrays, names in parts:
        for array, key in zip(arrays, names, strict=False):
            if array is None or array.dtype.kind != "f":
                continue
            wrong = np.isnan(array)
            if wrong.any():
                what = name if len(arrays) == 1 else f"{name}['{key}']"
                first = tuple(int(i) for i in np.unravel_index(wrong.argmax(), wrong.shape))
                raise ArgumentError(
                    f'{owner}: `{what}` must hold no NaN where `nan` is "error"; got '
                    f"{np.count_nonzero(wrong)}, the first at {list(first)}. Fill them, leave "
                    "those samples out, or give them a value that a `Masking` layer skips."
                )
