"""In which order did Keras 2 keep what an optimizer remembers?

Keras 3, and elman        step, learning rate, m of a, v of a, m of b, v of b …
Keras 2.11 and later      step, m of a, v of a, m of b, v of b …
before                    step, m of a, m of b … v of a, v of b …   but Ftrl as later

Of Nadam, Keras 2 did not write down the product of its momenta. Here it is what the equations say
after so many steps; Keras 2 itself began again from 1.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from elman._typing import Array
from elman.errors import FormatError
from elman.models import Model
from elman.optimizers import Nadam

# The slots before Keras 2.11 by the name of elman's, in the order in which they were kept.
OLD = {
    "SGD": ("momentum",),
    "Adam": ("momentum", "velocity", "velocity_hat"),
    "Adamax": ("momentum", "norm"),
    "RMSprop": ("velocity", "momentum", "average_gradient"),
    "Adagrad": ("accumulator",),
    "Adadelta": ("accumulated_grad", "accumulated_delta_var"),
}
UNTIL = 10**6  # steps, after which a product of momenta is 0 however large they are


def are_old(optimizer: Any) -> bool:
    """Say whether an optimizer's configuration is one from before Keras 2.11.

    >>> are_old({"class_name": "Adam", "config": {"name": "Adam", "decay": 0.0}})
    True
    """
    settings = optimizer.get("config") if isinstance(optimizer, Mapping) else None
    return isinstance(settings, Mapping) and "weight_decay" not in settings


def in_order(source: str, model: Model, arrays: Sequence[Array], old: bool = False) -> list[Array]:
    """Return what an optimizer of Keras 2 kept in the order of elman's `Optimizer.variables`.

    Args:
        source: the file and the entry in it, for messages.
        model: compiled with that optimizer.
        arrays: as the file has them, the number of steps first.
        old: whether it is one from before Keras 2.11.

    Returns:
        Arrays, fewer than there are variables where the file has too few.

    Raises:
        FormatError: they do not begin with a number of steps.
    """
    if not arrays:
        return []
    optimizer = model.optimizer
    assert model.compiled is not None
    model.compiled.ready(model.trainable_weights)
    count = len(model.trainable_weights)
    steps, slots = arrays[0], list(arrays[1:])
    if steps.size != 1 or steps.dtype.kind not in "iu":
        raise FormatError(
            f"{source} must begin with the number of steps; got {steps.dtype} of shape "
            f"{steps.shape}."
        )
    names = [name for group in optimizer.slots for name in group]
    if old and type(optimizer).__name__ in OLD:
        slots = _by_weight(OLD[type(optimizer).__name__], optimizer.slots, slots, count)
    elif not names and len(slots) == count:
        slots = []  # SGD kept a momentum even where it had none
    first = [steps.astype(np.int64).reshape(())]
    if not callable(optimizer._learning_rate):
        first.append(np.asarray(optimizer.rate(), np.float32))
    if isinstance(optimizer, Nadam) and len(slots) == len(names) * count:
        slots.append(np.asarray(_momenta(optimizer, steps.item()), np.float32))
    return [*first, *slots]


def _by_weight(
    old: Sequence[str], groups: Sequence[Sequence[str]], slots: list[Array], count: int
) -> list[Array]:
    """Return slots that lie slot by slot in the order of groups, each weight by weight."""
    wanted = [slot for group in groups for slot in group]
    kept = [slot for slot in old if slot in wanted]
    if len(slots) < len(kept) * count:
        return slots  # of other weights, or of none
    places = {slot: i * count for i, slot in enumerate(kept)}
    return [
        slots[places[slot] + weight]
        for group in groups
        for weight in range(count)
        for slot in group
    ]


def _momenta(optimizer: Nadam, steps: int) -> float:
    """Return the product of the momenta of all steps, which Keras 2 did not write down."""
    decays = 0.96 ** np.arange(1, min(steps, UNTIL) + 1)
    return float(np.prod(optimizer.beta_1 * (1 - 0.5 * decays)))
