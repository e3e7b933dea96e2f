"""Masking: skip the timesteps that hold nothing."""

from typing import Any

import numpy as np

from elman._typing import Array
from elman.layers.base import Arrays, Layer, Masks, Mode


class Masking(Layer):
    """Make a mask that is False at the timesteps whose features all equal `mask_value`.

    Args:
        mask_value: what padding is filled with.
        options: `name`, `dtype`, `trainable`.

    >>> from elman import layers
    >>> x = [[[1.0], [0.0]]]
    >>> layers.LSTM(2)(layers.Masking()(x)).shape
    (1, 2)
    """

    keeps_dtype = True

    def __init__(self, mask_value: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.mask_value = mask_value

    def _mask_of(self, x: Array) -> Array:
        return np.asarray((x != self.mask_value).any(axis=-1))

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return the inputs with zeros at the masked steps."""
        (x,) = inputs
        keep = self._mask_of(x)[..., None]
        return (np.where(keep, x, np.zeros_like(x)),), keep

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Let no gradient through at the masked steps."""
        (dy,) = doutputs
        return (np.where(tape, dy, np.zeros_like(dy)),), []

    def output_masks(self, inputs: Arrays, masks: Masks) -> Masks:
        """Make the mask."""
        return (self._mask_of(inputs[0]),)
