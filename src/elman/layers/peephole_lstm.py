"""PeepholeLSTM: the LSTM whose gates see the cell state, as a layer."""

from typing import Any

from elman.layers.peephole_lstm_cell import PeepholeLSTMCell
from elman.layers.recurrent import GatedRecurrent, OfCell


class PeepholeLSTM(GatedRecurrent):
    """The LSTM whose gates see the cell state, which helps with times and counts.

    The maths is `elman.cells.lstm_peephole`.

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
            recurrent_dropout, seed, the regularizers and the constraints: see `SimpleRNN`.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask,
            checkpoint_steps, initial_state, layer: see `SimpleRNN`.

    Source: F. Gers and J. Schmidhuber, "Recurrent nets that time and count" (2000).

    >>> import numpy as np
    >>> from elman import layers
    >>> output, h, c = layers.PeepholeLSTM(4, return_state=True)(np.zeros((2, 10, 3)))
    >>> output.shape, h.shape, c.shape
    ((2, 4), (2, 4), (2, 4))
    """

    cell_class = PeepholeLSTMCell
    checks = PeepholeLSTMCell.checks
    fixed = PeepholeLSTMCell.fixed
    unit_forget_bias = OfCell()
    peephole_initializer = OfCell()
    peephole_regularizer = OfCell()
    peephole_constraint = OfCell()
    peephole_i = OfCell()
    peephole_f = OfCell()
    peephole_o = OfCell()

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        peephole_constraint: Any = None,
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
