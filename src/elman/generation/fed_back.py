"""What becomes of a model's output before it goes in again: numbers, indices, or one-hot vectors.

value    what is generated, (batch, features) numbers or (batch,) tokens
x        the next input, (batch, features) or indices (batch,)
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from elman import _check, _tree
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from elman.layers import Embedding
from elman.layers.parts import arguments
from elman.layers.parts.nesting import with_sublayers
from elman.models import Model, Stream

UNEQUAL = "Give those of one length together, or each by itself."
BLOCK = 4096  # timesteps of a start that are processed at once


class Widths(NamedTuple):
    """What goes into a model at a timestep, and what comes out.

    Attributes:
        features: of the input; None for indices.
        outputs: numbers that come out, of tokens one each.
        dtype: of the outputs.
    """

    features: int | None
    outputs: int
    dtype: Any


def widths_of(owner: str, model: Any, name: str = "model") -> Widths:
    """Return what goes into a model at a timestep, and what comes out; messages call it `name`.

    Raises:
        ArgumentError: it is no model.
        UnsupportedError: it has several inputs or outputs.
    """
    if not isinstance(model, Model):
        raise ArgumentError(f"{owner}: `{name}` must be a model; got {model!r:.60}.")
    inputs, outputs = model.inputs, model.outputs
    if len(inputs) != 1 or len(outputs) != 1:
        raise UnsupportedError(
            f"{owner}: `{name}` must have one input and one output; got {len(inputs)} and "
            f"{len(outputs)}. Make a model of the layers between the two that matter, and give "
            f"{'what makes ' * (name != 'model')}the states that it starts from as "
            f"`{'initial_state' if name == 'model' else 'encoder'}`."
        )
    shape = inputs[0].shape
    features = shape[2] if len(shape) == 3 else None
    return Widths(features, int(outputs[0].shape[-1] or 0), np.dtype(outputs[0].dtype))


def begun(owner: str, model: Model, start: Array, initial_state: Any) -> tuple[Stream, Array]:
    """Return a stream that has processed the start, and the output at its last timestep."""
    stream = model.stream(len(start))
    if initial_state is not None:
        set_state(owner, stream, initial_state)
    for first in range(0, start.shape[1], BLOCK):
        outputs = stream.process(start[:, first : first + BLOCK])
    return stream, outputs[:, -1]


def set_state(owner: str, stream: Stream, initial_state: Any, name: str = "initial_state") -> None:
    """Let a stream start from states: in a row, or nested as `stream.state` is.

    Messages call them `name`, an argument, or what makes them.

    Raises:
        ShapeError: there are more or fewer, or one has another shape.
        ArgumentError: one holds NaN or an infinity.
    """
    own = stream.state
    wanted = [array.shape for layer in own for array in layer]
    given = [arguments.as_array(owner, name, leaf) for leaf in _tree.flatten(initial_state)]
    if [array.shape for array in given] != wanted:
        raise ShapeError(
            f"{owner}: `{name}` must {'be' if name == 'initial_state' else 'put out'} arrays of "
            f"the shapes {wanted}, those of the recurrent layers in their order; got "
            f"{[array.shape for array in given]}."
        )
    for array in given:
        check_finite(owner, name, array)
    rest = iter(given)
    stream.state = tuple(tuple(next(rest) for _ in layer) for layer in own)


# ---------------------------------------------------------------------- what is given


def as_start(owner: str, start: Any, widths: Widths, tokens: bool, name: str = "start") -> Array:
    """Return a start as the stream takes it: (batch, timesteps, features), or indices.

    Messages call it `name`.

    Raises:
        ShapeError, ArgumentError: it is not; the message says what to do.
    """
    array = arguments.as_array(owner, name, start, unequal=UNEQUAL)
    if array.ndim == 2 and tokens and widths.features is not None:
        array = one_hot_start(owner, array, widths, name)
    axes, sizes = "batch timesteps", (None, None)
    if widths.features is not None:
        axes, sizes = "batch timesteps features", (None, None, widths.features)  # type: ignore[assignment]
    fix = f"Add the batch axis with `{name}[None]`." if array.ndim == len(sizes) - 1 else ""
    if array.ndim == 2 and array.dtype.kind in "iu" and array.shape[1] != widths.outputs:
        fix = "Give a `sampler` for tokens, such as `elman.generation.Sample()`."
    _check.shape(owner, name, array, axes, sizes, fix)
    if 0 in array.shape[:2]:
        raise ShapeError(
            f"{owner}: `{name}` must have at least one sequence and one timestep; got "
            f"{array.shape}. A model begins with something: a token of your choice, or zeros."
        )
    check_finite(owner, name, array)
    return array


def one_hot_start(owner: str, tokens: Array, widths: Widths, name: str) -> Array:
    """Return tokens (batch, timesteps) as one-hot vectors."""
    F = widths.features
    whole = tokens.dtype.kind in "iu" and tokens.size
    if widths.outputs != F or not whole or tokens.min() < 0 or tokens.max() >= F:
        raise ArgumentError(
            f"{owner}: `{name}` must hold tokens from 0 to {widths.outputs - 1}, or be one-hot "
            f"vectors (batch, timesteps, features={F}); got {tokens.dtype} of shape "
            f"{tokens.shape}."
        )
    return np.eye(F, dtype=widths.dtype)[tokens]


def check_finite(owner: str, name: str, array: Array) -> None:
    """Check that an array holds no NaN and no infinity."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ArgumentError(
            f"{owner}: `{name}` must hold finite numbers; got {array[place]} at {place}."
        )


