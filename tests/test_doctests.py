"""Every example in a docstring gives what it shows."""

import doctest
import importlib
import pkgutil

import pytest

import elman

NEEDS = {"elman.formats.onnx.program": "onnx", "elman.models.exporting": "onnx"}  # of extras
MODULES = ["elman", *(m.name for m in pkgutil.walk_packages(elman.__path__, "elman."))]


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_examples_in_docstrings_give_what_they_show(name):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0
