"""Backpropagation through time: the time loop, forward and backward, written once for all cells.

    forward    t = 0 … T-1:    state_t, cache_t = cell.forward(x_t W + b, state_{t-1})
    backward   t = T-1 … 0:    dstate_{t-1}     = cell.backward(dstate_t + doutput_t, cache_t)

What does not depend on the state is done for all timesteps at once: the projection `x W + b`
ahead of the loop, `dx`, `dkernel` and `dbias` after it. A cell that normalises `x W` adds b itself.

A stream is an array (batch, timesteps, units) of which each step reads its own (batch, units):
noise, or what keeps or decays a state. Like x it is not read at masked steps.

A masked step is a step that is not taken: only the rows whose mask is True enter the cell, so
nothing of a masked value, not even a NaN, can reach a state or a gradient. As in Keras (TensorFlow)
the other rows keep their state and repeat their last output, which is zero before the first step.

A reset before step t puts a row back to where a sequence starts, and cuts the gradient there:

    forward    state_{t-1} = s,  output_{t-1} = 0        s  reset_state (U,), zeros by default
    backward   ds += dstate_{t-1},  dstate_{t-1} = 0     summed over rows and resets

so that one row with resets computes what separate sequences do. What is done at t is done when
the loop comes to t, in either direction, and whether or not the row takes the step.

Source: P. Werbos, "Backpropagation through time: what it does and how to do it", Proc. IEEE (1990).
"""

from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from elman._typing import Activation, Array, Function, Mask, State
from elman.activations import pair
from elman.cells import (
    CELLS,
    activated_of,
    has_recurrent_kernel,
    is_normalised,
    streams_of,
    vectors_of,
)
from elman.cells._product import dgate_product, gate_product

Rows = slice | Array  # which rows of the batch take a step
Weights = tuple[Any, ...]  # kernel, recurrent_kernel or None, bias or None, and the cell's vectors


class Step(NamedTuple):
    """One turn of the loop: the timestep, the rows that took it, what the cell kept, its states."""

    t: int
    rows: Rows
    cache: State
    state: State


class History(NamedTuple):
    """What a pass has gone through, (batch, timesteps, units) an array, by timestep.

    Attributes:
        states: those after each step; where none was taken, those before.
        gates: their values, in the order of the cell's `GATES`, NaN where no step was taken. (Of a
            gate that `ACTIVATED` has no name for, there is nothing to see.)
    """

    states: State
    gates: State


class Tape(NamedTuple):
    """Everything that `backpropagate` needs of a forward pass, and that one may look at.

    Attributes:
        cell: name of the cell, a key of `elman.cells.CELLS`.
        x: the inputs, (batch, timesteps, features), zeros at masked steps.
        weights: kernel, recurrent_kernel (or None), bias (or None), and the cell's vectors.
        activations: phi, and for gated cells sigma: a name, or a function of your own.
        input_dropout: masks on the inputs, (batch, features) each: none, one, or one a gate.
        recurrent_dropout: masks on the state, (batch, units) each: none, or one a gate.
        zero_output_for_mask: whether masked steps put out zeros.
        return_sequences: whether the outputs of all steps were returned, or the last alone.
        steps: the turns of the loop in the order in which they were taken.
        reset_mask: True before which steps a row was reset, (batch, timesteps), or None.
        reset_state: what resets put in, (units,) an array; the empty tuple for zeros.
        streams: what each step read its part of, (batch, timesteps, units) an array.
    """

    cell: str
    x: Array
    weights: Weights
    activations: tuple[str | Function, ...]
    input_dropout: tuple[Array, ...]
    recurrent_dropout: tuple[Array, ...]
    zero_output_for_mask: bool
    return_sequences: bool
    steps: list[Step]
    reset_mask: Mask | None = None
    reset_state: State = ()
    streams: tuple[Array, ...] = ()


class Gradients(NamedTuple):
    """dL/d of everything that entered a forward pass, each of the shape of its namesake.

    `states` holds dL/d(state) as it reaches each step's new state, (batch, turns, units) an
    array, turns in the order of `Tape.steps`; the empty tuple unless asked for. `streams` has None
    for what is data.
    """

    x: Any  # an array, or None where it was not asked for
    initial_state: State
    weights: Weights
    states: State = ()
    reset_state: State = ()  # (units,) an array; empty where no state was given
    streams: tuple[Array | None, ...] = ()


