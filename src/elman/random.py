"""Random arrays, with the names of `keras.random`; the numbers are those of NumPy's generators.

`seed` is None, for the next numbers of the process (`elman.utils.set_random_seed`); an integer, for
the same numbers at every call; or a `SeedGenerator`, for its next ones.
"""

from typing import Any

import numpy as np

from elman import _check, _random, _settings, ops
from elman._typing import Array
from elman.errors import ArgumentError

__all__ = [
    "SeedGenerator",
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]


class SeedGenerator:
    """What hands out random numbers call by call: the same ones after every start of one seed.

    Args:
        seed: a non-negative integer; None for another one each time.
        name: accepted as in Keras.

    >>> from elman import random
    >>> one, other = random.SeedGenerator(7), random.SeedGenerator(7)
    >>> bool((random.normal((3,), seed=one) == random.normal((3,), seed=other)).all())
    True
    """

    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        if seed is not None:
            _check.integer("SeedGenerator", "seed", seed, 0)
        self.seed, self.name = seed, name
        self.generator = _random.generator(seed)

    def next(self) -> Array:
        """Return a seed of two integers, another one at every call."""
        return self.generator.integers(0, 2**32, 2, dtype=np.uint32)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"seed": self.seed}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "SeedGenerator":
        """Make one from what `get_config` returned."""
        return cls(**config)


def _generator(owner: str, seed: Any) -> "np.random.Generator":
    if isinstance(seed, SeedGenerator):
        return seed.generator
    return _random.generator(_check.seed(owner, "seed", seed))


def _float(owner: str, dtype: Any) -> "np.dtype[Any]":
    """Return the dtype of floats to be drawn, by default `floatx()`."""
    known = np.dtype(_settings.floatx() if dtype is None else dtype)
    if known.kind != "f":
        raise ArgumentError(f"{owner}: `dtype` must be one of floats; got {known.name!r}.")
    return known


def normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Array:
    """Return draws of a normal distribution.

    Args:
        shape: of the array.
        mean, stddev: of the distribution.
        dtype: "float32" or "float64".
        seed: see `elman.random`.
    """
    draws = _generator("random.normal", seed).standard_normal(shape)
    return (draws * stddev + mean).astype(_float("random.normal", dtype))


def truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Array:
    """Return draws of a normal distribution, none farther from the mean than two `stddev`."""
    generator, known = _generator("truncated_normal", seed), _float("truncated_normal", dtype)
    draws = generator.standard_normal(shape)
    while (far := np.abs(draws) > 2).any():
        draws[far] = generator.standard_normal(int(far.sum()))
    return (draws * stddev + mean).astype(known)


def uniform(
    shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None
) -> Array:
    """Return draws of the numbers from `minval` to before `maxval`, each as likely.

    Args:
        shape: of the array.
        minval, maxval: the limits.
        dtype: "float32" or "float64"; or one of integers, which are drawn then.
        seed: see `elman.random`.
    """
    if dtype is not None and np.dtype(dtype).kind in "iu":
        return randint(shape, minval, maxval, dtype, seed)
    known = _float("random.uniform", dtype)
    draws = _generator("random.uniform", seed).random(shape, np.float64)
    found = (draws * (maxval - minval) + minval).astype(known)
    return np.minimum(found, np.nextafter(known.type(maxval), known.type(minval)))


def randint(shape: Any, minval: Any, maxval: Any, dtype: Any = "int32", seed: Any = None) -> Array:
    """Return draws of the integers from `minval` to before `maxval`."""
    draws = _generator("randint", seed).integers(int(minval), int(maxval), shape)
    return draws.astype(dtype)


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Array:
    """Return classes drawn with the probabilities softmax(logits).

    Args:
        logits: (batch, classes).
        num_samples: how many to draw of each row.
        dtype: of the classes.
        seed: see `elman.random`.

    Returns:
        An array (batch, num_samples).
    """
    rows = ops.convert_to_numpy(logits)
    if rows.ndim != 2:
        raise ArgumentError(
            f"categorical: `logits` must have shape (batch, classes); got {rows.shape}."
        )
    generator = _generator("categorical", seed)
    noise = generator.gumbel(size=(rows.shape[0], num_samples, rows.shape[1]))
    return np.argmax(rows[:, None] + noise, -1).astype(dtype)


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """Return the inputs with a share of `rate` set to zero, and the others divided by 1 - rate.

    Args:
        inputs: an array, or what a tape watches.
        rate: in [0, 1).
        noise_shape: which axes are drawn for; None, or 1 where one draw goes for all.
        seed: see `elman.random`.
    """
    rate = _check.rate("dropout", "rate", rate)
    if rate == 0:
        return inputs
    sizes: Any = ops.shape(inputs)
    if noise_shape is not None:
        pairs = zip(noise_shape, sizes, strict=True)
        sizes = tuple(n if drawn is None else drawn for drawn, n in pairs)
    keep = _generator("dropout", seed).random(sizes) >= rate
    dtype = np.dtype(getattr(inputs, "dtype", _settings.floatx()))
    return ops.multiply(inputs, keep.astype(dtype) / dtype.type(1 - rate))


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Any:
    """Return the slices along an axis in an order that is drawn."""
    order = _generator("shuffle", seed).permutation(int(ops.shape(x)[axis] or 0))
    return ops.take(x, order, axis)


def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> Array:
    """Return draws of the gamma distribution of shape alpha and scale 1."""
    draws = _generator("random.gamma", seed).gamma(alpha, 1.0, shape)
    return np.asarray(draws).astype(_float("random.gamma", dtype))


def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> Array:
    """Return draws of the beta distribution."""
    draws = _generator("random.beta", seed).beta(alpha, beta, shape)
    return np.asarray(draws).astype(_float("random.beta", dtype))


def binomial(
    shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None
) -> Array:
    """Return how many of `counts` trials succeed, each with a probability."""
    draws = _generator("random.binomial", seed).binomial(
        np.asarray(counts, np.int64), probabilities, shape
    )
    return np.asarray(draws).astype(_float("random.binomial", dtype))
