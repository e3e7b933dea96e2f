"""ZoneoutLSTMCell: one step of the LSTM with zoneout."""

from typing import Any

import numpy as np

from elman import _check, draws
from elman._typing import Array
from elman.layers.parts.passes import Mode
from elman.layers.recurrence.stock_cell import ForgettingCell


class ZoneoutLSTMCell(ForgettingCell):
    """One step of the LSTM some of whose states stay as they were, in training at random.

    The maths is `elman.cells.lstm_zoneout`.

    `cell(x_t, [h, c])` returns the output and the new states, `h_t, [h_t, c_t]`. `RNN(cell)`
    runs it over sequences.

    Args:
        units: size of the hidden state and of the cell state.
        activation: phi, of the candidate and of the cell state.
        recurrent_activation: sigma, of the input, forget and output gates.
        unit_forget_bias: start the bias of the forget gate at 1 (Jozefowicz et al. 2015).
        zoneout_cell: how probably a unit's cell state stays as it was at a step, in [0, 1). At
            inference this share of the old state is kept by all.
        zoneout_output: the same of the hidden state. The defaults are those of the paper for
            characters.
        seed: of the draws, of dropout and of zoneout.
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer, dropout,
            recurrent_dropout, seed, the regularizers and the constraints: see `SimpleRNNCell`.
        layer: `name`, `dtype` ("float32" or "float64"), `trainable`.

    Source: D. Krueger et al., "Zoneout: regularizing RNNs" (2017).

    >>> import numpy as np
    >>> from elman import layers
    >>> cell = layers.ZoneoutLSTMCell(4)
    >>> output, [h, c] = cell(np.zeros((2, 3)), cell.get_initial_state(batch_size=2))
    >>> output.shape, h.shape, c.shape
    ((2, 4), (2, 4), (2, 4))
    """

    checks = {
        "zoneout_cell": _check.rate,
        "zoneout_output": _check.rate,
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
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        zoneout_cell: float = 0.5,
        zoneout_output: float = 0.05,
        **layer: Any,
    ) -> None:
        super().__init__(units, "lstm_zoneout", locals(), layer)
        self.zoneout_cell = zoneout_cell
        self.zoneout_output = zoneout_output

    def draw_streams(self, shape: tuple[int, ...], mode: Mode) -> tuple[Array, ...]:
        """Return who stays, of c and of h: drawn in training, else how probably."""
        rates = (self.zoneout_cell, self.zoneout_output)
        sizes = (*shape[:2], self.units)
        if not mode.training:
            return tuple(np.broadcast_to(np.asarray(r, self.dtype), sizes) for r in rates)
        return tuple(draws.choose(self.generator, r, sizes, (1, 0), self.dtype) for r in rates)
