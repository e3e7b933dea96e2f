"""Where did the first number come up that is not finite?

In the order in which they are computed: inputs and targets, weights, what layers put out (of a
recurrent layer the first timestep, gates before states), the loss, and the gradients.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from elman._typing import Array, Mask
from elman.inspection.evidence import Evidence
from elman.inspection.layer_trace import LayerTrace
from elman.inspection.layers_by_name import at_top
from elman.models import carrying
from elman.models.batches import Batch

FAR = 1e3  # times the largest target, above which it is the outputs that are too large
AXES = {1: ("row",), 2: ("row", "feature"), 3: ("row", "timestep", "feature")}


class Place(NamedTuple):
    """Where it is: in which layer, a sentence, and what to do."""

    layer: str | None
    wrong: str
    fix: str


def first_not_finite(model: Any, batch: Batch | None = None) -> str:
    """Return where the first such number is, in sentences; nothing where there is none.

    Args:
        model: a compiled model.
        batch: what it was run on; without it the weights alone are looked at.
    """
    with np.errstate(all="ignore"), carrying.apart(model):
        found = _in_weights(model) if batch is None else places(Evidence(model, batch))
        place = next(iter(found), None)
    if place is None:
        return ""
    where = "" if place.layer is None else f"in '{place.layer}' "
    return f"The first value that is not finite: {where}{place.wrong} {place.fix}"


def places(evidence: Evidence) -> Iterator[Place]:
    """Yield where there are such numbers, the first one first; of layers the first alone."""
    known = [*_in_data(evidence), *_in_weights(evidence.model)]
    if known:
        yield from known
        return
    yield from list(_in_layers(evidence))[:1] or [*_in_loss(evidence)] or _in_gradients(evidence)


def _in_data(evidence: Evidence) -> Iterator[Place]:
    """Look at inputs, targets and weights of samples, but not where a mask hides them."""
    model, data = evidence.model, evidence.data
    fix = "Look where it comes from, and drop or fill in such samples."
    several = len(data.x) > 1
    masks: Sequence[Any] = data.masks or (None,) * len(data.x)
    for name, array, mask in zip(model.input_names, data.x, masks, strict=True):
        yield from _in_array(f"the input '{name}'" if several else "`x`", array, mask, fix)
    masks = _masks_of_targets(evidence, data)
    for name, y, w, mask in zip(model.output_names, data.y, data.weights, masks, strict=True):
        behind = f" of '{name}'" if len(data.y) > 1 else ""
        yield from _in_array(f"`y`{behind}", y, mask, fix)
        yield from _in_array(f"`sample_weight`{behind}", w, mask, fix)


def _masks_of_targets(evidence: Evidence, data: Batch) -> Sequence[Mask | None]:
    """Return which targets count: of the whole data as far as it is known without a pass."""
    given = evidence.given
    if len(given.inputs[0]) == len(data.x[0]):
        return list(given.judged_by(evidence.found.masks))
    return data.y_masks or (None,) * len(data.y)


def _in_array(
    what: str, array: Any, mask: Mask | None, fix: str, samples: Array | None = None
) -> Iterator[Place]:
    """Look at an array; where it is of some of the samples, `samples` says of which."""
    if array is None or array.dtype.kind != "f":
        return
    bad = ~np.isfinite(array)
    if mask is not None and mask.shape == bad.shape[:2]:
        bad &= mask.reshape(*mask.shape, *(1,) * (bad.ndim - 2))
    if bad.any():
        at = tuple(int(i) for i in np.unravel_index(bad.argmax(), bad.shape))
        value, at = array[at], at if samples is None else (int(samples[at[0]]), *at[1:])
        names = AXES.get(array.ndim, ()) or [f"axis {i}:" for i in range(array.ndim)]
        where = ", ".join(f"{name} {i}" for name, i in zip(names, at, strict=True))
        yield Place(
            None, f"{what} holds {value} at {where}, the first of {bad.sum()} such values.", fix
        )


def _in_weights(model: Any) -> Iterator[Place]:
    bad = [w for w in model.weights if not np.isfinite(w.array).all()]
    if bad:
        weight = bad[0]
        share = 1 - np.isfinite(weight.array).mean()
        yield Place(
            None,
            f"the weight '{weight.path}' holds {_value(weight.array)} ({share:.0%} of it); "
            f"{len(bad)} of {len(model.weights)} weights hold such values.",
            "A step of training has made them so: build the model anew, and train it with a "
            "smaller `learning_rate` or `clipnorm=1.0`.",
        )


def _in_layers(evidence: Evidence) -> Iterator[Place]:
    """Look at what layers put out, and inside those that are recurrent."""
    for layer, array, mask in evidence.activity:
        if array.dtype.kind != "f":
            continue
        inside = [
            each for name, each in evidence.trace.items()
            if at_top(name) == layer.name
        ]  # fmt: skip
        yield from (place for each in inside for place in _in_steps(each, evidence.chosen))
        yield from (
            place._replace(layer=layer.name)
            for place in _in_array("what it puts out", array, mask, _FIX, evidence.chosen)
        )


_FIX = (
    "Numbers grow too large on the way there: scale the inputs, use smaller weights or an "
    "activation that is bounded, such as tanh."
)


def _in_steps(traced: LayerTrace, samples: Array) -> Iterator[Place]:
    """Look at the gates and states of a layer, step by step."""
    found = []
    pre = {_of("pre-activation", name): a for name, a in traced.pre_activations.items()}
    gates = {_of("value", name): a for name, a in traced.gates.items()}
    states = {f"state {name}": a for name, a in traced.states.items()}
    for order, (what, array) in enumerate((pre | gates | states).items()):
        bad = ~np.isfinite(array) & traced.mask[:, :, None]
        if bad.any():
            steps = np.flatnonzero(bad.any(axis=(0, 2)))
            t = int(steps[-1] if traced.go_backwards else steps[0])
            row, unit = (int(i) for i in np.unravel_index(bad[:, t].argmax(), bad[:, t].shape))
            turn = -t if traced.go_backwards else t
            told = f"the {what} is {array[row, t, unit]}"
            found.append((turn, order, told, t, samples[row], unit))
    if found:
        _, _, what, t, row, unit = min(found)
        yield Place(traced.name, f"{what} at timestep {t}, row {row}, unit {unit}.", _FIX)


def _of(what: str, gate: str) -> str:
    """Return what to call a number of a gate, of which a plain cell has none."""
    return what if gate == "activation" else f"{what} of the {gate} gate"


def _in_loss(evidence: Evidence) -> Iterator[Place]:
    loss = evidence.found.loss
    if loss is not None and not np.isfinite(loss):
        most, told = _largest(evidence.found.outputs), _largest(evidence.given.y)
        yield Place(
            None,
            f"the loss is {loss}, though all outputs are finite (the largest is {most:.3g}).",
            _TOO_LARGE if most > FAR * max(told, 1.0) else _TARGETS,
        )


_TARGETS = "Scale the targets, and look whether the loss takes what the last layer puts out."
_TOO_LARGE = (
    "Outputs are far larger than the targets: the weights are too large. Build the model anew, and "
    "train it with a smaller `learning_rate` or `clipnorm=1.0`."
)


def _largest(arrays: Sequence[Array | None]) -> float:
    """Return the largest finite size there is in arrays; 0 where there is none."""
    known = [a[np.isfinite(a)] for a in arrays if a is not None and a.dtype.kind in "fiub"]
    return max((float(abs(a.astype(np.float64)).max(initial=0)) for a in known), default=0.0)


def _in_gradients(evidence: Evidence) -> Iterator[Place]:
    for name, traced in reversed(list(evidence.trace.items())):
        states = traced.gradients.states if hasattr(traced, "gradients") else {}
        for state, array in states.items():
            bad = ~np.isfinite(array)
            if bad.any():
                steps = np.flatnonzero(bad.any(axis=(0, 2)))
                t = int(steps[0] if traced.go_backwards else steps[-1])
                row = evidence.chosen[bad[:, t].any(axis=1).argmax()]
                yield Place(
                    name,
                    f"the loss is finite, but dL/d{state} is {_value(array)} at timestep {t}, "
                    f"row {row}, and from there back in time.",
                    "Gradients explode: set the optimizer's `clipnorm=1.0`, or use an LSTM or GRU.",
                )
                return
    for weight, array in zip(evidence.model.weights, evidence.found.dweights, strict=True):
        if not np.isfinite(array).all():
            yield Place(
                None,
                f"the loss is finite, but the gradient of '{weight.path}' holds {_value(array)}.",
                "Give the optimizer `clipnorm=1.0`, and look at the scale of inputs and targets.",
            )
            return


def _value(array: Array) -> Any:
    """Return the first number that is not finite."""
    return array[~np.isfinite(array)].ravel()[0]
