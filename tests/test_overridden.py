"""Classes of yours that define anew, of elman's, what has its gradient or its rule by hand."""

import re

import numpy as np
import pytest

import elman
from elman import GradientTape, Input, Model, Sequential, layers, losses, ops, optimizers
from elman import regularizers as r
from elman.errors import UnsupportedError
from tests.tolerances import EXACT

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 3)), RNG.normal(size=(6, 4))


def dense(**options):
    return Sequential([Input((3,), dtype="float64"), layers.Dense(4, dtype="float64", **options)])


@pytest.mark.parametrize("kind", [losses.MeanSquaredError, losses.Huber, losses.LogCosh])
def test_a_call_around_that_of_a_loss_has_its_gradient(kind):
    class Tripled(kind):
        def call(self, y_true, y_pred):
            return 3.0 * super().call(y_true, y_pred) + ops.mean(y_pred**2, axis=-1)

    value, dy_pred = Tripled().value_and_gradient(Y, Y * 2)
    plain, dplain = kind().value_and_gradient(Y, Y * 2)
    np.testing.assert_allclose(value, 3 * plain + np.mean(4 * Y**2), rtol=EXACT)
    np.testing.assert_allclose(dy_pred, 3 * dplain + 4 * Y / Y.size, rtol=EXACT)
    model = dense()
    model.compile("sgd", Tripled())
    assert elman.check_gradients(model, X, Y).passed


def test_a_gradient_that_is_defined_with_the_call_stays():
    class Half(losses.MeanSquaredError):
        def call(self, y_true, y_pred):
            return 0.5 * super().call(y_true, y_pred)

        def gradient(self, dvalues, y_true, y_pred):
            return 7.0 * super().gradient(dvalues, y_true, y_pred)

    _, dy_pred = Half().value_and_gradient(Y, Y * 2)
    plain = losses.MeanSquaredError().value_and_gradient(Y, Y * 2)[1]
    np.testing.assert_allclose(dy_pred, 7 * plain, rtol=EXACT)


def test_a_loss_with_a_calling_of_its_own_is_told_to_name_it_call():
    class Odd(losses.Loss):
        def __call__(self, y_true, y_pred, sample_weight=None):
            return 1.0

    model = dense()
    model.compile("sgd", Odd())
    text = "Odd: `call` must be what returns the values; got a class with a `__call__` of its own"
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        model.fit(X, Y, verbose=0)


@pytest.mark.parametrize("kind", [r.L1, r.L2, r.L1L2, r.OrthogonalRegularizer])
@pytest.mark.parametrize("argument", ["kernel_regularizer", "activity_regularizer"])
def test_a_penalty_around_one_of_elman_s_has_its_gradient(kind, argument):
    class More(kind):
        def __call__(self, w):
            return 5.0 * super().__call__(w) + 0.1 * ops.sum(w**4)

    model = dense(**{argument: More(0.1)})
    model.compile("sgd", "mse")
    assert elman.check_gradients(model, X, Y).passed
    w = RNG.normal(size=(3, 4))
    with GradientTape() as tape:
        box = tape.watch(w)
        penalty = More(0.1)(box)
    expected = 5 * kind(0.1).gradient(w) + 0.4 * w**3
    np.testing.assert_allclose(tape.gradient(penalty, box), expected, rtol=1e-12)


def test_a_rule_in_keras_s_form_is_told_how_it_is_written_here():
    class Rule(optimizers.SGD):
        def update_step(self, gradient, variable, learning_rate):
            variable.assign_sub(learning_rate * gradient)

    text = "Rule: `step(self, w, g, slots, work, eta)` must be what a rule of your own is; got"
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        Rule()


@pytest.mark.parametrize("kind", [Model, Sequential])
def test_a_call_beside_layers_that_are_given_is_refused(kind):
    class Doubled(kind):
        def call(self, x):
            return 2.0 * super().call(x)

    x = Input((3,))
    given = ([layers.Dense(1)],) if kind is Sequential else (x, layers.Dense(1)(x))
    text = "Doubled: `call` must not be defined by a class whose layers are given too; got both."
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        Doubled(*given)


@pytest.mark.parametrize("kind", [layers.GRU, layers.RNN])
def test_a_layer_that_starts_from_states_of_its_own_is_told_to_have_a_cell(kind):
    text = "Own: `get_initial_state` must be the cell's; got one of a layer, of which no gradient"
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        type("Own", (kind,), {"get_initial_state": lambda self, batch_size: []})


def test_what_early_stopping_watches_may_be_another_number():
    class Worse(elman.callbacks.EarlyStopping):
        def get_monitor_value(self, logs):
            return -logs["loss"]

    model = dense()
    model.compile(optimizers.SGD(0.01), "mse")
    history = model.fit(X, Y, epochs=9, verbose=0, callbacks=[Worse("loss", patience=2)])
    assert len(history.epoch) == 3
