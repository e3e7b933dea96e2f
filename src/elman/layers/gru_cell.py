"""GRUCell: one step of the gated recurrent unit."""

from typing import Any

from elman import _check
from elman.layers.recurrence.stock_cell import GatedCell


class GRUCell(GatedCell):
    """One step of the gated recurrent unit. See `elman.cells.gru` and `gru_reset_before`.

    `cell(x_t, [h])` returns the output and the new states, `h_t, [h_t]`. `RNN(cell)` runs it over
    sequences, which the compiled kernels do as they do for `GRU`.

    Args:
        units: size of the hidden state, which is `state_size` and `output_size` too.
        activation: phi, of the candidate.
        recurrent_activation: sigma, of the update and reset gates.
        reset_after: apply the reset gate after the product with the recurrent kernel (Keras's
            default; bias (2, 3*units)) or before it (Cho et al. 2014; bias (3*units,)).
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer, dropout,
            recurrent_dropout, seed, the regularizers and the constraints: see `SimpleRNNCell`.
        layer: `name`, `dtype` ("float32" or "float64"), `trainable`.

    Source: K. Cho et al., "Learning phrase representations using RNN encoder-decoder" (2014).

    >>> import numpy as np
    >>> from elman import layers
    >>> cell = layers.GRUCell(4)
    >>> output, [h] = cell(np.zeros((2, 3)), cell.get_initial_state(batch_size=2))
    >>> output.shape, h.shape
    ((2, 4), (2, 4))
    """

    checks = {"reset_after": _check.flag}
    fixed = ("reset_after",)

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
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
        seed: int | None = None,
        **layer: Any,
    ) -> None:
        self.reset_after = reset_after
        functions = (activation, recurrent_activation)
        super().__init__(units, self.cell_name, functions, locals(), layer)

    @property
    def reset_after(self) -> bool:
        """Whether the reset gate is applied after the product, and so which maths this is."""
        return self.cell_name == "gru"

    @reset_after.setter
    def reset_after(self, value: bool) -> None:
        self.cell_name = "gru" if value else "gru_reset_before"
