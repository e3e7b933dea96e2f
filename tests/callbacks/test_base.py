import re

import numpy as np
import pytest

import elman
from elman.callbacks import Callback, LambdaCallback, TerminateOnNaN
from elman.errors import ArgumentError
from tests.callbacks.problem import Feed, Spy, X, Y, fit, make

# ---------------------------------------------------------------------- who is told what


def test_events_come_in_keras_s_order_with_keras_s_logs():
    """Written down from Keras 3.15.1: two epochs of two batches, with validation."""
    seen, validated = ("loss", "mae"), ("loss", "mae", "val_loss", "val_mae")
    epoch = [
        ("on_train_batch_begin", 0),
        ("on_train_batch_end", 0, *seen),
        ("on_train_batch_begin", 1),
        ("on_train_batch_end", 1, *seen),
        ("on_test_begin",),
        ("on_test_batch_begin", 0),
        ("on_test_batch_end", 0, *seen),
        ("on_test_batch_begin", 1),
        ("on_test_batch_end", 1, *seen),
        ("on_test_end", *seen),
    ]
    expected = [
        ("on_train_begin",),
        ("on_epoch_begin", 0),
        *epoch,
        ("on_epoch_end", 0, *validated),
        ("on_epoch_begin", 1),
        *epoch,
        ("on_epoch_end", 1, *validated),
        ("on_train_end", *validated),
    ]
    spy = Spy()
    fit(spy, epochs=2, batch_size=2, validation_data=(X, Y))
    assert spy.events == expected


def test_evaluation_and_prediction_tell_too():
    spy, model = Spy(), make()
    model.evaluate(X, Y, callbacks=[spy], verbose=0)
    model.predict(X, callbacks=[spy], verbose=0)
    assert spy.events == [
        ("on_test_begin",),
        ("on_test_batch_begin", 0),
        ("on_test_batch_end", 0, "loss", "mae"),
        ("on_test_end", "loss", "mae"),
        ("on_predict_begin",),
        ("on_predict_batch_begin", 0),
        ("on_predict_batch_end", 0, "outputs"),
        ("on_predict_end",),
    ]


def test_a_callback_knows_its_model_and_the_plan():
    spy, model = Spy(), make()
    assert (spy.model, spy.params) == (None, None)
    fit(spy, model=model, epochs=2, batch_size=3)
    assert spy.model is model
    assert spy.params == {"epochs": 2, "steps": 2, "verbose": 0}
    model.predict(X, batch_size=1, callbacks=spy, verbose=0)
    assert spy.params == {"epochs": 1, "steps": 4, "verbose": 0}


def test_keras_s_older_names_of_batch_events_are_heard():
    class Old(Callback):
        seen: list = []  # noqa: RUF012

        def on_batch_begin(self, batch, logs=None):
            self.seen.append(("begin", batch))

        def on_batch_end(self, batch, logs=None):
            self.seen.append(("end", batch, sorted(logs)))

    fit(Old(), epochs=1, batch_size=2)
    assert Old.seen == [
        ("begin", 0),
        ("end", 0, ["loss", "mae"]),
        ("begin", 1),
        ("end", 1, ["loss", "mae"]),
    ]


def test_a_callback_may_come_alone_and_without_a_constructor_s_call():
    class Bare(Callback):
        def __init__(self):
            self.count = 0

        def on_epoch_end(self, epoch, logs=None):
            self.count += 1

    bare = Bare()
    make().fit(X, Y, epochs=2, callbacks=bare, verbose=0)
    assert bare.count == 2


def test_a_callback_with_lazy_logs_works_them_out_itself():
    class Lazy(Callback):
        lazy_logs = True

        def on_train_batch_end(self, batch, logs=None):
            self.logs = logs()

    lazy = Lazy()
    make().fit(X, Y, callbacks=[lazy], verbose=0)
    assert "loss" in lazy.logs


def test_what_a_method_returns_is_not_looked_at():
    class Returns(Callback):
        def on_epoch_end(self, epoch, logs=None):
            return {"loss": 0.0}

    assert fit(Returns()).history["loss"] != [0.0, 0.0, 0.0]


def test_what_is_written_to_logs_reaches_later_callbacks_and_the_history_alone():
    ends = []
    last = LambdaCallback(on_train_end=ends.append)
    before, after = Spy(), Spy()
    history = fit(before, Feed([1, 2, 3]), after, last)
    assert ("on_epoch_end", 0, "loss", "mae") in before.events
    assert ("on_epoch_end", 0, "loss", "mae", "score") in after.events
    assert history.history["score"] == [1, 2, 3]
    assert sorted(ends[0]) == ["loss", "mae"]


