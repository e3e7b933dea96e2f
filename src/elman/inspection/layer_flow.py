"""How far back does the gradient of one step's output reach through one recurrent layer?

    L_b  what the loss reads of sample b at the last step at which it reads any
    s_k  the layer's states h, c, … k steps (that were taken) before that one

    norm(k) = sqrt(mean over b of |dL_b/ds_k|^2)

What goes from the layer's later outputs to the loss is left out: that would hide how the gradient
fades on its way from step to step. See R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of
training recurrent neural networks" (ICML 2013).
"""

import numpy as np

from elman import kernels
from elman._typing import Array, Mask, State
from elman.inspection.by_name import ByName
from elman.inspection.layer_trace import LayerTrace

SHARE = 0.01  # of the norm at lag 0, below which nothing is learned any more
EXPLODED = 100.0  # times the norm at lag 0, above which the earliest steps drown the others
HEALTHY, VANISHING, EXPLODING, SILENT = "healthy", "vanishing", "exploding", "no gradient"


class LayerFlow:
    """How the gradient flows back through one recurrent layer.

    Attributes:
        name: of the layer, as a trace has it.
        kind: its class.
        units: how many it has.
        by_timestep: norm of dL/d(state_t) of the whole loss, by the name of the state:
            (timesteps,) each, the root of the mean square over samples of the norm over units. Of c
            it is that of what the next step reads; what c changes by way of h is in h's.
        by_lag: likewise norm(k) of one step's output, (lags,) each. Lag 0 is that step.
        norms: all states' together, (lags,), the root of the sum of squares.
        memory: effective memory length: how many steps back the norm first falls below 1 % of that
            at lag 0; the longest lag there is, where it does not.
        fades: whether it does.
        growth: the factor by which the norm changes a step, the geometric mean over `memory` steps;
            NaN where there are no two steps to compare.
        verdict: "vanishing" where it falls below 1 % before half of the steps; "exploding" where it
            rises above 100 times its value at lag 0, or over all numbers; "no gradient" where none
            reaches the layer, or none is left after a step; else "healthy".
    """

    def __init__(self, traced: LayerTrace) -> None:
        self.name, self.kind, self.units = traced.name, traced.kind, traced.units
        owner = f"gradient flow of '{self.name}'"
        states = traced.gradients.states
        whole = {name: _squares(array).mean(axis=0) for name, array in states.items()}
        roots = {name: np.sqrt(mean) for name, mean in whole.items()}
        self.by_timestep: ByName[Array] = ByName(owner, "state", roots)
        found, lag = _of_one_step(traced)
        means = [_by_lag(_squares(array), lag) for array in found]
        roots = {name: np.sqrt(mean) for name, mean in zip(states, means, strict=True)}
        self.by_lag: ByName[Array] = ByName(owner, "state", roots)
        self.norms: Array = np.sqrt(np.sum(means, axis=0))
        self._measure()

    def _measure(self) -> None:
        """Find memory, growth and verdict from the norms."""
        norms, last = self.norms, len(self.norms) - 1
        self.fades, self.memory, self.growth, self.verdict = False, 0, np.nan, SILENT
        if last < 0 or norms[0] == 0:
            return
        below, finite = norms < SHARE * norms[0], np.isfinite(norms)
        self.fades = bool(below.any())
        self.memory = int(below.argmax()) if self.fades else last
        step = min(self.memory, int(np.cumprod(finite).sum()) - 1)
        if step > 0:
            self.growth = float((norms[step] / norms[0]) ** (1 / step))
        if not finite.all() or norms.max() > EXPLODED * norms[0]:
            self.verdict = EXPLODING
        elif self.fades and norms[self.memory] == 0 and self.memory == 1:
            self.verdict = SILENT
        else:
            self.verdict = VANISHING if self.fades and self.memory < last / 2 else HEALTHY

    @property
    def lags(self) -> int:
        """How many steps back the gradient could flow at most."""
        return max(len(self.norms) - 1, 0)

    def sentence(self) -> str:
        """Return what the gradient does, in a sentence."""
        if self.verdict == SILENT:
            return "No gradient flows back through it."
        if not self.lags:
            return "No step lies before the one that the loss reads: there is nothing to compare."
        if self.verdict == EXPLODING:
            finite = bool(np.isfinite(self.norms).all())
            most = self.norms.max() / self.norms[0] if finite else np.inf
            if np.isnan(self.growth):
                return "The gradient is over all numbers one step back."
            return (
                f"The gradient grows by a factor of {self.growth:.3g} a step, up to {most:.3g} "
                "times what it was."
            )
        change = f"The gradient changes by a factor of {self.growth:.3g} a step"
        if not self.fades:
            left = self.norms[-1] / self.norms[0]
            return f"{change}; {self.lags} steps back, {left:.2g} of it is left."
        return f"{change}; below 1 % of it is left {self.memory} of {self.lags} steps back."

    def __str__(self) -> str:
        return f"{self.name} ({self.kind}, {self.units} units): {self.verdict}. {self.sentence()}"

    def __repr__(self) -> str:
        return f"<gradient flow of {self}>"


