"""A small recurrent problem, drawn at random with any of the options, and its gradients.

L = sum(outputs * doutputs) + sum(final state * dstate)

so that `doutputs` and `dstate` are the gradients that enter the backward pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from elman.activations import ACTIVATIONS
from elman.bptt import Tape, backpropagate, unroll
from elman.cells import CELLS
from tests.gradcheck import assert_gradient
from tests.tolerances import FLOAT32

BATCH, TIMESTEPS, FEATURES, UNITS = 3, 4, 2, 3
T, F = True, False
MASKS: dict[str, list[list[bool]] | None] = {
    "none": None,
    "right": [[T, T, T, T], [T, T, F, F], [T, F, F, F]],
    "left": [[T, T, T, T], [F, F, T, T], [F, T, T, T]],
    "holes": [[T, F, F, T], [F, T, F, T], [F, T, T, F]],
    "empty row": [[T, T, F, T], [F, F, F, F], [F, T, T, T]],
}
GATED = ("lstm", "gru", "gru_reset_before")


@dataclass
class Problem:
    """Arguments of `unroll`, and the gradients that come from above."""

    cell: str
    x: np.ndarray
    weights: tuple[np.ndarray, np.ndarray, np.ndarray | None]
    state: tuple[np.ndarray, ...]
    doutputs: np.ndarray
    dstate: tuple[np.ndarray, ...]
    options: dict[str, Any] = field(default_factory=dict)

    def run(self, **changes: Any) -> tuple[np.ndarray, tuple[np.ndarray, ...], Tape]:
        """Return outputs, final state and tape."""
        arguments = {"x": self.x, "state": self.state, **self.options, **changes}
        x, state = arguments.pop("x"), arguments.pop("state")
        return unroll(self.cell, x, self.weights, state, **arguments)

    def loss(self) -> float:
        """Return L."""
        outputs, state, _ = self.run(record=False)
        parts = [(outputs, self.doutputs), *zip(state, self.dstate, strict=True)]
        return float(sum((value * gradient).sum() for value, gradient in parts))

    def gradients(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return every array that L depends on, with dL/d of it."""
        _, _, tape = self.run()
        found = backpropagate(tape, self.doutputs, self.dstate)
        names = ["x", "kernel", "recurrent_kernel", "bias"]
        names += [f"initial {name}" for name in CELLS[self.cell].STATES]
        arrays = [self.x, *self.weights, *self.state]
        gradients = [found.x, *found.weights, *found.initial_state]
        put_in = self.options.get("reset_state", ())
        names += [f"reset {name}" for name in CELLS[self.cell].STATES[: len(put_in)]]
        arrays, gradients = [*arrays, *put_in], [*gradients, *found.reset_state]
        rows = zip(names, arrays, gradients, strict=True)
        return {n: (a, g) for n, a, g in rows if a is not None and g is not None}

    def astype(self, dtype: Any) -> "Problem":
        """Return the same problem in another dtype."""

        def cast(arrays: Any) -> Any:
            return tuple(None if a is None else a.astype(dtype) for a in arrays)

        masks = ("input_dropout", "recurrent_dropout", "reset_state")
        options = {k: cast(v) if k in masks else v for k, v in self.options.items()}
        (x, doutputs), weights = cast((self.x, self.doutputs)), cast(self.weights)
        return Problem(
            self.cell, x, weights, cast(self.state), doutputs, cast(self.dstate), options
        )


def draw(
    cell: str,
    *,
    activations: Sequence[str] | None = None,
    bias: bool = True,
    mask: Any = None,
    input_dropout: int = 0,
    recurrent_dropout: bool = False,
    resets: Any = None,
    enters: str = "both",
    batch: int = BATCH,
    timesteps: int = TIMESTEPS,
    seed: int = 0,
    **options: Any,
) -> Problem:
    """Draw a problem.

    Args:
        cell: a key of `CELLS`.
        activations: names of phi and sigma; those that the layer has by default.
        bias: whether there is one.
        mask: (batch, timesteps), or a name out of MASKS.
        input_dropout: how many masks on the inputs: 0, 1 or one a gate.
        recurrent_dropout: whether there are masks on the state.
        resets: (batch, timesteps), True where a row is reset, to a state that is drawn.
        enters: where gradients come from above: "outputs", "state" or "both".
        batch, timesteps: sizes.
        seed: of the draws.
        options: `go_backwards`, `zero_output_for_mask`, `return_sequences`.
    """
    generator, maths = np.random.default_rng(seed), CELLS[cell]
    width = len(maths.GATES) * UNITS

    def normal(*shape: int) -> np.ndarray:
        return generator.normal(size=shape)

    def weight(*shape: int) -> np.ndarray:
        return generator.normal(size=shape, scale=0.5)

    def masks(count: int, size: int) -> tuple[np.ndarray, ...]:
        """Return dropout masks at rate 0.4."""
        return tuple((generator.random((batch, size)) >= 0.4) / 0.6 for _ in range(count))

    biases = weight(width) if maths.BIASES == 1 else weight(maths.BIASES, width)
    weights = (weight(FEATURES, width), weight(UNITS, width), biases if bias else None)
    sequences = options.get("return_sequences", True)
    doutputs = normal(batch, timesteps, UNITS) if sequences else normal(batch, UNITS)
    dstate = tuple(normal(batch, UNITS) for _ in maths.STATES)
    if enters == "outputs":
        dstate = tuple(np.zeros_like(d) for d in dstate)
    if enters == "state":
        doutputs = np.zeros_like(doutputs)
    if isinstance(mask, str):
        mask = None if MASKS[mask] is None else np.array(MASKS[mask])
    x, state = normal(batch, timesteps, FEATURES), tuple(normal(batch, UNITS) for _ in maths.STATES)
    if resets is not None:
        options["reset_mask"] = np.array(resets)
        options["reset_state"] = tuple(normal(UNITS) for _ in maths.STATES)
    return Problem(
        cell,
        x,
        weights,
        state,
        doutputs,
        dstate,
        {
            "activations": tuple(activations or ("tanh", "sigmoid")[: 1 + (cell in GATED)]),
            "mask": mask,
            "input_dropout": masks(input_dropout, FEATURES),
            "recurrent_dropout": masks(len(maths.GATES) * recurrent_dropout, UNITS),
            **options,
        },
    )


