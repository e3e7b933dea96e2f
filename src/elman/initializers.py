"""The first values of a weight: `initializer(shape, dtype)` returns an array.

A weight's variance is usually scaled by the number of its inputs or outputs ("fans"), so that
signals neither grow nor fade on their way through a layer:

    Var(w) = scale / n,   n = fan_in, fan_out or (fan_in + fan_out) / 2

With an integer `seed` every call of an initializer gives the same values; without one every call
draws anew from the process's generator, which `elman.utils.set_random_seed` seeds.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from elman import _check, _config, _random
from elman._construction import Constructed
from elman._fans import fans
from elman._random import truncated_standard_normal
from elman._settings import floatx
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError

# The standard deviation of a standard normal cut off at two standard deviations.
TRUNCATED_STDDEV = 0.87962566103423978


class Initializer(Constructed):
    """What all initializers share: `initializer(shape, dtype)` and a config."""

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        """Return an array of this shape and dtype."""
        raise _check.undefined(self, "__call__(self, shape, dtype)", "returns an array")

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return _config.of(self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Initializer":
        """Make an initializer from what `get_config` returned."""
        return _config.instantiate(cls, config)

    def clone(self) -> "Initializer":
        """Return another one with the same arguments."""
        return self.from_config(self.get_config())

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({given})"


class Zeros(Initializer):
    """All zeros.

    >>> Zeros()((2,))
    array([0., 0.], dtype=float32)
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        """Return zeros."""
        return np.zeros(shape, dtype or floatx())


class Ones(Initializer):
    """All ones.

    >>> Ones()((2,), "float64")
    array([1., 1.])
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        """Return ones."""
        return np.ones(shape, dtype or floatx())


class Constant(Initializer):
    """One value everywhere.

    >>> Constant(0.5)((2,), "float64")
    array([0.5, 0.5])
    """

    def __init__(self, value: float = 0.0) -> None:
        self.value = _check.number("Constant", "value", value)

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        """Return the constant."""
        return np.full(shape, self.value, dtype or floatx())


class Identity(Initializer):
    """The identity matrix times `gain`: a recurrence that starts as a plain memory.

    Source: Le, Jaitly and Hinton 2015, arXiv:1504.00941.

    >>> Identity(gain=2.0)((2, 2), "float64")
    array([[2., 0.],
           [0., 2.]])
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = _check.number("Identity", "gain", gain)

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        """Return the matrix."""
        if len(shape) != 2:
            raise ShapeError(f"Identity: `shape` must have 2 axes; got {tuple(shape)}.")
        dtype = floatx() if dtype is None else dtype
        return self.gain * np.eye(*shape, dtype=dtype)


class RandomNormal(Initializer):
    """Draws from the normal distribution.

    >>> RandomNormal(stddev=0.1, seed=0)((2, 3)).shape
    (2, 3)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.seed = _seed(self, seed)
        self.mean = _check.number("RandomNormal", "mean", mean)
        self.stddev = _check.number("RandomNormal", "stddev", stddev, low=0)

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        """Return the draws."""
        return (
            _random.generator(self.seed)
            .normal(self.mean, self.stddev, shape)
            .astype(dtype or floatx())
        )


class TruncatedNormal(Initializer):
    """Draws from the normal distribution; those beyond two standard deviations are drawn again.

    >>> bool(abs(TruncatedNormal(stddev=0.1, seed=0)((100,))).max() <= 0.2)
    True
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.seed = _seed(self, seed)
        self.mean = _check.number("TruncatedNormal", "mean", mean)
        self.stddev = _check.number("TruncatedNormal", "stddev", stddev, low=0)

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        """Return the draws."""
        draws = truncated_standard_normal(_random.generator(self.seed), shape)
        return (self.mean + self.stddev * draws).astype(dtype or floatx())


