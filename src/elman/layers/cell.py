"""What elman's own cells are: layers of one timestep, which also run over a whole sequence.

    one step      cell(x_t, states) -> output_t, new states
    a sequence    cell.unroll(x, states, …) -> outputs, final states, tape

`RNN` asks for the second. A cell of your own has no `unroll`: `loop.py` runs it step by step.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from elman import _check, _tree
from elman._typing import Array, Mask, Shape, State
from elman.bound import Bound
from elman.errors import ArgumentError, ShapeError
from elman.layers.base import Layer
from elman.layers.own.stand_in import by_hand
from elman.layers.parts import calling
from elman.layers.parts.nesting import with_sublayers
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.layers.recurrence import cell_states


class Ways(NamedTuple):
    """How a cell is run over a sequence; see `elman.layers.RNN`."""

    go_backwards: bool = False
    zero_output_for_mask: bool = False
    return_sequences: bool = False
    return_state: bool = True
    checkpoint_steps: int | None = None


ONE_STEP = Ways()


class Unrolls(Protocol):
    """What can be run over a sequence."""

    def unroll(
        self, x: Array, states: State, mask: Mask | None, ways: Ways, mode: Mode
    ) -> tuple[Array, State, Any]:
        """Run over a sequence.

        Args:
            x: (batch, timesteps, features).
            states: the states before the first step in a row; () for those that a cell starts from.
            mask: (batch, timesteps), True where a step is taken.
            ways: how.
            mode: what for; its `resets` say which rows are put back before which steps, to what
                the cell starts from or, where they hold a state, to that.

        Returns:
            The outputs (batch, timesteps, size) or the last (batch, size), the final states, ()
            where `ways` does not want them, and a tape for `backpropagate`.
        """

    def backpropagate(
        self,
        tape: Any,
        doutputs: Array,
        dstates: State,
        *,
        out: Sequence[Array] | None = None,
        need_x: bool = True,
        need_states: bool = True,
    ) -> tuple[Array | None, State, Sequence[Array]]:
        """Return the gradients of x, of the first states, and of the cell's `weights`.

        Where resets put in a state, its gradients, (size,) an array, follow those of the first
        states.

        Args:
            tape: what `unroll` returned.
            doutputs: dL/d(outputs).
            dstates: dL/d(final states); () for zeros.
            out: where the gradients of the weights go, if not into new arrays.
            need_x, need_states: whether those are wanted; else None and ().
        """


class Cell(Layer):
    """Base class of elman's own cells; cells of your own are just layers, see `RNN`.

    A subclass runs over sequences, and a step is a sequence of one timestep.
    """

    supports_masking = False
    states_name = "states"
    has_call = False  # `call` stands for what is computed by hand
    reads_whole = False  # whether a step depends on those before by more than the states

    @property
    def state_size(self) -> Any:
        """The size of the state, or a list of sizes, nested where cells are."""
        raise _check.undefined(self, "state_size(self)", "is a property")

    @property
    def output_size(self) -> int:
        """The size of the output."""
        raise _check.undefined(self, "output_size(self)", "is a property")

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """Return the states that a sequence starts from."""
        raise _check.undefined(self, "get_initial_state(self, batch_size)", "returns a list")

    unroll: Any
    backpropagate: Any

    def bind_to(self, shape: tuple[int, int, int], ways: Ways, training: bool) -> Bound | None:
        """Return both passes over sequences of one shape from zero states, if the kernels can."""
        return None

    def __call__(  # type: ignore[override]
        self, inputs: Any, states: Any, training: bool | None = None
    ) -> Any:
        """Take one step.

        Args:
            inputs: x_t, (batch, features), an array or a symbolic tensor.
            states: those before the step: an array (batch, units), or a list of them.
            training: whether dropout is active. Its masks are drawn anew at each call; `RNN` draws
                them once a sequence.

        Returns:
            The output and the new states, a list or nest of arrays if `states` is one.

        Raises:
            ShapeError: a shape, or the number of states, does not fit.
        """
        leaves = _tree.flatten(states)
        if not leaves:
            cell_states.check_shapes(self.owner, self.states_name, self, [], None)
        output, *new = calling.call(self, inputs, leaves, None, training)
        several = isinstance(states, (list, tuple))
        return output, _tree.pack(states, new) if several else new[0]

    def call(self, inputs: Any, states: Any, training: bool | None = None) -> Any:
        """Take one step: for `super().call(inputs, states)` in a `call` of your own."""
        return by_hand(self, (inputs, states, training), {})

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check x_t (batch, features) and the states."""
        x, *states = shapes
        want = self.input_shapes[0][-1] if self.input_shapes else None
        if len(x) != 2 or x[1] is None or want not in (None, x[1]):
            named = "features" if want is None else f"features={want}"
            fix = " Run over a sequence with `RNN(cell)`." if len(x) == 3 else ""
            raise ShapeError(
                f"{self.owner}: `inputs` must have shape (batch, {named}); got {x}.{fix}"
            )
        if states:
            cell_states.check_shapes(self.owner, self.states_name, self, states, x[0])

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the shapes of the output and of the new states."""
        B = shapes[0][0]
        return [(B, self.output_size), *((B, size) for size in cell_states.flat(self.state_size))]

    def output_masks(self, inputs: Arrays, masks: Masks) -> Masks:
        """Return none."""
        return ()

    def pack_states(self, states: Sequence[Any]) -> list[Any]:
        """Return the states of a call in the structure of `state_size`."""
        return cell_states.packed(self.state_size, states)

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Take one step: run over a sequence of one timestep."""
        x, *states = inputs
        mode = mode._replace(watch=None)  # who wants to see sequences would see T calls
        output, new, tape = self.unroll(x[:, None], tuple(states), None, ONE_STEP, mode)
        return (output, *new), (tape, len(states))

    def backward(
        self,
        tape: Any,
        doutputs: Arrays,
        *,
        out: Sequence[Array] | None = None,
        need_inputs: bool = True,
    ) -> tuple[tuple[Any, ...], Sequence[Array]]:
        """Undo the step."""
        (recorded, states), (doutput, *dstates) = tape, doutputs
        dx, dprevious, dweights = self.backpropagate(
            recorded, doutput, tuple(dstates), out=out, need_x=need_inputs, need_states=states > 0
        )
        return (None if dx is None else dx[:, 0], *dprevious), dweights


