"""The loss of embeddings: those of one label together, those of different labels apart.

    d_ij = max(1 - p_i . r_j, 0)                             distance of i from reference j
    s_ij =  gamma (1 + m - d_ij)+ (1 - m - d_ij)             j of another label than i, N_i
    s_ij = -gamma (m + d_ij) (m - d_ij)                      j of the label of i, P_i
    v_i  = log(1 + sum_N_i e^s_ij sum_P_i e^s_ij)            (B,)

    p  y_pred  (B, D), of length 1      r  the references, p itself by default
    m  margin                           ( )+  0 where negative

An embedding is not its own reference unless `remove_diagonal` is False. One that has no reference
of its label, or none of another, has the value 0 and does not count in the mean, as in Keras.
Embeddings that a mask leaves out are references of none, while Keras lets them be.

Source: Sun et al. 2020, "Circle Loss: A Unified Perspective of Pair Similarity Optimization".
"""

from typing import Any, NamedTuple

import numpy as np

from elman import _check
from elman._typing import Array, Mask
from elman.errors import ShapeError
from elman.losses.base import floating, spread
from elman.losses.coupled import CoupledLoss


class _Pairs(NamedTuple):
    """Embeddings and references, and the pairs of one label and of different ones, (B, R)."""

    p: Array
    r: Array
    same: Mask
    other: Mask


def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
    mask: Any = None,
) -> Array:
    """Return the circle loss of each embedding.

    Args:
        y_true: labels, (B,) or (B, 1).
        y_pred: embeddings of length 1, (B, D).
        ref_labels: labels of the references, (R,); `y_true` if None.
        ref_embeddings: references, (R, D); `y_pred` if None.
        remove_diagonal: whether embedding i is no reference of itself, nor reference i of it.
        gamma: how much a pair far off outweighs the others.
        margin: how far apart labels are to be.
        mask: True where an embedding counts, (B,).

    >>> circle([0, 0, 1], [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], gamma=1.0).round(4)
    array([0.5459, 0.5459, 0.    ])
    """
    pairs = _pairs(y_true, y_pred, ref_labels, ref_embeddings, remove_diagonal, mask)
    s, _ = _scores(pairs, gamma, margin)
    return np.logaddexp(0, _log_sum(s, pairs.same) + _log_sum(s, pairs.other))


def d_circle(
    dvalues: Array,
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
    mask: Any = None,
) -> Array:
    """Return dL/d(y_pred) given dL/d(values); through the references too where they are y_pred."""
    pairs = _pairs(y_true, y_pred, ref_labels, ref_embeddings, remove_diagonal, mask)
    s, ds = _scores(pairs, gamma, margin)
    same, other = _log_sum(s, pairs.same), _log_sum(s, pairs.other)
    dsum = np.asarray(dvalues, s.dtype) * np.exp(same + other - np.logaddexp(0, same + other))
    share = _share(s, pairs.same, same) + _share(s, pairs.other, other)
    ddot = -dsum[:, None] * share * ds  # d_ij falls as the product p_i . r_j grows
    dp = ddot @ pairs.r
    return dp + ddot.T @ pairs.p if ref_embeddings is None else dp


def _scores(pairs: _Pairs, gamma: float, margin: float) -> tuple[Array, Array]:
    """Return s, (B, R), and ds/dd, 0 where d is cut off at 0."""
    far = 1 - pairs.p @ pairs.r.T
    d = np.maximum(far, 0)
    room = np.maximum(1 + margin - d, 0)
    other, dother = room * (1 - margin - d), (d - 1 + margin) * (1 + margin >= d) - room
    s = gamma * np.where(pairs.same, d**2 - margin**2, other)
    return s, gamma * np.where(pairs.same, 2 * d, dother) * (far >= 0)


def _log_sum(s: Array, chosen: Mask) -> Array:
    """Return log(sum e^s) over the chosen pairs of a row, -inf where there are none."""
    some = chosen.any(axis=1)
    top = np.where(some, np.max(s, axis=1, where=chosen, initial=-np.inf), 0)
    total = np.sum(np.exp(np.where(chosen, s - top[:, None], -np.inf)), axis=1)
    return np.where(some, np.log(np.where(some, total, 1)) + top, -np.inf).astype(s.dtype)


def _share(s: Array, chosen: Mask, log_sum: Array) -> Array:
    """Return d(log_sum)/ds: softmax over the chosen pairs of a row."""
    some = np.isfinite(log_sum)
    return np.exp(np.where(chosen, s - np.where(some, log_sum, 0)[:, None], -np.inf))


def _pairs(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any,
    ref_embeddings: Any,
    remove_diagonal: bool,
    mask: Any,
) -> _Pairs:
    """Check and pair embeddings with references."""
    p = floating(y_pred)
    if p.ndim != 2:
        raise ShapeError(f"circle: `y_pred` must have shape (batch, features); got {p.shape}.")
    k = _labels("y_true", y_true, len(p))
    keep = np.ones(len(p), bool)
    if mask is not None:
        keep = spread("circle", "mask", mask, p.shape[:1]).astype(bool)
        p = np.where(keep[:, None], p, 0)
    r = p if ref_embeddings is None else np.asarray(ref_embeddings, p.dtype)
    if r.ndim != 2 or r.shape[1] != p.shape[1]:
        raise ShapeError(
            f"circle: `ref_embeddings` must have shape (references, {p.shape[1]}); got {r.shape}."
        )
    if (ref_labels is None) != (ref_embeddings is None):
        raise ShapeError("circle: `ref_labels` and `ref_embeddings` must be given together.")
    same = k[:, None] == (k if ref_labels is None else _labels("ref_labels", ref_labels, len(r)))
    there = keep[:, None] & (keep if ref_embeddings is None else np.ones(len(r), bool))
    different = ~same & there
    if remove_diagonal:
        same = same & (np.arange(len(p))[:, None] != np.arange(len(r)))
    return _Pairs(p, r, same & there, different)


def _labels(name: str, labels: Any, size: int) -> Array:
    """Return labels, (size,)."""
    k = np.asarray(labels)
    if k.shape not in ((size,), (size, 1)):
        raise ShapeError(f"circle: `{name}` must have shape ({size},); got {k.shape}.")
    return k.ravel()


class Circle(CoupledLoss):
    """The loss of embeddings, small where those of one label are together and others apart.

    >>> embeddings = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    >>> round(Circle(gamma=1.0)([0, 0, 1], embeddings), 4)
    0.5459
    """

    functions = (circle, d_circle)

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.gamma = _check.number("Circle", "gamma", gamma)
        self.margin = _check.number("Circle", "margin", margin, low=0)
        self.remove_diagonal = _check.flag("Circle", "remove_diagonal", remove_diagonal)

    def counted(self, values: Array, y_pred: Array, mask: Mask | None) -> Mask | None:
        """Return which embeddings have references of their label and of others."""
        return values > 0
