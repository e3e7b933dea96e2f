"""RNN: any cell, or several on top of one another, run over sequences.

x (batch, timesteps, features)  ->  outputs (batch, timesteps, size) or (batch, size),
                                    and with `return_state` the final states
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np

from elman import _check, _tree
from elman._typing import Array, Shape
from elman.bound import Bound
from elman.errors import ShapeError, UnsupportedError
from elman.layers.base import Layer
from elman.layers.cell import Cell, Ways, a_cell
from elman.layers.own.stand_in import by_hand
from elman.layers.parts import arguments, calling, kinds, ragged, resets
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.layers.recurrence import carried, cell_states, learned
from elman.layers.recurrence.loop import build, unroller
from elman.layers.stacked_rnn_cells import StackedRNNCells
from elman.parameters import Weight


def _cell(owner: str, name: str, value: Any) -> Any:
    return a_cell(owner, name, StackedRNNCells(value) if type(value) in (list, tuple) else value)


class RNN(Layer):
    """Run a cell over sequences: one of elman's, several of them stacked, or one of your own.

    Args:
        cell: a cell, or a list of cells, which are stacked: see `StackedRNNCells`.
        return_sequences: return the outputs of all steps, not of the last alone.
        return_state: return the final states as well.
        go_backwards: run from the last timestep to the first; outputs stand in that order.
        stateful: start each call from the final states of the one before.
        unroll: accepted for Keras's sake; changes nothing.
        zero_output_for_mask: put out zeros at masked steps, not the last output again.
        checkpoint_steps, initial_state: see `SimpleRNN`; the former is for elman's own cells.
        layer: `name`, `dtype` (that of the cell), `trainable`, `activity_regularizer`.

    Raises:
        ArgumentError: the cell is none; the message says what it lacks.

    `SimpleRNNCell`, `GRUCell`, `LSTMCell` and stacks of them run compiled, as the layers of
    the same names do.

    >>> import numpy as np
    >>> from elman import layers
    >>> x = np.zeros((2, 10, 3))
    >>> layers.RNN(layers.LSTMCell(4), return_sequences=True)(x).shape
    (2, 10, 4)
    >>> rnn = layers.RNN([layers.GRUCell(4), layers.LSTMCell(5)], return_state=True)
    >>> output, h_0, (h_1, c_1) = rnn(x)
    >>> output.shape, h_0.shape, c_1.shape
    ((2, 5), (2, 4), (2, 5))

    A cell of your own is a layer that has

        state_size                      an integer, or a list of them, one a state, nested if you
                                        like
        call(inputs, states)            one step: x_t (batch, features) and a list of the states
                                        (batch, size); returns the output and the new states. It
                                        may take `training`
        output_size                     the size of the output; by default that of the first state
        get_initial_state(batch_size)   the states that a sequence starts from; by default zeros

    It is called with those rows of the batch that take the step, which are all where there is no
    mask. Its gradient is found by a tape (see `elman.gradient_tape`).

    >>> class Decay(layers.Layer):
    ...     def __init__(self, units, **options):
    ...         super().__init__(**options)
    ...         self.units = self.state_size = units
    ...
    ...     def build(self, input_shape):
    ...         self.kernel = self.add_weight((input_shape[-1], self.units), "ones")
    ...
    ...     def call(self, inputs, states):
    ...         h = inputs @ self.kernel + 0.5 * states[0]
    ...         return h, [h]
    >>> print(layers.RNN(Decay(2), return_sequences=True)(np.array([[[8.0], [0.0], [0.0]]])))
    [[[8. 8.]
      [4. 4.]
      [2. 2.]]]

    A cell that has, in place of `call`, its gradient written by hand needs no tape:

        forward(inputs, states)               returns the output, the new states, and what
                                              `backward` will need, in any form
        backward(doutput, dstates, cache)     returns the gradients of the inputs, of the states
                                              before the step, and of `self.weights` in order

    where dstates are those of the new states, without what reaches them through the output.
    """

    checks = {
        "cell": _cell,
        "return_sequences": _check.flag,
        "return_state": _check.flag,
        "go_backwards": _check.flag,
        "stateful": _check.flag,
        "unroll": _check.flag,
        "zero_output_for_mask": _check.flag,
        "checkpoint_steps": _check.optional(_check.integer),
        "initial_state": partial(_check.one_of, choices=(None, "learned")),
    }
    fixed: ClassVar[tuple[str, ...]] = ("cell", "initial_state")
    takes_sequences = True
    takes_resets = True
    has_call = False  # `call` stands for what is computed by hand

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "get_initial_state" in vars(cls) and kinds.is_yours(cls):
            raise UnsupportedError(
                f"{cls.__name__}: `get_initial_state` must be the cell's; got one of a layer, of "
                "which no gradient would be known. Define it in a cell, and make `RNN(cell)`."
            )

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        checkpoint_steps: int | None = None,
        *,
        initial_state: str | None = None,
        **layer: Any,
    ) -> None:
        options = locals()
        cell = _cell(type(self).__name__, "cell", cell)
        super().__init__(**{"dtype": cell.dtype, **layer})
        self._keep(cell, options)

    def _keep(self, cell: Any, options: dict[str, Any]) -> None:
        """Keep the cell, and how it is run."""
        self.cell = cell
        cell_states.check_dtype(self, self.cell)
        if not self.trainable:
            self.cell.trainable = False
        self.return_sequences: bool = options["return_sequences"]
        self.return_state: bool = options["return_state"]
        self.go_backwards: bool = options["go_backwards"]
        self.stateful: bool = options["stateful"]
        self.unroll: bool = options["unroll"]
        self.zero_output_for_mask: bool = options["zero_output_for_mask"]
        self.checkpoint_steps: int | None = options["checkpoint_steps"]
        self.initial_state: str | None = options["initial_state"]
        self.learned_state: tuple[Weight, ...] = ()
        self.states: tuple[Any, ...] | None = None

    # ------------------------------------------------------------------ calling

    def __call__(
        self,
        sequences: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: bool | None = None,
        lengths: Any = None,
        *,
        reset_mask: Any = None,
    ) -> Any:
        """Run over a sequence.

        Args:
            sequences: (batch, timesteps, features), an array or a symbolic tensor; or a list of
                arrays (timesteps_i, features) of different lengths.
            initial_state: the state before the first step, (batch, units) an array: one for
                SimpleRNN and GRU, a list [h, c] for LSTM, a list of such for several cells. What
                the cell starts from, zeros, or with `stateful` the last call's final state, by
                default.
            mask: (batch, timesteps), True where a step is taken. Any pattern.
            training: whether dropout is active.
            lengths: (batch,) how many steps of each sequence are taken, in place of a mask.
            reset_mask: (batch, timesteps), True where a sample is put back before the step to what
                a sequence starts from: episodes, or documents packed into one row. No gradient
                crosses a reset, nor does the output that masked steps repeat; a reset at a masked
                step counts. It is taken when the loop comes to the step, so with `go_backwards`
                from the end.

        Returns:
            The output; with `return_state` a list of the output and the final states. For a list of
            arrays the outputs of all steps are a list of arrays of the same lengths.

        Raises:
            ShapeError: a shape does not fit; the message says which axis and what to do.
        """
        x, mask, cut = ragged.prepared(self.owner, sequences, lengths, mask)
        if isinstance(x, (list, tuple)) and len(x) > 1 and hasattr(x[0], "shape"):
            initial_state = list(x[1:]) if initial_state is None else initial_state
            x = x[0]
        states = [] if initial_state is None else _tree.flatten(initial_state)
        found = calling.call(self, x, states, mask, training, reset_mask=reset_mask)
        return found if cut is None else ragged.separated(found, cut, int(self.return_sequences))

    def call(
        self,
        sequences: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: bool | None = None,
        *,
        reset_mask: Any = None,
    ) -> Any:
        """Run over a sequence: for `super().call(x)` in a `call` of your own."""
        given = (sequences, initial_state, mask, training)
        return by_hand(self, given, {"reset_mask": reset_mask})

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Run the cell over the sequence."""
        x, *initial = inputs
        run, put_in, ways = unroller(self.cell), learned.arrays(self.learned_state), self._ways
        begun, before = ((), None) if mode.carried is None else mode.carried.take(self)
        states = begun or tuple(initial) or carried.of_batch(self, len(x))
        from_learned = bool(put_in and not states)
        if from_learned:
            states = learned.start(put_in, len(x))
        if mode.resets is not None:
            found = resets.of_sequence(self.owner, mode.resets, x, put_in)
            mode = mode._replace(resets=found)
        if mode.carried is not None:
            ways = ways._replace(return_state=True)
        outputs, final, tape = run.unroll(x, states, masks[0], ways, mode)
        if mode.carried is not None:
            outputs = mode.carried.put(self, final, outputs, before, masks[0], mode.resets)
        if self.stateful:
            carried.keep(self, final)
        kept = Kept(run, tape, len(initial), from_learned, bool(begun))
        return (outputs, *final) if self.return_state else (outputs,), kept

    def backward(
        self,
        tape: Any,
        doutputs: Arrays,
        *,
        out: Sequence[Array] | None = None,
        need_inputs: bool = True,
    ) -> tuple[tuple[Array | None, ...], Sequence[Array]]:
        """Run it in reverse."""
        run, recorded, states, from_learned, begun = tape
        doutput, *dstates = doutputs
        count, need = len(self.learned_state), (states > 0 and not begun) or from_learned
        dx, dstart, dweights = run.backpropagate(
            recorded, doutput, tuple(dstates), out=None if out is None else out[count:],
            need_x=need_inputs, need_states=need,
        )  # fmt: skip
        # Carried from the chunk before, where the gradient is cut, a state has none.
        dinitial = (None,) * states if begun else dstart[:states]
        if not count:
            return (dx, *dinitial), dweights
        new = map(np.empty_like, learned.arrays(self.learned_state))
        places = list(new if out is None else out[:count])
        first = dstart[:count] if need else ()
        learned.dstart(first if from_learned else (), dstart[len(first) :], places)
        return (dx, *dinitial), [*places, *dweights]

    def bind(self, shape: Shape, training: bool) -> Bound | None:
        """Return both passes at one shape, where no state and no dropout comes in between."""
        run = unroller(self.cell)
        if self.initial_state is not None:
            return None
        if self.stateful or self.return_state or not isinstance(run, Cell) or len(shape) != 3:
            return None
        B, T, F = (int(size or 0) for size in shape)
        return run.bind_to((B, T, F), self._ways, training)

    @property
    def _ways(self) -> Ways:
        return Ways(
            self.go_backwards,
            self.zero_output_for_mask,
            self.return_sequences,
            self.return_state or self.stateful,
            self.checkpoint_steps,
        )

    # ------------------------------------------------------------------ weights and shapes

    @property
    def sublayers(self) -> tuple[Layer, ...]:
        """The cell."""
        return (self.cell,)

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make the cell's weights."""
        (B, _, *sample), *_ = shapes
        build(self.cell, (B, *sample))
        if self.initial_state is not None:
            self.learned_state = learned.weights(self)

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check x (batch, timesteps, features) and the states (batch, units)."""
        x, *states = shapes
        features = self.input_shapes[0][2] if self.built else None
        axes = len(x) == 3 or (len(x) > 3 and not isinstance(self.cell, Cell))
        if not axes or (features is not None and x[2] not in (None, features)):
            named = "features" if features is None else f"features={features}"
            raise ShapeError(
                f"{self.owner}: `x` must have shape (batch, timesteps, {named}); got {x}."
                + arguments.axes_fix(x, features)
            )
        if x[2] is None or x[1] == 0:
            raise ShapeError(
                f"{self.owner}: `x` must have at least one timestep and a known number of "
                f"features; got {x}."
            )
        if states:
            cell_states.check_shapes(self.owner, "initial_state", self.cell, states, x[0])

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the shape of the output, and with `return_state` of the states."""
        B, T = shapes[0][:2]
        size = self.output_size
        output: Shape = (B, T, size) if self.return_sequences else (B, size)
        sizes = cell_states.flat(self.cell.state_size) if self.return_state else []
        return [output, *((B, size) for size in sizes)]

    def output_masks(self, inputs: Arrays, masks: Masks) -> Masks:
        """Pass the mask on with the sequence; a single output has none."""
        return (masks[0] if self.return_sequences else None,)

    def pack_outputs(self, outputs: Sequence[Any]) -> Any:
        """Return the output bare, or a list of it and of the states as the cell nests them."""
        output, *states = outputs
        return [output, *self.pack_states(states)] if self.return_state else output

    # ------------------------------------------------------------------ state

    @property
    def output_size(self) -> int:
        """The size of the output, that of the cell."""
        return cell_states.output_size(self.cell)

    @property
    def state_size(self) -> list[Any]:
        """The sizes of the states, one a state of the cell, nested as it has them."""
        size = self.cell.state_size
        return list(size) if isinstance(size, (list, tuple)) else [size]

    def pack_states(self, states: Sequence[Any]) -> list[Any]:
        """Return the states as the cell nests them."""
        return cell_states.packed(self.cell.state_size, states)

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """Return the states that a sequence starts from: zeros, learned, or what the cell says."""
        if self.learned_state:
            start = learned.start(learned.arrays(self.learned_state), batch_size)
            return self.pack_states(start)
        states = cell_states.initial(self.cell, batch_size)
        return list(states) if isinstance(states, (list, tuple)) else [states]

    def reset_state(self, mask: Any = None) -> None:
        """Forget the state that `stateful` carries from call to call.

        Args:
            mask: (batch,), True for the samples that are put back to a start; all by default.

        Raises:
            ShapeError: the mask is not one flag for each carried sample.

        >>> import numpy as np
        >>> from elman import layers
        >>> layer = layers.SimpleRNN(1, stateful=True, kernel_initializer="ones")
        >>> y = layer(np.ones((2, 3, 1)))
        >>> layer.reset_state([True, False])
        >>> print(layer.states[0][0], bool(layer.states[0][1] == y[1]))
        [0.] True
        """
        if mask is None:
            self.states = None
        elif self.states is not None:
            carried.put_back(self, mask)
        super().reset_state(mask)


class Kept(NamedTuple):
    """What `backward` reads of a call.

    Attributes:
        run, tape, states: what ran the cell, its tape, how many states were given to start from.
        from_learned, begun: whether it started from the learned ones, or from the chunk before.
    """

    run: Any
    tape: Any
    states: int
    from_learned: bool
    begun: bool
