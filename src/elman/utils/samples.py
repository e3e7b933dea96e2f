"""Samples that are taken when they are asked for, one by one or in batches."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from elman import _check, _tree
from elman._typing import Array
from elman.utils.dataset import Dataset

if TYPE_CHECKING:
    from numpy.random import Generator


class Samples(Dataset):
    """Samples by index: `len`, `[i]`, a `for` loop, `batch`, and what else a `Dataset` has.

    Args:
        take: returns the samples of some rows, an array (samples, …) or a tuple or dictionary of
            such; only what is asked for is copied.
        rows: which rows there are, in their order.
        draw: a generator, for a new order at each pass; None to keep it.

    `split_dataset` and `timeseries_dataset_from_array` make them.

    >>> import elman, numpy as np
    >>> left, right = elman.utils.split_dataset(np.arange(10.0), left_size=0.8)
    >>> len(left), right[0].tolist(), [batch.tolist() for batch in right.batch(2)]
    (8, 8.0, [[8.0, 9.0]])
    """

    def __init__(
        self, take: Callable[[Array], Any], rows: Array, draw: "Generator | None" = None
    ) -> None:
        self.taken, self.rows, self.draw = take, rows, draw
        self.reorder()

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Any:
        """Return a sample; a negative index counts from the end."""
        return _tree.map_leaves(lambda array: array[0], self.taken(self.rows[[index]]))

    def __iter__(self) -> Iterator[Any]:
        """Return the samples, and draw a new order after the last one where there is a `draw`."""
        for index in range(len(self)):
            yield self[index]
        self.reorder()

    def reorder(self) -> None:
        """Draw a new order where there is a `draw`."""
        if self.draw is not None:
            self.rows = self.draw.permutation(self.rows)

    def batch(
        self,
        batch_size: int,
        drop_remainder: bool = False,
        num_parallel_calls: Any = None,
        deterministic: Any = None,
    ) -> "Batches":
        """Return the samples in batches.

        Args:
            batch_size: samples a batch.
            drop_remainder: whether a last batch that is smaller is left out.
            num_parallel_calls, deterministic: accepted as in `tf.data`, without effect.
        """
        return Batches(self, batch_size, drop_remainder)


class Batches(Dataset):
    """Samples in batches by index: `len`, `[i]`, a `for` loop, and what else a `Dataset` has.

    Args:
        samples: what they are made of.
        batch_size: samples a batch.
        drop_remainder: whether a last batch that is smaller is left out.

    >>> import numpy as np
    >>> samples = Samples(lambda rows: 10 * rows, np.arange(5))
    >>> [batch.tolist() for batch in samples.batch(2)]
    [[0, 10], [20, 30], [40]]
    """

    def __init__(self, samples: Samples, batch_size: int, drop_remainder: bool = False) -> None:
        self.samples = samples
        self.batch_size = _check.integer("batch", "batch_size", batch_size)
        self.drop_remainder = _check.flag("batch", "drop_remainder", drop_remainder)

    def __len__(self) -> int:
        count = len(self.samples)
        return count // self.batch_size if self.drop_remainder else -(-count // self.batch_size)

    def __getitem__(self, index: int) -> Any:
        """Return a batch; a negative index counts from the end."""
        start = range(0, len(self) * self.batch_size, self.batch_size)[index]
        return self.samples.taken(self.samples.rows[start : start + self.batch_size])

    def __iter__(self) -> Iterator[Any]:
        """Return the batches, and draw a new order after the last one where there is a `draw`."""
        for index in range(len(self)):
            yield self[index]
        self.on_epoch_end()

    def on_epoch_end(self) -> None:
        """Draw a new order where there is a `draw`; `fit` calls this after each epoch."""
        self.samples.reorder()

    def unbatch(self) -> Samples:
        """Return the samples that the batches are made of."""
        return self.samples
