"""All steps of a sequence at once, once its states are known: to see what each has computed.

    forward    cache_t = cell.forward(x_t W + b, state_{t-1})        for all t
    backward   da_t    = cell.backward(dstate_t, cache_t)            for all t

A sequence is run step by step because a step needs the state before it. When a pass has kept all
states, and the way back all their gradients, the steps no longer wait for each other: they are the
rows of one batch, and the cell takes them all in one go. Its own two functions say what
pre-activations there were, and what the gradient of each value is.

The gradients of activated values are read where a cell asks for the derivative of an activation,
`da = df(dy, a, y)`: that of y is dy.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from elman._typing import Activation, Array, Derivative, Function, Mask, State
from elman.bptt import History, Weights, functions_of, project
from elman.cells import CELLS, activated_of


class Replay(NamedTuple):
    """The steps that were taken, as rows of one batch of N.

    Attributes:
        cell: a key of `elman.cells.CELLS`.
        where: which they are: indices of samples and of timesteps, (N,) each.
        shape: batch, timesteps and units.
        cache: what the cell kept of them, in the order of its `CACHE`.
        recurrent, activations, drop, streams: what it read besides its input and state.
    """

    cell: str
    where: tuple[Array, Array]
    shape: tuple[int, int, int]
    cache: State
    recurrent: tuple[Array, ...]
    activations: tuple[Activation, ...]
    drop: tuple[Array, ...]
    streams: tuple[Array, ...]


def forward(
    name: str,
    x: Array,
    weights: Weights,
    initial_state: State,
    history: History,
    *,
    activations: tuple[str | Function, ...],
    mask: Mask | None = None,
    input_dropout: tuple[Array, ...] = (),
    recurrent_dropout: tuple[Array, ...] = (),
    go_backwards: bool = False,
    reset_mask: Mask | None = None,
    reset_state: State = (),
    streams: tuple[Array | None, ...] = (),
) -> Replay:
    """Take all steps again; the arguments are those of the pass, see `elman.bptt.unroll`."""
    maths = CELLS[name]
    shape: tuple[int, int, int] = history.states[0].shape
    taken = np.ones(shape[:2], bool) if mask is None else mask
    sample, step = np.nonzero(taken)
    where = sample, step
    recurrent, xw = project(maths, np.where(taken[:, :, None], x, 0), weights, input_dropout)
    before = _before(history.states, initial_state, go_backwards)
    if reset_mask is not None:
        before = _restarted(before, reset_mask, reset_state)
    drop = tuple(m[sample] for m in recurrent_dropout)
    zeros = np.zeros((len(sample), shape[2]), x.dtype)
    read = tuple(zeros if stream is None else stream[where] for stream in streams)
    read = read or (zeros,) * len(getattr(maths, "STREAMS", ()))
    pairs = functions_of(activations)
    states = tuple(state[where] for state in before)
    _, cache = maths.forward(xw[where], states, recurrent, pairs, drop, *read)
    return Replay(name, where, shape, cache, recurrent, pairs, drop, read)


def _before(states: State, initial: State, go_backwards: bool) -> State:
    """Return the states before each step, from those after it."""
    found = []
    for k, after in enumerate(states):
        start = initial[k] if initial else np.zeros_like(after[:, 0])
        if go_backwards:
            found.append(np.concatenate([after[:, 1:], start[:, None]], axis=1))
        else:
            found.append(np.concatenate([start[:, None], after[:, :-1]], axis=1))
    return tuple(found)


def _restarted(before: State, reset_mask: Mask, reset_state: State) -> State:
    """Return the states before each step, those put back where there was a reset."""
    for k, state in enumerate(before):
        state[reset_mask] = reset_state[k] if reset_state else 0
    return before


def spread(replay: Replay, rows: Array) -> Array:
    """Return what stands for the steps taken, (N, …), as (batch, timesteps, …), NaN elsewhere."""
    array = np.full((*replay.shape[:2], *rows.shape[1:]), np.nan, rows.dtype)
    array[replay.where] = rows
    return array


def pre_activations(replay: Replay) -> list[Array]:
    """Return a of each gate, (batch, timesteps, units), in the order of `GATES`."""
    maths = CELLS[replay.cell]
    rows = replay.cache[maths.CACHE.index("a")]
    return [spread(replay, a) for a in np.split(rows, len(maths.GATES), axis=1)]


def backward(replay: Replay, dstates: Sequence[Array]) -> tuple[list[Array], list[Array | None]]:
    """Return dL/da of each gate, and dL/d of its value, (batch, timesteps, units) each.

    The latter is None where no activation of its own makes the value: a share of the minLSTM's.

    Args:
        replay: the steps.
        dstates: dL/d(state) as it reaches each step's new state, by timestep.
    """
    maths = CELLS[replay.cell]
    seen: dict[int, tuple[Array, Array]] = {}
    watched = tuple((f, _watched(df, seen)) for f, df in replay.activations)
    dnew = tuple(dstate[replay.where] for dstate in dstates)
    found = maths.backward(
        dnew, replay.cache, replay.recurrent, watched, replay.drop, *replay.streams
    )
    das, dvalues = [], []
    blocks = np.split(found[0], len(maths.GATES), axis=1)  # dx W + b, which is da where it is added
    for name, block in zip(activated_of(maths), blocks, strict=True):
        value = replay.cache[maths.CACHE.index(name)] if name else None
        dy, da = seen.get(id(value), (None, block))
        das.append(spread(replay, da))
        dvalues.append(None if dy is None else spread(replay, dy))
    return das, dvalues


def _watched(df: Derivative, seen: dict[int, tuple[Array, Array]]) -> Derivative:
    """Return a derivative that keeps what it is asked for, by the value y that it is of."""

    def derivative(dy: Array, a: Array, y: Array) -> Array:
        da = df(dy, a, y)
        seen[id(y)] = (dy, da)
        return da

    return derivative


def arguments(entered: dict[str, Any]) -> dict[str, Any]:
    """Return those of the arguments of a pass that `forward` takes."""
    other = ("return_sequences", "return_state", "record", "checkpoint_steps")
    return {k: v for k, v in entered.items() if k not in (*other, "zero_output_for_mask")}
