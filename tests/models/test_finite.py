import re
import warnings

import numpy as np
import pytest

import elman
from elman import layers
from elman.callbacks import EarlyStopping, TerminateOnNaN

X, Y = np.ones((8, 2), "float32"), np.ones((8, 1), "float32")


def fit(y=Y, model=elman.Sequential, callbacks=None, **options):
    own = model([layers.Input((2,)), layers.Dense(1)], name="own")
    own.compile("sgd", "mse")
    settings = {"batch_size": 2, "shuffle": False, "epochs": 3, "verbose": 0}
    return own.fit(X, y, callbacks=callbacks, **settings | options)


def text(loss, where):
    return re.escape(
        f"Sequential 'own': `loss` must stay finite; got {loss} in {where}. Look for NaN in the "
        "data with `fit(…, nan='error')`, see where it begins with `elman.diagnose(model, x, y)`, "
        "give the optimizer a smaller `learning_rate` or `clipnorm=1.0`, and stop at once with "
        "`callbacks=[TerminateOnNaN()]`."
    )


@pytest.mark.parametrize("loss", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_is_warned_of_once_a_fit(loss):
    y = Y.copy()
    y[5] = loss
    with pytest.warns(RuntimeWarning, match=text(loss, "epoch 1, batch 3")) as warned:
        history = fit(y, callbacks=[EarlyStopping("loss", patience=9)])
    assert len(warned) == 1
    assert warned[0].filename == __file__
    assert len(history.epoch) == 3


def test_nobody_is_warned_whom_a_callback_tells(capsys):
    assert len(fit(Y * np.nan, callbacks=[TerminateOnNaN()]).epoch) == 1
    assert "the loss is nan" in capsys.readouterr().out


def test_a_step_of_one_s_own_that_reports_such_a_loss_is_warned_of():
    class Own(elman.Sequential):
        def train_step(self, data):
            return {"loss": float("inf")}

    rule = "`loss` must stay finite; got inf in epoch 1. Look for NaN"
    with pytest.warns(RuntimeWarning, match=re.escape(rule)) as warned:
        fit(model=Own)
    assert warned[0].filename == __file__


def test_a_loss_that_is_finite_is_not_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit()


def test_a_callback_that_sees_to_it_alone_has_no_batch_looked_at():
    class Heeds(elman.callbacks.Callback):
        heeds_nan = True

        def on_train_batch_begin(self, batch, logs=None):
            assert self.model.compiled.lookout is None

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(Y * np.nan, callbacks=[Heeds()])


def test_a_callback_that_locates_it_hears_where_it_is():
    class Locates(elman.callbacks.Callback):
        heeds_nan = locates_nan = True

        def on_train_batch_end(self, batch, logs=None):
            where.append(self.model.compiled.lookout.found)

    where = []
    fit(Y * np.nan, callbacks=[Locates()])
    assert where[0].startswith("The first value that is not finite: `y` holds nan at row 0")
