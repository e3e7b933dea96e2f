"""SimpleRNNCell: one step of the Elman network."""

from typing import Any

from elman.layers.recurrence.stock_cell import StockCell


class SimpleRNNCell(StockCell):
    """One step of the Elman network: `h_t = tanh(x_t W + h_{t-1} R + b)`.

    `cell(x_t, [h])` returns the output and the new states, `h_t, [h_t]`. `RNN(cell)` runs it over
    sequences, which the compiled kernels do as they do for `SimpleRNN`. See
    `elman.cells.simple_rnn`.

    Args:
        units: size of the hidden state, which is `state_size` and `output_size` too.
        activation: phi, a name, or a function of `elman.activations` or your own.
        use_bias: whether there is a bias.
        kernel_initializer: of the kernel (features, units).
        recurrent_initializer: of the recurrent kernel (units, units).
        bias_initializer: of the bias (units,).
        kernel_regularizer, recurrent_regularizer, bias_regularizer: what penalises them, see
            `elman.regularizers`.
        kernel_constraint, recurrent_constraint, bias_constraint: what they are put through after
            each step, see `elman.constraints`.
        dropout: share of the inputs to drop in training, in [0, 1).
        recurrent_dropout: share of the state to drop in training, in [0, 1).
        seed: of the dropout masks.
        layer: `name`, `dtype` ("float32" or "float64"), `trainable`.

    Source: J. Elman, "Finding structure in time", Cognitive Science 14 (1990).

    >>> import numpy as np
    >>> from elman import layers
    >>> cell = layers.SimpleRNNCell(2, kernel_initializer="ones")
    >>> output, [h] = cell(np.array([[0.25, 0.5]]), cell.get_initial_state(batch_size=1))
    >>> print(output.round(3), h.shape)
    [[0.635 0.635]] (1, 2)
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
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
        super().__init__(units, "simple_rnn", (activation,), locals(), layer)
