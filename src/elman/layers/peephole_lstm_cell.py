"""PeepholeLSTMCell: one step of the LSTM whose gates see the cell state."""

from typing import Any, ClassVar

from elman.layers.parts import settings
from elman.layers.recurrence.stock_cell import ForgettingCell


class PeepholeLSTMCell(ForgettingCell):
    """One step of the LSTM whose gates see the cell state.

    The maths is `elman.cells.lstm_peephole`.

    `cell(x_t, [h, c])` returns the output and the new states, `h_t, [h_t, c_t]`. `RNN(cell)`
    runs it over sequences.

    Args:
        units: size of the hidden state and of the cell state.
        activation: phi, of the candidate and of the cell state.
        recurrent_activation: sigma, of the input, forget and output gates.
        unit_forget_bias: start the bias of the forget gate at 1 (Jozefowicz et al. 2015).
        peephole_initializer: of `peephole_i`, `peephole_f` and `peephole_o`, (units,) each: a
            unit's gate sees that unit's cell state. With zeros training starts as that of `LSTM`.
        peephole_regularizer, peephole_constraint: what penalises them, and what they are put
            through.
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer, dropout,
            recurrent_dropout, seed, the regularizers and the constraints: see `SimpleRNNCell`.
        layer: `name`, `dtype` ("float32" or "float64"), `trainable`.

    Source: F. Gers and J. Schmidhuber, "Recurrent nets that time and count" (2000).

    >>> import numpy as np
    >>> from elman import layers
    >>> cell = layers.PeepholeLSTMCell(4)
    >>> output, [h, c] = cell(np.zeros((2, 3)), cell.get_initial_state(batch_size=2))
    >>> output.shape, h.shape, c.shape
    ((2, 4), (2, 4), (2, 4))
    """

    checks = {
        "peephole_initializer": settings.initializer,
        "peephole_regularizer": settings.regularizer,
        "peephole_constraint": settings.constraint,
    }
    fixed = settings.of_weights("peephole")
    made_by: ClassVar[dict[str, str]] = {
        **ForgettingCell.made_by,
        "peephole_i": "peephole",
        "peephole_f": "peephole",
        "peephole_o": "peephole",
    }

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
        unit_forget_bias: bool = True,
        peephole_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        peephole_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        peephole_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **layer: Any,
    ) -> None:
        super().__init__(units, "lstm_peephole", locals(), layer)
