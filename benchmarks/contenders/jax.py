"""JAX: `lax.scan` over a cell written by hand, one compiled function for the whole step."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.nn import sigmoid

from benchmarks.agreement import of_training
from benchmarks.contenders import Run
from benchmarks.contenders.jax_cells import cell_passes  # noqa: F401 - asked for by name
from benchmarks.contenders.jax_states import train_state  # noqa: F401
from benchmarks.problem import BETA_1, BETA_2, EPSILON, LEARNING_RATE, Problem, data, weights


def set_threads(threads: int) -> None:
    """Nothing: the number of processors and the environment decide, see worker.py."""


def forget() -> None:
    jax.clear_caches()


def simple_rnn(state: Any, xw: Any, R: Any, _: Any) -> Any:
    (h,) = state
    return (jnp.tanh(xw + h @ R),)


def gru(state: Any, xw: Any, R: Any, b: Any) -> Any:
    (h,) = state
    xz, xr, xh = jnp.split(xw, 3, axis=-1)
    hz, hr, hh = jnp.split(h @ R + b, 3, axis=-1)
    z, candidate = sigmoid(xz + hz), jnp.tanh(xh + sigmoid(xr + hr) * hh)
    return (z * h + (1 - z) * candidate,)


def lstm(state: Any, xw: Any, R: Any, _: Any) -> Any:
    h, c = state
    i, f, g, o = jnp.split(xw + h @ R, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(g)
    return (sigmoid(o) * jnp.tanh(c), c)


CELLS = {"SimpleRNN": (simple_rnn, 1), "GRU": (gru, 1), "LSTM": (lstm, 2)}  # with their states


def unroll(layer: str, parameters: Any, x: Any) -> tuple[Any, Any]:
    """Return the final state, and the outputs of all steps, time first."""
    (W, R, b, *_), (cell, states) = parameters, CELLS[layer]
    b_input, b_state = b if layer == "GRU" else (b, None)
    xw = jnp.swapaxes(x, 0, 1) @ W + b_input  # of all steps at once
    start = (jnp.zeros((x.shape[0], R.shape[0]), x.dtype),) * states

    def step(state: Any, xw_t: Any) -> tuple[Any, Any]:
        state = cell(state, xw_t, R, b_state)
        return state, state[0]

    return jax.lax.scan(step, start, xw)


def dense_output(layer: str, parameters: Any, x: Any) -> Any:
    state, _ = unroll(layer, parameters, x)
    return state[0] @ parameters[3] + parameters[4]


@partial(jax.jit, static_argnums=0, donate_argnums=(1, 2, 3, 4))
def adam_step(layer: str, w: Any, m: Any, v: Any, t: Any, x: Any, y: Any) -> Any:
    def loss(w: Any) -> Any:
        return jnp.mean((dense_output(layer, w, x) - y) ** 2)

    value, g = jax.value_and_grad(loss)(w)
    t = t + 1
    alpha = LEARNING_RATE * jnp.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)
    m = [m + (1 - BETA_1) * (g - m) for m, g in zip(m, g, strict=True)]
    v = [v + (1 - BETA_2) * (g * g - v) for v, g in zip(v, g, strict=True)]
    w = [w - alpha * m / (jnp.sqrt(v) + EPSILON) for w, m, v in zip(w, m, v, strict=True)]
    return w, m, v, t, value


def train(problem: Problem) -> Run:
    x, y = map(jnp.asarray, data(problem))
    w = [jnp.asarray(a) for a in weights(problem)]
    outputs = np.asarray(dense_output(problem.layer, w, x))
    zeros = [[jnp.zeros_like(a) for a in w] for _ in range(2)]
    state = (w, *zeros, jnp.zeros((), "int32"))

    def call() -> float:
        nonlocal state
        *state, value = adam_step(problem.layer, *state, x, y)
        return float(value)

    loss = call()
    gradients = [np.asarray(m) / (1 - BETA_1) for m in state[1]]
    return Run(call, of_training(outputs, loss, gradients, [np.asarray(w) for w in state[0]]))


def infer(problem: Problem) -> Run:
    x, w = jnp.asarray(data(problem)[0]), [jnp.asarray(a) for a in weights(problem)]
    compiled = jax.jit(partial(dense_output, problem.layer))

    def call() -> Any:
        return compiled(w, x).block_until_ready()

    return Run(call, {"outputs": np.asarray(call())})


def stream(problem: Problem) -> Run:
    """One timestep a call, the state carried along."""
    x, w = jnp.asarray(data(problem)[0]), [jnp.asarray(a) for a in weights(problem)]
    (cell, states), (W, R, b, *_) = CELLS[problem.layer], w
    b_input, b_state = b if problem.layer == "GRU" else (b, None)
    compiled = jax.jit(lambda state, x: cell(state, x @ W + b_input, R, b_state))
    state, now = (jnp.zeros((1, R.shape[0]), x.dtype),) * states, x[:, 0]

    def call() -> Any:
        nonlocal state
        state = compiled(state, now)
        return state[0].block_until_ready()

    outputs = []
    for t in range(x.shape[1]):
        now = x[:, t]
        outputs.append(np.asarray(call())[0])
    return Run(call, {"outputs": np.stack(outputs)})
