"""SimpleRNN: the Elman network as a layer."""

from typing import Any

from elman.layers.recurrent import Recurrent
from elman.layers.simple_rnn_cell import SimpleRNNCell


class SimpleRNN(Recurrent):
    """The Elman network: `h_t = tanh(x_t W + h_{t-1} R + b)`. See `elman.cells.simple_rnn`.

    Args:
        units: size of the hidden state.
        activation: phi, a name, or a function of `elman.activations` or your own.
        use_bias: whether there is a bias.
        kernel_initializer: of the kernel (features, units).
        recurrent_initializer: of the recurrent kernel (units, units).
        bias_initializer: of the bias (units,).
        kernel_regularizer, recurrent_regularizer, bias_regularizer: what penalises them, see
            `elman.regularizers`.
        activity_regularizer: what penalises the output, and with `return_state` the states.
        kernel_constraint, recurrent_constraint, bias_constraint: what they are put through after
            each step, see `elman.constraints`.
        dropout: share of the inputs to drop in training, in [0, 1).
        recurrent_dropout: share of the state to drop in training, in [0, 1).
        seed: of the dropout masks.
        return_sequences: return the outputs of all steps, not of the last alone.
        return_state: return the final state as well.
        go_backwards: run from the last timestep to the first; outputs stand in that order.
        stateful: start each call from the final state of the one before.
        unroll: accepted for Keras's sake; changes nothing.
        zero_output_for_mask: put out zeros at masked steps, not the last output again.
        checkpoint_steps: in training keep the state of every so many timesteps alone, and compute
            the others again on the way back, for sequences that would not fit into memory. About
            the square root of the timesteps is best: memory then grows with the square root. It
            costs about one more forward pass; the gradients are the same bits. None keeps
            everything. Keras has no such argument; it is in the configuration only where it is
            given. See docs/guides/long_sequences.md.
        initial_state: "learned" for a trainable weight (units,) a state, zeros at first and called
            `initial_h`, from which each sequence starts, and each after a reset; in `weights` it
            stands first. None starts from zeros. In the configuration only where it is given. See
            docs/guides/state.md.
        layer: `name`, `dtype` ("float32" or "float64"), `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layer = layers.SimpleRNN(4, return_sequences=True)
    >>> layer(np.zeros((2, 10, 3))).shape
    (2, 10, 4)
    """

    cell_class = SimpleRNNCell

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
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
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        zero_output_for_mask: bool = False,
        checkpoint_steps: int | None = None,
        *,
        initial_state: str | None = None,
        **layer: Any,
    ) -> None:
        super().__init__(locals(), layer)
