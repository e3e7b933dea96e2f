"""PyDataset: batches by index, made by code of the user's own, by several threads if wanted."""

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from elman import _check
from elman._construction import Constructed
from elman._warning import warn
from elman.errors import UnsupportedError


class PyDataset(Constructed):
    """The class to inherit from for data that are made or read batch by batch.

    A subclass defines `__getitem__(i)`, which returns batch number i as `(x,)`, `(x, y)` or
    `(x, y, sample_weight)`, and `__len__`, the number of batches; or `num_batches` in place of
    that, a property, which is None where there is no end. `on_epoch_begin` and `on_epoch_end` are
    called around each epoch. `fit` draws the batches in a new order in each epoch unless told
    `shuffle=False`.

    Args:
        workers: threads that make batches while others are trained on; what they make arrives in
            order. With 1 the batches are made as they are needed.
        use_multiprocessing: as `workers`, with a warning: elman has threads alone, in which NumPy
            and the reading of files run side by side.
        max_queue_size: batches that may wait to be used.

    >>> import elman, numpy as np
    >>> class Ramps(elman.utils.PyDataset):
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, i):
    ...         return np.full((2, 4, 1), i, "float32"), np.full((2, 1), i, "float32")
    >>> model = elman.Sequential([elman.Input((4, 1)), elman.layers.GRU(1)])
    >>> model.compile("sgd", "mse")
    >>> len(model.fit(Ramps(), epochs=2, verbose=0).epoch)
    2
    """

    _super_needed = False  # of a subclass that does not call it these are the values
    workers = 1
    use_multiprocessing = False
    max_queue_size = 10

    def __init__(
        self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10
    ) -> None:
        owner = type(self).__name__
        self.workers = _check.integer(owner, "workers", workers, minimum=0)
        self.use_multiprocessing = _check.flag(owner, "use_multiprocessing", use_multiprocessing)
        self.max_queue_size = _check.integer(owner, "max_queue_size", max_queue_size)
        if use_multiprocessing:
            warn(
                f"{owner}: `use_multiprocessing` must be False; elman makes batches in threads."
                " The batches are the same.",
            )

    def __getitem__(self, index: int) -> Any:
        """Return batch number `index`."""
        raise _check.undefined(self, "__getitem__(self, index)", "returns a batch")

    def __iter__(self) -> Iterator[Any]:
        """Return the batches in order, made as they are needed."""
        count = self.num_batches
        for index in itertools.count() if count is None else range(count):
            yield self[index]

    @property
    def num_batches(self) -> int | None:
        """The number of batches, None where there is no end."""
        count = getattr(self, "__len__", None)
        if count is None:
            raise UnsupportedError(
                f"{type(self).__name__}: `__len__` must be defined by the class; it is not. Define "
                "`__len__(self)`, which returns how many batches there are, or for batches without "
                "end the property `num_batches` as None."
            )
        return int(count())

    def on_epoch_begin(self) -> None:
        """Do nothing; a subclass may."""

    def on_epoch_end(self) -> None:
        """Do nothing; a subclass may, such as draw its samples in a new order."""


def is_one(x: Any) -> bool:
    """Say whether this is a PyDataset, Keras's own included."""
    return isinstance(x, PyDataset) or (
        hasattr(x, "use_multiprocessing") and hasattr(x, "num_batches")
    )


def read(x: Any, indices: Iterable[int]) -> Iterator[Any]:
    """Return the items at these indices, in this order, made by as many threads as `x` asks for."""
    if not is_one(x) or x.workers <= 1:
        for index in indices:
            yield x[index]
        return
    from concurrent.futures import Future, ThreadPoolExecutor

    waiting: deque[Future[Any]] = deque()
    remaining = iter(indices)
    pool = ThreadPoolExecutor(x.workers, thread_name_prefix="elman-batches")
    try:
        while True:
            free = x.max_queue_size - len(waiting)
            waiting.extend(pool.submit(x.__getitem__, i) for i in itertools.islice(remaining, free))
            if not waiting:
                return
            yield waiting.popleft().result()
    finally:  # also when the user stops in the middle
        pool.shutdown(wait=True, cancel_futures=True)
