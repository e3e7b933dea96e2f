"""What a GRU-D reads in place of values that are missing, and how far its state still holds.

    m_t                                    1 where a value was observed at step t, else 0
    last_t = value of the last observation before t      mean before the first
    d_t    = s_t - time of that observation               since the first step before the first
    g_t    = exp(-max(0, w * d_t + b))                    how far a value still holds
    gamma_t = exp(-max(0, d_t V + c))                     how far the state does
    xhat_t = m x + (1 - m) (g last + (1 - g) mean)        an old value decays to the mean

    x, m, last, d, g, xhat  (B, T, F)     w, b  (F,)     B  batch      F  features
    s  times                (B, T)        V     (F, U)   T  timesteps  U  units
    gamma                   (B, T, U)     c     (U,)

Source: Z. Che et al., "Recurrent neural networks for multivariate time series with missing values",
Scientific Reports 8 (2018).
"""

from typing import NamedTuple

import numpy as np

from elman import fused
from elman._typing import Array, Mask


def carried(values: Array, observed: Mask, start: Array) -> Array:
    """Return what was observed last before each step, (B, T, F); `start` (B, F) before that."""
    last = np.empty(values.shape, values.dtype)
    for t in range(values.shape[1]):
        last[:, t] = start
        start = np.where(observed[:, t], values[:, t], start)
    return last


def dcarried(dlast: Array, observed: Mask) -> tuple[Array, Array]:
    """Return dvalues and dstart: a value is read at all steps until the next one is observed."""
    dvalues, dstart = np.empty_like(dlast), np.zeros_like(dlast[:, 0])
    for t in reversed(range(dlast.shape[1])):
        dvalues[:, t] = np.where(observed[:, t], dstart, 0)
        dstart = np.where(observed[:, t], 0, dstart) + dlast[:, t]
    return dvalues, dstart


class Decay(NamedTuple):
    """The weights of both decays: w, b, V and c."""

    w: Array
    b: Array
    V: Array
    c: Array


class Filled(NamedTuple):
    """What stands in for values, and what the way back reads."""

    inputs: Array  # xhat beside m, (B, T, 2F)
    apart: Array  # last - mean, (B, T, F)
    d: Array  # (B, T, F)
    g: Array  # (B, T, F)


class Kept(NamedTuple):
    """What `dimpute` reads; `first` is the step that times count from, (B,)."""

    filled: Filled
    taken: Mask
    first: Array
    r_h: Array  # max(0, d V + c), of which gamma = exp(-r_h)
    gamma: Array


# ---------------------------------------------------------------------- the values


def fill(x: Array, times: Array, start: Array, taken: Mask, mean: Array, decay: Decay) -> Filled:
    """Return xhat, m and what they are made of; `start` (B,) is the time that times count from."""
    if fused.runs(x.dtype):
        return Filled(*fused.fill(x, times, start, taken, mean, decay.w, decay.b))
    observed = ~np.isnan(x) & taken[:, :, None]
    apart = carried(x, observed, np.broadcast_to(mean, x[:, 0].shape)) - mean
    s = np.broadcast_to(times[:, :, None], x.shape)
    since = carried(s, observed, np.broadcast_to(start[:, None], x[:, 0].shape))
    d = np.where(taken[:, :, None], s - since, 0).astype(x.dtype, copy=False)
    g = np.exp(-np.maximum(decay.w * d + decay.b, 0))
    xhat = np.where(observed, x, g * apart + mean)  # g last + (1 - g) mean
    return Filled(np.concatenate([xhat, observed.astype(x.dtype)], axis=2), apart, d, g)


def dfill(
    dinputs: Array, dd: Array | None, taken: Mask, filled: Filled, decay: Decay
) -> tuple[Array, Array | None, Array | None, Array | None]:
    """Return dL/dr of r = w d + b, dx, what reaches each step's time, (B, T, F), and the first's.

    Args:
        dinputs: dL/dxhat beside dL/dm, which is data.
        dd: what reaches d by gamma, (B, T, F); None if just dL/dr is wanted.
        taken: see `impute`.
        filled: what `fill` returned.
        decay: the weights.
    """
    if fused.runs(dinputs.dtype):
        return fused.dfill(dinputs, dd, taken, filled, decay.w, decay.b)
    inputs, apart, d, g = filled
    F = d.shape[2]
    observed = inputs[:, :, F:] > 0
    dxhat = dinputs[:, :, :F]
    dlast = np.where(observed, 0, dxhat) * g
    dr = -dlast * apart * (decay.w * d + decay.b > 0)  # dg/dr = -g above zero
    if dd is None:
        return dr, None, None, None
    dvalues, _ = dcarried(dlast, observed)
    dd = (dr * decay.w + dd) * taken[:, :, None]
    ds, dstart = dcarried(-dd, observed)  # d = s - s carried
    return dr, np.where(observed, dxhat, 0) + dvalues, dd + ds, dstart


# ---------------------------------------------------------------------- the whole


def impute(
    x: Array, times: Array, taken: Mask, mean: Array, decay: Decay
) -> tuple[Array, Array, Kept]:
    """Return xhat beside m, (B, T, 2F), gamma (B, T, U), and what the way back reads.

    Args:
        x: values, NaN where one is missing.
        times: s.
        taken: (B, T), False where a step is masked; what stands there is not read.
        mean: (F,), what a value decays to.
        decay: the weights.
    """
    first = taken.argmax(axis=1)
    s = np.where(taken, times, 0).astype(x.dtype, copy=False)
    filled = fill(x, s, s[np.arange(len(x)), first], taken, mean, decay)
    r_h = _flat(filled.d) @ decay.V
    r_h += decay.c
    np.maximum(r_h, 0, out=r_h)
    gamma = np.negative(r_h)
    np.exp(gamma, out=gamma)
    gamma = gamma.reshape(*x.shape[:2], -1)
    return filled.inputs, gamma, Kept(filled, taken, first, r_h.reshape(gamma.shape), gamma)


def dimpute(
    dinputs: Array, dgamma: Array, decay: Decay, kept: Kept, need_x: bool = True
) -> tuple[Array | None, Array | None, Decay]:
    """Return dx (0 where a value is missing), dtimes (B, T), and those of the weights.

    Args:
        dinputs, dgamma: the gradients of what `impute` returned.
        decay: the weights.
        kept: what `impute` kept.
        need_x: whether dx and dtimes are wanted; None stands for them if not.
    """
    filled, taken, first, r_h, gamma = kept
    dr_h = dgamma * gamma
    np.negative(dr_h, out=dr_h)  # dgamma/dr = -gamma above zero
    dr_h *= r_h > 0
    flat, d = _flat(dr_h), _flat(filled.d)
    dd = (flat @ decay.V.T).reshape(filled.d.shape) if need_x else None  # (B, T, F)
    dr, dx, ds, dstart = dfill(dinputs, dd, taken, filled, decay)
    dw = np.einsum("nf,nf->f", _flat(dr), d)
    ddecay = Decay(dw, _flat(dr).sum(axis=0), d.T @ flat, flat.sum(axis=0))
    if ds is None or dstart is None:
        return None, None, ddecay
    dtimes = ds.sum(axis=2)  # (B, T)
    dtimes[np.arange(len(dtimes)), first] += dstart.sum(axis=1)
    return dx, dtimes, ddecay


def _flat(array: Array) -> Array:
    """Return an array (B, T, N) as (B T, N)."""
    return array.reshape(-1, array.shape[2])
