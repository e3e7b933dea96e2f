"""How well each query fits each key: the scores of `elman.layers.Attention`.

multiplicative   S_ij = c q_i · k_j                    (Luong et al. 2015)
additive         S_ij = sum_d v_d tanh(c (q_i + k_j))_d    (Bahdanau et al. 2015)

q (…, Tq, D)  queries     S (…, Tq, Tv)  scores     c ()          a scale, 1 if there is none
k (…, Tv, D)  keys                                  v (D,) or ()  weights, 1 if there are none
"""

from typing import Any

import numpy as np

from elman._typing import Array


def multiplicative(q: Array, k: Array, c: Array | None) -> tuple[Array, Any]:
    """Return S, and what its gradient needs."""
    products = q @ k.swapaxes(-1, -2)  # (…, Tq, Tv)
    return products if c is None else c * products, (q, k, c, products)


def d_multiplicative(dS: Array, cache: Any) -> tuple[Array, Array, Array | None]:
    """Return dq, dk and dc."""
    q, k, c, products = cache
    dc = None if c is None else np.asarray((dS * products).sum())
    dproducts = dS if c is None else c * dS
    return dproducts @ k, dproducts.swapaxes(-1, -2) @ q, dc


def additive(q: Array, k: Array, v: Array | None, c: Array | None) -> tuple[Array, Any]:
    """Return S, and what its gradient needs."""
    h = q[..., :, None, :] + k[..., None, :, :]  # (…, Tq, Tv, D)
    if c is not None:
        h *= c
    np.tanh(h, out=h)
    weighs = v is not None and v.ndim > 0
    S = h @ v if weighs else h.sum(axis=-1)  # (…, Tq, Tv)
    return S if weighs or v is None else v * S, (q, k, v, c, h)


def d_additive(dS: Array, cache: Any) -> tuple[Array, Array, Array | None, Array | None]:
    """Return dq, dk, dv and dc; tanh'(a) = 1 - tanh(a)^2."""
    q, k, v, c, h = cache
    D = h.shape[-1]
    dv = None if v is None else dS.reshape(-1) @ h.reshape(-1, D)  # (D,)
    if dv is not None and not v.ndim:
        dv = np.asarray(dv.sum())
    da = 1 - h * h  # (…, Tq, Tv, D)
    da *= dS[..., None]
    if v is not None:
        da *= v
    dq, dk = da.sum(axis=-2), da.sum(axis=-3)
    if c is None:
        return dq, dk, dv, None
    dc = np.asarray((dq * q).sum() + (dk * k).sum())  # sum of da (q_i + k_j)
    return c * dq, c * dk, dv, dc
