"""Are the gradients right? Backpropagation through time against central differences."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from elman import _check, _tree, losses
from elman._typing import Array, Mask
from elman.errors import ArgumentError
from elman.inspection.both_passes import RECORDING, check_layer
from elman.inspection.finite_difference import central_differences
from elman.inspection.in_float64 import in_float64
from elman.layers import Layer
from elman.layers.parts import arguments
from elman.models import Model
from elman.models.data import Adapter

# Central differences of L are off by some eps / step = 4e-11 of |L|, or of 1 where L is small
# because a model is sure: the roundings are of the size of its outputs then. Where gradients are
# so small that this would show, the difference is a share of this much instead.
RESOLUTION = 1e-3  # of the larger of 1 and |L|


class Row(NamedTuple):
    """How far the two gradients of one array are apart.

    Attributes:
        name: the weight's path, or "inputs[0]".
        shape: of the array.
        checked: how many of its entries were compared.
        difference: the largest difference, as a share of the array's largest gradient (or, where
            that is tiny, of what central differences can tell from zero).
        where: the index of it.
        analytic, numeric: the two gradients there.
    """

    name: str
    shape: tuple[int, ...]
    checked: int
    difference: float
    where: tuple[int, ...]
    analytic: float
    numeric: float


class GradientCheck(NamedTuple):
    """What `check_gradients` found.

    Attributes:
        rows: one an array, inputs first.
        tolerance: what every difference must stay below.
    """

    rows: list[Row]
    tolerance: float

    @property
    def worst(self) -> Row:
        """The array with the largest difference."""
        return max(self.rows, key=lambda row: row.difference)

    @property
    def passed(self) -> bool:
        """Whether every difference is below the tolerance."""
        return self.worst.difference < self.tolerance

    def __str__(self) -> str:
        width = max(len(row.name) for row in self.rows)
        lines = [
            f"{row.name:<{width}}  {row.shape!s:<14} {row.checked:>5} checked   "
            f"largest difference {row.difference:.1e} at {row.where}"
            for row in self.rows
        ]
        verdict = "gradients agree" if self.passed else "GRADIENTS DIFFER"
        worst = self.worst
        lines.append(
            f"{verdict}: worst {worst.difference:.1e} in {worst.name}, tolerance "
            f"{self.tolerance:.0e} (analytic {worst.analytic:.6g}, numeric {worst.numeric:.6g})"
        )
        return "\n".join(lines)


def check_gradients(
    model_or_layer: Layer, x: Any, y: Any = None, *, entries: int = 100, tolerance: float = 1e-6
) -> GradientCheck:
    """Compare the gradients of a model or layer with central differences.

    A copy in float64 is checked, without dropout; the model itself is not touched. Entries that are
    frozen are left out: their gradients are zero by decree. L is the loss
    that `compile` chose, or the mean squared error; without `y` it is the sum of the outputs, each
    weighted by a number of its own.

    Args:
        model_or_layer: a model, or a layer that has been called.
        x: inputs, as for a call.
        y: targets; None for the weighted sum.
        entries: how many entries of each array to compare; all, where there are fewer.
        tolerance: largest difference allowed, as a share of the array's largest gradient. At the
            kink of a relu the two disagree by nature; move `x` a little.

    Raises:
        ArgumentError: the layer has not been called yet, or an argument is out of range.
        ShapeError: `x` or `y` does not fit.

    >>> import elman, numpy as np
    >>> model = elman.Sequential([elman.Input((5, 2)), elman.layers.LSTM(3)])
    >>> elman.check_gradients(model, np.ones((4, 5, 2)), np.ones((4, 3))).passed
    True
    """
    check_layer("check_gradients", "model_or_layer", model_or_layer)
    model = model_or_layer
    if not model.built:
        raise ArgumentError(
            f"{model.owner}: the layer must be built before gradients are checked; it is not. "
            "Call it on data first, or `build(input_shape)`."
        )
    _check.integer(model.owner, "entries", entries)
    _check.number(model.owner, "tolerance", tolerance, low=0)
    if isinstance(model, Model):
        model.enter(x)  # by which a model with a `call` of its own is drawn
    copy = in_float64(model)
    arrays = [_float64(arguments.as_array(copy.owner, "x", leaf)) for leaf in _leaves(copy, x)]
    copy.check_shapes([array.shape for array in arrays])
    value_and_gradients = _loss(model, copy, arrays, y)
    _, dinputs, dweights = value_and_gradients()
    pairs: list[tuple[str, Array, Any, Mask | None]] = [
        (f"inputs[{i}]", a, dx, None)
        for i, (a, dx) in enumerate(zip(arrays, dinputs, strict=True))
        if a.dtype.kind == "f" and dx is not None
    ]
    pairs += [(w.path, w.array, dw, w.frozen) for w, dw in zip(copy.weights, dweights, strict=True)]
    generator = np.random.default_rng(0)
    rows = [
        _compare(
            name, array, gradient, frozen, lambda: value_and_gradients()[0], entries, generator
        )
        for name, array, gradient, frozen in pairs
        if frozen is None or not frozen.all()
    ]
    return GradientCheck(rows, tolerance)


def _loss(
    model: Layer, copy: Layer, arrays: list[Array], y: Any
) -> Callable[[], tuple[float, Any, Sequence[Array]]]:
    """Return a function that computes L and its gradients from the arrays as they are."""
    masks = (None,) * len(arrays)
    targets = None if y is None else _targets(model, y)
    weights: list[Array] = []

    def compute() -> tuple[float, Any, Sequence[Array]]:
        outputs, out_masks, tape = copy.run(tuple(arrays), masks, RECORDING)
        if targets is None:
            if not weights:
                generator = np.random.default_rng(0)
                weights.extend(generator.uniform(0.5, 1.5, output.shape) for output in outputs)
            value = sum(float((o * r).sum()) for o, r in zip(outputs, weights, strict=True))
            douts: list[Any] = weights
        else:
            value, douts = _losses(model, targets, outputs, out_masks)
        dinputs, dweights = copy.reverse(tape, tuple(douts))
        return value, dinputs, dweights

    return compute


def _losses(
    model: Layer, targets: Any, outputs: Any, masks: Any
) -> tuple[float, list[Array | None]]:
    """Return the weighted sum of the losses of all outputs, and their gradients."""
    compiled = getattr(model, "compiled", None)
    if compiled is None or compiled.loss is None:
        matched = [(losses.MeanSquaredError(), 1.0)] * len(outputs)
    else:
        matched = compiled.matched_losses()
    value, douts = 0.0, list[Array | None]()
    for (loss, factor), y, output, mask in zip(matched, targets, outputs, masks, strict=True):
        if loss is None:
            douts.append(None)
            continue
        part, dy = loss.value_and_gradient(y, output, mask=mask)
        value += factor * part
        douts.append(factor * dy)
    return value, douts


def _targets(model: Layer, y: Any) -> list[Any]:
    """Return the targets as one array an output."""
    if isinstance(model, Model):
        return Adapter(model).per_output("y", y)
    return [arguments.as_array(model.owner, "y", leaf) for leaf in _tree.flatten(y)]


def _compare(
    name: str,
    array: Array,
    gradient: Array,
    frozen: Mask | None,
    function: Callable[[], float],
    entries: int,
    generator: "np.random.Generator",
) -> Row:
    """Return where the two gradients of one array differ most."""
    chosen = np.arange(array.size) if frozen is None else np.flatnonzero(~frozen)
    if len(chosen) > entries:
        chosen = np.sort(generator.choice(chosen, entries, replace=False))
    indices = [tuple(int(i) for i in np.unravel_index(k, array.shape)) for k in chosen]
    numeric = np.array(central_differences(function, array, indices))
    analytic = np.array([gradient[index] for index in indices])
    largest = max(float(np.abs(g).max(initial=0)) for g in (gradient, numeric))
    scale = max(largest, RESOLUTION * max(1.0, abs(function())))
    apart = np.abs(analytic - numeric) / scale
    apart = np.where(np.isnan(apart), np.inf, apart)  # what is not a number does not agree
    k = int(apart.argmax())
    return Row(
        name, array.shape, len(indices), float(apart[k]), indices[k],
        float(analytic[k]), float(numeric[k]),
    )  # fmt: skip


def _leaves(copy: Layer, x: Any) -> list[Any]:
    return list(copy.enter(x)) if isinstance(copy, Model) else _tree.flatten(x)


def _float64(array: Array) -> Array:
    """Return an array that can be changed by a small step; indices are left as they are."""
    return array.copy() if array.dtype.kind in "ub" else np.array(array, np.float64, order="C")
