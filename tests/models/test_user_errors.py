"""Mistakes around a model: what is said of them."""

import re

import numpy as np
import pytest

import elman
from elman import callbacks, layers
from elman.errors import ArgumentError

X, Y = np.ones((8, 2), "float32"), np.ones((8, 1), "float32")


def make():
    model = elman.Sequential([layers.Input((2,)), layers.Dense(1)], name="own")
    model.compile("sgd", "mse")
    return model


def fit(**options):
    return make().fit(X, Y, verbose=0, **options)


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (lambda: make().predict(None),
         "Sequential 'own': `x` must be an array of real numbers; got None."),
        (lambda: fit(validation_data=X),
         "Sequential 'own': `validation_data` must be (x, y) or (x, y, sample_weight); got one "
         "array of shape (8, 2)."),
        (lambda: callbacks.TensorBoard(log_dir=3), "TensorBoard: `log_dir` must be a path; got 3."),
    ],
)  # fmt: skip
def test_errors_name_the_argument(attempt, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        attempt()


def test_a_folder_is_no_file(tmp_path):
    folder = tmp_path / "a.elman"
    folder.mkdir()
    text = f"`filepath` must be a file; got the folder {str(folder)!r}. Name a file in it, "
    with pytest.raises(ArgumentError, match=re.escape(text)):
        make().save(folder)


@pytest.mark.parametrize(
    "callback",
    [
        callbacks.LambdaCallback(on_epoch_begin=lambda epoch: None),
        callbacks.LearningRateScheduler(lambda epoch: {}[epoch]),
    ],
)
def test_an_error_in_a_function_that_a_callback_was_given_has_a_note(callback):
    with pytest.raises((TypeError, KeyError)) as raised:
        fit(callbacks=[callback])
    assert raised.value.__notes__ == [f"in `on_epoch_begin` of {type(callback).__name__}"]
