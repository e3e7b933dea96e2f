"""What was measured, and what it was to reach: as values, and as JSON."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

VERSION = 1  # of the JSON's form


@dataclass(frozen=True)
class Measurement:
    """One figure.

    Attributes:
        section: which section measured it.
        threads: with how many threads.
        what: the point, such as {"layer": "LSTM", "shape": "1,100,8,16"}.
        contender: whose figure it is, or a name for what elman's is measured by.
        value: the median, in `unit`.
        unit: "s" a call, "s a step", "bytes", "GFLOP/s", "of the limit" or "x".
        low: the first quartile, where there are several.
        high: the third.
        busy: how many processors were busy.
    """

    section: str
    threads: int
    what: dict[str, Any]
    contender: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    busy: float | None = None


@dataclass(frozen=True)
class Number:
    """A number of the speed that is claimed, beside what it should be."""

    section: str
    threads: int
    what: str
    got: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether it is reached; None where nothing is asked."""
        if self.at_least is not None:
            return self.got >= self.at_least
        return None if self.at_most is None else self.got <= self.at_most


@dataclass
class Record:
    """A whole run."""

    machine: dict[str, Any]
    packages: dict[str, str]
    elman: dict[str, str]
    settings: dict[str, Any]
    measurements: list[Measurement] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)

    def of(self, section: str, threads: int) -> list[Measurement]:
        return [m for m in self.measurements if (m.section, m.threads) == (section, threads)]

    def write(self, path: Path) -> None:
        numbers = [asdict(number) | {"met": number.met} for number in self.numbers]
        found = {"version": VERSION} | asdict(self) | {"numbers": numbers}
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> Record:
    """Return the run that `Record.write` wrote.

    Raises:
        OSError: the file cannot be read.
        ValueError: it has another form.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found.pop("version") == VERSION:
            return _record(**found)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError(f"{path}: it is not what --json wrote.") from None
    raise ValueError(f"{path}: `version` must be {VERSION}. Measure again.")


def _record(
    measurements: list[dict[str, Any]], numbers: list[dict[str, Any]], **about: Any
) -> Record:
    return Record(
        **about,
        measurements=[Measurement(**m) for m in measurements],
        numbers=[Number(**{k: v for k, v in n.items() if k != "met"}) for n in numbers],
    )
