import re

import numpy as np
import pytest

from elman.callbacks import LambdaCallback, TerminateOnNaN
from elman.errors import ArgumentError, TrainingError
from tests.callbacks.problem import X, Y, make


def train(bad, *callbacks):
    """Train on four batches, of which the third has a loss of NaN, or all of infinity."""
    x = X.copy()
    x[2] = np.nan
    y = np.where(np.isnan(x[:, :1]), 0, Y) if np.isnan(bad) else Y + bad
    model = make()
    with np.errstate(all="ignore"):
        history = model.fit(
            x if np.isnan(bad) else X, y, batch_size=1, epochs=4, shuffle=False, verbose=0,
            callbacks=list(callbacks),
        )  # fmt: skip
    return model, history


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_training_stops_at_a_loss_that_is_no_number(capsys, bad):
    model, history = train(bad, TerminateOnNaN())
    assert len(history.epoch) == 1
    assert model.optimizer.iterations == (3 if np.isnan(bad) else 1)
    assert f"the loss is {bad}; training stops" in capsys.readouterr().out


def test_an_error_ends_training_without_telling_of_its_end_if_asked_for():
    ended = []
    text = (
        "TerminateOnNaN: the loss must stay finite; got nan at batch 2. Use a smaller learning "
        "rate, or `clipnorm` in the optimizer."
    )
    watch = LambdaCallback(on_train_end=ended.append)
    with pytest.raises(TrainingError, match=re.escape(text)) as caught:
        train(np.nan, TerminateOnNaN(raise_error=True), watch)
    assert isinstance(caught.value, RuntimeError)
    assert ended == []


def test_raise_error_is_true_or_false():
    with pytest.raises(ArgumentError, match="`raise_error` must be True or False; got 1"):
        TerminateOnNaN(1)
