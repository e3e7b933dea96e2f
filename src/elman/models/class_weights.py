"""The argument `class_weight`: what each entry weighs by the class that it has."""

from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError
from elman.layers.parts.ragged import Ragged


def check(owner: str, table: Any, outputs: int) -> None:
    """Check the argument `class_weight` of a model with so many outputs."""
    if outputs > 1:
        raise ArgumentError(
            f"{owner}: `class_weight` must be left out for a model of several outputs; this one "
            f"has {outputs}. Give `sample_weight`, a list with one array an output."
        )
    whole, real = (int, np.integer), (int, float, np.integer, np.floating)
    if not isinstance(table, dict) or not all(
        isinstance(key, whole) and isinstance(value, real) and np.isfinite(value)
        for key, value in table.items()
    ):
        raise ArgumentError(
            f"{owner}: `class_weight` must be a dictionary from class, an integer, to weight, a "
            f"finite number; got {_check.shown(table)}."
        )


def weigh(owner: str, table: dict[int, float], y: Any, weights: Any, axes: int) -> Any:
    """Return the weight of each entry's class, times its own weight.

    Args:
        owner: the model's, for messages.
        table: class -> weight; a class that is missing weighs 1.
        y: labels; or one-hot, where it has as many axes as the output and more than one class;
            or None, where the output has no targets; or sequences of different lengths.
        weights: what the entries weigh by themselves, None for 1.
        axes: how many the output has.
    """
    if y is None:
        return weights
    if isinstance(y, Ragged):
        return Ragged([_of_one(owner, table, y, weights, axes, i) for i in range(len(y))])
    if y.ndim == axes and y.shape[-1] > 1:
        classes = y.argmax(axis=-1)
    else:
        classes = y[..., 0] if y.ndim == axes > 1 else y
    if not np.isfinite(classes).all():
        raise ArgumentError(
            f"{owner}: `y` must hold the class of every sample to weigh it with `class_weight`; "
            f"got {classes[~np.isfinite(classes)][0]}."
        )
    found = np.array([table.get(round(c), 1.0) for c in classes.ravel().tolist()], np.float32)
    found = found.reshape(classes.shape)
    if weights is None:
        return found
    return found * weights.reshape(weights.shape + (1,) * (found.ndim - weights.ndim))


def _of_one(
    owner: str, table: dict[int, float], y: Ragged, weights: Any, axes: int, index: int
) -> Array:
    """Return the weights of the steps of one sequence."""
    own = weights.samples[index][None] if isinstance(weights, Ragged) else weights
    if own is weights is not None:
        own = weights[index : index + 1]
    found: Array = weigh(owner, table, y.samples[index][None], own, axes)
    return found[0]
