"""How many threads there should be: what the environment says, or what this process may use.

A container that may use two processors of sixty-four still sees sixty-four of them; its limit is
the quota of its control group (cgroup), the time that it may run in each period.
"""

import math
import os
from collections.abc import Iterator

from elman import _check


def default_threads() -> int:
    """Return the number of threads from the environment, or of the usable processors.

    Raises:
        ArgumentError: `ELMAN_NUM_THREADS` is no positive integer. `OMP_NUM_THREADS` is not
            elman's, and may be a list: its first number counts, and nothing is said of others.
    """
    own = os.environ.get("ELMAN_NUM_THREADS", "").strip()
    if own:
        number: object = int(own) if own.isdecimal() else own
        return _check.integer("elman", "ELMAN_NUM_THREADS", number)
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if first.isdecimal() and int(first) > 0:
        return int(first)
    return usable_cpus()


def usable_cpus(groups: str = "/proc/self/cgroup", tree: str = "/sys/fs/cgroup") -> int:
    """Return how many processors this process may use, by its affinity and its control group.

    Args:
        groups: the file that names the control groups of the process.
        tree: the folder in which control groups are mounted.
    """
    if hasattr(os, "process_cpu_count"):  # Python 3.13
        cpus = os.process_cpu_count() or 1
    elif hasattr(os, "sched_getaffinity"):
        cpus = len(os.sched_getaffinity(0))
    else:
        cpus = os.cpu_count() or 1
    shares = [math.ceil(quota / period) for quota, period in _quotas(groups, tree)]
    return max(1, min([cpus, *shares]))


def _quotas(groups: str, tree: str) -> Iterator[tuple[int, int]]:
    """Yield the limits on the process's control group and on those around it."""
    for line in _read(groups).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        mounted = os.path.join(tree, controllers)  # version 2 has one tree and no controllers here
        parts = [part for part in path.split("/") if part]
        for depth in range(len(parts) + 1):  # inside a container, the root alone may be there
            yield from _quota(os.path.join(mounted, *parts[:depth]))


def _quota(folder: str) -> Iterator[tuple[int, int]]:
    """Yield the time and the period of one control group, if it is limited."""
    text = _read(os.path.join(folder, "cpu.max"))  # version 2: "200000 100000", or "max 100000"
    if not text:  # version 1
        text = " ".join(_read(os.path.join(folder, f"cpu.cfs_{n}_us")) for n in ("quota", "period"))
    quota, _, period = text.partition(" ")
    if quota.strip().isdecimal() and period.strip().isdecimal() and int(quota) and int(period):
        yield int(quota), int(period)  # without a limit the quota is "max" or -1


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""
