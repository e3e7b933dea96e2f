"""Sequences made ready for a model, under Keras's module name.

`TimeseriesGenerator` is there for scripts that have it: Keras calls it deprecated.
"""

from typing import Any

import numpy as np

from elman import _check, _random
from elman.errors import ArgumentError, ShapeError
from elman.layers.parts import arguments
from elman.utils import PyDataset, pad_sequences


class TimeseriesGenerator(PyDataset):
    """Windows over a time series, each with the target of the timestep behind it, by batch.

        window of row t    data[t - length], data[t - length + sampling_rate], … before t
        target of row t    targets[t]

    Args:
        data: (timesteps, …).
        targets: (timesteps, …), as many as `data`.
        length: timesteps that a window spans.
        sampling_rate: timesteps from one in a window to the next in it.
        stride: timesteps from a window to the next.
        start_index: the first timestep that is used.
        end_index: the last row, by default the last timestep.
        shuffle: whether a batch is drawn at random from all rows, with repeats, as Keras draws.
        reverse: whether windows run from the latest timestep to the earliest.
        batch_size: windows a batch.
        options: those of `PyDataset`.

    Raises:
        ArgumentError: the arguments leave no window.
        ShapeError: `data` and `targets` have different numbers of timesteps.

    >>> data = np.arange(5.0)
    >>> x, y = TimeseriesGenerator(data, data, length=3, batch_size=2)[0]
    >>> x.tolist(), y.tolist()
    ([[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]], [3.0, 4.0])
    """

    def __init__(
        self,
        data: Any,
        targets: Any,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        owner = "TimeseriesGenerator"
        self.data = arguments.as_array(owner, "data", data)
        self.targets = arguments.as_array(owner, "targets", targets)
        if self.data.ndim == 0 or self.data.shape[:1] != self.targets.shape[:1]:
            raise ShapeError(
                f"{owner}: `targets` must have as many timesteps as `data`, of shape "
                f"{self.data.shape}; got shape {self.targets.shape}."
            )
        self.length = _check.integer(owner, "length", length)
        self.sampling_rate = _check.integer(owner, "sampling_rate", sampling_rate)
        self.stride = _check.integer(owner, "stride", stride)
        self.start_index = self.length + _check.integer(owner, "start_index", start_index, 0)
        self.end_index = len(self.data) - 1
        if end_index is not None:
            self.end_index = _check.integer(owner, "end_index", end_index, 0)
        self.shuffle = _check.flag(owner, "shuffle", shuffle)
        self.reverse = _check.flag(owner, "reverse", reverse)
        self.batch_size = _check.integer(owner, "batch_size", batch_size)
        if not self.start_index <= self.end_index < len(self.data):
            raise ArgumentError(
                f"{owner}: `start_index + length` and `end_index` must leave a row of the "
                f"{len(self.data)} timesteps; got {self.start_index} and {self.end_index}."
            )
        self._draw = _random.generator() if shuffle else None

    def __len__(self) -> int:
        span = self.batch_size * self.stride
        return (self.end_index - self.start_index + span) // span

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """Return a batch of windows and of targets."""
        span = self.batch_size * self.stride
        first = self.start_index + range(len(self))[index] * span
        rows = np.arange(first, min(first + span, self.end_index + 1), self.stride)
        if self._draw is not None:
            rows = self._draw.integers(self.start_index, self.end_index + 1, self.batch_size)
        steps = np.arange(-self.length, 0, self.sampling_rate)
        windows = self.data[rows[:, None] + steps]  # (windows, ceil(length / sampling_rate), …)
        return windows[:, ::-1] if self.reverse else windows, self.targets[rows]


__all__ = ["TimeseriesGenerator", "pad_sequences"]
