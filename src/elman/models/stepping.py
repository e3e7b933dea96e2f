"""What takes a stream's steps: compiled code for the whole model, or its parts one by one.

Both are made of the same plan, take and return the same things, and keep the states. What comes
in is made to fit by the stream's input.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from elman import kernels
from elman._typing import Array
from elman.kernels import Status
from elman.models.stages import Stage
from elman.models.stream_input import StreamInput, StreamInputs
from elman.models.stream_parts import Compiled, Part, Reference, lacking, native
from elman.models.stream_plan import Plan, Step

PARTLY = "; what they have runs compiled"


class Stepper(Protocol):
    """What runs a stream; `elman._native.Stream` is one."""

    def step(self, x: Any, /) -> Any:
        """Take one timestep and return the outputs, the same arrays each time."""

    def process(self, block: Any, out: Any, /) -> None:
        """Take all timesteps of a block."""

    def read(self, i: int, array: Array, /) -> None:
        """Copy state i, counted through all layers, into an array."""

    def write(self, i: int, array: Array, /) -> None:
        """Copy an array into state i."""

    def reset(self, rows: Sequence[int], /) -> None:
        """Let the states of these rows be zeros."""


def stepper(
    entry: StreamInput | StreamInputs, plan: Plan, outputs: Sequence[Array]
) -> tuple[Stepper, Status]:
    """Return what runs a plan, and the implementation that it is with the reason why."""
    status = kernels.status()
    stages = [step.stage for step in plan.steps]
    if status.implementation == "reference":
        return Parts(entry, plan, outputs, _each(entry.batch, plan)), status
    whole = isinstance(entry, StreamInput) and plan.chain
    if whole and _is_compiled(stages, entry):
        found: Stepper = native(
            status.implementation, entry.batch, plan.widths[0], stages, outputs[0], entry.step,
            entry.busy,
        )  # fmt: skip
        return found, status
    parts = _grouped(status.implementation, entry.batch, plan)
    reason = next(filter(None, map(lacking, stages)), "the model is no chain of layers")
    some = any(isinstance(part, Compiled) for part, _, _ in parts)
    all_of_them = all(isinstance(part, Compiled) for part, _, _ in parts)
    if not (all_of_them and parts):
        status = Status("reference", reason + PARTLY * some)
    return Parts(entry, plan, outputs, parts), status


def _is_compiled(stages: Sequence[Stage], entry: Any) -> bool:
    """Say whether a chain of stages runs as one native call."""
    dtypes = {s.kernel.dtype for s in stages if s.kernel is not None}
    if entry.features is not None:
        dtypes.add(entry.dtype)
    return len(dtypes) == 1 and not any(map(lacking, stages))


Placed = tuple[Part, tuple[int, ...], int]  # a part, and the slots that it reads and writes


def _each(batch: int, plan: Plan) -> list[Placed]:
    """Return a part a stage, by the reference."""
    return [(Reference(batch, step.stage), step.reads, step.writes) for step in plan.steps]


def _grouped(implementation: str, batch: int, plan: Plan) -> list[Placed]:
    """Return parts that are as long as the kernels can run them, and single ones in between."""
    parts: list[Placed] = []
    for steps in _groups(plan):
        first, last, stages = steps[0], steps[-1], [step.stage for step in steps]
        if lacking(stages[0]) or all(s.kernel is None for s in stages):
            parts += [(Reference(batch, step.stage), step.reads, step.writes) for step in steps]
            continue
        width = plan.widths[first.reads[0]]
        parts.append((Compiled(implementation, batch, width, stages), first.reads, last.writes))
    return parts


def _groups(plan: Plan) -> list[list[Step]]:
    """Return the steps in groups that the kernels may run as one, or that are single."""
    readers = [slot for step in plan.steps for slot in step.reads] + list(plan.outputs)
    groups: list[list[Step]] = []
    for step in plan.steps:
        before = groups[-1] if groups else None
        joins = (
            before is not None
            and step.reads == (before[-1].writes,)
            and readers.count(before[-1].writes) == 1
            and not lacking(step.stage)
            and not lacking(before[-1].stage)
            and len({s.stage.kernel.dtype for s in (*before, step) if s.stage.kernel is not None})
            < 2
        )
        if joins and before is not None:
            before.append(step)
        else:
            groups.append([step])
    return groups


class Parts:
    """The parts of a plan one by one."""

    def __init__(
        self, entry: StreamInput | StreamInputs, plan: Plan, outputs: Sequence[Array],
        parts: Sequence[Placed],
    ) -> None:  # fmt: skip
        self._entry, self._outputs, self._leaves = entry, list(outputs), plan.outputs
        self._parts, self._size = parts, len(plan.widths)
        self._turn = threading.Lock()
        self._places: list[tuple[Part, int]] = []
        steps = iter(plan.steps)
        for part, _, writes in parts:
            stages = [(step := next(steps)).stage]
            while step.writes != writes:
                stages.append((step := next(steps)).stage)
            count = sum(len(s.start) for s in stages)
            self._places += [(part, i) for i in range(count)]

    def step(self, x: Any, /) -> Any:
        """Take one timestep."""
        found = self._entry.step(x)
        with self._alone():
            values = self._values(found)
            for part, reads, writes in self._parts:
                values[writes] = part.step(*[values[i] for i in reads])
            for output, slot in zip(self._outputs, self._leaves, strict=True):
                output[...] = values[slot]
        return self._outputs[0] if len(self._outputs) == 1 else self._outputs

    def process(self, block: Any, out: Any, /) -> None:
        """Take all timesteps of a block."""
        with self._alone():
            values = self._values(block)
            for part, reads, writes in self._parts:
                values[writes] = part.process(*[values[i] for i in reads])
            outs = out if isinstance(out, list) else [out]
            for array, slot in zip(outs, self._leaves, strict=True):
                array[...] = values[slot]

    def _values(self, found: Any) -> list[Any]:
        """Return the slots, of which those of the inputs are filled."""
        arrays = found if isinstance(found, tuple) else (found,)
        return [*arrays, *[None] * (self._size - len(arrays))]

    def read(self, i: int, array: Array, /) -> None:
        """Copy state i into an array."""
        part, own = self._places[i]
        with self._alone():
            part.read(own, array)

    def write(self, i: int, array: Array, /) -> None:
        """Copy an array into state i."""
        part, own = self._places[i]
        with self._alone():
            part.write(own, array)

    def reset(self, rows: Sequence[int], /) -> None:
        """Let the states of these rows be zeros."""
        with self._alone():
            for part, _, _ in self._parts:
                part.reset(rows)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep others out meanwhile."""
        if not self._turn.acquire(blocking=False):
            self._entry.busy()
        try:
            yield
        finally:
            self._turn.release()
