"""One timestep of each cell in C: the forward half of the file of the same name in `elman.cells`.

x  (F,)  what is read        h, c  (U,)    the states, in their place
a  (G*U,)  pre-activations, then gates     q  scratch of the same size where it is needed
"""

from collections.abc import Callable

from elman._typing import Array
from elman.cells._norm import EPSILON
from elman.formats.c.products import Arrays, Matrix, add, affine, at, each
from elman.formats.c.spelling import number
from elman.models.stages import Stage


class Cell:
    """A stage with a state while its C is written.

    Args:
        prefix: what the names of the model begin with.
        stage: the stage.
        arrays: where its weights go.

    Attributes:
        units: U.
        width: G*U.
        functions: those of `elman.formats.c.functions` that it calls.
        lines: the statements of a step.
    """

    def __init__(self, prefix: str, stage: Stage, arrays: Arrays) -> None:
        self._prefix, self._stage, self._arrays = prefix, stage, arrays
        assert stage.kernel is not None and stage.units is not None
        self.units, self.width = stage.units, stage.kernel.shape[1]
        self.functions: set[str] = set()
        self.phi, self.sigma = (*(self.function(str(f)) for f in stage.functions), "")[:2]
        self.lines = BODIES[stage.kind](self)

    @property
    def scratch(self) -> int:
        """How many numbers `a` takes, and `q` behind it where there is one."""
        return self.width * (2 if self.has_q else 1)

    @property
    def has_q(self) -> bool:
        """Whether there is `q`."""
        matrix = self._stage.recurrent is not None
        return self._stage.kind in WITH_Q or (self._arrays.in_bytes and matrix)

    # ------------------------------------------------------------------ parts of a step

    def inputs(self, bias: bool = True) -> list[str]:
        """Return a = x W + b, of the first row of b where it has two."""
        stage = self._stage
        assert stage.kernel is not None
        first = None if stage.bias is None else stage.bias.reshape(-1, self.width)[0]
        name = self.floats("bias", first) if bias and first is not None else ""
        return affine("a", "x", self._arrays.matrix("kernel", stage.kernel), name)

    def state_matrix(self) -> Matrix:
        """Keep the recurrent kernel."""
        assert self._stage.recurrent is not None
        return self._arrays.matrix("recurrent", self._stage.recurrent)

    def with_state(self) -> list[str]:
        """Return a = x W + b + h R."""
        return [*self.inputs(), *add("a", "h", self.state_matrix())]

    def gate(self, function: str, first: int, count: int = 1) -> str:
        """Return an activation of some gates in their place."""
        place = at("a", first * self.units)
        return each(count * self.units, f"{place} = {function}({place});")

    def of(self, gate: int) -> str:
        """Return the value of a gate at k."""
        return at("a", gate * self.units)

    def over_units(self, statement: str) -> str:
        """Return a loop over the units."""
        return each(self.units, statement)

    def floats(self, name: str, array: Array | None) -> str:
        """Keep numbers; "" for none."""
        return "" if array is None else self._arrays.floats(name, array)

    def bias(self, row: int = 0) -> str:
        """Keep a row of the bias; "" where there is none."""
        b = self._stage.bias
        return self.floats(f"bias_{row}_", None if b is None else b.reshape(-1, self.width)[row])

    def function(self, name: str) -> str:
        """Return what a function is called in C."""
        self.functions.add(name)
        return f"{self._prefix}_{name}"

    def word(self, i: int, name: str) -> str:
        """Keep one of the cell's own vectors; "" for zeros."""
        return self.floats(name, self._stage.words[i])


def _simple_rnn(cell: Cell) -> list[str]:
    return [*cell.with_state(), cell.over_units(f"h[k] = {cell.phi}(a[k]);")]


def _indrnn(cell: Cell) -> list[str]:
    u = cell.word(0, "recurrent")
    return [*cell.inputs(), cell.over_units(f"h[k] = {cell.phi}(a[k] + {u}[k] * h[k]);")]


