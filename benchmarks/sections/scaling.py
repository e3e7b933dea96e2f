"""How much faster is training with more threads?"""

from collections.abc import Sequence

from benchmarks import table
from benchmarks.bench import Bench
from benchmarks.contenders import OWN
from benchmarks.problem import LAYERS, Problem
from benchmarks.records import Measurement

TITLE = "Training with the most threads: times as fast as with the fewest"


def run(bench: Bench) -> None:
    few, many = min(bench.threads), max(bench.threads)
    if few == many:
        return
    shape = bench.shapes[-2 % len(bench.shapes)]
    for layer in LAYERS:
        problem = Problem("train", layer, shape)
        times = bench.race(
            {(name, n): (name, n, problem) for name in bench.contenders for n in (few, many)}
        )
        for (name, threads), timing in times.items():
            bench.add(threads, {"layer": layer, "shape": str(shape)}, name, timing)
        ratio = times[OWN, few].median / times[OWN, many].median
        wanted = {"at_least": 1.8} if (few, many) == (1, 2) else {}
        bench.number(many, f"{layer} ({shape}), against {few}", ratio, "x", **wanted)


def show(measurements: Sequence[Measurement]) -> str:
    if not measurements:
        return "needs two numbers of threads"
    names = list(dict.fromkeys(m.contender for m in measurements))
    points: dict[tuple[str, ...], dict[str, dict[int, float]]] = {}
    for m in measurements:
        times = points.setdefault(tuple(m.what.values()), {}).setdefault(m.contender, {})
        times[m.threads] = m.value
    rows = [
        [*point, *(f"{t[min(t)] / t[max(t)]:.2f}x" for t in (by_name[name] for name in names))]
        for point, by_name in points.items()
    ]
    return table.grid([*measurements[0].what, *names], rows)
