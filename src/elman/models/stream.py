"""Stream: a model that runs a timestep at a time and remembers where it is.

    y_t, state_t = step(x_t, state_{t-1})        y_t: what the model gives for x_1 … x_t, at t

There are two of them, as everywhere in elman: the compiled one, whose step is one native call
without an allocation, and the reference, a part at a time, of which some may be native calls too.
"""

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from elman import _check, _tree
from elman._typing import Array, State
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from elman.kernels import Status
from elman.layers.parts import arguments
from elman.models.stepping import stepper
from elman.models.stream_input import StreamInputs, rows_of, stream_input
from elman.models.stream_plan import Plan, plan_of

if TYPE_CHECKING:
    from elman.models.model import Model

MOST = 1 << 24  # sequences in a stream


class Stream:
    """A model that is given one timestep after the other; `model.stream()` makes one.

    Args:
        model: a built model, with branches or without, of layers that need the timesteps so far
            and nothing else: recurrent layers, also around cells of your own; what treats each
            timestep alone, such as `Dense`, activations, normalisation and merging layers, and
            anything in `TimeDistributed`; models of these; and an `Embedding` in front.
        batch: how many sequences run side by side, each with a state of its own.

    The weights are copied when the stream is made: training the model later does not change it.
    It starts from zeros, or from what is learned or your own cell says, whatever a `stateful`
    layer carries. Dropout is not active, and
    `BatchNormalization` goes by its moving averages.

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
        plan = plan_of(model)
        self._input = stream_input(model, self.batch, plan)
        starts = [step.stage.start for step in plan.steps if step.stage.start]
        self._carried = [[(s.shape[1], s.dtype) for s in start] for start in starts]  # by layer
        self._begin = [row for start in starts for row in start]
        self._outputs = [np.zeros((self.batch, *w), d) for w, d in self._output_specs(model, plan)]
        self._structure = model.output_structure if len(self._outputs) > 1 else None
        self._stepper, self._chosen = stepper(self._input, plan, self._outputs)
        if self._structure is None:
            self.step = self._stepper.step  # type: ignore[method-assign, assignment]
        self._put_in_starts(list(range(self.batch)))

    def _output_specs(self, model: "Model", plan: Plan) -> list[tuple[tuple[int, ...], Any]]:
        """Return the shape of a timestep and the dtype of each output."""
        fallback = getattr(self._input, "dtype", np.dtype("float32"))
        floats = [t.dtype.startswith("float") for t in model.outputs]
        return [
            ((plan.widths[slot] or 0,), np.dtype(tensor.dtype) if is_float else fallback)
            for slot, tensor, is_float in zip(plan.outputs, model.outputs, floats, strict=True)
        ]

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

    def step(self, x: Any) -> Any:
        """Take one timestep.

        Args:
            x: (batch, features), or (batch,) indices for an `Embedding`; the batch axis may be
                left out where it is 1. An array of floats in C order is read where it lies;
                anything else that the model takes is converted, which takes longer. For several
                inputs a list of such, or a dictionary, as the model takes them.

        Returns:
            (batch, output features): what the model gives at this timestep. It is the same array
            at every step, which the next step overwrites; copy it to keep it. Of several outputs
            as many arrays, in the structure that the model was made with.

        Raises:
            ShapeError, ArgumentError: `x` is not what the model takes; the state is as it was.
            BusyError: another thread is inside this stream.
        """
        found = self._stepper.step(x)
        return found if self._structure is None else _tree.pack(self._structure, found)

    def process(self, block: Any, out: Array | None = None) -> Any:
        """Take many timesteps, as `step` does one by one; other threads run meanwhile.

        Args:
            block: (batch, timesteps, features), or (batch, timesteps) indices; for several inputs
                a list or dictionary of such.
            out: where to put the outputs, which saves their allocation; may be `block` itself or
                overlap it. Not for several inputs or outputs.

        Returns:
            (batch, timesteps, output features), a new array or `out`.

        Raises:
            ShapeError, ArgumentError: `block` or `out` does not fit; the state is as it was.
            BusyError: another thread is inside this stream.
        """
        x: Any = self._input.block(block)
        if isinstance(self._input, StreamInputs) or self._structure is not None:
            return self._process_several(x, out)
        (_, width), dtype = self._outputs[0].shape, self._outputs[0].dtype
        if out is None:
            out = np.empty((self.batch, x.shape[1], width), dtype)
        self._check_out(out, (self.batch, x.shape[1], width), dtype)
        if np.may_share_memory(x, out) and not _same(x, out):
            x = x.copy()  # it would be overwritten before it is read
        self._stepper.process(x, out)
        return out

    def _process_several(self, x: Any, out: Any) -> Any:
        """Take many timesteps of several inputs, or for several outputs."""
        if out is not None:
            raise ArgumentError(
                f"{self._input.owner}: `out` must be None where there are several inputs or "
                f"outputs; got {_kind(out)}."
            )
        T = (x[0] if isinstance(x, tuple) else x).shape[1]
        outs = [np.empty((self.batch, T, y.shape[1]), y.dtype) for y in self._outputs]
        self._stepper.process(x, outs)
        return outs[0] if self._structure is None else _tree.pack(self._structure, outs)

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
        fitting = [
            np.require(arguments.held(self._input.owner, "state", array, dtype), None, ["C", "A"])
            for (_, dtype), array in places
        ]
        for i, array in enumerate(fitting):
            self._stepper.write(i, array)

    def _read(self, i: int, units: int, dtype: Any) -> Array:
        array = np.empty((self.batch, units), dtype)
        self._stepper.read(i, array)
        return array

    def reset(self, rows: int | Sequence[int] | Sequence[bool] | None = None) -> None:
        """Go back to the start: to zeros, or to what a layer or cell of your own starts from.

        Args:
            rows: which sequences of the batch begin anew: their numbers, or a list or array of
                bools, one a sequence, True for those; all of them by default.

        Raises:
            ShapeError: there is not one bool for each sequence.
            ArgumentError: a number is that of no sequence.
        """
        numbers = rows_of(self._input.owner, self.batch, rows)
        self._stepper.reset(numbers)
        self._put_in_starts(numbers)

    def _put_in_starts(self, rows: list[int]) -> None:
        """Let the states of these rows, which are zeros, be what the layers start from."""
        flat = itertools.chain(*self._carried)
        for i, (start, spec) in enumerate(zip(self._begin, flat, strict=True)):
            if start.any():
                array = self._read(i, *spec)
                array[rows] = start
                self._stepper.write(i, array)

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
