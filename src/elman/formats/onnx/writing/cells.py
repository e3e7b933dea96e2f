"""A cell that is called as a layer by itself: a timestep, with its states in and out."""

from collections.abc import Sequence
from typing import Any

from elman.formats.onnx.writing.builder import Builder, Value, refuse
from elman.formats.onnx.writing.steps import STEPS, Maths
from elman.layers import RNN
from elman.models.stages import recurrent as stages_of


def one_step(b: Builder, cell: Any, inputs: Sequence[Value], shapes: Sequence[Any]) -> list[Value]:
    """Write the output and the new states, of a stack those of each cell.

    Raises:
        UnsupportedError: it is no cell of elman's, or a GRU-D's, which reads whole sequences.
    """
    stages = stages_of(RNN(cell))
    if not all(stage.kind in STEPS for stage in stages):
        raise refuse(cell.owner, "is a cell of which elman knows no nodes")
    x, *states = inputs
    name, left, new = x.name, [state.name for state in states], []
    for i, stage in enumerate(stages):
        prefix = cell.name if len(stages) == 1 else f"{cell.name}_{i}"
        maths = Maths(b, prefix, stage)
        given = [left.pop(0) for _ in stage.start]
        made = STEPS[stage.kind](maths, maths.project(name), given)
        name = made[0]
        new += made
    ends = zip([name, *new], shapes, strict=True)
    return [Value(each, shape, x.dtype) for each, shape in ends]
