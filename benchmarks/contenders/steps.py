"""The cells that no library has, as a user of one writes them: once, for all libraries.

    held, inputs = cell.before(o, w, x, draws)     what does not depend on the state, of all steps
    state = cell.step(o, held, state, now)         one step; state[0] is its output

    o       a library's operations, see `Library`
    w       weights by name, as `benchmarks.cells` has them
    x       (T, B, F), the first axis being time
    draws   what is random, (T, B, U) each
    now     one timestep of each of `inputs`

The equations are those of the papers that `src/elman/cells` names, written down anew. As a careful
user does, all products with x are one, before the loop.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from benchmarks.cells import ALPHA, excitatory

EPSILON = 1e-3  # of a normalisation
Weights = Mapping[str, Any]


class Library(NamedTuple):
    """What a step is written with.

    Attributes:
        tanh, sigmoid, relu, exp, absolute, where: as everywhere.
        split: (array, parts) along the last axis.
        join: (arrays, axis).
        affine: (h, R, a), a + h R of one step.
        normalise: (a, gain, bias), the last axis with mean 0 and variance 1, times gain, plus bias.
        missing: (x), whether a number is NaN.
        seen: (observed), the last timestep before each at which it was, (T, B, F); -1 for none.
        take: (x, timesteps), of each feature of each row the number at a timestep.
        number: (a, like), an array of integers or booleans in another's type.
        steps: (like), the timesteps 0, 1, 2, … as integers (T, 1, 1).
    """

    tanh: Callable[..., Any]
    sigmoid: Callable[..., Any]
    relu: Callable[..., Any]
    exp: Callable[..., Any]
    absolute: Callable[..., Any]
    where: Callable[..., Any]
    split: Callable[..., Any]
    join: Callable[..., Any]
    affine: Callable[..., Any]
    normalise: Callable[..., Any]
    missing: Callable[..., Any]
    seen: Callable[..., Any]
    take: Callable[..., Any]
    number: Callable[..., Any]
    steps: Callable[..., Any]


class Cell(NamedTuple):
    """How a cell is run.

    Attributes:
        before, step: see above.
        states: how many arrays (B, U).
        linear: whether a step is `h = keep * h + new`, the two being its inputs.
    """

    before: Callable[..., Any]
    step: Callable[..., Any]
    states: int = 1
    linear: bool = False


def product(o: Library, w: Weights, x: Any, draws: Any) -> Any:
    """Return R, and x W + b."""
    return (w["recurrent_kernel"],), (x @ w["kernel"] + w["bias"],)


# ---------------------------------------------------------------------- LSTMs


def lstm(o: Library, held: Any, state: Any, now: Any) -> Any:
    (R,), (h, c), (xw,) = held, state, now
    i, f, g, out = o.split(o.affine(h, R, xw), 4)
    c = o.sigmoid(f) * c + o.sigmoid(i) * o.tanh(g)
    return o.sigmoid(out) * o.tanh(c), c


def zoneout_before(o: Library, w: Weights, x: Any, draws: Any) -> Any:
    held, inputs = product(o, w, x, draws)
    return held, (*inputs, *draws)


def zoneout(o: Library, held: Any, state: Any, now: Any) -> Any:
    (h, c), (xw, keep_c, keep_h) = state, now
    new_h, new_c = lstm(o, held, state, (xw,))
    return o.where(keep_h, h, new_h), o.where(keep_c, c, new_c)


def peepholes_before(o: Library, w: Weights, x: Any, draws: Any) -> Any:
    held, inputs = product(o, w, x, draws)
    return (*held, w["peephole_i"], w["peephole_f"], w["peephole_o"]), inputs


def peepholes(o: Library, held: Any, state: Any, now: Any) -> Any:
    (R, p_i, p_f, p_o), (h, c), (xw,) = held, state, now
    i, f, g, out = o.split(o.affine(h, R, xw), 4)
    c = o.sigmoid(f + p_f * c) * c + o.sigmoid(i + p_i * c) * o.tanh(g)
    return o.sigmoid(out + p_o * c) * o.tanh(c), c


def coupled(o: Library, held: Any, state: Any, now: Any) -> Any:
    (R,), (h, c), (xw,) = held, state, now
    i, g, out = o.split(o.affine(h, R, xw), 3)
    c = c + o.sigmoid(i) * (o.tanh(g) - c)
    return o.sigmoid(out) * o.tanh(c), c


def normalised_lstm_before(o: Library, w: Weights, x: Any, draws: Any) -> Any:
    held = (w["recurrent_kernel"], w["gain_h"], w["gain_c"], w["bias_c"])
    return held, (o.normalise(x @ w["kernel"], w["gain_x"], w["bias"]),)


def normalised_lstm(o: Library, held: Any, state: Any, now: Any) -> Any:
    (R, gain_h, gain_c, bias_c), (h, c), (p,) = held, state, now
    i, f, g, out = o.split(o.normalise(h @ R, gain_h, p), 4)
    c = o.sigmoid(f) * c + o.sigmoid(i) * o.tanh(g)
    return o.sigmoid(out) * o.tanh(o.normalise(c, gain_c, bias_c)), c


# ---------------------------------------------------------------------- GRUs


def normalised_gru_before(o: Library, w: Weights, x: Any, draws: Any) -> Any:
    U = w["recurrent_kernel"].shape[0]
    (gain_x, gain_h, b), xw = (w[name] for name in ("gain_x", "gain_h", "bias")), x @ w["kernel"]
    p_gates = o.normalise(xw[..., : 2 * U], gain_x[: 2 * U], b[: 2 * U])
    p_candidate = o.normalise(xw[..., 2 * U :], gain_x[2 * U :], b[2 * U :])
    held = (w["recurrent_kernel"], gain_h[: 2 * U], gain_h[2 * U :], w["bias_h"])
    return held, (p_gates, p_candidate)


def normalised_gru(o: Library, held: Any, state: Any, now: Any) -> Any:
    (R, gain_gates, gain_candidate, b), (h,), (p_gates, p_candidate) = held, state, now
    U, q = R.shape[0], h @ R
    z, r = o.split(o.sigmoid(o.normalise(q[:, : 2 * U], gain_gates, p_gates)), 2)
    k = o.tanh(p_candidate + r * o.normalise(q[:, 2 * U :], gain_candidate, b))
    return (k + z * (h - k),)


def decaying_gru_before(o: Library, w: Weights, x: Any, draws: Any) -> Any:
    """Fill in what is missing from what was seen last, and find how far the state decays."""
    missing, t, U = o.missing(x), o.steps(x), w["recurrent_kernel"].shape[0]
    seen = o.seen(~missing)
    d = o.number(o.where(seen < 0, t, t - seen), x)  # since then, or since the beginning
    last = o.where(seen < 0, 0 * d, o.take(o.where(missing, 0 * d, x), seen))  # the mean is 0
    holds = o.exp(-o.relu(w["input_decay"] * d + w["input_decay_bias"]))
    gamma = o.exp(-o.relu(d @ w["state_decay"] + w["state_decay_bias"]))
    filled = o.join([o.where(missing, holds * last, x), o.number(~missing, x)], -1)
    xw, R = filled @ w["kernel"] + w["bias"], w["recurrent_kernel"]
    return (R[:, : 2 * U], R[:, 2 * U :]), (xw[..., : 2 * U], xw[..., 2 * U :], gamma)


def decaying_gru(o: Library, held: Any, state: Any, now: Any) -> Any:
    (R_gates, R_candidate), (h,), (a_gates, a_candidate, gamma) = held, state, now
    h = gamma * h
    z, r = o.split(o.sigmoid(o.affine(h, R_gates, a_gates)), 2)
    k = o.tanh(o.affine(r * h, R_candidate, a_candidate))
    return (k + z * (h - k),)


# ---------------------------------------------------------------------- without a product


def independent(o: Library, held: Any, state: Any, now: Any) -> Any:
    (u,), (h,), (xw,) = held, state, now
    return (o.relu(xw + u * h),)


def min_gru_before(o: Library, w: Weights, x: Any, draws: Any) -> Any:
    z, k = o.split(x @ w["kernel"] + w["bias"], 2)
    z = o.sigmoid(z)
    return (), (1 - z, z * k)


def min_lstm_before(o: Library, w: Weights, x: Any, draws: Any) -> Any:
    f, i, k = o.split(x @ w["kernel"] + w["bias"], 3)
    f, i = o.sigmoid(f), o.sigmoid(i)
    keep = f / (f + i)
    return (), (keep, (1 - keep) * k)


def linear(o: Library, held: Any, state: Any, now: Any) -> Any:
    (h,), (keep, new) = state, now
    return (keep * h + new,)


# ---------------------------------------------------------------------- the leaky cell


def noisy_before(o: Library, w: Weights, x: Any, draws: Any) -> Any:
    held, (xw,) = product(o, w, x, draws)
    return held, (xw + draws[0],)


def signed_before(o: Library, w: Weights, x: Any, draws: Any) -> Any:
    """Give each unit that sends its sign, +1 for those that excite."""
    (R,), inputs = product(o, w, x, draws)
    size, excite = o.absolute(R), excitatory(int(R.shape[0]))
    return (o.join([size[:excite], -size[excite:]], 0),), inputs


def leaky(o: Library, held: Any, state: Any, now: Any) -> Any:
    (R,), (h,), (xw,) = held, state, now
    return (h + ALPHA * (o.relu(o.affine(h, R, xw)) - h),)


CELLS = {
    "LSTM, zoneout": Cell(zoneout_before, zoneout, states=2),
    "LSTM, peepholes": Cell(peepholes_before, peepholes, states=2),
    "LSTM, coupled gates": Cell(product, coupled, states=2),
    "LSTM, normalised": Cell(normalised_lstm_before, normalised_lstm, states=2),
    "GRU, normalised": Cell(normalised_gru_before, normalised_gru),
    "GRU-D": Cell(decaying_gru_before, decaying_gru),
    "IndRNN": Cell(product, independent),
    "minGRU": Cell(min_gru_before, linear, linear=True),
    "minLSTM": Cell(min_lstm_before, linear, linear=True),
    "leaky": Cell(product, leaky),
    "leaky, noise": Cell(noisy_before, leaky),
    "leaky, Dale's law": Cell(signed_before, leaky),
}
