"""Samplers: which token is taken of logits."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elman.errors import ArgumentError, UnsupportedError
from elman.generation import Greedy, Sample, Sampler
from tests.tolerances import STATISTIC

P = np.array([0.05, 0.3, 0.4, 0.0, 0.25])
with np.errstate(divide="ignore"):
    Z = np.log(P)


def shares(sampler, logits=Z, draws=100_000):
    """Return how often each token is drawn."""
    found = sampler.choose(np.tile(logits, (draws, 1)))
    return np.bincount(found, minlength=len(logits)) / draws


def test_tokens_are_drawn_by_their_probability():
    np.testing.assert_allclose(shares(Sample(seed=0)), P, atol=STATISTIC)


def test_a_temperature_divides_the_logits():
    expected = P**2 / (P**2).sum()
    np.testing.assert_allclose(shares(Sample(0.5, seed=0)), expected, atol=STATISTIC)


@pytest.mark.parametrize("temperature", [1e-3, 1e-46, 5e-324])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_as_the_temperature_falls_the_likeliest_is_drawn(temperature, dtype):
    logits = np.array([[0, 5, 1], [-3, -4, -np.inf]], dtype)
    np.testing.assert_array_equal(Sample(temperature).choose(logits), [1, 0])


def test_top_k_draws_from_the_likeliest():
    expected = [0, 0.3 / 0.7, 0.4 / 0.7, 0, 0]
    np.testing.assert_allclose(shares(Sample(top_k=2, seed=0)), expected, atol=STATISTIC)
    np.testing.assert_allclose(shares(Sample(top_k=99, seed=0)), P, atol=STATISTIC)


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [(0.1, [2]), (0.4, [2]), (0.41, [2, 1]), (0.71, [2, 1, 4]), (1, [2, 1, 4, 0])],
)
def test_top_p_draws_from_the_fewest_that_are_so_likely_together(top_p, kept):
    expected = np.where(np.isin(np.arange(5), kept), P, 0)
    found = shares(Sample(top_p=top_p, seed=0))
    np.testing.assert_allclose(found, expected / expected.sum(), atol=STATISTIC)


def test_top_p_counts_within_top_k():
    expected = [0, 0, 1, 0, 0]  # 0.4 / 0.7 is more than a half
    np.testing.assert_array_equal(shares(Sample(top_k=2, top_p=0.5, seed=0)), expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_drawn_can_be_drawn(dtype, data):
    tokens, batch = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 4))
    entries = st.floats(-1e4, 1e4, width=32) | st.just(-np.inf)
    rows = st.lists(entries, min_size=tokens, max_size=tokens)
    logits = np.array(
        [data.draw(rows.filter(lambda row: max(row) > -np.inf)) for _ in range(batch)], dtype
    )
    options = {
        "top_k": data.draw(st.none() | st.integers(1, 10)),
        "top_p": data.draw(st.none() | st.floats(1e-6, 1)),
    }
    sampler = Sample(data.draw(st.floats(1e-3, 1e3)), seed=data.draw(st.integers(0, 9)), **options)
    found = sampler.choose(logits)
    assert found.shape == (batch,)
    assert (logits[np.arange(batch), found] > -np.inf).all()


def test_of_several_likeliest_greedy_takes_the_first():
    np.testing.assert_array_equal(Greedy().choose(np.array([[0, 2, 2], [1, 1, 0]])), [1, 0])


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: Sample(0),
            ArgumentError,
            "Sample: `temperature` must be a finite number above 0; got 0. Take `Greedy()` for the "
            "limit of 0.",
        ),
        (
            lambda: Sample(-1),
            ArgumentError,
            "Sample: `temperature` must be a finite number above 0; got -1.",
        ),
        (
            lambda: Sample(np.nan),
            ArgumentError,
            "Sample: `temperature` must be a finite number above 0; got nan.",
        ),
        (
            lambda: Sample(top_k=0),
            ArgumentError,
            "Sample: `top_k` must be a positive integer; got 0.",
        ),
        (
            lambda: Sample(top_p=1.5),
            ArgumentError,
            "Sample: `top_p` must be a finite number above 0 and at most 1; got 1.5.",
        ),
        *(
            (
                lambda value=value: Sample(top_p=value),
                ArgumentError,
                f"Sample: `top_p` must be a finite number above 0 and at most 1; got {value!r}.",
            )
            for value in (0, -0.5, True, "1")
        ),
        (
            lambda: Sample(seed=-1),
            ArgumentError,
            "Sample: `seed` must be an integer of at least 0; got -1.",
        ),
        (
            lambda: Sampler().start()(Z[None]),
            UnsupportedError,
            "Sampler: `choose` must be defined by the class; it is not.",
        ),
    ],
)
def test_errors_name_the_argument(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
