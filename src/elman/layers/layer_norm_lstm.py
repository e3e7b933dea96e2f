"""LayerNormLSTM: the layer-normalised LSTM as a layer."""

from typing import Any

from elman.layers.layer_norm_lstm_cell import LayerNormLSTMCell
from elman.layers.recurrent import GatedRecurrent, OfCell


class LayerNormLSTM(GatedRecurrent):
    """The LSTM with layer normalisation inside.

    The maths is `elman.cells.lstm_normalised`.

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
            recurrent_dropout, seed, the regularizers and the constraints: see `SimpleRNN`.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask,
            checkpoint_steps, initial_state, layer: see `SimpleRNN`.

    Source: J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization" (2016).

    >>> import numpy as np
    >>> from elman import layers
    >>> output, h, c = layers.LayerNormLSTM(4, return_state=True)(np.zeros((2, 10, 3)))
    >>> output.shape, h.shape, c.shape
    ((2, 4), (2, 4), (2, 4))
    """

    cell_class = LayerNormLSTMCell
    checks = LayerNormLSTMCell.checks
    fixed = LayerNormLSTMCell.fixed
    unit_forget_bias = OfCell()
    gain_initializer = OfCell()
    gain_regularizer = OfCell()
    gain_constraint = OfCell()
    gain_x = OfCell()
    gain_h = OfCell()
    gain_c = OfCell()
    bias_c = OfCell()

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        gain_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        checkpoint_steps: int | None = None,
        initial_state: str | None = None,
        **layer: Any,
    ) -> None:
        super().__init__(locals(), layer)
