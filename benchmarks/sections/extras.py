"""What do a mask, recurrent dropout, float64, another activation and padding cost?

Masks are those of a `Masking` layer, whose own time counts: "mask" skips one step of each
sample, so that there is as much to compute as without; "padding" half of all steps.
"""

from collections.abc import Sequence
from dataclasses import replace

from benchmarks import table
from benchmarks.bench import Bench
from benchmarks.contenders import OWN
from benchmarks.problem import LAYERS, Problem
from benchmarks.records import Measurement
from benchmarks.sections._points import asked

TITLE = "Extra costs, as a ratio to the plain time"
WANTED = {"mask": 1.15, "dropout": 1.15, "float64": 2.3, "relu": 1.05, "padding": 0.65}


def run(bench: Bench) -> None:
    shapes = [bench.shapes[i] for i in sorted({len(bench.shapes) // 3, -2 % len(bench.shapes)})]
    threads = max(bench.threads)
    for task in ("train", "infer"):
        for layer in LAYERS:
            for shape in shapes:
                _measure(bench, threads, Problem(task, layer, shape))
    _judge(bench, threads)


def variants(plain: Problem) -> dict[str, Problem]:
    found = {
        "plain": plain,
        "mask": replace(plain, mask="holes"),
        "dropout": replace(plain, recurrent_dropout=0.2),
        "float64": replace(plain, dtype="float64"),
        "relu": replace(plain, activation="relu"),
        "padding": replace(plain, mask="padding"),
    }
    if plain.task == "infer":
        del found["dropout"]  # which is off
    return found


def _measure(bench: Bench, threads: int, plain: Problem) -> None:
    times = bench.race({name: (OWN, threads, p) for name, p in variants(plain).items()})
    for option, timing in times.items():
        what = {
            "task": plain.task,
            "layer": plain.layer,
            "shape": str(plain.shape),
            "option": option,
        }
        bench.add(threads, what, OWN, timing)


def _judge(bench: Bench, threads: int) -> None:
    """Keep the worst ratio of each option."""
    points = _by_option(bench.record.of(bench.section, threads))
    for option, most in WANTED.items():
        ratios = {
            point: options[option] / options["plain"]
            for point, options in points.items()
            if option in options
        }
        worst = max(ratios, key=lambda point: ratios[point])
        name = f"{option}, worst of all: {' '.join(map(str, worst[1:]))}"
        bench.number(threads, name, ratios[worst], "x", **asked(threads, at_most=most))


def _by_option(measurements: Sequence[Measurement]) -> dict[tuple[object, ...], dict[str, float]]:
    points: dict[tuple[object, ...], dict[str, float]] = {}
    for m in measurements:
        *point, option = m.threads, *m.what.values()
        points.setdefault(tuple(point), {})[str(option)] = m.value
    return points


def show(measurements: Sequence[Measurement]) -> str:
    rows = []
    for point, options in _by_option(measurements).items():
        ratios = [f"{options[o] / options['plain']:.2f}x" if o in options else "" for o in WANTED]
        rows.append([*map(str, point), table.figure(options["plain"], "s"), *ratios])
    return table.grid(["threads", "task", "layer", "shape", "plain", *WANTED], rows)