def assert_gradients(problem: Problem) -> None:
    """Check the gradient of every element of every array."""
    for array, gradient in problem.gradients().values():
        assert_gradient(lambda _: problem.loss(), array, gradient)


def assert_gradients_along_a_direction(problem: Problem) -> None:
    """Check the gradient of every array along one random direction through all its elements.

    L(a + s v) depends on a single number s, so that two runs do for an array; a gradient that is
    wrong in any element is wrong along nearly every direction v.
    """
    gradients = problem.gradients()
    generator = np.random.default_rng(1)
    directions = [generator.normal(size=a.shape) for a, _ in gradients.values()]
    directions = [v / np.linalg.norm(v) for v in directions]

    def loss(s: np.ndarray) -> float:
        before = [array.copy() for array, _ in gradients.values()]
        for (array, _), s_i, v in zip(gradients.values(), s, directions, strict=True):
            array += s_i * v
        try:
            return problem.loss()
        finally:
            for (array, _), values in zip(gradients.values(), before, strict=True):
                array[...] = values

    along = [(g * v).sum() for (_, g), v in zip(gradients.values(), directions, strict=True)]
    assert_gradient(loss, np.zeros(len(along)), np.array(along))


# ---------------------------------------------------------------------- one step of a cell


@dataclass
class CellStep:
    """Arguments of a cell's `forward`, and the gradient of the new state."""

    cell: str
    activations: tuple[str, ...]
    xw: np.ndarray
    state: tuple[np.ndarray, ...]
    recurrent: tuple[np.ndarray, ...]
    drop: tuple[np.ndarray, ...]
    dstate: tuple[np.ndarray, ...]

    def forward(self) -> tuple[Any, Any]:
        """Return the new state and the cache."""
        functions = tuple(ACTIVATIONS[name] for name in self.activations)
        return CELLS[self.cell].forward(self.xw, self.state, self.recurrent, functions, self.drop)

    def backward(self) -> tuple[Any, Any, Any]:
        """Return dxw, dstate_prev and drecurrent."""
        functions = tuple(ACTIVATIONS[name] for name in self.activations)
        _, cache = self.forward()
        return CELLS[self.cell].backward(self.dstate, cache, self.recurrent, functions, self.drop)

    def loss(self, _: Any = None) -> float:
        """Return the sum of the new state times `dstate`."""
        new, _ = self.forward()
        return float(sum((s * d).sum() for s, d in zip(new, self.dstate, strict=True)))


def draw_step(
    cell: str,
    *,
    activations: Sequence[str] | None = None,
    dropped: bool = False,
    seed: int = 0,
    dtype: Any = np.float64,
) -> CellStep:
    """Draw one step of a cell."""
    maths, generator = CELLS[cell], np.random.default_rng(seed)
    width = len(maths.GATES) * UNITS

    def normal(*shape: int) -> np.ndarray:
        """Return numbers small enough that exp(exp(a)) is not huge."""
        return generator.normal(size=shape, scale=0.4).astype(dtype)

    masks = [(generator.random((BATCH, UNITS)) >= 0.4) / 0.6 for _ in maths.GATES]
    return CellStep(
        cell,
        tuple(activations or ("tanh", "sigmoid")[: 1 + (cell in GATED)]),
        normal(BATCH, width),
        tuple(normal(BATCH, UNITS) for _ in maths.STATES),
        (normal(UNITS, width), normal(width))[: maths.BIASES],
        tuple(m.astype(dtype) for m in masks) if dropped else (),
        tuple(normal(BATCH, UNITS) for _ in maths.STATES),
    )


def assert_step_gradients(step: CellStep) -> None:
    """Check the gradient of everything that enters a step."""
    dxw, dstate_prev, drecurrent = step.backward()
    assert_gradient(step.loss, step.xw, dxw)
    for arrays, gradients in ((step.state, dstate_prev), (step.recurrent, drecurrent)):
        for array, gradient in zip(arrays, gradients, strict=True):
            assert_gradient(step.loss, array, gradient)


def assert_float32_agrees(cell: str, activations: Sequence[str]) -> None:
    """Check that a float32 step gives the float64 step's numbers, in float32."""
    double = draw_step(cell, activations=activations)
    single = draw_step(cell, activations=activations, dtype=np.float32)
    new, cache = single.forward()
    dxw, dstate_prev, drecurrent = single.backward()
    wide = [*double.forward()[0], double.backward()[0]]
    wide += [*double.backward()[1], *double.backward()[2]]
    for array, expected in zip((*new, dxw, *dstate_prev, *drecurrent), wide, strict=True):
        assert array.dtype == np.float32
        limit = FLOAT32 * max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(array, expected, atol=limit, rtol=0)
    assert all(array.dtype == np.float32 for array in cache)
