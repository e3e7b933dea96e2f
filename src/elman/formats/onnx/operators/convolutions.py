"""Convolutions and pooling, of one axis: (batch, channels, timesteps).

    y_o = sum_k w_k x_{o step + k apart - before}        the windows that lie in x and its padding

Source: https://onnx.ai/onnx/operators/onnx__Conv.html, __ConvTranspose.html, __MaxPool.html and
__AveragePool.html
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from elman import ops
from elman._typing import Array
from elman.errors import FormatError, UnsupportedError
from elman.formats.onnx.operators.elementwise import like
from elman.formats.onnx.operators.signature import Room

AUTOMATIC = ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER")
MOST_PADDING = 2**24  # on a side


class Ways(NamedTuple):
    """Where windows lie: how long they are, how far from each other, and the padding."""

    size: int
    step: int
    apart: int
    before: int
    after: int

    def number(self, steps: int) -> int:
        """Return how many windows there are over so many timesteps."""
        room = steps + self.before + self.after - self.apart * (self.size - 1) - 1
        return max(0, room // self.step + 1)

    def places(self, steps: int) -> Array:
        """Return which steps of what is padded each window reads, (windows, size)."""
        first: Array = self.step * np.arange(self.number(steps))[:, None]
        return first + self.apart * np.arange(self.size)


def ways_of(x: Array, size: int, auto_pad: str, dilations: Any, pads: Any, strides: Any) -> Ways:
    """Return where windows of a size lie over x.

    Raises:
        UnsupportedError: there is another axis than the timesteps.
        FormatError: the numbers do not fit.
    """
    told = [tuple(each) for each in (strides or (1,), dilations or (1,), pads or (0, 0))]
    if x.ndim != 3 or auto_pad not in AUTOMATIC or [*map(len, told)] != [1, 1, 2]:
        raise UnsupportedError(
            f"the windows must be over one axis, and auto_pad one of {', '.join(AUTOMATIC)}; got x "
            f"of {x.shape} and {auto_pad!r}."
        )
    (step,), (apart,), (before, after) = told
    if min(step, apart, size) < 1 or not 0 <= min(before, after) <= max(told[2]) < MOST_PADDING:
        raise FormatError(
            f"the windows must have sizes and steps above 0, and no padding below; got "
            f"{(size, step, apart)} and {(before, after)}."
        )
    found = Ways(size, step, apart, before, after)
    if auto_pad == "VALID":
        return found._replace(before=0, after=0)
    if auto_pad == "NOTSET":
        return found
    T = x.shape[2]
    missing = max(0, (-(-T // step) - 1) * step + apart * (size - 1) + 1 - T)
    fewer, more = missing // 2, missing - missing // 2
    upper = auto_pad == "SAME_UPPER"
    return found._replace(before=fewer if upper else more, after=more if upper else fewer)


def windows(x: Array, ways: Ways, fill: float, room: Room) -> Array:
    """Return the windows of x and its padding, (batch, channels, windows, size)."""
    B, C, T = x.shape
    room([B, C, T + ways.before + ways.after])
    count = ways.number(T)
    room([B, C, count, ways.size])
    edges = [(0, 0), (0, 0), (ways.before, ways.after)]
    y = np.asarray(ops.pad(x, edges, constant_values=fill)).astype(x.dtype, copy=False)
    return np.asarray(ops.take(y, ways.places(T), 2))


def conv(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    auto_pad: str = "NOTSET",
    dilations: Any = None,
    group: int = 1,
    kernel_shape: Any = None,
    pads: Any = None,
    strides: Any = None,
    room: Room,
) -> Array:
    """Convolve x (batch, channels, timesteps) with a kernel (out, in, size)."""
    ways = ways_of(x, kernel.shape[-1], auto_pad, dilations, pads, strides)
    outs, ins, _ = kernel.shape
    if group < 1 or outs % group:
        raise FormatError(f"the groups must be at least 1 and divide {outs}; got {group}.")
    room([x.shape[0], max(outs, ins * group), ways.number(x.shape[2]), ways.size])
    parts = zip(
        ops.split(windows(x, ways, 0.0, room), group, 1), ops.split(kernel, group, 0), strict=True
    )
    joined = [ops.einsum("bcts,ocs->bot", window, part) for window, part in parts]
    return _with_bias(ops.concatenate(joined, 1), bias, x)


def conv_transpose(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    auto_pad: str = "NOTSET",
    dilations: Any = None,
    group: int = 1,
    kernel_shape: Any = None,
    output_padding: Any = None,
    output_shape: Any = None,
    pads: Any = None,
    strides: Any = None,
    room: Room,
) -> Array:
    """Spread x (batch, channels, timesteps) by a kernel (in, out, size) over a longer sequence."""
    if auto_pad not in ("NOTSET", "VALID") or output_shape is not None:
        raise UnsupportedError(
            f"the padding must be told by `pads`; got auto_pad={auto_pad!r} or output_shape."
        )
    ways = ways_of(x, kernel.shape[-1], auto_pad, dilations, pads, strides)
    (more,) = output_padding or (0,)
    if group < 1 or x.shape[1] % group or not 0 <= more < MOST_PADDING:
        raise FormatError(f"the groups must be at least 1 and fit {x.shape}; got {group}.")
    B, T = x.shape[0], x.shape[2]
    length = (T - 1) * ways.step + ways.apart * (ways.size - 1) + 1 + more
    room([B, kernel.shape[1] * group, max(length, 0)])
    room([B, kernel.shape[1] * group, ways.size, T])
    whole = np.zeros((B, kernel.shape[1] * group, max(length, 0)), x.dtype)
    parts = zip(ops.split(x, group, 1), ops.split(kernel, group, 0), strict=True)
    spread = np.concatenate([ops.einsum("bct,cok->bokt", *pair) for pair in parts], 1)
    for k in range(ways.size):
        first = k * ways.apart
        whole[:, :, first : first + (T - 1) * ways.step + 1 : ways.step] += spread[:, :, k]
    return _with_bias(whole[:, :, ways.before : length - ways.after], bias, x)


def _with_bias(y: Any, bias: Array | None, x: Array) -> Array:
    return like(y if bias is None else y + bias[:, None], x)


def max_pool(
    x: Array,
    *,
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    dilations: Any = None,
    kernel_shape: Any = None,
    pads: Any = None,
    storage_order: int = 0,
    strides: Any = None,
    room: Room,
) -> Array:
    """Return the largest number of each window."""
    ways = _pool(x, kernel_shape, auto_pad, ceil_mode, dilations, pads, strides)
    return like(ops.max(windows(x, ways, -np.inf, room), -1), x)


def average_pool(
    x: Array,
    *,
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    count_include_pad: int = 0,
    dilations: Any = None,
    kernel_shape: Any = None,
    pads: Any = None,
    strides: Any = None,
    room: Room,
) -> Array:
    """Return the mean of each window, of what lies in x or of its padding too."""
    ways = _pool(x, kernel_shape, auto_pad, ceil_mode, dilations, pads, strides)
    total = ops.sum(windows(x, ways, 0.0, room), -1)
    if count_include_pad:
        return like(total / ways.size, x)
    ones = np.ones((1, 1, x.shape[2]), x.dtype)
    return like(total / ops.sum(windows(ones, ways, 0.0, room), -1), x)


def _pool(
    x: Array, kernel_shape: Any, auto_pad: str, ceil_mode: int, dilations: Any, pads: Any,
    strides: Any,
) -> Ways:  # fmt: skip
    """Return where the windows of a pooling lie."""
    if ceil_mode or kernel_shape is None or len(kernel_shape) != 1:
        raise UnsupportedError(
            f"the windows must be over one axis, with ceil_mode=0; got {kernel_shape} and "
            f"{ceil_mode}."
        )
    if x.dtype.kind != "f":
        raise UnsupportedError(f"the numbers must be floats; got {x.dtype}.")
    return ways_of(x, kernel_shape[0], auto_pad, dilations, pads, strides)


TABLE: dict[str, Callable[..., Any]] = {
    "AveragePool": average_pool,
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "MaxPool": max_pool,
}
