"""Sequences of different lengths: a list of arrays, or lengths beside one padded array.

    samples   x_i (n_i, …)              i = 1 … B                n_i may be 0
    padded    X (B, T, …)               X[i, :n_i] = x_i         zeros behind
    mask      M (B, T)                  M[i, t] = t < n_i

With the padding in front it is X[i, T - n_i:] = x_i and M[i, t] = t >= T - n_i.

Whatever stands in the padding of an array that comes with lengths becomes zero, so that a list, the
same sequences padded, and these with a mask are the same arrays.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman import fused
from elman._typing import Array, Mask, Shape
from elman.errors import ArgumentError, ShapeError
from elman.gradient_tape import boxed
from elman.layers.parts import arguments, frames
from elman.layers.parts.symbolic import SymbolicTensor


class Ragged:
    """Samples of different lengths, which become one array when a batch of them is padded.

    Args:
        samples: arrays (timesteps_i, …), all of one shape but for the timesteps.
        front: whether the padding goes in front.
    """

    def __init__(self, samples: Sequence[Array], front: bool = False) -> None:
        self.samples, self.front = list(samples), front
        self.lengths = np.array([len(sample) for sample in self.samples], np.intp)

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, rows: Any) -> "Ragged":
        """Return some of the samples, of a slice or an array of indices; no array is copied."""
        indices = range(len(self))[rows] if isinstance(rows, slice) else np.asarray(rows).tolist()
        return Ragged([self.samples[i] for i in indices], self.front)

    @property
    def timesteps(self) -> int:
        """How many timesteps the padded array has: those of the longest, at least one."""
        return max(1, int(self.lengths.max(initial=0)))

    @property
    def shape(self) -> Shape:
        """The shape of the padded array."""
        return (len(self), self.timesteps, *self.samples[0].shape[1:])

    @property
    def ndim(self) -> int:
        """The number of axes of the padded array."""
        return 1 + self.samples[0].ndim

    @property
    def dtype(self) -> "np.dtype[Any]":
        """The dtype in which those of all samples meet."""
        return np.result_type(*{sample.dtype for sample in self.samples})

    def stub(self, timesteps: int) -> Array:
        """Return what has the shape and dtype of the padded array, and takes no memory."""
        shape = (len(self), timesteps, *self.samples[0].shape[1:])
        return np.broadcast_to(np.zeros((), self.dtype), shape)

    def padded(self, timesteps: int) -> Array:
        """Return the samples as one array (batch, timesteps, …)."""
        X = np.zeros((len(self), timesteps, *self.samples[0].shape[1:]), self.dtype)
        for row, sample in zip(X, self.samples, strict=True):
            row[timesteps - len(sample) if self.front else 0 :][: len(sample)] = sample
        return X

    def mask(self, timesteps: int) -> Mask:
        """Return the mask (batch, timesteps) of the padded array."""
        if self.front:
            return np.arange(timesteps) >= timesteps - self.lengths[:, None]
        return mask_of(self.lengths, timesteps)

    def chunk(self, start: int, stop: int) -> "Ragged":
        """Return what of each sample stands in the timesteps from `start` to `stop`."""
        before = (self.timesteps - self.lengths) * self.front
        return Ragged(
            [
                sample[max(0, start - n) : max(0, stop - n)]
                for sample, n in zip(self.samples, before.tolist(), strict=True)
            ],
            self.front,
        )


def is_list(value: Any) -> bool:
    """Say whether something is a list of things: a list, a tuple, or an array of objects."""
    if isinstance(value, (list, tuple)):
        return len(value) > 0
    return isinstance(value, np.ndarray) and value.dtype == object and value.ndim == 1 < len(value)


def of(owner: str, name: str, value: Any, axes: int | None) -> Ragged | None:
    """Return a list of sequences as such, None if it is something else.

    A list is one of sequences if it holds arrays of as many axes as a sample has, be their lengths
    different or not; or if it holds lists of different lengths.

    Args:
        owner: who speaks.
        name: what messages call it.
        value: anything.
        axes: how many axes the padded array is to have, None if that is not known.

    Raises:
        ShapeError: the samples differ in more than their lengths.
    """
    if not is_list(value) or any(isinstance(v, SymbolicTensor) or boxed(v) for v in value):
        return None
    shape = getattr(value[0], "shape", None)
    sure = axes is not None and shape is not None and len(shape) == axes - 1 > 0
    if not sure and not _may_be(value, axes):
        return None
    samples = [_sample(owner, f"{name}[{i}]", each, axes) for i, each in enumerate(value)]
    _check_alike(owner, name, samples)
    return Ragged(samples)


def _may_be(value: Any, axes: int | None) -> bool:
    """Say whether a list holds sequences, for all that can be seen of it."""
    kinds = (list, tuple, np.ndarray)
    if not all(isinstance(each, kinds) or frames.is_frame(each) for each in value):
        return False
    shapes = [getattr(each, "shape", None) for each in value]
    sizes = [len(shape) for shape in shapes if shape is not None]
    if 0 in sizes:
        return False
    if not sizes:
        return len({len(each) for each in value}) > 1
    if axes is None and len({len(each) for each in value}) == 1:
        return False  # of several inputs, for all that is known
    return all(n == (sizes[0] if axes is None else axes - 1) for n in sizes)


def _sample(owner: str, name: str, value: Any, axes: int | None) -> Array:
    """Return one sequence; one of no timesteps may be an empty list."""
    array = arguments.as_array(owner, name, value)
    if array.size == 0 and isinstance(value, (list, tuple)) and axes is not None:
        return array.reshape((0,) * (axes - 1))
    return array


def _check_alike(owner: str, name: str, samples: list[Array]) -> None:
    """Check that the samples differ in their lengths alone; empty lists become like the others."""
    whole = [sample.shape[1:] for sample in samples if sample.size]
    first = whole[0] if whole else samples[0].shape[1:]
    for i, sample in enumerate(samples):
        if sample.shape[1:] == first:
            continue
        if sample.size == 0 and len(sample) == 0:
            samples[i] = sample.reshape(0, *first)
            continue
        axes = "".join(f", {n}" for n in first) or ","
        raise ShapeError(
            f"{owner}: `{name}[{i}]` must have shape (timesteps{axes}), as the samples before it; "
            f"got {sample.shape}."
        )


def mask_of(lengths: Array, timesteps: int) -> Mask:
    """Return the mask (batch, timesteps) of sequences of these lengths.

    >>> mask_of(np.array([2, 0]), 3).astype(int)
    array([[1, 1, 0],
           [0, 0, 0]])
    """
    return np.arange(timesteps) < lengths[:, None]


def as_lengths(owner: str, lengths: Any, shape: Shape) -> Array:
    """Return lengths (batch,) as integers, checked against the shape of their array.

    Raises:
        ShapeError: there is not one for each sample.
        ArgumentError: they are no integers, or not within the array.
    """
    array = arguments.as_array(owner, "lengths", lengths)
    if array.shape != shape[:1]:
        raise ShapeError(
            f"{owner}: `lengths` must have shape ({shape[0]},), one a sample; got {array.shape}."
        )
    if array.dtype.kind not in "iu":
        fix = " Give `mask`, or `mask.sum(axis=1)`." if array.dtype.kind == "b" else ""
        if array.dtype.kind == "f":
            wrong = array[~np.isfinite(array)]
            whole = "lengths" if isinstance(lengths, np.ndarray) else "np.asarray(lengths)"
            fix = f" {wrong[0]} is among them." if wrong.size else f" Use `{whole}.astype(int)`."
        raise ArgumentError(f"{owner}: `lengths` must be integers; got dtype {array.dtype}.{fix}")
    wrong = (array < 0) | (array > shape[1])
    if wrong.any():
        i = int(wrong.argmax())
        raise ArgumentError(
            f"{owner}: `lengths` must be from 0 to {shape[1]}, the timesteps of the array; got "
            f"{array[i]} for sample {i}."
        )
    return array.astype(np.intp)


def cleared(x: Array, mask: Mask) -> Array:
    """Return x with zeros at the masked steps, whatever stood there."""
    y = fused.apply_mask(x, mask) if x.ndim == 3 and x.flags.c_contiguous else None
    if y is not None:
        return y
    return np.where(mask.reshape(*mask.shape, *[1] * (x.ndim - 2)), x, np.zeros((), x.dtype))


def both(mask: Mask | None, other: Mask | None) -> Mask | None:
    """Return where both masks are True; None is True everywhere."""
    if mask is None or other is None:
        return other if mask is None else mask
    return mask & other


# ---------------------------------------------------------------------- a layer that is called


def prepared(owner: str, x: Any, lengths: Any, mask: Any) -> tuple[Any, Any, Array | None]:
    """Return what a recurrent layer is called with as an array and a mask.

    Returns:
        The sequences, their mask, and where they were a list their lengths.
    """
    if lengths is None and not is_list(x):
        return x, mask, None
    found = of(owner, "x", x, 3)
    if found is None and lengths is None:
        return x, mask, None
    name = "mask" if lengths is None or found is None else "lengths"
    if mask is not None or (found is not None and lengths is not None):
        where = "`x` is a list of arrays" if found is not None else "`lengths` are given"
        raise ArgumentError(f"{owner}: `{name}` must be left out where {where}; got both.")
    if found is not None:
        keep = found.mask(found.timesteps)
        return found.padded(found.timesteps), None if keep.all() else keep, found.lengths
    if isinstance(x, SymbolicTensor) or boxed(x):
        raise ArgumentError(
            f"{owner}: `lengths` must be left out where `x` is symbolic or on a tape; got both. "
            "Give `mask`."
        )
    array = arguments.as_array(owner, "x", x)
    if array.ndim < 2:
        return x, mask, None  # which is refused for its shape
    keep = mask_of(as_lengths(owner, lengths, array.shape), array.shape[1])
    return cleared(array, keep), keep, None


def separated(found: Any, lengths: Array, sequences: int) -> Any:
    """Return the outputs of a layer, of which so many are sequences, as lists of true lengths."""
    outputs = list(found) if isinstance(found, list) else [found]
    for i in range(sequences):
        outputs[i] = [row[:n] for row, n in zip(outputs[i], lengths.tolist(), strict=True)]
    return outputs if isinstance(found, list) else outputs[0]
