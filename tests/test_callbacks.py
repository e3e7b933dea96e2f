import os
import re

import numpy as np
import pytest

import elman
from elman import Input, Sequential, layers
from elman.callbacks import (
    Callback,
    EarlyStopping,
    History,
    LambdaCallback,
    ModelCheckpoint,
    TerminateOnNaN,
)
from elman.errors import ArgumentError

X, Y = np.ones((4, 2)), np.zeros((4, 1))


def make(name="m", rate=0.01):
    model = Sequential([Input((2,)), layers.Dense(1, "tanh", name="d")], name=name)
    model.compile(elman.optimizers.SGD(rate), "mse", metrics=["mae"])
    return model


def fit(*callbacks, model=None, **options):
    model = model or make()
    return model.fit(X, Y, verbose=0, callbacks=list(callbacks), **{"epochs": 3, **options})


class Spy(Callback):
    """Writes down every event, with its number and the names of its logs."""

    def __init__(self):
        self.events = []


def _record(event):
    def told(self, *arguments, logs=None):
        *number, logs = (*arguments, logs) if logs is not None else arguments
        self.events.append((event, *number, *sorted(logs)))

    return told


for _event in [name for name in vars(Callback) if name.startswith("on_")]:
    if _event not in ("on_batch_begin", "on_batch_end"):
        setattr(Spy, _event, _record(_event))


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
    fit(spy, model=model, epochs=2, batch_size=3)
    assert spy.model is model
    assert spy.params == {"epochs": 2, "steps": 2, "verbose": 0}


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


def test_what_is_no_callback_is_refused():
    text = (
        "Sequential 'm': `callbacks` must hold instances of `elman.callbacks.Callback`; got "
        "<class 'elman.callbacks"
    )
    with pytest.raises(ArgumentError, match=re.escape(text)):
        fit(TerminateOnNaN)


# ---------------------------------------------------------------------- History, LambdaCallback


def test_history_holds_one_value_an_epoch():
    history = fit(validation_data=(X, Y), initial_epoch=1)
    assert isinstance(history, History)
    assert history.epoch == [1, 2]
    assert {name: len(v) for name, v in history.history.items()} == dict.fromkeys(
        ["loss", "mae", "val_loss", "val_mae"], 2
    )


def test_lambda_callback_hears_every_event_it_has_a_function_for():
    heard = []
    fit(
        LambdaCallback(
            on_train_begin=lambda logs: heard.append("begin"),
            on_epoch_begin=lambda epoch, logs: heard.append(epoch),
            on_epoch_end=lambda epoch, logs: heard.append(sorted(logs)),
            on_train_end=lambda logs: heard.append("end"),
            on_train_batch_end=None,
        ),
        epochs=1,
    )
    assert heard == ["begin", 0, ["loss", "mae"], "end"]


def test_lambda_callback_refuses_an_event_that_there_is_not():
    text = "Did you mean 'on_epoch_end'?"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        LambdaCallback(on_epoch_ends=print)


# ---------------------------------------------------------------------- EarlyStopping


