"""The time loop of cells of your own, step by step.

    forward    y_t, state_t = cell(x_t, state_{t-1})     all steps on one tape
    backward   the tape's, from the gradients of all y_t and of the last states

As everywhere in elman a masked step is a step that is not taken: the cell is called with the rows
of the batch that take it. The others keep their states and repeat their output, or put out zeros.
Rows that are reset before a step go back to what the cell starts from.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from elman import _tree
from elman._typing import Array, Mask, State
from elman.errors import ArgumentError, ShapeError
from elman.gradient_tape import GradientTape, paused, unboxed
from elman.layers.cell import Cell, Unrolls, Ways, has_gradient, taken
from elman.layers.own import context
from elman.layers.own.builds import as_it_was
from elman.layers.own.stand_in import stand_in
from elman.layers.parts.kinds import remembered
from elman.layers.parts.passes import INFERENCE, Mode
from elman.layers.recurrence import cell_states
from elman.layers.recurrence.turns import (
    Turn,
    arranged,
    darranged,
    put,
    resets_between,
    take,
    turns_of,
)


class Restarts(NamedTuple):
    """Resets within a sequence.

    Attributes:
        rows: those that are reset before each turn, and after the last; None for no row.
        states: what all rows would start from, (batch, size) an array.
    """

    rows: list[Array | None]
    states: list[Any]

    def before(self, turn: int, states: list[Any]) -> list[Any]:
        """Return the states before a turn, with the rows that are reset put back."""
        rows = self.rows[turn]
        if rows is None:
            return states
        return [put(s, rows, take(p, rows)) for s, p in zip(states, self.states, strict=True)]


class Kept(NamedTuple):
    """What the reverse of a sequence on a tape reads.

    Attributes:
        tape: on which it was recorded.
        xs, outputs: of each turn, in their boxes.
        start, final: the states that were given to start from, if any, and those after the last.
        put_in: the states that were given for resets to put in, if any.
        said: what the cell added to the loss.
    """

    tape: GradientTape
    xs: list[Any]
    outputs: list[Any]
    start: list[Any]
    put_in: list[Any]
    final: list[Any]
    said: list[Any]


class Loop:
    """A cell of your own as what can be run over a sequence; see `elman.layers.cell.Unrolls`."""

    def __init__(self, cell: Any) -> None:
        self.cell = cell

    def unroll(
        self, x: Array, states: State, mask: Mask | None, ways: Ways, mode: Mode
    ) -> tuple[Array, State, Any]:
        """Run over a sequence."""
        if ways.checkpoint_steps is not None:
            raise ArgumentError(
                f"{self.cell.owner}: `checkpoint_steps` must be None, because the steps of a cell "
                f"of your own are all kept; got {ways.checkpoint_steps}."
            )
        turns = turns_of(x.shape[1], mask, ways.go_backwards)
        resets = mode.resets
        if resets is not None and ways.go_backwards:
            resets = resets.turned()
        fresh = None if resets is None else resets.mask
        xs = [x[turn.rows, turn.t] for turn in turns]
        between = resets_between(turns, fresh, x.shape[1])
        outputs, final, kept = self._run(xs, list(states), turns, between, len(x), mode)
        shape = (*x.shape[:2], cell_states.output_size(self.cell))
        found = arranged(outputs, turns, shape, ways, fresh).astype(x.dtype, copy=False)
        if mode.watch is not None:
            mode.watch.loop(
                self.cell, [turn.t for turn in turns], found, x=x, mask=mask,
                initial_state=tuple(
                    [np.asarray(unboxed(s)) for s in states or self._start(len(x))]
                ),
                go_backwards=ways.go_backwards,
            )  # fmt: skip
        return found, tuple(final), (kept, turns, ways, x, fresh)

    def backpropagate(
        self,
        tape: Any,
        doutputs: Array,
        dstates: State,
        *,
        out: Sequence[Array] | None = None,
        need_x: bool = True,
        need_states: bool = True,
    ) -> tuple[Array | None, State, Sequence[Array]]:
        """Run it in reverse."""
        kept, turns, ways, x, fresh = tape
        dys = darranged(doutputs, turns, x.shape[1], ways, fresh)
        dxs, dstart, dweights = self._undo(kept, turns, dys, list(dstates))
        dx = np.zeros_like(x)
        for turn, dx_t in zip(turns, dxs, strict=True):
            dx[turn.rows, turn.t] = 0 if dx_t is None else dx_t
        for place, dweight in zip(out or (), dweights, strict=out is not None):
            place[...] = dweight
        return dx if need_x else None, tuple(dstart), dweights

    def _run(
        self,
        xs: list[Any],
        states: list[Any],
        turns: list[Turn],
        between: list[Array | None],
        batch: int,
        mode: Mode,
    ) -> tuple[list[Array], list[Array], Any]:
        """Take all steps, on a tape if they are to be undone; return arrays and what is kept."""
        put_in = self._put_in(batch, mode)
        resets = any(rows is not None for rows in between)
        if not mode.record:
            with paused():
                own = self._start(batch) if not states or (resets and not put_in) else []
                restarts = Restarts(between, put_in or own)
                outputs, final = self._steps(xs, states or own, turns, restarts, mode)
            return outputs, final, None
        said: list[Any] = []
        inside = mode._replace(penalties=None if mode.penalties is None else said)
        with GradientTape() as tape:
            xs = [tape.watch(x) for x in xs]
            states, put_in = [*map(tape.watch, states)], [*map(tape.watch, put_in)]
            own = self._start(batch) if not states or (resets and not put_in) else []
            restarts = Restarts(between, put_in or own)
            outputs, final = self._steps(xs, states or own, turns, restarts, inside)
        if mode.penalties is not None:
            mode.penalties.extend(float(unboxed(value)) for value in said)
        kept = Kept(tape, xs, outputs, states, put_in, final, said)
        return [unboxed(y) for y in outputs], [np.asarray(unboxed(s)) for s in final], kept

    def _undo(
        self, kept: Kept, turns: list[Turn], dys: list[Array], dstates: list[Array]
    ) -> tuple[list[Any], list[Array], list[Array]]:
        """Ask the tape for the gradients of all that entered."""
        seeds = [*dys, *(dstates or map(_zeros, kept.final)), *map(_ones, kept.said)]
        ends = [*kept.outputs, *kept.final, *kept.said]
        sources = [*kept.start, *kept.put_in, *self.cell.weights]
        found = kept.tape.gradient(ends, [*kept.xs, *sources], seeds)
        T, S, P = len(kept.xs), len(kept.start), len(kept.put_in)
        arrived = [_zeros(s) if d is None else d for d, s in zip(found[T:], sources, strict=True)]
        dput = [d.sum(axis=0) for d in arrived[S : S + P]]  # the same for all rows
        return found[:T], [*arrived[:S], *dput], arrived[S + P :]

    def _put_in(self, batch: int, mode: Mode) -> list[Array]:
        """Return the states that were given for resets to put in, one a row; none if none were."""
        given = mode.resets.state if mode.resets is not None else ()
        return [np.repeat(array[None], batch, axis=0) for array in given]

    def _steps(
        self,
        xs: list[Any],
        states: list[Any],
        turns: list[Turn],
        restarts: Restarts,
        mode: Mode,
    ) -> tuple[list[Any], list[Any]]:
        """Call the cell at each turn, on boxes or arrays; return its outputs and last states."""
        outputs = []
        with context.around(mode.training, mode.penalties):
            for i, (x, turn) in enumerate(zip(xs, turns, strict=True)):
                states = restarts.before(i, states)
                before = [take(state, turn.rows) for state in states]
                result = self.cell(x, cell_states.packed(self.cell.state_size, before))
                output, *new = self._checked(result, before)
                states = [put(s, turn.rows, n) for s, n in zip(states, new, strict=True)]
                outputs.append(output)
                if mode.watch is not None:
                    mode.watch.step([np.asarray(unboxed(state)) for state in states])
        return outputs, restarts.before(len(turns), states)

    def _start(self, batch: int) -> list[Any]:
        """Return the states that the cell starts from, in boxes where they are made of weights."""
        double: Any = stand_in(self.cell)
        states = _tree.flatten(cell_states.initial(double, batch))
        shapes = [np.shape(state) for state in states]
        cell_states.check_shapes(self.cell.owner, "get_initial_state", self.cell, shapes, batch)
        dtype = self.cell.dtype
        return [state if state.dtype == dtype else state.astype(dtype) for state in states]

    def _checked(self, result: Any, states: Sequence[Any]) -> list[Any]:
        """Return the output and the new states of a step in a row.

        Raises:
            ArgumentError, ShapeError: they are not what the cell promises.
        """
        cell, size = self.cell, cell_states.output_size(self.cell)
        pair = isinstance(result, (list, tuple)) and len(result) == 2
        leaves = _tree.flatten(result) if pair else []
        if len(leaves) != 1 + len(states):
            raise ArgumentError(
                f"{cell.owner}: a step must return (output, new states) with {len(states)} "
                f"state{'s' * (len(states) > 1)}, as `state_size` says; got {_shown(result)}."
            )
        before = [np.shape(unboxed(state)) for state in states]
        wanted = [(before[0][0], size), *before]
        names = ["output", *cell_states.named(cell)]
        for name, leaf, shape in zip(names, leaves, wanted, strict=True):
            array = np.asarray(unboxed(leaf))
            if array.shape != shape:
                raise ShapeError(
                    f"{cell.owner}: a step must return {name} of shape {shape}, as `state_size` "
                    f"and `output_size` say; got {array.shape}."
                )
            if array.dtype != cell.dtype:
                raise ArgumentError(
                    f"{cell.owner}: a step must return {name} of {cell.dtype}; got {array.dtype}. "
                    "Compute with arrays of the cell's `dtype`."
                )
        return leaves


class LoopByHand(Loop):
    """A cell that takes and undoes its steps itself, without a tape.

    forward    output, states, cache = cell.forward(x_t, states)
    backward   dx_t, dstates, dweights = cell.backward(doutput, dstates, cache)
    """

    def _run(
        self,
        xs: list[Any],
        states: list[Any],
        turns: list[Turn],
        between: list[Array | None],
        batch: int,
        mode: Mode,
    ) -> tuple[list[Array], list[Array], Any]:
        """Take all steps; what they keep, one by one, is there for the way back."""
        put_in = self._put_in(batch, mode)
        takes_training = "training" in taken(type(self.cell).forward)
        options = {"training": mode.training} if takes_training else {}
        outputs, caches, size = [], [], self.cell.state_size
        with paused():
            double: Any = stand_in(self.cell)
            resets = any(rows is not None for rows in between)
            own = self._start(batch) if not states or (resets and not put_in) else []
            states, restarts = states or own, Restarts(between, put_in or own)
            for i, (x, turn) in enumerate(zip(xs, turns, strict=True)):
                states = restarts.before(i, states)
                before = [take(state, turn.rows) for state in states]
                found = double.forward(x, cell_states.packed(size, before), **options)
                if not isinstance(found, (list, tuple)) or len(found) != 3:
                    raise ArgumentError(
                        f"{self.cell.owner}: `forward` must return (output, new states, cache); "
                        f"got {_shown(found)}."
                    )
                output, *new = self._checked(tuple(found[:2]), before)
                states = [put(s, turn.rows, n) for s, n in zip(states, new, strict=True)]
                outputs.append(output)
                caches.append(found[2])
                if mode.watch is not None:
                    mode.watch.step(states)
        states = restarts.before(len(turns), states)
        shapes = [state.shape for state in states]
        return outputs, states, (caches, shapes, between, len(put_in))

    def _undo(
        self, kept: Any, turns: list[Turn], dys: list[Array], dstates: list[Array]
    ) -> tuple[list[Any], list[Array], list[Array]]:
        """Undo the steps, the last one first."""
        caches, shapes, between, given = kept
        totals = [np.zeros_like(weight.array) for weight in self.cell.weights]
        dstates = dstates or [np.zeros(shape, self.cell.dtype) for shape in shapes]
        dput = [np.zeros(shape[1:], self.cell.dtype) for shape in shapes[:given]]
        dstates = _dreset(between[-1], dstates, dput)
        dxs: list[Any] = []
        with paused():
            double: Any = stand_in(self.cell)
            undone = zip(turns, dys, caches, between[:-1], strict=True)
            for turn, dy, cache, rows in reversed(list(undone)):
                dnew = [dstate[turn.rows] for dstate in dstates]
                found = double.backward(dy, cell_states.packed(self.cell.state_size, dnew), cache)
                dx, dbefore, dweights = self._gradients(found, dy, dnew)
                dstates = [put(d, turn.rows, b) for d, b in zip(dstates, dbefore, strict=True)]
                for total, dweight in zip(totals, dweights, strict=True):
                    total += dweight
                dxs.append(dx)
                dstates = _dreset(rows, dstates, dput)
        return dxs[::-1], [*dstates, *dput], totals

    def _gradients(self, found: Any, dy: Array, dnew: Sequence[Array]) -> Any:
        """Return what the cell's `backward` has returned, checked."""
        shapes = [dstate.shape for dstate in dnew] + [w.shape for w in self.cell.weights]
        three = isinstance(found, (list, tuple)) and len(found) == 3
        dbefore = _tree.flatten(found[1]) if three else []
        got = [np.shape(d) for d in (*dbefore, *(found[2] if three else ()))]
        if not three or got != shapes:
            raise ShapeError(
                f"{self.cell.owner}: `backward` must return (dinputs, dstates, dweights), those of "
                f"the states and weights of the shapes {shapes}; got {got or _shown(found)}."
            )
        return found[0], dbefore, found[2]


