"""How much longer does `import elman` take than `import numpy`, and what does it import?

    python benchmarks/import_time.py [RUNS]

Runs both in fresh processes, in turn, with the Python that runs this file; install elman first
(`pip install .`), so that its bytecode is compiled as it is for a user. Target: 60 ms.
"""

import platform
import statistics
import subprocess
import sys
import time

TARGET = 0.060  # seconds
ALLOWED = {"elman", "numpy"}


def third_party(statement: str) -> set[str]:
    """Return the packages from outside the standard library that a statement imports."""
    code = (
        f"import sys\n{statement}\n"
        "print(*sorted({m.split('.')[0] for m in sys.modules} - set(sys.stdlib_module_names)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name for name in out.stdout.split() if not name.startswith("_")}


def seconds(statement: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - start


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    extra = third_party("import elman") - third_party("import numpy") - ALLOWED
    assert not extra, f"`import elman` imports {extra}"
    times: dict[str, list[float]] = {"import numpy": [], "import elman": []}
    for _ in range(runs + 1):
        for statement, found in times.items():
            found.append(seconds(statement))
    print(f"Python {platform.python_version()}, {platform.machine()}, {runs} runs in turn")
    for statement, found in times.items():
        kept = sorted(found[1:])  # the first run warms the disk's cache
        print(
            f"{statement:<14} median {statistics.median(kept) * 1e3:6.1f} ms   "
            f"from {kept[0] * 1e3:.1f} to {kept[-1] * 1e3:.1f}"
        )
    more = statistics.median(b - a for a, b in zip(*(v[1:] for v in times.values()), strict=True))
    print(f"elman takes {more * 1e3:.1f} ms more (target {TARGET * 1e3:.0f} ms)")
    return 0 if more <= TARGET else 1


if __name__ == "__main__":
    raise SystemExit(main())
