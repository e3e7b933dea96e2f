"""How long does importing take, beyond importing NumPy, which all do?"""

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks import table
from benchmarks.bench import Bench
from benchmarks.contenders import CONTENDERS, OWN
from benchmarks.records import Measurement

TITLE = "Import, in a fresh process, beyond `import numpy`"
RUNS, RIVALS_RUNS = 15, 3  # the first of each warms the disk's cache and does not count
WANTED = 0.060  # seconds
ALLOWED = {"elman", "numpy"}


def show(measurements: Sequence[Measurement]) -> str:
    return table.by_contender(measurements)


def run(bench: Bench) -> None:
    extra = third_party(CONTENDERS[OWN].statement) - third_party("import numpy") - ALLOWED
    assert not extra, f"`import elman` imports {extra}"
    statements = {"numpy": "import numpy"}
    statements |= {name: CONTENDERS[name].statement for name in [OWN, *bench.rivals]}
    times: dict[str, list[float]] = {name: [] for name in statements}
    for turn in range((3 if bench.quick else RUNS) + 1):
        for name, statement in statements.items():
            if turn <= RIVALS_RUNS or name in ALLOWED:
                bench.progress(name)
                times[name].append(seconds(statement))
    for name in list(statements)[1:]:
        more = [a - b for a, b in zip(times[name][1:], times["numpy"][1:], strict=False)]
        value, least, most = statistics.median(more), min(more), max(more)
        bench.put(1, {"what": "import"}, name, value, "s", low=least, high=most)
        if name == OWN:
            bench.number(1, "import elman", value, "s", at_most=WANTED)


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
    subprocess.run([sys.executable, "-c", statement], check=True, capture_output=True)
    return time.perf_counter() - start
