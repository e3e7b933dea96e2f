"""What a program is tried on: numbers that Python and C make alike, and what elman puts out.

    x_i = u / 2^23 - 1, u the first 24 bits of a hash of i          in [-1, 1), exact in float32

The hash is the finaliser of MurmurHash3, of i times the golden ratio's 2654435769.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from elman._typing import Array
from elman.formats.c.program import Program
from elman.models.stepping import stepper
from elman.models.stream_input import StreamInput, stream_input
from elman.models.stream_plan import Plan

if TYPE_CHECKING:
    from elman.models.model import Model

HASH = """\
static uint32_t bits(uint32_t i)
{
    uint32_t u = i * 2654435769u;
    u ^= u >> 16;
    u *= 0x85ebca6bu;
    u ^= u >> 13;
    u *= 0xc2b2ae35u;
    u ^= u >> 16;
    return u >> 8;
}
"""


def bits(count: int) -> Array:
    """Return the first 24 bits of so many hashes, (count,)."""
    u = np.arange(count, dtype=np.uint32) * np.uint32(2654435769)
    u ^= u >> 16
    u *= np.uint32(0x85EBCA6B)
    u ^= u >> 13
    u *= np.uint32(0xC2B2AE35)
    u ^= u >> 16
    return u >> 8


def sequence(program: Program, timesteps: int) -> Array:
    """Return the input: (timesteps, features), or tokens (timesteps,)."""
    if program.features is None:
        count, first = program.tokens
        return first + (bits(timesteps) % np.uint32(count - first)).astype(np.int64)
    numbers = bits(timesteps * program.features).astype(np.float32)
    return (numbers / np.float32(1 << 23) - 1).reshape(timesteps, program.features)


def outputs(model: "Model", plan: Plan, x: Array) -> Array:
    """Return what elman puts out at each timestep, (timesteps, outputs).

    Args:
        model: the model.
        plan: what a stream runs of it.
        x: as `sequence` returns it.
    """
    entry: Any = stream_input(model, 1, plan)
    assert isinstance(entry, StreamInput)
    width = plan.widths[plan.outputs[0]] or 0
    dtype = entry.dtype if entry.features is not None else np.dtype(model.outputs[0].dtype)
    run, _ = stepper(entry, plan, [np.zeros((1, width), dtype)])
    starts = [state for step in plan.steps for state in step.stage.start]
    for i, state in enumerate(starts):
        run.write(i, np.ascontiguousarray(state))
    y = np.empty((1, len(x), width), dtype)
    run.process(entry.block(x[None]), y)
    return y[0]
