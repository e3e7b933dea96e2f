"""Stream: a model that runs a timestep at a time and remembers where it is.

    y_t, state_t = step(x_t, state_{t-1})        y_t: what the model gives for x_1 … x_t, at t

There are two of them, as everywhere in elman: the compiled one, whose step is one native call
without an allocation, and the reference, a layer at a time.
"""

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from elman import _check
from elman._typing import Array, State
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from elman.kernels import Status
from elman.layers.parts import arguments
from elman.models.stages import stages_of
from elman.models.stepping import choose, stepper
from elman.models.stream_input import stream_input

if TYPE_CHECKING:
    from elman.models.model import Model

MOST = 1 << 24  # sequences in a stream


class Stream:
    """A model that is given one timestep after the other; `model.stream()` makes one.

    Args:
        model: a built chain of layers: recurrent layers, `Dense`, `Activation`, `Dropout`,
            `TimeDistributed` of these, models of these, and an `Embedding` in front.
        batch: how many sequences run side by side, each with a state of its own.

    The weights are copied when the stream is made: training the model later does not change it.
    It starts from zero states, or from those that are learned, whatever a `stateful` layer carries.
    Dropout is not active.

    A stream is for one thread at a time; make one for each. It cannot be pickled or copied, but
    its `state` can.

    >>> import elman, numpy as np
    >>> model = elman.Sequential([elman.Input((None, 3)), elman.layers.LSTM(4)])
    >>> x = np.ones((1, 10, 3), "float32")
    >>> stream = model.stream()
    >>> for t in range(10):
    ...     y = stream.step(x[:, t])
    >>> y.shape, bool(np.allclose(y, model(x)))
    ((1, 4), True)
    """

    def __init__(self, model: "Model", batch: int = 1) -> None:
        owner = f"{model.owner}: stream"
        self._batch = _check.integer(owner, "batch", batch)
        if self._batch > MOST:
            raise ArgumentError(f"{owner}: `batch` must be at most {MOST}; got {batch}.")
        stages = stages_of(model)
        self._input = stream_input(model, self.batch, stages)
        self._carried = [
            [(len(s.recurrent), s.recurrent.dtype)] * s.states  # of each state, by layer
            for s in stages
            if s.recurrent is not None
        ]
        width = next((s.units for s in reversed(stages) if s.units), self._input.features)
        kernels = [s.kernel for s in stages if s.kernel is not None]
        dtype = kernels[-1].dtype if kernels else self._input.dtype
        self._output = np.zeros((self.batch, width or 0), dtype)
        self._chosen = choose(self._input, stages)
        self._stepper = stepper(self._chosen.implementation, self._input, stages, self._output)
        self.step = self._stepper.step  # type: ignore[method-assign, assignment]
        recurrent = [s for s in stages if s.recurrent is not None]
        self._start = [array for s in recurrent for array in s.start or (None,) * s.states]
        self._begin(range(self.batch))

    @property
    def batch(self) -> int:
        """How many sequences run side by side."""
        return self._batch

    @property
    def implementation(self) -> Status:
        """Which implementation runs and why, as `elman.kernels.status()` says it.

        What is chosen later by `elman.kernels.use` is for streams made later.
        """
        return self._chosen

    # ------------------------------------------------------------------ running

    def step(self, x: Any) -> Array:
        """Take one timestep.

        Args:
            x: (batch, features), or (batch,) indices for an `Embedding`; the batch axis may be
                left out where it is 1. An array of floats in C order is read where it lies;
                anything else that the model takes is converted, which takes longer.

        Returns:
            (batch, output features): what the model gives at this timestep. It is the same array
            at every step, which the next step overwrites; copy it to keep it.

        Raises:
            ShapeError, ArgumentError: `x` is not what the model takes; the state is as it was.
            BusyError: another thread is inside this stream.
        """
        return self._stepper.step(x)

    def process(self, block: Any, out: Array | None = None) -> Array:
        """Take many timesteps, as `step` does one by one; other threads run meanwhile.

        Args:
            block: (batch, timesteps, features), or (batch, timesteps) indices.
            out: where to put the outputs, which saves their allocation; may be `block` itself or
                overlap it.

        Returns:
            (batch, timesteps, output features), a new array or `out`.

        Raises:
            ShapeError, ArgumentError: `block` or `out` does not fit; the state is as it was.
            BusyError: another thread is inside this stream.
        """
        x = self._input.block(block)
        (_, width), dtype = self._output.shape, self._output.dtype
        if out is None:
            out = np.empty((self.batch, x.shape[1], width), dtype)
        self._check_out(out, (self.batch, x.shape[1], width), dtype)
        if np.may_share_memory(x, out) and not _same(x, out):
            x = x.copy()  # it would be overwritten before it is read
        self._stepper.process(x, out)
        return out

    def _check_out(self, out: Any, shape: tuple[int, int, int], dtype: Any) -> None:
        owner = self._input.owner
        if not isinstance(out, np.ndarray) or out.dtype != dtype or not out.flags.carray:
            raise ArgumentError(
                f"{owner}: `out` must be a writable array of {dtype} in C order; got {_kind(out)}."
            )
        _check.shape(owner, "out", out, "batch timesteps features", shape)

    # ------------------------------------------------------------------ state

    @property
    def state(self) -> tuple[State, ...]:
        """The states after the last step: a tuple of arrays (batch, units) a recurrent layer.

        The arrays are copies. To go on from them later, here or in another stream of the same
        model, assign them: `stream.state = saved`.

        Raises:
            ShapeError, ArgumentError: what is assigned does not fit; the state is as it was.
            BusyError: another thread is inside this stream.
        """
        number = itertools.count()
        return tuple(tuple(self._read(next(number), *one) for one in own) for own in self._carried)

    @state.setter
    def state(self, state: Sequence[Sequence[Any]]) -> None:
        arrays = _arrays(self._input.owner, state)
        found = _shapes(arrays)
        wanted = tuple(tuple((self.batch, units) for units, _ in own) for own in self._carried)
        if found != wanted:
            raise ShapeError(
                f"{self._input.owner}: `state` must hold a tuple for each recurrent layer, of "
                f"arrays of the shapes {wanted}; got {found}."
            )
        places = zip(itertools.chain(*self._carried), itertools.chain(*arrays), strict=True)
        fitting = [np.require(array, dtype, ["C", "A"]) for (_, dtype), array in places]
        for i, array in enumerate(fitting):
            self._stepper.write(i, array)

    def _read(self, i: int, units: int, dtype: Any) -> Array:
        array = np.empty((self.batch, units), dtype)
        self._stepper.read(i, array)
        return array

    def reset(self, rows: int | Sequence[int] | None = None) -> None:
        """Go back to the start: let the states be zeros, or those that are learned.

        Args:
            rows: which sequences of the batch begin anew, as numbers or as an array of bool; all of
                them by default.
        """
        given: Any = range(self.batch) if rows is None else rows
        if isinstance(given, np.ndarray) and given.dtype == bool:
            given = np.flatnonzero(given)
        several = isinstance(given, (Sequence, np.ndarray))
        owner, listed = self._input.owner, list(given) if several else [given]
        numbers = [_check.integer(owner, "rows", row, minimum=0) for row in listed]
        if max(numbers, default=0) >= self.batch:
            raise ArgumentError(
                f"{owner}: `rows` must be below batch={self.batch}; got {max(numbers)}."
            )
        self._stepper.reset(numbers)
        self._begin(numbers)

    def _begin(self, rows: Sequence[int]) -> None:
        """Let the states of these rows, which are zeros, be those that are learned."""
        for i, (start, place) in enumerate(
            zip(self._start, itertools.chain(*self._carried), strict=True)
        ):
            if start is not None:
                state = self._read(i, *place)
                state[list(rows)] = start
                self._stepper.write(i, state)

    # ------------------------------------------------------------------ outside

    def __reduce__(self) -> NoReturn:
        raise UnsupportedError(
            f"{self._input.owner}: a stream must not be pickled or copied. Keep the model and the "
            "stream's `state`, and make another with `model.stream()`."
        )

    def __repr__(self) -> str:
        name = self.implementation.implementation
        return f"<Stream of {self._input.owner}, batch={self.batch}, {name}>"


def _same(x: Array, y: Array) -> bool:
    return x.ctypes.data == y.ctypes.data and x.shape == y.shape and x.dtype == y.dtype


def _kind(array: Any) -> str:
    """Return what an array is, for an error."""
    if not isinstance(array, np.ndarray):
        return type(array).__name__
    order = "in C order" if array.flags.c_contiguous else "not in C order"
    return f"{array.dtype}, {order}, {'' if array.flags.writeable else 'not '}writable"


def _arrays(owner: str, state: Any, depth: int = 2) -> Any:
    """Return a state with an array of numbers for whatever stands where one should, or above."""
    if depth and isinstance(state, (list, tuple)):
        return [_arrays(owner, part, depth - 1) for part in state]
    return arguments.as_array(owner, "state", state)


def _shapes(arrays: Any) -> Any:
    """Return the shape of an array, or of those in a list, however deep."""
    return tuple(map(_shapes, arrays)) if isinstance(arrays, list) else arrays.shape
