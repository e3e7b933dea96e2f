"""A cell over a sequence as ONNX's `Scan`, where there is no operator for it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from elman.formats.onnx.writing.builder import Builder
from elman.formats.onnx.writing.steps import STEPS, Maths
from elman.models.stages import Stage


class Scanned(NamedTuple):
    """What a loop gives.

    Attributes:
        outputs: (batch, timesteps, units), in the order of time.
        last: the last output, (batch, units).
        finals: the states after the last step.
    """

    outputs: str
    last: str
    finals: list[str]


def scan(
    b: Builder, prefix: str, stage: Stage, x: str, start: Sequence[str], mask: str | None,
    *, backwards: bool, zeros: bool,
) -> Scanned:  # fmt: skip
    """Write a cell over a sequence; a masked step is not taken.

    Args:
        prefix: of the names.
        stage: the cell.
        x: (batch, timesteps, features).
        start: the initial states.
        mask: (batch, timesteps), or None.
        backwards: whether the last timestep comes first.
        zeros: whether masked steps put out zeros, not the last output again.
    """
    maths = Maths(b, prefix, stage)
    xw = maths.project(x)
    if b.step:  # a single timestep needs no loop
        new = STEPS[stage.kind](maths, b.squeeze(xw, 1), list(start))
        return Scanned(b.unsqueeze(new[0], 1), new[0], new)
    streams = [b.add("Transpose", xw, perm=[1, 0, 2])]
    if mask is not None:
        streams.append(b.add("Transpose", mask, perm=[1, 0]))
    first = b.add("Expand", b.number(0, maths.dtype), b.add("Shape", start[0]))
    *finals, last, ys = b.node(
        "Scan", *start, first, *streams, hint=f"{prefix}_scan", outputs=len(start) + 2,
        body=_step(b, prefix, maths, len(start), mask is not None, zeros),
        num_scan_inputs=len(streams), scan_output_directions=[int(backwards)],
        scan_input_directions=[int(backwards)] * len(streams),
    )  # fmt: skip
    return Scanned(b.add("Transpose", ys, perm=[1, 0, 2]), last, finals)


def _step(b: Builder, prefix: str, maths: Maths, count: int, masked: bool, zeros: bool) -> Any:
    """Return the graph of one step: of states and the last output, the new ones and an output."""
    states = [b.name(f"{prefix}_state") for _ in range(count)]
    last, now, taken = (b.name(f"{prefix}_{what}") for what in ("last", "now", "taken"))
    with b.inside() as nodes:
        new = STEPS[maths.stage.kind](maths, now, states)
        y = new[0]
        if masked:
            keep = b.unsqueeze(taken, 1)
            y = b.add("Where", keep, y, b.number(0, maths.dtype) if zeros else last)
            new = [b.add("Where", keep, *pair) for pair in zip(new, states, strict=True)]
        ends = [b.add("Identity", name) for name in (*new, y, y)]
    inputs = [(name, maths.dtype) for name in (*states, last, now)]
    inputs += [(taken, "bool")] if masked else []
    return b.graph(f"{prefix}_step", nodes, inputs, [(name, maths.dtype) for name in ends])
