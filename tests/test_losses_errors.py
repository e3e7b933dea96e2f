"""Losses that are found by name, and arguments that are wrong."""

import re

import numpy as np
import pytest

from elman import losses
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from tests.losses_at import CASES, make


@pytest.mark.parametrize(
    ("identifier", "cls"),
    [
        ("mse", losses.MeanSquaredError),
        ("MSE", losses.MeanSquaredError),
        ("mean_squared_error", losses.MeanSquaredError),
        ("MeanSquaredError", losses.MeanSquaredError),
        ("mae", losses.MeanAbsoluteError),
        ("huber", losses.Huber),
        ("Huber", losses.Huber),
        ("bce", losses.BinaryCrossentropy),
        ("categorical_crossentropy", losses.CategoricalCrossentropy),
        ("sparse_categorical_crossentropy", losses.SparseCategoricalCrossentropy),
        (losses.mean_absolute_error, losses.MeanAbsoluteError),
        (losses.Huber, losses.Huber),
        ({"class_name": "Huber", "config": {"delta": 2.0}}, losses.Huber),
        (
            {"module": "builtins", "class_name": "function", "config": "mean_squared_error"},
            losses.MeanSquaredError,
        ),
    ],
)
def test_get_takes_every_kind_of_identifier(identifier, cls):
    assert type(losses.get(identifier)) is cls


def test_get_returns_none_and_instances_as_they_are():
    loss = losses.Huber()
    assert losses.get(None) is None
    assert losses.get(loss) is loss


@pytest.mark.parametrize("case", CASES)
def test_a_config_makes_the_same_loss_again(case):
    loss = make(case, reduction="sum")
    wrapped = losses.serialize(loss)
    assert wrapped["module"] == "keras.losses"
    assert wrapped["registered_name"] is None
    assert losses.deserialize(wrapped).get_config() == loss.get_config()
    assert type(loss).from_config(loss.get_config()).get_config() == loss.get_config()


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: losses.mean_squared_error(np.zeros((4, 2)), np.zeros((4, 3))),
            ShapeError,
            "mean_squared_error: `y_true` must have the shape of `y_pred`, (4, 3); got (4, 2).",
        ),
        (
            lambda: losses.mean_squared_error(np.zeros((4, 30, 1)), np.zeros((4, 1))),
            ShapeError,
            "`y_true` must have the shape of `y_pred`, (4, 1); got (4, 30, 1).",
        ),
        (
            lambda: losses.sparse_categorical_crossentropy(np.zeros((4, 1)), np.zeros((5, 3))),
            ShapeError,
            "must hold one label an entry, of shape (5,); got (4, 1).",
        ),
        (
            lambda: losses.huber(0.0, 1.0),
            ShapeError,
            "huber: `y_pred` must have at least 1 axis; got shape (). Pass `[y_pred]`.",
        ),
        (
            lambda: losses.sparse_categorical_crossentropy(np.eye(3), np.eye(3)),
            ShapeError,
            "of shape (3,); got (3, 3). One-hot targets go with `categorical_crossentropy`.",
        ),
        (
            lambda: losses.categorical_crossentropy([0, 1], np.eye(2)),
            ShapeError,
            "(2, 2); got (2,). Labels go with `sparse_categorical_crossentropy`.",
        ),
        *[
            (
                lambda k=k: losses.sparse_categorical_crossentropy([0, k], np.full((2, 3), 0.3)),
                ArgumentError,
                f"must hold whole numbers from 0 to 2, as `y_pred` has 3 classes; got {k}.",
            )
            for k in (7, -1, 1.5)
        ],
        (
            lambda: losses.binary_crossentropy(np.eye(2), np.eye(2), axis=0),
            UnsupportedError,
            "binary_crossentropy: `axis` must be -1; got 0.",
        ),
        (
            lambda: losses.MeanSquaredError()(np.zeros((4, 2)), np.zeros((4, 2)), np.ones(3)),
            ShapeError,
            "MeanSquaredError: `sample_weight` must have shape (4,); got (3,).",
        ),
        (
            lambda: losses.Huber()(np.zeros((4, 3, 2)), np.zeros((4, 3, 2)), mask=np.ones((4, 2))),
            ShapeError,
            "Huber: `mask` must have shape (4,) or (4, 3); got (4, 2).",
        ),
        (
            lambda: losses.Huber()(np.zeros((3, 2)), np.zeros((4, 2)), mask=np.ones(4)),
            ShapeError,
            "shape (4,), the mask's, or (4, 2), that of `y_pred`; got (3, 2).",
        ),
        (
            lambda: losses.MeanSquaredError(reduction="avg"),
            ArgumentError,
            "MeanSquaredError: `reduction` must be one of 'sum_over_batch_size', 'mean',",
        ),
        (
            lambda: losses.MeanSquaredError("none").value_and_gradient(np.eye(2), np.eye(2)),
            ArgumentError,
            "`reduction` must make one number to train with; got 'none'.",
        ),
        (
            lambda: losses.BinaryCrossentropy(label_smoothing=2),
            ArgumentError,
            "BinaryCrossentropy: `label_smoothing` must be a finite number and at least 0 and at",
        ),
        (
            lambda: losses.get("mean_square_error"),
            ArgumentError,
            "got 'mean_square_error'. Did you mean 'mean_squared_error'?",
        ),
        (
            lambda: losses.get({"class_name": "Huber", "config": {"detla": 1}}),
            ArgumentError,
            "Huber: `config` must hold only arguments; got 'detla'. Did you mean 'delta'?",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(call, error, text):
    with pytest.raises(error, match=re.escape(text)):
        call()
