"""All steps at once compute what they computed one by one, and its gradients are right."""

import numpy as np
import pytest

from elman import bptt, kernels, replay
from elman.activations import ACTIVATIONS
from elman.cells import CELLS, activated_of
from elman.errors import ArgumentError
from tests.cells.problem import GATED, draw
from tests.implementations import ALL, COMPILED
from tests.tolerances import EXACT, FLOAT32, GRADIENT

pytestmark = pytest.mark.usefixtures("kernels_restored")

RESETS = np.array([[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]], bool)
STEP = 1e-5


def options_of(problem):
    return {k: v for k, v in problem.options.items() if k != "return_sequences"}


def replayed(problem):
    _, _, tape = problem.run()
    history = bptt.history(tape)
    options = replay.arguments(options_of(problem))
    steps = replay.forward(
        problem.cell, problem.x, problem.weights, problem.state, history, **options
    )
    return tape, history, steps


def varieties(cell):
    yield draw(cell, mask="holes")
    yield draw(cell, go_backwards=True, resets=RESETS, bias=False)
    yield draw(
        cell, mask="left", input_dropout=1, recurrent_dropout=cell not in ("min_gru", "min_lstm")
    )


@pytest.mark.parametrize("cell", CELLS)
def test_a_replay_keeps_what_the_steps_have_kept(cell):
    for problem in varieties(cell):
        tape, _, steps = replayed(problem)
        for k, array in enumerate(steps.cache):
            whole = replay.spread(steps, array)
            for t, rows, cache, _ in tape.steps:
                np.testing.assert_allclose(whole[rows, t], cache[k], rtol=EXACT, atol=EXACT)


class Bumped:
    """An activation that counts its calls, and adds to what one of them takes or gives."""

    def __init__(self, name, calls, *, at=None, before=0.0, after=0.0):
        self.function, self.calls = ACTIVATIONS[name][0], calls
        self.at, self.before, self.after = at, before, after

    def __call__(self, a):
        bumped = self.at == len(self.calls)
        y = self.function(a + self.before) + self.after if bumped else self.function(a)
        self.calls.append(y)
        return y


def loss(problem, names, **bump):
    calls = []
    functions = tuple(Bumped(name, calls, **bump) for name in names)
    outputs, state, _ = problem.run(activations=functions, record=False)
    parts = [(outputs, problem.doutputs), *zip(state, problem.dstate, strict=True)]
    return sum(float((value * d).sum()) for value, d in parts), calls


def bump(shape, where, size):
    array = np.zeros(shape)
    array[where] = size
    return array


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_of_gates_and_of_pre_activations_are_right(cell):
    """Each is what L changes by when that value alone is moved, in one step of one sample."""
    checked = 0
    for problem in varieties(cell):
        names = ("tanh", "sigmoid")[: 1 + (cell in GATED)]
        tape, _, steps = replayed(problem)
        found = bptt.backpropagate(tape, problem.doutputs, problem.dstate, record_states=True)
        turned = slice(None, None, -1 if problem.options.get("go_backwards") else 1)
        das, dvalues = replay.backward(steps, [d[:, turned] for d in found.states])
        _, calls = loss(problem, names)
        cache = dict(zip(CELLS[cell].CACHE, steps.cache, strict=True))
        for g, name in enumerate(activated_of(CELLS[cell])):
            if not name or dvalues[g] is None:
                continue
            values = replay.spread(steps, cache[name])
            for t, rows, _, _ in tape.steps[1:3]:
                y = values[rows, t]
                if not len(y):
                    continue
                close = [c.shape == y.shape and np.allclose(c, y, rtol=EXACT) for c in calls]
                at, where = close.index(True), (len(y) - 1, 1)
                for kind, gradient in (("after", dvalues[g]), ("before", das[g])):
                    up, _ = loss(problem, names, at=at, **{kind: bump(y.shape, where, STEP)})
                    down, _ = loss(problem, names, at=at, **{kind: bump(y.shape, where, -STEP)})
                    numeric = (up - down) / (2 * STEP)
                    analytic = gradient[rows, t][where]
                    assert abs(numeric - analytic) < 10 * GRADIENT * max(1, abs(numeric)), name
                    checked += 1
    assert checked >= 12


@pytest.mark.parametrize("implementation", ALL)
@pytest.mark.parametrize("cell", CELLS)
def test_every_implementation_hands_out_the_same_history(cell, implementation):
    kernels.use(implementation)
    for problem in varieties(cell):
        _, history, _ = replayed(problem)
        outputs, _, tape = kernels.unroll(
            cell, problem.x, problem.weights, problem.state, keep_history=True, **problem.options
        )
        plain, _, _ = kernels.unroll(
            cell, problem.x, problem.weights, problem.state, **problem.options
        )
        np.testing.assert_array_equal(outputs, plain)  # looking changes no bit
        seen = kernels.history(tape)
        np.testing.assert_allclose(seen.states, history.states, rtol=FLOAT32, atol=1e-9)
        np.testing.assert_allclose(seen.gates, history.gates, rtol=FLOAT32, atol=1e-9)


@pytest.mark.parametrize("implementation", ALL)
@pytest.mark.parametrize("cell", CELLS)
def test_without_gradients_of_weights_the_others_keep_their_bits(cell, implementation):
    kernels.use(implementation)
    for problem in varieties(cell):
        found = []
        for need in (True, False):
            _, _, tape = kernels.unroll(
                cell, problem.x, problem.weights, problem.state, **problem.options
            )
            found.append(
                kernels.backpropagate(
                    tape, problem.doutputs, problem.dstate, record_states=True, need_weights=need
                )
            )
        with_weights, without = found
        np.testing.assert_array_equal(with_weights.x, without.x)
        np.testing.assert_array_equal(with_weights.states, without.states)
        np.testing.assert_array_equal(with_weights.initial_state, without.initial_state)
        if implementation != "reference":
            assert not any(dw.any() for dw in without.weights if dw is not None)


@pytest.mark.skipif(not COMPILED, reason="the reference keeps all steps anyway")
def test_a_history_must_have_been_kept():
    p = draw("lstm")
    kernels.use(COMPILED[0])
    _, _, tape = kernels.unroll("lstm", p.x, p.weights, p.state, **p.options)
    with pytest.raises(ArgumentError, match="must be of a pass with `keep_history`; got another"):
        kernels.history(tape)
