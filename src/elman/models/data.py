"""What users pass for `x`, `y` and weights, as batches in a model's order.

Whatever it comes from, a batch is inputs, targets and sample weights, each a list of arrays in
the order of the model's inputs and outputs. Sequences of different lengths are padded then, and not
before; see `lengths.py`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman import _check, _tree
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError
from elman.layers.parts import arguments
from elman.layers.parts.ragged import Ragged
from elman.models import batches, class_weights, lengths, missing, resetting, settling, streams
from elman.models.batches import Batch, Source
from elman.parameters import version

HELD_OUT = ("x", "y", "sample_weight", "reset_mask", "lengths", "mask")  # keys of validation data


class Adapter:
    """Turns what users pass for `x`, `y` and weights into lists in a model's order.

    Args:
        model: the model.
        nan: whether NaN is an error, as for `fit`.
        cut: whether timesteps behind the longest sequence of a batch may be left out.
        beside: what is given beside `x`: `lengths` or `mask`, by name.
        settled: whether sequences of different lengths are to be padded.
    """

    def __init__(
        self,
        model: Any,
        nan: str = "allow",
        *,
        cut: bool = True,
        beside: dict[str, Any] | None = None,
        settled: bool = True,
    ) -> None:
        self.model, self.cut, self.settled = model, cut, settled
        self.beside = {name: v for name, v in (beside or {}).items() if v is not None}
        self.owner = model.owner
        self.nan = missing.choice(self.owner, nan)

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
        reset_mask: Any = None,
    ) -> Source:
        """Return the batches of one pass over what was given."""
        if streams.is_one(x):
            if reset_mask is not None:
                raise ArgumentError(
                    f"{self.owner}: `reset_mask` must be left out where `x` gives batches, of "
                    "which it is no part. Make it an `Input` of the model, and give it to the "
                    "layers: `layer(x, reset_mask=r)`."
                )
            if y is not None or sample_weight is not None:
                raise ArgumentError(
                    f"{self.owner}: `y` must be left out where `x` gives batches; the batches "
                    "are (x, y) or (x, y, sample_weight)."
                )

            for name in self.beside:
                raise ArgumentError(
                    f"{self.owner}: `{name}` must be left out where `x` gives batches. Let them "
                    "hold lists of arrays of the true lengths."
                )

            def reader(x: Any, y: Any, sample_weight: Any) -> Batch:
                return self.settle(self.batch(x, y, sample_weight, class_weight))

            return streams.source(self.owner, x, steps, reader, shuffle=shuffle, go_on=go_on)
        if batch_size is None:
            batch_size = 32
        size = _check.integer(self.owner, "batch_size", batch_size)
        data = self.batch(x, y, sample_weight, class_weight, reset_mask)
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
        reset_mask: Any = None,
    ) -> tuple[Source, Source | None]:
        """Return the batches to train on, and those to validate on; the arguments are `fit`'s."""
        if validation_batch_size is not None:
            _check.integer(self.owner, "validation_batch_size", validation_batch_size)
        held_batch = validation_batch_size or batch_size
        held_out = Adapter(self.model, self.nan)
        if not validation_split or validation_data is not None:
            source = self.source(
                x, y, sample_weight, batch_size=batch_size, steps=steps,
                shuffle=shuffle, go_on=True, class_weight=class_weight, reset_mask=reset_mask,
            )  # fmt: skip
            self._check_held_out(validation_data)
            return source, held_out._held_out(validation_data, held_batch, validation_steps)
        size = _check.integer(self.owner, "batch_size", 32 if batch_size is None else batch_size)
        first, last = self.split(x, y, sample_weight, class_weight, validation_split, reset_mask)
        source = self._arrays(first, size, steps, shuffle=shuffle, go_on=True)
        return source, held_out._arrays(last, held_batch or size, validation_steps)

    def _check_held_out(self, data: Any) -> None:
        """Check that padding in the data to validate on is known as in those to train on."""
        for name in self.beside:
            plain = isinstance(data, (tuple, list)) and len(data) > 1
            if plain and not lengths.is_listed(self.model, data[0]):
                raise ArgumentError(
                    f"{self.owner}: `validation_data` must say how long its sequences are where "
                    f"`{name}` is given, which is for `x` alone; got padded arrays. Give a "
                    f"dictionary, {{'x': …, 'y': …, '{name}': …}}, or lists of arrays."
                )

    def _held_out(self, data: Any, batch_size: int | None, steps: int | None) -> Source | None:
        """Return the batches to validate on, read anew at each pass."""
        if data is None:
            return None
        if isinstance(data, dict):
            for key in data:
                _check.one_of(self.owner, "validation_data", key, HELD_OUT)
            if data.get("x") is None:
                raise ArgumentError(
                    f"{self.owner}: `x` must be given in `validation_data`; got none."
                )
            self.beside = {name: data[name] for name in HELD_OUT[-2:] if data.get(name) is not None}
            data = tuple(data.get(name) for name in HELD_OUT[:-2])
        several = isinstance(data, (tuple, list))
        if several and not 2 <= len(data) <= 4:
            raise ArgumentError(
                f"{self.owner}: `validation_data` must be (x, y), (x, y, sample_weight) or (x, y, "
                f"sample_weight, reset_mask); got {len(data)} things."
            )
        if isinstance(data, np.ndarray):
            raise ArgumentError(
                f"{self.owner}: `validation_data` must be (x, y) or (x, y, sample_weight); got one "
                f"array of shape {data.shape}."
            )
        try:
            if several:
                x, y, weights, reset_mask = (*data, None, None)[:4]
                return self.source(
                    x, y, weights, batch_size=batch_size, steps=steps, reset_mask=reset_mask
                )
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
        """Return batches of rows."""
        if steps is not None:
            _check.integer(self.owner, "steps", steps)
        settle = None if lengths.is_plain(data) else self.settle
        return batches.arrays(
            data, batch_size, steps,
            shuffle=shuffle, go_on=go_on, settle=settle, lazy=not self.settled,
        )  # fmt: skip

    def settle(self, batch: Batch) -> Batch:
        """Return a batch of arrays, in which sequences of different lengths are padded."""
        return settling.settle(self.model, batch, cut=self.cut) if self.settled else batch

    def one(self, *given: Any) -> Batch:
        """Return one batch of arrays, checked and settled; the arguments are those of `batch`."""
        return self.settle(self.batch(*given))

    def batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        reset_mask: Any = None,
    ) -> Batch:
        """Return one batch as it was given, checked."""
        if reset_mask is not None:
            data = self.batch(x, y, sample_weight, class_weight)
            cut = not (self.settled and lengths.is_plain(data))
            return resetting.into(self.model, data, reset_mask, cut)
        plain = sample_weight is None and class_weight is None and not self.beside
        if plain and self._as_before(x, y):
            return self._complete(Batch([x], [y], [None]))
        inputs, beside = lengths.enter(self.model, x, **self.beside)
        known = lengths.known(inputs, beside)
        count = len(inputs[0])
        if count == 0:
            raise ShapeError(f"{self.owner}: `x` must hold at least one sample; got none.")
        targets = [] if y is None else self._targets(y, known)
        weights: list[Any] = [None] * len(targets)
        if sample_weight is not None:
            weights = self.per_output("sample_weight", sample_weight, known)
        for name, found in (("x", inputs), ("y", targets), ("sample_weight", weights)):
            for array in found:
                if array is not None and (array.ndim == 0 or len(array) != count):
                    got = len(array) if array.ndim else "a single number"
                    raise ShapeError(
                        f"{self.owner}: `{name}` must have as many samples as `x`, {count}; "
                        f"got {got}."
                    )
        data = self._complete(Batch(inputs, targets, weights, beside))
        lengths.check_timesteps(self.model, data)
        return self._weighted(data, class_weight)

    def _targets(self, y: Any, known: Sequence[Array]) -> list[Any]:
        """Return targets: one array an output, or for steps of the model's own whatever they are.

        How those were nested the model keeps; see `own_steps`.
        """
        if "train_step" not in self.model.steps_anew:
            return self.per_output("y", y, known)
        one = known and self.model.drawn and len(self.model.outputs) == 1 and type(y) is list
        if one and isinstance(found := self._leaf(0, "y", y, known), Ragged):
            vars(self.model)["_nested_y"] = None
            return [found]
        vars(self.model)["_nested_y"] = _tree.map_leaves(lambda leaf: None, y)
        return [arguments.as_array(self.owner, "y", leaf) for leaf in _tree.flatten(y)]

    def _complete(self, data: Batch) -> Batch:
        """Return the batch, in which NaN may be an error."""
        if self.nan == "error":
            missing.refuse(self.owner, data, self.model.input_names, self.model.output_names)
        return data

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
            and "train_step" not in model.steps_anew
            and len(model.outputs) == 1
        )

    def split(
        self,
        x: Any,
        y: Any,
        sample_weight: Any,
        class_weight: Any,
        share: float,
        reset_mask: Any = None,
    ) -> tuple[Batch, Batch]:
        """Return the data to train on, and the last samples, `share` of all, to validate on."""
        if streams.is_one(x):
            raise ArgumentError(
                f"{self.owner}: `validation_split` must be left out where `x` gives batches. "
                "Give `validation_data`."
            )
        data = self.batch(x, y, sample_weight, None, reset_mask)
        first, last = batches.split(self.owner, data, share)
        return self._weighted(first, class_weight), last

    def per_output(self, name: str, given: Any, known: Sequence[Array] = ()) -> list[Any]:
        """Return targets or weights as one array an output.

        Where the lengths of the inputs are known, those of an output per step may be a list of
        arrays of these lengths.
        """
        count = len(self.model.outputs)
        structure = self.model.output_structure
        if isinstance(given, dict):
            by_key = isinstance(structure, dict)
            names = sorted(structure) if by_key else self.model.output_names
            for key in given:
                _check.one_of(self.owner, name, key, names)
            leaves = _leaves(given, structure) if by_key else [given.get(each) for each in names]
        elif count == 1:
            one = isinstance(given, (list, tuple)) and len(given) == 1
            one = one and not self._is_the_one_sample(given[0], known)
            leaves = [given[0] if one and getattr(given[0], "shape", None) else given]
        else:
            leaves = _leaves(given, structure)
            if name == "sample_weight" and len(leaves) == 1:
                leaves = leaves * count
            elif name == "y" and len(leaves) == 1:
                leaves = self._for_the_one_loss(leaves[0], count)
        if len(leaves) != count:
            raise ShapeError(
                f"{self.owner}: `{name}` must be {count} arrays "
                f"({', '.join(self.model.output_names)}); got {len(leaves)}."
            )
        names = [f"{name}['{each}']" for each in self.model.output_names] if count > 1 else [name]
        return [
            None if leaf is None else self._leaf(i, what, leaf, known)
            for i, (what, leaf) in enumerate(zip(names, leaves, strict=True))
        ]

    def _leaf(self, index: int, name: str, leaf: Any, known: Sequence[Array]) -> Any:
        """Return targets or weights of an output as an array, or a list of sequences."""
        if known and type(leaf) is not np.ndarray and lengths.per_step(self.model, index):
            found = lengths.target_list(self.owner, name, leaf, known)
            if found is not None:
                return found
        return arguments.as_array(self.owner, name, leaf)

    def _is_the_one_sample(self, given: Any, known: Sequence[Array]) -> bool:
        """Say whether the one thing in a list belongs to the one sample, and is no whole array."""
        shape = np.shape(given) if hasattr(given, "shape") else ()
        return (
            any(each.tolist() == list(shape[:1]) for each in known)
            and len(shape) < len(self.model.outputs[0].shape)
            and lengths.per_step(self.model, 0)
        )

    def _for_the_one_loss(self, y: Any, count: int) -> list[Any]:
        """Return the targets of so many outputs, given those of the one that has a loss."""
        chosen = self.model.compiled
        matched = [] if chosen is None or chosen.loss is None else chosen.matched_losses()
        judged = [loss is not None for loss, _ in matched]
        if len(judged) != count or sum(judged) != 1:
            return [y]
        return [y if own else None for own in judged]

    def _weighted(self, data: Batch, table: dict[int, float] | None) -> Batch:
        """Return the data with the weight of each sample's class times its own weight."""
        if table is None:
            return data
        outputs = self.model.outputs
        class_weights.check(self.owner, table, len(outputs))
        rows = zip(outputs, data.y, data.weights, strict=False)
        weights = [
            class_weights.weigh(self.owner, table, y, own, len(tensor.shape))
            for tensor, y, own in rows
        ]
        return data._replace(weights=weights)


def _leaves(given: Any, structure: Any) -> list[Any]:
    """Return what is given for the leaves of a structure, None where nothing is."""
    several = isinstance(given, (list, tuple))
    if isinstance(structure, dict) and (given is None or isinstance(given, dict)):
        pairs = [((given or {}).get(key), structure[key]) for key in sorted(structure)]
    elif isinstance(structure, (list, tuple)) and given is None:
        pairs = [(None, part) for part in structure]
    elif isinstance(structure, (list, tuple)) and several and len(given) == len(structure):
        pairs = list(zip(given, structure, strict=True))
    elif isinstance(structure, (dict, list, tuple)):
        return _tree.flatten(given)
    else:
        return [given]
    return [leaf for part in pairs for leaf in _leaves(*part)]
