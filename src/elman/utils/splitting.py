"""Data in two parts."""

import random
from typing import Any

import numpy as np

from elman import _check, _random, _tree
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError
from elman.layers.parts import arguments
from elman.utils.dataset import Dataset
from elman.utils.samples import Batches, Samples

OWNER = "split_dataset"


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Any, Any]:
    """Return the first samples and the last ones, such as for training and for testing.

    Args:
        dataset: an array (samples, …); a tuple, list or dictionary of such; or what this function
            or `timeseries_dataset_from_array` returned.
        left_size: samples of the first part, an integer; or its share of all, above 0 and below 1;
            by default what `right_size` leaves.
        right_size: the same of the second part.
        shuffle: whether the samples are drawn in a new order first.
        seed: of that order, which is the one that Keras draws.
        preferred_backend: of no meaning here; it is there because Keras has it.

    Returns:
        Two `Samples`: they have a length, samples by index and in a `for` loop, and `batch(32)`
        for `fit`. Batches are split by sample, and give two `Batches`. Nothing is copied but the
        samples that are asked for.

    Raises:
        ArgumentError: the sizes leave a part without samples.
        ShapeError: the arrays have different numbers of samples.

    >>> left, right = split_dataset((np.arange(4), np.arange(4) * 10), left_size=0.75)
    >>> len(left), [(int(x), int(y)) for x, y in right]
    (3, [(3, 30)])
    """
    if isinstance(dataset, Batches):
        samples = dataset.samples
        parts = split_dataset(samples, left_size, right_size, shuffle, seed)
        left, right = (Batches(p, dataset.batch_size, dataset.drop_remainder) for p in parts)
        return left, right
    samples = dataset if isinstance(dataset, Samples) else _samples(dataset)
    rows = samples.rows
    left_count, right_count = _sizes(left_size, right_size, len(rows))
    if _check.flag(OWNER, "shuffle", shuffle):
        chosen = _check.seed(OWNER, "seed", seed)
        if chosen is None:
            chosen = int(_random.generator().integers(2**31))
        order = list(range(len(rows)))
        random.Random(chosen).shuffle(order)  # as Keras shuffles
        rows = rows[order]
    first, last = rows[:left_count], rows[len(rows) - right_count :]
    return Samples(samples.taken, first, samples.draw), Samples(samples.taken, last, samples.draw)


def _samples(dataset: Any) -> Samples:
    """Return the samples of arrays."""
    read_once = callable(getattr(dataset, "__next__", None)) or isinstance(dataset, Dataset)
    if dataset is None or isinstance(dataset, str) or read_once:
        fix = " Split before `map` and its like." if isinstance(dataset, Dataset) else ""
        raise ArgumentError(
            f"{OWNER}: `dataset` must be an array, or a tuple, list or dictionary of arrays; got "
            f"{type(dataset).__name__}.{fix}"
        )
    tree = tuple(dataset) if isinstance(dataset, list) and _tree.is_nested(dataset) else dataset
    arrays = _tree.map_leaves(lambda leaf: arguments.as_array(OWNER, "dataset", leaf), tree)
    counts = sorted({len(a) if a.ndim else 0 for a in _tree.flatten(arrays)})
    if len(counts) != 1 or counts == [0]:
        raise ShapeError(
            f"{OWNER}: `dataset` must have as many samples in every array, and at least one; got "
            f"{' and '.join(map(str, counts)) or 'no array'}."
        )

    def take(rows: Array) -> Any:
        return _tree.map_leaves(lambda array: array[rows], arrays)

    return Samples(take, np.arange(counts[0]))


def _sizes(left: Any, right: Any, total: int) -> tuple[int, int]:
    """Return how many samples the parts have."""
    if left is None and right is None:
        raise ArgumentError(f"{OWNER}: `left_size` or `right_size` must be given; got neither.")
    found = [_size(name, size, total) for name, size in (("left", left), ("right", right))]
    first = total - found[1] if left is None else found[0]
    last = total - found[0] if right is None else found[1]
    if first + last > total:
        raise ArgumentError(
            f"{OWNER}: `left_size` and `right_size` must be no more than all {total} samples "
            f"together; got {left!r} and {right!r}, which are {first} and {last} samples."
        )
    for name, count in (("left_size", first), ("right_size", last)):
        if count == 0:
            raise ArgumentError(
                f"{OWNER}: `{name}` must be at least one sample; got {left!r} and {right!r} of "
                f"{total} samples, which leave none."
            )
    return first, last


def _size(name: str, size: Any, total: int) -> int:
    """Return the size of a part in samples; 0 where it is not given."""
    if size is None:
        return 0
    share = isinstance(size, (float, np.floating))
    whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
    if not (share or whole) or not 0 < size < (1 if share else total):
        raise ArgumentError(
            f"{OWNER}: `{name}_size` must be an integer above 0 and below {total}, or a share "
            f"above 0 and below 1; got {size!r}."
        )
    return round(size * total) if share else int(size)
