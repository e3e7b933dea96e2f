"""The recurrent layers: weights and options around the time loop of `elman.kernels`.

x (batch, timesteps, features)  ->  outputs (batch, timesteps, units) or (batch, units),
                                    and with `return_state` the final state
"""

from collections.abc import Sequence
from functools import partial
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from elman import _check, activations, kernels
from elman._config import snake_case
from elman._typing import Array, Shape, State
from elman.bound import Bound, Recurrence, can_read
from elman.cells import CELLS
from elman.errors import ShapeError
from elman.layers import calling, settings
from elman.layers.base import Layer
from elman.layers.passes import Arrays, Masks, Mode
from elman.parameters import Initialize, Weight

ACTIVATIONS = ("activation", "recurrent_activation")  # the arguments, phi and sigma


class Recurrent(Layer):
    """What `SimpleRNN`, `GRU` and `LSTM` share.

    Args:
        units: size of the hidden state.
        cell: the cell's name, a key of `elman.cells.CELLS`.
        functions: its activations, phi and for gated cells sigma.
        options: the arguments that all recurrent layers take, see `SimpleRNN`.
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
        "return_sequences": _check.flag,
        "return_state": _check.flag,
        "go_backwards": _check.flag,
        "stateful": _check.flag,
        "unroll": _check.flag,
        "zero_output_for_mask": _check.flag,
        "checkpoint_steps": _check.optional(_check.integer),
    }
    fixed: ClassVar[tuple[str, ...]] = (
        "units", "use_bias", *settings.of_weights("kernel", "recurrent", "bias"),
    )  # fmt: skip
    seed = settings.Seed()
    generator: "np.random.Generator"
    takes_sequences = True

    def __init__(
        self,
        units: int,
        cell: str,
        functions: Sequence[Any],
        options: dict[str, Any],
        layer: dict[str, Any],
    ) -> None:
        super().__init__(activity_regularizer=options["activity_regularizer"], **layer)
        kind = type(self).__name__
        self.units = units
        self.cell = cell
        self.functions = tuple(
            activations.name_of(function, kind, name)
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
        self.return_sequences: bool = options["return_sequences"]
        self.return_state: bool = options["return_state"]
        self.go_backwards: bool = options["go_backwards"]
        self.stateful: bool = options["stateful"]
        self.unroll: bool = options["unroll"]
        if "use_cudnn" in options:
            self.use_cudnn = options["use_cudnn"]
        self.zero_output_for_mask: bool = options["zero_output_for_mask"]
        self.checkpoint_steps: int | None = options["checkpoint_steps"]
        self.states: State | None = None
        self.bias: Weight | None = None

    # ------------------------------------------------------------------ calling

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: bool | None = None,
    ) -> Any:
        """Run over a sequence.

        Args:
            inputs: (batch, timesteps, features), an array or a symbolic tensor.
            initial_state: the state before the first step, (batch, units) an array: one for
                SimpleRNN and GRU, a list [h, c] for LSTM. Zeros, or with `stateful` the
                last call's final state, by default.
            mask: (batch, timesteps), True where a step is taken. Any pattern.
            training: whether dropout is active.

        Returns:
            The output; with `return_state` a list of the output and the final state.

        Raises:
            ShapeError: a shape does not fit; the message says which axis and what to do.
        """
        if isinstance(inputs, (list, tuple)) and len(inputs) > 1 and hasattr(inputs[0], "shape"):
            initial_state = list(inputs[1:]) if initial_state is None else initial_state
            inputs = inputs[0]
        several = isinstance(initial_state, (list, tuple))
        states = (
            [] if initial_state is None else list(initial_state) if several else [initial_state]
        )
        return calling.call(self, inputs, states, mask, training)

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Run the time loop; the tape is that of the kernels."""
        x, *initial = inputs
        drop, recurrent_drop = self._dropout_masks(x) if mode.training else ((), ())
        outputs, final, tape = kernels.unroll(
            self.cell,
            x,
            self.cell_weights,
            tuple(initial) or self._start(x),
            activations=self.functions,
            mask=masks[0],
            input_dropout=drop,
            recurrent_dropout=recurrent_drop,
            go_backwards=self.go_backwards,
            zero_output_for_mask=self.zero_output_for_mask,
            return_sequences=self.return_sequences,
            return_state=self.return_state or self.stateful,
            record=mode.record,
            checkpoint_steps=self.checkpoint_steps,
        )
        if self.stateful:
            self.states = final
        return (outputs, *final) if self.return_state else (outputs,), (tape, len(initial))

    def backward(
        self,
        tape: Any,
        doutputs: Arrays,
        *,
        out: Sequence[Array] | None = None,
        need_inputs: bool = True,
    ) -> tuple[Arrays, list[Array]]:
        """Run the time loop in reverse."""
        recorded, states = tape
        doutput, *dstate = doutputs
        gradients = kernels.backpropagate(
            recorded, doutput, tuple(dstate), out=out,
            need_x=need_inputs, need_initial_state=states > 0,
        )  # fmt: skip
        dweights = [dw for dw in gradients.weights if dw is not None]
        return (gradients.x, *gradients.initial_state[:states]), dweights

    def bind(self, shape: Shape, training: bool) -> Bound | None:
        """Return both passes at one shape, where no state and no dropout comes in between."""
        between = self.stateful or self.return_state
        drops = training and (self.dropout or self.recurrent_dropout)
        known = kernels.has(self.cell, self.functions) and can_read(*self.cell_weights)
        if between or drops or not known:
            return None
        B, T, F = shape
        return Recurrence(
            self.cell,
            (int(B or 0), int(T or 0), int(F or 0)),
            self.cell_weights,
            self.functions,
            go_backwards=self.go_backwards,
            zero_output_for_mask=self.zero_output_for_mask,
            return_sequences=self.return_sequences,
            checkpoint_steps=self.checkpoint_steps,
        )

    @property
    def maths(self) -> ModuleType:
        """The module of `elman.cells` that says which gates and states there are."""
        return CELLS[self.cell]

    @property
    def cell_weights(self) -> tuple[Array, Array, Array | None]:
        """Kernel, recurrent kernel and bias as the kernels take them."""
        bias = None if self.bias is None else self.bias.array
        return self.kernel.array, self.recurrent_kernel.array, bias

    def _start(self, x: Array) -> State:
        """Return the state to start from when none was given; the empty tuple is zeros."""
        if not self.stateful or self.states is None:
            return ()
        if len(self.states[0]) != len(x):
            raise ShapeError(
                f"{self.owner}: `x` must have batch={len(self.states[0])}, that of the carried "
                f"state; got {len(x)}. Call `reset_state()` before a batch of another size."
            )
        return self.states

    def _dropout_masks(self, x: Array) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """Draw the masks of one call, the same for all timesteps.

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

    # ------------------------------------------------------------------ weights and shapes

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make kernel (F, G*U), recurrent_kernel (U, G*U) and bias (G*U,) or (2, G*U)."""
        F, width = int(shapes[0][2] or 0), len(self.maths.GATES) * self.units
        folder = f"{snake_case(type(self).__name__)}_cell"
        self.kernel = self.make_weight("kernel", (F, width), folder)
        self.recurrent_kernel = self.add_weight(
            (self.units, width), self.recurrent_initializer,
            regularizer=self.recurrent_regularizer, constraint=self.recurrent_constraint,
            name="recurrent_kernel", folder=folder,
        )  # fmt: skip
        if self.use_bias:
            shape = (width,) if self.maths.BIASES == 1 else (self.maths.BIASES, width)
            self.bias = self.add_weight(
                shape, self.initial_bias,
                regularizer=self.bias_regularizer, constraint=self.bias_constraint,
                name="bias", folder=folder,
            )  # fmt: skip

    def initial_bias(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """Return the bias to start training from."""
        return np.asarray(self.bias_initializer(shape, dtype))

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check x (batch, timesteps, features) and the states (batch, units)."""
        x, *states = shapes
        features = self.kernel.shape[0] if self.built else None
        if len(x) != 3 or (features is not None and x[2] not in (None, features)):
            named = "features" if features is None else f"features={features}"
            raise ShapeError(
                f"{self.owner}: `x` must have shape (batch, timesteps, {named}); got {x}."
                + _axes_fix(x, features)
            )
        if x[2] is None or x[1] == 0:
            raise ShapeError(
                f"{self.owner}: `x` must have at least one timestep and a known number of "
                f"features; got {x}."
            )
        names = self.maths.STATES
        if states and len(states) != len(names):
            raise ShapeError(
                f"{self.owner}: `initial_state` must be {len(names)} array"
                f"{'s' * (len(names) > 1)} ({', '.join(names)}); got {len(states)}."
            )
        for name, state in zip(names, states, strict=False):
            batch_fits = None in (state[0], x[0]) or state[0] == x[0]
            if len(state) != 2 or state[1] != self.units or not batch_fits:
                raise ShapeError(
                    f"{self.owner}: `initial_state` must have {name} of shape "
                    f"(batch={x[0]}, units={self.units}); got {state}."
                )

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the shape of the output, and with `return_state` of the states."""
        B, T, _ = shapes[0]
        output: Shape = (B, T, self.units) if self.return_sequences else (B, self.units)
        state: Shape = (B, self.units)
        return [output, *(state for _ in self.maths.STATES if self.return_state)]

    def output_masks(self, inputs: Arrays, masks: Masks) -> Masks:
        """Pass the mask on with the sequence; a single output has none."""
        return (masks[0] if self.return_sequences else None,)

    # ------------------------------------------------------------------ state

    def get_initial_state(self, batch_size: int) -> list[Array]:
        """Return the zero state, (batch, units) an array."""
        shape = (batch_size, self.units)
        return [np.zeros(shape, self.dtype) for _ in self.maths.STATES]

    def reset_state(self) -> None:
        """Forget the state that `stateful` carries from call to call."""
        self.states = None

    @property
    def activation(self) -> Any:
        """The activation phi."""
        return activations.get(self.functions[0])

    @activation.setter
    def activation(self, function: Any) -> None:
        self.functions = (activations.name_of(function), *self.functions[1:])


def _axes_fix(x: Shape, features: int | None) -> str:
    """Return how an array of this shape becomes (batch, timesteps, features)."""
    if len(x) == 1:
        return " Add axes with `x[None, :, None]`."
    if len(x) != 2 or features not in (None, 1, x[1]):
        return ""
    one_feature, one_timestep = "`x[..., None]`", "`x[:, None, :]`"
    if features is None:
        return f" Add an axis: {one_feature} for one feature, {one_timestep} for one timestep."
    if features == 1 != x[1]:
        return f" Add the feature axis with {one_feature}."
    return f" Add a time axis with {one_timestep}."


class GatedRecurrent(Recurrent):
    """What `GRU` and `LSTM` share beyond `Recurrent`."""

    checks = {
        "recurrent_activation": settings.activation,
        "use_cudnn": partial(_check.one_of, choices=("auto", True, False)),
    }

    @property
    def recurrent_activation(self) -> Any:
        """The activation sigma of the gates."""
        return activations.get(self.functions[1])

    @recurrent_activation.setter
    def recurrent_activation(self, function: Any) -> None:
        self.functions = (self.functions[0], activations.name_of(function))
