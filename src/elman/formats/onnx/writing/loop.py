"""A cell over a sequence as ONNX's `Scan`, where there is no operator for it."""

from collections.abc import Callable, Sequence
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


Step = Callable[[list[str], list[str]], list[str]]  # parts of a timestep, states -> new states


def cell(
    b: Builder, prefix: str, stage: Stage, x: str, start: Sequence[str], mask: str | None,
    *, backwards: bool, zeros: bool,
) -> Scanned:  # fmt: skip
    """Write a cell over a sequence; see `scan`.

    Args:
        stage: the cell.
        x: (batch, timesteps, features).
    """
    maths = Maths(b, prefix, stage)
    step = STEPS[stage.kind]
    return scan(
        b, prefix, maths.dtype, lambda parts, states: step(maths, parts[0], states),
        [maths.project(x)], start, mask, backwards=backwards, zeros=zeros,
    )  # fmt: skip


def scan(
    b: Builder, prefix: str, dtype: str, step: Step, streams: Sequence[str], start: Sequence[str],
    mask: str | None, *, backwards: bool, zeros: bool,
) -> Scanned:  # fmt: skip
    """Write what is computed step by step; a masked step is not taken.

    Args:
        prefix: of the names.
        dtype: of states and streams.
        step: what is computed in a step; the first of the states is its output.
        streams: what it reads, (batch, timesteps, size) each.
        start: the initial states.
        mask: (batch, timesteps), or None.
        backwards: whether the last timestep comes first.
        zeros: whether masked steps put out zeros, not the last output again.
    """
    if b.step:  # a single timestep needs no loop
        new = step([b.squeeze(each, 1) for each in streams], list(start))
        return Scanned(b.unsqueeze(new[0], 1), new[0], new)
    turned = [b.add("Transpose", each, perm=[1, 0, 2]) for each in streams]
    if mask is not None:
        turned.append(b.add("Transpose", mask, perm=[1, 0]))
    first = b.add("Expand", b.number(0, dtype), b.add("Shape", start[0]))
    parts = len(streams)
    *finals, last, ys = b.node(
        "Scan", *start, first, *turned, outputs=len(start) + 2,
        body=_body(b, prefix, dtype, step, (len(start), parts), mask is not None, zeros),
        num_scan_inputs=len(turned), scan_output_directions=[int(backwards)],
        scan_input_directions=[int(backwards)] * len(turned),
    )  # fmt: skip
    return Scanned(b.add("Transpose", ys, perm=[1, 0, 2]), last, finals)


def _body(
    b: Builder, prefix: str, dtype: str, step: Step, counts: tuple[int, int], masked: bool,
    zeros: bool,
) -> Any:  # fmt: skip
    """Return the graph of one step: of states and the last output, the new ones and an output."""
    states = [b.name(f"{prefix}_state") for _ in range(counts[0])]
    now = [b.name(f"{prefix}_now") for _ in range(counts[1])]
    last, taken = b.name(f"{prefix}_last"), b.name(f"{prefix}_taken")
    with b.inside() as nodes:
        new = step(now, states)
        y = new[0]
        if masked:
            keep = b.unsqueeze(taken, 1)
            y = b.add("Where", keep, y, b.number(0, dtype) if zeros else last)
            new = [b.add("Where", keep, *pair) for pair in zip(new, states, strict=True)]
        ends = [b.add("Identity", name) for name in (*new, y, y)]
    inputs = [(name, dtype) for name in (*states, last, *now)]
    inputs += [(taken, "bool")] if masked else []
    return b.graph(f"{prefix}_step", nodes, inputs, [(name, dtype) for name in ends])
