"""Validation while a model is trained."""

import numpy as np
import pytest

from elman.errors import ShapeError
from tests.models.small import X, Y, recurrent, same_weights, still
from tests.tolerances import EXACT


def test_a_split_keeps_the_last_samples_for_validation():
    model = recurrent(metrics=["mae"])
    history = model.fit(
        X, Y, validation_split=0.3, epochs=2, batch_size=2, shuffle=False, verbose=0
    ).history
    other = recurrent(metrics=["mae"])
    expected = other.fit(
        X[:7], Y[:7], validation_data=(X[7:], Y[7:]), epochs=2, batch_size=2, shuffle=False,
        verbose=0,
    ).history  # fmt: skip
    assert history == expected
    assert list(history) == ["loss", "mae", "val_loss", "val_mae"]
    assert same_weights(model, other)
    found = model.evaluate(X[7:], Y[7:], batch_size=2, verbose=0)
    assert found == [history["val_loss"][-1], history["val_mae"][-1]]


def test_validation_changes_no_weight():
    one, other = recurrent(), recurrent()
    one.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    other.fit(X, Y, epochs=2, shuffle=False, verbose=0, validation_data=(X, Y))
    assert same_weights(one, other)


def test_errors_say_that_the_validation_data_are_meant():
    with pytest.raises(ShapeError, match=r"got 3\. These are the `validation_data`\."):
        recurrent().fit(X, Y, validation_data=(X, Y[:3]), verbose=0)


def test_validation_data_come_before_a_split():
    model = recurrent()
    model.fit(X, Y, validation_split=0.5, validation_data=[X, Y], batch_size=5, verbose=0)
    assert model.optimizer.iterations == 2


def test_validation_every_so_many_epochs():
    history = (
        recurrent()
        .fit(X, Y, validation_data=(X, Y), validation_freq=2, epochs=5, verbose=0)
        .history
    )
    assert (len(history["loss"]), len(history["val_loss"])) == (5, 2)


def test_validation_steps_begin_with_the_first_sample_each_time():
    model = recurrent(optimizer=still())
    history = model.fit(
        X, Y, validation_data=(X, Y), validation_steps=1, validation_batch_size=3, epochs=3,
        verbose=0,
    ).history  # fmt: skip
    expected = float(((model(X[:3]) - Y[:3]) ** 2).mean())
    np.testing.assert_allclose(history["val_loss"], [expected] * 3, rtol=EXACT)


def test_class_weights_do_not_weigh_the_validation():
    y = (Y > 0).astype(float)
    model = recurrent(optimizer=still())
    history = model.fit(X, y, validation_split=0.3, class_weight={0: 5.0}, verbose=0).history
    expected = float(((model(X[7:]) - y[7:]) ** 2).mean())
    np.testing.assert_allclose(history["val_loss"], [expected], rtol=EXACT)
