"""The cells beyond Keras's once more: the papers' equations as they stand there, for autograd.

Nothing here is shared with `elman.cells`: gates are written out one by one with kernels of their
own, in the papers' letters, and the package autograd finds the gradients.
"""

from autograd import numpy as np

EPSILON = 1e-3


def sigmoid(a):
    return 0.5 * (np.tanh(0.5 * a) + 1)


def columns(w, count):
    """Return the blocks of a kernel or bias, one a gate."""
    size = w.shape[-1] // count
    return [w[..., k * size : (k + 1) * size] for k in range(count)]


def LN(a, gain):
    """Return Ba et al.'s equation 4 without its bias, a row at a time."""
    mean = np.mean(a, axis=-1, keepdims=True)
    variance = np.mean((a - mean) ** 2, axis=-1, keepdims=True)
    return gain * (a - mean) / np.sqrt(variance + EPSILON)


def lstm_coupled(x, states, w, streams):
    h, c = states
    (Wi, Wz, Wo), (Ri, Rz, Ro) = columns(w["kernel"], 3), columns(w["recurrent_kernel"], 3)
    bi, bz, bo = columns(w["bias"], 3)
    i = sigmoid(x @ Wi + h @ Ri + bi)
    f = 1 - i
    c = np.tanh(x @ Wz + h @ Rz + bz) * i + c * f
    return np.tanh(c) * sigmoid(x @ Wo + h @ Ro + bo), c


def lstm_peephole(x, states, w, streams):
    h, c = states
    Wi, Wf, Wz, Wo = columns(w["kernel"], 4)
    Ri, Rf, Rz, Ro = columns(w["recurrent_kernel"], 4)
    bi, bf, bz, bo = columns(w["bias"], 4)
    i = sigmoid(x @ Wi + h @ Ri + w["peephole_i"] * c + bi)
    f = sigmoid(x @ Wf + h @ Rf + w["peephole_f"] * c + bf)
    c = np.tanh(x @ Wz + h @ Rz + bz) * i + c * f
    o = sigmoid(x @ Wo + h @ Ro + w["peephole_o"] * c + bo)
    return np.tanh(c) * o, c


def indrnn(x, states, w, streams):
    (h,) = states
    return (np.tanh(x @ w["kernel"] + w["recurrent_kernel"] * h + w["bias"]),)


def min_gru(x, states, w, streams):
    (h,) = states
    (Wz, Wh), (bz, bh) = columns(w["kernel"], 2), columns(w["bias"], 2)
    z = sigmoid(x @ Wz + bz)
    return ((1 - z) * h + z * (x @ Wh + bh),)


def min_lstm(x, states, w, streams):
    (h,) = states
    (Wf, Wi, Wh), (bf, bi, bh) = columns(w["kernel"], 3), columns(w["bias"], 3)
    f, i = sigmoid(x @ Wf + bf), sigmoid(x @ Wi + bi)
    return (f / (f + i) * h + i / (f + i) * (x @ Wh + bh),)


def leaky(x, states, w, streams):
    (r,), (before, after) = states, streams
    current = x @ w["kernel"] + r @ w["recurrent_kernel"] + w["bias"] + before
    return ((1 - w["alpha"]) * r + w["alpha"] * np.tanh(current) + after,)


def lstm(x, h, c, w):
    Wi, Wf, Wg, Wo = columns(w["kernel"], 4)
    Ri, Rf, Rg, Ro = columns(w["recurrent_kernel"], 4)
    bi, bf, bg, bo = columns(w["bias"], 4)
    i, f = sigmoid(x @ Wi + h @ Ri + bi), sigmoid(x @ Wf + h @ Rf + bf)
    o, g = sigmoid(x @ Wo + h @ Ro + bo), np.tanh(x @ Wg + h @ Rg + bg)
    return f * c + i * g, o


def lstm_zoneout(x, states, w, streams):
    (h, c), (d_c, d_h) = states, streams
    new, o = lstm(x, h, c, w)
    return d_h * h + (1 - d_h) * (o * np.tanh(new)), d_c * c + (1 - d_c) * new


