"""The operator that is a loop: `Scan`, with the graph of a step inside."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from elman import ops
from elman._typing import Array
from elman.errors import FormatError, UnsupportedError
from elman.formats.onnx.operators.signature import Room

MOST_NODES = 2**21  # which a loop may compute in all its steps


def scan(
    *inputs: Array,
    body: Any = None,
    num_scan_inputs: int = 0,
    scan_input_axes: Any = None,
    scan_input_directions: Any = None,
    scan_output_axes: Any = None,
    scan_output_directions: Any = None,
    opset: int,
    room: Room,
    run: Callable[[Any, Sequence[Array]], list[Array]],
) -> tuple[Array, ...]:
    """Return the states after all steps, and what each step puts out, side by side.

    Args:
        inputs: the states before the first step, then what is read a part a step.
        body: what a step computes, of the states and the parts: the new states, and outputs.
    """
    if opset < 9:
        raise UnsupportedError(f"the operators' version (opset) must be at least 9; got {opset}.")
    count = len(inputs) - num_scan_inputs
    if not 0 < num_scan_inputs <= len(inputs) or len(body.inputs) != len(inputs):
        raise FormatError(f"the body must have {len(inputs)} inputs; got {len(body.inputs)}.")
    states, parts = list(inputs[:count]), inputs[count:]
    streams = _streams(parts, scan_input_axes, scan_input_directions)
    T = len(streams[0])
    if T * max(len(body.nodes), 1) > MOST_NODES:
        raise FormatError(
            f"the loop must compute at most {MOST_NODES} nodes; got {T} steps of {len(body.nodes)}."
        )
    steps: list[list[Array]] = []
    for t in range(T):
        made = run(body, [*states, *(stream[t] for stream in streams)])
        states = made[:count]
        steps.append(made[count:])
        if t == 0:
            room([T, sum(y.size for y in steps[0])])
    if not steps:
        raise UnsupportedError("the loop must have at least one step; it has none.")
    return (*states, *_stacked(steps, scan_output_axes, scan_output_directions))


def _streams(parts: Sequence[Array], axes: Any, directions: Any) -> list[Array]:
    """Return what is read a part a step, with the steps along the first axis in their order."""
    told = zip(parts, _said(axes, len(parts)), _said(directions, len(parts)), strict=True)
    found = [
        ops.flip(ops.moveaxis(part, axis, 0), 0) if back else ops.moveaxis(part, axis, 0)
        for part, axis, back in told
    ]
    if len({len(stream) for stream in found}) > 1:
        raise FormatError("what a loop reads must have as many steps each; it has not.")
    return found


def _stacked(steps: Sequence[Sequence[Array]], axes: Any, directions: Any) -> list[Array]:
    """Return what the steps have put out, side by side."""
    count = len(steps[0])
    told = zip(
        zip(*steps, strict=True), _said(axes, count), _said(directions, count), strict=True
    )  # fmt: skip
    return [np.stack(ys[::-1] if back else ys, axis) for ys, axis, back in told]


def _said(values: Any, count: int) -> tuple[int, ...]:
    """Return an attribute of as many numbers, which are zeros if it is left out."""
    found = (0,) * count if values is None else tuple(values)
    if len(found) != count:
        raise FormatError(f"axes and directions must be {count}; got {len(found)}.")
    return found


TABLE: dict[str, Callable[..., Any]] = {"Scan": scan}
