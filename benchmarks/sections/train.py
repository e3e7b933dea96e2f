"""How long does a training step take? Forward, backward and Adam."""

from benchmarks import table
from benchmarks.bench import Bench
from benchmarks.ratios import to_fastest
from benchmarks.sections._points import asked, measure

TITLE = "Training step (train_on_batch): layer, Dense(1), squared error, Adam"
SMALLEST = "1,100,8,16"

show = table.by_contender


def run(bench: Bench) -> None:
    measure(bench, "train", mean=4.0, worst=1.5)
    for threads in bench.threads:
        ratios = to_fastest(bench.record.of("train", threads))
        small = [ratio for (_, _, shape), ratio in ratios.items() if shape == SMALLEST]
        if small:
            what = f"worst at ({SMALLEST})"
            bench.number(threads, what, min(small), "x", **asked(threads, at_least=5.0))
