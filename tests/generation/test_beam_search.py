"""Beam search against all sequences there are."""

import itertools
import re

import numpy as np
import pytest

from elman import Input, Sequential, kernels, layers
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from elman.generation import BeamSearch, Greedy, generate
from tests.generation.test_closed_loop import one_hot
from tests.implementations import ALL
from tests.layers.checks import scramble
from tests.models.stream_models import normal
from tests.tolerances import FLOAT32

pytestmark = pytest.mark.usefixtures("kernels_restored")
V, STEPS = 3, 4
STARTS = np.array([[1, 2], [0, 1], [2, 2]])


def model(seed=1, **options):
    stack = [
        layers.Embedding(V, 4, **options),
        layers.LSTM(5, return_sequences=True),
        layers.GRU(4, return_sequences=True),
        layers.Dense(V),
    ]
    return scramble(Sequential([Input((None,)), *stack], name="m"), seed)


def ranked(net, start, end=None, penalty=0.0):
    """Return all sequences as (rank, tokens, log-probabilities), the best first."""
    every = np.array(list(itertools.product(range(V), repeat=STEPS)))
    whole = np.concatenate([np.tile(start, (len(every), 1)), every], axis=1)
    z = net.predict(whole, verbose=0)[:, len(start) - 1 : -1].astype("float64")
    logs = z - np.log(np.exp(z).sum(axis=2, keepdims=True))
    logs = np.take_along_axis(logs, every[:, :, None], axis=2)[:, :, 0]
    found = {}
    for tokens, log in zip(every, logs, strict=True):
        places = np.flatnonzero(tokens == end) if end is not None else []
        length = int(places[0]) + 1 if len(places) else STEPS
        tokens, log = tokens.copy(), log.copy()
        tokens[length:], log[length:] = end if len(places) else 0, 0
        found[tuple(tokens)] = (log.sum() / ((5 + length) / 6) ** penalty, tokens, log)
    return sorted(found.values(), key=lambda each: -each[0])


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("end", [None, 0])
@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_beams_that_are_wide_enough_find_the_best_of_all_sequences(name, end, penalty):
    kernels.use(name)
    net = model()
    search = BeamSearch(V**STEPS, penalty, keep=5)
    found, logs = generate(net, STARTS, STEPS, search, end=end, return_log_probabilities=True)
    assert found.shape == logs.shape == (3, 5, STEPS)
    assert logs.dtype == np.float32
    for row, start in enumerate(STARTS):
        for place, (_, tokens, log) in enumerate(ranked(net, start, end, penalty)[:5]):
            np.testing.assert_array_equal(found[row, place], tokens)
            np.testing.assert_allclose(logs[row, place], log, rtol=0, atol=FLOAT32)


def test_one_beam_is_greedy():
    np.testing.assert_array_equal(
        generate(model(), STARTS, 9, BeamSearch(1)), generate(model(), STARTS, 9, Greedy())
    )


def test_a_length_penalty_favours_longer_sequences():
    net = model(4)
    net.layers[-1].bias.assign([0.3, 0, 0])
    lengths = [
        (generate(net, STARTS, 12, BeamSearch(6, penalty), end=0) != 0).sum()
        for penalty in (0.0, 5.0)
    ]
    assert lengths[0] < lengths[1]


def test_a_sequence_alone_finds_what_it_finds_among_others():
    net = model()
    together = generate(net, STARTS, 8, BeamSearch(3, keep=3), end=1)
    for row in range(3):
        alone = generate(net, STARTS[row : row + 1], 8, BeamSearch(3, keep=3), end=1)
        np.testing.assert_array_equal(alone[0], together[row])


def test_what_is_kept_without_an_axis_is_the_best():
    net = model()
    best, logs = generate(net, STARTS, 5, BeamSearch(3), return_log_probabilities=True)
    three = generate(net, STARTS, 5, BeamSearch(3, keep=3))
    np.testing.assert_array_equal(best, three[:, 0])
    assert logs.shape == (3, 5)


def test_where_fewer_sequences_can_be_made_the_others_are_impossible():
    found, logs = generate(model(), STARTS, 1, BeamSearch(4, keep=4), return_log_probabilities=True)
    assert found.shape == (3, 4, 1)
    assert np.isfinite(logs[:, :3]).all()
    assert (logs[:, 3] == -np.inf).all()


@pytest.mark.parametrize("options", [{"end": 0}, {"forbidden": [0]}])
def test_beams_of_a_model_that_masks_the_padding_are_those_of_one_that_does_not(options):
    nets = [model(), model(mask_zero=True)]
    nets[1].set_weights(nets[0].get_weights())
    found = [
        generate(net, [[1, 2]], 9, BeamSearch(4, keep=2), return_log_probabilities=True, **options)
        for net in nets
    ]
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_forbidden_tokens_are_in_no_beam():
    found = generate(model(), STARTS, 6, BeamSearch(4, keep=4), forbidden=[1])
    assert not (found == 1).any()


def test_beams_of_one_hot_tokens_read_their_inputs():
    net, more = one_hot(8), normal(1, 3, 2)
    start = normal(1, 2, 8)
    greedy = generate(net, start, 3, Greedy(), inputs=more)
    np.testing.assert_array_equal(generate(net, start, 3, BeamSearch(1), inputs=more), greedy)
    found = generate(net, start, 3, BeamSearch(4, keep=4), inputs=more)
    assert len({tuple(tokens) for tokens in found[0]}) == 4


def test_a_state_to_start_from_reaches_all_beams():
    net, h = model(), [np.full((3, n), 0.3, "f4") for n in (5, 5, 4)]
    greedy = generate(net, STARTS, 5, Greedy(), initial_state=h)
    found = generate(net, STARTS, 5, BeamSearch(1), initial_state=h)
    np.testing.assert_array_equal(found, greedy)


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: BeamSearch(0),
            ArgumentError,
            "BeamSearch: `width` must be a positive integer; got 0.",
        ),
        (
            lambda: BeamSearch(2, keep=3),
            ArgumentError,
            "BeamSearch: `keep` must be at most width=2; got 3.",
        ),
        (
            lambda: BeamSearch(2, -1),
            ArgumentError,
            "BeamSearch: `length_penalty` must be a finite number and at least 0; got -1.",
        ),
        (
            lambda: generate(one_hot(8), np.zeros((1, 2, 8)), 3, BeamSearch(), inputs=len),
            UnsupportedError,
            "`inputs` must be an array for a BeamSearch, of which the sequences change their "
            "places; got a function.",
        ),
        (
            lambda: generate(
                one_hot(8), np.zeros((1, 2, 8)), 3, BeamSearch(), inputs=np.zeros((1, 1, 2))
            ),
            ShapeError,
            "`inputs` must have 3 timesteps, one a step, or 2, because the last is not read; "
            "got 1.",
        ),
        (
            lambda: generate(
                one_hot(8), np.zeros((2, 2, 8)), 3, BeamSearch(), inputs=np.zeros((1, 3, 2))
            ),
            ShapeError,
            "`inputs` must have shape (batch=2, timesteps, features); got (1, 3, 2).",
        ),
    ],
)
def test_errors_name_the_argument(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
