"""The model and the data of the tests of learners."""

import re

import pytest

from elman import Input, Model, Sequential, layers
from tests.online.chains import compiled, data, scrambled

METHODS = ("rtrl", "bptt")
X, Y = data(2, 8, 3, 2, dtype="float32")
x_t, y_t = X[:, 0], Y[:, 0]


def model_of(*stack, loss="mse", optimizer="adam", seed=0, **options):
    stack = stack or (layers.LSTM(4, name="l"), layers.Dense(2, name="d"))
    model = scrambled(Sequential([Input((None, 3)), *stack], name="m"), seed)
    return compiled(model, loss, optimizer, **options)


def losses_of(learner, timesteps=range(8)):
    return [learner.learn(X[:, t], Y[:, t]) for t in timesteps]


def raises(error, text):
    return pytest.raises(error, match=f"^{re.escape(text)}")


class Called(Model):
    def __init__(self):
        super().__init__()
        self.recurrent, self.head = layers.GRU(4), layers.Dense(2)

    def call(self, x):
        return self.head(self.recurrent(x))
