"""docs/formats/round_trips.md is what `round_trips` writes; the script tells right from wrong."""

import re
from pathlib import Path

import pytest

from elman import layers
from tests.formats.round_trips import page, reasons, work
from tests.formats.round_trips.cases import UNUSED, WHOLE, cases, drawn, outputs

PAGE = Path(__file__).parents[2] / "docs" / "formats" / "round_trips.md"
TEXT = PAGE.read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([\w ]+) \| (\d+) \| .*\|$", TEXT.split("\n## ")[0], re.M)


def test_the_page_has_every_layer_and_as_many_cases_as_there_are():
    found = [case.row for case in cases()]
    assert {row: int(count) for row, count in ROWS} == {row: found.count(row) for row in found}
    assert {row for row, _ in ROWS} == {*layers.CLASSES, WHOLE} - UNUSED


def test_the_page_gives_every_reason_and_no_failure():
    assert all(f") {reason.text}" in TEXT for reason in reasons.REASONS)
    assert "failed" not in TEXT.split("| layer")[1]


@pytest.mark.parametrize("row", ["LSTM", "GRUD", "Softmax"])
def test_a_case_is_drawn_anew_for_each_seed_and_the_same_for_one(row):
    case = next(case for case in cases() if case.row == row)
    one, again, other = (outputs(*drawn(case, seed))[0] for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()


@pytest.mark.parametrize(
    ("go", "wanted"),
    [
        (lambda: 1e-6, {"difference": 1e-6}),
        (lambda: 2e-5, {"error": "differs by 2.0e-05"}),
        (lambda: float("nan"), {"error": "differs by nan"}),
        (lambda: 1 / 0, {"error": "ZeroDivisionError: division by zero"}),
    ],
)
def test_what_is_near_went_and_all_else_did_not(go, wanted):
    assert work.attempt(go, False) == wanted


def record(label="plain", form="ONNX", **more):
    return {"row": "LSTM", "label": label, "seed": 0, "form": form, **more}


def test_a_case_went_if_it_did_with_every_seed():
    wrong = {"error": "differs by 2.0e-05"}
    found = page.cell(
        [record(difference=1e-7), record(**wrong), record("b", difference=3e-7)],
    )
    assert found == page.Cell(1, {None}, 3e-7)
    assert page.said(found, {None: "failed"}) == "1 (failed)"
    assert page.said(page.cell([record(**wrong)]), {None: "failed"}) == "- (failed)"


def test_an_error_that_no_reason_lists_is_a_failure():
    assert reasons.of(record(error="ValueError: anything")) is None
    assert reasons.unused([]) == list(reasons.REASONS)
