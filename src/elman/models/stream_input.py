"""What a stream takes, and how anything else is made to fit or refused."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError, BusyError, ShapeError, UnsupportedError
from elman.layers.parts import arguments
from elman.layers.parts.symbolic import SymbolicTensor
from elman.models import feeding
from elman.models.stream_plan import Plan

if TYPE_CHECKING:
    from elman.models.model import Model


class StreamInput(NamedTuple):
    """Arrays (batch, features) of a dtype, or indices (batch,).

    Attributes:
        owner: how messages name the model.
        batch: how many sequences there are.
        features: how many features; None for indices.
        dtype: of the numbers as the first stage reads them.
        layers: the layers that cast and check what comes in.
        name: how messages name it where there are several, such as "['words']".
    """

    owner: str
    batch: int
    features: int | None
    dtype: Any
    layers: tuple[Any, ...]
    name: str = ""

    def step(self, x: Any) -> Array:
        """Return one timestep as an array that fits."""
        name = f"x{self.name}"
        array = arguments.as_array(self.owner, name, x)
        axes, sizes = self._axes()
        if self.batch == 1 and array.ndim == len(sizes) - 1:
            array = array[None]
        fix = "Give several timesteps to `process`." if array.ndim == len(sizes) + 1 else ""
        _check.shape(self.owner, name, array, axes, sizes, fix)
        return self._converted(array)

    def block(self, block: Any) -> Array:
        """Return a block of timesteps as an array that fits."""
        name = f"block{self.name}"
        array = arguments.as_array(self.owner, name, block)
        axes, (batch, *features) = self._axes()
        axes, sizes = axes.replace("batch", "batch timesteps"), (batch, None, *features)
        fix = "Add the batch axis with `block[None]`." if array.ndim == len(sizes) - 1 else ""
        _check.shape(self.owner, name, array, axes, sizes, fix)
        if array.shape[1] == 0:
            raise ShapeError(f"{self.owner}: `{name}` must have at least one timestep; got none.")
        return self._converted(array)

    def busy(self) -> NoReturn:
        """Say that somebody is inside already."""
        raise BusyError(
            f"{self.owner}: a stream must be used by one thread at a time; another is inside it. "
            "Make a stream for each."
        )

    def _axes(self) -> tuple[str, tuple[int, ...]]:
        if self.features is None:
            return "batch", (self.batch,)
        return "batch features", (self.batch, self.features)

    def _converted(self, array: Array) -> Array:
        for cast in self.layers:
            (array,) = cast((array,))
        return np.require(array, self.dtype, ["C", "A"])


class StreamInputs:
    """Several inputs, which are given as the model takes them: a list, or a dictionary by name."""

    def __init__(self, model: "Model", each: list[StreamInput]) -> None:
        self.owner, self.batch, self._each = each[0].owner, each[0].batch, each
        self._names = model.input_names
        self._leaves = partial(feeding.leaves, model)
        self.busy = each[0].busy

    def step(self, x: Any) -> tuple[Array, ...]:
        """Return one timestep as arrays that fit."""
        pairs = zip(self._each, self._given(x), strict=True)
        return tuple([entry.step(leaf) for entry, leaf in pairs])

    def block(self, block: Any) -> tuple[Array, ...]:
        """Return a block of timesteps as arrays that fit."""
        pairs = zip(self._each, self._given(block), strict=True)
        arrays = tuple([entry.block(leaf) for entry, leaf in pairs])
        lengths = sorted({array.shape[1] for array in arrays})
        if len(lengths) > 1:
            raise ShapeError(
                f"{self.owner}: `block` must have as many timesteps in every input; got "
                f"{' and '.join(map(str, lengths))}."
            )
        return arrays

    def _given(self, x: Any) -> list[Any]:
        leaves = self._leaves(x)
        if len(leaves) != len(self._each):
            raise ShapeError(
                f"{self.owner}: `x` must be {len(self._each)} arrays ({', '.join(self._names)}); "
                f"got {len(leaves)}."
            )
        return leaves


def rows_of(owner: str, batch: int, rows: Any) -> list[int]:
    """Return the numbers of the sequences to reset: all of them for None.

    Raises:
        ShapeError: they are bools, and not one for each sequence.
        ArgumentError: a number is that of no sequence.
    """
    if rows is None:
        return list(range(batch))
    several = isinstance(rows, (Sequence, np.ndarray))
    marks = np.dtype(bool) == getattr(rows, "dtype", None)
    if marks or (several and len(rows) and all(isinstance(row, (bool, np.bool_)) for row in rows)):
        if np.shape(rows) != (batch,):
            raise ShapeError(
                f"{owner}: `rows` must be numbers of sequences, or one bool for each of them, "
                f"batch={batch}; got bools of shape {np.shape(rows)}."
            )
        return [i for i, marked in enumerate(rows) if marked]
    listed = list(rows) if several else [rows]
    numbers = [_check.integer(owner, "rows", row, minimum=0) for row in listed]
    if max(numbers, default=0) >= batch:
        raise ArgumentError(f"{owner}: `rows` must be below batch={batch}; got {max(numbers)}.")
    return numbers


def stream_input(model: "Model", batch: int, plan: Plan) -> StreamInput | StreamInputs:
    """Return what the stream of a model takes.

    Raises:
        UnsupportedError: an input is no sequence of vectors or of indices.
    """
    for step in plan.steps:
        if step.stage.cast is not None and step.reads[0] >= plan.inputs:
            behind = next(s.stage.owner for s in plan.steps if s.writes == step.reads[0])
            raise UnsupportedError(
                f"{model.owner}: an Embedding must stand first in a stream; got "
                f"{step.stage.owner} behind {behind}."
            )
    several = plan.inputs > 1
    names = [f"['{name}']" if several else "" for name in model.input_names]
    each = [
        _one(model.owner, tensor, batch, plan, i)._replace(name=name)
        for i, (tensor, name) in enumerate(zip(model.inputs, names, strict=True))
    ]
    return StreamInputs(model, each) if several else each[0]


def _one(owner: str, tensor: SymbolicTensor, batch: int, plan: Plan, slot: int) -> StreamInput:
    """Return what a stream takes at one input."""
    entry, shape = tensor.node.layer, tensor.shape
    casts = [step.stage.cast for step in plan.steps if slot in step.reads]
    indices = bool(casts) and None not in casts
    if len(shape) != (2 if indices else 3) or None in shape[2:] or (any(casts) and not indices):
        raise UnsupportedError(
            f"{owner}: the input of a stream must have the shape (batch, timesteps, "
            f"features), or (batch, timesteps) before an Embedding; got {shape}."
        )
    if indices:
        return StreamInput(owner, batch, None, np.dtype(np.int64), (entry.cast, *casts))
    kernels = [step.stage.kernel for step in plan.steps]
    weights = [kernel.dtype for kernel in kernels if kernel is not None]
    floats = tensor.dtype.startswith("float")
    dtype = np.dtype(tensor.dtype) if floats else next(iter(weights), np.dtype("float32"))
    return StreamInput(owner, batch, shape[2], dtype, (entry.cast,))
