"""LayerNormGRUCell: one step of the layer-normalised GRU."""

from typing import Any, ClassVar

from elman.layers.parts import settings
from elman.layers.recurrence.stock_cell import GatedCell


class LayerNormGRUCell(GatedCell):
    """One step of the GRU with layer normalisation inside.

    The maths is `elman.cells.gru_normalised`.

    `cell(x_t, [h])` returns the output and the new states, `h_t, [h_t]`. `RNN(cell)`
    runs it over sequences.

    Args:
        units: size of the hidden state.
        activation: phi, of the candidate.
        recurrent_activation: sigma, of the update and reset gates.
        gain_initializer: of `gain_x` and `gain_h` (3*units,), by which x W and h R are multiplied
            once their mean is 0 and their variance 1. `bias_h` (units,), which is added to what the
            reset gate lets through, is made as the bias.
        gain_regularizer, gain_constraint: what penalises the gains, and what they are put through.
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer, dropout,
            recurrent_dropout, seed, the regularizers and the constraints: see `SimpleRNNCell`.
        layer: `name`, `dtype` ("float32" or "float64"), `trainable`.

    Source: J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization" (2016).

    >>> import numpy as np
    >>> from elman import layers
    >>> cell = layers.LayerNormGRUCell(4)
    >>> output, [h] = cell(np.zeros((2, 3)), cell.get_initial_state(batch_size=2))
    >>> output.shape, h.shape
    ((2, 4), (2, 4))
    """

    checks = {
        "gain_initializer": settings.initializer,
        "gain_regularizer": settings.regularizer,
        "gain_constraint": settings.constraint,
    }
    fixed = settings.of_weights("gain")
    made_by: ClassVar[dict[str, str]] = {
        **GatedCell.made_by,
        "gain_x": "gain",
        "gain_h": "gain",
        "bias_h": "bias",
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
        super().__init__(
            units, "gru_normalised", (activation, recurrent_activation), locals(), layer
        )
