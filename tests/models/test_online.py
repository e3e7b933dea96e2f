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

from elman import Input, Model, Sequential, layers, optimizers
from elman.errors import (
    ArgumentError,
    NotBuiltError,
    ShapeError,
    TrainingError,
    UnsupportedError,
)
from tests.online.chains import Moving, assert_close, compiled, data, scrambled
from tests.tolerances import FLOAT32

METHODS = ("rtrl", "bptt")
X, Y = data(2, 8, 3, 2, dtype="float32")
x_t, y_t = X[:, 0], Y[:, 0]


def model_of(*stack, loss="mse", optimizer="adam", seed=0, **options):
    stack = stack or (layers.LSTM(4, name="l"), layers.Dense(2, name="d"))
    model = scrambled(Sequential([Input((None, 3)), *stack], name="m"), seed)
    return compiled(model, loss, optimizer, **options)


def losses_of(learner, timesteps=range(8)):
    return [learner.learn(X[:, t], Y[:, t]) for t in timesteps]


def raises(error, text):
    return pytest.raises(error, match=f"^{re.escape(text)}")


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


class Called(Model):
    def __init__(self):
        super().__init__()
        self.recurrent, self.head = layers.GRU(4), layers.Dense(2)

    def call(self, x):
        return self.head(self.recurrent(x))


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
    command = [sys.executable, "-m", "benchmarks.online_memory", "--steps", "20000"]
    root = Path(__file__).parents[2]
    printed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    grown = [int(kib) for kib in re.findall(r"grew by (-?\d+) KiB", printed)]
    assert len(grown) == 2
    assert max(grown) < 512, printed


