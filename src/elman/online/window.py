"""Truncated backpropagation through time: the last timesteps, run again before each update.

    BPTT(k; e)   every e timesteps:  s_{t-k} -> x_{t-k+1} … x_t -> the losses of the last e of them

The k inputs, and the states before each of them, lie in rings. The window is run from the state
before it with the weights of now; the gradient ends there. Each target is learned from once.

Source: R. Williams and J. Peng, "An efficient gradient-based algorithm for on-line training of
recurrent network trajectories", Neural Computation 2 (1990): BPTT(h; h').
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman._typing import Array, Mask, State
from elman.layers.parts.passes import IN_TRAINING, INFERENCE, TRAINING
from elman.layers.parts.resets import Resets
from elman.online.parts import Part, back, restarted, through
from elman.online.rtrl import Judge


class Window:
    """A chain of parts that learns from the last timesteps.

    Args:
        parts: the chain.
        batch: the number of sequences.
        steps: how many timesteps the gradient goes back, k.
    """

    def __init__(self, parts: Sequence[Part], batch: int, steps: int) -> None:
        last = max((i for i, part in enumerate(parts) if part.recurrent), default=-1) + 1
        self.body, self.head = list(parts[:last]), list(parts[last:])
        self.batch, self.steps = batch, steps
        self.states: list[State] = [part.start(batch) for part in self.body]
        self._forget()

    def _forget(self) -> None:
        """Let the window begin at the states of now."""
        self._time = 0
        self._before = [self.states] * self.steps  # s_t lies at t modulo k
        self._xs: Array | None = None  # (B, 2k, F): x_t lies at t modulo k, and k further on
        self._fresh = np.zeros((self.batch, 2 * self.steps), bool)  # likewise, where another begins
        self._pending: list[Judge | None] = []

    # ------------------------------------------------------------------ running

    def look(self, x: Array, fresh: Mask | None) -> Array:
        """Return what the next step would give, (B, O), and take none."""
        return self._next(x, INFERENCE, fresh)[0]

    def step(
        self, x: Array, judge: Judge | None, places: Any, update: bool, fresh: Mask | None
    ) -> tuple[Array, bool]:
        """Take a timestep; see `elman.online.rtrl.Rtrl.step`."""
        overwritten = self._keep(x, fresh)
        self._pending.append(judge)
        ready = update and any(self._pending)
        try:
            if ready:
                y, states = self._learn(places)
            else:
                y, states = self._next(x, INFERENCE if judge is None else IN_TRAINING, fresh)
                if judge is not None:
                    judge(y)
        except BaseException:  # the step is not taken
            self._take_back(overwritten)
            raise
        self.states = self._before[self._time % self.steps] = states
        if update:
            self._pending = []
        return y, ready

    def _next(self, x: Array, mode: Any, fresh: Mask | None) -> tuple[Array, list[State]]:
        """Return the output after one step from the states of now, and the states then."""
        before = restarted(self.body, self.states, fresh)
        h, states, _ = through(self.body, x[:, None], before, mode)
        y, _, _ = through(self.head, h, [()] * len(self.head), mode)
        return y[:, 0], states

    def _keep(self, x: Array, fresh: Mask | None) -> tuple[Array, Mask]:
        """Put an input into the ring, twice, so that every window lies in one piece.

        Returns what was there before.
        """
        if self._xs is None:
            self._xs = np.zeros((self.batch, 2 * self.steps, *x.shape[1:]), x.dtype)
        self._time += 1
        place = self._time % self.steps
        overwritten = self._xs[:, place].copy(), self._fresh[:, place].copy()
        self._put(place, x, False if fresh is None else fresh)
        return overwritten

    def _put(self, place: int, x: Array, fresh: Any) -> None:
        assert self._xs is not None
        self._xs[:, place] = self._xs[:, place + self.steps] = x
        self._fresh[:, place] = self._fresh[:, place + self.steps] = fresh

    def _take_back(self, overwritten: tuple[Array, Mask]) -> None:
        """Undo `_keep`."""
        self._put(self._time % self.steps, *overwritten)
        self._time -= 1
        self._pending.pop()

    def _window(self) -> tuple[Array, Mask, list[State]]:
        """Return the last inputs, (B, T, F), where others begin, and the states before them."""
        assert self._xs is not None
        T, place = min(self._time, self.steps), self._time % self.steps + self.steps
        steps, before = slice(place - T + 1, place + 1), self._before[(self._time - T) % self.steps]
        return self._xs[:, steps], self._fresh[:, steps], before

    def _learn(self, places: Any) -> tuple[Array, list[State]]:
        """Run the window there and back; return the last output, and the states then."""
        xs, fresh, before = self._window()
        T, e, split = xs.shape[1], len(self._pending), len(self.body)
        mode = TRAINING._replace(resets=Resets(fresh)) if fresh.any() else TRAINING
        h, states, tapes = through(self.body, xs, before, mode)
        y, _, head_tapes = through(self.head, h[:, T - e :], [()] * len(self.head), TRAINING)
        count = sum(judge is not None for judge in self._pending)
        dys = np.zeros_like(y)
        for i, judge in enumerate(self._pending):
            if judge is not None:
                dys[:, i] = judge(y[:, i])
        if count > 1:
            dys /= count
        need = any(w.trainable for part in self.body for w in part.weights)
        dtail = back(self.head, head_tapes, dys, places[split:], need)
        if need and dtail is not None:
            dh = np.zeros(h.shape, dtail.dtype)
            dh[:, T - e :] = dtail
            back(self.body, tapes, dh, places[:split], False)
        return y[:, -1], states

    # ------------------------------------------------------------------ state

    def begin_from(self, states: list[State]) -> None:
        """Go on from these states, which are taken as given."""
        self.states = states
        self._forget()
