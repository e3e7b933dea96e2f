"""docs/parity.md says of every name what is true; `tests/parity` writes it beside real Keras."""

import re
from pathlib import Path

import numpy as np
import pytest

import elman
from tests.parity import scope
from tests.parity.arguments import compared
from tests.parity.names import AREAS, BEYOND, grouped, public
from tests.parity.objects import OBJECTS, made_of
from tests.parity.record import Record, difference

PAGE = (Path(__file__).parents[1] / "docs" / "parity.md").read_text(encoding="utf-8")
SECTIONS = dict(zip(*[iter(re.split(r"^## (.*)$", PAGE, flags=re.M)[1:])] * 2, strict=True))
ROW = re.compile(r"^\| (`.*?) \| (yes|with limits|no) \|", re.M)


def table(title):
    """Return name: what the page says of it, for the table under a heading."""
    found = {}
    for names, said in ROW.findall(SECTIONS[title]):
        found |= dict.fromkeys(re.findall(r"`(\w+)`", names), said)
    return found


def left_out(title):
    """Return the names that are out of scope under a heading."""
    return re.findall(r"`(\w+)`", " ".join(re.findall(r"Out of scope.*", SECTIONS[title])))


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.title)
def test_what_the_page_says_is_there_is_there_and_the_rest_is_not(area):
    for name, said in table(area.title).items():
        has = area.of_elman is not None and hasattr(area.of_elman, name)
        assert has == (said != "no"), name
    for name in left_out(area.title):
        assert area.of_elman is None or not hasattr(area.of_elman, name), name


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.title)
def test_every_public_name_is_on_the_page(area):
    if area.of_elman is None:
        return
    tables = [table(other.title) for other in AREAS if other.module == area.module]
    on_page = {name for each in tables for name in each}
    modules = {other.module.split(".")[-1] for other in AREAS}
    for name in public(area.of_elman):
        beyond = f"`{area.module}.{name}`".replace("`.", "`")
        assert name in on_page | modules or beyond in SECTIONS["Beyond Keras"], beyond


@pytest.mark.parametrize("key", BEYOND)
def test_modules_that_keras_has_not_are_on_the_page_name_by_name(key):
    for name in public(getattr(elman, key)):
        assert f"- `{key}.{name}`: " in SECTIONS["Beyond Keras"], name


@pytest.mark.parametrize("title", OBJECTS)
def test_methods_that_the_page_says_are_there_are_there(title):
    made = made_of(elman)[title]
    for name, said in table(f"Methods and attributes: {title}").items():
        assert (name in dir(made)) == (said != "no"), name


def test_every_case_that_did_not_agree_is_explained():
    cases = re.findall(r"^- `(.*?)`, `(.*?)`:", SECTIONS["Cases that did not agree"], re.M)
    assert set(cases) <= set(scope.EXPLAINED)


# ---------------------------------------------------------------------- the script's own tools


def test_arguments_that_are_missing_moved_or_otherwise_by_default_are_all_named():
    def keras(a, b=1, c=2, d=3):
        pass

    def ours(a, c=2, b=1, *, d=4, e=5):
        pass

    assert compared("f", keras, ours) == [
        "also `e`",
        "default `d=4` for `3`",
        "at another position: `c`, `b`",
        "by keyword only: `d`",
    ]
    assert compared("f", keras, lambda a, b=1, c=2: None) == ["without `d` (TypeError)"]
    assert compared("f", keras, keras) == []


def test_names_of_one_class_are_one_row():
    assert grouped(elman.layers, ["Dense", "MaxPool1D", "MaxPooling1D"]) == {
        "Dense": [],
        "MaxPooling1D": ["MaxPool1D"],
    }


def test_a_difference_is_relative_to_the_largest_number():
    a = np.array([1.0, -4.0], "float32")
    assert difference([a, None, "x"], [a + np.float32(1.0), None, "x"]) == 0.25
    assert difference([a], [a[:1]]) == "shape (1,) for (2,)"
    assert difference([a], [a.astype("float64")]) == "dtype float64 for float32"
    assert difference([a], [a * np.float32(np.nan)]) == "another place of NaN or infinity"
    assert difference([np.array([1, 2])], [np.array([1, 3])]) == "other whole numbers"


def test_a_case_that_ends_in_an_error_is_not_forgotten():
    record = Record()
    record.check("f", "a case", lambda: {"y": 1.0}, lambda: 1 / 0)
    record.check("f", "another", lambda: {"y": 1.0}, lambda: {"y": 2.0})
    assert record.failures == [
        ("f", "a case", "ZeroDivisionError: division by zero"),
        ("f", "another", "y 1.0e+00 apart"),
    ]
