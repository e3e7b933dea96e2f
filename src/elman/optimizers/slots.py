"""What an optimizer keeps for each weight: made, found, named, saved and given back.

The slots of a buffer are flat arrays of its size. A weight's own slot is the part where the weight
lies, in the weight's shape, or in its beginning where the rule keeps a smaller one.

In the order of Keras's `variables`: the number of batches, the learning rate, the averages of the
weights, the gradients gathered so far, the rule's own slots, and what it keeps beside them.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError, NotBuiltError, ShapeError
from elman.parameters import Buffer, Weight

if TYPE_CHECKING:
    from elman.optimizers.base import Optimizer

AVERAGE, GATHERED = "average", "gradient_accumulator"  # Keras's names


class Slot(NamedTuple):
    """A weight's part of a slot: a view of the shape in which it is saved."""

    name: str
    weight: Weight
    view: Array


def groups(optimizer: "Optimizer") -> tuple[tuple[str, ...], ...]:
    """Return the names of all slots, those of the options first."""
    average = ((AVERAGE,),) if optimizer.use_ema else ()
    gathered = ((GATHERED,),) if optimizer.gradient_accumulation_steps else ()
    return (*average, *gathered, *optimizer.slots)


def names(optimizer: "Optimizer") -> list[str]:
    """Return the names of the rule's own slots."""
    return [name for group in optimizer.slots for name in group]


def make(
    optimizer: "Optimizer", buffer: Buffer, kept: dict[Weight, dict[str, Array]]
) -> dict[str, Array]:
    """Return the slots of a buffer, with what was kept for its weights, which leaves `kept`."""
    slots = {
        name: np.full_like(buffer.values, optimizer.initial(name))
        for group in groups(optimizer)
        for name in group
    }
    if optimizer._iterations and AVERAGE in slots:
        slots[AVERAGE][...] = buffer.values  # of a weight that comes later
    for weight, part in zip(buffer.weights, buffer.slices, strict=True):
        for name, array in kept.pop(weight, {}).items():
            slots[name][part] = array
    return slots


def build(optimizer: "Optimizer", buffers: Sequence[Buffer], order: Sequence[Weight]) -> None:
    """Make the slots of these buffers; see `Optimizer.build_buffers`."""
    kept = optimizer._kept | {
        weight: {name: array[part].copy() for name, array in slots.items()}
        for buffer, slots in zip(optimizer._buffers, optimizer._slots, strict=True)
        for weight, part in zip(buffer.weights, buffer.slices, strict=True)
    }
    weights = [weight for buffer in buffers for weight in buffer.weights]
    if kept and weights and not any(weight in kept for weight in weights):
        raise ArgumentError(
            f"{type(optimizer).__name__}: an optimizer must stay with one model; got weights that"
            f" it has never seen, such as '{weights[0].path}'. Compile with a new optimizer."
        )
    optimizer._slots = [make(optimizer, buffer, kept) for buffer in buffers]
    optimizer._kept = kept
    optimizer._buffers, optimizer._order = tuple(buffers), tuple(order or weights)
    optimizer._frozen = [weight for weight in weights if weight.frozen is not None]
    optimizer._work, optimizer._updates = [], []


def kept(optimizer: "Optimizer", weight: Weight) -> dict[str, Array]:
    """Return the slots of a weight that went away, because it was frozen; flat, by name."""
    return optimizer._kept.get(weight, {})


def keep(optimizer: "Optimizer", weight: Weight, name: str, array: Array) -> None:
    """Keep a slot of a weight for when it comes back."""
    optimizer._kept.setdefault(weight, {})[name] = array


def scratch(optimizer: "Optimizer") -> list[tuple[Array, ...]]:
    """Return three arrays of each buffer's size, made when they are first needed."""
    if not optimizer._work:
        buffers = optimizer._buffers
        optimizer._work = [tuple(np.empty_like(b.values) for _ in range(3)) for b in buffers]
    return optimizer._work


