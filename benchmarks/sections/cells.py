"""What do the cells that others lack cost, beside as many multiply-adds in the stock ones?

And beside loops over the timesteps in torch and JAX, which is how their users get such cells.
"""

from benchmarks import cells
from benchmarks.bench import Bench
from benchmarks.contenders import OWN
from benchmarks.problem import Problem, Shape
from benchmarks.sections._beside import judge, shower

TITLE = (
    "Both passes of a layer, beside a stock layer's for the same number of multiply-adds, and "
    "beside the others'"
)
SHAPES = (
    Shape(32, 50, 8, 32),
    Shape(32, 100, 32, 64),
    Shape(32, 100, 32, 128),
    Shape(64, 100, 64, 256),
)
STOCK = "as many multiply-adds"
MOST, LEAST = 1.3, 5.0  # times what these take; times as fast as the fastest of the others

show = shower("cell", STOCK)


def run(bench: Bench) -> None:
    threads = max(bench.threads)
    for shape in SHAPES[:: 2 if bench.quick else 1]:
        for name in cells.CASES:
            _measure(bench, threads, Problem("cell_passes", name, shape))
    judge(bench, threads, STOCK, dict.fromkeys(cells.CASES, MOST), LEAST)


def _measure(bench: Bench, threads: int, problem: Problem) -> None:
    """Time all who have the cell, and the stock layer, whose time counts for as many products."""
    stock = Problem("stock_passes", problem.layer, problem.shape)
    entries = {name: (name, threads, problem) for name in bench.contenders if name in cells.WHO}
    times = bench.race({**entries, STOCK: (OWN, threads, stock)})
    what = {"cell": problem.layer, "shape": str(problem.shape)}
    for name, timing in times.items():
        part = cells.stock(problem)[2] if name == STOCK else 1.0
        bench.add(threads, what, name, timing, divisor=part)
