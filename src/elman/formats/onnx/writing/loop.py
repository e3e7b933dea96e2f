"""A cell over a sequence as ONNX's `Scan`, where there is no operator for it."""

from collections.abc import Sequence
from typing import NamedTuple

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
    step = STEPS[stage.kind]
    if b.step:  # a single timestep needs no loop
        new = step(maths, b.squeeze(xw, 1), list(start))
        return Scanned(b.unsqueeze(new[0], 1), new[0], new)
    dtype, states = maths.dtype, [b.name(f"{prefix}_state") for _ in start]
    last = b.name(f"{prefix}_last")
    taken, now = b.name(f"{prefix}_taken"), b.name(f"{prefix}_now")
    with b.inside() as nodes:
        new = step(maths, now, states)
        y = new[0]
        if mask is not None:
            keep = b.unsqueeze(taken, 1)
            y = b.add("Where", keep, y, b.number(0, dtype) if zeros else last)
            new = [b.add("Where", keep, *pair) for pair in zip(new, states, strict=True)]
        ends = [b.add("Identity", name) for name in (*new, y, y)]
    given = [(name, dtype) for name in (*states, last, now)]
    if mask is not None:
        given.append((taken, "bool"))
    body = b.graph(f"{prefix}_step", nodes, given, [(name, dtype) for name in ends])
    streams = [b.add("Transpose", xw, perm=[1, 0, 2])]
    if mask is not None:
        streams.append(b.add("Transpose", mask, perm=[1, 0]))
    first = b.add("Expand", b.number(0, dtype), b.add("Shape", start[0]))
    *finals, final_y, ys = b.node(
        "Scan", *start, first, *streams, hint=f"{prefix}_scan", outputs=len(start) + 2,
        body=body, num_scan_inputs=len(streams), scan_output_directions=[int(backwards)],
        scan_input_directions=[int(backwards)] * len(streams),
    )  # fmt: skip
    return Scanned(b.add("Transpose", ys, perm=[1, 0, 2]), final_y, finals)
