"""Which share of the machine's multiply-adds does elman use? See `problem.operations`.

The limit is measured between the rounds, so that what slows one down slows the other.
"""

import statistics
from collections.abc import Sequence

from benchmarks import table
from benchmarks.bench import Bench
from benchmarks.contenders import OWN
from benchmarks.problem import LAYERS, Problem, Shape, operations
from benchmarks.ratios import by_point
from benchmarks.records import Measurement
from benchmarks.sections._points import asked

TITLE = "Share of this machine's multiply-add limit (float32)"
WANTED = {"infer": 0.7, "train": 0.6}  # of the LSTM


def run(bench: Bench) -> None:
    for threads in bench.threads:
        for layer in LAYERS:
            for shape in bench.shapes[-2:]:
                _measure(bench, threads, layer, shape)


def _measure(bench: Bench, threads: int, layer: str, shape: Shape) -> None:
    own, limits = bench.worker(OWN, threads), []
    problems = {task: Problem(task, layer, shape) for task in WANTED}
    times = bench.race(
        {task: (OWN, threads, problem) for task, problem in problems.items()},
        between=lambda: limits.append(own.ask("call", "limit", threads)),
    )
    if None in limits:
        return
    limit = statistics.median(limits)
    for task, timing in times.items():
        reached = operations(problems[task]) / timing.median / 1e9
        what = {"layer": layer, "shape": str(shape), "task": task}
        bench.put(threads, what, OWN, reached, "GFLOP/s")
        bench.put(threads, what, "limit", limit, "GFLOP/s")
        if layer == "LSTM":
            wanted = asked(threads, at_least=WANTED[task])
            bench.number(threads, str(problems[task]), reached / limit, "of the limit", **wanted)


def show(measurements: Sequence[Measurement]) -> str:
    if not measurements:
        return "unknown: elman's compiled kernels measure it, and are not there"
    rows = []
    for point, figures in by_point(measurements).items():
        reached, limit = figures[OWN].value, figures["limit"].value
        shares = table.figure(reached / limit, "of the limit")
        rows.append([*map(str, point), f"{reached:.0f}", f"{limit:.0f}", shares])
    header = ["threads", "layer", "shape", "task", "elman GFLOP/s", "limit GFLOP/s", "share"]
    return table.grid(header, rows)
