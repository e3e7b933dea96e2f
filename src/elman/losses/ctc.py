"""The loss of sequences without alignment: labels whose timesteps nobody has marked.

A path names a class at each timestep, 0 for blank. Reading a path drops repetitions, then blanks:
`a a 0 a b` reads `a a b`. The loss is minus the log probability that a path reads the target:

    z       blank, k_1, blank, k_2, … , k_L, blank                the extended target, (B, S)
    alpha_t(s) = e_t(s) + log sum exp of alpha_{t-1}(s), alpha_{t-1}(s-1), and alpha_{t-1}(s-2)
                 where z_s is no blank and differs from z_{s-2}   all beginnings that end in s at t
    beta_t(s)  = the same from the end, without e_t               all ends that follow s at t
    v     = -log P = -log sum exp of alpha_T(S - 1), alpha_T(S - 2)
    da_tc = softmax(a_t)_c - sum_{s: z_s = c} exp(alpha_t(s) + beta_t(s) - log P)

    a   y_pred, logits  (B, T, C)      e_t(s)  log softmax(a_t) at z_s  (T, B, S)      S = 2 L + 1
    k   y_true, labels  (B, L)         L       labels; the 0s behind a shorter target are padding

One step of the loop serves all samples and all s, so that time and memory grow with T B S.
Everything is computed in float64: log probabilities of long sequences are large numbers.

Source: Graves et al. 2006, "Connectionist Temporal Classification".
"""

from typing import Any, NamedTuple

import numpy as np

from elman._typing import Array, Mask
from elman.activations import log_softmax
from elman.errors import ArgumentError, ShapeError
from elman.losses.base import floating, spread
from elman.losses.coupled import CoupledLoss

BLANK = 0


class _Case(NamedTuple):
    """Logits and extended targets, checked.

    Attributes:
        logits: (B, T, C) in float64, the steps that count first and those that do not 0.
        order: where each of these steps stood, (B, T).
        steps: how many count, (B,).
        z: extended targets, (B, S).
        last: the last state, a blank, of each, (B,).
        skip: whether state s may follow state s - 2, (B, S).
    """

    logits: Array
    order: Array
    steps: Array
    z: Array
    last: Array
    skip: Mask


def ctc(y_true: Any, y_pred: Any, mask: Any = None) -> Array:
    """Return minus the log probability that each sequence reads its labels.

    Args:
        y_true: labels from 1 to C - 1, padded with 0 at the end, (B, L).
        y_pred: logits, (B, T, C); class 0 is blank.
        mask: True where a timestep counts, (B, T). Keras's loss takes all of them.

    Raises:
        ShapeError: an array has other axes.
        ArgumentError: a label is out of range or behind padding, or a target has more labels than
            its timesteps can hold: one a label, and a blank between two that are equal.

    >>> ctc([[1]], [[[0.0, 0.0], [0.0, 0.0]]]).round(4)  # 3 of 4 paths read 1: 0 1, 1 0, 1 1
    array([0.2877])
    """
    case = _prepare(y_true, y_pred, mask)
    values = -_log_p(_forward(_emissions(case), case), case)
    return np.where(case.steps > 0, values, 0).astype(floating(y_pred).dtype)


def d_ctc(dvalues: Array, y_true: Any, y_pred: Any, mask: Any = None) -> Array:
    """Return dL/d(y_pred) given dL/d(values)."""
    case = _prepare(y_true, y_pred, mask)
    log_q = log_softmax(case.logits)
    e = _emissions(case)
    alpha = _forward(e, case)
    log_path = alpha + _backward(e, case) - _log_p(alpha, case)[:, None]  # (T, B, S)
    there = np.arange(len(e))[:, None] < case.steps  # (T, B)
    gamma = np.exp(np.where(there[..., None], log_path, -np.inf))
    da = np.exp(log_q) - _by_class(gamma, case)  # (B, T, C)
    da *= there.T[..., None] * np.asarray(dvalues, float)[:, None, None]
    dp = np.empty_like(da)
    np.put_along_axis(dp, case.order[..., None], da, axis=1)
    return dp.astype(floating(y_pred).dtype)


def _emissions(case: _Case) -> Array:
    """Return e, the log probability of each state's class at each step, (T, B, S)."""
    log_q = log_softmax(case.logits)
    return np.take_along_axis(log_q, case.z[:, None, :], axis=2).transpose(1, 0, 2)


def _forward(e: Array, case: _Case) -> Array:
    """Return alpha, (T, B, S), which stays as it is after the last step that counts."""
    alpha = np.full_like(e, -np.inf)
    alpha[0, :, :2] = e[0, :, :2]  # a path begins with a blank or the first label
    for t in range(1, len(e)):
        a = alpha[t - 1]
        reached = np.logaddexp(a, _shifted(a, 1))
        reached = np.logaddexp(reached, np.where(case.skip, _shifted(a, 2), -np.inf))
        alpha[t] = np.where((t < case.steps)[:, None], reached + e[t], a)
    return alpha