def _leaky(cell: Cell) -> list[str]:
    alpha, before, after = (
        cell.word(i, name) for i, name in enumerate(("alpha", "noise_before", "noise_after"))
    )
    a = f"a[k] + {before}[k]" if before else "a[k]"
    more = f" + {after}[k]" if after else ""
    return [
        *cell.with_state(),
        cell.over_units(f"a[k] = {cell.phi}({a});"),
        cell.over_units(f"h[k] += {alpha}[k] * (a[k] - h[k]){more};"),
    ]


def _lstm_gates(cell: Cell) -> list[str]:
    """Return i, f, g and o in the place of their pre-activations."""
    return [cell.gate(cell.sigma, 0, 2), cell.gate(cell.phi, 2), cell.gate(cell.sigma, 3)]


def _lstm(cell: Cell) -> list[str]:
    i, f, g, o = map(cell.of, range(4))
    return [
        *cell.with_state(),
        *_lstm_gates(cell),
        cell.over_units(f"c[k] = {f} * c[k] + {i} * {g};"),
        cell.over_units(f"h[k] = {o} * {cell.phi}(c[k]);"),
    ]


def _lstm_zoneout(cell: Cell) -> list[str]:
    i, f, g, o = map(cell.of, range(4))
    z_c, z_h = cell.word(0, "zone_c"), cell.word(1, "zone_h")
    kept = {"c": i, "h": o}  # what the step makes of them, before a share of the old is kept
    mixed = [
        cell.over_units(f"{s}[k] = {z}[k] * {s}[k] + (1.0f - {z}[k]) * {kept[s]};")
        if z
        else cell.over_units(f"{s}[k] = {kept[s]};")
        for s, z in (("c", z_c), ("h", z_h))
    ]
    return [
        *cell.with_state(),
        *_lstm_gates(cell),
        cell.over_units(f"{i} = {f} * c[k] + {i} * {g};"),
        cell.over_units(f"{o} = {o} * {cell.phi}({i});"),
        *mixed,
    ]


def _lstm_coupled(cell: Cell) -> list[str]:
    i, g, o = map(cell.of, range(3))
    return [
        *cell.with_state(),
        cell.gate(cell.sigma, 0),
        cell.gate(cell.phi, 1),
        cell.gate(cell.sigma, 2),
        cell.over_units(f"c[k] = (1.0f - {i}) * c[k] + {i} * {g};"),
        cell.over_units(f"h[k] = {o} * {cell.phi}(c[k]);"),
    ]


def _lstm_peephole(cell: Cell) -> list[str]:
    i, f, g, o = map(cell.of, range(4))
    p_i, p_f, p_o = (cell.word(n, f"peephole_{gate}") for n, gate in enumerate("ifo"))
    return [
        *cell.with_state(),
        cell.over_units(f"{i} = {cell.sigma}({i} + {p_i}[k] * c[k]);"),
        cell.over_units(f"{f} = {cell.sigma}({f} + {p_f}[k] * c[k]);"),
        cell.gate(cell.phi, 2),
        cell.over_units(f"c[k] = {f} * c[k] + {i} * {g};"),
        cell.over_units(f"{o} = {cell.sigma}({o} + {p_o}[k] * c[k]);"),
        cell.over_units(f"h[k] = {o} * {cell.phi}(c[k]);"),
    ]


def _gru(cell: Cell) -> list[str]:
    z, r, k = map(cell.of, range(3))
    U = cell.units
    return [
        *cell.inputs(),
        *affine("q", "h", cell.state_matrix(), cell.bias(1)),
        each(2 * U, f"a[k] = {cell.sigma}(a[k] + q[k]);"),
        cell.over_units(f"{k} = {cell.phi}({k} + {r} * {at('q', 2 * U)});"),
        cell.over_units(f"h[k] = {z} * h[k] + (1.0f - {z}) * {k};"),
    ]


def _gru_reset_before(cell: Cell) -> list[str]:
    z, r, k = map(cell.of, range(3))
    U, R = cell.units, cell.state_matrix()
    return [
        f"float *const r = a + {U};",
        *cell.inputs(),
        *add("a", "h", R, 0, 2 * U),
        cell.gate(cell.sigma, 0, 2),
        cell.over_units(f"{r} *= h[k];"),
        *add("a", "r", R, 2 * U),
        cell.gate(cell.phi, 2),
        cell.over_units(f"h[k] = {z} * h[k] + (1.0f - {z}) * {k};"),
    ]


