"""Scaling: there and back, to a dictionary and back."""

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from elman.errors import ArgumentError, FormatError, ShapeError
from elman.forecasting import Scaler

ULPS = 8 * np.finfo(float).eps  # subtract, divide, multiply, add: each rounds once, and so does std

COLUMNS = arrays(float, st.tuples(st.integers(2, 20), st.just(2)), elements=st.floats(-1e6, 1e6))
VARYING = COLUMNS.filter(lambda x: np.all(np.ptp(x, axis=0) > 1e-6))


@given(VARYING, COLUMNS)
def test_inverse_undoes_transform(values, others):
    scaler = Scaler.fit(values, ["a", "b"])
    back = scaler.inverse(scaler.transform(others))
    assert np.all(np.abs(back - others) <= ULPS * (np.abs(others) + np.abs(scaler.mean)))


@given(VARYING)
def test_one_column_is_inverted_as_it_is_among_the_others(values):
    scaler = Scaler.fit(values, ["a", "b"])
    scaled = scaler.transform(values)
    np.testing.assert_array_equal(scaler.inverse(scaled[:, 1:], "b"), scaler.inverse(scaled)[:, 1:])


def test_scaled_columns_have_mean_0_and_standard_deviation_1():
    scaler = Scaler.fit(np.array([[1.0, 10.0], [3.0, 30.0]]), ["a", "b"])
    assert scaler.mean.tolist() == [2.0, 20.0]
    assert scaler.std.tolist() == [1.0, 10.0]
    assert scaler.transform(np.array([[3.0, 10.0]])).tolist() == [[1.0, -1.0]]


@given(VARYING)
def test_the_configuration_survives_json_to_the_last_bit(values):
    scaler = Scaler.fit(values, ["a", "b"])
    again = Scaler.from_config(json.loads(json.dumps(scaler.get_config())))
    assert again.names == scaler.names
    np.testing.assert_array_equal(again.mean, scaler.mean)
    np.testing.assert_array_equal(again.std, scaler.std)


@pytest.mark.parametrize(
    "config",
    [
        None,
        {},
        {"names": ["a"], "mean": [1.0]},
        {"names": ["a"], "mean": [1.0], "std": [1.0, 2.0]},
        {"names": ["a", "b"], "mean": [1.0], "std": [1.0]},
        {"names": ["a"], "mean": [float("nan")], "std": [1.0]},
        {"names": ["a"], "mean": [1.0], "std": [0.0]},
        {"names": ["a"], "mean": [1.0], "std": [float("inf")]},
        {"names": ["a"], "mean": ["x"], "std": [1.0]},
        {"names": 3, "mean": [1.0], "std": [1.0]},
    ],
)
def test_a_broken_configuration_is_a_format_error(config):
    message = (
        "Scaler: `config` must have `names`, and for each of them a finite `mean` and a positive "
        f"`std`; got {config!r}."
    )
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        Scaler.from_config(config)


def test_a_constant_column_is_named():
    message = "Scaler: column 'b' must vary; got 0.1 in all 10 rows. Leave it out."
    values = np.stack([np.arange(10.0), np.full(10, 0.1)], axis=1)
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        Scaler.fit(values, ["a", "b"])


def test_no_rows_cannot_be_measured():
    message = "Scaler: `values` must have at least 1 row; got 0."
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        Scaler.fit(np.empty((0, 1)), ["a"])


def test_each_column_needs_a_name():
    message = "Scaler: `values` must have shape (rows, columns=1); got (3, 2)."
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        Scaler.fit(np.zeros((3, 2)), ["a"])


def test_an_unknown_column_cannot_be_inverted():
    message = "Scaler: `column` must be one of 'a'; got 'b'."
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        Scaler.fit(np.array([[0.0], [1.0]]), ["a"]).inverse(np.zeros(1), "b")
