"""What a metric of your own adds up in: an array with a name that `reset_state` sets to zero."""

from typing import Any

import numpy as np

from elman._typing import Array
from elman.errors import ArgumentError, ShapeError


class Variable(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that NumPy computes with as with any other, and that `assign` changes.

    Attributes:
        name: what it is to its metric, such as "true_positives".
        trainable: False; no optimizer changes it.

    >>> v = Variable(np.zeros(2), "counts")
    >>> v.assign_add([1.0, 3.0])
    array([1., 3.])
    >>> v / np.sum(v), float(v[1])
    (array([0.25, 0.75]), 3.0)
    """

    trainable = False

    def __init__(self, array: Array, name: str) -> None:
        self._array = array
        self.name = name

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self._array.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._array.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the array's numbers."""
        return self._array.dtype

    @property
    def value(self) -> Any:
        """A copy of the numbers; a NumPy number where there are no axes."""
        return self._array.copy()[()]

    def numpy(self) -> Any:
        """Return a copy of the numbers."""
        return self.value

    def assign(self, value: Any) -> Any:
        """Replace the numbers, and return them.

        Args:
            value: an array-like of the same shape; converted to the variable's dtype.

        Raises:
            ShapeError: the shape differs.
            ArgumentError: a variable of whole numbers would lose a fraction.
        """
        given = np.asarray(value)
        if given.shape != self.shape:
            raise ShapeError(
                f"Variable '{self.name}': `value` must have shape {self.shape}; got {given.shape}."
            )
        new = given.astype(self.dtype)
        if self.dtype.kind in "iub" and not np.array_equal(new, given):
            raise ArgumentError(
                f"Variable '{self.name}': `value` must hold whole numbers, as its dtype is"
                f" {self.dtype}; got {given!r:.60}. Add the variable with `dtype='float32'`."
            )
        self._write(new)
        return self.value

    def assign_add(self, value: Any) -> Any:
        """Add to the numbers, and return the sum."""
        return self.assign(self._array + np.asarray(value))

    def assign_sub(self, value: Any) -> Any:
        """Subtract from the numbers, and return the difference."""
        return self.assign(self._array - np.asarray(value))

    def _write(self, new: Array) -> None:
        self._array = new

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self._array, dtype=dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        (out,) = options.pop("out", None) or (None,)
        plain = [x._array if isinstance(x, Variable) else x for x in inputs]
        result = getattr(ufunc, method)(*plain, **options)
        if out is None:
            return result
        if isinstance(out, Variable):  # v += 1
            out.assign(result)
        else:
            out[...] = result
        return out

    def __getitem__(self, index: Any) -> Any:
        return self.value[index]

    def __len__(self) -> int:
        return len(self._array)

    def __bool__(self) -> bool:
        return bool(self._array)

    def __int__(self) -> int:
        return int(self._array)

    def __float__(self) -> float:
        return float(self._array)

    def __format__(self, spec: str) -> str:
        return format(self.value, spec)

    def __repr__(self) -> str:
        return f"<Variable '{self.name}' shape={self.shape} value={self._array}>"


class Field(Variable):
    """A number that a metric keeps as a plain attribute, seen as a variable."""

    def __init__(self, owner: Any, name: str) -> None:
        self.owner = owner
        self.name = name

    @property
    def _array(self) -> Array:  # type: ignore[override]  # read anew each time
        return np.array(getattr(self.owner, self.name), float)

    def _write(self, new: Array) -> None:
        setattr(self.owner, self.name, float(new))
