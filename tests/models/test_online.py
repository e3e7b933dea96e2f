"""Learning a timestep at a time: `train_step(x_t, y_t)`, and learners of one's own."""

import copy
import gc
import itertools
import pickle
import re
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers, optimizers
from elman.errors import (
    UnsupportedError,
)
from tests.models.online_model import METHODS, Called, X, Y, losses_of, model_of, raises, x_t, y_t
from tests.online.chains import assert_close, compiled, scrambled
from tests.tolerances import FLOAT32

# ---------------------------------------------------------------------- one line


def test_a_signal_is_learned_as_it_comes():
    wave = np.sin(np.arange(3000) / 4)[:, None].astype("float32")
    model = scrambled(Sequential([Input((None, 1)), layers.GRU(8), layers.Dense(1)]))
    model.compile("adam", "mse")
    losses = [model.train_step(now, then) for now, then in itertools.pairwise(wave)]
    assert np.mean(losses[-100:]) < 0.02 * np.mean(losses[:100])


def test_a_step_returns_the_loss_and_with_metrics_a_list_or_a_dictionary():
    assert type(model_of().train_step(x_t, y_t)) is float
    found = model_of(metrics=["mae"]).train_step(x_t, y_t)
    by_name = model_of(metrics=["mae"]).train_step(x_t, y_t, return_dict=True)
    assert list(by_name) == ["loss", "mae"]
    assert list(by_name.values()) == found


def test_each_result_is_of_its_own_step():
    model = model_of(metrics=["mae"])
    prediction = model.online_learner.predict(x_t)
    model.train_step(x_t, y_t)
    prediction = model.online_learner.predict(X[:, 1])
    found = model.train_step(X[:, 1], Y[:, 1], return_dict=True)
    assert found["mae"] == pytest.approx(np.abs(prediction - Y[:, 1]).mean(), rel=FLOAT32)
    assert found["loss"] == pytest.approx(((prediction - Y[:, 1]) ** 2).mean(), rel=FLOAT32)


def test_the_batch_axis_may_be_left_out_where_it_is_one():
    with_axis, without = model_of(), model_of()
    for t in range(3):
        found = with_axis.online_learner.learn(X[:1, t], Y[:1, t], [2.0])
        assert without.online_learner.learn(X[0, t], Y[0, t], 2.0) == found


def test_one_argument_is_a_batch_as_in_keras():
    one, whole = model_of(), model_of()
    assert one.train_step((X, Y[:, -1]))["loss"] == pytest.approx(
        whole.train_on_batch(X, Y[:, -1]), rel=FLOAT32
    )
    assert_close(one.get_weights(), whole.get_weights(), FLOAT32)


class Counted(Model):
    """A model with Keras's training step of its own."""

    def train_step(self, data):
        vars(self)["steps"] = vars(self).get("steps", 0) + 1
        return super().train_step(data)


def test_a_training_step_of_ones_own_is_what_it_was():
    x = Input((None, 3))
    model = Counted(x, layers.Dense(2)(layers.GRU(3)(x)), name="m")
    model.compile("sgd", "mse")
    model.fit(X, Y[:, -1], batch_size=1, verbose=0)
    assert model.steps == 2
    with raises(
        UnsupportedError,
        "Counted 'm': to learn online a model must be trained by the steps of `compile`; got "
        "Counted, whose own `train_step` would be passed over.",
    ):
        model.online()


class OwnLoss(Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return super().compute_loss(x, y, y_pred, sample_weight, training)


def test_a_loss_of_ones_own_is_not_passed_over():
    x = Input((None, 3))
    model = OwnLoss(x, layers.GRU(2)(x), name="m")
    model.compile("sgd", "mse")
    with raises(UnsupportedError, "OwnLoss 'm': to learn online a model must be trained"):
        model.train_step(x_t, y_t)


@pytest.mark.parametrize(
    "make", [Called, lambda: Sequential([layers.GRU(4), layers.Dense(2)])], ids=["call", "stack"]
)
def test_a_model_is_built_by_its_first_step(make):
    model = compiled(make(), optimizer=optimizers.Adam(0.02))
    losses = [model.train_step(x_t, y_t) for _ in range(60)]
    assert losses[-1] < 0.1 * losses[0]


# ---------------------------------------------------------------------- as `compile` says

STEPS = {
    "adam": {"optimizer": "adam"},
    "clipped": {"optimizer": lambda: optimizers.SGD(0.1, momentum=0.9, clipnorm=0.1)},
    "globally": {"optimizer": lambda: optimizers.RMSprop(0.1, global_clipnorm=0.1)},
    "schedule": {
        "optimizer": lambda: optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 1, 0.5))
    },
    "averaged": {"optimizer": lambda: optimizers.Adam(0.1, use_ema=True)},
    "accumulated": {"optimizer": lambda: optimizers.SGD(0.1, gradient_accumulation_steps=2)},
    "huber": {"loss": "huber", "metrics": ["mse"], "weighted_metrics": ["mae"]},
    "weighted": {"loss_weights": [0.3]},
}


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("method", METHODS)
def test_a_step_from_zero_is_train_on_batch_of_one_timestep(name, method):
    options = dict(STEPS[name])
    made = options.pop("optimizer", "adam")
    stack = (layers.GRU(4, kernel_regularizer="l2", bias_constraint="non_neg"), layers.Dense(2))
    online, whole = (
        model_of(
            *(type(layer).from_config(layer.get_config()) for layer in stack),
            optimizer=made if isinstance(made, str) else made(),
            **options,
        )
        for _ in range(2)
    )
    learner, weights = online.online(method), np.array([1.0, 0.5])
    for t in range(4):
        found = learner.learn(X[:, t], Y[:, t], weights, return_dict=True)
        wanted = whole.train_on_batch(X[:, t : t + 1], Y[:, t], weights, return_dict=True)
        assert list(found) == list(wanted)
        assert found == pytest.approx(wanted, rel=FLOAT32)
        assert_close(online.get_weights(), whole.get_weights(), FLOAT32)
        learner.reset()


