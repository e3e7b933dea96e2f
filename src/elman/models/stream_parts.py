"""What the stages of a stream run as where the whole of it is not one native call.

    step       one timestep, (batch, features) or indices (batch,)
    process    a block of them, (batch, timesteps, features) or indices (batch, timesteps)

A part is several stages that run compiled, or one by the reference; it keeps their states.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NoReturn, Protocol

import numpy as np

from elman import activations, kernels
from elman._native_arguments import own_weights
from elman._typing import Array, Function, State
from elman.models.stages import Stage

ALONE = ("gru_decay",)  # cells that a compiled stream has not
KINDS = {  # native/stage.hpp
    **{name: number for name, number in kernels.CELLS.items() if name not in ALONE},
    "dense": 100,
    "activation": 101,
    "embedding": 102,
}
CELL_FUNCTIONS = {name: i for i, name in enumerate(kernels.ACTIVATIONS)}
CELL_FUNCTIONS["celu"] = CELL_FUNCTIONS["elu"]
FUNCTIONS: dict[Any, int] = {**CELL_FUNCTIONS, "softmax": -1}


class Part(Protocol):
    """Some stages of a stream, with their states in a row."""

    def step(self, *xs: Any) -> Array:
        """Take one timestep."""

    def process(self, *blocks: Array) -> Array:
        """Take all timesteps of a block."""

    def read(self, i: int, array: Array, /) -> None:
        """Copy a state into an array."""

    def write(self, i: int, array: Array, /) -> None:
        """Copy an array into a state."""

    def reset(self, rows: Sequence[int], /) -> None:
        """Let the states of these rows be zeros."""


def lacking(stage: Stage) -> str:
    """Return why the kernels do not run a stage, or nothing."""
    if stage.kind not in KINDS:
        return f"compiled streams do not have {stage.owner}"
    known = CELL_FUNCTIONS if stage.kind in kernels.CELLS else FUNCTIONS
    without: list[str | Function] = [name for name in stage.functions if name not in known]
    if not without:
        return ""
    name = getattr(without[0], "__name__", without[0])
    return f"{stage.owner} has the activation {name}"


def native(
    implementation: str, batch: int, features: int | None, stages: Sequence[Stage],
    output: Array, admit: Any, busy: Any,
) -> Any:  # fmt: skip
    """Return a chain of stages as one compiled stream; see native/bind_stream.cpp."""
    layers: list[tuple[Any, ...]] = []
    for s in stages:
        phi, sigma = (*(FUNCTIONS[name] for name in s.functions), 0, 0)[:2]
        bias, words = own_weights(s.kind, s.bias, s.words) if s.start else (s.bias, [])
        layers.append((KINDS[s.kind], phi, sigma, s.kernel, s.recurrent, bias, words))
    return kernels.stream(implementation, batch, features or 0, layers, output, admit, busy)


class Compiled:
    """A chain of stages as one native call at each timestep."""

    def __init__(
        self, implementation: str, batch: int, features: int | None, stages: Sequence[Stage]
    ) -> None:
        dtype = next(s.kernel.dtype for s in stages if s.kernel is not None)
        width = next((s.units for s in reversed(stages) if s.units), features)
        self._fit = partial(
            np.require, dtype=np.int64 if features is None else dtype, requirements=["C", "A"]
        )
        self._output = np.zeros((batch, width or 0), dtype)
        run = native(implementation, batch, features, stages, self._output, self._fit, _never_busy)
        self._process = run.process
        self.step, self.read, self.write, self.reset = run.step, run.read, run.write, run.reset

    def process(self, *blocks: Array) -> Array:
        """Take all timesteps of a block."""
        (block,), (batch, width) = blocks, self._output.shape
        out = np.empty((batch, block.shape[1], width), self._output.dtype)
        self._process(self._fit(block), out)
        return out


def _never_busy() -> NoReturn:
    raise AssertionError("a part is run by the stream alone, which keeps others out")


class Reference:
    """A stage by itself; a recurrent one is a sequence of one timestep to the kernels."""

    def __init__(self, batch: int, stage: Stage) -> None:
        self._stage = stage
        self._states: State = tuple(np.zeros((batch, *s.shape[1:]), s.dtype) for s in stage.start)

    def step(self, *xs: Any) -> Array:
        """Take one timestep."""
        s = self._stage
        if s.compute is not None:
            return s.compute(*[x[:, None] for x in xs])[:, 0]
        (x,) = xs
        if s.start:
            y, self._states = (
                _cell(s, x, self._states) if s.take is None else s.take(x, self._states)
            )
            return y
        if s.kind == "embedding":
            assert s.kernel is not None
            found: Array = s.kernel[x]
            return found
        return _dense(s, x)

    def process(self, *blocks: Array) -> Array:
        """Take all timesteps of a block: one after the other, for the bits of `step`."""
        if self._stage.compute is not None:
            return self._stage.compute(*blocks)
        (block,) = blocks
        return np.stack([self.step(block[:, t]) for t in range(block.shape[1])], axis=1)

    def read(self, i: int, array: Array, /) -> None:
        """Copy state i into an array."""
        array[...] = self._states[i]

    def write(self, i: int, array: Array, /) -> None:
        """Copy an array into state i."""
        self._states = (*self._states[:i], array.copy(), *self._states[i + 1 :])

    def reset(self, rows: Sequence[int], /) -> None:
        """Let the states of these rows be zeros."""
        self._states = tuple(state.copy() for state in self._states)
        for state in self._states:
            state[list(rows)] = 0


def _cell(s: Stage, x: Array, state: State) -> tuple[Array, State]:
    """Return a recurrent layer's output and its new state."""
    assert s.kernel is not None
    x = x.astype(s.kernel.dtype, copy=False)[:, None]
    vectors, constants = s.words[: s.vectors], s.words[s.vectors :]
    shape = (len(x), 1, kernels.units(s.kind, (s.kernel,)))
    streams = tuple(np.zeros(shape, x.dtype) + (0 if c is None else c) for c in constants)
    weights = (s.kernel, s.recurrent, s.bias, *vectors)
    output, state, _ = kernels.unroll(
        s.kind, x, weights, state, activations=s.functions, return_sequences=False, record=False,
        streams=streams,
    )  # fmt: skip
    return output, state


def _dense(s: Stage, x: Array) -> Array:
    """Return phi(x W + b), or phi(x) without weights."""
    if s.kernel is not None:
        x = x.astype(s.kernel.dtype, copy=False) @ s.kernel
    if s.bias is not None:
        x = x + s.bias
    return activations.pair(s.functions[0])[0](x)