class RandomUniform(Initializer):
    """Draws uniformly from [minval, maxval).

    >>> RandomUniform(0.0, 1.0, seed=0)((2, 3)).shape
    (2, 3)
    """

    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None
    ) -> None:
        self.seed = _seed(self, seed)
        self.minval = _check.number("RandomUniform", "minval", minval)
        self.maxval = _check.number("RandomUniform", "maxval", maxval, low=self.minval)

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        """Return the draws."""
        return (
            _random.generator(self.seed)
            .uniform(self.minval, self.maxval, shape)
            .astype(dtype or floatx())
        )


class VarianceScaling(Initializer):
    """Draws of variance `scale / n`, where n is the number of inputs, outputs or their mean.

    Args:
        scale: a positive factor.
        mode: "fan_in", "fan_out" or "fan_avg".
        distribution: "truncated_normal" (also called "normal"), "untruncated_normal" or
            "uniform".
        seed: an integer, or None.
        input_axes: the axes that count as inputs, where they are not the usual ones.
        output_axes: the axes that count as outputs.

    >>> VarianceScaling(mode="fan_avg", distribution="uniform", seed=0)((2, 3)).shape
    (2, 3)
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        owner = type(self).__name__
        self.seed = _seed(self, seed)
        if not _check.number(owner, "scale", scale) > 0:
            raise ArgumentError(f"{owner}: `scale` must be positive; got {scale!r}.")
        distribution = "truncated_normal" if distribution == "normal" else distribution
        names = ("truncated_normal", "untruncated_normal", "uniform")
        self.scale = float(scale)
        self.mode = _check.one_of(owner, "mode", mode, ("fan_in", "fan_out", "fan_avg"))
        self.distribution = _check.one_of(owner, "distribution", distribution, names)
        self.input_axes = input_axes
        self.output_axes = output_axes

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        """Return the draws."""
        fan_in, fan_out = fans(shape, self.input_axes, self.output_axes)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        stddev = math.sqrt(self.scale / max(1.0, n))
        draw = _random.generator(self.seed)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0) * stddev  # the variance of U(-a, a) is a^2 / 3
            return draw.uniform(-limit, limit, shape).astype(dtype or floatx())
        if self.distribution == "untruncated_normal":
            return draw.normal(0.0, stddev, shape).astype(dtype or floatx())
        return (stddev / TRUNCATED_STDDEV * truncated_standard_normal(draw, shape)).astype(
            dtype or floatx()
        )


class _Scaled(VarianceScaling):
    """A VarianceScaling whose scale, mode and distribution the class fixes."""

    recipe: tuple[float, str, str]

    def __init__(
        self,
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(*self.recipe, seed, input_axes, output_axes)


class GlorotUniform(_Scaled):
    """Draws uniformly within sqrt(6 / (fan_in + fan_out)). Source: Glorot and Bengio 2010."""

    recipe = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Scaled):
    """Draws of variance 2 / (fan_in + fan_out), truncated. Source: Glorot and Bengio 2010."""

    recipe = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Scaled):
    """Draws uniformly within sqrt(6 / fan_in). Source: He et al. 2015, arXiv:1502.01852."""

    recipe = (2.0, "fan_in", "uniform")


class HeNormal(_Scaled):
    """Draws of variance 2 / fan_in, truncated. Source: He et al. 2015, arXiv:1502.01852."""

    recipe = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Scaled):
    """Draws uniformly within sqrt(3 / fan_in). Source: LeCun et al. 1998, "Efficient BackProp"."""

    recipe = (1.0, "fan_in", "uniform")


class LecunNormal(_Scaled):
    """Draws of variance 1 / fan_in, truncated. Source: LeCun et al. 1998, "Efficient BackProp"."""

    recipe = (1.0, "fan_in", "truncated_normal")


class Orthogonal(Initializer):
    """A random matrix with orthonormal columns, or rows where there are fewer of these.

    A square one keeps the length of a state from step to step, which is why recurrent kernels
    start with it. More than two axes are flattened into the first.

    Args:
        gain: a factor on the matrix.
        seed: an integer, or None.

    Source: Saxe, McClelland and Ganguli 2014, arXiv:1312.6120.

    >>> R = Orthogonal(seed=0)((3, 3), "float64")
    >>> bool(np.allclose(R @ R.T, np.eye(3)))
    True
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        self.seed = _seed(self, seed)
        self.gain = _check.number("Orthogonal", "gain", gain)

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        """Return the matrix."""
        if len(shape) < 2:
            raise ShapeError(f"Orthogonal: `shape` must have at least 2 axes; got {tuple(shape)}.")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        a = _random.generator(self.seed).standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(a)
        q *= np.sign(np.diag(r))  # makes the draw uniform among orthogonal matrices (Haar)
        return (
            (self.gain * (q if rows >= columns else q.T)).reshape(shape).astype(dtype or floatx())
        )


