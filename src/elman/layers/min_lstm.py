"""MinLSTM: the minimal LSTM as a layer."""

from typing import Any

from elman.layers.min_lstm_cell import MinLSTMCell
from elman.layers.recurrent import Recurrent


class MinLSTM(Recurrent):
    """The LSTM whose gates and candidate do not see the state.

    The maths is `elman.cells.min_lstm`.

    Args:
        units: size of the hidden state.
        activation: phi, of the candidate. Its two gates are sigmoids, of which one share is made.
        use_bias, kernel_initializer, bias_initializer, dropout, seed, the regularizers and the
            constraints: see `SimpleRNN`.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask,
            checkpoint_steps, initial_state, layer: see `SimpleRNN`.

    Source: L. Feng et al., "Were RNNs all we needed?" (2024), section 3.2.

    >>> import numpy as np
    >>> from elman import layers
    >>> output, h = layers.MinLSTM(4, return_state=True)(np.zeros((2, 10, 3)))
    >>> output.shape, h.shape
    ((2, 4), (2, 4))
    """

    cell_class = MinLSTMCell
    checks = MinLSTMCell.checks
    fixed = MinLSTMCell.fixed

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
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