def _min_gru(cell: Cell) -> list[str]:
    z, k = map(cell.of, range(2))
    return [
        *cell.inputs(),
        cell.gate(cell.sigma, 0),
        cell.gate(cell.phi, 1),
        cell.over_units(f"h[k] = (1.0f - {z}) * h[k] + {z} * {k};"),
    ]


def _min_lstm(cell: Cell) -> list[str]:
    f, i, k = map(cell.of, range(3))
    sigmoid, softplus = cell.function("sigmoid"), cell.function("softplus")
    return [
        *cell.inputs(),
        cell.over_units(f"{f} = {sigmoid}({softplus}(-{i}) - {softplus}(-{f}));"),
        cell.gate(cell.phi, 2),
        cell.over_units(f"h[k] = {f} * h[k] + (1.0f - {f}) * {k};"),
    ]


def _lstm_normalised(cell: Cell) -> list[str]:
    i, f, g, o = map(cell.of, range(4))
    v_x, v_h, v_c, b_c = (
        cell.word(n, name) for n, name in enumerate(("gain_x", "gain_h", "gain_c", "bias_c"))
    )
    normalise, n, b = cell.function("normalise"), cell.width, cell.bias()
    more = f" + {b}[k]" if b else ""
    return [
        *cell.inputs(bias=False),
        *affine("q", "h", cell.state_matrix(), ""),
        *(f"{normalise}({array}, {n}, {number(EPSILON)});" for array in "aq"),
        each(n, f"a[k] = {v_x}[k] * a[k] + {v_h}[k] * q[k]{more};"),
        *_lstm_gates(cell),
        cell.over_units(f"c[k] = {f} * c[k] + {i} * {g};"),
        cell.over_units("q[k] = c[k];"),
        f"{normalise}(q, {cell.units}, {number(EPSILON)});",
        cell.over_units(f"h[k] = {o} * {cell.phi}({v_c}[k] * q[k] + {b_c}[k]);"),
    ]


def _gru_normalised(cell: Cell) -> list[str]:
    z, r, k = map(cell.of, range(3))
    U, b = cell.units, cell.bias()
    v_x, v_h, b_h = (cell.word(n, name) for n, name in enumerate(("gain_x", "gain_h", "bias_h")))
    normalise = cell.function("normalise")
    more = f" + {b}[k]" if b else ""
    return [
        *cell.inputs(bias=False),
        *affine("q", "h", cell.state_matrix(), ""),
        *(f"{normalise}({array}, {2 * U}, {number(EPSILON)});" for array in "aq"),
        *(f"{normalise}({array} + {2 * U}, {U}, {number(EPSILON)});" for array in "aq"),
        each(3 * U, f"a[k] = {v_x}[k] * a[k]{more};"),
        each(3 * U, f"q[k] = {v_h}[k] * q[k];"),
        each(2 * U, f"a[k] = {cell.sigma}(a[k] + q[k]);"),
        cell.over_units(f"{k} = {cell.phi}({k} + {r} * ({at('q', 2 * U)} + {b_h}[k]));"),
        cell.over_units(f"h[k] = {z} * h[k] + (1.0f - {z}) * {k};"),
    ]


BODIES: dict[str, Callable[[Cell], list[str]]] = {
    "simple_rnn": _simple_rnn,
    "lstm": _lstm,
    "gru": _gru,
    "gru_reset_before": _gru_reset_before,
    "lstm_coupled": _lstm_coupled,
    "lstm_peephole": _lstm_peephole,
    "indrnn": _indrnn,
    "min_gru": _min_gru,
    "min_lstm": _min_lstm,
    "leaky": _leaky,
    "lstm_zoneout": _lstm_zoneout,
    "lstm_normalised": _lstm_normalised,
    "gru_normalised": _gru_normalised,
}
WITH_Q = ("gru", "lstm_normalised", "gru_normalised")  # whose two products are not one sum
