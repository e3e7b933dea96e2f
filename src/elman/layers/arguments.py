"""What a layer is called with, checked and made uniform: arrays, masks and shapes.

`owner` is how messages name the layer, such as "LSTM 'encoder'".
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman._typing import Array, Mask, Shape
from elman.errors import ArgumentError, ShapeError
from elman.layers.symbolic import SymbolicTensor


def as_array(owner: str, name: str, value: Any) -> Array:
    """Return an argument as an array of numbers."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise ShapeError(
            f"{owner}: `{name}` must be an array; got lists of different lengths. "
            "Pad them to one length and mask the padding."
        ) from None
    if array.dtype.kind not in "fiub":
        raise ArgumentError(
            f"{owner}: `{name}` must be an array of real numbers; got "
            f"{type(value).__name__} of dtype {array.dtype}."
        )
    return array


def as_masks(owner: str, mask: Any, arrays: Sequence[Array]) -> tuple[Mask | None, ...]:
    """Return a mask argument as one mask an input."""
    if mask is None:
        return (None,) * len(arrays)
    several = isinstance(mask, (list, tuple)) and len(mask) == len(arrays) > 1
    given = list(mask) if several else [mask]
    pairs = zip(given, arrays, strict=False)
    masks = [None if m is None else as_mask(owner, m, x) for m, x in pairs]
    return (*masks, *(None,) * (len(arrays) - len(masks)))


def as_mask(owner: str, mask: Any, x: Array) -> Mask:
    """Return a mask as booleans, checked against the input that it is for."""
    array = as_array(owner, "mask", mask)
    if array.dtype.kind != "b" and not np.isin(array, (0, 1)).all():
        raise ArgumentError(
            f"{owner}: `mask` must hold booleans, True where a step counts; "
            f"got dtype {array.dtype}."
        )
    _check_mask_shape(owner, array.shape, x.shape)
    return array.astype(bool)


def check_symbolic_mask(owner: str, mask: Any, x: SymbolicTensor) -> None:
    """Check that the mask of a symbolic tensor is one too, and fits it."""
    if not isinstance(mask, SymbolicTensor):
        raise ArgumentError(
            f"{owner}: `mask` must be one symbolic tensor where the input is symbolic; "
            f"got {type(mask).__name__}. Make it an `Input` of the model."
        )
    _check_mask_shape(owner, mask.shape, x.shape)


def _check_mask_shape(owner: str, mask: Shape, x: Shape) -> None:
    """Check that a mask has the first axes of its input; None is a size that is not known."""
    fits = min(2, len(x)) <= len(mask) <= max(2, len(x) - 1)
    if not fits or any(
        None not in pair and pair[0] != pair[1] for pair in zip(mask, x, strict=False)
    ):
        sizes = zip(("batch", "timesteps"), x, strict=False)
        axes = ", ".join(name if n is None else f"{name}={n}" for name, n in sizes)
        rule = f"({axes}{',' * (len(x) == 1)})"
        raise ShapeError(f"{owner}: `mask` must have shape {rule}; got {mask}.")


def as_shapes(owner: str, input_shape: Any) -> list[Shape]:
    """Return a shape, or a list of shapes, as a list of tuples."""
    listed = isinstance(input_shape, (list, tuple)) and len(input_shape) > 0
    several = listed and isinstance(input_shape[0], (list, tuple))
    shapes = list(input_shape) if several else [input_shape]
    for shape in shapes:
        if not isinstance(shape, (list, tuple)) or not all(
            n is None or isinstance(n, (int, np.integer)) for n in shape
        ):
            raise ArgumentError(
                f"{owner}: `input_shape` must be a tuple of sizes with the batch, such as "
                f"(None, 10, 3), or a list of such; got {input_shape!r}."
            )
    return [tuple(shape) for shape in shapes]
