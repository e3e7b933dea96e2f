"""What does an option cost in training beyond the arithmetic that it asks for?"""

from collections.abc import Sequence

from benchmarks import table
from benchmarks.bench import Bench
from benchmarks.contenders import OWN
from benchmarks.problem import Shape
from benchmarks.records import Measurement

TITLE = "A step of training with an option, beside the plain step and the option's arithmetic alone"
SHAPES = (Shape(1, 100, 8, 16), Shape(32, 50, 8, 32), Shape(32, 100, 32, 128))


def run(bench: Bench) -> None:
    from benchmarks.options import CASES

    threads = max(bench.threads)
    worker = bench.worker(OWN, threads)
    for shape in SHAPES[:: 2 if bench.quick else 1]:
        for name in CASES:
            bench.progress(f"{name}, {shape}")
            found = worker.ask("call", "option_times", name, shape)
            for what, value in zip(("plain", "with it", "alone"), found, strict=True):
                bench.put(
                    threads, {"option": name, "shape": str(shape), "time": what}, OWN, value, "s"
                )


def show(measurements: Sequence[Measurement]) -> str:
    points: dict[tuple[str, str], dict[str, float]] = {}
    for m in measurements:
        name, shape, what = map(str, m.what.values())
        points.setdefault((name, shape), {})[what] = m.value
    rows = []
    for point, t in points.items():
        more = t["with it"] - t["plain"]
        figures = [table.figure(t["plain"], "s"), table.figure(max(more, 0.0), "s")]
        ratio = f"{t['with it'] / t['plain']:.2f}x"
        rows.append([*point, *figures, table.figure(t["alone"], "s"), ratio])
    return table.grid(["option", "shape", "plain", "more", "arithmetic", "ratio"], rows)
