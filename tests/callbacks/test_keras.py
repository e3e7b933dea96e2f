"""Callbacks do what Keras's do, as tests/golden/make_callbacks.py has written it down."""

import json
from pathlib import Path

import pytest

import elman
from tests.golden.callback_cases import CASES
from tests.golden.callback_setting import Setting
from tests.tolerances import KERAS_OUTPUT

GOLDEN = json.loads(
    (Path(__file__).parents[1] / "golden" / "callbacks.json").read_text(encoding="utf-8")
)


def assert_same(found, expected, where):
    """Compare nested lists and dictionaries, floats up to roundings."""
    if isinstance(expected, dict):
        assert sorted(found) == sorted(expected), where
        for key, value in expected.items():
            assert_same(found[key], value, f"{where}/{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), f"{where}: {found} {expected}"
        for i, value in enumerate(expected):
            assert_same(found[i], value, f"{where}/{i}")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=KERAS_OUTPUT, abs=KERAS_OUTPUT, nan_ok=True)
    else:
        assert found == expected, where


def plain(text):
    """Return a table as rows of texts and numbers."""
    rows = text.replace(";", ",").split("\r\n")
    return [text.count(";"), *([_number(cell) for cell in row.split(",")] for row in rows)]


def _number(cell):
    try:
        return float(cell) if "." in cell else cell
    except ValueError:
        return cell


@pytest.mark.parametrize("name", list(CASES))
@pytest.mark.filterwarnings("ignore:ModelCheckpoint. `monitor` must be among the logs")
def test_callbacks_do_what_keras_s_do(name, tmp_path):
    event = None
    if name == "boards":
        event = pytest.importorskip("tensorboardX.proto.event_pb2").Event
    found = CASES[name](Setting(elman, tmp_path, ".keras", ".weights.h5", event))
    expected = GOLDEN[name]
    if name == "csv_texts":
        found, expected = ({k: plain(v) for k, v in each.items()} for each in (found, expected))
    assert_same(json.loads(json.dumps(found)), expected, name)
