"""A step over whole buffers, clipping and weight decay included: what nearly all training takes."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from elman import fused
from elman._typing import Array
from elman.kernels import get_num_threads
from elman.optimizers import by_weight, slots
from elman.optimizers.clipping import clip, clips, shrink
from elman.parameters import Buffer

if TYPE_CHECKING:
    from elman.optimizers.base import Optimizer


def compiled_step(optimizer: "Optimizer", buffers: Sequence[Buffer]) -> None:
    """Take a step in one pass over each buffer, clipping and weight decay included."""
    if not optimizer._updates:
        optimizer._updates = [
            fused.update(optimizer.rule or "", buffer.values, buffer.gradients, own)
            for buffer, own in zip(buffers, optimizer._slots, strict=True)
        ]
    eta, decay, threads = optimizer.rate(), optimizer.weight_decay or 0.0, get_num_threads()
    numbers, t = optimizer.numbers(), optimizer._iterations + 1
    limit = math.inf if optimizer.clipvalue is None else optimizer.clipvalue
    scale = 1.0
    if optimizer.global_clipnorm is not None:
        sizes = [(u, b.values.size) for u, b in zip(optimizer._updates, buffers, strict=True)]
        square = sum(update.squares(0, size, threads) for update, size in sizes)
        scale = shrink(math.sqrt(square), optimizer.global_clipnorm)
    for buffer, update in zip(buffers, optimizer._updates, strict=True):
        parts = buffer.slices if optimizer.clipnorm is not None else buffer.whole
        for part in parts:
            if optimizer.clipnorm is not None:
                square = update.squares(part.start, part.stop, threads)
                scale = shrink(math.sqrt(square), optimizer.clipnorm)
            update.step(numbers, t, eta, decay, limit, scale, part.start, part.stop, threads)


def reference_step(optimizer: "Optimizer", buffers: Sequence[Buffer]) -> None:
    """Take a step in NumPy."""
    rate, gradients = optimizer.rate(), _clipped(optimizer, buffers)
    scratch = slots.scratch(optimizer)
    for buffer, g, own, work in zip(buffers, gradients, optimizer._slots, scratch, strict=True):
        w, eta = buffer.values, buffer.values.dtype.type(rate)
        if optimizer.weight_decay is not None:
            by_weight.decay(w, optimizer.weight_decay, eta, work[0])
        optimizer.step(w, g, own, work[:2], eta)


def _clipped(optimizer: "Optimizer", buffers: Sequence[Buffer]) -> list[Array]:
    """Return the clipped gradients, as copies; the gradients themselves if nothing clips."""
    gradients = [buffer.gradients for buffer in buffers]
    if not clips(optimizer):
        return gradients
    clipped = [work[2] for work in slots.scratch(optimizer)]
    if optimizer.clipnorm is None:
        clip(optimizer, gradients, clipped)
    else:
        each = [g for buffer in buffers for g in buffer.each_gradient()]
        rows = zip(buffers, clipped, strict=True)
        clip(optimizer, each, [out[part] for buffer, out in rows for part in buffer.slices])
    return clipped
