"""What runs a stream: the compiled kernels in one call, or the reference a layer at a time.

Both are made of the same stages, take and return the same things, and keep the states. An array
is one that fits, or else `admit` is asked for one.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from elman import activations, kernels
from elman._typing import Array, State
from elman.kernels import Status
from elman.models.stages import Stage
from elman.models.stream_input import StreamInput

KINDS = {**kernels.CELLS, "dense": 100, "activation": 101, "embedding": 102}  # native/stage.hpp
CELL_FUNCTIONS = {name: i for i, name in enumerate(kernels.ACTIVATIONS)}
CELL_FUNCTIONS["celu"] = CELL_FUNCTIONS["elu"]
FUNCTIONS: dict[Any, int] = {**CELL_FUNCTIONS, "softmax": -1}


class Stepper(Protocol):
    """What runs a stream; `elman._native.Stream` is one."""

    def step(self, x: Any, /) -> Array:
        """Take one timestep and return the output, the same array each time."""

    def process(self, block: Array, out: Array, /) -> None:
        """Take all timesteps of a block."""

    def read(self, i: int, array: Array, /) -> None:
        """Copy state i, counted through all layers, into an array."""

    def write(self, i: int, array: Array, /) -> None:
        """Copy an array into state i."""

    def reset(self, rows: Sequence[int], /) -> None:
        """Let the states of these rows be zeros."""


def choose(entry: StreamInput, stages: Sequence[Stage]) -> Status:
    """Say which implementation runs these stages, and why."""
    status = kernels.status()
    if status.implementation == "reference":
        return status
    for stage in stages:
        known = CELL_FUNCTIONS if stage.kind in kernels.CELLS else FUNCTIONS
        lacking = [name for name in stage.functions if name not in known]
        if lacking:
            name = getattr(lacking[0], "__name__", lacking[0])
            return Status("reference", f"{stage.owner} has the activation {name}")
        if stage.compute is not None:
            return Status("reference", f"the kernels do not have {stage.owner}")
    dtypes = {s.kernel.dtype.name for s in stages if s.kernel is not None}
    if entry.features is not None:
        dtypes.add(entry.dtype.name)
    if len(dtypes) > 1:
        return Status("reference", f"the dtypes differ: {', '.join(sorted(dtypes))}")
    return status


def stepper(
    implementation: str, entry: StreamInput, stages: Sequence[Stage], output: Array
) -> Stepper:
    """Return what runs these stages."""
    if implementation == "reference":
        return Reference(entry, stages, output)
    layers: list[tuple[Any, ...]] = []
    for s in stages:
        phi, sigma = (*(FUNCTIONS[name] for name in s.functions), 0, 0)[:2]
        layers.append((KINDS[s.kind], phi, sigma, s.kernel, s.recurrent, s.bias, []))
    made: Stepper = kernels.stream(
        implementation, entry.batch, entry.features or 0, layers, output, entry.step, entry.busy
    )
    return made


class Reference:
    """The layers one by one; a recurrent one is a sequence of one timestep to the kernels."""

    def __init__(self, entry: StreamInput, stages: Sequence[Stage], output: Array) -> None:
        self._entry, self._stages, self._output = entry, stages, output
        self._turn = threading.Lock()
        self._states = [
            np.zeros((entry.batch, len(s.recurrent)), s.recurrent.dtype)
            for s in stages
            if s.recurrent is not None
            for _ in range(s.states)
        ]

    def step(self, x: Any, /) -> Array:
        """Take one timestep."""
        array = self._entry.step(x)
        with self._alone():
            self._take(array, self._output)
        return self._output

    def process(self, block: Array, out: Array, /) -> None:
        """Take all timesteps of a block."""
        with self._alone():
            for t in range(block.shape[1]):
                self._take(block[:, t], out[:, t])

    def read(self, i: int, array: Array, /) -> None:
        """Copy state i into an array."""
        with self._alone():
            array[...] = self._states[i]

    def write(self, i: int, array: Array, /) -> None:
        """Copy an array into state i."""
        with self._alone():
            self._states[i] = array.copy()

    def reset(self, rows: Sequence[int], /) -> None:
        """Let the states of these rows be zeros."""
        with self._alone():
            for state in self._states:
                state[list(rows)] = 0

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep others out meanwhile."""
        if not self._turn.acquire(blocking=False):
            self._entry.busy()
        try:
            yield
        finally:
            self._turn.release()

    def _take(self, x: Array, out: Array) -> None:
        """Run all stages on one timestep."""
        carried = 0
        for s in self._stages:
            if s.kind in kernels.CELLS:
                state = tuple(self._states[carried : carried + s.states])
                x, state = _cell(s, x, state)
                self._states[carried : carried + s.states] = [np.array(array) for array in state]
                carried += s.states
            elif s.kind == "embedding" and s.kernel is not None:
                x = s.kernel[x]
            elif s.compute is not None:
                x = s.compute(x)
            else:
                x = _dense(s, x)
        out[...] = x


def _cell(s: Stage, x: Array, state: State) -> tuple[Array, State]:
    """Return a recurrent layer's output and its new state."""
    assert s.kernel is not None and s.recurrent is not None
    x = x.astype(s.kernel.dtype, copy=False)[:, None]
    weights = (s.kernel, s.recurrent, s.bias)
    output, state, _ = kernels.unroll(
        s.kind, x, weights, state, activations=s.functions, return_sequences=False, record=False
    )
    return output, state


def _dense(s: Stage, x: Array) -> Array:
    """Return phi(x W + b), or phi(x) without weights."""
    if s.kernel is not None:
        x = x.astype(s.kernel.dtype, copy=False) @ s.kernel
    if s.bias is not None:
        x = x + s.bias
    return activations.pair(s.functions[0])[0](x)
