"""LeakyRNN: the leaky network, a network in continuous time, as a layer."""

from typing import Any

from elman.layers.leaky_rnn_cell import LeakyRNNCell
from elman.layers.parts import settings
from elman.layers.recurrence import leaky_options
from elman.layers.recurrent import OfCell, Recurrent


class LeakyRNN(Recurrent):
    """The network in continuous time of neuroscience, by Euler's rule.

        tau dh/dt = -h + phi(x W + h R + b),      h += dt / tau * (...)

    The maths is `elman.cells.leaky`, and that of its kernels `layers/recurrence/connectivity.py`.

    Args:
        units: how many there are.
        activation: phi.
        alpha: share of the way to its drive that a unit goes in a timestep, in (0, 1], one number
            or an array, one a unit; 0.2 by default. Small is slow.
        tau, dt: time constant (a number, or an array, one a unit) and length of a timestep in the
            same unit of time, in place of alpha = dt / tau.
        learn_alpha: let training change alpha, each unit's by itself. What is trained is its logit,
            `alpha_logit`, so that alpha stays in (0, 1) whatever the optimizer does, and no unit
            stops learning at a limit.
        noise: sigma of normal noise in the input current, in training alone. Its standard deviation
            is sqrt(2 / alpha) * sigma, which is why results do not depend on the length of a
            timestep. No gradient goes to alpha by it.
        noise_after: the same of what is added to the state, sqrt(2 alpha) * sigma.
        dale: Dale's law, that a unit excites all others or inhibits all: the share of units that
            excite (they come first), or an array of +1 and -1. The kernel that computes is
            sign * |recurrent_kernel|, whatever training makes of `recurrent_kernel`.
        kernel_mask: (features, units), 0 where there is no connection.
        recurrent_mask: (units, units), rows are the units that send.
        frozen_kernel, frozen_recurrent: of the same shapes, 1 where the weight is not trained, by
            whatever optimizer.
        rank: of a recurrent kernel of low rank, the product of `recurrent_n` and `recurrent_m`,
            (units, rank) each.
        recurrent_initializer: by default "orthogonal"; with `dale` one in which excitation and
            inhibition are balanced; with `rank` normal draws.
        use_bias, kernel_initializer, bias_initializer, dropout, recurrent_dropout, seed, the
            regularizers and the constraints: see `SimpleRNN`; they are about the weights that are
            trained.
        activity_regularizer: a penalty on the firing rates, such as `regularizers.L2(1e-3)`.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask,
            checkpoint_steps, initial_state, layer: see `SimpleRNN`.

    Sources: H. F. Song, G. R. Yang and X.-J. Wang, "Training excitatory-inhibitory recurrent neural
    networks for cognitive tasks" (2016); G. R. Yang et al., "Task representations in neural
    networks trained to perform many cognitive tasks" (2019), for the scale of noise.

    >>> import numpy as np
    >>> from elman import layers
    >>> layer = layers.LeakyRNN(5, tau=100, dt=20, dale=0.8, noise=0.05, activity_regularizer="l2",
    ...                         recurrent_mask=1 - np.eye(5), return_sequences=True)
    >>> layer(np.ones((2, 10, 3))).shape
    (2, 10, 5)
    >>> np.sign(layer.effective_recurrent_kernel[:, 0])  # onto unit 0, from itself and four others
    array([ 0.,  1.,  1.,  1., -1.], dtype=float32)
    """

    cell_class = LeakyRNNCell
    checks = LeakyRNNCell.checks
    fixed = LeakyRNNCell.fixed
    alpha = OfCell()
    tau = OfCell()
    dt = OfCell()
    learn_alpha = OfCell()
    noise = OfCell()
    noise_after = OfCell()
    dale = OfCell()
    kernel_mask = OfCell()
    recurrent_mask = OfCell()
    frozen_kernel = OfCell()
    frozen_recurrent = OfCell()
    rank = OfCell()
    recurrent_m = OfCell()
    recurrent_n = OfCell()
    alpha_logit = OfCell()
    leak = OfCell()
    sign = OfCell()
    effective_recurrent_kernel = OfCell()

    def __init__(
        self,
        units: int,
        activation: Any = "relu",
        *,
        alpha: Any = None,
        tau: Any = None,
        dt: Any = None,
        learn_alpha: bool = False,
        noise: float = 0.0,
        noise_after: float = 0.0,
        dale: Any = None,
        kernel_mask: Any = None,
        recurrent_mask: Any = None,
        frozen_kernel: Any = None,
        frozen_recurrent: Any = None,
        rank: int | None = None,
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
        options = dict(locals())
        for name in ("units", *leaky_options.CHECKS):
            options[name] = settings.checked(self, name, options[name])
        leaky_options.check_together(type(self).__name__, options)
        super().__init__(options, layer)
