"""Windows over timesteps: what convolution and pooling read, and what checks their arguments.

    x (B, T, F)  ->  windows (B, O, K, F)      w_{o,k} = x_{o stride + k dilation - left}

    B  batch    T  timesteps    F  features    O  windows    K  steps of a window

`padding` says how many steps stand before and behind x:

    "valid"   none: every window lies inside x
    "same"    as many on both sides (one more behind) as give O = ceil(T / stride)
    "causal"  (K - 1) dilation before: window o ends at step o stride, and sees no later one
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from elman import _check, kernels
from elman._typing import Array, Shape
from elman.errors import ArgumentError, ShapeError, UnsupportedError


class Windows(NamedTuple):
    """Where the windows over T timesteps lie.

    Attributes:
        number: O, how many there are.
        size: K, of how many steps each.
        stride: how many steps one begins after the other.
        dilation: how far apart the steps of a window are.
        left, right: how many steps of padding stand before and behind the T.
    """

    number: int
    size: int
    stride: int
    dilation: int
    left: int
    right: int

    def pad(self, x: Array, value: float = 0.0) -> Array:
        """Return x (B, T, F) with the padding around it, in C order."""
        if not self.left and not self.right:
            return np.ascontiguousarray(x)
        B, T, F = x.shape
        padded = np.empty((B, self.left + T + self.right, F), x.dtype)
        padded[:, : self.left] = padded[:, self.left + T :] = value
        padded[:, self.left : self.left + T] = x
        return padded

    def unpad(self, dpadded: Array) -> Array:
        """Return the gradient of what was padded."""
        end = dpadded.shape[1] - self.right
        return np.ascontiguousarray(dpadded[:, self.left : end])

    def gather(self, padded: Array) -> Array:
        """Return a view (B, O, K, F) of the windows over what was padded."""
        B, _, F = padded.shape
        b, t, f = padded.strides
        return np.lib.stride_tricks.as_strided(
            padded,
            (B, self.number, self.size, F),
            (b, t * self.stride, t * self.dilation, f),
            writeable=False,
        )

    def scatter(self, dwindows: Array, steps: int) -> Array:
        """Return the gradient of what was padded, of so many steps, from that of `gather`."""
        B, _, _, F = dwindows.shape
        dpadded = np.zeros((B, steps, F), dwindows.dtype)
        for k, place in enumerate(self.steps(dpadded)):
            place += dwindows[:, :, k]
        return dpadded

    def steps(self, padded: Array) -> Iterator[Array]:
        """Yield a view (B, O, F) of the k-th step of all windows, for each k."""
        reach = (self.number - 1) * self.stride + 1
        for k in range(self.size):
            begin = k * self.dilation
            yield padded[:, begin : begin + reach : self.stride]


def sum_rows(da: Array, out: Array) -> None:
    """Write the sum of da (B, O, N) over all windows to `out`, (N,): the gradient of a bias."""
    rows = kernels.contiguous(da).reshape(-1, da.shape[-1])
    np.dot(np.ones(len(rows), da.dtype), rows, out=out)


def count(T: int, size: int, stride: int, dilation: int, padding: str) -> int:
    """Return how many windows there are over T timesteps; 0 where T is too short."""
    span = (size - 1) * dilation if padding == "valid" else 0
    return max(0, (T - span - 1) // stride + 1) if T else 0


def over(T: int, size: int, stride: int, dilation: int, padding: str) -> Windows:
    """Return the windows over T timesteps."""
    O, span = count(T, size, stride, dilation, padding), (size - 1) * dilation  # noqa: E741
    missing = max(0, (O - 1) * stride + span + 1 - T)
    left = {"valid": 0, "same": missing // 2, "causal": span}[padding]
    return Windows(O, size, stride, dilation, left, max(0, missing - left))


# ---------------------------------------------------------------------- shapes


def check_steps(
    owner: str, shape: Shape, size: int, stride: int, dilation: int, padding: str
) -> None:
    """Check that an input is a sequence, long enough for one window where its length is known."""
    check_sequence(owner, shape)
    T, span = shape[1], (size - 1) * dilation + 1 if padding == "valid" else 1
    if T is not None and span > T:
        fix = ' Pad it with `padding="same"`.' if span > 1 else ""
        raise ShapeError(
            f"{owner}: `x` must have at least {span} timestep{'s'[: span > 1]}, the length of a "
            f"window; got {shape}.{fix}"
        )


def check_sequence(owner: str, shape: Shape) -> None:
    """Check that an input has the three axes of a sequence."""
    if len(shape) != 3:
        fix = " Add an axis with `x[..., None]`." if len(shape) == 2 else ""
        raise ShapeError(
            f"{owner}: `x` must have shape (batch, timesteps, features); got {shape}.{fix}"
        )


def check_features(owner: str, shape: Shape, features: int | None) -> None:
    """Check that an input has these features, or any known number of them."""
    if shape[2] is None or shape[2] < 1 or features not in (None, shape[2]):
        named = "features" if features is None else f"features={features}"
        raise ShapeError(f"{owner}: `x` must have shape (batch, timesteps, {named}); got {shape}.")


def check_strides(owner: str, strides: tuple[int], dilation_rate: tuple[int]) -> None:
    """Check that windows do not move by several steps and have gaps as well, as in Keras."""
    if strides[0] > 1 and dilation_rate[0] > 1:
        raise ArgumentError(
            f"{owner}: `dilation_rate` must be 1 where strides={strides[0]}; got "
            f"{dilation_rate[0]}."
        )


def output_shape(
    shape: Shape, size: int, stride: int, dilation: int, padding: str, features: int | None
) -> Shape:
    """Return (batch, windows, features), the windows open where the timesteps are."""
    B, T, _ = shape
    return (B, None if T is None else count(T, size, stride, dilation, padding), features)


# ---------------------------------------------------------------------- arguments


def single(owner: str, name: str, value: Any, minimum: int = 1) -> tuple[int]:
    """Return a size as Keras keeps it, in a tuple of one."""
    if isinstance(value, (list, tuple)) and len(value) == 1:
        (value,) = value
    return (_check.integer(owner, name, value, minimum),)


def pair(owner: str, name: str, value: Any) -> tuple[int, int]:
    """Return how many steps before and behind, from one number for both or from two."""
    both: Sequence[Any] = value if isinstance(value, (list, tuple)) else (value, value)
    if len(both) != 2:
        raise ArgumentError(
            f"{owner}: `{name}` must be a number of steps, or two of them; got "
            f"{_check.shown(value)}."
        )
    first, last = (_check.integer(owner, name, n, minimum=0) for n in both)
    return first, last


def padding(owner: str, name: str, value: Any) -> str:
    """Return "valid" or "same", in small letters."""
    found: str = _check.one_of(owner, name, _small(value), ("valid", "same"))
    return found


def padding_or_causal(owner: str, name: str, value: Any) -> str:
    """Return "valid", "same" or "causal", in small letters."""
    found: str = _check.one_of(owner, name, _small(value), ("valid", "same", "causal"))
    return found


def _small(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def data_format(owner: str, name: str, value: Any) -> str:
    """Return "channels_last", which None stands for.

    Raises:
        UnsupportedError: it is "channels_first".
    """
    if value == "channels_first":
        raise UnsupportedError(
            f"{owner}: `{name}` must be 'channels_last', (batch, timesteps, features); got "
            "'channels_first'. Swap the axes of the data with `x.transpose(0, 2, 1)`."
        )
    if value is not None:
        _check.one_of(owner, name, value, ("channels_last",))
    return "channels_last"
