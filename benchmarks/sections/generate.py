"""How many tokens a second does a model generate, beside a loop over `predict`?

An embedding of 64 tokens in 32 numbers, an LSTM of 128 units, 64 logits; one sequence. The loop
reads all tokens from the beginning at each step, as one that keeps no state has to: 10 to 209.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks import table
from benchmarks.bench import Bench
from benchmarks.contenders import OWN
from benchmarks.records import Measurement

TITLE = "Generating tokens: embedding, LSTM of 128 units, 64 tokens (1 thread, batch 1)"
TOKENS, UNITS, START = 64, 128, 10
STEPS, LOOP = 1000, 200  # tokens in a run of `generate`, and of the loop
WANTED = 15.0  # times as fast as the loop


def show(measurements: Sequence[Measurement]) -> str:
    rows = [
        [str(m.what["by"]), table.figure(m.value, "s"), f"{1 / m.value:,.0f}"] for m in measurements
    ]
    return table.grid(["by", "a token", "tokens/s"], rows)


def run(bench: Bench) -> None:
    import elman
    from elman.generation import BeamSearch, Greedy, Sample

    threads = elman.get_num_threads()
    elman.set_num_threads(1)
    try:
        elman.utils.set_random_seed(0)
        stack = [
            elman.layers.Embedding(TOKENS, 32, embeddings_initializer="random_normal"),
            elman.layers.LSTM(UNITS, return_sequences=True),
            elman.layers.Dense(TOKENS),
        ]
        model = elman.Sequential([elman.Input((None,)), *stack])
        start = np.arange(START)[None] % TOKENS
        expected = by_predict(model, start, LOOP)
        got = elman.generate(model, start, LOOP, Greedy())
        assert (got == expected).all(), "generate and the loop over predict disagree"
        steps = STEPS // 10 if bench.quick else STEPS
        ways: dict[str, tuple[int, Callable[[], Any]]] = {
            "predict in a loop": (LOOP, lambda: by_predict(model, start, LOOP)),
            **{
                name: (steps, lambda s=sampler: elman.generate(model, start, steps, s))
                for name, sampler in {
                    "generate, Greedy": Greedy(),
                    "generate, Sample(0.8)": Sample(0.8, seed=0),
                    "generate, Sample(0.8, top_k=10)": Sample(0.8, top_k=10, seed=0),
                    "generate, BeamSearch(4)": BeamSearch(4),
                }.items()
            },
        }
        medians = _time(bench, ways)
    finally:
        elman.set_num_threads(threads)
    ratio = medians["predict in a loop"] / medians["generate, Greedy"]
    bench.number(1, "greedy tokens, against predict in a loop", ratio, "x", at_least=WANTED)


def by_predict(model: Any, seen: Any, steps: int) -> Any:
    found = []
    for _ in range(steps):
        token = model.predict(seen, verbose=0)[:, -1].argmax(axis=1)
        found.append(token)
        seen = np.concatenate([seen, token[:, None]], axis=1)
    return np.stack(found, axis=1)


def _time(bench: Bench, ways: dict[str, tuple[int, Callable[[], Any]]]) -> dict[str, float]:
    """Keep the seconds a token of each way, one run of each in turn."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(bench.effort.rounds):
        for name, (steps, call) in ways.items():
            bench.progress(name)
            start = time.perf_counter()
            call()
            times[name].append((time.perf_counter() - start) / steps)
    for name, found in times.items():
        median, least, most = statistics.median(found), min(found), max(found)
        bench.put(1, {"by": name}, OWN, median, "s", low=least, high=most)
    return {name: statistics.median(found) for name, found in times.items()}
