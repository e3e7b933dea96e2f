"""elman's own layers beside those of other libraries, and the stock layers of as many products."""

from collections.abc import Callable
from typing import Any

import elman
from benchmarks import cells
from benchmarks.contenders import Run
from benchmarks.problem import Problem
from elman.cells import streams_of
from elman.layers.parts.passes import TRAINING


def cell_passes(problem: Problem) -> Run:
    """Both passes of one of `benchmarks.cells`."""
    call, single = passes(problem)
    _, double = passes(cells.double(problem))
    return Run(call, cells.answers(problem, single, double))


def passes(problem: Problem) -> tuple[Callable[[], Any], list[Any]]:
    """Return what runs both passes, and what they find with the draws that everybody gets."""
    case, (x, doutputs), w = (
        cells.CASES[problem.layer],
        cells.inputs(problem),
        cells.weights(problem),
    )
    options = {"return_sequences": True, "dtype": problem.dtype, **case.options}
    layer = getattr(elman.layers, case.layer)(problem.shape.units, **options)
    layer.build(x.shape)
    layer.set_weights([w[weight.name] for weight in layer.weights])

    def call() -> Any:
        (outputs,), _, tape = layer.run((x,), (None,), TRAINING)
        return outputs, *layer.reverse(tape, (doutputs,))

    if case.draws:
        drawn, names = cells.draws(problem), streams_of(layer.cell.maths)
        streams = (*(a.astype(problem.dtype) for a in drawn), *(None,) * (len(names) - len(drawn)))
        layer.cell.draw_streams = lambda *_: streams
    outputs, (dx,), dweights = call()
    if case.draws:
        del layer.cell.draw_streams
    named = dict(zip((weight.name for weight in layer.weights), dweights, strict=True))
    return call, [outputs, dx, *(named[name] for name in w)]


def stock_passes(problem: Problem) -> Run:
    """Both passes of the stock layer with as many multiply-adds."""
    elman.utils.set_random_seed(0)
    name, units, _ = cells.stock(problem)
    layer = getattr(elman.layers, name)(units, return_sequences=True, dtype=problem.dtype)
    x, _ = cells.inputs(problem)
    x[x != x] = 0  # which for a stock layer is a number
    layer(x)

    def call() -> Any:
        (outputs,), _, tape = layer.run((x,), (None,), TRAINING)
        return outputs, *layer.reverse(tape, (outputs,))

    outputs, (dx,), dweights = call()
    found = {"outputs": outputs, "gradient of x": dx}
    found |= {f"gradient of {w.name}": d for w, d in zip(layer.weights, dweights, strict=True)}
    return Run(call, found)