def test_classes_are_learned_from_their_numbers():
    model = model_of(
        layers.LSTM(4), layers.Dense(3, activation="softmax"),
        loss="sparse_categorical_crossentropy", metrics=["accuracy"],
    )  # fmt: skip
    loss, accuracy = model.train_step(x_t, [2, 0])
    assert loss > 0
    assert accuracy in (0.0, 0.5, 1.0)


def test_auto_is_exact_where_that_is_cheap():
    small, large = model_of(layers.GRU(8)), model_of(layers.LSTM(64))
    dropped = model_of(layers.LSTM(4, recurrent_dropout=0.1))
    for model, method, units in ((small, "rtrl", 8), (large, "bptt", 64), (dropped, "bptt", 4)):
        learner = model.online()
        assert learner.method == "auto"
        learner.learn(x_t, np.zeros((2, units)))
        assert learner.method == method


# ---------------------------------------------------------------------- states


@pytest.mark.parametrize("method", METHODS)
def test_steps_give_what_the_model_gives_for_the_sequence(method):
    stack = [layers.LSTM(4, return_sequences=True), layers.GRU(3, return_sequences=True)]
    model = model_of(*stack)
    learner, whole = model.online(method, bptt_steps=3), model.predict(X, verbose=0)
    for t in range(8):
        looked, taken = learner.predict(X[:, t]), learner.step(X[:, t])
        assert_close([looked, taken], [whole[:, t]] * 2, FLOAT32)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_outputs_and_states_have_the_dtype_of_the_model(method, dtype):
    stack = [layers.LSTM(3, return_sequences=True, dtype=dtype), layers.GRU(2, dtype=dtype)]
    model = compiled(Sequential([Input((None, 3), dtype=dtype), *stack]))
    learner = model.online(method)
    for given in (X, X.astype("float64")):
        learner.learn(given[:, 0], Y[:, 0])
        found = [learner.predict(given[:, 1]), learner.step(given[:, 1])]
        found += [array for own in learner.state for array in own]
        assert {array.dtype for array in found} == {np.dtype(dtype)}


@pytest.mark.parametrize("method", METHODS)
def test_layers_may_differ_in_dtype(method):
    stack = [layers.GRU(3, return_sequences=True, dtype="float64"), layers.Dense(3), layers.LSTM(2)]
    losses_of(model_of(*stack).online(method))


@pytest.mark.parametrize("method", METHODS)
def test_a_prediction_takes_no_step(method):
    one, other = model_of(), model_of()
    first, second = one.online(method), other.online(method)
    for t in range(5):
        first.predict(X[:, t])
        first.predict(X[:, 7])
        assert first.learn(X[:, t], Y[:, t]) == second.learn(X[:, t], Y[:, t])


@pytest.mark.parametrize("method", METHODS)
def test_learners_have_states_of_their_own(method):
    model = model_of(layers.GRU(3), layers.Dense(2))
    first, second = model.online(method), model.online(method)
    losses_of(first)
    assert second.state is None
    before = first.state
    second.learn(X[:1, 0], Y[:1, 0])
    assert (first.batch, second.batch) == (2, 1)
    assert_close(first.state[0], before[0], 0)
    assert model.online_learner is model.online_learner
    assert model.online_learner.state is None


@pytest.mark.parametrize("method", METHODS)
def test_a_state_that_is_set_is_where_learning_goes_on(method):
    learner = model_of().online(method)
    losses_of(learner)
    ((h, c),) = saved = learner.state
    assert h.shape == c.shape == (2, 4)
    expected = learner.predict(x_t)
    learner.state[0][0][:] = 1  # a copy
    assert (learner.predict(x_t) == expected).all()
    learner.reset()
    assert learner.state is None
    assert learner.batch is None
    learner.state = saved
    assert (learner.predict(x_t) == expected).all()
    assert_close(learner.state[0], (h, c), 0)


