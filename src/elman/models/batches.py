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

    All are lists, in the order of the model's inputs and outputs.

    Attributes:
        x, y, weights: arrays; lists of sequences until they are settled, see `lengths.py`.
        masks: of each input which steps count, None for all; empty where nothing is masked. Until
            it is settled it may be the lengths of the samples.
        y_masks: likewise of each target, for an output that has no mask of its own.
        lengths: of each input the lengths of the samples, where a list of sequences was given.
        resets: the one `reset_mask` if there is one.
    """

    x: list[Any]
    y: list[Any]
    weights: list[Any]
    masks: Sequence[Any] = ()
    y_masks: Sequence[Any] = ()
    lengths: Sequence[Any] = ()
    resets: Sequence[Array] = ()

    def judged_by(self, masks: Sequence[Any]) -> Sequence[Any]:
        """Return which steps of each output count, given the masks with which they came out."""
        if not self.y_masks:
            return masks
        return [own if m is None else m for m, own in zip(masks, self.y_masks, strict=True)]


LARGE = 3  # parts of a batch that may be larger than memory: the first ones


class Picked:
    """Rows of an array, of which only the timesteps that are asked for are read.

    Args:
        array: (samples, …), perhaps larger than memory, in a file.
        rows: which samples.
    """

    def __init__(self, array: Array, rows: Array) -> None:
        self.array, self.rows = array, rows
        self.shape, self.ndim, self.dtype = (len(rows), *array.shape[1:]), array.ndim, array.dtype

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: Any) -> Array:
        """Return one sample, all of them as `[:]`, or their timesteps as `[:, start:stop]`."""
        if isinstance(key, tuple):
            _, steps = key
            found: Array = self.array[self.rows, steps]
            return found
        return np.asarray(self.array[self.rows[key]])


class Source(NamedTuple):
    """Where batches come from.

    Attributes:
        batches: gives an iterator over one pass.
        steps: batches in a pass, None if not known beforehand.
        shuffler: draws the order of the samples at the beginning of a pass, None if nothing does.
        uneven: which batch, counted from 1 over all passes, is shorter than one that follows it in
            the same pass; 0 if none is.
    """

    batches: Callable[[], Iterator[Batch]]
    steps: int | None
    shuffler: "np.random.Generator | None" = None
    uneven: int = 0


def arrays(
    data: Batch,
    batch_size: int,
    steps: int | None,
    *,
    shuffle: bool = False,
    go_on: bool = False,
    settle: Callable[[Batch], Batch] | None = None,
    lazy: bool = False,
) -> Source:
    """Return batches of rows of arrays, in order or drawn anew at each pass.

    What `settle` makes of each batch is what comes out; its arrays are `lazy`, where they are to be
    read a few timesteps at a time. With fewer `steps` than there are batches,
    a pass begins with the first batch, or with `go_on` where the last pass stopped.
    """
    count = len(data.x[0])
    generator = _random.generator() if shuffle else None
    total = -(-count // batch_size)

    def batches() -> Iterator[Batch]:
        order = None if generator is None else generator.permutation(count)
        if order is None and total == 1:
            yield data if settle is None else settle(data)
            return
        for start in range(0, count, batch_size):
            stop = min(start + batch_size, count)
            rows: Any = slice(start, stop) if order is None else order[start:stop]
            pick = _picked if lazy and order is not None else _rows
            parts = ((pick if i < LARGE else _rows, part) for i, part in enumerate(data))
            batch = Batch._make([[take(a, rows) for a in part] for take, part in parts])
            yield batch if settle is None else settle(batch)

    if steps is None or steps >= total:
        return Source(batches, total, generator)
    if not go_on:
        return Source(lambda: itertools.islice(batches(), steps), steps, generator)
    endless = (batch for _ in itertools.repeat(None) for batch in batches())
    uneven = total if count % batch_size and total % steps else 0
    return Source(lambda: itertools.islice(endless, steps), steps, generator, uneven)


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


def _picked(array: Any, rows: Any) -> Any:
    return Picked(array, rows) if isinstance(array, np.ndarray) else _rows(array, rows)
