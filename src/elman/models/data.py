"""Batches: from arrays, from generators, or from objects that are indexed by batch.

Whatever it comes from, a batch is inputs, targets and sample weights, each a list of arrays in
the order of the model's inputs and outputs.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from elman import _check, _random, _tree
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError
from elman.layers import arguments
from elman.layers.nesting import with_sublayers
from elman.parameters import version


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
        shuffler: draws the order of the samples at the beginning of a pass, None if nothing does.
    """

    batches: Callable[[], Iterator[Batch]]
    steps: int | None
    shuffler: "np.random.Generator | None" = None


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
        go_on: bool = False,
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
        data = self.batch(x, y, sample_weight, class_weight)
        return self._arrays(data, size, steps, shuffle=shuffle, go_on=go_on)

    def sources(
        self,
        x: Any,
        y: Any,
        sample_weight: Any,
        class_weight: dict[int, float] | None,
        *,
        batch_size: int | None,
        steps: int | None,
        shuffle: bool,
        validation_split: float,
        validation_data: Any,
        validation_batch_size: int | None,
        validation_steps: int | None,
    ) -> tuple[Source, Source | None]:
        """Return the batches to train on, and those to validate on; the arguments are `fit`'s."""
        if validation_batch_size is not None:
            _check.integer(self.owner, "validation_batch_size", validation_batch_size)
        held_batch = validation_batch_size or batch_size
        if not validation_split or validation_data is not None:
            source = self.source(
                x, y, sample_weight, batch_size=batch_size, steps=steps,
                shuffle=shuffle, go_on=True, class_weight=class_weight,
            )  # fmt: skip
            return source, self._held_out(validation_data, held_batch, validation_steps)
        size = _check.integer(self.owner, "batch_size", 32 if batch_size is None else batch_size)
        first, last = self.split(x, y, sample_weight, class_weight, validation_split)
        source = self._arrays(first, size, steps, shuffle=shuffle, go_on=True)
        return source, self._arrays(last, held_batch or size, validation_steps)

    def _held_out(self, data: Any, batch_size: int | None, steps: int | None) -> Source | None:
        """Return the batches to validate on, read anew at each pass."""
        if data is None:
            return None
        several = isinstance(data, (tuple, list))
        if several and not 2 <= len(data) <= 3:
            raise ArgumentError(
                f"{self.owner}: `validation_data` must be (x, y) or (x, y, sample_weight); got "
                f"{len(data)} things."
            )
        try:
            if several:
                return self.source(*data, batch_size=batch_size, steps=steps)
            return self.source(data, None, steps=steps)
        except (ArgumentError, ShapeError) as error:
            raise type(error)(f"{error} These are the `validation_data`.") from None

    def _arrays(
        self,
        data: Batch,
        batch_size: int,
        steps: int | None,
        *,
        shuffle: bool = False,
        go_on: bool = False,
    ) -> Source:
        """Return batches of rows, all of one size where a layer carries its state to the next."""
        _positive(self.owner, steps)
        count = len(data.x[0])
        ends_short = count > batch_size and count % batch_size != 0
        whole_pass = steps is None or steps > count // batch_size
        if ends_short and whole_pass:
            for layer in with_sublayers(self.model):
                if getattr(layer, "stateful", False):
                    raise ArgumentError(
                        f"{self.owner}: `batch_size` must divide the number of samples, {count}, "
                        f"because {layer.owner} is stateful; got {batch_size}. Give a batch_size "
                        f"that divides, or leave out the last {count % batch_size} samples."
                    )
        return arrays(self.owner, data, batch_size, steps, shuffle=shuffle, go_on=go_on)

    def batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
    ) -> Batch:
        """Return one batch of arrays, checked."""
        if sample_weight is None and class_weight is None and self._as_before(x, y):
            return Batch([x], [y], [None])
        inputs = self.model.enter(x)
        count = len(inputs[0])
        if count == 0:
            raise ShapeError(f"{self.owner}: `x` must hold at least one sample; got none.")
        targets = [] if y is None else self.per_output("y", y)
        weights: list[Any] = [None] * len(targets)
        if sample_weight is not None:
            weights = self.per_output("sample_weight", sample_weight)
        for name, found in (("x", inputs), ("y", targets), ("sample_weight", weights)):
            for array in found:
                if array is not None and (array.ndim == 0 or len(array) != count):
                    got = len(array) if array.ndim else "a single number"
                    raise ShapeError(
                        f"{self.owner}: `{name}` must have as many samples as `x`, {count}; "
                        f"got {got}."
                    )
        return self._weighted(Batch(inputs, targets, weights), class_weight)

    def _as_before(self, x: Any, y: Any) -> bool:
        """Say whether these are one array each, x of the shape that went in last."""
        model = self.model
        return (
            type(x) is type(y) is np.ndarray
            and model.fed == (version(), [x.shape])
            and x.dtype.kind in "fiub"
            and y.dtype.kind in "fiub"
            and y.ndim > 0
            and len(x) == len(y) > 0
            and len(model.outputs) == 1
        )

    def split(
        self, x: Any, y: Any, sample_weight: Any, class_weight: Any, share: float
    ) -> tuple[Batch, Batch]:
        """Return the data to train on, and the last samples, `share` of all, to validate on."""
        if _is_stream(x):
            raise ArgumentError(
                f"{self.owner}: `validation_split` must be left out where `x` gives batches. "
                "Give `validation_data`."
            )
        first, last = split(self.owner, self.batch(x, y, sample_weight), share)
        return self._weighted(first, class_weight), last

    def per_output(self, name: str, given: Any) -> list[Any]:
        """Return targets or weights as one array an output."""
        count = len(self.model.outputs)
        if isinstance(given, dict):
            names = self.model.output_names
            for key in given:
                _check.one_of(self.owner, name, key, names)
            leaves = [given.get(each) for each in names]
        elif count == 1:
            one = (
                isinstance(given, (list, tuple)) and len(given) == 1 and hasattr(given[0], "shape")
            )
            leaves = [given[0] if one else given]
        else:
            leaves = _tree.flatten(given)
            if name == "sample_weight" and len(leaves) == 1:
                leaves = leaves * count
        if len(leaves) != count:
            raise ShapeError(
                f"{self.owner}: `{name}` must be {count} arrays "
                f"({', '.join(self.model.output_names)}); got {len(leaves)}."
            )
        return [
            None if leaf is None else arguments.as_array(self.owner, name, leaf) for leaf in leaves
        ]

    def _weighted(self, data: Batch, table: dict[int, float] | None) -> Batch:
        """Return the data with the weight of each sample's class times its own weight."""
        if table is None:
            return data
        _check_class_weights(self.owner, table, len(self.model.outputs))
        outputs = zip(self.model.outputs, data.y, data.weights, strict=False)
        weights = [
            _class_weights(self.owner, table, y, own, len(tensor.shape))
            for tensor, y, own in outputs
        ]
        return Batch(data.x, data.y, weights)

    def _stream(self, x: Any, steps: int | None, class_weight: Any) -> Source:
        """Return the batches that a generator, or an object indexed by batch, gives."""
        _positive(self.owner, steps)
        if hasattr(x, "__getitem__") and hasattr(x, "__len__"):
            count = len(x) if steps is None else min(steps, len(x))

            def pick() -> Iterator[Batch]:
                yield from (self._item(x[i], class_weight) for i in range(count))
                getattr(x, "on_epoch_end", lambda: None)()  # as Keras calls a PyDataset's

            return Source(pick, count)

        def batches() -> Iterator[Batch]:
            # A generator goes on where it stopped; anything else that is iterated begins anew.
            for done, item in enumerate(iter(x), 1):
                yield self._item(item, class_weight)
                if done == steps:
                    return

        return Source(batches, steps)

    def _item(self, item: Any, class_weight: Any) -> Batch:
        """Return what a generator gave as a batch."""
        if isinstance(item, list) and _tree.is_nested(item):
            item = tuple(item)
        if not isinstance(item, tuple):
            return self.batch(item)
        if not 1 <= len(item) <= 3:
            raise ArgumentError(
                f"{self.owner}: a batch must be (x, y) or (x, y, sample_weight); got "
                f"{len(item)} things."
            )
        x, y, sample_weight = (*item, None, None)[:3]
        return self.batch(x, y, sample_weight, class_weight)


