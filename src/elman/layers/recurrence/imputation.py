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

from elman._typing import Array


def carried(values: Array, m: Array, start: Array) -> Array:
    """Return what was observed last before each step, (B, T, F); `start` (B, F) before that."""
    last = np.empty_like(values)
    for t in range(values.shape[1]):
        last[:, t] = start
        start = np.where(m[:, t] > 0, values[:, t], start)
    return last


def dcarried(dlast: Array, m: Array) -> tuple[Array, Array]:
    """Return dvalues and dstart: a value is read at all steps until the next one is observed."""
    dvalues, dstart = np.zeros_like(dlast), np.zeros_like(dlast[:, 0])
    for t in reversed(range(dlast.shape[1])):
        dvalues[:, t] = m[:, t] * dstart
        dstart = (1 - m[:, t]) * dstart + dlast[:, t]
    return dvalues, dstart


class Decay(NamedTuple):
    """The weights of both decays: w, b, V and c."""

    w: Array
    b: Array
    V: Array
    c: Array


class Kept(NamedTuple):
    """What `dimpute` reads; `first` is the step that times count from, (B,)."""

    m: Array
    taken: Array
    first: Array
    last: Array
    d: Array
    a: Array
    g: Array
    a_h: Array
    gamma: Array


def impute(
    x: Array, times: Array, taken: Array, mean: Array, decay: Decay
) -> tuple[Array, Array, Kept]:
    """Return xhat beside m, (B, T, 2F), gamma (B, T, U), and what the way back reads.

    Args:
        x: values, NaN where one is missing.
        times: s.
        taken: (B, T), False where a step is masked; what stands there is not read.
        mean: (F,), what a value decays to.
        decay: the weights.
    """
    rows = np.arange(len(x))
    m = (~np.isnan(x) & taken[:, :, None]).astype(x.dtype)
    x, first = np.where(m > 0, x, 0).astype(x.dtype), taken.argmax(axis=1)
    s = np.broadcast_to(np.where(taken, times, 0)[:, :, None], x.shape)
    last = carried(x, m, np.broadcast_to(mean, x[:, 0].shape))
    d = np.where(taken[:, :, None], s - carried(s, m, s[rows, first]), 0).astype(x.dtype)
    a, a_h = decay.w * d + decay.b, d @ decay.V + decay.c  # (B, T, F), (B, T, U)
    g, gamma = np.exp(-np.maximum(a, 0)), np.exp(-np.maximum(a_h, 0))
    xhat = m * x + (1 - m) * (g * last + (1 - g) * mean)  # (B, T, F)
    kept = Kept(m, taken, first, last, d, a, g, a_h, gamma)
    return np.concatenate([xhat, m], axis=2), gamma, kept


def dimpute(
    dinputs: Array, dgamma: Array, mean: Array, decay: Decay, kept: Kept
) -> tuple[Array, Array, Decay]:
    """Return dx (0 where a value is missing), dtimes (B, T), and those of the weights."""
    m, taken, first, last, d, a, g, a_h, gamma = kept
    dxhat = dinputs[:, :, : m.shape[2]]  # m is data
    dmissing = (1 - m) * dxhat
    dvalues, _ = dcarried(dmissing * g, m)
    dx = m * dxhat + dvalues
    da = -dmissing * (last - mean) * g * (a > 0)  # dg/da = -g above zero
    da_h = -dgamma * gamma * (a_h > 0)
    dd = (da * decay.w + da_h @ decay.V.T) * taken[:, :, None]  # (B, T, F)
    ds, dstart = dcarried(-dd, m)  # d = s - s carried
    dtimes = (dd + ds).sum(axis=2)  # (B, T)
    dtimes[np.arange(len(m)), first] += dstart.sum(axis=1)
    axes = (0, 1)
    dV = np.tensordot(d, da_h, axes=(axes, axes))  # (F, U)
    ddecay = Decay((da * d).sum(axis=axes), da.sum(axis=axes), dV, da_h.sum(axis=axes))
    return dx, dtimes, ddecay
