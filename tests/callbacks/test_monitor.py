import re

import numpy as np
import pytest

import elman
from elman import Input, Model, layers, losses, metrics
from elman.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from elman.callbacks.monitor import Monitor, direction
from elman.errors import ArgumentError
from tests.callbacks.problem import Feed, X, fit, make

NEITHER = ("Mean", "MeanMetricWrapper", "Metric", "Sum", "Variable")  # a mean or a sum of anything


@pytest.mark.parametrize(
    "name",
    [n for n in metrics.__all__ if n[0].isupper() and n not in NEITHER and not n.endswith("ives")],
)
def test_every_metric_of_elman_s_is_one_of_which_more_or_less_is_better(name):
    lesser = ("Error", "entropy", "Hinge", "KLDivergence", "LogCosh", "Poisson")
    expected = -1.0 if any(word in name for word in lesser) else 1.0
    cls = getattr(metrics, name)
    try:
        metric = cls()
    except TypeError:  # it takes an argument
        metric = object.__new__(cls)
    assert direction(metric) == expected


def test_a_metric_of_ones_own_says_itself_which_way_is_better():
    class Own(metrics.Mean):
        def __init__(self, way=None):
            super().__init__()
            if way:
                self._direction = way

    assert [direction(Own(way)) for way in ("up", "down", None)] == [1.0, -1.0, None]


def test_a_loss_as_a_metric_is_better_when_it_is_less():
    assert direction(metrics.MeanMetricWrapper(losses.mean_squared_error)) == -1.0
    assert direction(metrics.MeanMetricWrapper(lambda y_true, y_pred: y_true)) is None


@pytest.mark.parametrize(
    "callback",
    [
        EarlyStopping("val_score"),
        ReduceLROnPlateau("val_score"),
        ModelCheckpoint("a.keras", "val_score", save_best_only=True),
    ],
)
def test_where_it_is_not_known_which_way_is_better_the_mode_must_say(callback):
    text = (
        f"{type(callback).__name__}: `mode` must be 'min' or 'max' for `monitor='val_score'`, "
        "because it is not known which way is better; got 'auto'."
    )
    with pytest.raises(ArgumentError, match=re.escape(text)):
        fit(Feed([1, 2, 3], "val_score"), callback)


@pytest.mark.parametrize(
    "callback",
    [
        EarlyStopping("val_los"),
        ReduceLROnPlateau("val_los"),
        ModelCheckpoint("a.keras", "val_los", save_best_only=True),
    ],
)
def test_a_name_that_is_misspelled_is_warned_of_whatever_the_mode(callback, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # what is watched for is not there: the model is saved as it is
    owner = type(callback).__name__
    text = f"{owner}: `monitor` must be among the logs, loss, mae, val_loss, val_mae"
    with pytest.warns(UserWarning, match=re.escape(text)) as warned:
        fit(callback, validation_data=(X, X[:, :1]))
    assert str(warned[0].message).endswith("got 'val_los'. Did you mean 'val_loss'?")


def test_the_loss_and_the_metrics_of_each_output_are_known():
    x = Input((2,))
    outputs = [layers.Dense(1, name=name)(x) for name in ("a", "b")]
    model = Model(x, outputs)
    model.compile("sgd", ["mse", "mse"], metrics=[["binary_accuracy"], ["mae"]])
    y = np.zeros((4, 1))
    for name, way in {
        "loss": -1.0,
        "a_loss": -1.0,
        "val_b_loss": -1.0,
        "a_binary_accuracy": 1.0,
        "val_b_mae": -1.0,
    }.items():
        watch = EarlyStopping(name, patience=9)
        model.fit(X, [y, y], validation_data=(X, [y, y]), callbacks=[watch], verbose=0)
        assert watch.watch.sign == way


def test_a_number_that_is_none_is_never_better():
    watch = Monitor("owner", "loss", "max", best=None)
    values = (float("nan"), 1.0, float("nan"), 2.0)
    assert [watch.improves(value) for value in values] == [False, True, False, True]
    assert watch.best == 2.0


def test_a_checkpoint_of_batches_knows_it_too():
    model = make(metrics=["binary_accuracy"])
    model.save = lambda path: None
    own = ModelCheckpoint("a.keras", "binary_accuracy", save_best_only=True, save_freq=1)
    fit(own, model=model, batch_size=2)
    assert own.watch.sign == 1.0
    assert elman.callbacks.EarlyStopping("loss").watch.sign is None


def test_a_metric_of_a_model_of_one_s_own_is_known_too():
    class Own(Model):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            self.right = metrics.BinaryAccuracy(name="right")

        def train_step(self, data):
            self.right.update_state(*data)
            return {"right": self.right.result()}

    x = Input((1,))
    model = Own(x, layers.Dense(1)(x))
    model.compile("sgd", "mse")
    own = EarlyStopping("right", patience=9)
    model.fit(np.zeros((4, 1)), np.zeros((4, 1)), callbacks=[own], verbose=0)
    assert (own.watch.sign, own.best) == (1.0, 1.0)
