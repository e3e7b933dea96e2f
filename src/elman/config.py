"""Settings of the whole process, with the names of `keras.config`.

floatx                  the dtype of layers, inputs and new arrays where none is named
epsilon                 what keeps logarithms and quotients finite: 1e-7, and no other
image_data_format       "channels_last", and no other: the order of axes in everything elman has
interactive logging     whether messages are printed, or go to Python's `logging`
dtype_policy            the dtype of layers alone; elman computes in the dtype of its weights
"""

from typing import Any

from elman import _check, _settings
from elman._settings import (
    EPSILON,
    disable_interactive_logging,
    enable_interactive_logging,
    floatx,
    is_interactive_logging_enabled,
    set_floatx,
)
from elman.errors import ArgumentError, UnsupportedError

__all__ = [
    "DTypePolicy",
    "backend",
    "disable_interactive_logging",
    "dtype_policy",
    "enable_interactive_logging",
    "epsilon",
    "floatx",
    "image_data_format",
    "is_interactive_logging_enabled",
    "set_backend",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
]


class DTypePolicy:
    """The dtype of a layer, as Keras has it: of its weights and of its computation, here the same.

    Args:
        name: "float32" or "float64"; by default that of layers, see `set_dtype_policy`.

    Raises:
        UnsupportedError: a policy of two dtypes, or of 16 bits.

    >>> policy = DTypePolicy("float64")
    >>> policy.compute_dtype, policy.variable_dtype
    ('float64', 'float64')
    """

    def __init__(self, name: str | None = None) -> None:
        if isinstance(name, str) and (name.startswith("mixed_") or "float16" in name):
            raise UnsupportedError(
                f"DTypePolicy: `name` must be 'float32' or 'float64', because elman computes in "
                f"the dtype of the weights; got {name!r}."
            )
        self.name = _settings.dtype_name("DTypePolicy", "name", name)

    @property
    def compute_dtype(self) -> str:
        """The dtype of the computation."""
        return self.name

    @property
    def variable_dtype(self) -> str:
        """The dtype of the weights."""
        return self.name

    @property
    def quantization_mode(self) -> None:
        """None: elman quantizes nothing."""

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "DTypePolicy":
        """Make a policy from what `get_config` returned."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self.name}">'


def dtype_policy() -> DTypePolicy:
    """Return the policy of layers that are made without a dtype.

    >>> dtype_policy()
    <DTypePolicy "float32">
    """
    return DTypePolicy(_settings.layers())


def set_dtype_policy(policy: Any) -> None:
    """Let layers be of this dtype from here on, where none is named, whatever `floatx()` is.

    Args:
        policy: a `DTypePolicy`, or its name. Inputs are as before of `floatx()`.

    Raises:
        UnsupportedError: "mixed_float16" and its like.
    """
    made = policy if isinstance(policy, DTypePolicy) else DTypePolicy(policy)
    _settings.set_policy(made.name)


def epsilon() -> float:
    """Return what keeps logarithms and quotients finite.

    >>> epsilon()
    1e-07
    """
    return EPSILON


def set_epsilon(value: float) -> None:
    """Check that `epsilon()` is what is wanted; elman has no other.

    Raises:
        UnsupportedError: it is another number.
    """
    if _check.number("set_epsilon", "value", value, 0) != EPSILON:
        raise UnsupportedError(
            f"set_epsilon: `value` must be {EPSILON:g}, which is compiled into elman; got "
            f"{value!r}. Clip what you compute yourself with `elman.ops.clip`."
        )


def image_data_format() -> str:
    """Return "channels_last": arrays are (batch, timesteps, features).

    >>> image_data_format()
    'channels_last'
    """
    return "channels_last"


def set_image_data_format(data_format: str) -> None:
    """Check that "channels_last" is what is wanted; elman has no other.

    Raises:
        UnsupportedError: it is "channels_first".
    """
    known = ("channels_last", "channels_first")
    if _check.one_of("set_image_data_format", "data_format", data_format, known) != known[0]:
        raise UnsupportedError(
            f"set_image_data_format: `data_format` must be 'channels_last'; got {data_format!r}. "
            "Put the features last with a `Permute` layer, or `np.moveaxis`."
        )


def backend() -> str:
    """Return "numpy": arrays are NumPy's, whatever computes with them.

    >>> backend()
    'numpy'
    """
    return "numpy"


def set_backend(backend: str) -> None:
    """Check that "numpy" is what is wanted; elman needs no framework, and uses none.

    Raises:
        ArgumentError: it is another.
    """
    if backend != "numpy":
        raise ArgumentError(
            f"set_backend: `backend` must be 'numpy', because elman runs on no framework; got "
            f"{backend!r}."
        )


_NOT_HERE = {  # what Keras has beside these, and what to do
    "max_epochs": "Give `epochs` to `fit`",
    "max_steps_per_epoch": "Give `steps_per_epoch` to `fit`",
    "flash_attention": "Attention is computed in one way",
    "nnx": "There is no other framework in elman",
    "traceback_filtering": "elman shortens no tracebacks",
    "unsafe_deserialization": "elman never runs code from a file",
}


def __getattr__(name: str) -> object:
    message = f"module 'elman.config' has no attribute {name!r}"
    for part, fix in _NOT_HERE.items():
        if part in name:
            raise AttributeError(f"{message}. {fix}.")
    raise AttributeError(f"{message}.{_check.suggestion(name, __all__)}")