# ---------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((X[:, :1], y_t), ShapeError,
         "Sequential 'm': `x_t` must have shape (batch, features=3); got (2, 1, 3). Give one "
         "timestep at a time."),
        ((X[:, 0, :2], y_t), ShapeError,
         "Sequential 'm': `x_t` must have shape (batch, features=3); got (2, 2)."),
        ((x_t[:0], y_t[:0]), ShapeError,
         "Sequential 'm': `x_t` must hold at least one sample; got none."),
        ((x_t * np.nan, y_t), ArgumentError,
         "Sequential 'm': `x_t` must be finite; got nan at (0, 0). Leave the timestep out, or put "
         "a number in its place."),
        ((x_t, y_t + np.inf), ArgumentError,
         "Sequential 'm': `y_t` must be finite; got inf at (0, 0)."),
        ((x_t, None), ArgumentError,
         "Sequential 'm': `y_t` must be an array of real numbers; got None."),
        ((x_t, Y[:, :1]), ShapeError,
         "Sequential 'm': `y_t` must be the target of one timestep, such as (2, 2); got "
         "(2, 1, 2)."),
        ((x_t, Y[:1, 0]), ShapeError,
         "Sequential 'm': `y_t` must have as many samples as `x_t`, 2; got 1."),
        ((x_t, 3.0), ShapeError,
         "Sequential 'm': `y_t` must have as many samples as `x_t`, 2; got a single number."),
        ((x_t, y_t[:, :1]), ShapeError,
         "mean_squared_error: `y_true` must have the shape of `y_pred`, (2, 2); got (2, 1)."),
        ((x_t, y_t, [1.0, 2.0, 3.0]), ShapeError,
         "Sequential 'm': `sample_weight` must have as many samples as `x_t`, 2; got 3."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("options", [("rtrl",), ("bptt",), ("rtrl", 9, 3), ("bptt", 2, 2)])
def test_what_does_not_fit_is_refused_and_changes_nothing(arguments, error, text, options):
    model, twin = model_of(), model_of()
    learner, other = model.online(*options), twin.online(*options)
    for t in range(8):
        if t > 1:
            with raises(error, text):
                learner.learn(*arguments)
        assert learner.learn(X[:, t], Y[:, t]) == other.learn(X[:, t], Y[:, t])
    assert_close(model.get_weights(), twin.get_weights(), 0)


def test_another_batch_than_that_of_the_state_is_refused():
    model = model_of()
    model.train_step(x_t, y_t)
    with raises(
        ShapeError,
        "Sequential 'm': `x_t` must have batch=2, that of the carried state; got 1. Call `reset()` "
        "before a batch of another size.",
    ):
        model.train_step(x_t[:1], y_t[:1])
    model.online_learner.reset()
    model.train_step(x_t[:1], y_t[:1])


@pytest.mark.parametrize("method", METHODS)
def test_a_first_step_that_is_refused_says_nothing_of_the_batch(method):
    learner = model_of().online(method)
    for wrong in ((x_t[:1], y_t), (x_t[:1], y_t[:1, :1]), (x_t[:1], None)):
        with pytest.raises((ShapeError, ArgumentError)):
            learner.learn(*wrong)
    learner.learn(x_t, y_t)
    assert learner.batch == 2


@pytest.mark.parametrize("method", METHODS)
def test_a_loss_that_is_no_number_breaks_off_before_the_weights_are_lost(method):
    model = model_of(optimizer=optimizers.SGD(1e30))
    learner = model.online(method)
    learner.learn(x_t, y_t)
    before, state = model.get_weights(), learner.state
    with (
        np.errstate(over="ignore"),
        raises(TrainingError, "Sequential 'm': `loss` must stay finite; got inf at timestep 2. "),
    ):
        learner.learn(x_t, y_t)
    assert_close(model.get_weights(), before, 0)
    assert_close(learner.state[0], state[0], 0)


def test_a_model_that_is_not_compiled_is_refused():
    model = Sequential([Input((None, 3)), layers.GRU(2)], name="m")
    with raises(NotBuiltError, "Sequential 'm': an optimizer and a loss must be chosen first."):
        model.train_step(x_t, y_t)
    model.compile("adam")
    with raises(ArgumentError, "Sequential 'm': `loss` must be given to `compile` before learn"):
        model.train_step(x_t, y_t)
    assert model.online().step(x_t).shape == (2, 2)


def test_a_model_that_is_not_built_is_refused_without_a_batch_axis():
    model = compiled(Sequential([layers.GRU(2)], name="m"))
    with raises(
        ShapeError,
        "Sequential 'm': `x_t` must have shape (batch, features) to build the model for it; got "
        "(3,). Or begin the model with an `Input`.",
    ):
        model.train_step(x_t[0], y_t[0])


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("rtlr",), "`method` must be one of 'auto', 'rtrl', 'bptt'; got 'rtlr'. Did you mean "
         "'rtrl'?"),
        (("bptt", 0), "`bptt_steps` must be a positive integer; got 0."),
        (("bptt", 5, 6), "`every` must be at most bptt_steps=5; got 6. Give `bptt_steps=6`, so "
         "that no timestep is passed over."),
    ],
)  # fmt: skip
def test_arguments_of_a_learner_are_checked(arguments, text):
    with raises(ArgumentError, f"Sequential 'm': {text}"):
        model_of().online(*arguments)


def test_sample_weights_of_a_batch_belong_to_the_data():
    for options, name in (({"sample_weight": [1.0]}, "sample_weight"),
                          ({"return_dict": True}, "return_dict")):  # fmt: skip
        with raises(
            ArgumentError,
            f"Sequential 'm': `{name}` must be left out of `train_step(data)`, whose data are "
            "(x, y, sample_weight); it is for `train_step(x_t, y_t)`.",
        ):
            model_of().train_step((X, Y[:, -1]), **options)


def test_an_exact_gradient_that_is_too_large_is_refused():
    model = model_of(layers.LSTM(256), layers.Dense(2))
    with raises(
        ArgumentError,
        "Sequential 'm': `method` must be 'bptt' for a model of this size; got 'rtrl', which would "
        "keep 136,314,880 numbers, at most 33,554,432.",
    ):
        model.online("rtrl").learn(x_t[:1], y_t[:1])


