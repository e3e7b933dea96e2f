"""All contenders in turn, in one run: what one loses to a busy machine, all lose.

A round gives each a slice of time, in an order that turns from round to round. Before a slice the
machine rests for a moment, so that threads of the one before fall asleep. A time is the median of
the slices; its spread goes from the first quartile to the third.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from benchmarks import agreement
from benchmarks.problem import Problem
from benchmarks.worker import Worker


class Effort(NamedTuple):
    """How long to measure: rounds of slices (seconds), fewer when the budget (seconds) is spent."""

    rounds: int
    slice: float
    budget: float
    pause: float = 0.05


FULL = Effort(rounds=9, slice=0.02, budget=8.0)
QUICK = Effort(rounds=3, slice=0.005, budget=1.0)


class Timing(NamedTuple):
    """Seconds a call: median and quartiles; the slices' number; the processors that were busy."""

    median: float
    low: float
    high: float
    slices: int
    busy: float


Label = TypeVar("Label")


def race(
    entries: Mapping[Label, tuple[Worker, Problem]],
    effort: Effort,
    witness: Callable[[], Worker],
    between: Callable[[], object] = lambda: None,
) -> dict[Label, Timing]:
    """Check that the answers agree, then time all that have one.

    Args:
        entries: by label, who computes what.
        effort: how long.
        witness: returns who confirms answers that nobody else computes.
        between: called before each round.

    Raises:
        DisagreementError: two contenders have different answers; nothing is timed.
    """
    try:
        ready = _agreeing(entries, witness)
        return _timed(ready, effort, between) if ready else {}
    finally:
        for worker in {id(worker): worker for worker, _ in entries.values()}.values():
            worker.ask("drop")


def _agreeing(
    entries: Mapping[Label, tuple[Worker, Problem]], witness: Callable[[], Worker]
) -> dict[Label, tuple[Worker, Problem]]:
    """Return the entries that can do it, after comparing those with the same problem."""
    answers: dict[Problem, dict[str, agreement.Answers]] = {}
    ready = {}
    for label, (worker, problem) in entries.items():
        if (found := worker.ask("prepare", problem)) is not None:
            answers.setdefault(problem, {})[f"{worker.name} ({worker.threads} threads)"] = found
            ready[label] = (worker, problem)
    for problem, by_name in answers.items():
        if len(by_name) == 1:
            by_name["the reference"] = witness().ask("answers", problem)
        agreement.check(problem, by_name)
    return ready


def _timed(
    ready: Mapping[Label, tuple[Worker, Problem]], effort: Effort, between: Callable[[], object]
) -> dict[Label, Timing]:
    slices: dict[Label, list[tuple[float, float]]] = {label: [] for label in ready}
    labels, end = list(ready), time.perf_counter() + effort.budget
    for turn in range(effort.rounds):
        if turn >= 3 and time.perf_counter() > end:
            break
        between()
        first = turn % len(labels)
        for label in labels[first:] + labels[:first]:
            worker, problem = ready[label]
            time.sleep(effort.pause)
            slices[label].append(worker.ask("time", problem, effort.slice))
    return {label: _timing(found) for label, found in slices.items()}


def _timing(slices: list[tuple[float, float]]) -> Timing:
    times, busy = zip(*slices, strict=True)
    low, median, high = statistics.quantiles(times, n=4, method="inclusive")
    return Timing(median, low, high, len(times), statistics.median(busy))