def _backward(e: Array, case: _Case) -> Array:
    """Return beta, (T, B, S), which is that of the last step after it."""
    end = case.last[:, None] - np.arange(case.z.shape[1])
    final = np.where((end == 0) | (end == 1), 0.0, -np.inf)  # at the last blank or label
    beta = np.broadcast_to(final, e.shape).copy()
    for t in range(len(e) - 1, 0, -1):
        b = beta[t] + e[t]
        skipped = _shifted(np.where(case.skip, b, -np.inf), -2)
        reached = np.logaddexp(np.logaddexp(b, _shifted(b, -1)), skipped)
        beta[t - 1] = np.where((t < case.steps)[:, None], reached, final)
    return beta


def _log_p(alpha: Array, case: _Case) -> Array:
    """Return log P, (B,), from the last alpha: a path ends in the last blank or label."""
    rows = np.arange(len(case.last))
    label = alpha[-1, rows, case.last - 1]  # state -1 where there is no label
    return np.logaddexp(alpha[-1, rows, case.last], np.where(case.last > 0, label, -np.inf))


def _shifted(a: Array, by: int) -> Array:
    """Return states moved up by so many places, or down, -inf coming in."""
    moved = np.full_like(a, -np.inf)
    if by > 0:
        moved[:, by:] = a[:, :-by]
    else:
        moved[:, :by] = a[:, -by:]
    return moved


def _by_class(gamma: Array, case: _Case) -> Array:
    """Return the sum of gamma, (T, B, S), over the states of each class, (B, T, C)."""
    batch, steps, classes = case.logits.shape
    first = (np.arange(batch)[:, None] * steps + np.arange(steps)) * classes  # (B, T)
    place = first[..., None] + case.z[:, None, :]  # (B, T, S)
    total = np.bincount(
        place.ravel(), gamma.transpose(1, 0, 2).ravel(), minlength=batch * steps * classes
    )
    return total.reshape(batch, steps, classes)


def _prepare(y_true: Any, y_pred: Any, mask: Any) -> _Case:
    """Check labels and logits, extend the targets, and move the steps that count to the front."""
    p = floating(y_pred)
    if p.ndim != 3 or not p.size:
        raise ShapeError(
            f"ctc: `y_pred` must have shape (batch, timesteps, classes); got {p.shape}."
        )
    k, length = _labels(np.asarray(y_true), p.shape)
    keep = np.ones(p.shape[:2], bool)
    if mask is not None:
        keep = spread("ctc", "mask", mask, p.shape[:2]).astype(bool)
    order = np.argsort(~keep, axis=1, kind="stable")
    counting = np.where(keep[..., None], p, 0).astype(float)
    logits = np.take_along_axis(counting, order[..., None], axis=1)
    z = np.full((len(k), 2 * k.shape[1] + 1), BLANK)
    z[:, 1::2] = k
    skip = np.zeros(z.shape, bool)
    skip[:, 3::2] = k[:, 1:] != k[:, :-1]
    steps = keep.sum(axis=1)
    equal = (k[:, 1:] == k[:, :-1]) & (k[:, 1:] != BLANK)
    _check_room(length + equal.sum(axis=1), steps)
    return _Case(logits, order, steps, z, 2 * length, skip)


def _labels(k: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Return labels, (B, L), and how many there are in each target, (B,)."""
    if k.ndim != 2 or len(k) != shape[0]:
        raise ShapeError(
            f"ctc: `y_true` must have shape (batch={shape[0]}, labels); got {k.shape}."
        )
    wrong = ~((k >= 0) & (k < shape[2]) & (k == np.floor(k)))
    if wrong.any():
        raise ArgumentError(
            f"ctc: `y_true` must hold whole numbers from 1 to {shape[2] - 1}, as `y_pred` has"
            f" {shape[2]} classes, padded with 0; got {k[wrong][0]:g}."
        )
    k = k.astype(np.intp)
    length = np.count_nonzero(k, axis=1)
    behind = (k != BLANK) & (np.arange(k.shape[1]) >= length[:, None])
    if behind.any():
        row = int(np.argmax(behind.any(axis=1)))
        raise ArgumentError(
            "ctc: `y_true` must have its padding, 0, behind the labels; got"
            f" {k[row].tolist()}. 0 is the blank, and no label."
        )
    return k, length


def _check_room(needed: Array, steps: Array) -> None:
    """Check that each target fits into its timesteps; one without any does not count."""
    short = (needed > steps) & (steps > 0)
    if short.any():
        row = int(np.argmax(short))
        raise ArgumentError(
            f"ctc: `y_true` must fit into the timesteps; got labels in row {row} that take"
            f" {needed[row]} steps, and {steps[row]} steps. Leave such rows out."
        )


class CTC(CoupledLoss):
    """Minus the log probability that logits read as labels, whatever the alignment.

    Targets are labels from 1, (batch, labels), padded with 0; predictions are logits, (batch,
    timesteps, classes), class 0 a blank. A mask says which timesteps of a sequence count.

    >>> round(CTC()([[1]], [[[0.0, 0.0], [0.0, 0.0]]]), 4)
    0.2877
    """

    functions = (ctc, d_ctc)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "ctc",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def counted(self, values: Array, y_pred: Array, mask: Mask | None) -> Mask | None:
        """Return which sequences have a step that counts."""
        return None if mask is None else np.asarray(mask.any(axis=1))
