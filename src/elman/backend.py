"""What `keras.backend` has: settings, dtypes, and starting anew.

Arrays are NumPy's; what computes with them is in `elman.ops`.
"""

from typing import Any

import numpy as np

from elman import _automatic, _check
from elman.config import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from elman.errors import ArgumentError
from elman.layers.parts.symbolic import SymbolicTensor
from elman.utils.seeding import clear_session

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]
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


def is_float_dtype(dtype: Any) -> bool:
    """Say whether a dtype is one of floats.

    >>> is_float_dtype("float64"), is_float_dtype("int32")
    (True, False)
    """
    return standardize_dtype(dtype).startswith("float")


def is_int_dtype(dtype: Any) -> bool:
    """Say whether a dtype is one of integers.

    >>> is_int_dtype("uint8"), is_int_dtype("bool")
    (True, False)
    """
    return standardize_dtype(dtype).startswith(("int", "uint"))


def result_type(*dtypes: Any) -> str:
    """Return the dtype of what is computed with arrays of these, as `elman.ops` has it.

    >>> result_type("int32", "float32"), result_type("float32", "float64")
    ('float32', 'float64')
    """
    names = [standardize_dtype(dtype) for dtype in dtypes] or [floatx()]
    floats = [name for name in names if name.startswith("float")]
    return np.result_type(*(floats or names)).name


def is_keras_tensor(x: Any) -> bool:
    """Say whether this is a symbolic tensor: what `Input` and layers called on it return.

    >>> import elman
    >>> is_keras_tensor(elman.Input((3,))), is_keras_tensor(np.zeros(3))
    (True, False)
    """
    return isinstance(x, SymbolicTensor)


def get_uid(prefix: str = "") -> int:
    """Return 1 at the first call with a prefix, then 2 and so on; `clear_session` begins anew.

    >>> clear_session()
    >>> get_uid("block"), get_uid("block")
    (1, 2)
    """
    return _automatic.uid(_check.string("get_uid", "prefix", prefix))


def __getattr__(name: str) -> object:
    from elman import ops

    fix = f" `elman.ops` has it: `ops.{name}`." if hasattr(ops, name) else ""
    near = "" if fix else _check.suggestion(name, __all__)
    raise AttributeError(f"module 'elman.backend' has no attribute {name!r}.{fix}{near}")
