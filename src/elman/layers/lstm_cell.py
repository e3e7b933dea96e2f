"""LSTMCell: one step of the long short-term memory."""

from typing import Any

from elman.layers.recurrence.stock_cell import ForgettingCell


class LSTMCell(ForgettingCell):
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
        super().__init__(units, "lstm", locals(), layer)
