"""One timestep of each cell of elman's as nodes: the `forward` of each file of `elman.cells`.

They are for what ONNX has no operator of: further cells, and activations that its operators lack.

    xw      x_t W + b of this step, (B, G*U); of a normalised cell x_t W alone
    state   (B, U) each; the first is the output of the step
"""

from collections.abc import Callable, Sequence

from elman.cells import CELLS, is_normalised
from elman.cells._norm import EPSILON
from elman.formats.onnx.writing.builder import Builder
from elman.formats.onnx.writing.functions import activate
from elman.models.stages import Stage


class Maths:
    """What a step is written with: the weights of a cell, by name, and its activations.

    Args:
        b: what is written.
        prefix: of the names of weights.
        stage: the cell with its weights.
    """

    def __init__(self, b: Builder, prefix: str, stage: Stage) -> None:
        assert stage.kernel is not None
        self.b, self.stage, self.dtype = b, stage, stage.kernel.dtype.name
        self.kernel = b.array(stage.kernel, f"{prefix}_kernel")
        recurrent, bias = stage.recurrent, stage.bias
        self.recurrent = "" if recurrent is None else b.array(recurrent, f"{prefix}_recurrent")
        rows = [] if bias is None else [bias] if bias.ndim == 1 else list(bias)
        self.biases = [b.array(row, f"{prefix}_bias") for row in rows]
        self.words = [None if w is None else b.array(w, f"{prefix}_word") for w in stage.words]

    def project(self, x: str) -> str:
        """Write x W + b, of a normalised cell without b."""
        a = self.b.add("MatMul", x, self.kernel)
        normalised = is_normalised(CELLS[self.stage.kind])
        return a if normalised or not self.biases else self.add(a, self.biases[0])

    def product(self, h: str) -> str:
        """Write h R."""
        return self.b.add("MatMul", h, self.recurrent)

    def add(self, *names: str | None) -> str:
        """Write a sum; None is zero."""
        found = [name for name in names if name is not None]
        total = found[0]
        for name in found[1:]:
            total = self.b.add("Add", total, name)
        return total

    def mul(self, x: str, y: str) -> str:
        """Write x y."""
        return self.b.add("Mul", x, y)

    def mix(self, z: str, x: str, y: str) -> str:
        """Write z x + (1 - z) y."""
        return self.add(y, self.mul(z, self.b.add("Sub", x, y)))

    def split(self, x: str, count: int) -> list[str]:
        """Write the blocks of the gates."""
        return self.b.node("Split", x, outputs=count, axis=-1)

    def phi(self, x: str) -> str:
        """Write the activation."""
        return activate(self.b, self.stage.owner, self.stage.functions[0], x, self.dtype)

    def sigma(self, x: str) -> str:
        """Write the gates' activation."""
        return activate(self.b, self.stage.owner, self.stage.functions[-1], x, self.dtype)

    def normalise(self, x: str) -> str:
        """Write (x - m) / sqrt(mean((x - m)^2) + epsilon), m the mean of a row."""
        d = self.b.add("Sub", x, self.b.add("ReduceMean", x, axes=[-1], keepdims=1))
        square = self.b.add("ReduceMean", self.mul(d, d), axes=[-1], keepdims=1)
        spread = self.add(square, self.b.number(EPSILON, self.dtype))
        return self.b.add("Div", d, self.b.add("Sqrt", spread))


State = Sequence[str]
Step = Callable[[Maths, str, State], list[str]]


def simple_rnn(m: Maths, xw: str, state: State) -> list[str]:
    """Write h = phi(xw + h R)."""
    return [m.phi(m.add(xw, m.product(state[0])))]


def leaky(m: Maths, xw: str, state: State) -> list[str]:
    """Write h + alpha (phi(xw + h R + noise) - h)."""
    alpha, before, after = m.words
    assert alpha is not None
    y = m.phi(m.add(xw, m.product(state[0]), before))
    return [m.add(m.mix(alpha, y, state[0]), after)]


def indrnn(m: Maths, xw: str, state: State) -> list[str]:
    """Write phi(xw + u h)."""
    (u,) = m.words
    assert u is not None
    return [m.phi(m.add(xw, m.mul(u, state[0])))]


def min_gru(m: Maths, xw: str, state: State) -> list[str]:
    """Write (1 - z) h + z k."""
    a_z, a_h = m.split(xw, 2)
    return [m.mix(m.sigma(a_z), m.phi(a_h), state[0])]


def min_lstm(m: Maths, xw: str, state: State) -> list[str]:
    """Write f h + (1 - f) k, f = sigmoid(softplus(-a_i) - softplus(-a_f))."""
    a_f, a_i, a_h = m.split(xw, 3)
    i, f = (m.b.add("Softplus", m.b.add("Neg", a)) for a in (a_i, a_f))
    share = m.b.add("Sigmoid", m.b.add("Sub", i, f))
    return [m.mix(share, state[0], m.phi(a_h))]


