"""StackedRNNCells: cells on top of one another, taken as one cell."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array, Mask, Shape, State
from elman.bound import Bound
from elman.errors import ArgumentError
from elman.layers.base import Layer
from elman.layers.cell import Cell, Ways, a_cell
from elman.layers.parts.passes import Mode
from elman.layers.recurrence import cell_states
from elman.layers.recurrence.loop import build, unroller


def _cells(owner: str, name: str, value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)) or not value:
        raise ArgumentError(
            f"{owner}: `{name}` must be a list of cells such as [LSTMCell(8), GRUCell(4)]; "
            f"got {_check.shown(value)}."
        )
    cells = [a_cell(owner, name, cell) for cell in value]
    if len({cell.dtype for cell in cells}) > 1:
        raise ArgumentError(
            f"{owner}: `{name}` must all have one dtype; got "
            f"{', '.join(f'{cell.dtype} of {cell.owner}' for cell in cells)}."
        )
    return cells


class StackedRNNCells(Cell):
    """Cells on top of one another: each reads the output of the one below at the same timestep.

    `stack(x_t, [[h], [h, c]])` returns the output of the topmost cell and the new states, a list a
    cell. `RNN(stack)`, or `RNN(cells)`, runs it over sequences: no cell reads what is above it, so
    each takes the whole sequence before the next begins, and elman's own cells do so compiled.

    Args:
        cells: the cells, the lowest first.
        layer: `name`, `dtype` (that of the cells), `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> stack = layers.StackedRNNCells([layers.GRUCell(2), layers.LSTMCell(3)])
    >>> stack.state_size, stack.output_size
    ([2, [3, 3]], 3)
    >>> output, [[h_0], [h_1, c_1]] = stack(np.zeros((5, 4)), stack.get_initial_state(5))
    >>> output.shape, h_0.shape, c_1.shape
    ((5, 3), (5, 2), (5, 3))
    """

    checks = {"cells": _cells}
    fixed = ("cells",)

    def __init__(self, cells: Sequence[Any], **layer: Any) -> None:
        cells = _cells(type(self).__name__, "cells", cells)
        super().__init__(**{"dtype": cells[0].dtype, **layer})
        self.cells = cells
        cell_states.check_dtype(self, cells[0])
        if not self.trainable:
            for cell in cells:
                cell.trainable = False

    @property
    def sublayers(self) -> tuple[Layer, ...]:
        """The cells."""
        return tuple(self.cells)

    @property
    def state_names(self) -> list[str]:
        """The names of all states, each behind that of its cell."""
        return [f"{cell.name} {name}" for cell in self.cells for name in cell_states.named(cell)]

    @property
    def state_size(self) -> list[Any]:
        """The state sizes of the cells."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        """The output size of the topmost cell."""
        return cell_states.output_size(self.cells[-1])

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """Return the states that each cell starts from."""
        return [cell_states.initial(cell, batch_size) for cell in self.cells]

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make the weights of all cells."""
        (B, *sample), *_ = shapes
        for cell in self.cells:
            build(cell, (B, *sample))
            sample = [cell_states.output_size(cell)]

    # ------------------------------------------------------------------ over a sequence

    def unroll(
        self, x: Array, states: State, mask: Mask | None, ways: Ways, mode: Mode
    ) -> tuple[Array, State, Any]:
        """Run one cell after the other over the whole sequence; see `Unrolls`.

        A masked step is no step for any of the cells. What the lower ones put out there is never
        read, and gets no gradient.
        """
        tapes: list[Any] = []
        final: list[Array] = []
        put_in = self._split(mode.resets.state if mode.resets else ())
        for i, (cell, own, turned, way) in enumerate(
            zip(self.cells, self._split(states), self._turned(ways), self._ways(ways), strict=True)
        ):
            steps = mask[:, ::-1] if turned and mask is not None else mask
            if mode.resets is not None:
                resets = mode.resets.turned() if i == 1 and turned else mode.resets
                mode = mode._replace(resets=resets._replace(state=put_in[i]))
            run = unroller(cell)
            x, new, tape = run.unroll(x, own, steps, way, mode)
            tapes.append((run, tape))
            final.extend(new)
        return x, tuple(final), tapes

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
        """Run the cells in reverse, the topmost first; see `Unrolls`."""
        dx: Any = doutputs
        dstarts: list[State] = []
        dresets: list[State] = []
        dweights: list[Sequence[Array]] = []
        places = None if out is None or self._shared else self._parts(out)
        for i in reversed(range(len(self.cells))):
            run, recorded = tape[i]
            dx, dstart, dparts = run.backpropagate(
                recorded,
                dx,
                self._split(dstates)[i],
                out=None if places is None else places[i],
                need_x=need_x or i > 0,
                need_states=need_states,
            )
            count = len(cell_states.flat(self.cells[i].state_size)) if need_states else 0
            dstarts.insert(0, dstart[:count])
            dresets.insert(0, dstart[count:])
            dweights.insert(0, dparts)
        dstart = tuple(d for part in (*dstarts, *dresets) for d in part)
        return dx, dstart, self._joined(dweights, out if places is None else None)

    @property
    def _shared(self) -> bool:
        """Whether cells have weights in common."""
        return sum(len(cell.weights) for cell in self.cells) != len(self.weights)

    def _parts(self, arrays: Sequence[Array]) -> list[Sequence[Array]]:
        """Return what belongs to each cell out of one array a weight."""
        ends = np.cumsum([0, *(len(cell.weights) for cell in self.cells)])
        return [arrays[start:end] for start, end in itertools.pairwise(ends)]

    def _joined(self, parts: Sequence[Sequence[Array]], out: Sequence[Array] | None) -> list[Array]:
        """Return one gradient a weight, in `out` if it is given: the sum over its cells."""
        sums: dict[int, Array] = {}
        for cell, dweights in zip(self.cells, parts, strict=True):
            for weight, dweight in zip(cell.weights, dweights, strict=True):
                before = sums.get(id(weight))
                sums[id(weight)] = dweight if before is None else before + dweight
        found = [sums[id(weight)] for weight in self.weights]
        for place, total in zip(out or (), found, strict=out is not None):
            place[...] = total
        return found

    def bind_to(self, shape: tuple[int, int, int], ways: Ways, training: bool) -> Bound | None:
        """Return both passes over sequences of one shape from zero states, if the kernels can."""
        found: list[Bound] = []
        for cell, way in zip(self.cells, self._ways(ways), strict=True):
            run = unroller(cell)
            bound = run.bind_to(shape, way, training) if isinstance(run, Cell) else None
            if bound is None or self._shared:
                return None
            found.append(bound)
            shape = (*shape[:2], bound.shape[-1])
        return BoundStack(found, self._parts, ways.go_backwards)

    def _split(self, states: State) -> list[State]:
        """Return the states of each cell out of those in a row; () for each from ()."""
        if not states:
            return [()] * len(self.cells)
        ends = np.cumsum([0, *(len(cell_states.flat(cell.state_size)) for cell in self.cells)])
        return [states[start:end] for start, end in itertools.pairwise(ends)]

    def _ways(self, ways: Ways) -> Iterator[Ways]:
        """Yield how each cell is run: all but the topmost hand on their outputs at all steps."""
        for i, turned in enumerate(self._turned(ways)):
            top = i == len(self.cells) - 1
            yield ways._replace(
                go_backwards=ways.go_backwards and not turned,
                return_sequences=ways.return_sequences or not top,
                zero_output_for_mask=ways.zero_output_for_mask and top,
            )

    def _turned(self, ways: Ways) -> list[bool]:
        """Say for each cell whether what it reads stands in the order of the steps already."""
        return [ways.go_backwards and i > 0 for i in range(len(self.cells))]


class BoundStack:
    """A stack at one shape of its input; see `elman.bound.Bound`.

    Attributes:
        shape: of the output.
    """

    def __init__(self, cells: Sequence[Bound], parts: Any, turns: bool) -> None:
        self.shape = cells[-1].shape
        self._cells, self._parts, self._turns = cells, parts, turns

    def forward(self, x: Array, mask: Mask | None, mode: Any) -> tuple[Array, Mask | None, Any]:
        """Run one cell after the other."""
        steps, tapes = mask, []
        for i, cell in enumerate(self._cells):
            if i == 1 and self._turns and mask is not None:
                steps = np.ascontiguousarray(mask[:, ::-1])
            x, handed_on, tape = cell.forward(x, steps, mode)
            tapes.append(tape)
        return x, None if handed_on is None else mask, tapes

    def backward(
        self, tape: Any, dy: Array, out: Sequence[Array], need_inputs: bool
    ) -> Array | None:
        """Run them in reverse."""
        dx: Any = dy
        places = self._parts(out)
        for i in reversed(range(len(self._cells))):
            dx = self._cells[i].backward(tape[i], dx, places[i], need_inputs or i > 0)
        return dx
