"""Sequences of different lengths as one array."""

from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError


def pad_sequences(
    sequences: Any,
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> Array:
    """Return sequences as one array, the short ones filled up and the long ones cut.

    Args:
        sequences: a list of sequences (timesteps, …), each a list or an array.
        maxlen: timesteps of the result, by default those of the longest sequence.
        dtype: of the result; it must be able to hold the values ("float32" for numbers with
            fractions, which Keras cuts off without a word).
        padding: "pre" to fill up at the beginning, "post" at the end.
        truncating: "pre" to cut off at the beginning, "post" at the end.
        value: what fills up; `Masking(value)` skips it.

    Returns:
        An array (sequences, maxlen, …).

    Raises:
        ArgumentError: a value does not fit in `dtype`; or a sequence is none.
        ShapeError: the timesteps of a sequence have another shape than those of the first.

    >>> pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2)
    array([[0, 1],
           [2, 3],
           [5, 6]], dtype=int32)
    """
    _check.one_of("pad_sequences", "padding", padding, ("pre", "post"))
    _check.one_of("pad_sequences", "truncating", truncating, ("pre", "post"))
    lengths = _lengths(sequences)
    if maxlen is None:
        if not lengths:
            raise ArgumentError(
                "pad_sequences: `maxlen` must be given where there are no sequences; got None."
            )
        maxlen = max(lengths)
    maxlen = _check.integer("pad_sequences", "maxlen", maxlen, minimum=0)
    fill = _cast(value, dtype, "`value`")
    first = next((i for i, length in enumerate(lengths) if length), None)
    step = () if first is None else _array(sequences[first], f"sequence {first}").shape[1:]
    out = np.full((len(lengths), maxlen, *step), fill, dtype=dtype)
    for i, sequence in enumerate(sequences):
        length = min(lengths[i], maxlen)
        if not length:
            continue
        kept = sequence[-length:] if truncating == "pre" else sequence[:length]
        array = _cast(kept, dtype, f"sequence {i}")
        if array.shape[1:] != step:
            raise ShapeError(
                f"pad_sequences: `sequences` must have timesteps of one shape, {step}; got "
                f"{array.shape[1:]} in sequence {i}."
            )
        place = slice(maxlen - length, None) if padding == "pre" else slice(length)
        out[i, place] = array
    return out


def _lengths(sequences: Any) -> list[int]:
    """Return the length of each sequence."""
    if not hasattr(sequences, "__len__") or isinstance(sequences, (str, bytes)):
        raise ArgumentError(
            "pad_sequences: `sequences` must be a list of sequences; got "
            f"{type(sequences).__name__}."
        )
    lengths = []
    for i, sequence in enumerate(sequences):
        if not hasattr(sequence, "__len__"):
            raise ArgumentError(
                f"pad_sequences: `sequences` must hold sequences; got "
                f"{_check.shown(sequence)} in place {i}."
            )
        lengths.append(len(sequence))
    return lengths


def _cast(values: Any, dtype: Any, what: str) -> Array:
    """Return values in this dtype, which must not lose a fraction, a sign, a NaN or digits."""
    given = _array(values, what)
    wanted = np.dtype(dtype)
    if wanted.kind in "OSU" or np.can_cast(given.dtype, wanted, "safe"):
        return given.astype(wanted)
    if given.dtype.kind not in "fiub":
        raise ArgumentError(
            f"pad_sequences: `dtype` must fit what is padded; got {wanted} for {what}, of dtype "
            f"{given.dtype}. Text needs dtype=object."
        )
    with np.errstate(invalid="ignore", over="ignore"):  # what does not fit is refused below
        array = given.astype(wanted)
    if wanted.kind in "iub" and not np.array_equal(array, given):
        lost = given[array != given].flat[0] if given.ndim else given
        raise ArgumentError(
            f"pad_sequences: `dtype` must be able to hold all values; got {wanted} for {what}, "
            f'which holds {lost}. Give dtype="float32".'
        )
    return array


def _array(values: Any, what: str) -> Array:
    """Return values as an array of whatever dtype they have."""
    try:
        return np.asarray(values)
    except ValueError:
        raise ShapeError(
            f"pad_sequences: `sequences` must have timesteps of one shape; those of {what} differ."
        ) from None
