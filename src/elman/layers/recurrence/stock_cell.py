"""The cells that elman has the maths of: weights and options around `elman.kernels`.

x (batch, timesteps, features)  ->  outputs (batch, timesteps, units) or (batch, units)
"""

from collections.abc import Sequence
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from elman import _check, activations, draws, kernels
from elman._typing import Array, Mask, State
from elman.bound import Bound, Recurrence, can_read
from elman.cells import CELLS, has_recurrent_kernel, streams_of, vectors_of
from elman.errors import NotBuiltError
from elman.layers.cell import Cell, Ways
from elman.layers.parts import settings, watch
from elman.layers.parts.kinds import redefined
from elman.layers.parts.passes import INFERENCE, Mode
from elman.layers.recurrence.gates import Gates
from elman.parameters import Initialize, Weight, changed

COMPUTES = (
    "unroll",
    "backpropagate",
    "cell_weights",
    "dcell_weights",
    "draw_streams",
)  # what a bound form stands for
ACTIVATIONS = ("activation", "recurrent_activation")  # the arguments, phi and sigma


class StockCell(Cell):
    """What `SimpleRNNCell`, `GRUCell`, `LSTMCell` and all other cells of `elman.cells` share.

    A class says in `made_by` which weights it has, those that `elman.cells` names, and how the
    arguments begin that each is made by: of `peephole_i`, say, `peephole_initializer` and so on.

    Args:
        units: size of the hidden state.
        cell_name: the maths, a key of `elman.cells.CELLS`.
        functions: its activations, phi and for gated cells sigma.
        options: the arguments that all of them take, see `SimpleRNNCell`.
        layer: `name`, `dtype`, `trainable`.
    """

    checks = {
        "units": _check.integer,
        "activation": settings.activation,
        "use_bias": _check.flag,
        "kernel_initializer": settings.initializer,
        "recurrent_initializer": settings.initializer,
        "bias_initializer": settings.initializer,
        "kernel_regularizer": settings.regularizer,
        "recurrent_regularizer": settings.regularizer,
        "bias_regularizer": settings.regularizer,
        "kernel_constraint": settings.constraint,
        "recurrent_constraint": settings.constraint,
        "bias_constraint": settings.constraint,
        "dropout": _check.rate,
        "recurrent_dropout": _check.rate,
        "seed": _check.seed,
    }
    fixed: ClassVar[tuple[str, ...]] = (
        "units", "use_bias", *settings.of_weights("kernel", "recurrent", "bias"),
    )  # fmt: skip
    made_by: ClassVar[dict[str, str]] = {
        "kernel": "kernel", "recurrent_kernel": "recurrent", "bias": "bias",
    }  # fmt: skip
    seed = settings.Seed()
    generator: "np.random.Generator"
    speaks_for = ""
    kernel: Weight
    recurrent_kernel: Weight
    bias_initializer: Initialize

    def __init__(
        self,
        units: int,
        cell_name: str,
        functions: Sequence[Any],
        options: dict[str, Any],
        layer: dict[str, Any],
    ) -> None:
        super().__init__(**layer)
        self.units = units
        self.cell_name = cell_name
        self.functions = tuple(
            settings.activation_entry(type(self).__name__, name, function)
            for name, function in zip(ACTIVATIONS, functions, strict=False)
        )
        for argument in settings.of_weights(*dict.fromkeys(self.made_by.values())):
            setattr(self, argument, options[argument])
        self.dropout: float = options["dropout"]
        self.recurrent_dropout: float = options.get("recurrent_dropout", 0.0)
        self.seed = options["seed"]
        self.use_bias: bool = options["use_bias"]
        self.bias: Weight | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        changed()  # a layer of this cell may be bound to what it was

    @property
    def owner(self) -> str:
        """How messages name this cell: as the layer that it was made for, if it was for one."""
        return self.speaks_for or super().owner

    @property
    def activation(self) -> Any:
        """The activation phi."""
        return activations.get(self.functions[0])

    @activation.setter
    def activation(self, function: Any) -> None:
        self.functions = (activations.entry(function), *self.functions[1:])

    # ------------------------------------------------------------------ weights and states

    @property
    def maths(self) -> ModuleType:
        """The module of `elman.cells` that says which gates and states there are."""
        return CELLS[self.cell_name]

    @property
    def cell_weights(self) -> kernels.Weights:
        """Kernel, recurrent kernel, bias and vectors as the kernels take them."""
        maths = self.maths
        bias = None if self.bias is None else self.bias.array
        recurrent = self.recurrent_kernel.array if has_recurrent_kernel(maths) else None
        further = [getattr(self, name).array for name in vectors_of(maths)]
        return self.kernel.array, recurrent, bias, *further

    def dcell_weights(self, dweights: list[Array]) -> dict[str, Array]:
        """Return the gradients of the weights by name, from those of `cell_weights`."""
        maths = self.maths
        names = ["kernel"] + ["recurrent_kernel"] * has_recurrent_kernel(maths)
        names += ["bias"] * self.use_bias + list(vectors_of(maths))
        return dict(zip(names, dweights, strict=True))

    @property
    def gates(self) -> Gates:
        """The weights by gate: `layer.gates["forget"].kernel`.

        Raises:
            NotBuiltError: there are no weights yet.
        """
        if not self.built:
            raise NotBuiltError(
                f"{self.owner}: the layer must be built before its gates are looked at; it is not. "
                "Call it on data first, or `build(input_shape)`."
            )
        return Gates(self)

    @property
    def state_names(self) -> tuple[str, ...]:
        """The names of the states; the first is the output as well."""
        names: tuple[str, ...] = self.maths.STATES
        return names

    @property
    def state_size(self) -> Any:
        """The units; of several states a list."""
        count = len(self.state_names)
        return self.units if count == 1 else [self.units] * count

    @property
    def output_size(self) -> int:
        """The units."""
        return self.units

    def get_initial_state(self, batch_size: int) -> list[Array]:
        """Return the zero state, (batch, units) an array."""
        shape = (batch_size, self.units)
        return [np.zeros(shape, self.dtype) for _ in self.state_names]

    def create_weights(self, shapes: list[Any]) -> None:
        """Make kernel (F, G*U), recurrent_kernel (U, G*U), bias (G*U,) or (2, G*U), and vectors."""
        maths, U = self.maths, self.units
        F, width = int(shapes[0][-1]), len(maths.GATES) * U
        self.kernel = self.made("kernel", (F, width))
        if has_recurrent_kernel(maths):
            self.recurrent_kernel = self.made("recurrent_kernel", (U, width))
        if self.use_bias:
            shape = (width,) if maths.BIASES == 1 else (maths.BIASES, width)
            self.bias = self.made("bias", shape, self.initial_bias)
        for name, gates in vectors_of(maths).items():
            setattr(self, name, self.made(name, (gates * U,)))

    def made(
        self, name: str, shape: tuple[int, ...], initializer: Initialize | None = None
    ) -> Weight:
        """Return a new weight, by the arguments that `made_by` says and this initializer if any."""
        initialize, regularizer, constraint = (
            getattr(self, argument) for argument in settings.of_weights(self.made_by[name])
        )
        return self.add_weight(
            shape, initializer or initialize,
            regularizer=regularizer, constraint=constraint, name=name,
        )  # fmt: skip

    def initial_bias(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """Return the bias to start training from."""
        return np.asarray(self.bias_initializer(shape, dtype))

    # ------------------------------------------------------------------ over a sequence

    def unroll(
        self, x: Array, states: State, mask: Mask | None, ways: Ways, mode: Mode
    ) -> tuple[Array, State, Any]:
        """Run the time loop; see `Unrolls`. The tape is that of the kernels."""
        drop, recurrent_drop = self._dropout_masks(x) if mode.training else ((), ())
        reset_mask, reset_state = mode.resets or (None, ())
        return watch.unroll(
            mode.watch,
            self,
            self.cell_name,
            x,
            self.cell_weights,
            states,
            activations=self.functions,
            mask=mask,
            input_dropout=drop,
            recurrent_dropout=recurrent_drop,
            go_backwards=ways.go_backwards,
            zero_output_for_mask=ways.zero_output_for_mask,
            return_sequences=ways.return_sequences,
            return_state=ways.return_state,
            record=mode.record,
            checkpoint_steps=ways.checkpoint_steps,
            streams=self.draw_streams(x.shape, mode),
            reset_mask=reset_mask,
            reset_state=reset_state,
        )

    def draw_streams(self, shape: tuple[int, ...], mode: Mode) -> tuple[Array | None, ...]:
        """Return the cell's streams for inputs of this shape; None for zeros, () for all zeros."""
        return ()

    def streams_in_inference(self) -> list[Array | None]:
        """Return what each stream is at every step in inference, (units,); None for zeros."""
        drawn = self.draw_streams((1, 1, len(self.kernel.array)), INFERENCE)
        found = [None if stream is None else stream[0, 0].copy() for stream in drawn]
        return found or [None] * len(streams_of(self.maths))

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
        """Run the time loop in reverse; see `Unrolls`."""
        whole = self.has_its_own_weights_alone
        found = watch.backpropagate(
            tape, doutputs, dstates, out=out if whole else None,
            need_x=need_x, need_initial_state=need_states,
        )  # fmt: skip
        dweights = [dw for dw in found.weights if dw is not None]
        if not whole:
            dweights = self._among_all(self.dcell_weights(dweights), out)
        return found.x, (*found.initial_state, *found.reset_state), dweights

    @property
    def has_its_own_weights_alone(self) -> bool:
        """Whether a subclass has added none."""
        maths = self.maths
        count = 1 + has_recurrent_kernel(maths) + self.use_bias + len(vectors_of(maths))
        return len(self.own_weights) == count

    def _among_all(self, dweights: dict[str, Array], out: Sequence[Array] | None) -> list[Array]:
        """Return a gradient for each weight, also those that a subclass has added: zeros."""
        known = {id(getattr(self, name)): dweight for name, dweight in dweights.items()}
        found = [known.get(id(w), np.zeros_like(w.array)) for w in self.weights]
        for place, dweight in zip(out or (), found, strict=out is not None):
            place[...] = dweight
        return found

    def bind_to(self, shape: tuple[int, int, int], ways: Ways, training: bool) -> Bound | None:
        """Return both passes over sequences of one shape from zero states, if the kernels can."""
        drops = training and (self.dropout or self.recurrent_dropout)
        known = kernels.has(self.cell_name, self.functions) and can_read(*self.cell_weights)
        its_own = self.has_its_own_weights_alone and not redefined(self, StockCell, COMPUTES)
        if drops or not known or not its_own:
            return None
        return Recurrence(
            self,
            self.cell_name,
            shape,
            self.cell_weights,
            self.functions,
            go_backwards=ways.go_backwards,
            zero_output_for_mask=ways.zero_output_for_mask,
            return_sequences=ways.return_sequences,
            checkpoint_steps=ways.checkpoint_steps,
        )

    def _dropout_masks(self, x: Array) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """Draw the masks of one sequence, the same for all timesteps.

        As in Keras, recurrent dropout gives each gate its own masks, of inputs and of state.
        """
        gates = len(self.maths.GATES)
        inputs = (gates if self.recurrent_dropout else 1) if self.dropout else 0
        recurrent = gates if self.recurrent_dropout else 0
        return (
            self._draw(self.dropout, (inputs, len(x), x.shape[2])),
            self._draw(self.recurrent_dropout, (recurrent, len(x), self.units)),
        )

    def _draw(self, rate: float, shape: tuple[int, int, int]) -> tuple[Array, ...]:
        if shape[0] == 0:
            return ()
        return tuple(draws.dropout(self.generator, rate, shape, self.dtype))


class GatedCell(StockCell):
    """What `GRUCell`, `LSTMCell` and other gated cells share beyond `StockCell`."""

    checks = {"recurrent_activation": settings.activation}

    @property
    def recurrent_activation(self) -> Any:
        """The activation sigma of the gates."""
        return activations.get(self.functions[1])

    @recurrent_activation.setter
    def recurrent_activation(self, function: Any) -> None:
        self.functions = (self.functions[0], activations.entry(function))


class ForgettingCell(GatedCell):
    """What the cells with input, forget and output gates share beyond `GatedCell`."""

    checks = {"unit_forget_bias": _check.flag}
    fixed: ClassVar[tuple[str, ...]] = ("unit_forget_bias",)

    def __init__(
        self, units: int, cell_name: str, options: dict[str, Any], layer: dict[str, Any]
    ) -> None:
        functions = (options["activation"], options["recurrent_activation"])
        super().__init__(units, cell_name, functions, options, layer)
        self.unit_forget_bias: bool = options["unit_forget_bias"]

    def initial_bias(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """Return the bias to start from: that of the forget gate is 1 with `unit_forget_bias`."""
        bias = np.array(super().initial_bias(shape, dtype))
        if self.unit_forget_bias and bias.shape == shape:  # another shape is refused later
            bias[self.units : 2 * self.units] = 1  # gates stand in the order i f g o
        return bias
