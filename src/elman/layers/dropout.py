"""Dropout: set a share of the inputs to zero in training."""

from typing import Any

import numpy as np

from elman import _check, _random
from elman._typing import Array
from elman.errors import ArgumentError
from elman.layers.base import Arrays, Layer, Masks, Mode


class Dropout(Layer):
    """Drop each input with probability `rate` in training, and scale the others by 1/(1 - rate).

    Args:
        rate: share of the inputs to drop, in [0, 1).
        noise_shape: shape of the mask, broadcast over the input; None or 1 where one draw
            serves the whole axis, as in `(None, 1, None)` for the same mask at all timesteps.
        seed: of the mask.
        options: `name`, `dtype`, `trainable`.

    Source: N. Srivastava et al., "Dropout", JMLR 15 (2014).
    """

    keeps_dtype = True

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: int | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.rate = _check.rate(type(self).__name__, "rate", rate)
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)
        self.seed = seed
        self.generator = _random.generator(seed)

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return the inputs times a fresh mask in training, and as they are otherwise."""
        (x,) = inputs
        if not mode.training or self.rate == 0:
            return (x,), None
        kept = self.generator.random(self._noise_shape(x), dtype=np.float32) >= self.rate
        scaled = kept.astype(x.dtype) / np.asarray(1 - self.rate, x.dtype)
        return (x * scaled,), scaled

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Return the gradient times the same mask."""
        (dy,) = doutputs
        return (dy if tape is None else dy * tape,), []

    def _noise_shape(self, x: Array) -> tuple[int, ...]:
        if self.noise_shape is None:
            return x.shape
        if len(self.noise_shape) != x.ndim:
            raise ArgumentError(
                f"{self.owner}: `noise_shape` must have {x.ndim} entries, one an axis of the "
                f"input; got {self.noise_shape}."
            )
        return tuple(
            size if want is None else want
            for want, size in zip(self.noise_shape, x.shape, strict=True)
        )
