"""What a batch is, and how arrays become batches of their rows."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from elman import _random
from elman._typing import Array
from elman.errors import ArgumentError


class Batch(NamedTuple):
    """Inputs, targets (empty where there are none) and sample weights (None where there are none).

    All three are lists, in the order of the model's inputs and outputs; so is `resets`, the one
    `reset_mask` if there is one.
    """

    x: list[Array]
    y: list[Any]
    weights: list[Any]
    resets: Sequence[Array] = ()


class Source(NamedTuple):
    """Where batches come from.

    Attributes:
        batches: gives an iterator over one pass.
        steps: batches in a pass, None if not known beforehand.
        shuffler: draws the order of the samples at the beginning of a pass, None if nothing does.
    """

    batches: Callable[[], Iterator[Batch]]
    steps: int | None
    shuffler: "np.random.Generator | None" = None


def arrays(
    data: Batch,
    batch_size: int,
    steps: int | None,
    *,
    shuffle: bool = False,
    go_on: bool = False,
) -> Source:
    """Return batches of rows of arrays, in order or drawn anew at each pass.

    With fewer `steps` than there are batches, a pass begins with the first batch, or with `go_on`
    where the last pass stopped.
    """
    count = len(data.x[0])
    generator = _random.generator() if shuffle else None
    total = -(-count // batch_size)

    def batches() -> Iterator[Batch]:
        order = None if generator is None else generator.permutation(count)
        if order is None and total == 1:
            yield data
            return
        for start in range(0, count, batch_size):
            stop = min(start + batch_size, count)
            rows: Any = slice(start, stop) if order is None else order[start:stop]
            yield Batch(*([_rows(a, rows) for a in part] for part in data))

    if steps is None or steps >= total:
        return Source(batches, total, generator)
    if not go_on:
        return Source(lambda: itertools.islice(batches(), steps), steps, generator)
    endless = (batch for _ in itertools.repeat(None) for batch in batches())
    return Source(lambda: itertools.islice(endless, steps), steps, generator)


def split(owner: str, data: Batch, share: float) -> tuple[Batch, Batch]:
    """Return the data without its last samples, and those: `share` of all."""
    if not isinstance(share, (int, float)) or not 0 < share < 1:
        raise ArgumentError(
            f"{owner}: `validation_split` must be above 0 and below 1; got {share!r}."
        )
    count = len(data.x[0])
    at = int(np.floor(count * (1 - share)))
    if at == 0 or at == count:
        raise ArgumentError(
            f"{owner}: `validation_split` must leave samples on both sides; got {share} of {count}."
        )
    first, last = slice(0, at), slice(at, None)
    return (
        Batch(*([_rows(a, first) for a in part] for part in data)),
        Batch(*([_rows(a, last) for a in part] for part in data)),
    )


def _rows(array: Any, rows: Any) -> Any:
    return None if array is None else array[rows]
