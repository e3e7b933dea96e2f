"""How much memory does training take at its peak? Each in a fresh process, all included."""

from benchmarks import table
from benchmarks.bench import Bench
from benchmarks.problem import Problem
from benchmarks.worker import Worker

TITLE = "Peak memory of a process that imports, and of one that trains an LSTM"
STEPS = 0.2  # seconds of training

show = table.by_contender


def run(bench: Bench) -> None:
    threads, shape = max(bench.threads), bench.shapes[-2 % len(bench.shapes)]
    problem = Problem("train", "LSTM", shape)
    for name in bench.contenders:
        bench.progress(name)
        with Worker(name, threads) as worker:
            peaks = {"import": worker.ask("peak_memory")}
            if worker.ask("prepare", problem) is not None:
                worker.ask("time", problem, STEPS)
                peaks[f"train ({shape})"] = worker.ask("peak_memory")
        for what, peak in peaks.items():
            if peak is not None:
                bench.put(threads, {"what": what}, name, peak, "bytes")