def gru_decay(x, states, w, streams):
    (h,), (gamma,) = states, streams
    (Wz, Wr, W), (Rz, Rr, R) = columns(w["kernel"], 3), columns(w["recurrent_kernel"], 3)
    bz, br, b = columns(w["bias"], 3)
    h = gamma * h
    keep, r = sigmoid(x @ Wz + h @ Rz + bz), sigmoid(x @ Wr + h @ Rr + br)
    z = 1 - keep  # the paper's
    return ((1 - z) * h + z * np.tanh(x @ W + (r * h) @ R + b),)


def lstm_normalised(x, states, w, streams):
    h, c = states
    a = LN(h @ w["recurrent_kernel"], w["gain_h"]) + LN(x @ w["kernel"], w["gain_x"]) + w["bias"]
    i, f, g, o = columns(a, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(LN(c, w["gain_c"]) + w["bias_c"]), c


def gru_normalised(x, states, w, streams):
    (h,) = states
    U = h.shape[1]
    W, R, b = w["kernel"], w["recurrent_kernel"], w["bias"]
    zr = LN(h @ R[:, : 2 * U], w["gain_h"][: 2 * U]) + LN(x @ W[:, : 2 * U], w["gain_x"][: 2 * U])
    keep, r = columns(zr + b[: 2 * U], 2)
    seen = LN(h @ R[:, 2 * U :], w["gain_h"][2 * U :]) + w["bias_h"]
    new = np.tanh(LN(x @ W[:, 2 * U :], w["gain_x"][2 * U :]) + b[2 * U :] + sigmoid(r) * seen)
    z = 1 - sigmoid(keep)  # the paper's
    return ((1 - z) * h + z * new,)


def grud(x, observed, times, mean, w):
    """Return all outputs of a GRU-D, with the recursions of Che et al. for x_last and delta."""
    h, outputs = np.zeros((len(x), w["recurrent_kernel"].shape[0])), []
    last, delta = np.zeros_like(mean) + mean, np.zeros_like(observed[:, 0])
    for t in range(x.shape[1]):
        m = observed[:, t]
        if t:
            gap = times[:, t] - times[:, t - 1]
            delta = gap[:, None] + (1 - observed[:, t - 1]) * delta
        g = np.exp(-np.maximum(0, delta * w["input_decay"] + w["input_decay_bias"]))
        gamma = np.exp(-np.maximum(0, delta @ w["state_decay"] + w["state_decay_bias"]))
        filled = m * x[:, t] + (1 - m) * (g * last + (1 - g) * mean)
        (h,) = gru_decay(np.concatenate([filled, m], axis=1), (h,), w, (gamma,))
        last = m * x[:, t] + (1 - m) * last
        outputs.append(h)
    return np.stack(outputs, axis=1)


CELLS = {  # step, gates, states, whether there is a matrix, vectors and their gates, streams
    "lstm_coupled": (lstm_coupled, 3, 2, True, {}, ()),
    "lstm_peephole": (
        lstm_peephole, 4, 2, True, {"peephole_i": 1, "peephole_f": 1, "peephole_o": 1}, (),
    ),
    "indrnn": (indrnn, 1, 1, False, {"recurrent_kernel": 1}, ()),
    "min_gru": (min_gru, 2, 1, False, {}, ()),
    "min_lstm": (min_lstm, 3, 1, False, {}, ()),
    "leaky": (leaky, 1, 1, True, {"alpha": 1}, ("noise_before", "noise_after")),
    "lstm_zoneout": (lstm_zoneout, 4, 2, True, {}, ("zone_c", "zone_h")),
    "gru_decay": (gru_decay, 3, 1, True, {}, ("gamma",)),
    "lstm_normalised": (
        lstm_normalised, 4, 2, True, {"gain_x": 4, "gain_h": 4, "gain_c": 1, "bias_c": 1}, (),
    ),
    "gru_normalised": (gru_normalised, 3, 1, True, {"gain_x": 3, "gain_h": 3, "bias_h": 1}, ()),
}  # fmt: skip
