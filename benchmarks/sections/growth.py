"""How does the time of an LSTM grow with timesteps, batch and units? No cliff is wanted.

Seconds are those of one timestep, of the whole batch.
"""

from collections.abc import Iterator

from benchmarks import table
from benchmarks.bench import Bench
from benchmarks.contenders import OWN
from benchmarks.problem import Problem, Shape

TITLE = "Growth of an LSTM's time a timestep"
TIMESTEPS = (10, 100, 1000, 10_000, 100_000)
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
UNITS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
COMPILED_ONCE = ("torch", "JAX")  # who joins in; Keras takes minutes to trace so many shapes
LONGEST = 1000  # timesteps with rivals

show = table.by_contender


def points(quick: bool) -> Iterator[tuple[str, Shape]]:
    for timesteps in TIMESTEPS[: 3 if quick else None]:
        yield "timesteps", Shape(16, timesteps, 16, 64)
    for batch in BATCHES[:: 3 if quick else 1]:
        yield "batch", Shape(batch, 100, 16, 64)
    for units in UNITS[:: 3 if quick else 1]:
        yield "units", Shape(32, 50, 16, units)


def run(bench: Bench) -> None:
    threads = max(bench.threads)
    for task in ("train", "infer"):
        flat = []
        for grows, shape in points(bench.quick):
            alone = shape.timesteps > LONGEST
            names = [n for n in bench.contenders if n == OWN or (n in COMPILED_ONCE and not alone)]
            times = bench.compare(Problem(task, "LSTM", shape), threads, names)
            for name, timing in times.items():
                what = {"task": task, "grows": grows, "shape": str(shape)}
                bench.add(threads, what, name, timing, "s a step", shape.timesteps)
            if grows == "timesteps":
                flat.append(times[OWN].median / shape.timesteps)
        what = f"{task}: dearest timestep to cheapest, 10 to {TIMESTEPS[len(flat) - 1]:,} timesteps"
        bench.number(threads, what, max(flat) / min(flat), "x", at_most=1.3)
