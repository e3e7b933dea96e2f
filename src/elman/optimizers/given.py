"""Gradients that are given one by one, as in a training loop of one's own: checked, and applied."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from elman._typing import Array
from elman._warning import warn
from elman.errors import ArgumentError, NotBuiltError, ShapeError
from elman.optimizers import by_weight, options
from elman.parameters import Weight, gather, held

if TYPE_CHECKING:
    from elman.optimizers.base import Optimizer


def pairs(owner: str, given: Iterable[Any]) -> tuple[list[Any], list[Weight]]:
    """Return the gradients and the weights of pairs (gradient, weight)."""
    listed = [tuple(pair) if isinstance(pair, (list, tuple)) else (pair,) for pair in given]
    for i, pair in enumerate(listed):
        if len(pair) != 2:
            raise ArgumentError(
                f"{owner}: `grads_and_vars` must hold pairs (gradient, weight); got"
                f" {type(pair[0]).__name__ if len(pair) == 1 else len(pair)} as number {i}. Use"
                " `zip(gradients, weights)`."
            )
    return [pair[0] for pair in listed], [pair[1] for pair in listed]


def apply(optimizer: "Optimizer", grads: Any, variables: Any) -> None:
    """Take a step by these gradients; see `Optimizer.apply`."""
    owner = type(optimizer).__name__
    if isinstance(grads, np.ndarray) or not isinstance(grads, Iterable):
        raise ArgumentError(
            f"{owner}: `grads` must be a list of arrays, one a weight; got {type(grads).__name__}."
        )
    gradients = list(grads)
    if not gradients:
        return
    present = _present(owner, gradients, _known(optimizer, variables))
    every = optimizer._order
    if not all(buffer.holds(weight) for buffer in optimizer._buffers for weight in buffer.weights):
        optimizer.build_buffers(gather(every), every)  # they were moved, by another optimizer say
    for weight, gradient in present.items():
        assert weight.gradient is not None  # a weight in a buffer has one
        weight.gradient[...] = gradient
    if len(present) == len(every):
        optimizer.step_buffers(optimizer._buffers)
    else:
        with held(weight for weight in present if weight.frozen is not None):
            by_weight.step(optimizer, present)
    for weight in present:
        if weight.constraint is not None:
            weight.array[...] = weight.constraint(weight.array)


def _present(owner: str, gradients: list[Any], known: list[Weight]) -> dict[Weight, Array]:
    """Return the gradients that are not None by weight, checked; warn where some are."""
    if len(gradients) != len(known):
        raise ArgumentError(
            f"{owner}: `grads` must hold one gradient a weight; got {len(gradients)} for"
            f" {len(known)} weights."
        )
    present = {
        weight: _checked(owner, weight, gradient)
        for weight, gradient in zip(known, gradients, strict=True)
        if gradient is not None
    }
    if not present:
        raise ArgumentError(f"{owner}: `grads` must hold at least one gradient; all are None.")
    missing = [weight.path for weight in known if weight not in present]
    if missing:
        warn(
            f"{owner}: `grads` has no gradients of {', '.join(missing)}. They stay as they are.",
        )
    return present


def _known(optimizer: "Optimizer", variables: Any) -> list[Weight]:
    """Return the weights that gradients are of, for which the optimizer is built."""
    owner = type(optimizer).__name__
    if variables is None:
        if not optimizer.built:
            raise NotBuiltError(
                f"{owner}: `trainable_variables` must be given to the first call. Give them, or"
                " call `build(variables)` first."
            )
        return list(optimizer._order)
    listed = options.weights(owner, "trainable_variables", variables)
    if not optimizer.built:
        optimizer.build(listed)
    for weight in listed:
        if not any(weight is each for each in optimizer._order):
            raise ArgumentError(
                f"{owner}: `trainable_variables` must be weights that the optimizer was built"
                f" with; got '{weight.path}'. Make a new optimizer for other weights."
            )
    return listed


def _checked(owner: str, weight: Weight, gradient: Any) -> Array:
    """Return a gradient as an array of the weight's shape."""
    try:
        array = np.asarray(gradient)
    except ValueError:  # lists of different lengths
        array = np.asarray(None)
    if array.dtype.kind not in "fiub":
        raise ArgumentError(
            f"{owner}: the gradient of '{weight.path}' must be an array of real numbers; got"
            f" {gradient!r:.60}."
        )
    if array.shape != weight.shape:
        raise ShapeError(
            f"{owner}: the gradient of '{weight.path}' must have shape {weight.shape}; got"
            f" {array.shape}."
        )
    return array
