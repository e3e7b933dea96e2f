"""Batches: from arrays, from generators, or from objects that are indexed by batch.

Whatever it comes from, a batch is inputs, targets and sample weights, each a list of arrays in
the order of the model's inputs and outputs.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from elman import _check, _random, _tree
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError


class Batch(NamedTuple):
    """Inputs, targets (empty where there are none) and sample weights (None where there are none).

    All three are lists, in the order of the model's inputs and outputs.
    """

    x: list[Array]
    y: list[Any]
    weights: list[Any]


class Source(NamedTuple):
    """Where batches come from.

    Attributes:
        batches: gives an iterator over one pass.
        steps: batches in a pass, None if not known beforehand.
    """

    batches: Callable[[], Iterator[Batch]]
    steps: int | None


class Adapter:
    """Turns what users pass for `x`, `y` and weights into lists in a model's order."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.owner = model.owner

    def source(
        self,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        batch_size: int | None = None,
        steps: int | None = None,
        shuffle: bool = False,
        class_weight: dict[int, float] | None = None,
    ) -> Source:
        """Return the batches of one pass over what was given."""
        if _is_stream(x):
            if y is not None or sample_weight is not None:
                raise ArgumentError(
                    f"{self.owner}: `y` must be left out where `x` gives batches; the batches "
                    "are (x, y) or (x, y, sample_weight)."
                )
            return self._stream(x, steps, class_weight)
        if batch_size is None:
            batch_size = 32
        size = _check.integer(self.owner, "batch_size", batch_size)
        return arrays(self.batch(x, y, sample_weight, class_weight), size, steps, shuffle)

    def batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
    ) -> Batch:
        """Return one batch of arrays, checked."""
        inputs = self.model.enter(x)
        count = len(inputs[0])
        if count == 0:
            raise ShapeError(f"{self.owner}: `x` must hold at least one sample; got none.")
        targets = [] if y is None else self._per_output("y", y)
        weights: list[Any] = [None] * len(targets)
        if sample_weight is not None:
            weights = self._per_output("sample_weight", sample_weight)
        for name, found in (("x", inputs), ("y", targets), ("sample_weight", weights)):
            for array in found:
                if array is not None and (array.ndim == 0 or len(array) != count):
                    got = len(array) if array.ndim else "a single number"
                    raise ShapeError(
                        f"{self.owner}: `{name}` must have as many samples as `x`, {count}; "
                        f"got {got}."
                    )
        if class_weight is not None:
            weights = [
                self._class_weights(class_weight, target, own)
                for target, own in zip(targets, weights, strict=True)
            ]
        return Batch(inputs, targets, weights)

    def _per_output(self, name: str, given: Any) -> list[Any]:
        """Return targets or weights as one array an output."""
        names = self.model.output_names
        if isinstance(given, dict):
            for key in given:
                _check.one_of(self.owner, name, key, names)
            leaves = [given.get(each) for each in names]
        elif len(names) == 1:
            one = (
                isinstance(given, (list, tuple)) and len(given) == 1 and hasattr(given[0], "shape")
            )
            leaves = [given[0] if one else given]
        else:
            leaves = _tree.flatten(given)
            if name == "sample_weight" and len(leaves) == 1:
                leaves = leaves * len(names)
        if len(leaves) != len(names):
            raise ShapeError(
                f"{self.owner}: `{name}` must be {len(names)} arrays ({', '.join(names)}); "
                f"got {len(leaves)}."
            )
        return [None if leaf is None else self.model._array(name, leaf) for leaf in leaves]

    def _class_weights(self, table: dict[int, float], y: Array, weights: Any) -> Array:
        """Return the weight of each sample's class, times its own weight."""
        one_hot = y.ndim > 1 and y.shape[-1] > 1
        classes = y.argmax(axis=-1) if one_hot else y.reshape(len(y), -1)[:, 0]
        unknown = [int(c) for c in np.unique(classes) if int(c) not in table]
        if unknown:
            raise ArgumentError(
                f"{self.owner}: `class_weight` must have a weight for every class in `y`; "
                f"class {unknown[0]} is missing."
            )
        found = np.array([table[int(c)] for c in classes.ravel()], np.float32)
        found = found.reshape(classes.shape)
        return found if weights is None else found * weights

    def _stream(self, x: Any, steps: int | None, class_weight: Any) -> Source:
        """Return the batches that a generator, or an object indexed by batch, gives."""
        indexed = hasattr(x, "__getitem__") and hasattr(x, "__len__")
        if indexed:
            steps = len(x) if steps is None else steps
            return Source(lambda: (self._item(x[i], class_weight) for i in range(steps)), steps)
        stream = iter(x)

        def batches() -> Iterator[Batch]:
            for done, item in enumerate(stream, 1):
                yield self._item(item, class_weight)
                if done == steps:
                    return

        return Source(batches, steps)

    def _item(self, item: Any, class_weight: Any) -> Batch:
        """Return what a generator gave as a batch."""
        if not isinstance(item, tuple):
            return self.batch(item)
        if not 1 <= len(item) <= 3:
            raise ArgumentError(
                f"{self.owner}: a batch must be (x, y) or (x, y, sample_weight); got "
                f"{len(item)} things."
            )
        x, y, sample_weight = (*item, None, None)[:3]
        return self.batch(x, y, sample_weight, class_weight)


def arrays(data: Batch, batch_size: int, steps: int | None, shuffle: bool) -> Source:
    """Return batches of rows of arrays, in order or drawn anew at each pass."""
    count = len(data.x[0])
    generator = _random.generator() if shuffle else None
    total = -(-count // batch_size)
    total = total if steps is None else min(steps, total)

    def batches() -> Iterator[Batch]:
        order = None if generator is None else generator.permutation(count)
        for start in range(0, total * batch_size, batch_size):
            stop = min(start + batch_size, count)
            rows: Any = slice(start, stop) if order is None else order[start:stop]
            yield Batch(*([_rows(a, rows) for a in part] for part in data))

    return Source(batches, total)


def split(owner: str, data: Batch, share: float) -> tuple[Batch, Batch]:
    """Return the data without its last samples, and those: `share` of all."""
    if not isinstance(share, (int, float)) or not 0 < share < 1:
        raise ArgumentError(f"{owner}: `validation_split` must be between 0 and 1; got {share!r}.")
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


def _is_stream(x: Any) -> bool:
    """Say whether this gives batches, and is no array or nest of arrays itself."""
    if x is None or hasattr(x, "__array__") or isinstance(x, (dict, list, tuple, str)):
        return False
    indexed = hasattr(x, "__getitem__") and hasattr(x, "__len__")
    return indexed or hasattr(x, "__next__") or isinstance(x, Iterator) or hasattr(x, "__iter__")


__all__ = ["Adapter", "Batch", "Sequence", "Source", "arrays", "split"]