@pytest.mark.parametrize("method", METHODS)
def test_reset_begins_anew_with_any_batch(method):
    learner = model_of(optimizer=optimizers.SGD(1e-30)).online(method)
    first = losses_of(learner)
    learner.reset()
    learner.learn(X[:1, 0], Y[:1, 0])
    learner.reset()
    assert losses_of(learner) == first


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_of_a_model_goes_on_as_it_does(method, copied):
    model = model_of(layers.GRU(3, return_sequences=True), layers.LSTM(2))
    vars(model)["_online_learner"] = model.online(method, bptt_steps=3)
    losses_of(model.online_learner, range(4))
    other = copied(model)
    assert losses_of(model.online_learner, range(4, 8)) == losses_of(
        other.online_learner, range(4, 8)
    )
    assert_close(model.get_weights(), other.get_weights(), 0)


def test_a_copy_that_is_made_in_the_middle_of_a_step_is_free():
    model, copies = model_of(), []

    class Copying(elman.metrics.Mean):
        def update_state(self, y_true, y_pred, sample_weight=None):
            copies.append(copy.deepcopy(model.online_learner))

    model.compile("sgd", "mse", metrics=[Copying()])
    model.train_step(x_t, y_t)
    assert copies[0].predict(x_t).shape == (2, 2)


def test_exact_gradients_may_be_gathered_over_any_number_of_timesteps():
    one, other = model_of(), model_of()
    before = one.get_weights()
    losses = losses_of(one.online("rtrl", bptt_steps=2, every=8))
    assert losses == losses_of(other.online("rtrl", bptt_steps=8, every=8))
    assert_close(one.get_weights(), other.get_weights(), 0)
    assert any((a != b).any() for a, b in zip(before, one.get_weights(), strict=True))


def test_fit_and_stateful_layers_leave_the_state_alone():
    model = model_of(layers.GRU(3, stateful=True), layers.Dense(2))
    model.train_step(x_t, y_t)
    (before,) = model.online_learner.state
    model.fit(X, Y[:, -1], verbose=0)
    assert_close(model.online_learner.state[0], before, 0)
    model.train_step(x_t, y_t)


@pytest.mark.parametrize("method", METHODS)
def test_a_model_of_which_nothing_is_trained_just_runs(method):
    model = model_of()
    model.trainable = False
    before = model.get_weights()
    losses_of(model.online(method))
    assert_close(model.get_weights(), before, 0)


@pytest.mark.parametrize("method", METHODS)
def test_frozen_layers_stay_as_they_are(method):
    model = model_of(layers.GRU(3, return_sequences=True, name="g"), layers.GRU(2), layers.Dense(2))
    model.layers[1].trainable = False
    before = [layer.get_weights() for layer in model.layers]
    losses_of(model.online(method))
    moved = [
        any((a != b).any() for a, b in zip(layer.get_weights(), old, strict=True))
        for layer, old in zip(model.layers, before, strict=True)
    ]
    assert moved == [True, False, True]


@pytest.mark.parametrize("method", METHODS)
def test_a_step_leaves_nothing_behind(method):
    learner = model_of(layers.SimpleRNN(3), layers.Dense(2)).online(method, bptt_steps=3)
    for _ in range(100):
        learner.learn(x_t, y_t)
    tracemalloc.start()
    try:
        found = []
        for steps in (10, 1000):
            for _ in range(steps):
                learner.learn(x_t, y_t)
            gc.collect()
            found.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert found[1] - found[0] < 1000


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell")
def test_memory_stays_what_it_is():
    command = [sys.executable, "-m", "benchmarks.online_memory", "--steps", "8000"]
    root = Path(__file__).parents[2]
    printed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    grown = [int(kib) for kib in re.findall(r"grew by (-?\d+) KiB", printed)]
    assert len(grown) == 2
    assert max(grown) < 512, printed


def as_pickled(found):
    return pickle.loads(pickle.dumps(found))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("copied", [copy.deepcopy, as_pickled])
def test_a_copy_in_the_middle_of_a_window_goes_on_as_it_does(method, copied):
    learner = model_of(optimizer=optimizers.SGD(0.1)).online(method, bptt_steps=4, every=2)
    losses_of(learner, range(3))
    other = copied(learner)
    assert losses_of(other, range(3, 8)) == losses_of(learner, range(3, 8))
    assert_close(other.model.get_weights(), learner.model.get_weights(), 0)


def of_another_learner(model):
    model.online("rtrl", every=2).learn(3 * x_t, -y_t)


def compiled_again(model):
    compiled(model, optimizer=optimizers.SGD(0.1))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("between", [of_another_learner, compiled_again])
def test_what_happens_between_the_steps_of_a_window_leaves_it_alone(method, between):
    model, undisturbed = (model_of(optimizer=optimizers.SGD(0.1)) for _ in range(2))
    learner, twin = model.online(method, every=2), undisturbed.online(method, every=2)
    for t in range(0, 8, 2):
        first, second = range(t, t + 1), range(t + 1, t + 2)
        assert losses_of(learner, first) == losses_of(twin, first)
        between(model)
        assert losses_of(learner, second) == losses_of(twin, second)
    assert_close(model.get_weights(), undisturbed.get_weights(), 0)
