"""Masking: skip the timesteps that hold nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman import _check, fused
from elman._typing import Array, Mask, Shape
from elman.bound import Bound
from elman.layers.base import Layer
from elman.layers.parts.passes import INFERENCE, Arrays, Masks, Mode


class Masking(Layer):
    """Make a mask that is False at the timesteps whose features all equal `mask_value`.

    Args:
        mask_value: what padding is filled with. It can't be NaN, which equals nothing: replace that
            first, `x = np.where(np.isnan(x), -1e9, x)`, and mask -1e9.
        options: `name`, `dtype`, `trainable`.

    The mask goes with the data through a model; a plain array cannot carry it.

    >>> import elman
    >>> model = elman.Sequential([elman.layers.Masking(), elman.layers.LSTM(2)])
    >>> padded = model([[[1.0], [0.0]]])
    >>> bool((padded == model([[[1.0]]])).all())
    True
    """

    keeps_dtype = True
    takes_one = True
    checks = {"mask_value": _check.number}

    def __init__(self, mask_value: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.mask_value = mask_value

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return the inputs with zeros at the masked steps; the tape is the mask."""
        (x,) = inputs
        keep = self._mask_of(x)
        if self.mask_value == 0:  # masked steps are zeros already
            return (x,), keep
        return (_masked(x, keep),), keep

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
        return (_masked(dy, tape) if need_inputs else None,), []

    def bind(self, shape: Shape, training: bool) -> Bound | None:
        """Return both passes at one shape."""
        return _Bound(self, tuple(int(n or 0) for n in shape))

    def output_masks(self, inputs: Arrays, masks: Masks) -> Masks:
        """Make the mask."""
        return (self._mask_of(inputs[0]),)

    def _mask_of(self, x: Array) -> Mask:
        keep = fused.find_mask(x, self.mask_value)
        return np.asarray((x != self.mask_value).any(axis=-1)) if keep is None else keep


class _Bound:
    """The layer at one shape, as `elman.bound` has others."""

    def __init__(self, layer: Masking, shape: tuple[int, ...]) -> None:
        self.shape, self._layer = shape, layer

    def forward(self, x: Array, mask: Mask | None, mode: Any) -> tuple[Array, Mask, Any]:
        (y,), keep = self._layer.forward((x,), (mask,), INFERENCE)
        return y, keep, keep

    def backward(
        self, tape: Any, dy: Array, out: Sequence[Array], need_inputs: bool
    ) -> Array | None:
        return self._layer.backward(tape, (dy,), need_inputs=need_inputs)[0][0]


def _masked(x: Array, keep: Mask) -> Array:
    """Return x where the mask is True, and zeros, whatever x holds, elsewhere."""
    if keep.all():
        return x
    y = fused.apply_mask(x, keep)
    return np.where(keep[..., None], x, np.zeros_like(x)) if y is None else y
