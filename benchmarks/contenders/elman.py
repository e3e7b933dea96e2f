"""elman, as a user calls it."""

from functools import partial
from typing import Any

import numpy as np

import elman
from benchmarks.agreement import of_training
from benchmarks.contenders import NotThereError, Run
from benchmarks.contenders.elman_cells import cell_passes, stock_passes  # noqa: F401 - asked for by name
from benchmarks.contenders.elman_states import train_state  # noqa: F401
from benchmarks.contenders.elman_traces import (  # noqa: F401
    trace,
    trace_everything,
    trace_gradients,
)
from benchmarks.limit import multiply_add_limit
from benchmarks.options import option_times  # noqa: F401 - asked for by name
from benchmarks.problem import EPSILON, LEARNING_RATE, Problem, data, weights
from elman import kernels
from elman.cells import CELLS

CELL = {"SimpleRNN": "simple_rnn", "GRU": "gru", "LSTM": "lstm"}

limit = multiply_add_limit
set_threads = elman.set_num_threads


def status() -> tuple[str, str, str]:
    """Return elman's version, which implementation runs, and why."""
    return (elman.__version__, *kernels.status())


def forget() -> None:
    elman.utils.clear_session()


def train(problem: Problem) -> Run:
    model, (x, y) = made(problem), data(problem)
    outputs, loss = model.predict_on_batch(x), model.train_on_batch(x, y)
    gradients = [weight.gradient for weight in model.trainable_weights]
    answers = of_training(outputs, loss, gradients, model.get_weights())
    return Run(partial(model.train_on_batch, x, y), answers)


def infer(problem: Problem) -> Run:
    model, (x, _) = made(problem), data(problem)
    return Run(partial(model.predict_on_batch, x), {"outputs": model.predict_on_batch(x)})


def predict(problem: Problem) -> Run:
    model, (x, _) = made(problem), data(problem)
    call = partial(model.predict, x, verbose=0)
    return Run(call, {"outputs": call()})


def stream(problem: Problem) -> Run:
    layer = getattr(elman.layers, problem.layer)(problem.shape.units)
    model = elman.Sequential([elman.Input((None, problem.shape.features)), layer])
    model.set_weights(weights(problem)[:3])
    if not hasattr(model, "stream"):
        raise NotThereError("`model.stream` is not there")
    stream, (x, _) = model.stream(batch=1), data(problem)
    steps = [np.ascontiguousarray(x[:, t]) for t in range(x.shape[1])]
    outputs = np.stack([np.array(stream.step(step)).ravel() for step in steps])
    stream.reset()
    return Run(partial(stream.step, steps[0]), {"outputs": outputs})


def forward(problem: Problem) -> Run:
    """The layer's forward pass alone, without the model around it."""
    call = partial(_unroll, problem, *_arrays(problem))
    return Run(call, {"outputs": call()[0]})


def backward(problem: Problem) -> Run:
    """The forward pass and the one in reverse, all gradients."""
    arrays = _arrays(problem)
    doutputs = np.ones((problem.shape.batch, problem.shape.units), problem.dtype)
    nothing = tuple(np.zeros_like(s) for s in arrays[-1])

    def call() -> Any:
        return kernels.backpropagate(_unroll(problem, *arrays)[2], doutputs, nothing)

    found = call()
    names = ("gradient of x", "gradient of kernel", "gradient of recurrent_kernel")
    return Run(call, dict(zip(names, (found.x, *found.weights[:2]), strict=True)))


def made(problem: Problem) -> elman.Sequential:
    """Return the compiled model; a step of zeros is masked where there is a mask."""
    elman.utils.set_random_seed(0)  # of recurrent dropout
    (_, T, F, U), dtype = problem.shape, problem.dtype
    masking = [elman.layers.Masking(dtype=dtype)] if problem.mask else []
    layer = getattr(elman.layers, problem.layer)(
        U,
        activation=problem.activation,
        recurrent_dropout=problem.recurrent_dropout,
        dtype=dtype,
    )
    dense = elman.layers.Dense(1, dtype=dtype)
    model = elman.Sequential([elman.Input((T, F), dtype=dtype), *masking, layer, dense])
    model.set_weights(weights(problem))
    model.compile(elman.optimizers.Adam(LEARNING_RATE, epsilon=EPSILON), "mse")
    return model


def _arrays(problem: Problem) -> tuple[Any, Any, Any]:
    """Return x, the layer's weights, and a state of zeros."""
    B, U = problem.shape.batch, problem.shape.units
    states = CELLS[CELL[problem.layer]].STATES
    return (
        data(problem)[0],
        tuple(weights(problem)[:3]),
        (np.zeros((B, U), problem.dtype),) * len(states),
    )


def _unroll(problem: Problem, x: Any, layer_weights: Any, state: Any) -> Any:
    sigma = () if problem.layer == "SimpleRNN" else ("sigmoid",)
    return kernels.unroll(
        CELL[problem.layer],
        x,
        layer_weights,
        state,
        activations=(problem.activation, *sigma),
        return_sequences=False,
        record=problem.task == "backward",
    )
