"""A batch, settled: what was entered as sequences of different lengths, as arrays of one length.

Zeros stand in the padding, and masks say which steps count; see `lengths.py`.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from elman._typing import Array, Mask
from elman.errors import ArgumentError
from elman.layers.parts import ragged
from elman.layers.parts.ragged import Ragged
from elman.models.batches import Batch
from elman.models.lengths import fixed, is_plain, last_step, per_step

if TYPE_CHECKING:
    from elman.models.model import Model


def settle(model: "Model", batch: Batch, *, cut: bool = True, whole: bool = True) -> Batch:
    """Return a batch of arrays of one length, with masks where some steps do not count.

    Args:
        model: the model.
        batch: as it was entered.
        cut: whether timesteps behind the longest sequence may be left out, as where the outputs
            are not returned.
        whole: whether these are sequences from their beginning to their end.
    """
    if is_plain(batch):
        return batch
    beside = batch.masks or [None] * len(batch.x)
    alone = cut and len(batch.x) == 1
    pairs = [
        _settled(x, given, fixed(model, i) if whole else None, alone)
        for i, (x, given) in enumerate(zip(batch.x, beside, strict=True))
    ]
    xs, masks = [x for x, _ in pairs], [mask for _, mask in pairs]
    lengths = [x.lengths if isinstance(x, Ragged) else None for x in batch.x]
    ys, weights, y_masks = [], [], []
    for i, (y, weight) in enumerate(zip(batch.y, batch.weights, strict=True)):
        timesteps, mask = None, None
        if y is not None and (isinstance(y, Ragged) or per_step(model, i)):
            timesteps, mask = _steps_of(model, i, y, batch, xs, masks)
        ys.append(_fitted("y", y, timesteps))
        weights.append(_fitted("sample_weight", weight, timesteps))
        y_masks.append(mask)
    sequences = [
        new
        for x, given, new in zip(batch.x, beside, xs, strict=True)
        if isinstance(x, Ragged) or given is not None
    ]
    resets = [mask[:, : (sequences or xs)[0].shape[1]] for mask in batch.resets]
    return batch._replace(
        x=xs, y=ys, weights=weights, masks=masks, y_masks=y_masks, lengths=lengths, resets=resets
    )


def _settled(x: Any, given: Any, timesteps: int | None, cut: bool) -> tuple[Array, Mask | None]:
    """Return an input as an array, and its mask, None where every step counts."""
    if isinstance(x, Ragged):
        T = max(timesteps or 0, x.timesteps)
        mask = x.mask(T)
        return x.padded(T), None if mask.all() else mask
    if given is None:
        return x, None
    if cut and timesteps is None:
        T = last_step(given)
        x, given = x[:, :T], given if given.ndim == 1 else given[:, :T]
    mask = ragged.mask_of(given, x.shape[1]) if given.ndim == 1 else given
    if mask.all():
        return x, None
    return (ragged.cleared(x, mask) if mask.ndim == 2 else x), mask


def _steps_of(
    model: "Model", index: int, y: Any, batch: Batch, xs: list[Array], masks: list[Mask | None]
) -> tuple[int | None, Mask | None]:
    """Return the timesteps of an output, and its mask: those of the input that it follows."""
    beside = batch.masks or [None] * len(batch.x)
    follows = [
        j
        for j, (x, given) in enumerate(zip(batch.x, beside, strict=True))
        if isinstance(x, Ragged) or given is not None
    ]
    if isinstance(y, Ragged):
        pairs = zip(batch.x, beside, strict=True)
        each = [x.lengths if isinstance(x, Ragged) else g for x, g in pairs]
        follows = [j for j in follows if np.array_equal(each[j], y.lengths)]
    sizes = {xs[j].shape[1] for j in follows}
    if len(sizes) > 1:
        raise ArgumentError(
            f"{model.owner}: `y` must be a list of arrays for '{model.output_names[index]}', which "
            "says the lengths, because the inputs are of different ones; got an array."
        )
    if not follows:
        return None, None
    mask = masks[follows[0]]
    return sizes.pop(), mask if mask is None or mask.ndim == 2 else None


def _fitted(name: str, array: Any, timesteps: int | None) -> Any:
    """Return targets or weights of an output, which were checked, with so many timesteps."""
    if isinstance(array, Ragged):
        return array.padded(array.timesteps if timesteps is None else timesteps)
    if array is None or timesteps is None or array.ndim < 2 or array.shape[1] == timesteps:
        return array
    if name == "sample_weight" and array.shape[1] == 1:
        return array
    if array.shape[1] > timesteps:
        return array[:, :timesteps]
    missing = [(0, 0)] * array.ndim
    missing[1] = (0, timesteps - array.shape[1])
    return np.pad(array, missing)