def _seed(initializer: Initializer, seed: Any) -> int | None:
    """Return a seed as an integer or None."""
    if isinstance(seed, Mapping):  # a Keras SeedGenerator, as a config file writes it
        seed = seed.get("config", {}).get("seed")
    owner = type(initializer).__name__
    return None if seed is None else _check.integer(owner, "seed", seed, minimum=0)


IdentityInitializer, OrthogonalInitializer = Identity, Orthogonal  # Keras's other names
zeros, ones, constant, identity = Zeros, Ones, Constant, Identity
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
variance_scaling, orthogonal = VarianceScaling, Orthogonal
glorot_uniform, glorot_normal = GlorotUniform, GlorotNormal
he_uniform, he_normal = HeUniform, HeNormal
lecun_uniform, lecun_normal = LecunUniform, LecunNormal

_CLASSES = (
    *(Zeros, Ones, Constant, Identity, RandomNormal, RandomUniform, TruncatedNormal),
    *(VarianceScaling, GlorotUniform, GlorotNormal, HeUniform, HeNormal),
    *(LecunUniform, LecunNormal, Orthogonal),
)
_TABLE: dict[str, type[Initializer]] = {
    **{cls.__name__: cls for cls in _CLASSES},
    "IdentityInitializer": Identity,
    "OrthogonalInitializer": Orthogonal,
    **{_config.snake_case(cls.__name__): cls for cls in _CLASSES},
    "zero": Zeros,
    "one": Ones,
    "normal": RandomNormal,
    "uniform": RandomUniform,
}


def get(
    identifier: Any, owner: str = "initializer", argument: str = "identifier"
) -> Callable[..., Array] | None:
    """Return the initializer that `identifier` names.

    Args:
        identifier: a name ("glorot_uniform", "GlorotUniform"), a config, an initializer or its
            class, a function of (shape, dtype), or None, which stays None.
        owner, argument: who asks and for which argument, for the message.

    Raises:
        ArgumentError: elman has no initializer of this name.

    >>> get("orthogonal")
    Orthogonal(gain=1.0, seed=None)
    """
    if identifier is None:
        return None
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Initializer):
        return identifier()
    if callable(identifier):
        function: Callable[..., Array] = identifier
        return function
    return _config.find(owner, identifier, _TABLE, argument)()


def serialize(initializer: Any) -> dict[str, Any]:
    """Return the config of an initializer, in Keras's form; of your own by its name.

    Raises:
        UnsupportedError: it is a lambda, or an object without `get_config`.

    >>> serialize(Constant(2.0))["config"]
    {'value': 2.0}
    """
    return _config.written("initializer", initializer, "keras.initializers")


def deserialize(config: Mapping[str, Any] | str, custom_objects: Any = None) -> Initializer:
    """Make the initializer that a config describes; `custom_objects` are your own, by name.

    >>> deserialize({"class_name": "Constant", "config": {"value": 2.0}})
    Constant(value=2.0)
    """
    return _config.create("initializer", config, _TABLE, custom_objects)


def __getattr__(name: str) -> object:
    raise _check.absent("elman.initializers", name, _TABLE)
