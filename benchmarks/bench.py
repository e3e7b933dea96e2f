"""A run: who takes part, with how many threads, and what has been found so far."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from benchmarks.contenders import OWN, REFERENCE
from benchmarks.problem import Problem, Shape
from benchmarks.records import Measurement, Number, Record
from benchmarks.timing import Effort, Timing, race
from benchmarks.worker import Worker

Label = TypeVar("Label")


@dataclass
class Bench:
    """What sections work with.

    Attributes:
        contenders: who takes part, elman first.
        threads: the numbers of threads to measure with.
        shapes: of training and inference.
        effort: how long to measure.
        quick: whether to leave out what takes long.
        record: where figures go.
    """

    contenders: Sequence[str]
    threads: Sequence[int]
    shapes: Sequence[Shape]
    effort: Effort
    quick: bool
    record: Record
    section: str = ""
    _workers: dict[tuple[str, int], Worker] = field(default_factory=dict)

    @property
    def rivals(self) -> list[str]:
        """Who is not elman."""
        return [name for name in self.contenders if name not in (OWN, REFERENCE)]

    def worker(self, name: str, threads: int) -> Worker:
        """Return a contender's process, which lives until the run ends."""
        if (name, threads) not in self._workers:
            self._workers[name, threads] = Worker(name, threads)
        return self._workers[name, threads]

    def race(
        self,
        entries: Mapping[Label, tuple[str, int, Problem]],
        between: Callable[[], object] = lambda: None,
    ) -> dict[Label, Timing]:
        """Time problems: by label, whose, with how many threads, and what."""
        first = next(iter(entries.values()))
        self.progress(f"{first[2]}, {first[1]} threads")
        workers = {
            label: (self.worker(name, threads), problem)
            for label, (name, threads, problem) in entries.items()
        }
        return race(workers, self.effort, lambda: self.worker(REFERENCE, 1), between)

    def compare(
        self, problem: Problem, threads: int, names: Sequence[str] | None = None
    ) -> dict[str, Timing]:
        """Time all contenders, or those named, with one problem."""
        names = self.contenders if names is None else names
        return self.race({name: (name, threads, problem) for name in names})

    def add(
        self, threads: int, what: dict[str, Any], name: str, timing: Timing, unit: str = "s",
        divisor: float = 1.0,
    ) -> None:  # fmt: skip
        """Keep a time, of so many steps in place of one call where there is a divisor."""
        if timing.busy > threads + 0.2:
            print(f"{name} kept {timing.busy:.1f} processors busy with {threads} threads: {what}")
        low, median, high = (t / divisor for t in (timing.low, timing.median, timing.high))
        self.put(threads, what, name, median, unit, low=low, high=high, busy=timing.busy)

    def put(
        self, threads: int, what: dict[str, Any], name: str, value: float, unit: str, **more: Any
    ) -> None:
        """Keep a figure."""
        found = Measurement(self.section, threads, what, name, value, unit, **more)
        self.record.measurements.append(found)

    def number(self, threads: int, what: str, got: float, unit: str, **wanted: float) -> None:
        """Keep a number beside what it should be; what is wanted is wanted on two threads."""
        self.record.numbers.append(Number(self.section, threads, what, got, unit, **wanted))

    def progress(self, text: str) -> None:
        """Say what is being measured: on a terminal in one line that goes away."""
        if sys.stderr.isatty():
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
        elif text:
            print(f"{self.section}: {text}", file=sys.stderr, flush=True)

    def close(self) -> None:
        self.progress("")
        for worker in self._workers.values():
            worker.close()
