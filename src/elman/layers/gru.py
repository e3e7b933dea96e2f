"""GRU: the gated recurrent unit as a layer."""

from typing import Any

from elman.layers.gru_cell import GRUCell
from elman.layers.recurrent import GatedRecurrent, OfCell


class GRU(GatedRecurrent):
    """The gated recurrent unit. See `elman.cells.gru` and `elman.cells.gru_reset_before`.

    Args:
        units: size of the hidden state.
        activation: phi, of the candidate.
        recurrent_activation: sigma, of the update and reset gates.
        reset_after: apply the reset gate after the product with the recurrent kernel (Keras's
            default; bias (2, 3*units)) or before it (Cho et al. 2014; bias (3*units,)).
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer, dropout,
            recurrent_dropout, seed, the regularizers and the constraints: see `SimpleRNN`.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask,
            checkpoint_steps, initial_state, layer: see `SimpleRNN`.
        use_cudnn: accepted for Keras's sake; changes nothing.

    >>> import numpy as np
    >>> from elman import layers
    >>> output, state = layers.GRU(4, return_state=True)(np.zeros((2, 10, 3)))
    >>> output.shape, state.shape
    ((2, 4), (2, 4))
    """

    cell_class = GRUCell
    checks = GRUCell.checks
    fixed = GRUCell.fixed
    reset_after = OfCell()

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
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
        reset_after: bool = True,
        use_cudnn: Any = "auto",
        zero_output_for_mask: bool = False,
        checkpoint_steps: int | None = None,
        *,
        initial_state: str | None = None,
        **layer: Any,
    ) -> None:
        super().__init__(locals(), layer)
