import numpy as np
import pytest

from elman import Input, Sequential, layers, regularizers
from elman.gradient_tape import GradientTape
from elman.layers.parts import penalty
from elman.layers.parts.passes import INFERENCE, TRAINING
from tests.gradcheck import assert_gradient
from tests.tolerances import EXACT

X = np.random.default_rng(0).normal(size=(4, 3))
REGULARIZERS = {
    "by hand": regularizers.L1L2(0.3, 0.2),
    "by a tape": lambda w: 0.1 * (w**4).sum(),
}


@pytest.mark.parametrize("name", REGULARIZERS)
@pytest.mark.parametrize("samples", [1, 4])
def test_the_gradient_is_that_of_the_value(name, samples):
    regularizer = REGULARIZERS[name]
    found = penalty.gradient(regularizer, X, samples)
    assert_gradient(lambda x: penalty.value(regularizer, x, samples), X.copy(), found)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_a_tape_finds_the_numbers_that_are_found_by_hand(name):
    regularizer, mode = REGULARIZERS[name], TRAINING._replace(penalties=[])
    recorded = penalty.penalize(regularizer, (X,), None, mode)
    with GradientTape() as tape:
        x = tape.watch(X)
        total = penalty.of_output(regularizer, x)
    assert float(total) == mode.penalties[0]
    np.testing.assert_array_equal(tape.gradient(total, x), recorded.gradients[0])
    (dy,) = recorded.add_to((np.ones_like(X),))
    np.testing.assert_allclose(dy, 1.0 + recorded.gradients[0], rtol=EXACT)


class Counted(regularizers.L2):
    asked = 0

    def gradient(self, w):
        Counted.asked += 1
        return super().gradient(w)


@pytest.mark.parametrize("units", [(2,), (2, 2)])
def test_nobody_asks_for_the_gradient_of_a_penalty_where_nothing_is_recorded(units):
    recurrent = [
        layers.LSTM(n, return_sequences=True, activity_regularizer=Counted()) for n in units
    ]
    model = Sequential([Input((5, 3)), *recurrent, layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((4, 5, 3), "float32"), np.zeros((4, 5, 1), "float32")
    Counted.asked = 0
    for _ in range(2):  # the second time as a chain
        model.evaluate(x, y, verbose=0)
    assert Counted.asked == 0
    model.train_on_batch(x, y)
    assert Counted.asked == len(units)


def test_without_a_regularizer_or_a_reader_the_tape_is_left_as_it_is():
    tape = object()
    assert penalty.penalize(None, (X,), tape, TRAINING._replace(penalties=[])) is tape
    assert penalty.penalize(regularizers.L2(), (X,), tape, TRAINING) is tape
    assert penalty.penalize(regularizers.L2(), (X,), tape, INFERENCE._replace(penalties=[])) is tape
