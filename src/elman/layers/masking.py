"""Masking: skip the timesteps that hold nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman import _check, fused
from elman._typing import Array
from elman.layers.base import Arrays, Layer, Masks, Mode


class Masking(Layer):
    """Make a mask that is False at the timesteps whose features all equal `mask_value`.

    Args:
        mask_value: what padding is filled with.
        options: `name`, `dtype`, `trainable`.

    The mask goes with the data through a model; a plain array cannot carry it.

    >>> import elman
    >>> model = elman.Sequential([elman.layers.Masking(), elman.layers.LSTM(2)])
    >>> padded = model([[[1.0], [0.0]]])
    >>> bool((padded == model([[[1.0]]])).all())
    True
    """

    keeps_dtype = True

    def __init__(self, mask_value: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.mask_value = _check.number(type(self).__name__, "mask_value", mask_value)

    def _mask_of(self, x: Array) -> Array:
        keep = fused.differs(x, self.mask_value)
        return np.asarray((x != self.mask_value).any(axis=-1)) if keep is None else keep

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return the inputs with zeros at the masked steps."""
        (x,) = inputs
        keep = self._mask_of(x)[..., None]
        if self.mask_value == 0:
            return (x,), keep  # masked steps are zeros already
        return (np.where(keep, x, np.zeros_like(x)),), keep

    def backward(
        self,
        tape: Any,
        doutputs: Arrays,
        *,
        out: Sequence[Array] | None = None,
        need_inputs: bool = True,
    ) -> tuple[tuple[Array | None], list[Array]]:
        """Let no gradient through at the masked steps."""
        (dy,) = doutputs
        if not need_inputs:
            return (None,), []
        return (np.where(tape, dy, np.zeros_like(dy)),), []

    def output_masks(self, inputs: Arrays, masks: Masks) -> Masks:
        """Make the mask."""
        return (self._mask_of(inputs[0]),)
