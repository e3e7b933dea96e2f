"""LSTMCell: one step of the long short-term memory."""

from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.layers.recurrence.stock_cell import GatedCell


class LSTMCell(GatedCell):
    """One step of the long short-term memory. See `elman.cells.lstm`.

    `cell(x_t, [h, c])` returns the output and the new states, `h_t, [h_t, c_t]`. `RNN(cell)` runs
    it over sequences, which the compiled kernels do as they do for `LSTM`.

    Args:
        units: size of the hidden state and of the cell state.
        activation: phi, of the candidate and of the cell state.
        recurrent_activation: sigma, of the input, forget and output gates.
        unit_forget_bias: start the bias of the forget gate at 1 (Jozefowicz et al. 2015).
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer, dropout,
            recurrent_dropout, seed, the regularizers and the constraints: see `SimpleRNNCell`.
        layer: `name`, `dtype` ("float32" or "float64"), `trainable`.

    Source: S. Hochreiter and J. Schmidhuber, "Long short-term memory" (1997).

    >>> import numpy as np
    >>> from elman import layers
    >>> cell = layers.LSTMCell(4)
    >>> output, [h, c] = cell(np.zeros((2, 3)), cell.get_initial_state(batch_size=2))
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
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
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
