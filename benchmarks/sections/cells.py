"""What do the cells that others lack cost, beside as many multiply-adds in the stock ones?"""

from collections.abc import Sequence

from benchmarks import table
from benchmarks.bench import Bench
from benchmarks.contenders import OWN
from benchmarks.problem import Shape
from benchmarks.records import Measurement

TITLE = "Both passes of a layer, beside a stock layer's for the same number of multiply-adds"
SHAPES = (
    Shape(32, 50, 8, 32),
    Shape(32, 100, 32, 64),
    Shape(32, 100, 32, 128),
    Shape(64, 100, 64, 256),
)


def run(bench: Bench) -> None:
    from benchmarks.cells import CASES

    threads = max(bench.threads)
    worker = bench.worker(OWN, threads)
    for shape in SHAPES[:: 2 if bench.quick else 1]:
        for name in CASES:
            bench.progress(f"{name}, {shape}")
            found = worker.ask("call", "cell_times", name, shape)
            for what, value in zip(("layer", "stock", "wanted"), found, strict=True):
                bench.put(
                    threads, {"cell": name, "shape": str(shape), "time": what}, OWN, value, "s"
                )


def show(measurements: Sequence[Measurement]) -> str:
    points: dict[tuple[str, str], dict[str, float]] = {}
    for m in measurements:
        name, shape, what = map(str, m.what.values())
        points.setdefault((name, shape), {})[what] = m.value
    rows = []
    for point, t in points.items():
        figures = [table.figure(t["layer"], "s"), table.figure(t["wanted"], "s")]
        rows.append([*point, *figures, f"{t['layer'] / t['wanted']:.2f}x"])
    return table.grid(["cell", "shape", "both passes", "as many multiply-adds", "ratio"], rows)
