"""The pictures of the guides are drawn by the scripts beside them."""

import importlib.util
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
DRAWN = {"masks_and_lengths.py": ("padding.svg", "chunks.svg")}


@pytest.mark.parametrize("name", DRAWN)
def test_a_script_draws_the_pictures_that_are_there(name, tmp_path):
    spec = importlib.util.spec_from_file_location("drawing", DOCS / "images" / name)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.main(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(DRAWN[name])
    for picture in DRAWN[name]:
        words = re.compile(r"<text[^>]*>([^<]*)")
        drawn, kept = (
            words.findall((folder / picture).read_text(encoding="utf-8"))
            for folder in (tmp_path, DOCS / "images")
        )
        assert drawn == kept


def test_pictures_of_guides_are_there():
    for page in (DOCS / "guides").glob("*.md"):
        for target in re.findall(r"!\[[^\]]*\]\(([^)]*)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).is_file(), f"{page.name} shows {target}"
