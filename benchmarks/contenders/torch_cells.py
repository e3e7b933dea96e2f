"""torch: a loop over the timesteps with autograd; of linear cells a scan, too.

The fastest way counts. The step of the loop is run as it is, or traced (`torch.jit.trace`), which
writes it down without Python in it. To trace the whole loop takes half a minute a cell, for a time
that is a quarter shorter at best; `torch.compile` does not make a step faster.
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


Step = Callable[[Any, Any, Any], Any]  # held, state, now -> state
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
    step = traced_step(problem, x, w.values()) if way == "traced" else plain_step(problem)

    def run(draws: Any) -> Any:
        held, inputs = before(problem, x, draws, w.values())
        if way == "scan":
            return scan(*inputs).transpose(0, 1)
        return torch.stack(loop(problem, step, held, inputs), 1)

    def call(given: Any = None) -> Any:
        drawn = (
            draw(problem) if given is None else [torch.from_numpy(a.swapaxes(0, 1)) for a in given]
        )
        outputs = run(tuple(drawn))
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


def plain_step(problem: Problem) -> Step:
    maths = CELLS[problem.layer]
    return lambda held, state, now: maths.step(LIBRARY, held, state, now)


def traced_step(problem: Problem, x: Any, values: Any) -> Step:
    with torch.no_grad():
        held, inputs = before(problem, x, draw(problem), values)
    now = tuple(a[0] for a in inputs)
    found: Step = traced(plain_step(problem), held, zeros(problem, x), now)
    return found


def zeros(problem: Problem, like: Any) -> tuple[Any, ...]:
    """Return the first state."""
    state = like.new_zeros(problem.shape.batch, problem.shape.units)
    return (state,) * CELLS[problem.layer].states


def loop(problem: Problem, step: Step, held: Any, inputs: Any) -> list[Any]:
    """Return the outputs (batch, units), step by step."""
    state, outputs = zeros(problem, inputs[0]), []
    for now in zip(*(a.unbind(0) for a in inputs), strict=True):
        state = step(held, state, now)
        outputs.append(state[0])
    return outputs


def scan(keep: Any, new: Any) -> Any:
    """Return all outputs of a linear cell, reaching twice as far back at each turn."""
    reach = 1
    while reach < len(keep):
        further = new[reach:] + keep[reach:] * new[:-reach]
        new = torch.cat([new[:reach], further])
        keep = torch.cat([keep[:reach], keep[reach:] * keep[:-reach]])
        reach *= 2
    return new


def traced(function: Any, *examples: Any) -> Any:
    """Return a function as torch writes it down while it runs on examples."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that shapes are written down as they are
        return torch.jit.trace(function, examples, check_trace=False)