def a_cell(owner: str, name: str, value: Any) -> Any:
    """Return an argument if it is a cell.

    Raises:
        ArgumentError: it is not; the message says what it lacks.
    """
    lacks = _lacks(value)
    if lacks:
        raise ArgumentError(
            f"{owner}: `{name}` must be a cell such as LSTMCell(8); got {value!r:.80}, {lacks}."
        )
    cell_states.check_sizes(owner, value)
    if value.activity_regularizer is not None:
        raise ArgumentError(
            f"{owner}: `{name}` must have no `activity_regularizer`; got that of {value.owner}. "
            "Give it to the layer that runs the cell."
        )
    return value


def _lacks(value: Any) -> str:
    """Return what something lacks to be a cell, or nothing."""
    if isinstance(value, type):
        return f"a class. Make a cell of it, as in {value.__name__}(8)"
    if not isinstance(value, Layer):
        return "which is no layer"
    if value.takes_sequences:
        return "which reads sequences itself. Its cell is for one timestep"
    if getattr(value, "state_size", None) is None:
        return "which has no `state_size`. Set it in its constructor: its units, or a list of them"
    if not isinstance(value, Cell) and not value.has_call and not has_gradient(value):
        return "which has no `call(inputs, states)`"
    return ""


def reads_whole(cell: Layer) -> bool:
    """Say whether a sequence cannot be cut and gone on with from the states of a cell."""
    return any(getattr(each, "reads_whole", False) for each in with_sublayers(cell))


def has_gradient(cell: Any) -> bool:
    """Say whether a cell of one's own takes and undoes its step itself, see `RNN`."""
    if isinstance(cell, Cell) or cell.has_call or type(cell).forward is Layer.forward:
        return False
    return "masks" not in taken(type(cell).forward)  # which a layer's own takes


def taken(function: Any) -> tuple[str, ...]:
    """Return the names of the arguments that a function takes."""
    code = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
