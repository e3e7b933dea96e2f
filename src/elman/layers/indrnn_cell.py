"""IndRNNCell: one step of the independently recurrent network."""

from functools import partial
from typing import Any

import numpy as np

from elman import _check, initializers
from elman._typing import Array
from elman.errors import ArgumentError
from elman.layers.parts import settings
from elman.layers.recurrence.stock_cell import StockCell
from elman.parameters import Initialize, Weight


def _unit_uniform(owner: str, name: str, value: Any) -> Initialize:
    """Return the initializer that is given, or that of the paper."""
    if value is None:
        return initializers.RandomUniform(-1.0, 1.0)
    return settings.initializer(owner, name, value)


def _clipped(limit: float, w: Array) -> Array:
    """Return w within [-limit, limit]."""
    return np.clip(w, -limit, limit)


class IndRNNCell(StockCell):
    """One step of the network each unit of which sees its own past alone.

    The maths is `elman.cells.indrnn`.

    `cell(x_t, [h])` returns the output and the new states, `h_t, [h_t]`. `RNN(cell)`
    runs it over sequences.

    Args:
        units: size of the hidden state.
        activation: phi.
        recurrent_max: the largest absolute value that an element of the recurrent kernel may have;
            None for any. It is clipped to this at the start and after each step of training.
        recurrent_initializer: of the recurrent kernel (units,); by default drawn uniformly from
            [-1, 1].
        use_bias, kernel_initializer, bias_initializer, dropout, recurrent_dropout, seed, the
            regularizers and the constraints: see `SimpleRNNCell`.
        layer: `name`, `dtype` ("float32" or "float64"), `trainable`.

    Source: S. Li et al., "Independently recurrent neural network" (2018).

    >>> import numpy as np
    >>> from elman import layers
    >>> cell = layers.IndRNNCell(4)
    >>> output, [h] = cell(np.zeros((2, 3)), cell.get_initial_state(batch_size=2))
    >>> output.shape, h.shape
    ((2, 4), (2, 4))
    """

    checks = {
        "recurrent_initializer": _unit_uniform,
        "recurrent_max": _check.optional(partial(_check.number, low=0)),
    }
    fixed = ("recurrent_max",)

    def __init__(
        self,
        units: int,
        activation: Any = "relu",
        *,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = None,
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        recurrent_max: float | None = None,
        **layer: Any,
    ) -> None:
        super().__init__(units, "indrnn", (activation,), locals(), layer)
        self.recurrent_max = recurrent_max

    def made(
        self, name: str, shape: tuple[int, ...], initializer: Initialize | None = None
    ) -> Weight:
        """Return a new weight; the recurrent kernel within `recurrent_max`, where it stays."""
        weight = super().made(name, shape, initializer)
        if name == "recurrent_kernel" and self.recurrent_max is not None:
            if weight.constraint is not None:
                raise ArgumentError(
                    f"{self.owner}: `recurrent_max` must be None with a `recurrent_constraint`; "
                    f"got {self.recurrent_max}. Let the constraint do both."
                )
            weight.constraint = partial(_clipped, self.recurrent_max)
            weight.assign(weight.constraint(weight.array))
        return weight
