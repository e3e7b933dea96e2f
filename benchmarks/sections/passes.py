"""How long do one layer's passes take, without a model around them?

"forward" is one, "backward" a forward pass and the one in reverse with all gradients; beside
elman's NumPy reference and torch.
"""

from benchmarks import table
from benchmarks.bench import Bench
from benchmarks.contenders import OWN, REFERENCE
from benchmarks.problem import LAYERS, Problem

TITLE = "Passes of one layer alone, beside the NumPy reference"

show = table.by_contender


def run(bench: Bench) -> None:
    names = [OWN, REFERENCE, *(name for name in bench.rivals if name == "torch")]
    threads = max(bench.threads)
    for task in ("forward", "backward"):
        for layer in LAYERS:
            for shape in bench.shapes:
                times = bench.compare(Problem(task, layer, shape), threads, names)
                what = {"pass": task, "layer": layer, "shape": str(shape)}
                for name, timing in times.items():
                    bench.add(threads, what, name, timing)
