"""Three layers at six shapes, all contenders: what `train` and `infer` share."""

from collections.abc import Mapping

from benchmarks.bench import Bench
from benchmarks.problem import LAYERS, Problem
from benchmarks.ratios import geometric_mean, to_fastest


def measure(bench: Bench, task: str, *, mean: float, worst: float) -> None:
    """Time all points, and judge how elman does against the fastest of the others."""
    for threads in bench.threads:
        for layer in LAYERS:
            for shape in bench.shapes:
                times = bench.compare(Problem(task, layer, shape), threads)
                for name, timing in times.items():
                    bench.add(threads, {"layer": layer, "shape": str(shape)}, name, timing)
        ratios = to_fastest(bench.record.of(bench.section, threads))
        if ratios:
            against = "against the fastest of the others"
            bench.number(
                threads, f"geometric mean {against}", geometric_mean(ratios.values()), "x",
                **asked(threads, at_least=mean),
            )  # fmt: skip
            bench.number(
                threads, f"worst {against}", min(ratios.values()), "x",
                **asked(threads, at_least=worst),
            )  # fmt: skip


def asked(threads: int, **wanted: float) -> Mapping[str, float]:
    """Return what is wanted, which is wanted on two threads."""
    return wanted if threads == 2 else {}
