"""The page: a row a layer, and below it why a case is not among those of a format."""

import string
from collections import defaultdict
from typing import Any, NamedTuple

from tests.formats.round_trips import reasons
from tests.formats.round_trips.cases import WHOLE
from tests.formats.round_trips.work import NEAR

HEAD = """\
# Round trips

Models of elman's that went to Keras, PyTorch, ONNX and C and came back, layer by layer. Made by
`tests/formats/round_trips` (it says how) with {versions}. Do not edit it by hand.

"cases" says how many models a row has, each of one layer in one of its ways, with masks, states,
both directions and so on; weights are drawn, biases too{seeds}. A number in a column is how many of
them went there and back. A letter says why others did not; the list of them is below the table.
"apart" is the largest difference of an output from elman's own, of all that went, relative to the
larger of 1 and the largest number of that output; above {near:.0e} a case would have failed.
1.2e-07 is a rounding of float32.

- Keras: elman writes, Keras loads and predicts, Keras writes, elman loads and predicts; the weights
  are the same bits. "live" is `elman.to_keras` and `elman.from_keras`.
- torch: elman writes `.pt`, modules of PyTorch's load it and compute, PyTorch writes both of its
  forms, elman loads those to the same bits; and `elman.from_torch` makes a model of the modules.
- ONNX: onnxruntime runs what elman writes, and so does `elman.load_onnx`.
- C: gcc compiles what elman writes, with all warnings as errors; the program runs on the case's
  inputs, and on 2000 timesteps of its own test. "int8" is compared with elman on the same rounded
  weights, on those 2000.

"""
MODULES = """
## PyTorch's modules

`elman.from_torch` of live modules of three kinds of numbers (bfloat16 becomes float32), and
`elman.load_torch` with states given, time first: how far their outputs are from PyTorch's. Batch 3,
timesteps 7, features 5, units 4.

"""
TRAINING = """
## Training that goes on in Keras

Two epochs of training in elman, and two more in Keras: how far the weights are from those after
four epochs in elman, relative to the largest. Taken back to elman before that, they are the same
bits. (After loading a `.h5`, its own too, Keras 3.15 cannot train: its optimizer knows no weights.)

"""


class Cell(NamedTuple):
    """What the cases of a row did in a form.

    Attributes:
        passed: how many went there and back.
        reasons: why others did not, by number; None for a failure.
        largest: the largest difference, None if none went.
    """

    passed: int
    reasons: set[int | None]
    largest: float | None


def cell(records: list[dict[str, Any]]) -> Cell:
    """Return what some cases did; one that was drawn several times went if it always did."""
    wrong = {each["label"]: reasons.of(each) for each in records if "error" in each}
    labels = {each["label"] for each in records}
    fine = [each["difference"] for each in records if each["label"] not in wrong]
    return Cell(len(labels) - len(wrong), set(wrong.values()), max(fine, default=None))


def rows(part: dict[str, Any], kind: str) -> dict[str, dict[str, Cell]]:
    """Return row -> form -> cell."""
    found: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for each in part[kind]:
        found[each["row"]][each["form"]].append(each)
    return {row: {form: cell(them) for form, them in forms.items()} for row, forms in found.items()}


def letters(found: dict[str, Any]) -> dict[int | None, str]:
    """Return the letters of the reasons that are met, in their order."""
    met = {
        number
        for part in found.values()
        for forms in rows(part, "records").values()
        for each in forms.values()
        for number in each.reasons
    }
    names = zip(sorted(met - {None}), string.ascii_lowercase, strict=False)
    return {**dict(names), None: "failed"}


def said(each: Cell, known: dict[int | None, str]) -> str:
    """Return how many went, and why not all."""
    why = ", ".join(sorted(known[number] for number in each.reasons))
    return f"{each.passed or '-'}{f' ({why})' if why else ''}"


def far(value: float | None) -> str:
    """Return a difference as the page shows it."""
    return "" if value is None else f"{value:.0e}" if value else "0"


def table(found: dict[str, Any]) -> list[str]:
    """Return the lines of the large table."""
    known = letters(found)
    parts = {name: rows(part, "records") for name, part in found.items()}
    forms = [form for part in found.values() for form in (*part["forms"], None)]
    head = [f"`{form}`" if form[:1] == "." else form for form in map(str, forms)]
    head = ["apart" if form == "None" else form for form in head]
    lines = [f"| layer | cases | {' | '.join(head)} |", "|---" * (len(head) + 2) + "|"]
    names = next(iter(parts.values()))
    some = next(iter(found.values()))
    for row in sorted(names, key=lambda name: (name == WHOLE, name)):
        count = len({each["label"] for each in some["records"] if each["row"] == row})
        columns = []
        for name, part in found.items():
            cells = [parts[name][row][form] for form in part["forms"]]
            largest = [each.largest for each in cells if each.largest is not None]
            columns += [said(each, known) for each in cells]
            columns.append(far(max(largest, default=None)))
        lines.append(f"| {row} | {count} | {' | '.join(columns)} |")
    return lines


def small(part: dict[str, Any], what: str) -> list[str]:
    """Return the lines of a table of what a format tries besides."""
    found = rows(part, "beside")
    forms = list(dict.fromkeys(form for each in found.values() for form in each))
    lines = [f"| {what} | {' | '.join(forms)} |", "|---" * (len(forms) + 1) + "|"]
    for row, cells in found.items():
        shown = [far(cells[form].largest) if form in cells else "" for form in forms]
        lines.append(f"| {row} | {' | '.join(shown)} |")
    return lines


def written(found: dict[str, Any], seeds: int) -> str:
    """Return the page."""
    versions = ", ".join(f"{k} {v}" for part in found.values() for k, v in part["versions"].items())
    again = f", of recurrent layers {seeds} times" if seeds > 1 else ""
    known = letters(found)
    why = [
        f"- ({known[i]}) {reason.text}" for i, reason in enumerate(reasons.REASONS) if i in known
    ]
    return "\n".join([
        HEAD.format(versions=versions, seeds=again, near=NEAR) + "\n".join(table(found)),
        "", *why, MODULES + "\n".join(small(found["torch"], "module")),
        TRAINING + "\n".join(small(found["keras"], "optimizer")), "",
    ])  # fmt: skip
