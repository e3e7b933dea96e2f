"""The cells that elman has the maths of: weights and options around `elman.kernels`.

x (batch, timesteps, features)  ->  outputs (batch, timesteps, units) or (batch, units)
"""

from collections.abc import Sequence
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from elman import _check, activations, kernels
from elman._typing import Array, Mask, State
from elman.bound import Bound, Recurrence, can_read
from elman.cells import CELLS
from elman.layers.cell import Cell, Ways
from elman.layers.parts import settings
from elman.layers.parts.kinds import redefined
from elman.layers.parts.passes import Mode
from elman.parameters import Initialize, Weight, changed

COMPUTES = ("unroll", "backpropagate", "cell_weights")  # what a bound form stands for
ACTIVATIONS = ("activation", "recurrent_activation")  # the arguments, phi and sigma


class StockCell(Cell):
    """What `SimpleRNNCell`, `GRUCell` and `LSTMCell` share.

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
    seed = settings.Seed()
    generator: "np.random.Generator"
    speaks_for = ""

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
        self.kernel_initializer: Initialize = options["kernel_initializer"]
        self.recurrent_initializer: Initialize = options["recurrent_initializer"]
        self.bias_initializer: Initialize = options["bias_initializer"]
        self.kernel_regularizer = options["kernel_regularizer"]
        self.recurrent_regularizer = options["recurrent_regularizer"]
        self.bias_regularizer = options["bias_regularizer"]
        self.kernel_constraint = options["kernel_constraint"]
        self.recurrent_constraint = options["recurrent_constraint"]
        self.bias_constraint = options["bias_constraint"]
        self.dropout: float = options["dropout"]
        self.recurrent_dropout: float = options["recurrent_dropout"]
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
        """Kernel, recurrent kernel and bias as the kernels take them."""
        bias = None if self.bias is None else self.bias.array
        return self.kernel.array, self.recurrent_kernel.array, bias

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
        """Make kernel (F, G*U), recurrent_kernel (U, G*U) and bias (G*U,) or (2, G*U)."""
        F, width = int(shapes[0][-1]), len(self.maths.GATES) * self.units
        self.kernel = self.make_weight("kernel", (F, width))
        self.recurrent_kernel = self.add_weight(
            (self.units, width), self.recurrent_initializer,
            regularizer=self.recurrent_regularizer, constraint=self.recurrent_constraint,
            name="recurrent_kernel",
        )  # fmt: skip
        if self.use_bias:
            shape = (width,) if self.maths.BIASES == 1 else (self.maths.BIASES, width)
            self.bias = self.add_weight(
                shape, self.initial_bias,
                regularizer=self.bias_regularizer, constraint=self.bias_constraint, name="bias",
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
        return kernels.unroll(
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
            reset_mask=reset_mask,
            reset_state=reset_state,
        )

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
        whole = self._has_its_own_weights_alone
        found = kernels.backpropagate(
            tape, doutputs, dstates, out=out if whole else None,
            need_x=need_x, need_initial_state=need_states,
        )  # fmt: skip
        dweights = [dw for dw in found.weights if dw is not None]
        if not whole:
            dweights = self._among_all(dweights, out)
        return found.x, (*found.initial_state, *found.reset_state), dweights

    @property
    def _has_its_own_weights_alone(self) -> bool:
        """Whether a subclass has added none."""
        return len(self.own_weights) == 2 + self.use_bias

    def _among_all(self, dweights: list[Array], out: Sequence[Array] | None) -> list[Array]:
        """Return a gradient for each weight, also those that a subclass has added: zeros."""
        known = dict(zip(map(id, (self.kernel, self.recurrent_kernel, self.bias)), dweights,
                         strict=False))  # fmt: skip
        found = [known.get(id(w), np.zeros_like(w.array)) for w in self.weights]
        for place, dweight in zip(out or (), found, strict=out is not None):
            place[...] = dweight
        return found

    def bind_to(self, shape: tuple[int, int, int], ways: Ways, training: bool) -> Bound | None:
        """Return both passes over sequences of one shape from zero states, if the kernels can."""
        drops = training and (self.dropout or self.recurrent_dropout)
        known = kernels.has(self.cell_name, self.functions) and can_read(*self.cell_weights)
        its_own = self._has_its_own_weights_alone and not redefined(self, StockCell, COMPUTES)
        if drops or not known or not its_own:
            return None
        return Recurrence(
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
        kept = self.generator.random(shape, dtype=np.float32) >= rate
        scale = np.asarray(1 / (1 - rate), self.dtype)
        return tuple(np.multiply(kept, scale, dtype=self.dtype))


class GatedCell(StockCell):
    """What `GRUCell` and `LSTMCell` share beyond `StockCell`."""

    checks = {"recurrent_activation": settings.activation}

    @property
    def recurrent_activation(self) -> Any:
        """The activation sigma of the gates."""
        return activations.get(self.functions[1])

    @recurrent_activation.setter
    def recurrent_activation(self, function: Any) -> None:
        self.functions = (self.functions[0], activations.entry(function))
