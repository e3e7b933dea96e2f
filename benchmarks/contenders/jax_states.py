"""JAX: a training step with an option of state or time, one compiled function with Adam in it."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks import states
from benchmarks.contenders import Run
from benchmarks.contenders.jax_cells import LIBRARY
from benchmarks.contenders.steps import lstm
from benchmarks.problem import BETA_1, BETA_2, EPSILON, Problem


def train_state(problem: Problem) -> Run:
    """A step of `benchmarks.states`; of truncated backpropagation one a chunk."""
    B, T, _, U = problem.shape
    arrays, size = _arrays(problem), states.CHUNK if problem.option == "bptt_steps" else T
    chunks = [{n: a[t : t + size] for n, a in arrays.items()} for t in range(0, T, size)]
    w = {name: jnp.array(a) for name, a in states.weights(problem).items()}
    kept: Any = (w, *({n: jnp.zeros_like(a) for n, a in w.items()} for _ in range(2)))
    kept, left = (*kept, jnp.zeros((), "int32")), (jnp.zeros((B, U)),) * 2

    def call() -> float:
        nonlocal kept, left
        state, losses = left, []
        for chunk in chunks:
            kept, state, loss = adam_step(problem, kept, state, chunk)
            losses.append(loss)
        left = state if problem.option == "stateful" else left
        return sum(map(float, losses)) / len(losses)

    losses = [call() for _ in range(states.CALLS)]
    momenta = [kept[1][name] for name in states.weights(problem)]
    return Run(call, states.answers(problem, losses, momenta))


def _arrays(problem: Problem) -> dict[str, Any]:
    """Return x and y, and where the state is kept or a step is taken (T, B, 1); time first."""
    x, y, lengths, resets = states.data(problem)
    found = {"x": jnp.asarray(x).swapaxes(0, 1), "y": jnp.asarray(y).swapaxes(0, 1)}
    if problem.option == "reset_mask":
        found["keep"] = jnp.asarray(1 - resets.T[..., None], x.dtype)
    if problem.option == "lengths":
        found["valid"] = (jnp.arange(x.shape[1])[:, None] < jnp.asarray(lengths))[..., None]
    return found


@partial(jax.jit, static_argnums=0, donate_argnums=1)
def adam_step(problem: Problem, kept: Any, state: Any, arrays: Any) -> Any:
    w, m, v, t = kept
    found = jax.value_and_grad(partial(loss, problem), has_aux=True)(w, state, arrays)
    (value, state), g = found
    t = t + 1
    alpha = states.LEARNING_RATE * jnp.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)
    m = {n: m[n] + (1 - BETA_1) * (g[n] - m[n]) for n in w}
    v = {n: v[n] + (1 - BETA_2) * (g[n] * g[n] - v[n]) for n in w}
    w = {n: w[n] - alpha * m[n] / (jnp.sqrt(v[n]) + EPSILON) for n in w}
    return (w, m, v, t), state, value


def loss(problem: Problem, w: Any, state: Any, arrays: Any) -> Any:
    """Return the mean squared error of all steps that are taken, and the final state."""
    if problem.option == "initial_state":
        state = tuple(jnp.broadcast_to(w[n], s.shape) for n, s in zip(LEARNED, state, strict=True))
    outputs, state = unroll(problem, w, state, arrays)
    errors = (outputs @ w["dense kernel"] + w["dense bias"] - arrays["y"]) ** 2
    if "valid" in arrays:
        return (errors * arrays["valid"]).sum() / arrays["valid"].sum(), state
    return errors.mean(), state


LEARNED = ("initial_h", "initial_c")


def unroll(problem: Problem, w: Any, state: Any, arrays: Any) -> Any:
    """Return the outputs, time first, and the final state."""
    now = {**arrays, "xw": arrays["x"] @ w["kernel"] + w["bias"]}

    def step(state: Any, now: Any) -> tuple[Any, Any]:
        if "keep" in now:
            state = tuple(now["keep"] * s for s in state)
        new = lstm(LIBRARY, (w["recurrent_kernel"],), state, (now["xw"],))
        if "valid" in now:
            new = tuple(jnp.where(now["valid"], n, s) for n, s in zip(new, state, strict=True))
        return new, new[0]

    if problem.option != "checkpoint_steps":
        state, outputs = jax.lax.scan(step, state, now)
        return outputs, state
    parts = {n: a.reshape(-1, states.KEPT, *a.shape[1:]) for n, a in now.items()}
    again = jax.checkpoint(lambda state, part: jax.lax.scan(step, state, part))
    state, outputs = jax.lax.scan(again, state, parts)
    return outputs.reshape(-1, *outputs.shape[2:]), state