def unroll(
    cell: str,
    x: Array,
    weights: Weights,
    initial_state: State,
    *,
    activations: tuple[str | Function, ...],
    mask: Mask | None = None,
    input_dropout: tuple[Array, ...] = (),
    recurrent_dropout: tuple[Array, ...] = (),
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
    return_sequences: bool = True,
    record: bool = True,
    reset_mask: Mask | None = None,
    reset_state: State = (),
    streams: tuple[Array | None, ...] = (),
) -> tuple[Array, State, Tape]:
    """Run a cell over a sequence.

    Args:
        cell: a key of `elman.cells.CELLS`.
        x: inputs, (batch, timesteps, features).
        weights: kernel (features, G*units), recurrent_kernel (units, G*units) or None, bias or
            None, and the cell's vectors.
        initial_state: the state before the first step, (batch, units) an array.
        activations: phi, and for gated cells sigma: a name, or a function of your own.
        mask: (batch, timesteps), True where a step is taken.
        input_dropout: masks on the inputs, (batch, features): none, one, or one a gate.
        recurrent_dropout: masks on the state, (batch, units): none, or one a gate.
        go_backwards: take the last timestep first; outputs stand in the order of the steps taken.
        zero_output_for_mask: put out zeros at masked steps, not the last output again.
        return_sequences: return the outputs of all steps, not of the last alone.
        record: keep what `backpropagate` reads; without it the tape has no steps.
        reset_mask: (batch, timesteps), True where a row is reset before the step.
        reset_state: what a reset puts in, (units,) an array; the empty tuple for zeros.
        streams: (batch, timesteps, units) an array that the cell names, None or () for zeros.

    Returns:
        outputs (batch, timesteps, units) or (batch, units), the final state, and the tape.
    """
    maths = CELLS[cell]
    if mask is not None:  # 0 * NaN is NaN: a masked value must not enter the products either
        x = np.where(mask[:, :, None], x, x.dtype.type(0))
    recurrent, xw = project(maths, x, weights, input_dropout)
    functions = functions_of(activations)
    B, T, U = x.shape[0], x.shape[1], weights[0].shape[1] // len(maths.GATES)
    read = _streams(maths, streams, (B, T, U), x.dtype)
    output = np.zeros((B, U), x.dtype)
    outputs = np.empty((B, T if return_sequences else 0, U), x.dtype)
    state, steps = initial_state, []
    for turn, (t, rows) in enumerate(_turns(T, mask, go_backwards)):
        if reset_mask is not None:
            state, output = _reset(reset_mask[:, t], state, output, reset_state)
        drop = tuple(m[rows] for m in recurrent_dropout)
        taken = tuple(s[rows, t] for s in read)
        before = _take(state, rows)
        new, cache = maths.forward(xw[rows, t], before, recurrent, functions, drop, *taken)
        state = _put(state, rows, new)
        if zero_output_for_mask:
            output = np.zeros_like(output)
        (output,) = _put((output,), rows, new[:1])
        if return_sequences:
            outputs[:, turn] = output
        if record:
            steps.append(Step(t, rows, cache, state))
    tape = Tape(
        cell, x, weights, activations, input_dropout, recurrent_dropout,
        zero_output_for_mask, return_sequences, steps, reset_mask, reset_state, read,
    )  # fmt: skip
    return outputs if return_sequences else output, state, tape


