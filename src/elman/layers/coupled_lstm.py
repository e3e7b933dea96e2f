"""CoupledLSTM: the LSTM with one gate for input and forgetting, as a layer."""

from typing import Any

from elman.layers.coupled_lstm_cell import CoupledLSTMCell
from elman.layers.recurrent import GatedRecurrent


class CoupledLSTM(GatedRecurrent):
    """The LSTM that forgets as much as it takes in, f = 1 - i, with three gates for four.

    The maths is `elman.cells.lstm_coupled`.

    Args:
        units: size of the hidden state and of the cell state.
        activation: phi, of the candidate and of the cell state.
        recurrent_activation: sigma, of the input and output gates.
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer, dropout,
            recurrent_dropout, seed, the regularizers and the constraints: see `SimpleRNN`.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask,
            checkpoint_steps, initial_state, layer: see `SimpleRNN`.

    Source: K. Greff et al., "LSTM: a search space odyssey" (2017), the variant CIFG.

    >>> import numpy as np
    >>> from elman import layers
    >>> output, h, c = layers.CoupledLSTM(4, return_state=True)(np.zeros((2, 10, 3)))
    >>> output.shape, h.shape, c.shape
    ((2, 4), (2, 4), (2, 4))
    """

    cell_class = CoupledLSTMCell
    checks = CoupledLSTMCell.checks
    fixed = CoupledLSTMCell.fixed

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
        zero_output_for_mask: bool = False,
        checkpoint_steps: int | None = None,
        initial_state: str | None = None,
        **layer: Any,
    ) -> None:
        super().__init__(locals(), layer)
