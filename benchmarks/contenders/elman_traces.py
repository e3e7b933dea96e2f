"""elman looking inside: traces of the network that the other sections train."""

from functools import partial
from typing import Any

from benchmarks.contenders import Run
from benchmarks.problem import Problem, data
from elman.inspection.trace import Trace


def trace(problem: Problem) -> Run:
    """All states and gates."""
    model, x, _ = _given(problem)
    return Run(partial(model.trace, x), _answers(model.trace(x)))


def trace_gradients(problem: Problem) -> Run:
    """... and the gradients of states."""
    model, x, y = _given(problem)
    return Run(partial(model.trace, x, y), _answers(model.trace(x, y)))


def trace_everything(problem: Problem) -> Run:
    """... and of gates, with the pre-activations."""
    model, x, y = _given(problem)
    return Run(lambda: model.trace(x, y).to_dict(), _answers(model.trace(x, y)))


def _given(problem: Problem) -> tuple[Any, Any, Any]:
    from benchmarks.contenders.elman import made

    return (made(problem), *data(problem))


def _answers(found: Trace) -> dict[str, Any]:
    (layer,) = found.values()
    answers = {"outputs": found.outputs[0], **layer.states, **layer.gates}
    if layer.gradients is not None:
        answers |= {f"gradient of {name}": d for name, d in layer.gradients.states.items()}
    return answers