def backpropagate(
    tape: Tape, doutputs: Array, dstate: State, *, record_states: bool = False
) -> Gradients:
    """Run a recorded forward pass in reverse.

    Args:
        tape: what `unroll` returned.
        doutputs: dL/d(outputs), of the shape of the outputs.
        dstate: dL/d(final state), (batch, units) an array.
        record_states: also return the gradient that reaches each step's state.
    """
    maths = CELLS[tape.cell]
    recurrent, functions = recurrent_of(maths, tape.weights), functions_of(tape.activations)
    B, T, _ = tape.x.shape
    dxw = np.zeros((B, T, tape.weights[0].shape[1]), tape.x.dtype)
    drecurrent = [np.zeros_like(array) for array in recurrent]
    dstreams: list[Any] = [None] * len(tape.streams)
    doutput = np.zeros_like(dstate[0]) if tape.return_sequences else doutputs  # of the output
    dstates = tuple(np.zeros((B, len(tape.steps), d.shape[1]), d.dtype) for d in dstate)
    dreset = tuple(np.zeros_like(array) for array in tape.reset_state)
    for turn in reversed(range(len(tape.steps))):
        t, rows, cache, _ = tape.steps[turn]
        if tape.return_sequences:
            doutput = doutput + doutputs[:, turn]
        dh, *dothers = _take(dstate, rows)
        dnew = (dh + doutput[rows], *dothers)  # STATES[0] is the output as well
        drop = tuple(m[rows] for m in tape.recurrent_dropout)
        taken = tuple(s[rows, t] for s in tape.streams)
        found = maths.backward(dnew, cache, recurrent, functions, drop, *taken)
        dxw_t, dprev, dR, *dtaken = found
        dxw[rows, t] = dxw_t
        _add_streams(dstreams, dtaken, tape.streams, rows, t)
        for total, part in zip(drecurrent, dR, strict=True):
            total += part
        if record_states:
            for record, d, new in zip(dstates, dstate, dnew, strict=True):
                record[:, turn] = _put((d,), rows, (new,))[0]
        dstate = _put(dstate, rows, dprev)
        # A masked row repeated the output before it, so its gradient waits for that step.
        (doutput,) = _put((doutput,), rows, (np.zeros_like(dh),))
        if tape.zero_output_for_mask:
            doutput = np.zeros_like(doutput)
        if tape.reset_mask is not None:
            dstate, doutput = _dreset(tape.reset_mask[:, t], dstate, doutput, dreset)
    dx, dW, db = _dproject(tape, dxw)
    dweights = (dW, *_dweights(maths, tape.weights, db, drecurrent))
    states = dstates if record_states else ()
    return Gradients(dx, dstate, dweights, states, dreset, tuple(dstreams))


def history(tape: Tape) -> History:
    """Return the states and gates of a recorded forward pass."""
    maths = CELLS[tape.cell]
    B, T, U = len(tape.x), tape.x.shape[1], tape.weights[0].shape[1] // len(maths.GATES)
    states = tuple(np.empty((B, T, U), tape.x.dtype) for _ in maths.STATES)
    gates = tuple(np.full((B, T, U), np.nan, tape.x.dtype) for _ in maths.GATES)
    for t, rows, cache, state in tape.steps:
        kept = dict(zip(maths.CACHE, cache, strict=True))
        for array, new in zip(states, state, strict=True):
            array[:, t] = new
        for array, name in zip(gates, activated_of(maths), strict=True):
            if name:
                array[rows, t] = kept[name]
    return History(states, gates)


def _turns(T: int, mask: Mask | None, go_backwards: bool) -> Iterator[tuple[int, Rows]]:
    """Yield each timestep in the order of the loop, with the rows that take it."""
    for t in reversed(range(T)) if go_backwards else range(T):
        if mask is None or mask[:, t].all():
            yield t, slice(None)
        else:
            yield t, np.flatnonzero(mask[:, t])


def _take(state: State, rows: Rows) -> State:
    """Return the rows of a state that take the step."""
    return tuple(array[rows] for array in state)


def _put(state: State, rows: Rows, new: State) -> State:
    """Return the state with `new` in the rows that took the step."""
    if isinstance(rows, slice):
        return new
    state = tuple(array.copy() for array in state)
    for array, values in zip(state, new, strict=True):
        array[rows] = values
    return state


def _reset(fresh: Mask, state: State, output: Array, reset_state: State) -> tuple[State, Array]:
    """Return state and last output with the rows `fresh` (batch,) put back to a start."""
    if not fresh.any():
        return state, output
    start = reset_state or tuple(array.dtype.type(0) for array in state)
    state = tuple(np.where(fresh[:, None], s, a) for s, a in zip(start, state, strict=True))
    return state, np.where(fresh[:, None], output.dtype.type(0), output)


