"""What holds for the whole process: the dtype where none is named, and where messages go.

`elman.config` is the public face of it. What computes asks `floatx()` each time, so that a setting
holds for all that is made after it, and for nothing that was made before.
"""

from typing import Any

import numpy as np

from elman import _check
from elman.errors import ArgumentError, UnsupportedError

FLOATS = ("float32", "float64")
EPSILON = 1e-7  # `keras.config.epsilon()`; compiled into the losses too
_floatx = "float32"
_policy: str | None = None  # the dtype of layers, where it is not `_floatx`
_interactive = True


def floatx() -> str:
    """Return the dtype of layers, inputs and new arrays where none is named, "float32" at first.

    >>> floatx()
    'float32'
    """
    return _floatx


def set_floatx(value: str) -> None:
    """Let layers, inputs and new arrays be of this dtype from here on, where none is named.

    Args:
        value: "float32" or "float64".

    Raises:
        UnsupportedError: "float16" or "bfloat16", in which elman does not compute.

    >>> import elman
    >>> set_floatx("float64")
    >>> elman.layers.LSTM(2).dtype
    'float64'
    >>> set_floatx("float32")
    """
    global _floatx
    if value in ("float16", "bfloat16"):
        raise UnsupportedError(
            f"set_floatx: `value` must be 'float32' or 'float64', because elman computes in no "
            f"other; got {_check.shown(value)}."
        )
    _floatx = _check.one_of("set_floatx", "value", value, FLOATS)


def layers() -> str:
    """Return the dtype of layers where none is named."""
    return _policy or _floatx


def set_policy(name: str) -> None:
    """Let layers be of this dtype from here on, where none is named."""
    global _policy
    _policy = name


def is_interactive_logging_enabled() -> bool:
    """Say whether messages and progress are printed.

    >>> is_interactive_logging_enabled()
    True
    """
    return _interactive


def enable_interactive_logging() -> None:
    """Print messages and progress, as elman does from the start.

    >>> enable_interactive_logging()
    """
    global _interactive
    _interactive = True


def disable_interactive_logging() -> None:
    """Send messages and progress to the logger "elman" of Python's `logging`, at level INFO.

    >>> disable_interactive_logging()
    >>> is_interactive_logging_enabled()
    False
    >>> enable_interactive_logging()
    """
    global _interactive
    _interactive = False


def say(message: str) -> None:
    """Print a message, or log it; see `disable_interactive_logging`."""
    if _interactive:
        print(message)
        return
    import logging

    logging.getLogger("elman").info(message)


def dtype_name(owner: str, argument: str, dtype: Any) -> str:
    """Return "float32" or "float64" from a dtype as Keras or NumPy gives it; None is a layer's."""
    if isinstance(dtype, dict):  # Keras 3: {"class_name": "DTypePolicy", "config": {"name": …}}
        dtype = dtype.get("config", {}).get("name")
    dtype = getattr(dtype, "compute_dtype", dtype)  # of a policy
    try:
        name = layers() if dtype is None else np.dtype(dtype).name
    except TypeError:
        name = str(dtype)
    if name not in FLOATS:
        raise ArgumentError(f"{owner}: `{argument}` must be 'float32' or 'float64'; got {name!r}.")
    return name
