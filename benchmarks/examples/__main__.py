"""Time examples with elman and with Keras, one after the other, and compare what they find.

    python -m pip install '.[examples,benchmarks]'
    python -m benchmarks.examples japanese_vowels long_memory --runs 3

Each run is a process of its own on two threads, and has a seed of its own, the same for both. They
take turns, so that what slows the machine down slows both. `seconds` is training, with what Keras
compiles in its first epoch; `program` is everything, imports too; `processor` what all threads have
computed. Where other work takes a processor away, threads wait for one another: measure with
`--threads 1` there.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence

from benchmarks.examples.worker import EXAMPLES

LIBRARIES = ("elman", "keras")
TIMES = ("program", "processor")
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))


def measure(library: str, name: str, threads: int, arguments: Sequence[str]) -> dict[str, float]:
    """Return what one run in a process of its own found."""
    command = [sys.executable, "-m", "benchmarks.examples.worker", library, name, *arguments]
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    limits = dict.fromkeys(names, str(threads))
    printed = subprocess.run(
        command, cwd=EXAMPLES.parent, env=os.environ | limits, stdout=subprocess.PIPE, check=True
    ).stdout
    return json.loads(printed.splitlines()[-1])


def compare(name: str, runs: int, threads: int, arguments: Sequence[str]) -> str:
    """Return a table of the medians, with every run's number behind."""
    found: dict[str, list[dict[str, float]]] = {library: [] for library in LIBRARIES}
    for seed in range(runs):
        for library in LIBRARIES:
            run = measure(library, name, threads, ["--seed", str(seed), *arguments])
            found[library].append(run)
    lines = [f"{name:24}{'elman':>10}{'keras':>10}{'ratio':>8}   runs"]
    for key in found["elman"][0]:
        each = {lib: [run[key] for run in found[lib] if key in run] for lib in LIBRARIES}
        ours, theirs = (statistics.median(each[lib]) for lib in LIBRARIES)
        ratio = f"{theirs / ours:7.1f}x" if key in TIMES or "seconds" in key else " " * 8
        behind = " | ".join(" ".join(f"{v:.4g}" for v in each[lib]) for lib in LIBRARIES)
        lines.append(f"  {key:22}{ours:10.4g}{theirs:10.4g}{ratio}   {behind}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="+", choices=NAMES, metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--short", action="store_true", help="the short form of each")
    options = parser.parse_args(arguments)
    for name in options.names:
        extra = ["--short"] * options.short
        print(compare(name, options.runs, options.threads, extra), flush=True)


if __name__ == "__main__":
    main()
