"""A step with the options that need more than one pass over a buffer, or a part of the weights.

g <- g / s                                    loss_scale_factor = s
G <- G + g                                    gradient_accumulation_steps = n, at n - 1 batches of n
g <- (g + G) / n,   G <- 0                    and at the last of the n, which then takes the step

g <- clip(g)
w <- w - w * weight_decay * eta               for the weights that decay
w <- rule(w, g, slots, eta)

M <- mu M + (1 - mu) w                        use_ema, ema_momentum = mu; at the first step M <- w
w <- M                                        every ema_overwrite_frequency steps

w, g, G, M  (size,)    eta  the learning rate

All this is Keras's, where a batch that only gathers moves M too. A rule that is `shaped` sees one
weight at a time, in its own shape.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from elman import fused
from elman._typing import Array
from elman.kernels import get_num_threads
from elman.optimizers import slots as kept
from elman.optimizers.clipping import clip, clips
from elman.optimizers.exclusion import NONE
from elman.parameters import Buffer, Weight

if TYPE_CHECKING:
    from elman.optimizers.base import Optimizer

OPTIONS = ("use_ema", "loss_scale_factor", "gradient_accumulation_steps")

Parts = list[tuple[Weight, slice]]  # the weights of a buffer that take part, and where they lie


class Arrays(NamedTuple):
    """What a rule is applied to; see `Optimizer.step`."""

    w: Array
    g: Array
    slots: Mapping[str, Array]
    work: Sequence[Array]

    def at(self, part: slice) -> "Arrays":
        """Return a part of them all."""
        slots = {name: array[part] for name, array in self.slots.items()}
        return Arrays(self.w[part], self.g[part], slots, [array[part] for array in self.work])


def needed(optimizer: "Optimizer") -> bool:
    """Say whether a rule or its options need this."""
    chosen = any(getattr(optimizer, name) for name in OPTIONS)
    return optimizer.shaped or chosen or optimizer._excluded != NONE


def step(optimizer: "Optimizer", weights: Collection[Weight] | None = None) -> None:
    """Take a step by the gradients in the buffers: of these weights, or of all."""
    parts: list[Parts] = [
        [
            (weight, part)
            for weight, part in zip(buffer.weights, buffer.slices, strict=True)
            if weights is None or weight in weights
        ]
        for buffer in optimizer._buffers
    ]
    gradients = [work[2] for work in kept.scratch(optimizer)]
    for buffer, g in zip(optimizer._buffers, gradients, strict=True):
        np.copyto(g, buffer.gradients)
        if optimizer.loss_scale_factor is not None:
            g /= optimizer.loss_scale_factor
    due = optimizer._pending + 1 >= (optimizer.gradient_accumulation_steps or 1)
    if optimizer.gradient_accumulation_steps:
        _gather(optimizer, parts, gradients, due)
    if due:
        if clips(optimizer):
            each = [g[part] for own, g in zip(parts, gradients, strict=True) for _, part in own]
            clip(optimizer, each, each)
        _decay(optimizer, parts)
        _apply(optimizer, parts, gradients)
    if optimizer.use_ema:
        _average(optimizer)
    optimizer._iterations += due
    optimizer._pending = 0 if due else optimizer._pending + 1


def _gather(
    optimizer: "Optimizer", parts: Sequence[Parts], gradients: Sequence[Array], due: bool
) -> None:
    """Add gradients to those gathered; if a step is due, take the mean and start anew."""
    for own, g, slots in zip(parts, gradients, optimizer._slots, strict=True):
        gathered = slots[kept.GATHERED]
        for _, part in own:
            if due:
                g[part] += gathered[part]
                g[part] /= optimizer.gradient_accumulation_steps
            else:
                gathered[part] += g[part]
        if due:
            gathered[...] = 0


def _decay(optimizer: "Optimizer", parts: Sequence[Parts]) -> None:
    rate = optimizer.rate()
    for buffer, own, work in zip(optimizer._buffers, parts, kept.scratch(optimizer), strict=True):
        for weight, part in own:
            share = optimizer.decay_of(weight)
            if share is not None:
                decay(buffer.values[part], share, buffer.values.dtype.type(rate), work[0][part])


def decay(w: Array, share: float, eta: Array, out: Array) -> None:
    """Take a share of weights, times the learning rate, off them."""
    np.multiply(w, share, out=out)  # in Keras's order, so that float32 rounds alike
    np.multiply(out, eta, out=out)
    np.subtract(w, out, out=w)


def _apply(optimizer: "Optimizer", parts: Sequence[Parts], gradients: Sequence[Array]) -> None:
    """Apply the rule, compiled where it is."""
    rate, names, scratch = optimizer.rate(), kept.names(optimizer), kept.scratch(optimizer)
    dtypes = [buffer.values.dtype for buffer in optimizer._buffers]
    compiled = optimizer.rule is not None and fused.runs(*dtypes)
    for i, (buffer, own) in enumerate(zip(optimizer._buffers, parts, strict=True)):
        slots = {name: optimizer._slots[i][name] for name in names}
        all_of = Arrays(buffer.values, gradients[i], slots, scratch[i][:2])
        eta = buffer.values.dtype.type(rate)
        if compiled:
            _apply_compiled(optimizer, all_of, _whole(buffer, own), rate)
        elif optimizer.shaped:
            for weight, part in own:
                optimizer.step(*_shaped(optimizer, weight, all_of.at(part)), eta)
        else:
            for part in _whole(buffer, own):
                optimizer.step(*all_of.at(part), eta)


def _apply_compiled(
    optimizer: "Optimizer", arrays: Arrays, parts: Sequence[slice], rate: float
) -> None:
    update = fused.update(optimizer.rule or "", arrays.w, arrays.g, arrays.slots)
    numbers, t, threads = optimizer.numbers(), optimizer._iterations + 1, get_num_threads()
    for part in parts:
        update.step(numbers, t, rate, 0.0, math.inf, 1.0, part.start, part.stop, threads)


def _shaped(optimizer: "Optimizer", weight: Weight, flat: Arrays) -> Arrays:
    """Return the arrays of one weight in its shape, with the slots that it has."""
    w, g, slots, work = flat
    views = {name: kept.shaped(optimizer, name, weight, array) for name, array in slots.items()}
    return Arrays(
        w.reshape(weight.shape),
        g.reshape(weight.shape),
        {name: view for name, view in views.items() if view is not None},
        [array.reshape(weight.shape) for array in work],
    )


def _whole(buffer: Buffer, own: Parts) -> list[slice]:
    """Return where weights lie, in one piece if these are all of the buffer."""
    return buffer.whole if len(own) == len(buffer.weights) else [part for _, part in own]


def _average(optimizer: "Optimizer") -> None:
    """Let the averages follow the weights, and the weights be the averages if that is due."""
    every = optimizer.ema_overwrite_frequency
    for buffer, slots in zip(optimizer._buffers, optimizer._slots, strict=True):
        w, average, type_ = buffer.values, slots[kept.AVERAGE], buffer.values.dtype.type
        mu = type_(optimizer.ema_momentum if optimizer._iterations else 0)
        average *= mu
        average += (type_(1) - mu) * w
        if every and (optimizer._iterations + 1) % every == 0:
            w[...] = average
