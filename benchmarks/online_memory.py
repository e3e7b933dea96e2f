"""Does memory stay what it is while a model learns a timestep at a time?

    python -m benchmarks.online_memory                     a million steps by each method
    python -m benchmarks.online_memory --steps 20000

It first checks that both methods give the same loss, then prints the resident memory of the process
after each tenth of the steps, and the time of a step. Needs Linux, whose /proc tells the memory.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np

import elman
from elman import layers


def resident() -> int:
    """Return the resident memory of this process, in bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def learner(method: str) -> "elman.models.OnlineLearner":
    """Return a learner of a small model, the same each time."""
    elman.utils.set_random_seed(0)
    model = elman.Sequential([elman.Input((None, 1)), layers.GRU(8), layers.Dense(1)])
    model.compile("adam", "mse")
    return model.online(method, bptt_steps=20)


def wave(steps: int) -> np.ndarray:
    """Return a sine of so many steps, (steps, 1)."""
    return np.sin(np.arange(steps) / 5).astype("float32")[:, None]


def grown(method: str, steps: int) -> list[int]:
    """Return the resident memory after each tenth of the steps, and print it."""
    taught, x, found = learner(method), wave(1000), []
    started = time.perf_counter()
    for tenth in range(10):
        for t in range(steps // 10):
            taught.learn(x[t % 999], x[t % 999 + 1])
        found.append(resident())
        print(f"{method}  {(tenth + 1) * (steps // 10):>9,} steps  {found[-1] / 2**20:8.2f} MiB")
    print(f"{method}  {(time.perf_counter() - started) / steps * 1e6:.0f} us a step")
    return found


def main() -> None:
    """Check the answers, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000)
    steps = parser.parse_args().steps
    first = [learner(method).learn(wave(2)[0], wave(2)[1]) for method in ("rtrl", "bptt")]
    if not np.allclose(*first, rtol=1e-5):
        raise SystemExit(f"the first losses differ: {first}")
    for method in ("rtrl", "bptt"):
        found = grown(method, steps)
        print(f"{method}  grew by {(found[-1] - found[0]) / 2**10:.0f} KiB since the first tenth")


if __name__ == "__main__":
    main()
