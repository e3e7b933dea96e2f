"""The argument `nan` of `fit` and its like: whether NaN in the data is an error."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from elman import _check
from elman.errors import ArgumentError
from elman.layers.parts.ragged import Ragged, mask_of
from elman.models.batches import Batch

CHOICES = ("allow", "error")
ROOM = 1 << 20  # numbers that are looked at together


def choice(owner: str, nan: Any) -> str:
    """Return the argument, checked."""
    known = type(nan) is str and nan in CHOICES  # asked at every batch of `train_on_batch`
    return nan if known else str(_check.one_of(owner, "nan", nan, CHOICES))


def refuse(owner: str, data: Batch, inputs: Sequence[str], outputs: Sequence[str]) -> None:
    """Check that no input, target or weight holds NaN; the padding of an input may.

    Raises:
        ArgumentError: one does; the message names it, and the first place.
    """
    parts = (
        ("x", data.x, inputs),
        ("y", data.y, outputs),
        ("sample_weight", data.weights, outputs),
    )
    for name, arrays, names in parts:
        beside = data.masks if name == "x" and data.masks else [None] * len(arrays)
        for array, key, given in zip(arrays, names, beside, strict=False):
            if array is None or array.dtype.kind != "f":
                continue
            count, first = _find(array, given)
            if count:
                what = name if len(arrays) == 1 else f"{name}['{key}']"
                raise ArgumentError(
                    f'{owner}: `{what}` must hold no NaN where `nan` is "error"; got '
                    f"{count}, the first at {first}. Fill them, leave "
                    "those samples out, or give them a value that a `Masking` layer skips."
                )


def _find(array: Any, given: Any) -> tuple[int, list[int]]:
    """Return how many NaN an array holds at the steps that count, and where the first stands.

    A few samples are read at a time, so that an array larger than memory may be read from a file.
    """
    first: list[int] = []
    count, size = 0, max(1, ROOM // max(1, math.prod(array.shape[1:])))
    for start in range(0, len(array), size):
        rows = slice(start, start + size)
        wrong = _of_rows(array[rows], None if given is None else given[rows])
        found = int(np.count_nonzero(wrong))
        if found and not count:
            i, *place = np.unravel_index(wrong.argmax(), wrong.shape)
            first = [start + int(i), *map(int, place)]
        count += found
    return count, first


def _of_rows(array: Any, given: Any) -> Any:
    """Return where there are NaN in a few samples."""
    if isinstance(array, Ragged):
        return np.isnan(array.padded(array.timesteps))
    wrong = np.isnan(array)
    if given is not None:
        mask = mask_of(given, array.shape[1]) if given.ndim == 1 else given
        wrong &= mask.reshape(*mask.shape, *[1] * (wrong.ndim - mask.ndim))
    return wrong
