"""Arrays in other forms: classes as rows of zeros and a one, vectors of length one."""

from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError
from elman.layers.parts import arguments


def to_categorical(x: Any, num_classes: int | None = None) -> Array:
    """Return classes as rows of zeros with a one at the class.

    Args:
        x: classes (…) or (…, 1), whole numbers from 0.
        num_classes: how many classes there are, by default the largest in `x` and one.

    Returns:
        An array (…, num_classes) of float64, as Keras's.

    Raises:
        ArgumentError: `x` holds what is no class. (Keras counts a negative one from the end, and
            cuts off fractions.)

    >>> to_categorical([0, 2])
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    given = arguments.as_array("to_categorical", "x", x)
    shape = given.shape[:-1] if given.ndim > 1 and given.shape[-1] == 1 else given.shape
    with np.errstate(invalid="ignore"):  # NaN, which is refused below
        classes = given.reshape(-1).astype(np.int64)
    if not num_classes:
        if classes.size == 0:
            raise ArgumentError(
                "to_categorical: `num_classes` must be given where `x` is empty; got None."
            )
        num_classes = int(classes.max()) + 1
    else:
        num_classes = _check.integer("to_categorical", "num_classes", num_classes)
    wrong = (classes != given.reshape(-1)) | (classes < 0) | (classes >= num_classes)
    if wrong.any():
        raise ArgumentError(
            "to_categorical: `x` must hold whole numbers from 0 to num_classes - 1"
            f"{f' = {num_classes - 1}' if num_classes > 0 else ''}; got "
            f"{given.reshape(-1)[wrong][0]}."
        )
    out = np.zeros((classes.size, num_classes))
    out[np.arange(classes.size), classes] = 1
    return out.reshape(*shape, num_classes)


def normalize(x: Any, axis: int = -1, order: float = 2) -> Array:
    """Return vectors divided by their norm; those of norm 0 stay as they are.

    Args:
        x: an array.
        axis: the axis along which a vector lies.
        order: of the norm: 2 for lengths, 1 for sums of absolute values, `inf` for the largest.

    Returns:
        An array like `x`, of float64 where `x` holds integers.

    Raises:
        ShapeError: `x` has no such axis.

    Along axis 0 this is what Keras gives for a list. An array of NumPy it divides there by the
    norms in the wrong places, and one with a single axis it gives a second one.

    >>> normalize([[3.0, 4.0], [0.0, 0.0]])
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    array = np.atleast_1d(arguments.as_array("normalize", "x", x))
    axis = _check.integer("normalize", "axis", axis, minimum=None)
    if not -array.ndim <= axis < array.ndim:
        raise ShapeError(
            f"normalize: `axis` must be among the axes of `x`, of shape {array.shape}; got {axis}."
        )
    real = isinstance(order, (int, float, np.integer, np.floating)) and not isinstance(order, bool)
    if not real or not order > 0:
        raise ArgumentError(f"normalize: `order` must be a number above 0; got {order!r}.")
    norm = np.linalg.norm(array, order, axis, keepdims=True)
    return np.asarray(array / np.where(norm == 0, norm.dtype.type(1), norm))
