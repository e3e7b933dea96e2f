"""RMSNormalization: each sample divided by the root of its mean square.

    r    = 1 / sqrt(mean(x^2) + epsilon)     of the D numbers of a row
    xhat = x r
    y    = scale xhat

    x  (N, D)  rows, see `elman.layers.axes`     N  everything but the axes
    r  (N,)    scale  (D,)                       D  the numbers along the axes

With g = scale dy:   dx = r (g - xhat mean(g xhat)),   since dr/dx = -r^2 xhat / D.

Source: B. Zhang and R. Sennrich 2019, "Root mean square layer normalization", equation 4.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array, Shape
from elman.errors import ShapeError
from elman.layers import axes
from elman.layers.base import Layer
from elman.layers.parts.passes import Arrays, Masks, Mode


class RMSNormalization(Layer):
    """Divide the numbers along the last axis of each sample by their root mean square.

    Args:
        axis: the last, or a list of the last ones, which are taken together; of known sizes.
        epsilon: added to the mean square, so that it is never 0.
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.RMSNormalization()(np.array([[1.0, 7.0]]))
    array([[0.2, 1.4]], dtype=float32)

    Source: B. Zhang and R. Sennrich 2019, "Root mean square layer normalization".
    """

    checks = {
        "axis": axes.axis,
        "epsilon": partial(_check.number, low=0),
    }
    fixed = ("axis",)
    takes_one = True
    supports_masking = False

    def __init__(self, axis: Any = -1, epsilon: float = 1e-6, **options: Any) -> None:
        super().__init__(**options)
        self.axis: int | tuple[int, ...] = axis
        self.epsilon = epsilon

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make the scale, of the sizes of the axes."""
        sizes = [shapes[0][axis] for axis in axes.of(self.owner, self.axis, shapes[0])]
        self.scale = self.add_weight(tuple(sizes), "ones", name="scale")

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that the axes are the last ones, of the sizes that the scale has."""
        found = axes.of(self.owner, self.axis, shapes[0])
        rank = len(shapes[0])
        if found != tuple(range(rank - len(found), rank)):
            raise ShapeError(
                f"{self.owner}: `axis` must be the last of the input's axes, because the scale "
                f"lies along it; got {self.axis} for an input of shape {shapes[0]}."
            )
        if self.built:
            axes.check_sizes(self.owner, found, shapes[0], self.scale.shape)

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Normalise."""
        (x,) = inputs
        rows = x.reshape(-1, self.scale.array.size)
        r = 1 / np.sqrt(np.einsum("nd,nd->n", rows, rows) / rows.shape[1] + self.epsilon)  # (N,)
        xhat = rows * r[:, None]  # (N, D)
        return ((xhat * self.scale.array.ravel()).reshape(x.shape),), (xhat, r)

    def backward(
        self, tape: Any, doutputs: Arrays, *, out: Sequence[Array] | None = None
    ) -> tuple[tuple[Array], Sequence[Array]]:
        """Return dx and dscale."""
        (dy,), (xhat, r) = doutputs, tape
        rows = dy.reshape(xhat.shape)
        out = [np.empty_like(self.scale.array)] if out is None else out
        out[0][...] = np.einsum("nd,nd->d", rows, xhat).reshape(self.scale.shape)
        dx = rows * self.scale.array.ravel()  # (N, D), g
        dx -= xhat * (np.einsum("nd,nd->n", dx, xhat) / xhat.shape[1])[:, None]
        dx *= r[:, None]
        return (dx.reshape(dy.shape),), out