# ---------------------------------------------------------------------- what goes in again


class Joined:
    """The next input of a value: the value, with `inputs` behind it where there are some.

    Args:
        owner: who speaks.
        features: how many the model takes.
        batch: how many sequences there are.
        inputs: None, (batch, timesteps, further features), or a function of the step and the
            value that returns the whole next input.
    """

    def __init__(self, owner: str, features: int, batch: int, inputs: Any) -> None:
        self._owner, self._features, self._batch = owner, features, batch
        self._function = inputs if callable(inputs) else None
        self.array: Array | None = None
        if inputs is not None and self._function is None:
            self.array = arguments.as_array(owner, "inputs", inputs)
            fix = "Repeat them for each sequence." if self.array.ndim == 2 else ""
            _check.shape(owner, "inputs", self.array, "batch timesteps features",
                         (batch, None, None), fix)  # fmt: skip
            check_finite(owner, "inputs", self.array)

    @property
    def steps(self) -> float:
        """For how many values there are inputs to join."""
        return np.inf if self.array is None else self.array.shape[1]

    def next(self, step: int, value: Array) -> Array:
        """Return the input behind the value of this step, counted from 0."""
        if self._function is not None:
            x = np.asarray(self._function(step, value.copy()))  # the stream's own
            if x.shape != (self._batch, self._features):
                raise ShapeError(
                    f"{self._owner}: `inputs` must return an array of shape (batch={self._batch}, "
                    f"features={self._features}); got {x.shape} at step {step}."
                )
            return x
        if self.array is None:
            return value
        return np.concatenate([value, self.array[:, step]], axis=1)

    def check(self, width: int, what: str) -> None:
        """Check that values of this width make an input."""
        more = 0 if self.array is None else self.array.shape[2]
        if self._function is not None or width + more == self._features:
            return
        joined = f" and {more} of `inputs`" if more else ""
        lacking = self._features - width
        fix = (
            f"Give the other {lacking} by `inputs`, or make a `sampler` that returns "
            f"{self._features} features."
            if lacking > 0
            else f"Make a `sampler` that returns {self._features - more} features of them."
        )
        raise ShapeError(
            f"{self._owner}: {what} must have as many features as the model takes in, "
            f"{self._features}, to be fed back; got {width}{joined}. {fix}"
        )


def idle_token(end: int, widths: Widths) -> int:
    """Return what a sequence that has ended is fed: `end`, but of an Embedding never the padding.

    What it is makes no difference, because what comes out of it is not read.
    """
    return end if end or widths.features is not None else min(1, widths.outputs - 1)


def token_feeder(
    owner: str, model: Model, widths: Widths, batch: int, inputs: Any
) -> tuple[Callable[[int, Array], Array], float]:
    """Return what makes the next input of tokens (batch,), and for how many steps it can."""
    if widths.features is None:
        if inputs is not None:
            raise UnsupportedError(
                f"{owner}: `inputs` must be None for a model that takes indices; got "
                f"{type(inputs).__name__}. They can be joined to one-hot tokens."
            )
        return _indices(owner, model), np.inf
    joined, rows = Joined(owner, widths.features, batch, inputs), np.arange(batch)
    joined.check(widths.outputs, "one-hot tokens")

    def feed(step: int, tokens: Array) -> Array:
        x = np.zeros((batch, widths.outputs), widths.dtype)
        x[rows, tokens] = 1
        return joined.next(step, x)

    return feed, joined.steps


def _indices(owner: str, model: Model) -> Callable[[int, Array], Array]:
    """Return what checks tokens that go in as indices: a model that masks 0 would skip it."""
    every = [layer for layer in with_sublayers(model) if isinstance(layer, Embedding)]
    masking = next((layer.owner for layer in every if layer.mask_zero), None)

    def feed(step: int, tokens: Array) -> Array:
        if masking is not None and not tokens.all():
            raise ArgumentError(
                f"{owner}: tokens must not be 0 to be fed back, because `mask_zero=True` of "
                f"{masking} makes it a timestep that is skipped; got one at step {step}. Give "
                "`forbidden=[0]`, or `end=0` if it ends a sequence."
            )
        return tokens

    return feed
