"""How long does one timestep take that arrives alone? An LSTM, batch 1, 8 features."""

from benchmarks import table
from benchmarks.bench import Bench
from benchmarks.contenders import OWN
from benchmarks.problem import Problem, Shape

TITLE = "Streaming step of an LSTM from Python, all included (1 thread, 8 features)"
UNITS = (8, 16, 32, 64, 128, 256, 512)
WANTED = {16: 0.4e-6, 64: 0.9e-6, 256: 10e-6}  # seconds
STEPS = 16  # that are checked

show = table.by_contender


def run(bench: Bench) -> None:
    for units in UNITS[:4] if bench.quick else UNITS:
        times = bench.compare(Problem("stream", "LSTM", Shape(1, STEPS, 8, units)), threads=1)
        for name, timing in times.items():
            bench.add(1, {"units": units}, name, timing)
        if OWN not in times:  # no `model.stream`
            continue
        own = times[OWN].median
        if units in WANTED:
            bench.number(1, f"units {units}", own, "s", at_most=WANTED[units])
        if units == 16 and "ONNX-RT" in times:
            ratio = times["ONNX-RT"].median / own
            bench.number(1, "units 16, against ONNX Runtime", ratio, "x", at_least=30.0)