def test_an_exact_gradient_through_dropout_of_a_sequence_is_refused():
    with raises(
        ArgumentError,
        "Sequential 'm': `method` must be 'bptt' with LSTM 'l', whose dropout has one mask for a "
        "whole sequence; got 'rtrl', for which a sequence has no end. Give `method='bptt'`, whose "
        "windows are sequences, or dropout=0.",
    ):
        model_of(layers.LSTM(4, dropout=0.5, name="l")).online("rtrl")


class Twice(layers.GRU):
    def forward(self, inputs, masks, mode):
        return super().forward(inputs, masks, mode)


class Whole(layers.GRUCell):
    def unroll(self, x, *arguments):
        return super().unroll(x - x.mean(axis=1, keepdims=True), *arguments)


class Mine(layers.Layer):
    def call(self, x):
        return x + 1


SEQUENCE = layers.GRU(2, return_sequences=True)


@pytest.mark.parametrize(
    ("layer", "why"),
    [
        (layers.Bidirectional(layers.LSTM(2)), "also reads the sequence from its end"),
        (layers.LSTM(2, go_backwards=True), "reads the sequence from its end (`go_backwards=True`"),
        (layers.GlobalAveragePooling1D(), "reads several timesteps at once"),
        (layers.Conv1D(2, 2), "reads several timesteps at once"),
        (layers.Masking(), "skips timesteps; leave those out"),
        (layers.RepeatVector(2), "makes a sequence of what the last timestep gave"),
        (layers.BatchNormalization(), "normalizes over the samples of a batch; use LayerNorm"),
        (layers.LayerNormalization(axis=[1, 2]), "does not treat all timesteps alike"),
        (layers.Normalization(axis=1, mean=0.0, variance=1.0), "does not treat all timesteps"),
        (layers.PReLU(), "does not treat all timesteps alike"),
        (layers.Rescaling([[1.0], [2.0], [3.0], [4.0]]), "does not treat all timesteps alike"),
        (layers.Dense(2, activity_regularizer="l2"), "has an `activity_regularizer`, which online"),
        (layers.TimeDistributed(Mine()), "online learning does not know"),
        (Mine(), "online learning does not know"),
        (layers.RNN([layers.GRUCell(2), Whole(2)]), "has a cell that reads a sequence as a whole"),
        (Twice(2), "computes what online learning does not know: its class defines it anew"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, layers.Layer) else "",
)
def test_layers_that_need_more_than_the_timesteps_so_far_are_named(layer, why):
    x = Input((4, 3))
    h = layers.GRU(2, return_sequences=not isinstance(layer, layers.RepeatVector))(x)
    with raises(
        UnsupportedError,
        "Model 'm': to learn online every layer must need the timesteps so far and nothing else; "
        f"got {layer.owner}, which {why}",
    ):
        Model(x, layer(h), name="m").online()


def test_what_is_no_chain_is_named():
    x, state = Input((None, 3)), Input((2,))
    h = SEQUENCE(x)
    known, gru = "to learn online", layers.GRU(2, name="g", return_state=True)
    cases = {
        f"{known} a model must have one input and one output; got 2 and 1.": Model(
            [x, state], layers.GRU(2)(x, initial_state=state), name="m"
        ),
        f"{known} every layer must stand once; got GRU 'same' twice.": Model(
            x, _twice(layers.GRU(3, return_sequences=True, name="same"), x), name="m"
        ),
        f"{known} every layer must need the timesteps so far and nothing else; got Add 'add', "
        "which joins several branches.": Model(x, layers.Add(name="add")([h, h]), name="m"),
        f"{known} every layer must need the timesteps so far and nothing else; got GRU 'g', which "
        "hands on its final state.": Model(x, gru(x)[1], name="m"),
        f"{known} every layer must need the timesteps so far and nothing else; got Attention 'a', "
        "which attends to all timesteps.": Model(
            x, layers.Attention(name="a")([h, h]), name="m"
        ),
        f"{known} a model must have a recurrent layer; got none. Without one, `train_on_batch` "
        "learns as data arrive.": Model(x, layers.Dense(2)(x), name="m"),
        f"{known} the input must have the shape (batch, timesteps, features), or (batch, "
        "timesteps) before an Embedding; got (None, 2).": Model(
            state, layers.Dense(2)(state), name="m"
        ),
    }  # fmt: skip
    for text, model in cases.items():
        with raises(UnsupportedError, f"Model 'm': {text}"):
            model.online()


def _twice(layer, x):
    return layer(layer(x))


class Charging(Moving):
    def call(self, inputs, states):
        self.add_loss(0.1)
        return super().call(inputs, states)


class Charged(Called):
    def call(self, x):
        y = super().call(x)
        self.add_loss(0.1)
        return y


def test_what_adds_to_the_loss_is_named():
    cell = Charging(2, dtype="float32")
    with raises(
        UnsupportedError,
        "Sequential 'm': to learn online no layer may add to the loss; got RNN 'r', whose cell "
        "calls `add_loss`.",
    ):
        model_of(layers.RNN(cell, name="r")).train_step(x_t, y_t)
    with raises(UnsupportedError, "Charged 'charged': to learn online every layer must need"):
        compiled(Charged()).train_step(x_t, y_t)


def test_an_embedding_that_masks_is_named():
    model = Sequential([Input((None,)), layers.Embedding(5, 2, mask_zero=True, name="e")], name="m")
    model.add(layers.GRU(2))
    with raises(UnsupportedError, "Sequential 'm': to learn online every layer must need"):
        model.online()


CHANGES = {
    "freeze": lambda model: setattr(model.layers[0], "trainable", False),
    "drop": lambda model: setattr(model.layers[0], "recurrent_dropout", 0.5),
    "couple": lambda model: setattr(model.layers[0], "activation", "softmax"),
    "add": lambda model: model.add(layers.Dense(2)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_model_that_has_changed_meanwhile_is_refused(change):
    model = model_of()
    model.train_step(x_t, y_t)
    CHANGES[change](model)
    with raises(
        ArgumentError,
        "Sequential 'm': the layers of the model, their dropout and which of them are trainable "
        "must stay what they were while the state is carried; they have changed. Call `reset()`.",
    ):
        model.train_step(x_t, y_t)
    model.online_learner.reset()
    model.train_step(x_t, y_t)


@pytest.mark.parametrize(
    ("state", "error", "text"),
    [
        (3, ShapeError, "`state` must hold a tuple for each recurrent layer, of arrays of the "
         "shapes (((2, 4), (2, 4)),); got "),
        ([np.zeros((2, 4))], ShapeError, "`state` must hold a tuple for each recurrent layer, of "
         "arrays of the shapes (((2, 4), (2, 4)),); got (((2, 4),),)."),
        ([[np.zeros((3, 4))] * 2], ShapeError, "`state` must hold a tuple for each recurrent "),
        ([[np.full((2, 4), np.nan)] * 2], ArgumentError, "`state` must be finite; got nan at "),
    ],
)  # fmt: skip
def test_a_state_that_does_not_fit_is_refused(state, error, text):
    learner = model_of().online()
    losses_of(learner)
    before = learner.state
    with raises(error, f"Sequential 'm': {text}"):
        learner.state = state
    assert_close(learner.state[0], before[0], 0)


def test_a_learner_says_what_it_is():
    learner = model_of().online()
    assert repr(learner) == "<OnlineLearner of Sequential 'm', method='auto', batch=None>"
    learner.step(x_t)
    assert repr(learner) == "<OnlineLearner of Sequential 'm', method='rtrl', batch=2>"
