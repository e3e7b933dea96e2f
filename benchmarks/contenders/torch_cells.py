"""torch: a loop over the timesteps with autograd, as it is or traced; of linear cells a scan, too.

The fastest way counts. Tracing writes the loop down without Python in it (`torch.jit.trace`).
"""

import warnings
from collections.abc import Callable
from typing import Any

import torch

from benchmarks import cells
from benchmarks.contenders import Run
from benchmarks.contenders.steps import CELLS, Library
from benchmarks.contenders.ways import fastest
from benchmarks.problem import Problem


def _normalise(a: Any, gain: Any, bias: Any) -> Any:
    if bias.dim() == 1:
        return torch.nn.functional.layer_norm(a, a.shape[-1:], gain, bias, 1e-3)
    return torch.nn.functional.layer_norm(a, a.shape[-1:], gain, None, 1e-3) + bias


def _steps(like: Any) -> Any:
    return torch.arange(like.shape[0])[:, None, None]


def _seen(observed: Any) -> Any:
    latest = torch.cummax(torch.where(observed, _steps(observed), -1), 0).values
    return torch.cat([torch.full_like(latest[:1], -1), latest[:-1]])


LIBRARY = Library(
    tanh=torch.tanh,
    sigmoid=torch.sigmoid,
    relu=torch.relu,
    exp=torch.exp,
    absolute=torch.abs,
    where=torch.where,
    split=lambda array, parts: array.chunk(parts, -1),
    join=torch.cat,
    affine=lambda h, R, a: torch.addmm(a, h, R),
    normalise=_normalise,
    missing=torch.isnan,
    seen=_seen,
    take=lambda x, timesteps: torch.gather(x, 0, timesteps.clamp(min=0)),
    number=lambda a, like: a.to(like.dtype),
    steps=_steps,
)


def cell_passes(problem: Problem) -> Run:
    """Both passes of one of `benchmarks.cells`, by the fastest way."""
    names = ["loop", "traced"] + ["scan"] * CELLS[problem.layer].linear
    way, call = fastest({name: passes(problem, name) for name in names})
    exact = passes(cells.double(problem), way)
    single, double = call(cells.draws(problem)), exact(cells.draws(cells.double(problem)))
    found = ([a.detach() for a in each] for each in (single, double))
    return Run(call, cells.answers(problem, *found))


def passes(problem: Problem, way: str) -> Callable[..., Any]:
    """Return what runs both passes, with new draws or with those that it is given."""
    x, doutputs = (torch.from_numpy(a) for a in cells.inputs(problem))
    w = {name: torch.from_numpy(a).requires_grad_() for name, a in cells.weights(problem).items()}
    x.requires_grad_()

    def forward(x: Any, draws: Any, *values: Any) -> Any:
        return (scan if way == "scan" else loop)(problem, x, draws, *values)

    run: Any = traced(forward, x, draw(problem), *w.values()) if way == "traced" else forward

    def call(given: Any = None) -> Any:
        drawn = (
            draw(problem) if given is None else [torch.from_numpy(a.swapaxes(0, 1)) for a in given]
        )
        outputs = run(x, tuple(drawn), *w.values())
        return outputs, *torch.autograd.grad(outputs, [x, *w.values()], doutputs)

    return call


def draw(problem: Problem) -> tuple[Any, ...]:
    """Return what is random, drawn anew, time first."""
    B, T, _, U = problem.shape
    return tuple(
        (torch.rand(T, B, U) < size) if kind == "bernoulli" else size * torch.randn(T, B, U)
        for kind, size in cells.CASES[problem.layer].draws
    )


def before(problem: Problem, x: Any, draws: Any, values: Any) -> Any:
    w = dict(zip(cells.CASES[problem.layer].weights, values, strict=True))
    return CELLS[problem.layer].before(LIBRARY, w, x.transpose(0, 1), draws)


def loop(problem: Problem, x: Any, draws: Any, *values: Any) -> Any:
    """Return the outputs (batch, timesteps, units), step by step."""
    held, inputs = before(problem, x, draws, values)
    zeros = x.new_zeros(x.shape[0], problem.shape.units)
    state, outputs = (zeros,) * CELLS[problem.layer].states, []
    for now in zip(*(a.unbind(0) for a in inputs), strict=True):
        state = CELLS[problem.layer].step(LIBRARY, held, state, now)
        outputs.append(state[0])
    return torch.stack(outputs, 1)


def scan(problem: Problem, x: Any, draws: Any, *values: Any) -> Any:
    """Return the same of a linear cell, reaching twice as far back at each turn."""
    _, (keep, new) = before(problem, x, draws, values)
    reach = 1
    while reach < len(keep):
        further = new[reach:] + keep[reach:] * new[:-reach]
        new = torch.cat([new[:reach], further])
        keep = torch.cat([keep[:reach], keep[reach:] * keep[:-reach]])
        reach *= 2
    return new.transpose(0, 1)


def traced(function: Any, *examples: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that shapes and loops are written down as they are
        return torch.jit.trace(function, examples, check_trace=False)
