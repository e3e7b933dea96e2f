"""The documented programs of tests/programs, run with elman, against what Keras gave."""

import numpy as np
import pytest

import elman
from tests.programs import compared, kept, programs, run
from tests.tolerances import KERAS_PROGRAM

KEPT = kept.read()

# A mask that ends in a layer is worth a warning in elman, and in Keras.
pytestmark = pytest.mark.filterwarnings("ignore:.*the mask of its input ends here")


def test_keras_has_run_every_program():
    assert list(KEPT) == list(programs())


@pytest.mark.parametrize("name", KEPT)
def test_a_documented_program_gives_the_numbers_of_keras(name):
    found = run(programs()[name], elman)
    worst, at = compared.difference(found, KEPT[name])
    assert worst <= KERAS_PROGRAM, at


# ---------------------------------------------------------------------- the comparison itself


def test_differences_are_relative_to_the_larger_of_one_and_the_number():
    found = {"a": np.float32([0.0, 110.0]), "b": np.float32(0.25)}
    worst, at = compared.difference(found, {"a": np.float32([0.0, 100.0]), "b": np.float32(0.0)})
    assert (worst, at) == (0.25, "b")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({}, "names: missing"),
        ({"a": "text"}, "a: 'text' is no array"),
        ({"a": np.zeros(3)}, "a: shape"),
        ({"a": np.float32([0.0, np.nan])}, "a: NaN in other places"),
        ({"a": np.zeros(2), "b": np.zeros(2)}, "more"),
    ],
)
def test_what_is_not_comparable_is_said(found, words):
    with pytest.raises(AssertionError, match=words):
        compared.difference(found, {"a": np.zeros(2)})


def test_texts_must_be_the_same():
    with pytest.raises(AssertionError, match="a: 'x' is not 'y'"):
        compared.difference({"a": "x"}, {"a": "y"})


def test_what_is_kept_is_read_as_it_was_written(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "PATH", tmp_path / "golden.npz")
    results = {"p": {"a": np.float32([[1.0, 2.0]]), "b": "text"}, "q": {"c": np.float32(3.0)}}
    kept.write(results)
    again = kept.read()
    assert list(again) == ["p", "q"]
    assert again["p"]["b"] == "text"
    np.testing.assert_array_equal(again["p"]["a"], results["p"]["a"])
    np.testing.assert_array_equal(again["q"]["c"], results["q"]["c"])
