"""Each program in examples/ runs by its command, and in its short form learns what it should."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMES = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))
NEEDS = {"japanese_vowels": "aeon"}  # packages that bring the data

# A line of what is printed, the number in it, and where that must lie: far from what a network
# that has learned nothing gives, and wide enough for another processor's roundings.
EXPECTED = {
    "japanese_vowels": [
        (r"elman, \d+ weights +([\d.]+)", 0.93, 1.0),  # chance is 0.11
        (r"padding changes a probability by (\S+)", 0.0, 1e-5),
    ],
}


def test_each_example_has_a_page_with_its_command_and_says_what_it_must_find():
    assert sorted(EXPECTED) == NAMES
    assert {path.stem for path in (ROOT / "docs/examples").glob("*.md")} == {*NAMES, "index"}
    index = (ROOT / "docs/examples/index.md").read_text(encoding="utf-8")
    for name in NAMES:
        page = (ROOT / f"docs/examples/{name}.md").read_text(encoding="utf-8")
        assert f"python examples/{name}.py" in page
        assert f"({name}.md)" in index


def test_each_example_is_a_page_or_two_to_read():
    for name in NAMES:
        lines = (ROOT / f"examples/{name}.py").read_text(encoding="utf-8").splitlines()
        assert len(lines) < 150, name


@pytest.mark.parametrize("name", NAMES)
def test_the_short_form_of_an_example_learns(name):
    missing = name in NEEDS and find_spec(NEEDS[name]) is None
    if missing and not os.environ.get("CI"):  # CI installs what the examples need
        pytest.skip(f"{NEEDS[name]} brings the data: pip install '.[examples]'")
    ran = subprocess.run(
        [sys.executable, f"examples/{name}.py", "--short"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stderr == ""
    for pattern, low, high in EXPECTED[name]:
        found = re.search(f"^{pattern}", ran.stdout, re.MULTILINE)
        assert found, f"{pattern} is not in\n{ran.stdout}"
        assert low <= float(found[1]) <= high, ran.stdout
