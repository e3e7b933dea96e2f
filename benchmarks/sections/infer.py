"""How long does inference take? One batch through the layer and Dense(1)."""

from benchmarks import table
from benchmarks.bench import Bench
from benchmarks.sections._points import measure

TITLE = "Inference (predict_on_batch): layer, Dense(1)"

show = table.by_contender


def run(bench: Bench) -> None:
    measure(bench, "infer", mean=3.5, worst=1.0)
