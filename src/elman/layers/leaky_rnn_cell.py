"""LeakyRNNCell: one step of the leaky network, which is a network in continuous time."""

from typing import Any, ClassVar

import numpy as np

from elman import activations, draws, kernels
from elman._typing import Array, Mask
from elman.layers.parts import made
from elman.layers.parts.passes import Mode
from elman.layers.recurrence import connectivity, leaky_options
from elman.layers.recurrence.stock_cell import StockCell
from elman.parameters import Weight


class LeakyRNNCell(StockCell):
    """One step of `h = h_prev + alpha * (phi(x W + h_prev R + b) - h_prev)`.

    The maths is `elman.cells.leaky`, and that of its kernels `layers/recurrence/connectivity.py`.

    `cell(x_t, [h])` returns the output and the new states, `h_t, [h_t]`. `RNN(cell)` runs it over
    sequences.

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
        layer: `name`, `dtype` ("float32" or "float64"), `trainable`.

    Sources: H. F. Song, G. R. Yang and X.-J. Wang, "Training excitatory-inhibitory recurrent neural
    networks for cognitive tasks" (2016); G. R. Yang et al., "Task representations in neural
    networks trained to perform many cognitive tasks" (2019), for the scale of noise.

    >>> import numpy as np
    >>> from elman import layers
    >>> cell = layers.LeakyRNNCell(4, tau=100, dt=20)
    >>> output, [h] = cell(np.zeros((2, 3)), cell.get_initial_state(batch_size=2))
    >>> output.shape, h.shape, cell.leak
    ((2, 4), (2, 4), array([0.2, 0.2, 0.2, 0.2], dtype=float32))
    """

    checks = leaky_options.CHECKS
    fixed = leaky_options.FIXED
    made_by: ClassVar[dict[str, str]] = {
        **StockCell.made_by,
        "recurrent_m": "recurrent",
        "recurrent_n": "recurrent",
    }
    alpha: Any
    tau: Any
    dt: Any
    learn_alpha: bool
    noise: float
    noise_after: float
    dale: Any
    rank: int | None
    recurrent_initializer: Any
    recurrent_m: Weight
    recurrent_n: Weight
    alpha_logit: Weight

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
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **layer: Any,
    ) -> None:
        options = dict(locals())
        for name, check in leaky_options.CHECKS.items():
            options[name] = check(type(self).__name__, name, options[name])
        super().__init__(units, "leaky", (activation,), options, layer)
        for name in leaky_options.CHECKS:
            setattr(self, name, options[name])
        leaky_options.check_together(type(self).__name__, options)

    # ------------------------------------------------------------------ weights

    def create_weights(self, shapes: list[Any]) -> None:
        """Make kernel (F, U), recurrent_kernel (U, U) or its factors, bias (U,) and the logit."""
        F, U = int(shapes[0][-1]), self.units
        leaky_options.check_together(self.owner, vars(self))  # some may have been set meanwhile
        self.sign = leaky_options.sign_of(vars(self), self.dtype)
        self.masks = {  # arrays, or None
            name: leaky_options.factors(self.owner, name, vars(self)[name], shape, self.dtype)
            for name, shape in (
                ("kernel_mask", (F, U)), ("frozen_kernel", (F, U)),
                ("recurrent_mask", (U, U)), ("frozen_recurrent", (U, U)),
            )
        }  # fmt: skip
        self.kernel = self.made("kernel", (F, U))
        self.kernel.frozen = self._frozen("frozen_kernel")
        if self.rank is None:
            self.recurrent_kernel = self.made("recurrent_kernel", (U, U), self._initializer)
            self.recurrent_kernel.frozen = self._frozen("frozen_recurrent")
        else:
            self.recurrent_m = self.made("recurrent_m", (U, self.rank), self._initializer)
            self.recurrent_n = self.made("recurrent_n", (U, self.rank), self._initializer)
        if self.use_bias:
            self.bias = self.made("bias", (U,), self.initial_bias)
        if self.learn_alpha:
            alpha = leaky_options.alpha_of(vars(self))
            logit = np.log(alpha) - np.log1p(-alpha)
            self.alpha_logit = self.add_weight(
                (U,), lambda shape, dtype: logit.astype(dtype), name="alpha_logit"
            )

    @property
    def _initializer(self) -> Any:
        """The initializer of the recurrent kernel, which depends on what is asked of it."""
        if self.recurrent_initializer is not None:
            return self.recurrent_initializer
        if self.rank is not None:
            return leaky_options.small(self.units)
        if self.sign is not None:
            return connectivity.balanced(self.sign, self.masks["recurrent_mask"])
        return "orthogonal"

    @property
    def leak(self) -> Array:
        """Alpha as it is now, (units,)."""
        if self.learn_alpha and self.built:
            return activations.sigmoid(self.alpha_logit.array)
        return leaky_options.alpha_of(vars(self)).astype(self.dtype)

    @property
    def effective_recurrent_kernel(self) -> Array:
        """The kernel (units, units) that computes: with signs and mask, or of low rank."""
        if not self.built:
            raise made.absent(self, "effective_recurrent_kernel")
        if self.rank is not None:
            return connectivity.low_rank(self.recurrent_m.array, self.recurrent_n.array)
        mask = self.masks["recurrent_mask"]
        return connectivity.effective(self.recurrent_kernel.array, self.sign, mask)

    @property
    def cell_weights(self) -> kernels.Weights:
        """The effective kernels, the bias and alpha as the kernels take them."""
        kernel = connectivity.effective(self.kernel.array, None, self.masks["kernel_mask"])
        bias = None if self.bias is None else self.bias.array
        return kernel, self.effective_recurrent_kernel, bias, self.leak

    def dcell_weights(self, dweights: list[Array]) -> dict[str, Array]:
        """Return the gradients of what is trained, from those of the effective kernels."""
        dkernel, drecurrent, *dbias, dalpha = dweights
        mask, free = self.masks["kernel_mask"], self._free("frozen_kernel")
        found = {"kernel": connectivity.deffective(dkernel, self.kernel.array, None, mask, free)}
        if self.rank is not None:
            m, n = self.recurrent_m.array, self.recurrent_n.array
            found["recurrent_m"], found["recurrent_n"] = connectivity.dlow_rank(drecurrent, m, n)
        else:
            mask, free = self.masks["recurrent_mask"], self._free("frozen_recurrent")
            found["recurrent_kernel"] = connectivity.deffective(
                drecurrent, self.recurrent_kernel.array, self.sign, mask, free
            )
        found |= dict(zip(["bias"], dbias, strict=False))
        if self.learn_alpha:
            alpha = self.leak
            found["alpha_logit"] = dalpha * alpha * (1 - alpha)
        return found

    def _frozen(self, name: str) -> Mask | None:
        factors = self.masks[name]
        return None if factors is None else factors > 0

    def _free(self, name: str) -> Array | None:
        """Return 1 where a kernel is trained."""
        frozen = self.masks[name]
        return None if frozen is None else 1 - frozen

    @property
    def has_its_own_weights_alone(self) -> bool:
        """False: what its arguments make of the weights is not the weights."""
        return False  # what the kernels have the gradients of is made of the weights

    # ------------------------------------------------------------------ noise

    def draw_streams(self, shape: tuple[int, ...], mode: Mode) -> tuple[Array | None, ...]:
        """Return the noise of a call, in training; None for none."""
        if not mode.training or not (self.noise or self.noise_after):
            return ()
        alpha, sizes = self.leak, (*shape[:2], self.units)
        scales = (np.sqrt(2 / alpha) * self.noise, np.sqrt(2 * alpha) * self.noise_after)
        return tuple(
            draws.normal(self.generator, sizes, self.dtype, scale) if scale.any() else None
            for scale in scales
        )
