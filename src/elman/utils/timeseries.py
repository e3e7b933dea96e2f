"""Windows over a time series, in batches.

window n    data[s + n stride + k rate],  k = 0 .. length - 1        s  start_index
target n    targets[s + n stride]
"""

from typing import Any

import numpy as np

from elman import _check, _random
from elman._typing import Array
from elman.errors import ArgumentError
from elman.layers.parts import arguments
from elman.utils.samples import Batches, Samples

OWNER = "timeseries_dataset_from_array"


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> Batches | Samples:
    """Return windows over a time series, for a `for` loop or as `x` of `fit`.

    Args:
        data: (timesteps, …), or a frame.
        targets: (timesteps, …), the target of the window that begins at each timestep; or None.
        sequence_length: timesteps in a window.
        sequence_stride: timesteps from the beginning of a window to that of the next.
        sampling_rate: timesteps from one in a window to the next in it.
        batch_size: windows a batch; None for windows one by one.
        shuffle: whether the windows come in a new order at each pass.
        seed: of the orders. They are other ones than Keras draws.
        start_index: the first timestep that is used.
        end_index: the timestep before which use ends.
        format: "tf" or "grain", as in Keras; both return the same here, and need neither.

    Returns:
        Batches `(windows, targets)`, or windows alone without targets. Nothing is copied but the
        windows of the batch that is asked for.

    Raises:
        ArgumentError: the arguments leave no window.

    >>> data = np.arange(6.0)
    >>> for x, y in timeseries_dataset_from_array(data[:-2], data[2:], 2, batch_size=2):
    ...     print(x.tolist(), y.tolist())
    [[0.0, 1.0], [1.0, 2.0]] [2.0, 3.0]
    [[2.0, 3.0]] [4.0]
    """
    series = _steps("data", data)
    count = len(series)
    start = _check.integer(OWNER, "start_index", 0 if start_index is None else start_index, 0)
    end = count if end_index is None else _check.integer(OWNER, "end_index", end_index)
    length = _check.integer(OWNER, "sequence_length", sequence_length)
    stride = _below(count, "sequence_stride", sequence_stride)
    rate = _below(count, "sampling_rate", sampling_rate)
    _check.one_of(OWNER, "format", format, ("tf", "grain"))
    _check.flag(OWNER, "shuffle", shuffle)
    if not start < end <= count:
        raise ArgumentError(
            f"{OWNER}: `start_index` and `end_index` must leave some of the {count} timesteps; got "
            f"{start} and {end}."
        )
    series = series[start:end]
    aims = None if targets is None else _steps("targets", targets)[start:end]
    starts = _starts(len(series), None if aims is None else len(aims), length, stride, rate)
    steps = np.arange(length) * rate

    def take(rows: Array) -> Any:
        windows = series[rows[:, None] + steps]  # (windows, length, …)
        return windows if aims is None else (windows, aims[rows])

    draw = _random.generator(_check.seed(OWNER, "seed", seed)) if shuffle else None
    samples = Samples(take, starts, draw)
    return samples if batch_size is None else samples.batch(batch_size)


def _starts(count: int, targets: int | None, length: int, stride: int, rate: int) -> Array:
    """Return where the windows begin over `count` timesteps that have so many targets."""
    places = count - (length - 1) * rate
    if places < 1:
        raise ArgumentError(
            f"{OWNER}: `sequence_length` must leave at least one window; got {length} at a "
            f"sampling_rate of {rate}, which spans {(length - 1) * rate + 1} of {count} "
            "timesteps."
        )
    starts = np.arange(0, places if targets is None else min(places, targets), stride)
    if not len(starts):
        raise ArgumentError(f"{OWNER}: `targets` must hold a target for a window; got none.")
    return starts


def _steps(name: str, given: Any) -> Array:
    """Return an argument as an array with an axis of timesteps."""
    array = arguments.as_array(OWNER, name, given)
    if array.ndim == 0:
        raise ArgumentError(
            f"{OWNER}: `{name}` must have an axis of timesteps; got {_check.shown(given)}."
        )
    return array


def _below(count: int, name: str, value: Any) -> int:
    """Return a number of timesteps, fewer than there are."""
    number = _check.integer(OWNER, name, value)
    if number >= count:
        raise ArgumentError(
            f"{OWNER}: `{name}` must be below the {count} timesteps of `data`; got {number}."
        )
    return number
