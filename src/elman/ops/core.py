"""What an array is: its dtype and shape, and conversions to and from it."""

from typing import Any

import numpy as np

from elman import _check
from elman._operation import constant, exact, operation
from elman._settings import floatx
from elman._typing import Array
from elman.errors import ArgumentError
from elman.gradient_tape import boxed, unboxed
from elman.parameters import Weight


def _known(owner: str, dtype: Any) -> Any:
    """Return a dtype of NumPy's."""
    try:
        return np.dtype(dtype)
    except TypeError:
        raise ArgumentError(
            f"{owner}: `dtype` must be a dtype of NumPy's, such as 'float32'; got {dtype!r}."
        ) from None


@exact
def cast(x: Any, dtype: Any) -> Any:
    """Return x in another dtype; the gradient comes back in that of x, from floats alone.

    >>> cast([1.7, -1.7], "int32")
    array([ 1, -1], dtype=int32)
    """
    known = _known("cast", dtype)
    x = x if known.kind == "f" else unboxed(x)
    return x.astype(known) if hasattr(x, "astype") else np.asarray(x, known)


@exact
def saturate_cast(x: Any, dtype: Any) -> Any:
    """Return x in another dtype, clipped to what that can hold."""
    known = _known("saturate_cast", dtype)
    if known.kind == "b":
        return cast(np.clip(x, 0, 1), known)
    limits: Any = np.iinfo(known) if known.kind in "iu" else np.finfo(known)
    return cast(np.clip(x, limits.min, limits.max), known)


@exact
def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Any:
    """Return x as an array, numbers of Python's as `floatx()`; what a tape watches as it is.

    Args:
        x: an array, a weight, a number, or a list of them.
        dtype: by default that of x.
        sparse, ragged: None or False; elman has dense arrays alone.

    >>> convert_to_tensor([1.0, 2.0]).dtype
    dtype('float32')
    """
    if sparse or ragged:
        raise ArgumentError("convert_to_tensor: `sparse` and `ragged` must be None; got True.")
    if dtype is not None:
        return cast(x, dtype)
    if hasattr(x, "dtype"):
        return np.asarray(x) if isinstance(x, np.generic) else x
    y = np.array(x)
    given = [getattr(part, "dtype", None) for part in x] if isinstance(x, (list, tuple)) else []
    return y.astype(floatx()) if y.dtype == np.float64 and np.float64 not in given else y


@operation
def array(x: Any, dtype: Any = None) -> Any:
    """Return x as an array, as `convert_to_tensor` does."""
    return convert_to_tensor(x, dtype)


@operation
def copy(x: Any) -> Any:
    """Return an array of its own with the same numbers."""
    return np.array(x)


def convert_to_numpy(x: Any) -> Array:
    """Return what an array, a weight or a box holds, as a plain array without a gradient."""
    value = x.array if isinstance(x, Weight) else unboxed(x)
    return np.asarray(_refused("convert_to_numpy", value))


def _refused(owner: str, x: Any) -> Any:
    if hasattr(type(x), "operated"):
        raise ArgumentError(
            f"{owner}: `x` must hold numbers; got {_check.shown(x)}. Compute with `elman.ops`, or "
            "in the `call` of a layer of your own."
        )
    return x


def shape(x: Any) -> tuple[int | None, ...]:
    """Return the sizes of the axes; of a symbolic tensor None where one is open.

    >>> shape(np.zeros((2, 3)))
    (2, 3)
    """
    return tuple(x.shape) if hasattr(x, "shape") else np.shape(x)


def ndim(x: Any) -> int:
    """Return the number of axes."""
    return len(shape(x))


def size(x: Any) -> Any:
    """Return how many numbers there are; of a symbolic tensor None where an axis is open."""
    sizes = shape(x)
    return None if None in sizes else int(np.prod([n or 0 for n in sizes], dtype=np.int64))


def dtype(x: Any) -> str:
    """Return the name of the dtype, such as "float32"."""
    found = getattr(x, "dtype", None)
    return str(convert_to_tensor(x).dtype if found is None else found)


def is_tensor(x: Any) -> bool:
    """Say whether x is an array, a weight, what a tape watches, or a symbolic tensor."""
    known = isinstance(x, (np.ndarray, np.generic, Weight))
    return known or boxed(x) or hasattr(type(x), "operated")


@constant
def stop_gradient(variable: Any) -> Any:
    """Return the numbers as they are, through which no gradient flows back."""
    return np.asarray(variable)
