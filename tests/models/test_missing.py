import re

import numpy as np
import pytest

from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError
from tests.layers.checks import F64, normal

X, Y = normal(6, 4, 2), normal(6, 1, seed=1)
HOLED = X.copy()
HOLED[3, 1, 0] = HOLED[5, 0, 1] = np.nan
VOID = np.where(np.arange(6)[:, None] == 2, np.nan, Y)
PLACE = (
    "Sequential 's': `x` must hold no NaN where `nan` is \"error\"; got 2, the first at [3, 1, 0]. "
    "Fill them, leave those samples out, or give them a value that a `Masking` layer skips."
)


def make():
    model = Sequential([Input((4, 2)), layers.Masking(**F64), layers.GRU(1, **F64)], name="s")
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(
    "attempt",
    [
        lambda model: model.fit(HOLED, Y, nan="error", verbose=0),
        lambda model: model.fit(HOLED, Y, nan="error", validation_split=0.5, verbose=0),
        lambda model: model.fit(X, Y, validation_data=(HOLED, Y), nan="error", verbose=0),
        lambda model: model.fit(iter([(X, Y), (HOLED, Y)]), nan="error", verbose=0),
        lambda model: model.evaluate(HOLED, Y, nan="error", verbose=0),
        lambda model: model.predict(HOLED, nan="error", verbose=0),
        lambda model: model.train_on_batch(HOLED, Y, nan="error"),
        lambda model: model.test_on_batch(HOLED, Y, nan="error"),
    ],
)
def test_nan_in_the_inputs_is_refused_with_its_first_place(attempt):
    with pytest.raises(ArgumentError, match=re.escape(PLACE)):
        attempt(make())


def test_the_second_batch_of_one_shape_is_looked_at_too():
    model = make()
    model.train_on_batch(X, Y, nan="error")
    with pytest.raises(ArgumentError, match=re.escape(PLACE)):
        model.train_on_batch(HOLED, Y, nan="error")


def test_nan_in_targets_and_weights_is_refused():
    with pytest.raises(ArgumentError, match=re.escape("`y` must hold no NaN where `nan` is")):
        make().fit(X, VOID, nan="error", verbose=0)
    text = '`sample_weight` must hold no NaN where `nan` is "error"; got 1, the first at [2].'
    with pytest.raises(ArgumentError, match=re.escape(text)):
        make().fit(X, Y, sample_weight=VOID[:, 0], nan="error", verbose=0)


def test_one_of_several_inputs_is_named():
    a, b = Input((2,), name="a"), Input((2,), name="b")
    model = Model([a, b], layers.Dense(1, **F64)(layers.Add(**F64)([a, b])))
    model.compile("sgd", "mse")
    text = "`x['b']` must hold no NaN where `nan` is \"error\"; got 1, the first at [5, 1]."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        model.fit({"a": X[:, 0], "b": HOLED[:, 0]}, Y, nan="error", verbose=0)


def test_nan_is_computed_with_unless_it_is_an_error():
    with pytest.warns(RuntimeWarning, match="`loss` must stay finite; got nan in epoch 1, batch 1"):
        losses = make().fit(HOLED, Y, verbose=0).history["loss"]
    assert np.isnan(losses[0])
    assert np.isfinite(make().fit(X, Y, nan="error", verbose=0).history["loss"][0])
    whole = np.ones((6, 4, 2), int)
    assert np.isfinite(make().fit(whole, Y, nan="error", verbose=0).history["loss"][0])


def test_a_choice_that_is_none_is_refused():
    text = "Sequential 's': `nan` must be one of 'allow', 'error'; got 'raise'."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        make().fit(X, Y, nan="raise", verbose=0)
