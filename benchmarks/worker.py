"""A contender in a process of its own, with its own number of threads.

Threads are limited in three ways: the process may use only so many processors (where the system
can say so), the environment names the number to OpenMP, BLAS and XLA before they load, and each
library is told (`set_threads`). How its threads wait for work is left as its makers set it.
"""

import contextlib
import importlib
import multiprocessing
import os
import sys
import time
import timeit
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any, Self

from benchmarks.contenders import CONTENDERS, NotThereError, Run
from benchmarks.problem import Problem

LEAST_CALLS = 5  # in a slice, so that a call counts as one of many and not as the first
VARIABLES = (  # OpenMP and BLAS; XLA, which has no setting of its own
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "PJRT_NPROC", "NPROC",
)  # fmt: skip


class Worker:
    """The parent's end: it starts the process, asks, and ends it.

    Raises:
        RuntimeError: the contender failed; the message is its traceback.
    """

    def __init__(self, name: str, threads: int) -> None:
        self.name, self.threads = name, threads
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, CONTENDERS[name].module, threads), daemon=True
        )
        with _limited(threads):
            self._process.start()
        theirs.close()

    def ask(self, what: str, *arguments: Any) -> Any:
        """Return what a method of `_Host` returns, or None if the contender does not have it."""
        self._connection.send((what, arguments))
        try:
            failed, reply = self._connection.recv()
        except EOFError:
            raise RuntimeError(
                f"{self.name}: its process has died while it did {what!r}."
            ) from None
        if failed:
            raise RuntimeError(f"{self.name}, {what}{arguments}:\n{reply}")
        return reply

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.send(None)
        self._process.join(timeout=5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextlib.contextmanager
def _limited(threads: int) -> Iterator[None]:
    """Let a child that starts here inherit so many processors and threads."""
    before = {name: os.environ.get(name) for name in VARIABLES}
    os.environ.update(dict.fromkeys(VARIABLES, str(threads)))
    processors = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    try:
        if processors:
            os.sched_setaffinity(0, sorted(processors)[:threads])
        yield
    finally:
        if processors:
            os.sched_setaffinity(0, processors)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _serve(connection: Connection, module: str, threads: int) -> None:
    """Answer until there is nothing more to do: the child's whole life."""
    host: _Host | None = None
    while (message := connection.recv()) is not None:
        what, arguments = message
        try:
            host = host or _Host(module, threads)
            reply = (False, getattr(host, what)(*arguments))
        except Exception:
            reply = (True, traceback.format_exc())
        connection.send(reply)


class _Host:
    """The child's end: a contender's module, and what it has ready to be timed."""

    def __init__(self, module: str, threads: int) -> None:
        self.contender = importlib.import_module(module)
        self.contender.set_threads(threads)
        self.runs: dict[Problem, Run] = {}
        self.numbers: dict[Problem, int] = {}  # how many calls make a slice

    def call(self, name: str, *arguments: Any) -> Any:
        """Call one of the contender's functions."""
        return getattr(self.contender, name)(*arguments)

    def prepare(self, problem: Problem) -> Any:
        """Make a problem ready and return its answers; None if this contender can't."""
        function = getattr(self.contender, problem.task, None)
        if function is None:
            return None
        try:
            self.runs[problem] = function(problem)
        except NotThereError:
            return None
        return dict(self.runs[problem].answers)

    def answers(self, problem: Problem) -> Any:
        """Return the answers to a problem that is not to be timed."""
        return dict(getattr(self.contender, problem.task)(problem).answers)

    def time(self, problem: Problem, seconds: float) -> tuple[float, float]:
        """Call it for about so long; return seconds a call, and how many processors were busy."""
        timer = timeit.Timer(self.runs[problem].call)
        if problem not in self.numbers:
            self.numbers[problem] = max(LEAST_CALLS, _calls_that_take(timer, seconds))
        number = self.numbers[problem]
        timer.timeit(max(1, number // 10))  # untimed: caches and threads wake up
        used = time.process_time()
        taken = timer.timeit(number)
        return taken / number, (time.process_time() - used) / taken

    def drop(self) -> None:
        """Let go of all that is ready."""
        self.runs.clear()
        self.numbers.clear()
        getattr(self.contender, "forget", lambda: None)()

    def peak_memory(self) -> int | None:
        """Return the most memory, in bytes, that this process has had; None if nobody counts."""
        with contextlib.suppress(OSError), open("/proc/self/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmHWM:"):  # unlike ru_maxrss without the parent's own
                    return int(line.split()[1]) * 1024
        try:
            import resource
        except ImportError:  # Windows
            return None
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _calls_that_take(timer: timeit.Timer, seconds: float) -> int:
    number = 1
    while (taken := timer.timeit(number)) < seconds / 2:
        number = max(2 * number, min(10 * number, int(0.8 * number * seconds / max(taken, 1e-9))))
    return number