# What a step of a cell is; who defines one of them anew is called at each step.
A_STEP = frozenset(
    ("__call__", "call", "forward", "backward", "run", "reverse", "get_initial_state")
)


def unroller(cell: Any) -> Unrolls:
    """Return what runs a cell over a sequence: one of elman's itself, and a loop any other."""
    kind: Any = type(cell)
    if _takes_sequences(kind) and A_STEP.isdisjoint(vars(cell)):
        return cell
    return LoopByHand(cell) if has_gradient(cell) else Loop(cell)


@remembered
def _takes_sequences(kind: Any) -> bool:
    """Say whether cells of this class run over sequences, and step as that class steps."""
    if not issubclass(kind, Cell):
        return False
    maker = next(each for each in kind.__mro__ if "unroll" in vars(each))
    return all(getattr(kind, name) is getattr(maker, name) for name in A_STEP)


def build(cell: Any, shape: Any) -> None:
    """Make a cell's weights for x_t of this shape.

    One of your own takes a step on zeros, which builds the layers inside, and shows its errors.
    """
    cell.build(shape)
    run = unroller(cell)
    if isinstance(run, Loop):
        x = np.zeros((2, 1, *shape[1:]), cell.dtype)
        with np.errstate(all="ignore"), as_it_was(cell):
            run.unroll(x, (), None, Ways(), INFERENCE)


def _dreset(rows: Array | None, dstates: list[Array], dput: Sequence[Array]) -> list[Array]:
    """Cut the gradients off where rows were reset, and add to `dput` what reached that put in."""
    if rows is None:
        return dstates
    for total, d in zip(dput, dstates, strict=False):  # none of the cell's own
        total += d[rows].sum(axis=0)
    return [put(d, rows, np.zeros_like(d[rows])) for d in dstates]


def _zeros(x: Any) -> Array:
    return np.zeros(x.shape, x.dtype)


def _ones(x: Any) -> Array:
    return np.ones_like(unboxed(x))


def _shown(result: Any) -> str:
    """Return what a step has returned, for an error."""
    if not isinstance(result, (list, tuple)):
        return type(unboxed(result)).__name__
    return f"a {type(result).__name__} of {len(result)} with {len(_tree.flatten(result))} arrays"
