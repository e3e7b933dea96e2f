"""elman's training step with an option of state or time."""

from functools import partial
from typing import Any

import elman
from benchmarks import states
from benchmarks.contenders import Run
from benchmarks.problem import EPSILON, Problem


def train_state(problem: Problem) -> Run:
    """A step of `benchmarks.states`."""
    model, (x, y, lengths, resets) = _model(problem), states.data(problem)
    more: dict[str, dict[str, Any]] = {
        "reset_mask": {"reset_mask": resets},
        "lengths": {"lengths": lengths},
        "bptt_steps": {"bptt_steps": states.CHUNK},
    }
    call = partial(model.train_on_batch, x, y, **more.get(problem.option, {}))
    losses = [call() for _ in range(states.CALLS)]
    momenta = [v for v in model.optimizer.variables if v.name.endswith("momentum")]
    return Run(call, states.answers(problem, losses, momenta))


def _model(problem: Problem) -> elman.Sequential:
    options: dict[str, dict[str, Any]] = {
        "initial_state": {"initial_state": "learned"},
        "stateful": {"stateful": True},
        "checkpoint_steps": {"checkpoint_steps": states.KEPT},
    }
    _, T, F, U = problem.shape
    layer = elman.layers.LSTM(U, return_sequences=True, **options.get(problem.option, {}))
    model = elman.Sequential([elman.Input((T, F)), layer, elman.layers.Dense(1)])
    model.set_weights([*states.weights(problem).values()])
    model.compile(elman.optimizers.Adam(states.LEARNING_RATE, epsilon=EPSILON), "mse")
    return model
