"""CoupledLSTMCell: one step of the LSTM with one gate for input and forgetting."""

from typing import Any

from elman.layers.recurrence.stock_cell import GatedCell


class CoupledLSTMCell(GatedCell):
    """One step of the LSTM that forgets as much as it takes in, f = 1 - i.

    The maths is `elman.cells.lstm_coupled`.

    `cell(x_t, [h, c])` returns the output and the new states, `h_t, [h_t, c_t]`. `RNN(cell)`
    runs it over sequences.

    Args:
        units: size of the hidden state and of the cell state.
        activation: phi, of the candidate and of the cell state.
        recurrent_activation: sigma, of the input and output gates.
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer, dropout,
            recurrent_dropout, seed, the regularizers and the constraints: see `SimpleRNNCell`.
        layer: `name`, `dtype` ("float32" or "float64"), `trainable`.

    Source: K. Greff et al., "LSTM: a search space odyssey" (2017), the variant CIFG.

    >>> import numpy as np
    >>> from elman import layers
    >>> cell = layers.CoupledLSTMCell(4)
    >>> output, [h, c] = cell(np.zeros((2, 3)), cell.get_initial_state(batch_size=2))
    >>> output.shape, h.shape, c.shape
    ((2, 4), (2, 4), (2, 4))
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        *,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
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
        super().__init__(units, "lstm_coupled", (activation, recurrent_activation), locals(), layer)
