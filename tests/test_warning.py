"""Warnings that point to the line of whoever uses elman."""

import numpy as np
import pytest

import elman
from elman import Sequential, layers, losses, optimizers
from elman._warning import warn
from elman.parameters import Weight

X = np.ones((2, 3, 1), "float32")


def masked():
    Sequential([layers.Masking(), layers.Flatten()])(X)


def masked_own():
    class Own(layers.Layer):
        def call(self, x):
            return x * 2.0

    Sequential([layers.Masking(), Own()])(X)


def monitored():
    model = Sequential([layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    watching = elman.callbacks.EarlyStopping(monitor="val_los")
    model.fit(X, X[:, 0], verbose=0, callbacks=[watching])


def constant():
    losses.get(lambda y_true, y_pred: y_true[..., 0]).value_and_gradient(X, X)


def no_gradient():
    weight = Weight(np.ones(2), name="w", path="w")
    optimizers.SGD().apply([None, np.ones(2)], [weight, Weight(np.ones(2), name="v", path="v")])


@pytest.mark.parametrize(
    ("run", "text"),
    [
        (masked, "the mask of its input ends here"),
        (masked_own, "the mask of its input ends here"),
        (monitored, "`monitor` must be among the logs"),
        (constant, "`y_pred`"),
        (no_gradient, "gradient"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_warning_is_of_the_line_that_called_elman(run, text):
    with pytest.warns(UserWarning, match=text) as warned:
        run()
    assert {each.filename for each in warned} == {__file__}


def test_without_elman_around_it_is_of_the_line_itself():
    with pytest.warns(RuntimeWarning, match="^mind$") as warned:
        warn("mind", RuntimeWarning)
    assert warned[0].filename == __file__