def _dreset(fresh: Mask, dstate: State, doutput: Array, dreset: State) -> tuple[State, Array]:
    """Cut the gradients off at a reset, and add to `dreset` what reached the state put in."""
    if not fresh.any():
        return dstate, doutput
    for total, d in zip(dreset, dstate, strict=False):  # none of zeros
        total += d[fresh].sum(axis=0)
    zeros = tuple(np.zeros_like(d[fresh]) for d in (*dstate, doutput))
    rows = np.flatnonzero(fresh)
    return _put(dstate, rows, zeros[:-1]), _put((doutput,), rows, zeros[-1:])[0]


def functions_of(activations: tuple[str | Function, ...]) -> tuple[Activation, ...]:
    """Return the (f, df) pairs of these activations."""
    return tuple(pair(activation) for activation in activations)


def _streams(
    maths: ModuleType, given: tuple[Array | None, ...], shape: tuple[int, ...], dtype: Any
) -> tuple[Array, ...]:
    """Return each stream of a cell; for those that are not given zeros, which take no memory."""
    zeros = np.broadcast_to(np.zeros((), dtype), shape)
    found = given or (None,) * len(streams_of(maths))
    return tuple(zeros if stream is None else stream for stream in found)


def _add_streams(
    dstreams: list[Any], dtaken: list[Any], streams: tuple[Array, ...], rows: Rows, t: int
) -> None:
    """Put the gradients of what a step has read of the streams, if it has any, in their places."""
    for k, part in enumerate(dtaken[0] if dtaken else ()):
        if part is not None:
            if dstreams[k] is None:
                dstreams[k] = np.zeros(streams[k].shape, streams[k].dtype)
            dstreams[k][rows, t] = part


# ---------------------------------------------------------------------- weights


def _biases(maths: ModuleType, weights: Weights) -> Array:
    """Return the bias as (BIASES, G*units), zeros where there is none."""
    kernel, _, bias, *_ = weights
    if bias is None:
        return np.zeros((maths.BIASES, kernel.shape[1]), kernel.dtype)
    rows: Array = bias.reshape(maths.BIASES, -1)
    return rows


def recurrent_of(maths: ModuleType, weights: Weights) -> tuple[Array, ...]:
    """Return what a step reads besides its input: R, b_R or b, and the vectors; what there is."""
    _, kernel, _, *further = weights
    R = (kernel,) if has_recurrent_kernel(maths) else ()
    return (*R, *_biases(maths, weights)[0 if is_normalised(maths) else 1 :], *further)


def _dweights(
    maths: ModuleType, weights: Weights, db: Array, drecurrent: list[Array]
) -> tuple[Array | None, ...]:
    """Return dR, dbias and those of the vectors, from what steps have summed up."""
    count = len(drecurrent) - len(vectors_of(maths))
    parts, dvectors = drecurrent[:count], drecurrent[count:]
    dR = parts.pop(0) if has_recurrent_kernel(maths) else None
    rows = parts if is_normalised(maths) else [db, *parts]
    bias = weights[2]
    return dR, None if bias is None else np.stack(rows).reshape(bias.shape), *dvectors


def project(
    maths: ModuleType, x: Array, weights: Weights, drop: tuple[Array, ...]
) -> tuple[tuple[Array, ...], Array]:
    """Return what each step reads of the weights, and x W + b of all timesteps."""
    B, T, F = x.shape
    rows = x.reshape(B * T, F)
    masks = tuple(np.repeat(m, T, axis=0) for m in drop)  # the same mask at every timestep
    xw = gate_product(rows, weights[0], masks)
    if not is_normalised(maths):
        xw = xw + _biases(maths, weights)[0]
    return recurrent_of(maths, weights), xw.reshape(B, T, xw.shape[-1])


def _dproject(tape: Tape, dxw: Array) -> tuple[Array, Array, Array]:
    """Return dx, dW and db from the gradient of x W + b."""
    B, T, F = tape.x.shape
    masks = tuple(np.repeat(m, T, axis=0) for m in tape.input_dropout)
    drows = dxw.reshape(B * T, dxw.shape[-1])
    dx, dW = dgate_product(drows, tape.x.reshape(B * T, F), tape.weights[0], masks)
    return dx.reshape(B, T, F), dW, drows.sum(axis=0)
