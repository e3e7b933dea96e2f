"""Batches that are given as such: by a generator, an iterable, or an object indexed by batch."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from elman import _check, _tree
from elman.errors import ArgumentError, ShapeError
from elman.layers.parts import frames
from elman.models import py_dataset
from elman.models.batches import Batch, Source

Reader = Callable[..., Batch]  # (x, y, sample_weight) of one batch -> the batch, checked


def is_one(x: Any) -> bool:
    """Say whether this gives batches, and is no array or nest of arrays itself."""
    if x is None or hasattr(x, "__array__") or isinstance(x, (dict, list, tuple, str)):
        return False
    if frames.is_frame(x):
        return False
    indexed = hasattr(x, "__getitem__") and hasattr(x, "__len__")
    return indexed or hasattr(x, "__next__") or hasattr(x, "__iter__") or py_dataset.is_one(x)


def source(
    owner: str, x: Any, steps: int | None, reader: Reader, *, shuffle: bool, go_on: bool
) -> Source:
    """Return the batches of one pass.

    Args:
        owner: who speaks.
        x: what gives the batches.
        steps: how many to take, None for all.
        reader: makes a batch of `x`, `y` and `sample_weight`.
        shuffle: whether a PyDataset's batches come in a new order at each pass.
        go_on: whether a pass of fewer steps than there are begins where the last one stopped.
    """
    if steps is not None:
        _check.integer(owner, "steps", steps)
    if py_dataset.is_one(x) or (hasattr(x, "__getitem__") and hasattr(x, "__len__")):
        return _indexed(owner, x, steps, reader, shuffle=shuffle, go_on=go_on)

    left: list[Iterator[Any]] = []  # of what the last pass began

    def batches() -> Iterator[Batch]:
        # A generator goes on where it stopped; anything else that is iterated begins anew, unless
        # it is to `go_on` and is not at its end.
        items = left.pop() if left else iter(x)
        first = list(itertools.islice(items, 1))
        items = itertools.chain(first, items) if first else iter(x)
        for step, item in enumerate(items):
            yield _batch(owner, item, step, reader)
            if step + 1 == steps:
                left.extend([items] * go_on)
                return

    return Source(batches, steps)


def _indexed(
    owner: str, x: Any, steps: int | None, reader: Reader, *, shuffle: bool, go_on: bool
) -> Source:
    """Return the batches of one pass over an object that is indexed by batch."""
    total = x.num_batches if py_dataset.is_one(x) else len(x)
    if total is None and steps is None:
        raise ArgumentError(
            f"{owner}: `x` must have a number of batches; this {type(x).__name__} has no end. "
            "Give `steps_per_epoch`, or `steps`."
        )

    def indices() -> Iterator[int]:
        if total is None:
            return itertools.count()
        order = list(range(total))
        if shuffle and py_dataset.is_one(x):
            import random  # Python's own generator, as in Keras: the same orders

            random.shuffle(order)
        return iter(order)

    whole = steps is None or (total is not None and steps >= total)
    endless = (index for _ in itertools.repeat(None) for index in indices())

    def batches() -> Iterator[Batch]:
        getattr(x, "on_epoch_begin", _nothing)()
        chosen = indices() if whole else itertools.islice(endless if go_on else indices(), steps)
        first, second = itertools.tee(chosen)
        for index, item in zip(first, py_dataset.read(x, second), strict=True):
            yield _batch(owner, item, index, reader)
        getattr(x, "on_epoch_end", _nothing)()

    return Source(batches, total if whole else steps)


def _nothing() -> None:
    """Do nothing."""


def _batch(owner: str, item: Any, index: int, reader: Reader) -> Batch:
    """Return what was given as a batch; an error says which batch it was."""
    try:
        return reader(*_parts(owner, item))
    except (ArgumentError, ShapeError) as error:
        raise type(error)(f"{error} This is batch {index} of `x`, counted from 0.") from None


def _parts(owner: str, item: Any) -> tuple[Any, Any, Any]:
    """Return inputs, targets and weights of what was given as a batch."""
    if isinstance(item, list) and _tree.is_nested(item):
        item = tuple(item)
    if not isinstance(item, tuple):
        item = (item,)
    if not 1 <= len(item) <= 3:
        raise ArgumentError(
            f"{owner}: a batch must be (x, y) or (x, y, sample_weight); got {len(item)} things."
        )
    x, y, sample_weight = (*item, None, None)[:3]
    return x, y, sample_weight
