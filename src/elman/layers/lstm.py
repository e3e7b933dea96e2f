"""LSTM: the long short-term memory as a layer."""

from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.layers.recurrent import GatedRecurrent


class LSTM(GatedRecurrent):
    """The long short-term memory. See `elman.cells.lstm`.

    Args:
        units: size of the hidden state and of the cell state.
        activation: phi, of the candidate and of the cell state.
        recurrent_activation: sigma, of the input, forget and output gates.
        unit_forget_bias: start the bias of the forget gate at 1 (Jozefowicz et al. 2015).
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer, dropout,
            recurrent_dropout, seed, the regularizers and the constraints: see `SimpleRNN`.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask,
            checkpoint_steps, layer: see `SimpleRNN`.
        use_cudnn: accepted for Keras's sake; changes nothing.

    >>> import numpy as np
    >>> from elman import layers
    >>> output, h, c = layers.LSTM(4, return_state=True)(np.zeros((2, 10, 3)))
    >>> output.shape, h.shape, c.shape
    ((2, 4), (2, 4), (2, 4))
    """

    checks = {"unit_forget_bias": _check.flag}
    fixed = ("unit_forget_bias",)

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: Any = "auto",
        zero_output_for_mask: bool = False,
        checkpoint_steps: int | None = None,
        **layer: Any,
    ) -> None:
        super().__init__(units, "lstm", (activation, recurrent_activation), locals(), layer)
        self.unit_forget_bias = unit_forget_bias

    def initial_bias(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """Return the bias to start from: that of the forget gate is 1 with `unit_forget_bias`."""
        bias = np.array(super().initial_bias(shape, dtype))
        if self.unit_forget_bias and bias.shape == shape:  # another shape is refused later
            bias[self.units : 2 * self.units] = 1  # gates stand in the order i f g o
        return bias
