import re

import numpy as np
import pytest

import elman
from elman import _check
from elman.errors import ArgumentError, ShapeError


def test_the_nearest_word_is_suggested_and_none_that_is_far():
    assert _check.suggestion("addam", ["sgd", "adam"]) == " Did you mean 'adam'?"
    assert _check.suggestion("xyz", ["sgd", "adam"]) == ""
    assert _check.suggestion(None, ["sgd"]) == ""


def test_a_word_that_is_begun_is_suggested_before_one_that_is_alike():
    assert _check.suggestion("temp", ["tempo_1", "temperature", "ramp"]) == (
        " Did you mean 'tempo_1'?"
    )
    assert _check.suggestion("Temp", ["tamp", "temperature"]) == " Did you mean 'temperature'?"
    assert _check.suggestion("", ["temperature"]) == ""


def test_good_values_come_back():
    assert _check.one_of("f", "x", "a", ["a", None]) == "a"
    assert _check.one_of("f", "x", None, ["a", None]) is None
    assert _check.integer("f", "n", np.int64(3)) == 3
    assert type(_check.integer("f", "n", np.int64(3))) is int
    assert _check.integer("f", "n", 0, minimum=0) == 0
    assert _check.number("f", "x", np.float32(0.5)) == 0.5
    assert _check.rate("f", "rate", 0) == 0.0
    assert _check.string("f", "x", "a") == "a"
    assert _check.optional(_check.rate)("f", "rate", None) is None
    assert _check.optional(_check.rate)("f", "rate", 0.5) == 0.5
    _check.shape("f", "x", np.zeros((2, 3)), "batch features", (None, 3))


def test_a_message_shows_how_a_long_value_begins():
    assert _check.shown([1, "a"]) == "[1, 'a']"
    text = _check.shown({"w": np.zeros(900).tolist()})
    assert len(text) == 201
    assert text.startswith("{'w': [0.0, 0.0,")
    assert text.endswith("…")


@pytest.mark.parametrize(
    "make",
    [
        lambda long: elman.layers.Dense(long),
        lambda long: elman.layers.TimeDistributed(long),
        lambda long: elman.layers.Dense(2, kernel_regularizer=long.items()),
        lambda long: elman.load_onnx(long),
        lambda long: elman.models.model_from_json(long),
    ],
)
def test_no_message_shows_a_long_value_whole(make):
    with pytest.raises(elman.errors.ElmanError) as caught:
        make({str(i): np.zeros(9) for i in range(99)})
    assert len(str(caught.value)) < 400


def test_a_keyword_that_a_function_does_not_have_names_the_one_that_was_meant():
    def say(self, word, *, twice=False, **unknown):
        _check.no_more("f", say, unknown)
        return word * (1 + twice)

    assert say(None, "a", twice=True) == "aa"
    text = "f: `twise` must be an argument that say has. Did you mean 'twice'?"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        say(None, "a", twise=True)


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: _check.one_of("f", "x", "conat", ["concat", None]),
            ArgumentError,
            "f: `x` must be one of 'concat', None; got 'conat'. Did you mean 'concat'?",
        ),
        (
            lambda: _check.one_of("f", "x", np.zeros(2), ["concat", None]),
            ArgumentError,
            "f: `x` must be one of 'concat', None; got array([0., 0.]).",
        ),
        (
            lambda: elman.Sequential().compile(np.zeros(2)),
            ArgumentError,
            "optimizer: `identifier` must be one of",
        ),
        (
            lambda: _check.integer("f", "n", 0),
            ArgumentError,
            "f: `n` must be a positive integer; got 0.",
        ),
        (lambda: _check.integer("f", "n", True), ArgumentError, "got True."),
        (lambda: _check.integer("f", "n", 2.0), ArgumentError, "got 2.0."),
        (lambda: _check.integer("f", "n", "2"), ArgumentError, "got '2'."),
        (
            lambda: _check.integer("f", "n", -1, minimum=0),
            ArgumentError,
            "f: `n` must be an integer of at least 0; got -1.",
        ),
        (
            lambda: _check.number("f", "x", float("nan")),
            ArgumentError,
            "f: `x` must be a finite number; got nan.",
        ),
        (
            lambda: _check.number("f", "x", 2, 0, 1),
            ArgumentError,
            "f: `x` must be a finite number and at least 0 and at most 1; got 2.",
        ),
        (lambda: _check.number("f", "x", True), ArgumentError, "got True."),
        (
            lambda: _check.rate("f", "rate", 50),
            ArgumentError,
            "f: `rate` must be in [0, 1); got 50. Did you mean 0.5?",
        ),
        (lambda: _check.rate("f", "rate", -0.1), ArgumentError, "got -0.1."),
        (
            lambda: _check.optional(_check.rate)("f", "rate", 2),
            ArgumentError,
            "f: `rate` must be in [0, 1); got 2.",
        ),
        (lambda: _check.string("f", "x", 3), ArgumentError, "f: `x` must be a string; got 3."),
        (lambda: _check.rate("f", "rate", float("nan")), ArgumentError, "got nan."),
        (
            lambda: _check.shape("f", "x", np.zeros(3), "batch features", (None, 8), "Reshape it."),
            ShapeError,
            "f: `x` must have shape (batch, features=8); got (3,). Reshape it.",
        ),
        (
            lambda: _check.shape("f", "x", np.zeros((2, 2)), "units", (4,)),
            ShapeError,
            "f: `x` must have shape (units=4,); got (2, 2).",
        ),
    ],
)
def test_errors_follow_one_form(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
