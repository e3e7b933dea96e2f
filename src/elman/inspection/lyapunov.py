"""How fast do trajectories that begin side by side part from each other, direction by direction?

    s_t = F(x_t, s_{t-1}),  J_t = ds_t/ds_{t-1}

    lambda_i = lim 1/T log sigma_i(J_T ... J_1)        in nats a timestep, the largest first

The singular values of a long product cannot be had of the product, which is all its largest one.
Frames of k orthonormal directions Q (n, k) are led through it instead, and made orthonormal anew at
every step, whose stretchings are on the diagonal of R:

    Q R = J_t^T Q        from t = T to 1               lambda_i = mean over t of log |R_ii|

The product and its transpose have the same singular values, and it is J^T Q that the cell's way
back gives, k rows for k exponents: backpropagation through time, with QR at every step.

Sources: G. Benettin, L. Galgani, A. Giorgilli and J.-M. Strelcyn, "Lyapunov characteristic
exponents for smooth dynamical systems and for Hamiltonian systems", Meccanica 15 (1980); R.
Engelken, F. Wolf and L. Abbott, "Lyapunov spectra of chaotic recurrent neural networks", Physical
Review Research 5 (2023).
"""

from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError
from elman.inspection.step import Step

BLOCKS = 10  # of timesteps, whose means are taken to be independent


class LyapunovSpectrum:
    """What `lyapunov_spectrum` found.

    Attributes:
        growth: log |R_ii| of every timestep, (sequences, timesteps, k), in nats, those of the
            largest exponent first. Timesteps stand in the order in which they were taken, from the
            end of a sequence to its beginning.
        owner: how messages name the layer.
        size: n, how many exponents there are in all.
    """

    def __init__(self, owner: str, growth: Array, size: int) -> None:
        order = np.argsort(-growth.mean(axis=(0, 1)), kind="stable")
        self.owner, self.growth, self.size = owner, growth[:, :, order], size

    @property
    def exponents(self) -> Array:
        """The exponents in nats a timestep, (k,), the largest first; -inf of what is forgotten."""
        return np.asarray(self.growth.mean(axis=(0, 1)))

    @property
    def standard_errors(self) -> Array:
        """The standard error of each exponent, by means over blocks of timesteps, (k,).

        NaN where there are fewer than two timesteps a block, or an exponent is -inf.
        """
        length = self.growth.shape[1] // BLOCKS
        if length < 2:
            return np.full(self.growth.shape[2], np.nan)
        rows = self.growth[:, : length * BLOCKS].reshape(-1, length, self.growth.shape[2])
        with np.errstate(invalid="ignore"):
            spread = rows.mean(axis=1).std(axis=0, ddof=1)
        return np.asarray(spread / np.sqrt(len(rows)))

    @property
    def history(self) -> Array:
        """What the exponents would be after so many timesteps, (timesteps, k)."""
        steps = np.arange(1, self.growth.shape[1] + 1)[:, None]
        return np.asarray(self.growth.mean(axis=0).cumsum(axis=0) / steps)

    @property
    def dimension(self) -> float:
        """The Kaplan-Yorke dimension of the attractor; NaN where k exponents do not reach it.

        As many directions as can be summed up before the sum is negative, and a share of the next.
        """
        exponents = self.exponents
        sums = np.cumsum(exponents)
        within = int((sums >= 0).sum())
        if within == len(sums):
            return float(self.size) if within == self.size else float("nan")
        before = sums[within - 1] if within else 0.0
        return within + float(before / abs(exponents[within])) if within else 0.0

    def __repr__(self) -> str:
        sequences, steps, k = self.growth.shape
        error = self.standard_errors[0]
        about = "" if np.isnan(error) else f" ± {error:.2g}"
        return (
            f"<Lyapunov spectrum of {self.owner}: largest {self.exponents[0]:.4g}{about} nats a "
            f"timestep, {k} of {self.size} exponents, {sequences} x {steps} timesteps>"
        )

    def plot(self) -> Any:
        """Draw the spectrum with its standard errors, and how it has settled.

        Returns:
            The figure.
        """
        from elman.inspection.pictures import spectra

        return spectra.lyapunov(self)


