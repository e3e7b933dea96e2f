"""The influence of all weights so far on what a `Dense` layer puts out.

    a = x W + b,   y = phi(a)                       D = dy/da, by pulling unit vectors back

    Q' = dy/dtheta = D W^T Q + I
    I[g, W_fj] = D_gj x_f      I[g, b_j] = D_gj

    x (B, F)    W (F, G)    D (B, G, G), of nearly every activation a diagonal
    Q (B, F, below)         Q' (B, G, below + its own weights)

Q is None where nothing below is trained.
"""

from typing import Any

import numpy as np

from elman._typing import Array, State
from elman.activations import entry, pair


class OfDense:
    """The influence on the outputs of a `Dense` layer.

    Args:
        layer: the layer.
        below: how many weights the parts below have.
        trained: of kernel and bias, whether they are trained.
    """

    def __init__(self, layer: Any, below: int, trained: tuple[bool, ...]) -> None:
        self.layer, self.below, self.trained = layer, below, trained

    def forward(self, x: Array, state: State) -> tuple[Array, State, Any]:
        """Return the output, no state, and what `carry` reads."""
        x = x.astype(self.layer.dtype, copy=False)
        W, bias = self.layer.kernel.array, self.layer.bias
        a = x @ W if bias is None else x @ W + bias.array  # (B, G)
        f, df = pair(entry(self.layer.activation))
        y = f(a)
        return y, (), (x, a, y, W, df)

    def carry(self, kept: Any, Q: Array | None) -> Array:
        """Return the output's influence; see `Gated.carry`."""
        x, a, y, W, df = kept
        (B, F), G = x.shape, W.shape[1]
        units = np.tile(np.eye(G, dtype=y.dtype), (B, 1))  # (B*G, G)
        D = df(units, np.repeat(a, G, axis=0), np.repeat(y, G, axis=0)).reshape(B, G, G)
        found = [] if Q is None else [D @ W.T @ Q]
        kernel, with_bias = (*self.trained, False)[:2]
        if kernel:
            found.append((x[:, None, :, None] * D[:, :, None, :]).reshape(B, G, F * G))
        if with_bias:
            found.append(D)
        return np.concatenate(found, axis=2) if found else np.empty((B, G, 0), y.dtype)
