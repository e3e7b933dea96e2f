"""What do options of state and time cost in a training step, and how do others get them?"""

from dataclasses import replace

from benchmarks import cells, states
from benchmarks.bench import Bench
from benchmarks.contenders import OWN
from benchmarks.problem import Problem
from benchmarks.sections._beside import judge, shower
from benchmarks.sections.cells import LEAST, MOST, SHAPES

TITLE = (
    "A step of training an LSTM with an option of state or time, beside the plain step, and "
    "beside the others'"
)
PLAIN = "the plain step"
WANTED = dict.fromkeys(states.OPTIONS[1:], MOST) | {
    "lengths": 0.75,  # half of the steps are padding
    "checkpoint_steps": MOST * 4 / 3,  # the way there is gone twice: four products for three
}

show = shower("option", PLAIN)


def run(bench: Bench) -> None:
    threads = max(bench.threads)
    for shape in SHAPES[:: 2 if bench.quick else 1]:
        for option in WANTED:
            _measure(bench, threads, Problem("train_state", "LSTM", shape, option=option))
    judge(bench, threads, PLAIN, WANTED, LEAST)


def _measure(bench: Bench, threads: int, problem: Problem) -> None:
    names = [name for name in bench.contenders if name in cells.WHO]
    entries = {name: (name, threads, problem) for name in names}
    times = bench.race({**entries, PLAIN: (OWN, threads, replace(problem, option=""))})
    for name, timing in times.items():
        bench.add(threads, {"option": problem.option, "shape": str(problem.shape)}, name, timing)
