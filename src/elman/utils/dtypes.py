"""Names of dtypes, and which of them are what."""

from typing import Any

import numpy as np

from elman import _check
from elman._settings import floatx
from elman.errors import ArgumentError
from elman.layers.parts.symbolic import SymbolicTensor

ALLOWED = (  # dtypes that Keras knows by name and NumPy has
    *("float16", "float32", "float64", "uint8", "uint16", "uint32", "uint64"),
    *("int8", "int16", "int32", "int64", "bool", "complex64", "complex128"),
)


def standardize_dtype(dtype: Any) -> str:
    """Return the name of a dtype; `floatx()` for None.

    Args:
        dtype: a name, a dtype of NumPy's, or `int`, `float` or `bool`.

    Raises:
        ArgumentError: it is no dtype of numbers.

    >>> standardize_dtype(None), standardize_dtype(np.float64), standardize_dtype(int)
    ('float32', 'float64', 'int64')
    """
    known = {None: floatx(), float: "float32", int: "int64", bool: "bool"}
    try:
        name = known[dtype] if dtype in known else np.dtype(dtype).name
    except TypeError:
        name = str(dtype)
    if name not in ALLOWED:
        raise ArgumentError(
            f"standardize_dtype: `dtype` must be a dtype of numbers, such as 'float32'; got "
            f"{dtype!r}.{_check.suggestion(name, ALLOWED)}"
        )
    return name


def is_keras_tensor(x: Any) -> bool:
    """Say whether this is a symbolic tensor: what `Input` and layers called on it return.

    >>> import elman
    >>> is_keras_tensor(elman.Input((3,))), is_keras_tensor(np.zeros(3))
    (True, False)
    """
    return isinstance(x, SymbolicTensor)
