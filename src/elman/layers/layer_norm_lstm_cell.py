"""LayerNormLSTMCell: one step of the layer-normalised LSTM."""

from typing import Any, ClassVar

from elman.layers.parts import settings
from elman.layers.recurrence.stock_cell import ForgettingCell


class LayerNormLSTMCell(ForgettingCell):
    """One step of the LSTM with layer normalisation inside.

    The maths is `elman.cells.lstm_normalised`.

    `cell(x_t, [h, c])` returns the output and the new states, `h_t, [h_t, c_t]`. `RNN(cell)`
    runs it over sequences.

    Args:
        units: size of the hidden state and of the cell state.
        activation: phi, of the candidate and of the cell state.
        recurrent_activation: sigma, of the input, forget and output gates.
        unit_forget_bias: start the bias of the forget gate at 1 (Jozefowicz et al. 2015).
        gain_initializer: of `gain_x`, `gain_h` (4*units,) and `gain_c` (units,), by which x W, h R
            and the cell state are multiplied once their mean is 0 and their variance 1. `bias_c`
            (units,), which is added to the cell state there, is made as the bias, without what
            `unit_forget_bias` does.
        gain_regularizer, gain_constraint: what penalises the gains, and what they are put through.
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer, dropout,
            recurrent_dropout, seed, the regularizers and the constraints: see `SimpleRNNCell`.
        layer: `name`, `dtype` ("float32" or "float64"), `trainable`.

    Source: J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization" (2016).

    >>> import numpy as np
    >>> from elman import layers
    >>> cell = layers.LayerNormLSTMCell(4)
    >>> output, [h, c] = cell(np.zeros((2, 3)), cell.get_initial_state(batch_size=2))
    >>> output.shape, h.shape, c.shape
    ((2, 4), (2, 4), (2, 4))
    """

    checks = {
        "gain_initializer": settings.initializer,
        "gain_regularizer": settings.regularizer,
        "gain_constraint": settings.constraint,
    }
    fixed = settings.of_weights("gain")
    made_by: ClassVar[dict[str, str]] = {
        **ForgettingCell.made_by,
        "gain_x": "gain",
        "gain_h": "gain",
        "gain_c": "gain",
        "bias_c": "bias",
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
        gain_initializer: Any = "ones",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        gain_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        gain_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **layer: Any,
    ) -> None:
        super().__init__(units, "lstm_normalised", locals(), layer)
