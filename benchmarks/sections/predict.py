"""How long does `model.predict` take on one small input? Nothing but the call itself."""

from benchmarks import table
from benchmarks.bench import Bench
from benchmarks.contenders import OWN
from benchmarks.problem import Problem, Shape

TITLE = "model.predict on one (1, 2, 2) input: SimpleRNN(2), Dense(1)"

show = table.by_contender


def run(bench: Bench) -> None:
    threads = max(bench.threads)
    times = bench.compare(Problem("predict", "SimpleRNN", Shape(1, 2, 2, 2)), threads)
    for name, timing in times.items():
        bench.add(threads, {"input": "1,2,2"}, name, timing)
    bench.number(threads, "model.predict", times[OWN].median, "s", at_most=30e-6)
