import pytest

from elman.callbacks import History
from tests.callbacks.problem import Break, X, Y, fit, make


def test_history_holds_one_value_an_epoch():
    history = fit(validation_data=(X, Y), initial_epoch=1)
    assert isinstance(history, History)
    assert history.epoch == [1, 2]
    assert {name: len(v) for name, v in history.history.items()} == dict.fromkeys(
        ["loss", "mae", "val_loss", "val_mae"], 2
    )


def test_a_history_that_is_given_is_the_one_that_fit_returns():
    given, model = History(), make()
    assert fit(given, model=model, epochs=2) is given
    assert model.history is given
    assert fit(given, model=model, epochs=2) is given
    assert (given.epoch, len(given.history["loss"])) == ([0, 1], 4)


def test_a_history_keeps_what_was_measured_before_training_broke_off():
    model = make()
    with pytest.raises(ZeroDivisionError):
        fit(Break(2), model=model)
    assert model.history.epoch == [0, 1]
