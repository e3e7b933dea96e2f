"""The closed loop: what a model puts out goes in again."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import elman
from elman import Input, Sequential, layers
from elman.generation import Greedy, Sample, Sampler, generate, rollout
from tests.layers.checks import scramble
from tests.models.stream_models import normal
from tests.tolerances import EXACT, FLOAT32

pytestmark = pytest.mark.usefixtures("kernels_restored")
CLOSE = {"float32": FLOAT32, "float64": EXACT}
V = 6


def numbers(features=2, outputs=None, dtype="float32", sequences=False):
    stack = [
        layers.LSTM(5, return_sequences=sequences, dtype=dtype),
        layers.Dense(features if outputs is None else outputs, activation="tanh", dtype=dtype),
    ]
    return scramble(Sequential([Input((None, features), dtype=dtype), *stack], name="m"))


def tokens(activation=None, input_dim=V, units=5, name="m", **options):
    stack = [
        layers.Embedding(input_dim, 4, name="e", **options),
        layers.GRU(units, return_sequences=True),
        layers.Dense(V, activation=activation, name="d"),
    ]
    return scramble(Sequential([Input((None,)), *stack], name=name))


def one_hot(features=V):
    stack = [layers.GRU(5, return_sequences=True), layers.Dense(V, activation="softmax")]
    return scramble(Sequential([Input((None, features)), *stack], name="m"))


STARTS = np.array([[1, 2, 3], [4, 0, 5]])


def by_predict(model, x, steps, join=lambda step, value: value):
    """Return what the model makes when it reads all from the beginning at each step."""
    found = []
    for step in range(steps):
        y = model.predict(x, verbose=0)
        value = y[:, -1] if y.ndim == 3 else y
        found.append(value)
        x = np.concatenate([x, join(step, value)[:, None]], axis=1)
    return np.stack(found, axis=1)


# ---------------------------------------------------------------------- numbers


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sequences", [False, True])
def test_numbers_are_those_of_predict_read_from_the_beginning(dtype, sequences, implementation):
    model, x = numbers(dtype=dtype, sequences=sequences), normal(3, 4, 2, dtype=dtype)
    found = elman.generate(model, x, 6)
    assert found.shape == (3, 6, 2)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, by_predict(model, x, 6), rtol=0, atol=CLOSE[dtype])


def test_known_inputs_are_joined_behind_what_is_fed_back():
    model, x, more = numbers(5, 2), normal(3, 4, 5), normal(3, 6, 3, seed=1)
    expected = by_predict(model, x, 6, lambda k, v: np.concatenate([v, more[:, k]], axis=1))
    found = generate(model, x, 6, inputs=more)
    np.testing.assert_allclose(found, expected, rtol=0, atol=FLOAT32)
    np.testing.assert_array_equal(generate(model, x, 6, inputs=more[:, :5]), found)

    def whole(step, value):
        return np.concatenate([value, more[:, step]], axis=1)

    np.testing.assert_array_equal(generate(model, x, 6, inputs=whole), found)


def test_a_function_of_inputs_may_keep_and_change_the_values_it_is_given():
    model, x = numbers(), normal(2, 3, 2)
    kept = []

    def own(step, value):
        kept.append(value)
        changed = value.copy()
        value += 1
        return changed

    found = generate(model, x, 4, inputs=own)
    np.testing.assert_array_equal(found, generate(model, x, 4))
    for step in range(3):
        np.testing.assert_array_equal(kept[step], found[:, step] + 1)


def test_a_sampler_of_numbers_makes_what_is_generated_and_fed_back():
    model, x = numbers(2, 4), normal(3, 4, 2)
    found = generate(model, x, 5, lambda y: y[:, :2] + y[:, 2:])
    seen, values = x, []
    for _ in range(5):
        y = model.predict(seen, verbose=0)
        values.append(y[:, :2] + y[:, 2:])
        seen = np.concatenate([seen, values[-1][:, None]], axis=1)
    np.testing.assert_allclose(found, np.stack(values, axis=1), rtol=0, atol=FLOAT32)


def test_a_long_start_is_read_in_blocks_of_the_same_numbers(monkeypatch):
    model, x = numbers(), normal(1, 20, 2)
    found = generate(model, x, 3)
    monkeypatch.setattr("elman.generation.fed_back.BLOCK", 7)
    np.testing.assert_array_equal(generate(model, x, 3), found)


def test_a_state_to_start_from_is_that_of_an_encoder():
    x, h, c = normal(2, 4, 2), normal(2, 5, seed=1), normal(2, 5, seed=2)
    model = numbers()
    lstm, dense = model.layers
    state = lstm(x[:, :3], initial_state=[h, c])
    first = dense(lstm(x, initial_state=[h, c]))
    del state
    for given_ in ([h, c], (h, c), [[h, c]], ((h, c),)):
        found = generate(model, x, 4, initial_state=given_)
        np.testing.assert_allclose(found[:, 0], first, rtol=0, atol=FLOAT32)
    assert (generate(model, x, 4) != found).any()


@settings(max_examples=20, deadline=None)
@given(steps=st.integers(1, 7), batch=st.integers(1, 3))
def test_a_rollout_gives_what_generate_gives_one_step_at_a_time(steps, batch):
    model, x = numbers(), normal(batch, 2, 2)
    found = list(itertools.islice(rollout(model, x), steps))
    np.testing.assert_array_equal(np.stack(found, axis=1), generate(model, x, steps))


def test_a_rollout_ends_with_its_inputs():
    model, x, more = numbers(3, 2), normal(2, 4, 3), normal(2, 4, 1)
    assert len(list(rollout(model, x, inputs=more))) == 5


def test_a_rollout_keeps_nothing():
    model, words = numbers(), tokens()
    for loop in (rollout(model, normal(1, 3, 2)), rollout(words, STARTS[:1], Sample(seed=0))):
        for _ in range(200):
            next(loop)
        tracemalloc.start()
        try:
            for _ in range(200):
                next(loop)
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(3000):
                next(loop)
            assert tracemalloc.get_traced_memory()[0] <= before + 2000
        finally:
            tracemalloc.stop()


# ---------------------------------------------------------------------- tokens


@pytest.mark.parametrize("activation", [None, "softmax", "log_softmax"])
def test_greedy_tokens_are_those_of_predict_read_from_the_beginning(activation, implementation):
    model, seen = tokens(activation), STARTS
    found, log_probabilities = generate(model, STARTS, 7, return_log_probabilities=True)
    for step in range(7):
        y = model.predict(seen, verbose=0)[:, -1].astype("float64")
        z = np.log(y) if activation == "softmax" else y
        expected = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        np.testing.assert_array_equal(found[:, step], expected.argmax(axis=1))
        np.testing.assert_allclose(
            log_probabilities[:, step], expected.max(axis=1), rtol=0, atol=FLOAT32
        )
        seen = np.concatenate([seen, found[:, step : step + 1]], axis=1)
    assert found.dtype == np.int64
    assert log_probabilities.dtype == np.float32


def test_one_hot_vectors_and_tokens_start_the_same_sequence():
    model = one_hot()
    found = generate(model, STARTS, 5, Greedy())
    np.testing.assert_array_equal(generate(model, np.eye(V)[STARTS], 5, Greedy()), found)
    seen = np.eye(V)[STARTS]
    for step in range(5):
        token = model.predict(seen, verbose=0)[:, -1].argmax(axis=1)
        np.testing.assert_array_equal(found[:, step], token)
        seen = np.concatenate([seen, np.eye(V)[token][:, None]], axis=1)


def test_inputs_are_joined_behind_one_hot_tokens():
    model, more = one_hot(V + 2), normal(2, 4, 2)
    start = np.concatenate([np.eye(V)[STARTS], normal(2, 3, 2, seed=1)], axis=2)
    found, seen = generate(model, start, 4, Greedy(), inputs=more), start
    for step in range(4):
        token = model.predict(seen, verbose=0)[:, -1].argmax(axis=1)
        np.testing.assert_array_equal(found[:, step], token)
        x = np.concatenate([np.eye(V)[token], more[:, step]], axis=1)
        seen = np.concatenate([seen, x[:, None]], axis=1)


def test_a_sequence_that_has_ended_is_ended_and_the_others_go_on():
    model = tokens()
    free = generate(model, STARTS, 12)
    end = int(free[0, 2])
    found, log_probabilities = generate(model, STARTS, 12, end=end, return_log_probabilities=True)
    for row in range(2):
        places = np.flatnonzero(free[row] == end)
        length = int(places[0]) + 1 if len(places) else 12
        np.testing.assert_array_equal(found[row, :length], free[row, :length])
        assert (found[row, length:] == end).all()
        assert (log_probabilities[row, :length] < 0).all()
        assert not log_probabilities[row, length:].any()
    assert len(list(rollout(model, STARTS[:1], end=end))) == 1 + free[0].tolist().index(end)


def test_a_padding_token_may_end_sequences_of_a_model_that_masks_it():
    model = tokens(mask_zero=True)
    model.layers[-1].bias.assign([3, 0, 0, 0, 0, 0])
    start = STARTS + (STARTS == 0)
    found = generate(model, start, 9, Sample(seed=3), end=0)
    ended = (found == 0).any(axis=1)
    assert ended.any()
    for row in range(2):
        first = found[row].tolist().index(0) if ended[row] else 9
        assert not found[row, first:].any()


@pytest.mark.parametrize("seed", range(4))
def test_a_padding_token_ends_one_sequence_and_the_others_go_on(seed):
    masked, plain = tokens(mask_zero=True), tokens()
    plain.set_weights(masked.get_weights())
    start, how = STARTS + (STARTS == 0), {"end": 0, "return_log_probabilities": True}
    for model in (masked, plain):
        model.layers[-1].bias.assign([1, 0, 0, 0, 0, 0])
    found, wanted = (generate(m, start, 20, Sample(seed=seed), **how) for m in (masked, plain))
    lengths = (found[0] != 0).sum(axis=1)
    assert lengths[0] != lengths[1]  # one has ended before the other
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)
    each = list(rollout(masked, start, Sample(seed=seed), end=0))
    np.testing.assert_array_equal(np.stack(each, axis=1), found[0][:, : len(each)])


def test_what_is_forbidden_is_never_taken():
    model = tokens()
    found, log_probabilities = generate(
        model, STARTS, 30, Sample(seed=0), forbidden=[0, 3], return_log_probabilities=True
    )
    assert not np.isin(found, [0, 3]).any()
    assert np.isfinite(log_probabilities).all()
    others = generate(model, STARTS, 5, forbidden=[0, 1, 2, 3, 5], return_log_probabilities=True)
    assert (others[0] == 4).all()
    np.testing.assert_array_equal(others[1], 0)


def test_a_sampler_of_ones_own_chooses():
    class Least(Sampler):
        def choose(self, logits):
            return logits.argmin(axis=1)

    model = tokens()
    found = generate(model, STARTS, 1, Least())[:, 0]
    np.testing.assert_array_equal(found, model(STARTS)[:, -1].argmin(axis=1))


def test_a_seed_draws_the_same_and_a_generator_goes_on():
    model, sampler = tokens(), Sample(seed=5)
    first = generate(model, STARTS, 20, sampler)
    np.testing.assert_array_equal(generate(model, STARTS, 20, sampler), first)
    goes_on = Sample(seed=np.random.default_rng(5))
    np.testing.assert_array_equal(generate(model, STARTS, 20, goes_on), first)
    assert (generate(model, STARTS, 20, goes_on) != first).any()


def test_models_in_models_tell_whether_they_put_out_logits():
    inner = Sequential([Input((None, 5)), layers.TimeDistributed(layers.Dense(V))])
    stack = [layers.Embedding(V, 4), layers.GRU(5, return_sequences=True), inner]
    for last in ([], [layers.Softmax()], [layers.Activation("softmax")]):
        model = Sequential([Input((None,)), *stack, *last])
        _, found = generate(model, STARTS, 1, return_log_probabilities=True)
        z = model(STARTS)[:, -1].astype("float64")
        z = np.log(z) if last else z
        expected = (z - np.log(np.exp(z).sum(axis=1, keepdims=True))).max(axis=1)
        np.testing.assert_allclose(found[:, 0], expected, rtol=0, atol=FLOAT32)
