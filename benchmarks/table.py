"""Figures as text."""

from collections.abc import Iterable, Sequence

from benchmarks.contenders import CONTENDERS
from benchmarks.ratios import by_point, to_fastest
from benchmarks.records import Measurement, Number

NOTHING = "not there"


def grid(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Align columns: words to the left, what begins with a digit to the right."""
    rows = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        aligned = [
            cell.rjust(width) if cell[:1].isdigit() and "," not in cell else cell.ljust(width)
            for cell, width in zip(cells, widths, strict=True)
        ]
        return "  ".join(aligned).rstrip()

    return "\n".join([line(header), "  ".join("-" * width for width in widths), *map(line, rows)])


def by_contender(measurements: Sequence[Measurement], ratio: bool = True) -> str:
    """A row a point and a column a contender; at its end how many times as fast elman is."""
    names = [name for name in CONTENDERS if any(m.contender == name for m in measurements)]
    ratios = to_fastest(measurements) if ratio else {}
    rows = []
    for point, figures in by_point(measurements).items():
        row = [*map(str, point), *(_shown(figures.get(name)) for name in names)]
        rows.append(row + ([f"{ratios[point]:.2f}x" if point in ratios else ""] if ratios else []))
    what = list(measurements[0].what) if measurements else []
    return grid(["threads", *what, *names, *(["ratio"] if ratios else [])], rows)


def numbers(found: Sequence[Number]) -> str:
    """A row a number: what was wanted, what was measured."""
    verdicts = {True: "met", False: "MISSED", None: ""}
    rows = [
        [
            number.section,
            str(number.threads),
            number.what,
            _wanted(number),
            figure(number.got, number.unit),
            verdicts[number.met],
        ]
        for number in found
    ]
    return grid(["section", "threads", "number", "want", "got", ""], rows)


def _wanted(number: Number) -> str:
    if number.at_least is not None:
        return f">= {figure(number.at_least, number.unit)}"
    return "" if number.at_most is None else f"<= {figure(number.at_most, number.unit)}"


def figure(value: float, unit: str) -> str:
    """Write a figure with three digits and its unit.

    >>> figure(0.00123, "s"), figure(2.5e7, "bytes"), figure(0.7, "of the limit")
    ('1.23 ms', '25.0 MB', '70 %')
    """
    if unit in ("s", "s a step"):
        for scale, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
            if value >= scale:
                return f"{_digits(value / scale)} {name}"
        return f"{_digits(value / 1e-9)} ns"
    if unit == "bytes":
        return f"{_digits(value / 1e6)} MB"
    if unit == "of the limit":
        return f"{100 * value:.0f} %"
    return f"{value:.2f}x" if unit == "x" else f"{_digits(value)} {unit}"


def _digits(value: float) -> str:
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"


def _shown(m: Measurement | None) -> str:
    return NOTHING if m is None else figure(m.value, m.unit)
