import re

import numpy as np
import pytest

import elman
from elman import Input, Sequential, layers
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
        "TerminateOnNaN: the loss must stay finite; got nan at batch 2. The first value that is "
        "not finite: `x` holds nan at row 0, feature 0, the first of 2 such values. Look where it"
    )
    watch = LambdaCallback(on_train_end=ended.append)
    with pytest.raises(TrainingError, match=re.escape(text)) as caught:
        train(np.nan, TerminateOnNaN(raise_error=True), watch)
    assert isinstance(caught.value, RuntimeError)
    assert ended == []


def lstm(optimizer="sgd", **options):
    """Return a model whose states overflow at the tenth timestep of large inputs."""
    elman.utils.clear_session()
    inside = layers.LSTM(3, "relu", name="lstm", **options), layers.Dense(1)
    model = Sequential([Input((20, 2)), *inside], name="m")
    model.layers[0].kernel.assign(1e30 * np.ones((2, 12)))
    model.compile(optimizer, "mse")
    return model


LONG = np.zeros((6, 20, 2), "float32")


@pytest.mark.parametrize("options", [{}, {"stateful": True}, {"dropout": 0.1}])
def test_it_says_in_which_layer_gate_timestep_and_row_it_began(capsys, options):
    """Before the step that makes NaN of all weights."""
    x = LONG.copy()
    x[5, 9] = 1e25
    model = lstm(**options)
    settings = {"batch_size": 2, "shuffle": False, "verbose": 0}
    with np.errstate(all="ignore"):
        model.fit(x, np.zeros((6, 1)), **settings, callbacks=[TerminateOnNaN()])
    said = capsys.readouterr().out
    assert "Batch 2: the loss is nan; training stops. " in said or "loss is inf" in said
    where = "in 'lstm' the pre-activation of the input gate is inf at timestep 9, row 1, unit 0."
    assert where in said
    assert model.compiled.lookout is None  # afterwards nobody looks any more


def test_where_a_step_has_broken_them_it_speaks_of_weights(capsys):
    model = make()
    model.set_weights([[[np.nan], [0.5]], [0.0]])
    model.fit(X, Y, verbose=0, callbacks=[TerminateOnNaN()])
    said = capsys.readouterr().out
    assert "the weight 'm/d/kernel' holds nan (50% of it); 1 of 2 weights hold such" in said


def test_with_steps_of_one_s_own_it_looks_at_the_weights(capsys):
    class Own(Sequential):
        def train_step(self, data):
            found = super().train_step(data)
            self.layers[0].bias.assign([np.inf])
            return {**found, "loss": float("nan")}

    model = Own([Input((2,)), layers.Dense(1, name="d")], name="own")
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0, callbacks=[TerminateOnNaN()])
    assert "the weight 'own/d/bias' holds inf (100% of it)" in capsys.readouterr().out


def test_where_nothing_is_found_there_is_advice_alone():
    model = make()
    watch = TerminateOnNaN(raise_error=True)
    watch.set_model(model)
    with pytest.raises(TrainingError, match="Use a smaller learning rate, or `clipnorm` in the"):
        watch.on_batch_end(0, {"loss": float("nan")})


def test_raise_error_is_true_or_false():
    with pytest.raises(ArgumentError, match="`raise_error` must be True or False; got 1"):
        TerminateOnNaN(1)