def stopped_after(values, epochs=20, **options):
    """Return the number of epochs trained when the monitored number runs through `values`."""
    options = {"monitor": "score", **options}

    class Feed(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["score"] = values[epoch]

    stopping = EarlyStopping(**options)
    history = fit(Feed(), stopping, epochs=min(epochs, len(values)))
    return len(history.epoch), stopping


@pytest.mark.parametrize(
    ("values", "options", "epochs"),
    [
        ([3, 2, 1, 0], {}, 4),
        ([3, 2, 2, 1], {}, 3),
        ([3, 2, 2, 1, 1, 1, 0], {"patience": 2}, 6),
        ([3, 2, 1, 0], {"mode": "max"}, 2),
        ([1, 2, 3, 2], {"mode": "max"}, 4),
        ([3, 2.8, 2.6, 2.4], {"min_delta": 0.5}, 2),
        ([3, 2.4, 1.8, 1.7], {"min_delta": 0.5}, 4),
        ([3, 2.4, 1.8, 1.7], {"min_delta": -0.5}, 4),
        ([3, 2.9, 2.8, 2.7, 2.6], {"baseline": 1, "patience": 3}, 5),
        ([3, 0.9, 2.8, 2.7, 2.6], {"baseline": 1, "patience": 3}, 5),
        ([3, 2.9, 2.9, 2.9, 2.9], {"baseline": 1, "patience": 2}, 3),
        ([3, 0.9, 0.9, 0.9, 0.9], {"baseline": 1, "patience": 2}, 4),
        ([9, 9, 9, 3, 4, 5], {"start_from_epoch": 3}, 5),
        ([3, float("nan"), 1], {}, 2),
        ([float("nan"), 3, 2, 2], {"patience": 2}, 4),
    ],
)
def test_early_stopping_stops_after_the_right_epoch(values, options, epochs):
    assert stopped_after(values, **options)[0] == epochs


def test_early_stopping_knows_which_way_is_better_by_the_name():
    class Rising(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["val_accuracy"] = epoch

    assert len(fit(Rising(), EarlyStopping("val_accuracy"), epochs=4).epoch) == 4
    assert len(fit(Rising(), EarlyStopping("val_accuracy", mode="min"), epochs=4).epoch) == 2


def test_early_stopping_restores_the_weights_of_the_best_epoch():
    weights = []
    remember = LambdaCallback(on_epoch_end=lambda epoch, logs: weights.append(model.get_weights()))

    class Feed(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["score"] = [3, 1, 2, 2][epoch]

    model = make()
    stopping = EarlyStopping("score", patience=2, restore_best_weights=True)
    fit(Feed(), remember, stopping, model=model, epochs=10)
    assert (len(weights), stopping.best, stopping.best_epoch, stopping.stopped_epoch) == (
        4,
        1,
        1,
        3,
    )
    np.testing.assert_array_equal(model.get_weights()[0], weights[1][0])
    assert not np.array_equal(weights[3][0], weights[1][0])


def test_early_stopping_restores_the_best_even_if_it_never_stops_training():
    model = make()
    best = []

    class Feed(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["score"] = [1, 2, 3][epoch]
            best.append(self.model.get_weights())

    fit(Feed(), EarlyStopping("score", patience=9, restore_best_weights=True), model=model)
    np.testing.assert_array_equal(model.get_weights()[0], best[0][0])


def test_early_stopping_begins_anew_in_each_fit():
    stopping = EarlyStopping("loss", mode="max")
    assert len(fit(stopping, epochs=5).epoch) == 2
    assert len(fit(stopping, epochs=5).epoch) == 2


def test_early_stopping_says_so_if_asked(capsys):
    stopped_after([3, 2, 2], verbose=1)
    assert capsys.readouterr().out == "stopped after epoch 3; best was 2\n"


def test_a_number_that_is_not_there_is_warned_of():
    text = (
        "EarlyStopping: `monitor` must be among the logs, loss, mae; got 'val_loss'. "
        "Give validation data for a 'val_' number."
    )
    with pytest.warns(UserWarning, match=re.escape(text)):
        history = fit(EarlyStopping(), epochs=3)
    assert len(history.epoch) == 3


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (
            lambda: EarlyStopping(mode="up"),
            "EarlyStopping: `mode` must be one of 'auto', 'min', 'max'; got 'up'.",
        ),
        (
            lambda: EarlyStopping(patience=-1),
            "EarlyStopping: `patience` must be an integer of at least 0; got -1.",
        ),
        (
            lambda: EarlyStopping(min_delta="a"),
            "EarlyStopping: `min_delta` must be a finite number; got 'a'.",
        ),
        (
            lambda: ModelCheckpoint("a.keras"),
            "ModelCheckpoint: `filepath` must end in '.elman'; got 'a.keras'.",
        ),
        (
            lambda: ModelCheckpoint("a.elman", save_weights_only=True),
            "ModelCheckpoint: `filepath` must end in '.weights.npz'; got 'a.elman'.",
        ),
        (
            lambda: ModelCheckpoint("a.elman", save_freq="batch"),
            "ModelCheckpoint: `save_freq` must be a positive integer; got 'batch'.",
        ),
        (
            lambda: ModelCheckpoint("a.elman", mode="up"),
            "ModelCheckpoint: `mode` must be one of 'auto', 'min', 'max'; got 'up'.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        attempt()


# ---------------------------------------------------------------------- ModelCheckpoint


def test_a_checkpoint_names_files_by_epoch_and_logs(tmp_path):
    pattern = tmp_path / "deep" / "{epoch:02d}-{loss:.1f}.elman"
    history = fit(ModelCheckpoint(pattern), epochs=2)
    names = [f"{i + 1:02d}-{loss:.1f}.elman" for i, loss in enumerate(history.history["loss"])]
    assert sorted(os.listdir(tmp_path / "deep")) == names


def test_a_checkpoint_holds_the_model_as_it_was_after_the_epoch(tmp_path):
    model = make()
    weights = []
    remember = LambdaCallback(on_epoch_end=lambda epoch, logs: weights.append(model.get_weights()))
    fit(ModelCheckpoint(tmp_path / "{epoch}.elman"), remember, model=model)
    for i, expected in enumerate(weights):
        again = elman.models.load_model(tmp_path / f"{i + 1}.elman")
        np.testing.assert_array_equal(again.get_weights()[0], expected[0])
        assert again.optimizer.iterations == i + 1


def test_a_checkpoint_of_weights_alone(tmp_path):
    model, other = make(), make()
    fit(ModelCheckpoint(tmp_path / "a.weights.npz", save_weights_only=True), model=model)
    other.load_weights(tmp_path / "a.weights.npz")
    np.testing.assert_array_equal(model.get_weights()[0], other.get_weights()[0])


@pytest.mark.parametrize(
    ("options", "saved"),
    [
        ({}, [1, 3]),
        ({"mode": "max"}, [1, 2, 4]),
        ({"initial_value_threshold": 2}, [3]),
    ],
)
def test_a_checkpoint_of_the_best_saves_only_what_is_better(tmp_path, options, saved):
    class Feed(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["score"] = [3, 4, 1, 5][epoch]

    path = tmp_path / "{epoch}.elman"
    fit(Feed(), ModelCheckpoint(path, "score", save_best_only=True, **options), epochs=4)
    assert sorted(os.listdir(tmp_path)) == [f"{i}.elman" for i in saved]


def test_a_checkpoint_after_so_many_batches(tmp_path):
    path = tmp_path / "{epoch}-{batch}.elman"
    fit(ModelCheckpoint(path, save_freq=2), batch_size=1, epochs=1)
    assert sorted(os.listdir(tmp_path)) == ["1-2.elman", "1-4.elman"]


def test_a_checkpoint_warns_of_a_number_that_is_not_there(tmp_path):
    text = "ModelCheckpoint: `monitor` must be among the logs, loss, mae; got 'val_loss'."
    with pytest.warns(UserWarning, match=re.escape(text)):
        fit(ModelCheckpoint(tmp_path / "a.elman", save_best_only=True), epochs=1)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("pattern", ["{loss:d}", "{}", "{epoch", "{loss.x}"])
def test_a_checkpoint_refuses_a_pattern_that_cannot_be_filled_in(tmp_path, pattern):
    text = "ModelCheckpoint: `filepath` must be a pattern such as 'at{epoch:02d}_{loss:.2f}'; got"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        fit(ModelCheckpoint(tmp_path / f"{pattern}.elman"))
    assert os.listdir(tmp_path) == []


def test_a_checkpoint_refuses_names_that_there_are_not(tmp_path):
    text = "ModelCheckpoint: `filepath` must name only epoch, batch, loss, mae; got 'val_loss'."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        fit(ModelCheckpoint(tmp_path / "{val_loss}.elman"))


def test_a_checkpoint_says_so_if_asked(tmp_path, capsys):
    path = tmp_path / "a.elman"
    fit(ModelCheckpoint(path, verbose=1), epochs=1)
    assert capsys.readouterr().out == f"epoch 1: saved {path}\n"


# ---------------------------------------------------------------------- TerminateOnNaN


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_training_stops_at_a_loss_that_is_no_number(capsys, bad):
    x = X.copy()
    x[2] = np.nan
    y = np.where(np.isnan(x[:, :1]), 0, Y) if np.isnan(bad) else Y + bad
    model = make()
    with np.errstate(all="ignore"):
        history = model.fit(
            x if np.isnan(bad) else X, y, batch_size=1, epochs=4, shuffle=False, verbose=0,
            callbacks=[TerminateOnNaN()],
        )  # fmt: skip
    assert len(history.epoch) == 1
    assert model.optimizer.iterations == (3 if np.isnan(bad) else 1)
    assert f"the loss is {bad}; training stops" in capsys.readouterr().out
