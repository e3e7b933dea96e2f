"""One name, several trees: what is called `lstm` in one of them is called so in all."""

from pathlib import Path

import pytest

from elman.cells import CELLS

ROOT = Path(__file__).parents[1]
TREES = {  # folder, and how a cell's file is called in it
    "src/elman/cells": "{}.py",
    "native/cells": "{}.hpp",
    "tests/cells": "test_{}.py",
    "docs/cells": "{}.md",
}


def names(folder, pattern):
    """Return the cells that have a file of this pattern."""
    before, after = pattern.split("{}")
    files = [path.name for path in (ROOT / folder).glob(pattern.format("*"))]
    cells = {file[len(before) : len(file) - len(after)] for file in files}
    return {cell for cell in cells if not cell.startswith("_")}


@pytest.mark.parametrize("folder", TREES)
def test_every_cell_has_a_file_in_every_tree_and_every_file_a_cell(folder):
    assert names(folder, TREES[folder]) == set(CELLS)


def test_the_maths_imports_numpy_and_activations_and_nothing_else():
    allowed = ("numpy", "elman._typing", "elman.activations", "elman.cells", "elman.bptt")
    files = [*(ROOT / "src/elman/cells").glob("*.py"), ROOT / "src/elman/bptt.py"]
    for path in files:
        for line in path.read_text(encoding="utf-8").splitlines():
            words = line.split()
            if words[:1] in (["import"], ["from"]) and words[1].split(".")[0] in ("elman", "numpy"):
                assert words[1].startswith(allowed), f"{path.name}: {line}"
