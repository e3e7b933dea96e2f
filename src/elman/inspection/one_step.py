"""What would one step of the optimizer do? Taken on copies; the model stays as it is."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from elman import initializers
from elman._typing import Array
from elman.models.steps import compiled
from elman.parameters import Weight

SEED = 0  # of the numbers of weights that are begun anew


def begun(model: Any) -> Any:
    """Return a model's optimizer as it was before the first step."""
    optimizer = compiled(model).optimizer
    plain = copy.copy(optimizer)
    plain._set_rate(1.0)  # a schedule of one's own may have no config, or not be registered
    twin = type(optimizer).from_config(plain.get_config())
    twin._set_rate(optimizer._learning_rate)
    return twin


def after(model: Any, dweights: Sequence[Array], *, anew: bool = False) -> list[Array]:
    """Return what the trainable weights would be after a step by these gradients.

    Args:
        model: the model, whose optimizer goes on from where it is, as a copy.
        dweights: a gradient a trainable weight.
        anew: whether this is to be its first step instead.
    """
    ours = model.trainable_weights
    copies = [Weight(weight.array.copy(), name=weight.name, path=weight.path) for weight in ours]
    optimizer, twin = compiled(model).optimizer, begun(model)
    twin.gradient_accumulation_steps = None
    for mine, weight in zip(copies, ours, strict=True):
        mine.frozen = weight.frozen
    twin.build(copies)
    if optimizer.built and not anew:
        known = twin.state()
        state = {name: value for name, value in optimizer.state().items() if name in known}
        if state.keys() == known.keys():
            twin.load_state(state)
    twin.apply([gradient.copy() for gradient in dweights])
    return [weight.array for weight in copies]


def weights_anew(model: Any) -> list[Array]:
    """Return numbers of the size that new ones have for the trainable weights."""
    draw = initializers.GlorotUniform(seed=SEED)
    return [
        draw(weight.shape, weight.dtype) if weight.array.ndim > 1 else weight.array.clip(-1, 1)
        for weight in model.trainable_weights
    ]


@contextmanager
def with_weights(model: Any, arrays: Sequence[Array]) -> Iterator[None]:
    """Let trainable weights be other ones meanwhile."""
    ours = model.trainable_weights
    before = [weight.numpy() for weight in ours]
    try:
        for weight, array in zip(ours, arrays, strict=True):
            weight.assign(array)
        yield
    finally:
        for weight, array in zip(ours, before, strict=True):
            weight.assign(array)


def ratio(new: Array, old: Array) -> float:
    """Return the size of a step beside that of the weight; 0 where that is zeros."""
    moved, size = (float(np.linalg.norm(a.astype(np.float64))) for a in (new - old, old))
    return moved / size if size else 0.0