def test_the_logs_of_a_batch_are_one_dictionary_for_all():
    seen = []

    def write(batch, logs):
        logs["own"] = batch

    fit(
        LambdaCallback(on_train_batch_end=write),
        LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["own"])),
        epochs=1,
        batch_size=2,
    )
    assert seen == [0, 1]


def test_a_learning_rate_that_a_callback_sets_is_the_one_of_the_next_step():
    def set_rate(batch, logs):
        model.optimizer.learning_rate = 0.5 if batch else 0.0

    model = make()
    before = model.get_weights()[0]
    fit(LambdaCallback(on_train_batch_begin=set_rate), model=model, epochs=1)
    np.testing.assert_array_equal(model.get_weights()[0], before)
    fit(LambdaCallback(on_train_batch_begin=set_rate), model=model, epochs=1, batch_size=2)
    assert not np.array_equal(model.get_weights()[0], before)


def test_a_schedule_s_learning_rate_cannot_be_set():
    def set_rate(epoch, logs):
        model.optimizer.learning_rate = 0.5

    model = make(optimizer=elman.optimizers.SGD(lambda step: 0.1))
    with pytest.raises(ArgumentError, match="SGD: `learning_rate` must stay a schedule"):
        fit(LambdaCallback(on_epoch_begin=set_rate), model=model)


@pytest.mark.parametrize(
    ("name", "run"),
    [
        ("stop_evaluating", lambda model, c: model.evaluate(X, Y, 1, callbacks=c, verbose=0)),
        ("stop_predicting", lambda model, c: model.predict(X, 1, callbacks=c, verbose=0)),
    ],
)
def test_evaluation_and_prediction_stop_after_the_batch_if_told_to(name, run):
    model, batches = make(), []

    def stop(batch, logs):
        batches.append(batch)
        setattr(model, name, batch == 1)

    watch = LambdaCallback(on_test_batch_end=stop, on_predict_batch_end=stop)
    found = run(model, [watch])
    assert batches == [0, 1]
    assert np.shape(found) == (2,) if name == "stop_evaluating" else (2, 1)
    batches.clear()
    run(model, [])
    assert getattr(model, name) is False


# ---------------------------------------------------------------------- breaking off


def test_close_is_called_at_the_very_end_and_after_an_error():
    class Opened(Callback):
        closed = 0

        def on_epoch_end(self, epoch, logs=None):
            raise ZeroDivisionError

        def close(self):
            self.closed += 1

    opened = Opened()
    with pytest.raises(ZeroDivisionError):
        fit(opened)
    assert opened.closed == 1


def test_all_are_closed_though_one_of_them_fails_to():
    closed = []

    class Opened(Callback):
        def __init__(self, fails):
            self.fails = fails

        def close(self):
            closed.append(self.fails)
            if self.fails:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fit(Opened(True), Opened(False))
    assert closed == [True, False]


@pytest.mark.parametrize("event", ["train_begin", "epoch_begin", "train_batch_end", "test_end"])
def test_an_error_in_a_callback_leaves_a_model_that_works(event):
    def fail(*_, **__):
        raise ZeroDivisionError

    model, spy = make(), Spy()
    with pytest.raises(ZeroDivisionError):
        fit(spy, LambdaCallback(**{f"on_{event}": fail}), model=model, validation_data=(X, Y))
    assert "on_train_end" not in [name for name, *_ in spy.events]
    assert len(fit(model=model).epoch) == 3
    assert np.isfinite(model.predict(X, verbose=0)).all()


# ---------------------------------------------------------------------- what is given


def test_callbacks_may_be_nested():
    seen = []
    callbacks = [LambdaCallback(on_train_begin=lambda logs, i=i: seen.append(i)) for i in range(4)]
    make().fit(
        X, Y, verbose=0, callbacks=[callbacks[0], (callbacks[1], [callbacks[2]]), callbacks[3]]
    )
    assert seen == [0, 1, 2, 3]


@pytest.mark.parametrize("given", [TerminateOnNaN, "history", print])
def test_what_is_no_callback_is_refused(given):
    text = (
        "Sequential 'm': `callbacks` must hold instances of `elman.callbacks.Callback`; got "
        f"{given!r}."
    )
    with pytest.raises(ArgumentError, match=re.escape(text)):
        fit(given)


def test_callbacks_that_are_no_list_are_refused():
    text = "Sequential 'm': `callbacks` must be a list of `elman.callbacks`; got {'a': 1}."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        make().fit(X, Y, callbacks={"a": 1})