def lyapunov_spectrum(
    model_or_layer: Any,
    x: Any = None,
    *,
    initial_state: Any = None,
    layer: str | None = None,
    timesteps: int | None = None,
    exponents: int | None = None,
    transient: int = 100,
    seed: Any = 0,
) -> LyapunovSpectrum:
    """Return the Lyapunov exponents of a layer, driven by an input or left to itself.

    A positive one means chaos: what differs by a hair soon differs altogether. All negative ones
    mean that the state forgets where it began. Computed in float64, whatever the layer's dtype.

    Args:
        model_or_layer: a model, a recurrent layer, or a cell.
        x: the input of the layer, (timesteps, features) or (sequences, timesteps, features), over
            which the exponents are averaged; or a constant one, (features,), zeros by default.
        initial_state: the state to begin with, (sequences, units), a list of such for a cell with
            several; normal draws by default.
        layer: which recurrent layer of a model, by name, where there are several.
        timesteps: how many, with a constant input; 1000 by default.
        exponents: how many, the largest; all by default. Time goes with it.
        transient: how many timesteps are left out at both ends: at the beginning for the state to
            settle, at the end for the directions to.
        seed: of the draws, an integer or a generator.

    Raises:
        ShapeError: a shape does not fit.
        ArgumentError: an argument is out of range, or there is no such layer.
        NotBuiltError: the layer has no weights yet.
        UnsupportedError: a GRUD, which goes on from more than its state.

    Of a linear layer they are the logarithms of its eigenvalues' sizes:

    >>> import elman, numpy as np
    >>> from elman.inspection import lyapunov_spectrum
    >>> layer = elman.layers.SimpleRNN(2, activation="linear")
    >>> layer.build((None, None, 1))
    >>> layer.set_weights([np.ones((1, 2)), np.diag([0.9, 0.5]), np.zeros(2)])
    >>> lyapunov_spectrum(layer).exponents.round(4).tolist(), np.log([0.9, 0.5]).round(4)
    ([-0.1054, -0.6931], array([-0.1054, -0.6931]))
    """
    step = Step("lyapunov_spectrum", model_or_layer, layer)
    _check.integer(step.owner, "transient", transient, minimum=0)
    k = step.size if exponents is None else _check.integer(step.owner, "exponents", exponents)
    if k > step.size:
        raise ArgumentError(
            f"{step.owner}: `exponents` must be at most {step.size}, the size of the state; got "
            f"{k}."
        )
    inputs = _inputs(step, x, timesteps, transient)
    generator = np.random.default_rng(_check.seed(step.owner, "seed", seed))
    state = _begin(step, initial_state, len(inputs), generator)
    states = [state]
    for x_t in np.swapaxes(inputs, 0, 1)[:-1]:
        states.append(step.forward(x_t, states[-1]))
    growth = _led_back(step, inputs, states, k, generator)
    kept = slice(transient, growth.shape[1] - transient)
    return LyapunovSpectrum(step.owner, growth[:, kept], step.size)


def _inputs(step: Step, x: Any, timesteps: int | None, transient: int) -> Array:
    """Return the inputs, (sequences, timesteps, features)."""
    inputs = step.input("x", x, "sequences, timesteps, ")
    if inputs.ndim > 1 and timesteps is not None:
        raise ArgumentError(
            f"{step.owner}: `timesteps` must be left out where `x` has some; got {timesteps}."
        )
    if inputs.ndim == 1:
        wanted = timesteps if timesteps is not None else 1000
        _check.integer(step.owner, "timesteps", wanted)
        inputs = np.repeat(inputs[None], wanted + 2 * transient, axis=0)
    inputs = inputs[None] if inputs.ndim == 2 else inputs
    if not len(inputs):
        raise ArgumentError(f"{step.owner}: `x` must be one sequence at least; got none.")
    if inputs.ndim != 3 or inputs.shape[1] <= 2 * transient:
        raise ShapeError(
            f"{step.owner}: `x` must have shape (sequences, timesteps, features={step.features}) "
            f"with more than {2 * transient} timesteps; got {inputs.shape}. Lower `transient`."
        )
    return inputs


def _begin(step: Step, given: Any, sequences: int, generator: Any) -> Array:
    """Return the states to begin with, (sequences, n)."""
    if given is None:
        drawn: Array = generator.standard_normal((sequences, step.size))
        return drawn
    states = step.states("initial_state", given)
    if states.ndim == 1:
        states = states[None]
    if states.shape != (sequences, step.size):
        raise ShapeError(
            f"{step.owner}: `initial_state` must be of {sequences} sequences, as many as `x` has; "
            f"got {len(states)}."
        )
    return states


def _led_back(step: Step, inputs: Array, states: list[Array], k: int, generator: Any) -> Array:
    """Return log |R_ii|, (sequences, timesteps, k), from the last timestep to the first."""
    (B, T, _), n = inputs.shape, step.size
    Q = np.linalg.qr(generator.standard_normal((B, n, k)))[0]  # (B, n, k)
    growth = np.empty((B, T, k))
    for turn, t in enumerate(reversed(range(T))):
        rows = np.swapaxes(Q, 1, 2).reshape(B * k, n)
        x_t, s = (np.repeat(array, k, axis=0) for array in (inputs[:, t], states[t]))
        _, led, _ = step.pulled(x_t, s, rows)
        Q, R = np.linalg.qr(np.swapaxes(led.reshape(B, k, n), 1, 2))
        with np.errstate(divide="ignore"):  # a direction that is forgotten at once
            growth[:, turn] = np.log(np.abs(np.diagonal(R, axis1=1, axis2=2)))
    return growth
