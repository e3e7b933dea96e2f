"""The layers without a state in C: what they make of one timestep.

x, or x0, x1 …  what is read        y  (units,)  what is made
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from elman import layers
from elman._settings import EPSILON
from elman._typing import Array
from elman.formats.c.functions import OF_ARRAYS
from elman.formats.c.int8 import scale_axis
from elman.formats.c.products import Arrays, affine, each
from elman.formats.c.spelling import number
from elman.layers.unit_normalization import EPSILON as SHORTEST
from elman.models.stages import Stage


class Row:
    """A stage without a state while its C is written.

    Args:
        prefix: what the names of the model begin with.
        stage: the stage.
        arrays: where its weights go.
        widths: of what is read; None for a token.
        width: of what is made.

    Attributes:
        functions: those of `elman.formats.c.functions` that it calls.
        lines: the statements; None where there is no C for the layer.
    """

    def __init__(
        self, prefix: str, stage: Stage, arrays: Arrays, widths: Sequence[int | None], width: int
    ) -> None:
        self._prefix, self.arrays, self.width = prefix, arrays, width
        self.stage, self.widths = stage, widths
        self.layer: Any = stage.layer
        self.functions: set[str] = set()
        kind: Any = stage.kind if stage.layer is None else type(stage.layer)
        kind = "embedding" if stage.cast is not None else kind
        self.lines = BODIES[kind](self) if kind in BODIES else None

    def function(self, name: str) -> str:
        """Return what a function is called in C."""
        self.functions.add(name)
        return f"{self._prefix}_{name}"

    def over(self, statement: str) -> str:
        """Return a loop over what is made."""
        return each(self.width, statement)

    def activated(self) -> list[str]:
        """Return y = phi(y) in its place."""
        (name,) = map(str, self.stage.functions)
        if name in OF_ARRAYS:
            return [f"{self.function(name)}(y, {self.width});"]
        return [] if name == "linear" else [self.over(f"y[k] = {self.function(name)}(y[k]);")]

    def numbers(self, name: str, value: Any) -> str:
        """Keep one number a feature, and return the one at k."""
        spread = np.broadcast_to(np.asarray(value, np.float32).ravel(), (self.width,))
        return f"{self.arrays.floats(name, spread)}[k]"


def _dense(row: Row) -> list[str]:
    kernel, b = row.stage.kernel, row.stage.bias
    assert kernel is not None
    bias = "" if b is None else row.arrays.floats("bias", b)
    return [*affine("y", "x", row.arrays.matrix("kernel", kernel), bias), *row.activated()]


def _activation(row: Row) -> list[str]:
    return [row.over("y[k] = x[k];"), *row.activated()]


def _embedding(row: Row) -> list[str]:
    table = row.stage.kernel
    assert table is not None
    matrix = row.arrays.matrix("table", table, axis=scale_axis(row.stage))
    kind = "int8_t" if matrix.scale else "float"
    scale = f" * {matrix.scale}[x]" if matrix.scale else ""
    return [
        f"const {kind} *const vector = {matrix.name} + (size_t)x * {row.width};",
        row.over(f"y[k] = vector[k]{scale};"),
    ]


def _affine(row: Row, mean: Any, scale: Any, offset: Any) -> list[str]:
    """Return y = (x - mean) scale + offset, without what is None."""
    x = "x[k]" if mean is None else f"(x[k] - {row.numbers('mean', mean)})"
    more = "" if offset is None else f" + {row.numbers('offset', offset)}"
    return [row.over(f"y[k] = {x} * {row.numbers('scale', scale)}{more};")]


def _array(weight: Any) -> Array | None:
    return None if weight is None else weight.array


def _batch_normalization(row: Row) -> list[str]:
    at, gamma, beta = row.layer, _array(row.layer.gamma), _array(row.layer.beta)
    scale = 1 / np.sqrt(at.moving_variance.array + at.epsilon)
    return _affine(row, at.moving_mean.array, scale if gamma is None else scale * gamma, beta)


def _normalization(row: Row) -> list[str]:
    deviation = np.maximum(np.sqrt(row.layer.variance), EPSILON)
    if row.layer.invert:
        return _affine(row, None, deviation, row.layer.mean)
    return _affine(row, row.layer.mean, 1 / deviation, None)


def _rescaling(row: Row) -> list[str]:
    return _affine(row, None, row.layer.scale, row.layer.offset)


def _rowwise(row: Row, function: str, epsilon: float, scale: Any, offset: Any) -> list[str]:
    """Return y = f(x) scale + offset of an f of all features together."""
    factor = "" if scale is None else f" * {row.numbers('scale', scale)}"
    more = "" if offset is None else f" + {row.numbers('offset', offset)}"
    return [
        row.over("y[k] = x[k];"),
        f"{row.function(function)}(y, {row.width}, {number(epsilon)});",
        *([row.over(f"y[k] = y[k]{factor}{more};")] if factor or more else []),
    ]


def _layer_normalization(row: Row) -> list[str]:
    at = row.layer
    name = "deviation" if at.rms_scaling else "normalise"
    return _rowwise(row, name, at.epsilon, _array(at.gamma), _array(at.beta))


def _rms_normalization(row: Row) -> list[str]:
    return _rowwise(row, "rms", row.layer.epsilon, row.layer.scale.array, None)


def _unit_normalization(row: Row) -> list[str]:
    return _rowwise(row, "unit", SHORTEST, None, None)


def _leaky_relu(row: Row) -> list[str]:
    return [row.over(f"y[k] = x[k] > 0.0f ? x[k] : {number(row.layer.negative_slope)} * x[k];")]


def _prelu(row: Row) -> list[str]:
    alpha = row.numbers("alpha", row.layer.alpha.array)
    return [row.over(f"y[k] = x[k] > 0.0f ? x[k] : {alpha} * x[k];")]


def _elu(row: Row) -> list[str]:
    return [row.over(f"y[k] = x[k] > 0.0f ? x[k] : {number(row.layer.alpha)} * expm1f(x[k]);")]


def _relu(row: Row) -> list[str]:
    at, t, slope = row.layer, number(row.layer.threshold), number(row.layer.negative_slope)
    above = f"x[k] > {t} ? x[k] : 0.0f" if at.threshold else "x[k] < 0.0f ? 0.0f : x[k]"
    lines = [row.over(f"y[k] = {above};")]
    if at.max_value is not None:
        most = number(at.max_value)
        lines.append(row.over(f"y[k] = y[k] > {most} ? {most} : y[k];"))
    if at.negative_slope:
        lines.append(row.over(f"y[k] -= x[k] > {t} ? 0.0f : {slope} * ({t} - x[k]);"))
    return lines


def _folded(join: Callable[[str, str], str]) -> Callable[[Row], list[str]]:
    """Return what writes a merge of inputs, the first with the second, that with the third."""

    def lines(row: Row) -> list[str]:
        count = len(row.widths)
        terms = [f"x{i}[{'0' if n == 1 else 'k'}]" for i, n in enumerate(row.widths)]
        found = [row.over(f"y[k] = {terms[0]};")]
        found += [row.over(f"y[k] = {join('y[k]', term)};") for term in terms[1:]]
        if isinstance(row.layer, layers.Average):
            found.append(row.over(f"y[k] *= {number(1 / count)};"))
        return found

    return lines


def _concatenate(row: Row) -> list[str]:
    lines, first = [], 0
    for i, n in enumerate(row.widths):
        assert n is not None
        lines.append(each(n, f"y[{first} + k] = x{i}[k];"))
        first += n
    return lines


_sum = _folded(lambda y, x: f"{y} + {x}")
BODIES: dict[Any, Callable[[Row], list[str]]] = {
    "dense": _dense,
    "activation": _activation,
    "embedding": _embedding,
    layers.BatchNormalization: _batch_normalization,
    layers.LayerNormalization: _layer_normalization,
    layers.Normalization: _normalization,
    layers.RMSNormalization: _rms_normalization,
    layers.UnitNormalization: _unit_normalization,
    layers.Rescaling: _rescaling,
    layers.LeakyReLU: _leaky_relu,
    layers.PReLU: _prelu,
    layers.ELU: _elu,
    layers.ReLU: _relu,
    layers.Add: _sum,
    layers.Average: _sum,
    layers.Subtract: _folded(lambda y, x: f"{y} - {x}"),
    layers.Multiply: _folded(lambda y, x: f"{y} * {x}"),
    layers.Maximum: _folded(lambda y, x: f"{x} <= {y} || {y} != {y} ? {y} : {x}"),
    layers.Minimum: _folded(lambda y, x: f"{x} >= {y} || {y} != {y} ? {y} : {x}"),
    layers.Concatenate: _concatenate,
}
