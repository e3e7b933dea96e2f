"""MinLSTMCell: one step of the minimal LSTM."""

from typing import Any, ClassVar

from elman.layers.recurrence.stock_cell import StockCell


class MinLSTMCell(StockCell):
    """One step of the LSTM whose gates and candidate do not see the state.

    The maths is `elman.cells.min_lstm`.

    `cell(x_t, [h])` returns the output and the new states, `h_t, [h_t]`. `RNN(cell)`
    runs it over sequences.

    Args:
        units: size of the hidden state.
        activation: phi, of the candidate. Its two gates are sigmoids, of which one share is made.
        use_bias, kernel_initializer, bias_initializer, dropout, seed, the regularizers and the
            constraints: see `SimpleRNNCell`.
        layer: `name`, `dtype` ("float32" or "float64"), `trainable`.

    Source: L. Feng et al., "Were RNNs all we needed?" (2024), section 3.2.

    >>> import numpy as np
    >>> from elman import layers
    >>> cell = layers.MinLSTMCell(4)
    >>> output, [h] = cell(np.zeros((2, 3)), cell.get_initial_state(batch_size=2))
    >>> output.shape, h.shape
    ((2, 4), (2, 4))
    """

    made_by: ClassVar[dict[str, str]] = {"kernel": "kernel", "bias": "bias"}

    def __init__(
        self,
        units: int,
        activation: Any = "linear",
        *,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        seed: int | None = None,
        **layer: Any,
    ) -> None:
        super().__init__(units, "min_lstm", (activation,), locals(), layer)
