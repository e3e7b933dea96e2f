import re

import numpy as np
import pytest

from elman.callbacks import Callback, EarlyStopping, LambdaCallback
from elman.errors import ArgumentError
from tests.callbacks.problem import Feed, fit, make


def stopped_after(values, epochs=20, **options):
    """Return the number of epochs trained when the monitored number runs through `values`."""
    stopping = EarlyStopping(**{"monitor": "score", "mode": "min", **options})
    history = fit(Feed(values), stopping, epochs=min(epochs, len(values)))
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
def test_training_stops_after_the_right_epoch(values, options, epochs):
    assert stopped_after(values, **options)[0] == epochs


@pytest.mark.parametrize("name", ["val_binary_accuracy", "binary_accuracy"])
def test_the_metric_of_a_name_says_which_way_is_better(name):
    def epochs(*arguments):
        model = make(metrics=["binary_accuracy"])
        rising = Feed(range(4), name)
        return len(fit(rising, EarlyStopping(*arguments), model=model, epochs=4).epoch)

    assert epochs(name) == 4
    assert epochs(name, 0, 0, 0, "min") == 2


def test_the_weights_of_the_best_epoch_are_restored():
    weights = []
    remember = LambdaCallback(on_epoch_end=lambda epoch, logs: weights.append(model.get_weights()))
    model = make()
    stopping = EarlyStopping("score", patience=2, mode="min", restore_best_weights=True)
    fit(Feed([3, 1, 2, 2]), remember, stopping, model=model, epochs=10)
    found = (len(weights), stopping.best, stopping.best_epoch, stopping.stopped_epoch)
    assert found == (4, 1, 1, 3)
    np.testing.assert_array_equal(model.get_weights()[0], weights[1][0])
    assert not np.array_equal(weights[3][0], weights[1][0])


def test_the_best_is_restored_even_if_training_is_never_stopped():
    model = make()
    best = []

    class Remember(Callback):
        def on_epoch_end(self, epoch, logs=None):
            best.append(self.model.get_weights())

    stopping = EarlyStopping("score", patience=9, mode="min", restore_best_weights=True)
    fit(Feed([1, 2, 3]), Remember(), stopping, model=model)
    np.testing.assert_array_equal(model.get_weights()[0], best[0][0])


def test_each_fit_begins_anew():
    stopping = EarlyStopping("loss", mode="max")
    assert (stopping.best, stopping.wait, stopping.stopped_epoch) == (None, 0, 0)
    assert len(fit(stopping, epochs=5).epoch) == 2
    assert len(fit(stopping, epochs=5).epoch) == 2


def test_it_says_so_if_asked(capsys):
    stopped_after([3, 2, 2], verbose=1)
    assert capsys.readouterr().out == "Epoch 3: early stopping\n"
    stopped_after([3, 2, 2], verbose=1, restore_best_weights=True)
    said = "Epoch 3: early stopping\nRestoring the weights of epoch 2, the best one\n"
    assert capsys.readouterr().out == said
    stopped_after([3, 2, 2])
    assert capsys.readouterr().out == ""


def test_a_number_that_is_not_there_is_warned_of():
    text = (
        "EarlyStopping: `monitor` must be among the logs, loss, mae; got 'val_loss'. "
        "Give validation data for a 'val_' number."
    )
    with pytest.warns(UserWarning, match=re.escape(text)):
        history = fit(EarlyStopping(), epochs=3)
    assert len(history.epoch) == 3


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"mode": "up"}, "`mode` must be one of 'auto', 'min', 'max'; got 'up'."),
        ({"patience": -1}, "`patience` must be an integer of at least 0; got -1."),
        ({"min_delta": "a"}, "`min_delta` must be a finite number; got 'a'."),
        ({"baseline": "a"}, "`baseline` must be a finite number; got 'a'."),
        ({"monitor": None}, "`monitor` must be a string; got None."),
        ({"restore_best_weights": 1}, "`restore_best_weights` must be True or False; got 1."),
        ({"start_from_epoch": -1}, "`start_from_epoch` must be an integer of at least 0; got -1."),
    ],
)
def test_errors_name_the_argument_and_the_fix(options, text):
    with pytest.raises(ArgumentError, match=re.escape(f"EarlyStopping: {text}")):
        EarlyStopping(**options)
