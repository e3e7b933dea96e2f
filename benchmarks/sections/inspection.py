"""What does it cost to look inside: all states and gates of a batch, and the gradients of all?

Beside `predict_on_batch` on the same batch. What a trace computes when it is first asked for,
pre-activations and the gradients of gates, is a row of its own: everything, read once.
"""

from collections.abc import Sequence

from benchmarks import table
from benchmarks.bench import Bench
from benchmarks.contenders import OWN
from benchmarks.problem import LAYERS, Problem
from benchmarks.records import Measurement
from benchmarks.sections._points import asked

TITLE = "Looking inside, as a ratio to predict_on_batch on the same batch"
TASKS = {  # how the columns are called
    "infer": "forward",
    "trace": "trace",
    "trace_gradients": "with gradients",
    "trace_everything": "all read",
}
WANTED = {"trace": 1.5, "trace_gradients": 3.0}


def run(bench: Bench) -> None:
    threads = max(bench.threads)
    for layer in LAYERS:
        for shape in bench.shapes[1:]:
            runs = {task: (OWN, threads, Problem(task, layer, shape)) for task in TASKS}
            for task, timing in bench.race(runs).items():
                what = {"layer": layer, "shape": str(shape), "task": task}
                bench.add(threads, what, OWN, timing)
    points = _points(bench.record.of(bench.section, threads))
    for task, most in WANTED.items():
        ratios = {point: times[task] / times["infer"] for point, times in points.items()}
        worst = max(ratios, key=lambda point: ratios[point])
        name = f"{TASKS[task]}, worst of all: {' '.join(map(str, worst[1:]))}"
        bench.number(threads, name, ratios[worst], "x", **asked(threads, at_most=most))


def _points(measurements: Sequence[Measurement]) -> dict[tuple[object, ...], dict[str, float]]:
    points: dict[tuple[object, ...], dict[str, float]] = {}
    for m in measurements:
        *point, task = m.threads, *m.what.values()
        points.setdefault(tuple(point), {})[str(task)] = m.value
    return points


def show(measurements: Sequence[Measurement]) -> str:
    rows = []
    for point, times in _points(measurements).items():
        ratios = [f"{times[task] / times['infer']:.2f}x" for task in TASKS if task != "infer"]
        rows.append([*map(str, point), table.figure(times["infer"], "s"), *ratios])
    return table.grid(["threads", "layer", "shape", *TASKS.values()], rows)