def _of_one_step(traced: LayerTrace) -> tuple[State, Array]:
    """Return dL_b/d(state), (batch, timesteps, units) each, and the lag of each step (B, T).

    Both go by the order in which the layer reads the timesteps. A lag of -1 is none: of steps not
    taken, behind the one that the loss reads, or before the last reset in front of it.
    """
    gradients, turned = traced.gradients, slice(None, None, -1 if traced.go_backwards else 1)
    doutputs, mask = gradients.outputs[:, turned], traced.mask[:, turned]
    ends = tuple(array[:, turned][:, -1] for array in gradients.states.values())
    T = mask.shape[1]
    reads = (doutputs != 0).any(axis=2)
    if traced.call.entered.get("zero_output_for_mask"):
        reads &= mask  # what a masked step puts out are zeros, which no state has made
    at_end = np.any([(array != 0).any(axis=1) for array in ends], axis=0)  # by the final state
    step = np.where(at_end, T - 1, T - 1 - reads[:, ::-1].argmax(axis=1))  # (B,)
    here = (np.arange(T) == step[:, None]) & ~at_end[:, None]
    entered = traced.call.entered | {"return_sequences": True, "record": True}
    _, _, tape = kernels.unroll(entered.pop("name"), **entered)
    found = kernels.backpropagate(
        tape, np.where(here[..., None], doutputs, 0), ends,
        record_states=True, need_x=False, need_initial_state=False, need_weights=False,
    )  # fmt: skip
    known = (at_end | reads.any(axis=1))[:, None]
    before = np.arange(T) <= step[:, None]
    taken = mask & before & known & ~_cut_off(traced, turned, before)
    lag = np.cumsum(taken[:, ::-1], axis=1)[:, ::-1] - 1
    return found.states, np.where(taken, lag, -1)


def _cut_off(traced: LayerTrace, turned: slice, before: Mask) -> Mask:
    """Return which steps a reset keeps from the one that the loss reads, (B, T)."""
    reset = traced.call.entered.get("reset_mask")
    if reset is None:
        return np.zeros_like(before)
    fresh = (reset[:, turned] & before)[:, ::-1]
    later: Mask = np.logical_or.accumulate(fresh, axis=1)[:, ::-1]  # at this step or a later one
    return np.pad(later[:, 1:], ((0, 0), (0, 1)))  # the state after t is cut off from t+1 on


def _squares(array: Array) -> Array:
    """Return the squared norms over units, in float64, where those of float32 are zeros."""
    found: Array = np.einsum("btu,btu->bt", array, array, dtype=np.float64)
    return found


def _by_lag(squares: Array, lag: Array) -> Array:
    """Return the mean over samples of squared norms, by lag."""
    counted = lag >= 0
    total = np.bincount(lag[counted], squares[counted])
    mean: Array = total / np.maximum(np.bincount(lag[counted]), 1)
    return mean
