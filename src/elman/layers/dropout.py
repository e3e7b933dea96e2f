"""Dropout and SpatialDropout1D: set a share of the inputs to zero in training."""

from typing import TYPE_CHECKING, Any

from elman import _check, draws
from elman._typing import Array, Shape
from elman.errors import ArgumentError, ShapeError
from elman.layers.base import Layer
from elman.layers.parts import settings
from elman.layers.parts.passes import Arrays, Masks, Mode

if TYPE_CHECKING:
    import numpy as np


class Dropout(Layer):
    """Drop each input with probability `rate` in training, and scale the others by 1/(1 - rate).

    Args:
        rate: share of the inputs to drop, in [0, 1).
        noise_shape: shape of the mask, broadcast over the input; None or 1 where one draw
            serves the whole axis, as in `(None, 1, None)` for the same mask at all timesteps.
        seed: of the mask.
        options: `name`, `dtype`, `trainable`.

    Source: N. Srivastava et al., "Dropout", JMLR 15 (2014).

    >>> import numpy as np
    >>> dropped = Dropout(0.5, seed=0)(np.ones((1, 100)), training=True)
    >>> np.unique(dropped).tolist()
    [0.0, 2.0]
    """

    checks = {
        "rate": _check.rate,
        "noise_shape": _check.optional(_check.sizes),
        "seed": _check.seed,
    }
    seed = settings.Seed()
    generator: "np.random.Generator"
    takes_one = True
    keeps_dtype = True

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: int | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.rate = rate
        self.noise_shape: Shape | None = noise_shape
        self.seed = seed

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that `noise_shape` can be broadcast over the input."""
        (x,) = shapes
        wanted = x if self.noise_shape is None else self.noise_shape
        if len(wanted) != len(x):
            raise ArgumentError(
                f"{self.owner}: `noise_shape` must have {len(x)} entries, one an axis of the "
                f"input; got {wanted}."
            )
        if any(
            None not in pair and pair[0] not in (1, pair[1]) for pair in zip(wanted, x, strict=True)
        ):
            raise ArgumentError(
                f"{self.owner}: `noise_shape` must hold None, 1 or the input's size of each axis; "
                f"got {wanted} for an input of shape {x}."
            )

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return the inputs times a fresh mask in training, and as they are otherwise."""
        (x,) = inputs
        if not mode.training or self.rate == 0:
            return (x,), None
        scaled = draws.dropout(self.generator, self.rate, self.mask_shape(x), x.dtype)
        return (x * scaled,), scaled

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Return the gradient times the same mask."""
        (dy,) = doutputs
        return (dy if tape is None else dy * tape,), []

    def mask_shape(self, x: Array) -> tuple[int, ...]:
        """Return the shape of a mask, which is repeated to that of the inputs."""
        if self.noise_shape is None:
            return x.shape
        self.check_shapes([x.shape])  # known only now where an axis was open
        return tuple(
            size if want is None else want
            for want, size in zip(self.noise_shape, x.shape, strict=True)
        )


class SpatialDropout1D(Dropout):
    """Drop whole features in training: the same at all timesteps of a sequence.

    Args:
        rate: share of the features to drop, in [0, 1).
        seed: of the mask.
        options: `name`, `dtype`.

    Source: J. Tompson et al., "Efficient Object Localization Using Convolutional Networks", CVPR
    2015.

    >>> import numpy as np
    >>> from elman import layers
    >>> y = layers.SpatialDropout1D(0.5, seed=0)(np.ones((1, 3, 4)), training=True)
    >>> bool((y == y[:, :1]).all())
    True
    """

    def __init__(self, rate: float, seed: int | None = None, **options: Any) -> None:
        super().__init__(rate, (None, 1, None), seed, **options)

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that the input has timesteps and features."""
        if len(shapes[0]) != 3:
            raise ShapeError(
                f"{self.owner}: `x` must have shape (batch, timesteps, features); got {shapes[0]}."
            )

    def get_config(self) -> dict[str, Any]:
        """Return the configuration in Keras's form, in which this layer cannot be frozen."""
        config = super().get_config()
        return {key: config[key] for key in ("rate", "seed", "name")} | {"dtype": self.dtype}
