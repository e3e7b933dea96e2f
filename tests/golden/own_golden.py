"""The numbers of own.json beside those that elman gives in the same cases."""

import json
from pathlib import Path

import pytest

from tests.tolerances import KERAS_OUTPUT

GOLDEN = json.loads((Path(__file__).parent / "own.json").read_text(encoding="utf-8"))


def assert_same(found, expected, where):
    """Compare nests of lists and dictionaries; numbers up to roundings."""
    if isinstance(expected, dict):
        assert sorted(found) == sorted(expected), where
        for key, value in expected.items():
            assert_same(found[key], value, f"{where}/{key}")
    elif isinstance(expected, (list, tuple)):
        assert len(found) == len(expected), f"{where}: {found} {expected}"
        for i, value in enumerate(expected):
            assert_same(found[i], value, f"{where}/{i}")
    elif isinstance(expected, float):
        close = pytest.approx(expected, rel=KERAS_OUTPUT, abs=KERAS_OUTPUT)
        assert found == close, f"{where}: {found} {expected}"
    else:
        assert found == expected, f"{where}: {found} {expected}"
