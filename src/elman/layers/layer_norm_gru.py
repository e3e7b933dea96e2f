"""LayerNormGRU: the layer-normalised GRU as a layer."""

from typing import Any

from elman.layers.layer_norm_gru_cell import LayerNormGRUCell
from elman.layers.recurrent import GatedRecurrent, OfCell


class LayerNormGRU(GatedRecurrent):
    """The GRU with layer normalisation inside.

    The maths is `elman.cells.gru_normalised`.

    Args:
        units: size of the hidden state.
        activation: phi, of the candidate.
        recurrent_activation: sigma, of the update and reset gates.
        gain_initializer: of `gain_x` and `gain_h` (3*units,), by which x W and h R are multiplied
            once their mean is 0 and their variance 1. `bias_h` (units,), which is added to what the
            reset gate lets through, is made as the bias.
        gain_regularizer, gain_constraint: what penalises the gains, and what they are put through.
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer, dropout,
            recurrent_dropout, seed, the regularizers and the constraints: see `SimpleRNN`.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask,
            checkpoint_steps, initial_state, layer: see `SimpleRNN`.

    Source: J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization" (2016).

    >>> import numpy as np
    >>> from elman import layers
    >>> output, h = layers.LayerNormGRU(4, return_state=True)(np.zeros((2, 10, 3)))
    >>> output.shape, h.shape
    ((2, 4), (2, 4))
    """

    cell_class = LayerNormGRUCell
    checks = LayerNormGRUCell.checks
    fixed = LayerNormGRUCell.fixed
    gain_initializer = OfCell()
    gain_regularizer = OfCell()
    gain_constraint = OfCell()
    gain_x = OfCell()
    gain_h = OfCell()
    bias_h = OfCell()

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
