"""elman's time beside what it is measured by, and beside the fastest of the others.

What it is measured by is kept as if it were a contender, under a name of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from benchmarks import table
from benchmarks.bench import Bench
from benchmarks.contenders import CONTENDERS, OWN, REFERENCE
from benchmarks.ratios import by_point
from benchmarks.records import Measurement


class Times(NamedTuple):
    """Seconds at a point: elman's, what it is measured by, and the fastest of the others if any."""

    own: float
    base: float
    rival: str
    fastest: float | None

    @property
    def ratio(self) -> float:
        return self.own / self.base

    @property
    def speed(self) -> float | None:
        """How many times as fast as the fastest of the others it is."""
        return None if self.fastest is None else self.fastest / self.own


def points(measurements: Sequence[Measurement], base: str) -> dict[tuple[str, ...], Times]:
    """Return the times by what was measured, the name first and then the shape."""
    found = {}
    for (_, *point), figures in by_point(measurements).items():
        rivals = {n: m.value for n, m in figures.items() if n in CONTENDERS}
        own = rivals.pop(OWN)
        rivals.pop(REFERENCE, None)
        rival = min(rivals, key=lambda n: rivals[n], default="")
        times = Times(own, figures[base].value, rival, rivals.get(rival))
        found[tuple(map(str, point))] = times
    return found


def judge(bench: Bench, threads: int, base: str, most: Mapping[str, float], least: float) -> None:
    """Keep the worst of each name: its ratio, which is to be at most this, and its speed."""
    found = points(bench.record.of(bench.section, threads), base)
    for name, wanted in most.items():
        ratios = {shape: times.ratio for (n, shape), times in found.items() if n == name}
        worst = max(ratios, key=lambda shape: ratios[shape])
        what = f"{name}, to {base}, worst: {worst}"
        bench.number(threads, what, ratios[worst], "x", at_most=wanted)
    for name in most:
        speeds = {s: t.speed for (n, s), t in found.items() if n == name and t.speed is not None}
        if speeds:
            worst = min(speeds, key=lambda shape: speeds[shape])
            what = f"{name}, to the fastest of the others, worst: {worst}"
            bench.number(threads, what, speeds[worst], "x", at_least=least)


def shower(kind: str, base: str) -> Callable[[Sequence[Measurement]], str]:
    """Return a section's `show`: a row a point."""

    def show(measurements: Sequence[Measurement]) -> str:
        rows = [
            [
                *point,
                *(table.figure(s, "s") for s in (t.own, t.base)),
                f"{t.ratio:.2f}x",
                *_rival(t),
            ]
            for point, t in points(measurements, base).items()
        ]
        header = [kind, "shape", OWN, base, "ratio", "fastest other", "", "times as fast"]
        return table.grid(header, rows)

    return show


def _rival(times: Times) -> list[str]:
    if times.fastest is None or times.speed is None:
        return ["", "", ""]
    return [times.rival, table.figure(times.fastest, "s"), f"{times.speed:.1f}x"]