def shaped(optimizer: "Optimizer", name: str, weight: Weight, part: Array) -> Array | None:
    """Return a weight's part of a slot in the slot's shape, None where the rule keeps none."""
    rule_s = name not in (AVERAGE, GATHERED)
    shape = optimizer.slot_shape(name, weight) if rule_s else weight.shape
    return None if shape is None else part[: math.prod(shape)].reshape(shape)


def each(optimizer: "Optimizer") -> Iterator[Slot]:
    """Give every slot of every weight, in Keras's order."""
    places = {
        weight: (part, slots)
        for buffer, slots in zip(optimizer._buffers, optimizer._slots, strict=True)
        for weight, part in zip(buffer.weights, buffer.slices, strict=True)
    }
    for group in groups(optimizer):
        for weight in optimizer._order:
            part, slots = places[weight]
            for name in group:
                view = shaped(optimizer, name, weight, slots[name][part])
                if view is not None:
                    yield Slot(name, weight, view)


def views(optimizer: "Optimizer") -> dict[str, Array]:
    """Return every slot under "slot/path of the weight"."""
    found: dict[str, Array] = {}
    for slot in each(optimizer):
        name = f"{slot.name}/{slot.weight.path}"
        while name in found:  # weights of two models in one may have the same path
            name += "'"
        found[name] = slot.view
    return found


def numbers(optimizer: "Optimizer") -> dict[str, Array]:
    """Return what is kept for no weight: the counters, and what the rule keeps beside its slots."""
    found: dict[str, Array] = {"iterations": np.array(optimizer._batches(), np.int64)}
    if not callable(optimizer._learning_rate):
        found["learning_rate"] = np.array(optimizer.rate())
    return found | optimizer.extra_state()


def load_numbers(optimizer: "Optimizer", given: Mapping[str, Array]) -> None:
    """Take over what `numbers` returned."""
    steps = optimizer.gradient_accumulation_steps or 1
    optimizer.iterations, optimizer._pending = divmod(int(given["iterations"]), steps)
    if "learning_rate" in given:
        optimizer.learning_rate = float(given["learning_rate"])
    optimizer.load_extra_state(given)


def state(optimizer: "Optimizer") -> dict[str, Array]:
    """Return copies of all that a checkpoint must hold, by name; see `Optimizer.state`."""
    kept = {name: view.copy() for name, view in views(optimizer).items()}
    found, last = numbers(optimizer), optimizer.extra_state()
    return {name: found[name] for name in found if name not in last} | kept | last


def load(optimizer: "Optimizer", given: Mapping[str, Array]) -> None:
    """Take over what `state` returned; see `Optimizer.load_state`."""
    owner, found, known = type(optimizer).__name__, views(optimizer), state(optimizer)
    if not optimizer.built:
        raise NotBuiltError(
            f"{owner}: slots must be made before `load_state`; there are none. Call "
            "`build(variables)` first."
        )
    for name in [*known, *given]:
        if name not in given or name not in known:
            what = "missing" if name in known else "unknown"
            raise ArgumentError(
                f"{owner}: `state` must hold exactly this optimizer's arrays; got {name!r} {what}."
            )
    for name, array in known.items():
        if np.shape(given[name]) != array.shape:
            raise ShapeError(
                f"{owner}: `state` must hold {name!r} of shape {array.shape}; got"
                f" {np.shape(given[name])}."
            )
    for name, view in found.items():
        view[...] = given[name]
    load_numbers(optimizer, {name: given[name] for name in numbers(optimizer)})


def averages(optimizer: "Optimizer", weights: Sequence[Any]) -> list[Array]:
    """Return the averages of these weights, of an optimizer that keeps such."""
    found = {slot.weight: slot.view for slot in each(optimizer) if slot.name == AVERAGE}
    for weight in weights:
        if weight not in found:
            raise ArgumentError(
                f"{type(optimizer).__name__}: `var_list` must hold weights that the optimizer has"
                f" averages of; got {_check.shown(weight)}."
            )
    return [found[weight] for weight in weights]
