import re

import numpy as np
import pytest

from elman import Input, Sequential, layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import F64, normal

X, Y = normal(4, 3), normal(4, 1, seed=1)


def make():
    model = Sequential([Input((3,)), layers.Dense(1, name="out", **F64)], name="s")
    model.compile("sgd", "mse")
    return model


def fit(*batches, **options):
    return make().fit(iter(batches), verbose=0, **options)


@pytest.mark.parametrize(
    ("last", "error", "text"),
    [
        (
            (X, Y, Y[:, 0], X),
            ArgumentError,
            "a batch must be (x, y) or (x, y, sample_weight); got 4 things. "
            "This is batch 2 of `x`, counted from 0.",
        ),
        ((), ArgumentError, "got 0 things. This is batch 2 of `x`"),
        (
            (X, Y[:3]),
            ShapeError,
            "`y` must have as many samples as `x`, 4; got 3. This is batch 2 of `x`",
        ),
        (
            (X, Y, np.ones(5)),
            ShapeError,
            "`sample_weight` must have as many samples as `x`, 4; got 5. This is batch 2",
        ),
        (
            (X[:, :2], Y),
            ShapeError,
            "Sequential 's': `x` must have shape (batch, 3); got (4, 2). This is batch 2",
        ),
        ((X[:0], Y[:0]), ShapeError, "at least one sample; got none. This is batch 2"),
        (None, ArgumentError, "a function without `return` gives None. This is batch 2"),
        (("a", Y), ArgumentError, "first, such as with `np.loadtxt`. This is batch 2"),
        ((X, {"put": Y}), ArgumentError, "`y` must be one of 'out'; got 'put'. Did you mean 'out'"),
    ],
)
def test_an_error_says_which_batch_it_is_in(last, error, text):
    with pytest.raises(error, match=re.escape(text)):
        fit((X, Y), (X, Y), last)


def test_an_error_of_validation_says_which_batch_too():
    text = "This is batch 0 of `x`, counted from 0."
    with pytest.raises(ShapeError, match=re.escape(text)):
        make().fit(X, Y, validation_data=iter([(X, Y[:2])]), verbose=0)


def test_batches_without_targets_are_named_when_they_train():
    with pytest.raises(ArgumentError, match=re.escape("`y` must hold the targets; got None.")):
        fit(X)


def test_validation_may_come_from_a_generator_of_some_steps():
    def forever():
        while True:
            yield X, Y

    model = make()
    history = model.fit(X, Y, validation_data=forever(), validation_steps=2, epochs=3, verbose=0)
    assert len(history.history["val_loss"]) == 3
    assert history.history["val_loss"][-1] == pytest.approx(model.evaluate(X, Y, verbose=0))


def test_class_weights_and_weights_of_batches_multiply():
    y = (Y > 0).astype(int)
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    table = {0: 2.0, 1: 0.5}
    model, other = make(), make()
    other.set_weights(model.get_weights())
    model.fit(iter([(X, y, weights)]), class_weight=table, verbose=0)
    both = weights * np.where(y[:, 0] == 1, 0.5, 2.0)
    other.fit(iter([(X, y, both)]), verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], other.get_weights()[0])
