"""Every example on a guide page and in the README runs, and prints what the page shows.

The ```python blocks of a page run in order, in one namespace and in an empty folder. A ```text
block right behind one is what it prints. Spaces and the way lines break count for nothing. A
number may differ by one in the last digit shown, but a whole number may not.
"""

import contextlib
import io
import re
from pathlib import Path

import pytest

import elman
from tests.tolerances import SHOWN

ROOT = Path(__file__).parents[1]
PAGES = [*sorted((ROOT / "docs" / "guides").glob("*.md")), ROOT / "README.md"]
EXAMPLE = re.compile(
    r"^```python\n(.*?)^```\n(?:\n*```text\n(.*?)^```$)?", re.DOTALL | re.MULTILINE
)
NUMBER = re.compile(r"-?\d+(?:\.\d*)?(?:e[+-]?\d+)?")


def assert_shown(shown, printed):
    """Check what a page shows against what its example prints."""
    same_words = [" ".join(NUMBER.sub("#", text).split()) for text in (shown, printed)]
    assert same_words[0] == same_words[1], f"the example prints\n{printed}"
    for old, new in zip(NUMBER.findall(shown), NUMBER.findall(printed), strict=True):
        digits, _, exponent = old.partition("e")
        decimals = len(digits.partition(".")[2])
        unit = 10.0 ** (int(exponent or 0) - decimals) if decimals or exponent else 0.0
        allowed = 1.01 * unit + SHOWN * abs(float(old)) * bool(unit)
        assert abs(float(old) - float(new)) <= allowed, f"{old} is shown, {new} is printed"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_on_a_page_print_what_it_shows(page, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    elman.utils.clear_session()
    text, names = page.read_text(encoding="utf-8"), {"__name__": "__main__"}
    for match in EXAMPLE.finditer(text):
        code, shown = match.groups()
        line = text[: match.start()].count("\n") + 1
        source = compile("\n" * line + code, str(page), "exec")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(source, names)
        if shown is not None:
            assert_shown(shown, printed.getvalue())


def test_a_number_that_differs_is_found():
    assert_shown("loss 1.25\nstep 3", "loss  1.26 step 3")
    with pytest.raises(AssertionError, match=re.escape("1.25 is shown, 1.27 is printed")):
        assert_shown("loss 1.25", "loss 1.27")
    with pytest.raises(AssertionError, match="3 is shown, 4 is printed"):
        assert_shown("step 3", "step 4")
    with pytest.raises(AssertionError, match=re.escape("2.3e-05 is shown, 2.5e-05 is printed")):
        assert_shown("2.3e-05", "2.5e-05")
    with pytest.raises(AssertionError, match=r"the example prints\s+lost"):
        assert_shown("loss", "lost")
