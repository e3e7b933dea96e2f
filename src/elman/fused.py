"""What a training step does beside the recurrent passes, compiled: each a single pass over memory.

The equations stand in NumPy where they belong, in `elman.optimizers`, `elman.losses` and
`elman.layers`. They are the reference, and they run where the compiled kernels do not, or do not
have what is asked for; a function here then returns None.
"""

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from elman import activations, kernels
from elman._typing import Array, Function, Mask

with contextlib.suppress(ImportError):  # `kernels.status` says why they are not there
    from elman import _native

if TYPE_CHECKING:
    from elman._native import Update as Update

RULES = (  # the order in native/optimizers.hpp
    "sgd", "rmsprop", "adam", "adamax", "nadam", "adagrad", "adadelta", "lion",
)  # fmt: skip
LOSSES = (  # the order in native/losses.hpp
    "mean_squared_error", "mean_absolute_error", "huber",
    "binary_crossentropy_from_logits", "binary_crossentropy",
    "sparse_categorical_crossentropy_from_logits", "sparse_categorical_crossentropy",
    "categorical_crossentropy_from_logits", "categorical_crossentropy",
)  # fmt: skip

# Multiply-adds that take as long as to fill in a value, to draw a normal number and to choose
FILLING, NORMAL, CHOICE = 16, 32, 16


class Rows(NamedTuple):
    """The targets of a loss, checked against the predictions.

    Attributes:
        loss: one of `LOSSES`.
        y: targets of the shape of the predictions (…, F); None where there are labels.
        labels: whole numbers (…); None where there are targets.
        delta: that of `huber`.
    """

    loss: str
    y: Array | None
    labels: Array | None = None
    delta: float = 1.0


def runs(*dtypes: "np.dtype[Any]") -> bool:
    """Say whether the compiled functions run, and have these dtypes."""
    for dtype in dtypes:
        if dtype.char not in "fd":
            return False
    return kernels.status().implementation != "reference"


def update(rule: str, w: Array, g: Array, slots: Mapping[str, Array]) -> "Update":
    """Return an optimizer's step over arrays of one size, to be taken many times."""
    return _native.Update(RULES.index(rule), w, g, list(slots.values()))


def loss_and_gradient(
    rows: Rows, p: Array, weights: Array | None, keep: Mask | None, divisor: float
) -> tuple[float, Array]:
    """Return sum_e w_e v_e of a loss's entries e, and the gradient of that sum over the divisor.

    Args:
        rows: the loss and its targets.
        p: predictions, (…, F).
        weights: w, (…), None for 1.
        keep: which entries count, (…), None for all.
        divisor: what the sum is divided by.
    """
    p = kernels.contiguous(p)
    dp = np.empty_like(p)
    loss, y, labels, delta = rows
    total = _native.losses(
        LOSSES.index(loss),
        p,
        None if y is None else kernels.contiguous(y),
        None if labels is None else kernels.contiguous(np.asarray(labels, np.int64)),
        None if weights is None else kernels.contiguous(weights),
        None if keep is None else kernels.contiguous(keep).view(np.uint8),
        divisor,
        delta,
        dp,
        kernels.get_num_threads(),
    )
    return total, dp


def activate(f: Function, a: Array) -> Array:
    """Return f(a) of an activation f, of which softmax is compiled."""
    if f is not activations.softmax or not runs(a.dtype):
        return activations.apply(f, a)
    a = kernels.contiguous(a)
    y = np.empty_like(a)
    _native.softmax(a, y, kernels.get_num_threads())
    return y


def derive(f: Function, dy: Array, a: Array, y: Array) -> Array:
    """Return dL/da of y = f(a)."""
    if f is not activations.softmax or not runs(y.dtype) or dy.dtype != y.dtype:
        return activations.derivative(f)(dy, a, y)
    dx = np.empty(y.shape, y.dtype)
    dy, y = kernels.contiguous(dy), kernels.contiguous(y)
    _native.dsoftmax(dy, y, dx, kernels.get_num_threads())
    return dx


def scatter_add(table: Array, indices: Array, rows: Array) -> None:
    """Add row i, (width,), to the row of the table that index i names, in the order of i."""
    _native.scatter(
        kernels.contiguous(np.asarray(indices, np.int64)),
        kernels.contiguous(rows),
        table,
        kernels.get_num_threads(),
    )


def find_mask(x: Array, value: float) -> Mask | None:
    """Return whether any feature of x (…, features) is not `value`, as `Masking` asks."""
    if not runs(x.dtype):
        return None
    keep = np.empty(x.shape[:-1], bool)
    _native.find_mask(kernels.contiguous(x), value, keep)
    return keep


def apply_mask(x: Array, keep: Mask) -> Array | None:
    """Return x (…, features) where the mask is True, and zeros elsewhere."""
    if not runs(x.dtype):
        return None
    y = np.empty(x.shape, x.dtype)
    _native.apply_mask(kernels.contiguous(x), kernels.contiguous(keep), y)
    return y


def fill(
    x: Array, times: Array, start: Array, taken: Mask, mean: Array, w: Array, b: Array
) -> tuple[Array, Array, Array, Array]:
    """Return what a GRU-D reads in place of missing values; see `imputation.fill`."""
    B, T, F = x.shape
    inputs = np.empty((B, T, 2 * F), x.dtype)
    apart, d, g = (np.empty((B, T, F), x.dtype) for _ in range(3))
    given = [kernels.contiguous(array) for array in (x, times, start, taken, mean, w, b)]
    _native.fill(kernels.threads_worth(FILLING * x.size), given, (inputs, apart, d, g))
    return inputs, apart, d, g


def dfill(
    dinputs: Array, dd: Array | None, taken: Mask, filled: tuple[Array, ...], w: Array, b: Array
) -> tuple[Array, Array | None, Array | None, Array | None]:
    """Return the gradients of `fill`; see `imputation.dfill`."""
    d, dd = filled[2], None if dd is None else dd.copy()
    dr = np.empty(d.shape, d.dtype)
    dx, dstart = (None, None) if dd is None else (np.empty_like(dr), np.empty_like(dr[:, 0]))
    given = [kernels.contiguous(array) for array in (dinputs, *filled, taken, w, b)]
    _native.dfill(kernels.threads_worth(FILLING * d.size), given, (dr, dx, dd, dstart))
    return dr, dx, dd, dstart


def normal(key: int, deviation: Array, out: Array, first: int = 0) -> None:
    """Fill an array of float32 with normal numbers by their places; see `draws.normal`.

    Args:
        key: of 64 bits.
        deviation: one, or as many as the last axis is long.
        out: the array, or a part of it.
        first: the place of its first entry, a multiple of 8192.
    """
    threads = kernels.threads_worth(NORMAL * out.size)
    _native.normal(key, kernels.contiguous(deviation), first, out, threads)


def choose(
    key: int, threshold: int, values: tuple[float, float], out: Array, first: int = 0
) -> None:
    """Fill an array with one of two values each; see `draws.choose`, and `normal`."""
    threads = kernels.threads_worth(CHOICE * out.size)
    _native.choose(key, threshold, *values, first, out, threads)
