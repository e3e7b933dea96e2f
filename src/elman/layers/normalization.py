"""Normalization: inputs with mean 0 and variance 1, by statistics of data seen before.

    y = (x - mean) / d        d = max(sqrt(variance), 1e-7)        dx = dy / d
    y = x d + mean            with `invert`                        dx = dy d

Batches of data are put together as in Chan, Golub and LeVeque 1979: of n numbers with mean m and
variance v, and n' more with m' and v', it is with w = n' / (n + n')

    mean = (1 - w) m + w m'        variance = (1 - w) (v + (m - mean)^2) + w (v' + (m' - mean)^2)
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from elman import _check
from elman._settings import EPSILON
from elman._typing import Array, Shape
from elman.errors import ArgumentError, ShapeError
from elman.layers.base import Layer
from elman.layers.parts import arguments
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.layers.rescaling import numbers
from elman.parameters import Weight


def _axes(owner: str, name: str, value: Any) -> tuple[int, ...]:
    """Return axes as a tuple; None for none."""
    given = value if isinstance(value, (list, tuple)) else () if value is None else (value,)
    return tuple(_check.integer(owner, name, axis, minimum=None) for axis in given)


class Normalization(Layer):
    """Shift and scale inputs so that the data that it was adapted to has mean 0 and variance 1.

    Args:
        axis: the axes of which each index has a mean and a variance of its own: the features by
            default; None for one mean and variance of all numbers.
        mean, variance: numbers to use instead of what `adapt` finds, both or neither.
        invert: whether to undo what the layer does otherwise.
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layer = layers.Normalization()
    >>> layer.adapt(np.array([[0.0, 7.0], [2.0, 9.0]]))
    >>> layer([[0.0, 9.0]])
    array([[-1.,  1.]], dtype=float32)
    """

    checks = {
        "axis": _axes,
        "input_mean": _check.optional(numbers),
        "input_variance": _check.optional(numbers),
        "invert": _check.flag,
    }
    fixed = ("axis", "input_mean", "input_variance")
    takes_one = True

    def __init__(
        self,
        axis: Any = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.axis: tuple[int, ...] = axis
        self.input_mean = mean
        self.input_variance = variance
        self.invert = invert
        self.adapt_mean: Weight | None = None
        self.adapt_variance: Weight | None = None
        self._check_given()

    def _check_given(self) -> None:
        """Check that what was given instead of data goes together."""
        mean, variance = self.input_mean, self.input_variance
        if (mean is None) != (variance is None):
            missing = "mean" if mean is None else "variance"
            raise ArgumentError(
                f"{self.owner}: `{missing}` must be given with the other of mean and variance; got "
                "None."
            )
        if np.shape(mean) != np.shape(variance) or np.ndim(mean) > len(self.axis):
            raise ShapeError(
                f"{self.owner}: `mean` and `variance` must have one shape of at most "
                f"{len(self.axis)} axes, as many as `axis` names; got {np.shape(mean)} and "
                f"{np.shape(variance)}."
            )
        if variance is not None and np.min(variance) < 0:
            raise ArgumentError(f"{self.owner}: `variance` must be at least 0; got {variance}.")

    # ------------------------------------------------------------------ weights and shapes

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make mean and variance, and a count that is there for Keras's files."""
        shape = tuple(shapes[0][axis] for axis in self._kept(shapes[0]))
        if self.input_mean is None:
            self.adapt_mean = self.add_weight(shape, "zeros", trainable=False, name="mean")
            self.adapt_variance = self.add_weight(shape, "ones", trainable=False, name="variance")
            self.count = self.add_weight((), "zeros", "int32", trainable=False, name="count")

    def _kept(self, x: Shape) -> list[int]:
        """Return the axes that keep statistics of their own, from the front."""
        return sorted(axis % len(x) for axis in self.axis)

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that the input has the axes, of the sizes that they had."""
        (x,) = shapes
        if any(not -len(x) <= axis < len(x) for axis in self.axis):
            raise ShapeError(
                f"{self.owner}: `axis` must be among the input's {len(x)} axes; got {self.axis} "
                f"for an input of shape {x}."
            )
        kept = self._kept(x)
        if self.built:
            known = self.input_shapes[0]
            if len(known) != len(x) or any(x[i] not in (None, known[i]) for i in kept):
                kept = self._kept(known)
                wanted = tuple(n if i in kept else None for i, n in enumerate(known))
                raise ShapeError(f"{self.owner}: `x` must have shape {wanted}; got {x}.")
        elif any(x[i] is None for i in kept):
            raise ShapeError(
                f"{self.owner}: `x` must have a known size along the axes {self.axis}; got {x}."
            )
        elif self.input_mean is not None:
            self._spread(np.asarray(self.input_mean), x)

    def _spread(self, numbers: Array, x: Shape) -> Array:
        """Return numbers a kept axis with as many axes as the input."""
        kept = self._kept(x)
        shape = [1] * len(x)
        for axis, size in zip(reversed(kept), reversed(numbers.shape), strict=False):
            if size not in (1, x[axis]):
                raise ShapeError(
                    f"{self.owner}: `mean` must be a number, or of the sizes of the axes "
                    f"{self.axis} of the input {x}; got {numbers.shape}."
                )
            shape[axis] = size
        return numbers.reshape(shape)

    def _statistic(self, weight: Weight | None, given: Any) -> Array | None:
        """Return a statistic with as many axes as the input, or None before the layer is built."""
        if not self.built:
            return None
        (x,) = self.input_shapes
        found = self._spread(np.asarray(given, self.dtype) if weight is None else weight.array, x)
        sizes = [n if i in self._kept(x) else 1 for i, n in enumerate(x)]
        return np.broadcast_to(found, sizes)  # type: ignore[arg-type]

    @property
    def mean(self) -> Any:
        """The mean, with as many axes as the input; None before the layer is built."""
        return self._statistic(self.adapt_mean, self.input_mean)

    @property
    def variance(self) -> Any:
        """The variance, with as many axes as the input; None before the layer is built."""
        return self._statistic(self.adapt_variance, self.input_variance)

    # ------------------------------------------------------------------ computing

    def adapt(self, data: Any) -> None:
        """Take mean and variance from data.

        Args:
            data: an array, or batches of it: a list, a generator or the like, of arrays or of
                tuples that begin with one.

        Raises:
            ArgumentError: mean and variance were given, or there are no finite numbers.
            ShapeError: the shape is not that which the layer was built for.
        """
        if self.input_mean is not None:
            raise ArgumentError(
                f"{self.owner}: `mean` must be left out where `adapt` is called; got "
                f"{self.input_mean!r:.60}."
            )
        count, mean, variance = 0, np.zeros(()), np.zeros(())
        for batch in self._batches(data):
            self.ready([batch.shape])
            axes = tuple(i for i in range(batch.ndim) if i not in self._kept(batch.shape))
            n = batch.size // max(
                1, int(np.prod([batch.shape[i] for i in self._kept(batch.shape)]))
            )
            m = batch.mean(axis=axes, dtype=np.float64)
            v = batch.var(axis=axes, dtype=np.float64)
            count, w = count + n, n / (count + n)
            both = (1 - w) * mean + w * m
            variance = (1 - w) * (variance + (mean - both) ** 2) + w * (v + (m - both) ** 2)
            mean = both
        if count == 0:
            raise ArgumentError(f"{self.owner}: `data` must hold at least one batch; got none.")
        assert self.adapt_mean is not None and self.adapt_variance is not None
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(variance)

    def _batches(self, data: Any) -> Iterable[Array]:
        """Return what was given to `adapt` as arrays of finite numbers."""
        whole = hasattr(data, "__array__")
        if not whole and not isinstance(data, Iterable):
            raise ArgumentError(
                f"{self.owner}: `data` must be an array, or batches of arrays; got "
                f"{type(data).__name__}."
            )
        for batch in [data] if whole else data:
            batch = batch[0] if isinstance(batch, tuple) else batch
            if not hasattr(batch, "__array__"):
                raise ArgumentError(
                    f"{self.owner}: `data` must be an array, or batches of arrays; got a batch "
                    f"that is a {type(batch).__name__}. Make an array of it with `np.array(data)`."
                )
            array = arguments.as_array(self.owner, "data", batch)
            if array.size == 0 or not np.isfinite(array).all():
                raise ArgumentError(
                    f"{self.owner}: `data` must hold finite numbers; got "
                    f"{'none' if array.size == 0 else 'NaN or infinity'}."
                )
            yield array

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return (x - mean) / d, or with `invert` x d + mean."""
        (x,) = inputs
        d = np.maximum(np.sqrt(self.variance), self.variance.dtype.type(EPSILON))
        return (x * d + self.mean if self.invert else (x - self.mean) / d,), d

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Return dy / d, or dy d; what is not trained has no gradient."""
        dx = doutputs[0] * tape if self.invert else doutputs[0] / tape
        return (dx,), [np.zeros_like(weight.array) for weight in self.weights]

    def get_config(self) -> dict[str, Any]:
        """Return the configuration in Keras's form."""
        config = super().get_config()
        return {**config, "mean": self.input_mean, "variance": self.input_variance}
