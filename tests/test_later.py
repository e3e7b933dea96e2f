"""Names of a package that are imported when they are asked for."""

import sys

import pytest

import elman
from elman._later import Later

LATER = Later("elman.optimizers", {"lion": "Lion", "adam": "Adam AdamW"}, {"adamw": "AdamW"})


def test_it_is_a_mapping_of_what_it_finds():
    assert list(LATER) == ["Lion", "Adam", "AdamW", "adamw"]
    assert len(LATER) == 4
    assert LATER["adamw"] is LATER["AdamW"] is elman.optimizers.AdamW
    assert "Lion" in LATER
    assert "lion" not in LATER
    assert LATER.get("lion") is None


def test_what_was_asked_for_stays_in_the_package():
    lion = LATER["Lion"]
    assert vars(sys.modules["elman.optimizers"])["Lion"] is lion


def test_what_there_is_not_is_a_key_error():
    with pytest.raises(KeyError, match="Tiger"):
        LATER["Tiger"]
