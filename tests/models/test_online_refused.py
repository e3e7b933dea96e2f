"""What learners refuse, and that nothing has changed then."""

import threading

import numpy as np
import pytest

import elman
from elman import Input, Sequential, layers, optimizers
from elman.errors import ArgumentError, BusyError, NotBuiltError, ShapeError, TrainingError
from elman.metrics import Mean
from tests.models.online_model import METHODS, X, Y, losses_of, model_of, raises, x_t, y_t
from tests.online.chains import assert_close, compiled


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


class Objecting(Mean):
    """A metric that objects to a target of all zeros, or to telling its result."""

    def update_state(self, y_true, y_pred, sample_weight=None, mask=None):
        self.asked_too_much = (y_true == 1).all()
        if not y_true.any():
            raise ArgumentError("Objecting: no zeros.")
        super().update_state(y_pred)

    def result(self):
        if getattr(self, "asked_too_much", False):
            raise ArgumentError("Objecting: no ones.")
        return super().result()


@pytest.mark.parametrize("options", [("rtrl",), ("bptt",), ("rtrl", 9, 2), ("bptt", 2, 2)])
def test_a_step_to_which_a_metric_objects_is_not_taken(options):
    model, twin = (model_of(metrics=[Objecting(name="own")]) for _ in range(2))
    learner, other = model.online(*options), twin.online(*options)
    for t in range(6):
        for target, text in ((0, "no zeros."), (1, "no ones.")):
            with raises(ArgumentError, f"Objecting: {text}"):
                learner.learn(X[:, t], np.full_like(y_t, target))
        assert learner.learn(X[:, t], Y[:, t]) == other.learn(X[:, t], Y[:, t])
    assert_close(learner.state[0], other.state[0], 0)
    assert_close(model.get_weights(), twin.get_weights(), 0)


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


@pytest.mark.parametrize("method", METHODS)
def test_another_thread_inside_a_learner_is_told_so(method):
    model = model_of()
    learner = model.online(method)
    learner.learn(x_t, y_t)
    before, told = learner.state, []
    attempts = [
        lambda: learner.learn(x_t, y_t),
        lambda: learner.step(x_t),
        lambda: learner.predict(x_t),
        lambda: learner.state,
        lambda: setattr(learner, "state", before),
        learner.reset,
    ]

    def attempt(one):
        try:
            one()
        except BusyError as error:
            told.append(str(error))

    class Meanwhile(elman.losses.Loss):
        def call(self, y_true, y_pred):
            threads = [threading.Thread(target=attempt, args=(each,)) for each in attempts]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return elman.ops.mean((y_pred - y_true) ** 2, axis=-1)

    model.compile("sgd", Meanwhile())
    learner.learn(x_t, y_t)
    text = (
        "Sequential 'm': a learner must be used by one thread at a time; another is inside it. Let "
        "one thread learn, or hold a `threading.Lock` around each call."
    )
    assert set(told) == {text}
    assert len(told) >= len(attempts)
    learner.reset()


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
                          ({"reset_mask": [True]}, "reset_mask"),
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


@pytest.mark.parametrize("method", METHODS)
def test_numbers_that_the_dtype_does_not_hold_are_refused(method):
    learner = model_of().online(method)
    losses_of(learner)
    before = learner.state
    fix = "fit into float32; got 1e+300 at (1, 2). Scale them, or give the layers `dtype='float64'`"
    huge = np.zeros((2, 4))
    huge[1, 2] = 1e300
    with raises(ArgumentError, f"Sequential 'm': `state` must hold numbers that {fix}."):
        learner.state = [(huge, np.zeros((2, 4)))]
    for attempt in (learner.predict, learner.step, lambda x: learner.learn(x, y_t)):
        with raises(ArgumentError, f"Sequential 'm': `x_t` must hold numbers that {fix}."):
            attempt(huge[:, :3])
    assert_close(learner.state[0], before[0], 0)


def test_a_learner_says_what_it_is():
    learner = model_of().online()
    assert repr(learner) == "<OnlineLearner of Sequential 'm', method='auto', batch=None>"
    learner.step(x_t)
    assert repr(learner) == "<OnlineLearner of Sequential 'm', method='rtrl', batch=2>"
