"""JAX: one compiled function with `lax.scan` and its vjp, or with `lax.associative_scan`.

The latter for linear cells; the faster way counts.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks import cells
from benchmarks.contenders import Run
from benchmarks.contenders.steps import CELLS, EPSILON, Library
from benchmarks.contenders.ways import fastest
from benchmarks.problem import Problem


def _normalise(a: Any, gain: Any, bias: Any) -> Any:
    d = a - a.mean(-1, keepdims=True)
    return d * jax.lax.rsqrt((d * d).mean(-1, keepdims=True) + EPSILON) * gain + bias


def _steps(like: Any) -> Any:
    return jnp.arange(like.shape[0])[:, None, None]


def _seen(observed: Any) -> Any:
    latest = jax.lax.cummax(jnp.where(observed, _steps(observed), -1), axis=0)
    return jnp.concatenate([jnp.full_like(latest[:1], -1), latest[:-1]])


LIBRARY = Library(
    tanh=jnp.tanh,
    sigmoid=jax.nn.sigmoid,
    relu=jax.nn.relu,
    exp=jnp.exp,
    absolute=jnp.abs,
    where=jnp.where,
    split=lambda array, parts: jnp.split(array, parts, axis=-1),
    join=jnp.concatenate,
    affine=lambda h, R, a: a + h @ R,
    normalise=_normalise,
    missing=jnp.isnan,
    seen=_seen,
    take=lambda x, timesteps: jnp.take_along_axis(x, jnp.maximum(timesteps, 0), axis=0),
    number=lambda a, like: a.astype(like.dtype),
    steps=_steps,
)


def cell_passes(problem: Problem) -> Run:
    """Both passes of one of `benchmarks.cells`, by the fastest way."""
    ways = {"scan": scan} | ({"at once": at_once} if CELLS[problem.layer].linear else {})
    name, call = fastest({name: _call(problem, run) for name, run in ways.items()})
    drawn = cells.CASES[problem.layer].draws
    single = passes(problem, ways[name], *_arguments(problem)) if drawn else call()
    with jax.enable_x64(True):
        other = cells.double(problem)
        double = passes(other, ways[name], *_arguments(other))
    order = cells.CASES[problem.layer].weights  # a dictionary comes back in another
    in_order = ((y, dx, *(dw[n] for n in order)) for y, dw, dx in (single, double))
    return Run(call, cells.answers(problem, *in_order))


def _arguments(problem: Problem) -> tuple[Any, ...]:
    """Return draws, weights, x and dL/d(outputs)."""
    w = {name: jnp.asarray(a) for name, a in cells.weights(problem).items()}
    drawn = tuple(jnp.asarray(a).swapaxes(0, 1) for a in cells.draws(problem))
    return drawn, w, *map(jnp.asarray, cells.inputs(problem))


def _call(problem: Problem, run: Callable[..., Any]) -> Callable[[], Any]:
    """Return what runs both passes with new draws."""
    (_, *arguments), key = _arguments(problem), jax.random.key(0)

    def call() -> Any:
        nonlocal key
        found, key = drawing(problem, run, key, *arguments)
        return jax.block_until_ready(found)

    return call


@partial(jax.jit, static_argnums=(0, 1))
def drawing(problem: Problem, run: Any, key: Any, *arguments: Any) -> Any:
    """Return what both passes find with new draws, and a new key."""
    if not cells.CASES[problem.layer].draws:
        return passes(problem, run, (), *arguments), key
    key, *keys = jax.random.split(key, 1 + len(cells.CASES[problem.layer].draws))
    return passes(problem, run, draw(problem, keys), *arguments), key


@partial(jax.jit, static_argnums=(0, 1))
def passes(problem: Problem, run: Any, draws: Any, w: Any, x: Any, doutputs: Any) -> Any:
    """Return the outputs, the gradients of the weights, and that of x."""
    outputs, reverse = jax.vjp(partial(run, problem, draws), w, x)
    return outputs, *reverse(doutputs)


def draw(problem: Problem, keys: Any) -> tuple[Any, ...]:
    """Return what is random, time first."""
    B, T, _, U = problem.shape
    return tuple(
        jax.random.bernoulli(key, size, (T, B, U)) if kind == "bernoulli"
        else size * jax.random.normal(key, (T, B, U))
        for key, (kind, size) in zip(keys, cells.CASES[problem.layer].draws, strict=True)
    )  # fmt: skip


def scan(problem: Problem, draws: Any, w: Any, x: Any) -> Any:
    """Return the outputs (batch, timesteps, units)."""
    maths = CELLS[problem.layer]
    held, inputs = maths.before(LIBRARY, w, x.swapaxes(0, 1), draws)

    def step(state: Any, now: Any) -> tuple[Any, Any]:
        state = maths.step(LIBRARY, held, state, now)
        return state, state[0]

    zeros = jnp.zeros((x.shape[0], problem.shape.units), x.dtype)
    _, outputs = jax.lax.scan(step, (zeros,) * maths.states, inputs)
    return outputs.swapaxes(0, 1)


def at_once(problem: Problem, draws: Any, w: Any, x: Any) -> Any:
    """Return the same of a linear cell, by an associative scan."""
    _, inputs = CELLS[problem.layer].before(LIBRARY, w, x.swapaxes(0, 1), draws)
    _, outputs = jax.lax.associative_scan(one_after_another, inputs)
    return outputs.swapaxes(0, 1)


def one_after_another(first: Any, second: Any) -> Any:
    """Return the step `h = keep * h + new` that is the first and then the second."""
    (keep_1, new_1), (keep_2, new_2) = first, second
    return keep_1 * keep_2, keep_2 * new_1 + new_2