def arrays(
    owner: str,
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


def _positive(owner: str, steps: int | None) -> None:
    if steps is not None:
        _check.integer(owner, "steps", steps)


def _check_class_weights(owner: str, table: Any, outputs: int) -> None:
    """Check the argument `class_weight` of a model with so many outputs."""
    if outputs > 1:
        raise ArgumentError(
            f"{owner}: `class_weight` must be left out for a model of several outputs; this one "
            f"has {outputs}. Give `sample_weight`, a list with one array an output."
        )
    whole, real = (int, np.integer), (int, float, np.integer, np.floating)
    if not isinstance(table, dict) or not all(
        isinstance(key, whole) and isinstance(value, real) and np.isfinite(value)
        for key, value in table.items()
    ):
        raise ArgumentError(
            f"{owner}: `class_weight` must be a dictionary from class, an integer, to weight, a "
            f"finite number; got {table!r}."
        )


def _class_weights(
    owner: str, table: dict[int, float], y: Any, weights: Any, axes: int
) -> Array | None:
    """Return the weight of each entry's class, times its own weight.

    Args:
        owner: the model's, for messages.
        table: class -> weight; a class that is missing weighs 1.
        y: labels; or one-hot, where it has as many axes as the output and more than one class;
            or None, where the output has no targets.
        weights: what the entries weigh by themselves, None for 1.
        axes: how many the output has.
    """
    if y is None:
        return weights
    if y.ndim == axes and y.shape[-1] > 1:
        classes = y.argmax(axis=-1)
    else:
        classes = y[..., 0] if y.ndim == axes > 1 else y
    if not np.isfinite(classes).all():
        raise ArgumentError(
            f"{owner}: `y` must hold the class of every sample to weigh it with `class_weight`; "
            f"got {classes[~np.isfinite(classes)][0]}."
        )
    found = np.array([table.get(round(c), 1.0) for c in classes.ravel().tolist()], np.float32)
    found = found.reshape(classes.shape)
    if weights is None:
        return found
    return found * weights.reshape(weights.shape + (1,) * (found.ndim - weights.ndim))


def _rows(array: Any, rows: Any) -> Any:
    return None if array is None else array[rows]


def _is_stream(x: Any) -> bool:
    """Say whether this gives batches, and is no array or nest of arrays itself."""
    if x is None or hasattr(x, "__array__") or isinstance(x, (dict, list, tuple, str)):
        return False
    indexed = hasattr(x, "__getitem__") and hasattr(x, "__len__")
    return indexed or hasattr(x, "__next__") or isinstance(x, Iterator) or hasattr(x, "__iter__")
