"""Truncated backpropagation: which timesteps a step is learned through, and from where."""

import numpy as np
import pytest

from elman import Input, Sequential, layers, optimizers
from tests.online.chains import (
    F64,
    assert_close,
    chain,
    compiled,
    data,
    gradients,
    rnn,
    scrambled,
    summed,
)
from tests.tolerances import EXACT, RTRL

STACK = (("LSTM", 3), ("GRU", 2))


def model_of(**options):
    return chain(*(rnn(kind, units, **options) for kind, units in STACK))


@pytest.mark.parametrize("steps", [1, 2, 3, 5])
def test_the_gradient_goes_back_as_many_timesteps_as_said_and_ends_there(steps):
    model = compiled(model_of())
    x, y = data(2, 8, 3, 2)
    learner = model.online("bptt", bptt_steps=steps)
    states = []
    for t in range(8):
        learner.learn(x[:, t], y[:, t])
        states.append(learner.state)
    found = gradients(model)
    fresh = model.online("bptt", bptt_steps=8)
    if steps < 8:
        fresh.state = states[7 - steps]
    for t in range(8 - steps, 8):
        fresh.learn(x[:, t], y[:, t])
    assert_close(found, gradients(model), EXACT)


def test_a_window_of_every_so_many_steps_is_a_stateful_model_trained_on_chunks():
    x, y = data(2, 12, 3, 2)
    online = compiled(model_of(), optimizer=optimizers.Adam(0.01))
    learner = online.online("bptt", bptt_steps=4, every=4)
    for t in range(12):
        learner.learn(x[:, t], y[:, t])
    stateful = Sequential(
        [
            Input(batch_shape=(2, 4, 3), **F64),
            *(rnn(kind, units, stateful=True) for kind, units in STACK),
        ]
    )
    compiled(scrambled(stateful), optimizer=optimizers.Adam(0.01))
    for t in range(0, 12, 4):
        stateful.train_on_batch(x[:, t : t + 4], y[:, t : t + 4])
    assert_close(online.get_weights(), stateful.get_weights(), EXACT)


@pytest.mark.parametrize("method", ["rtrl", "bptt"])
def test_several_steps_are_learned_from_by_the_gradient_of_their_mean(method):
    one, several = (compiled(model_of()) for _ in range(2))
    x, y = data(2, 6, 3, 2)
    learner, rarely = one.online(method), several.online(method, every=3)
    for start in (0, 3):
        steps = slice(start, start + 3)
        total, _ = summed(learner, x[:, steps], y[:, steps])
        summed(rarely, x[:, steps], y[:, steps])
        assert_close(gradients(several), [g / 3 for g in total], RTRL)


@pytest.mark.parametrize("method", ["rtrl", "bptt"])
def test_the_weights_change_every_so_many_steps_alone(method):
    model = compiled(model_of(), optimizer="adam")
    learner = model.online(method, every=3)
    x, y = data(1, 7, 3, 2)
    before = model.get_weights()
    for t in range(7):
        learner.learn(x[:, t], y[:, t])
        now = model.get_weights()
        moved = any((a != b).any() for a, b in zip(before, now, strict=True))
        assert moved == (t % 3 == 2)
        before = now


@pytest.mark.parametrize("method", ["rtrl", "bptt"])
def test_a_step_without_a_target_is_learned_through(method):
    model = compiled(model_of())
    x, y = data(2, 5, 3, 2)
    learner = model.online(method)
    for t in range(4):
        learner.step(x[:, t])
    learner.learn(x[:, 4], y[:, 4])
    found = gradients(model)
    weights = np.zeros((2, 5))
    weights[:, 4] = 5
    model.train_on_batch(x, y, sample_weight=weights)
    assert_close(found, gradients(model), RTRL)


@pytest.mark.parametrize("method", ["rtrl", "bptt"])
def test_targets_are_the_mean_of_those_that_there_are(method):
    model = compiled(model_of())
    x, y = data(2, 4, 3, 2)
    learner = model.online(method, every=4)
    learner.step(x[:, 0])
    learner.learn(x[:, 1], y[:, 1])
    learner.step(x[:, 2])
    learner.learn(x[:, 3], y[:, 3])
    found = gradients(model)
    weights = np.tile([0.0, 2.0, 0.0, 2.0], (2, 1))
    model.train_on_batch(x, y, sample_weight=weights)
    assert_close(found, gradients(model), RTRL)


@pytest.mark.parametrize("method", ["rtrl", "bptt"])
def test_an_update_that_is_due_is_made_by_a_step_without_a_target(method):
    model = compiled(model_of(), optimizer="sgd")
    x, y = data(2, 3, 3, 2)
    learner, before = model.online(method, every=3), model.get_weights()
    learner.step(x[:, 0])
    learner.learn(x[:, 1], y[:, 1])
    learner.step(x[:, 2])
    moved = [(a != b).any() for a, b in zip(before, model.get_weights(), strict=True)]
    assert all(moved)


def test_dropout_of_a_recurrent_layer_is_active_in_the_window():
    stack = [rnn("LSTM", 8, dropout=0.5, recurrent_dropout=0.5, seed=1), layers.Dense(2, **F64)]
    model = compiled(chain(*stack))
    x, y = data(1, 1, 3, 2)
    losses = []
    for _ in range(5):
        learner = model.online()
        losses.append(learner.learn(x[:, 0], y[:, 0]))
        assert learner.method == "bptt"
    assert len(set(losses)) > 1
