"""Data that go from step to step on their way into `fit`, with the methods of `tf.data` for it.

    data.map(f)  .filter(p)  .shuffle(n)  .batch(n)  .unbatch()  .take(n)  .skip(n)  .repeat()
    data.cache()  .prefetch(n)  .as_numpy_iterator()

Each returns a new `Dataset` that reads the one before it when it is read, an element at a time:
nothing is copied in advance, and nothing happens beside the program in other threads.
"""

import itertools
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _check, _random, _tree
from elman.errors import ArgumentError, ShapeError, UnsupportedError

if TYPE_CHECKING:
    from numpy.random import Generator

Elements = Callable[[], Iterator[Any]]  # called once a pass


class Dataset:
    """Elements, each an array or a tuple or dictionary of such, that are read pass by pass.

    Args:
        elements: returns an iterator over the elements, once a pass.
        length: how many there are; None where nobody knows, or where there is no end.

    `timeseries_dataset_from_array` and `split_dataset` return such data. Whatever comes out of
    `batch` is what `fit` takes as `x`.

    >>> data = Dataset(lambda: iter(np.arange(5.0)))
    >>> [x.tolist() for x in data.map(lambda x: 10 * x).batch(2).take(2)]
    [[0.0, 10.0], [20.0, 30.0]]
    """

    def __init__(self, elements: Elements, length: int | None = None) -> None:
        if not callable(elements):
            raise ArgumentError(
                f"Dataset: `elements` must be a function that returns an iterator; got "
                f"{elements!r:.60}. Split arrays into batches with `utils.split_dataset`, or give "
                "them to `fit` as they are."
            )
        self._elements, self._length = elements, length

    def __iter__(self) -> Iterator[Any]:
        """Return an iterator over the elements of one pass."""
        return self._elements()

    def __len__(self) -> int:
        """Return how many elements there are."""
        if self._length is None:
            raise TypeError("Dataset: the number of elements is not known before they are read.")
        return self._length

    def __bool__(self) -> bool:
        """Say True: there is one, however many elements it has."""
        return True

    if not TYPE_CHECKING:  # to which it would say that data have every attribute

        def __getattr__(self, name: str) -> Any:
            """Name the method that may have been meant; asked for what is missing alone."""
            known = [each for each in dir(type(self)) if not each.startswith("_")]
            near = "" if name.startswith("_") else _check.suggestion(name, known)
            text = f"{type(self).__name__!r} object has no attribute {name!r}{near and '.'}{near}"
            raise AttributeError(text, name=name, obj=self)

    def cardinality(self) -> int:
        """Return how many elements there are; -2, as `tf.data` has it, where nobody knows.

        >>> Dataset(lambda: iter([1, 2])).cardinality(), Dataset(lambda: iter([1]), 1).cardinality()
        (-2, 1)
        """
        known = self._known()
        return -2 if known is None else known

    def _known(self) -> int | None:
        try:
            return len(self)
        except TypeError:
            return None

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: Any = None,
        deterministic: Any = None,
    ) -> "Dataset":
        """Return what a function makes of each element.

        Args:
            map_func: takes an element; the parts of a tuple one by one.
            num_parallel_calls, deterministic: accepted as in `tf.data`; calls are one by one.
        """
        function = _function("map", "map_func", map_func)
        return Dataset(lambda: (function(element) for element in self), self._known())

    def filter(self, predicate: Callable[..., Any]) -> "Dataset":
        """Return the elements for which a function says True.

        Args:
            predicate: takes an element; the parts of a tuple one by one.
        """
        function = _function("filter", "predicate", predicate)
        return Dataset(lambda: (element for element in self if function(element)))

    def take(self, count: int) -> "Dataset":
        """Return the first elements of a pass, all of them where `count` is -1."""
        count, known = _check.integer("take", "count", count, -1), self._known()
        if count == -1:
            return self
        length = None if known is None else min(count, known)
        return Dataset(lambda: itertools.islice(iter(self), count), length)

    def skip(self, count: int) -> "Dataset":
        """Return the elements of a pass but for the first, none where `count` is -1."""
        count, known = _check.integer("skip", "count", count, -1), self._known()
        if count == -1:
            return self.take(0)
        length = None if known is None else max(known - count, 0)
        return Dataset(lambda: itertools.islice(iter(self), count, None), length)

    def repeat(self, count: int | None = None) -> "Dataset":
        """Return the elements of several passes; without an end where `count` is None or -1.

        An endless one needs `steps_per_epoch` in `fit`, and goes on where the last epoch stopped.
        """
        times = _check.integer("repeat", "count", -1 if count is None else count, -1)
        if times == -1:
            return Dataset(lambda: _passes(self, itertools.repeat(None)))
        known = self._known()
        return Dataset(
            lambda: _passes(self, range(times)), None if known is None else times * known
        )

    def shuffle(
        self,
        buffer_size: int,
        seed: int | None = None,
        reshuffle_each_iteration: bool | None = None,
    ) -> "Dataset":
        """Return the elements in another order.

        Args:
            buffer_size: how many elements the next one is drawn from; as many as there are, or
                more, make every order equally likely.
            seed: of the orders. They are other ones than those of `tf.data`.
            reshuffle_each_iteration: whether each pass has an order of its own; True by default.
        """
        size = _check.integer("shuffle", "buffer_size", buffer_size)
        chosen = _check.seed("shuffle", "seed", seed)
        again = reshuffle_each_iteration
        if again is None or _check.flag("shuffle", "reshuffle_each_iteration", again):
            draw = _random.generator(chosen)
            return Dataset(lambda: _drawn(self, size, draw), self._known())
        if chosen is None:
            chosen = int(_random.generator().integers(2**31))
        return Dataset(lambda: _drawn(self, size, _random.generator(chosen)), self._known())

    def batch(
        self,
        batch_size: int,
        drop_remainder: bool = False,
        num_parallel_calls: Any = None,
        deterministic: Any = None,
    ) -> "Dataset":
        """Return the elements in batches, each part with an axis of samples before its own.

        Args:
            batch_size: elements a batch.
            drop_remainder: whether a last batch that is smaller is left out.
            num_parallel_calls, deterministic: accepted as in `tf.data`, without effect.
        """
        size = _check.integer("batch", "batch_size", batch_size)
        whole, known = _check.flag("batch", "drop_remainder", drop_remainder), self._known()
        length = None if known is None else (known // size if whole else -(-known // size))
        return Dataset(lambda: _batches(self, size, whole), length)

    def unbatch(self) -> "Dataset":
        """Return the samples of batches one by one."""
        return Dataset(lambda: (sample for batch in self for sample in _samples(batch)))

    def cache(self, filename: str = "") -> "Dataset":
        """Return the same elements, kept in memory once they were all read.

        Raises:
            UnsupportedError: a file is named.
        """
        if filename:
            raise UnsupportedError(
                f"cache: `filename` must be left out, because elements are kept in memory; got "
                f"{filename!r}."
            )
        kept: list[list[Any]] = []
        return Dataset(lambda: _kept(self, kept), self._known())

    def prefetch(self, buffer_size: int | None = None) -> "Dataset":
        """Return the same: elements are read when they are asked for, whatever `buffer_size` is."""
        return self

    def as_numpy_iterator(self) -> Iterator[Any]:
        """Return an iterator over the elements of one pass; they are NumPy's in any case."""
        return iter(self)


def _function(owner: str, name: str, given: Any) -> Callable[[Any], Any]:
    """Return a function of an element from one of its parts."""
    if not callable(given):
        raise ArgumentError(
            f"{owner}: `{name}` must be a function of an element; got {_check.shown(given)}."
        )
    return lambda element: given(*element) if isinstance(element, tuple) else given(element)


def _passes(data: Dataset, times: Any) -> Iterator[Any]:
    """Return the elements of passes, as many as there are `times`; no more behind an empty one."""
    for _ in times:
        empty = True
        for element in data:
            empty = False
            yield element
        if empty:
            return


def _drawn(data: Dataset, size: int, draw: "Generator") -> Iterator[Any]:
    """Return elements, each drawn from a buffer of the next `size` ones."""
    source = iter(data)
    buffer = list(itertools.islice(source, size))
    for element in source:
        place = int(draw.integers(len(buffer)))
        yield buffer[place]
        buffer[place] = element
    for place in draw.permutation(len(buffer)):
        yield buffer[place]


def _batches(data: Dataset, size: int, whole: bool) -> Iterator[Any]:
    """Return elements stacked, `size` at a time; the last ones, if fewer, unless `whole`."""
    source = iter(data)
    while elements := list(itertools.islice(source, size)):
        if whole and len(elements) < size:
            return
        for element in elements[1:]:
            if not _alike(element, elements[0]):
                raise ShapeError(
                    "batch: the elements must be nested alike; got "
                    f"{_form(elements[0])} and {_form(element)}."
                )
        parts = zip(*map(_tree.flatten, elements), strict=True)
        yield _tree.pack(elements[0], [_stacked(part) for part in parts])


def _stacked(parts: tuple[Any, ...]) -> Any:
    """Return arrays of one shape as one."""
    shapes = sorted({np.shape(part) for part in parts})
    if len(shapes) > 1:
        raise ShapeError(
            f"batch: the elements must have one shape; got {shapes[0]} and {shapes[1]}. Pad them "
            "with `utils.pad_sequences`, or take batches of one element."
        )
    return np.stack(parts)


def _samples(batch: Any) -> Iterator[Any]:
    """Return the samples of a batch."""
    sizes = {np.shape(leaf)[:1] for leaf in _tree.flatten(batch)}
    if len(sizes) != 1 or () in sizes:
        raise ShapeError(
            "unbatch: the elements must be arrays of as many samples; got the shapes "
            f"{_form(batch)}."
        )
    for i in range(sizes.pop()[0]):
        yield _tree.map_leaves(itemgetter(i), batch)


def _alike(a: Any, b: Any) -> bool:
    """Say whether two elements are nested alike."""
    if not (_tree.is_nested(a) and _tree.is_nested(b)):
        return _tree.is_nested(a) == _tree.is_nested(b)
    if isinstance(a, dict) or isinstance(b, dict):
        same = isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys()
        return same and all(_alike(a[key], b[key]) for key in a)
    return len(a) == len(b) and all(map(_alike, a, b))


def _form(element: Any) -> Any:
    """Return the shapes in an element, nested as it is."""
    return _tree.map_leaves(np.shape, element)


def _kept(data: Dataset, kept: list[list[Any]]) -> Iterator[Any]:
    """Return the elements, from `kept` where a pass has been put there."""
    if kept:
        yield from kept[0]
        return
    read = []
    for element in data:
        read.append(element)
        yield element
    kept[:] = [read]
