"""IndRNN: the independently recurrent network as a layer."""

from typing import Any

from elman.layers.indrnn_cell import IndRNNCell
from elman.layers.recurrent import OfCell, Recurrent


class IndRNN(Recurrent):
    """The network each unit of which sees its own past alone, `h = phi(x W + b + u * h)`.

    The maths is `elman.cells.indrnn`.

    Units are mixed by the layers around it: stack several. Over T timesteps a state is multiplied
    by u^T, so that `recurrent_max` of 1, or 2^(1/T), keeps states and gradients from growing.

    Args:
        units: size of the hidden state.
        activation: phi.
        recurrent_max: the largest absolute value that an element of the recurrent kernel may have;
            None for any. It is clipped to this at the start and after each step of training.
        recurrent_initializer: of the recurrent kernel (units,); by default drawn uniformly from
            [-1, 1].
        use_bias, kernel_initializer, bias_initializer, dropout, recurrent_dropout, seed, the
            regularizers and the constraints: see `SimpleRNN`.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask,
            checkpoint_steps, initial_state, layer: see `SimpleRNN`.

    Source: S. Li et al., "Independently recurrent neural network" (2018).

    >>> import numpy as np
    >>> from elman import layers
    >>> layer = layers.IndRNN(4, return_sequences=True)
    >>> layer(np.zeros((2, 10, 3))).shape, layer.recurrent_kernel.shape
    ((2, 10, 4), (4,))
    """

    cell_class = IndRNNCell
    checks = IndRNNCell.checks
    fixed = IndRNNCell.fixed
    recurrent_max = OfCell()

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        recurrent_max: float | None = None,
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