def gru(m: Maths, xw: str, state: State) -> list[str]:
    """Write the GRU with the reset gate after the product."""
    q = m.product(state[0])
    x_z, x_r, x_h = m.split(xw, 3)
    q_z, q_r, q_h = m.split(m.add(q, m.biases[1]) if m.biases else q, 3)
    z, r = m.sigma(m.add(x_z, q_z)), m.sigma(m.add(x_r, q_r))
    return [m.mix(z, state[0], m.phi(m.add(x_h, m.mul(r, q_h))))]


def gru_reset_before(m: Maths, xw: str, state: State) -> list[str]:
    """Write the GRU with the reset gate before the product."""
    (h,) = state
    x_z, x_r, x_h = m.split(xw, 3)
    R_z, R_r, R_h = m.split(m.recurrent, 3)
    z, r = (m.sigma(m.add(x, m.b.add("MatMul", h, R))) for x, R in ((x_z, R_z), (x_r, R_r)))
    return [m.mix(z, h, m.phi(m.add(x_h, m.b.add("MatMul", m.mul(r, h), R_h))))]


def gru_normalised(m: Maths, xw: str, state: State) -> list[str]:
    """Write the GRU with layer normalisation inside."""
    gain_x, gain_h, bias_h = (str(word) for word in m.words)
    U = m.stage.units or 0
    ends = [2 * U, U]  # z and r are one row, h another
    xhat, qhat = (_by_parts(m, a, ends) for a in (xw, m.product(state[0])))
    p_z, p_r, p_h = m.split(m.add(m.mul(gain_x, xhat), *m.biases), 3)
    q_z, q_r, q_h = m.split(m.mul(gain_h, qhat), 3)
    z, r = m.sigma(m.add(p_z, q_z)), m.sigma(m.add(p_r, q_r))
    return [m.mix(z, state[0], m.phi(m.add(p_h, m.mul(r, m.add(q_h, bias_h)))))]


def _by_parts(m: Maths, a: str, sizes: list[int]) -> str:
    """Write parts of a row, each normalised by itself."""
    parts = m.b.node("Split", a, m.b.constant(sizes), outputs=len(sizes), axis=-1)
    return m.b.add("Concat", *(m.normalise(part) for part in parts), axis=-1)


def lstm(m: Maths, xw: str, state: State) -> list[str]:
    """Write the LSTM."""
    h, c = state
    a_i, a_f, a_g, a_o = m.split(m.add(xw, m.product(h)), 4)
    c = m.add(m.mul(m.sigma(a_f), c), m.mul(m.sigma(a_i), m.phi(a_g)))
    return [m.mul(m.sigma(a_o), m.phi(c)), c]


def lstm_peephole(m: Maths, xw: str, state: State) -> list[str]:
    """Write the LSTM whose gates see the cell state."""
    h, c = state
    p_i, p_f, p_o = (str(word) for word in m.words)
    a_i, a_f, a_g, a_o = m.split(m.add(xw, m.product(h)), 4)
    i, f = m.sigma(m.add(a_i, m.mul(p_i, c))), m.sigma(m.add(a_f, m.mul(p_f, c)))
    c = m.add(m.mul(f, c), m.mul(i, m.phi(a_g)))
    return [m.mul(m.sigma(m.add(a_o, m.mul(p_o, c))), m.phi(c)), c]


def lstm_coupled(m: Maths, xw: str, state: State) -> list[str]:
    """Write the LSTM that forgets as much as it takes in."""
    h, c = state
    a_i, a_g, a_o = m.split(m.add(xw, m.product(h)), 3)
    c = m.mix(m.sigma(a_i), m.phi(a_g), c)
    return [m.mul(m.sigma(a_o), m.phi(c)), c]


def lstm_zoneout(m: Maths, xw: str, state: State) -> list[str]:
    """Write the LSTM some of whose states stay: their mean, as in inference."""
    kept, new = m.words, lstm(m, xw, state)
    zones = (kept[1], kept[0])  # of h, then of c
    mixed = zip(zones, state, new, strict=True)
    return [y if zone is None else m.mix(zone, old, y) for zone, old, y in mixed]


def lstm_normalised(m: Maths, xw: str, state: State) -> list[str]:
    """Write the LSTM with layer normalisation inside."""
    h, c = state
    gain_x, gain_h, gain_c, bias_c = (str(word) for word in m.words)
    xhat, qhat = m.normalise(xw), m.normalise(m.product(h))
    a = m.add(m.mul(gain_x, xhat), m.mul(gain_h, qhat), *m.biases)
    a_i, a_f, a_g, a_o = m.split(a, 4)
    c = m.add(m.mul(m.sigma(a_f), c), m.mul(m.sigma(a_i), m.phi(a_g)))
    n = m.add(m.mul(gain_c, m.normalise(c)), bias_c)
    return [m.mul(m.sigma(a_o), m.phi(n)), c]


STEPS: dict[str, Step] = {
    "gru": gru,
    "gru_normalised": gru_normalised,
    "gru_reset_before": gru_reset_before,
    "indrnn": indrnn,
    "leaky": leaky,
    "lstm": lstm,
    "lstm_coupled": lstm_coupled,
    "lstm_normalised": lstm_normalised,
    "lstm_peephole": lstm_peephole,
    "lstm_zoneout": lstm_zoneout,
    "min_gru": min_gru,
    "min_lstm": min_lstm,
    "simple_rnn": simple_rnn,
}
