"""Models with a call of their own."""

from elman import Model, layers, ops
from tests.own_layers import Affine, random

F64 = {"dtype": "float64"}
X, Y = random(6, 3, 4), random(6, 2, seed=1)


class Plain(Model):
    """A call that only calls layers, which is drawn as their graph."""

    def __init__(self, units=2, **options):
        super().__init__(**{**F64, **options})
        self.units = units
        self.rnn, self.dense = layers.LSTM(3, dtype=self.dtype), layers.Dense(2, dtype=self.dtype)

    def call(self, x):
        return self.dense(self.rnn(x))


class Computed(Plain):
    """A call that computes, which runs on a tape."""

    def call(self, x, training=None):
        return ops.tanh(self.dense(self.rnn(x))) * 2.0


class Pair(Model):
    """Inputs and outputs by name."""

    def __init__(self, **options):
        super().__init__(**{**F64, **options})
        self.a, self.b = layers.Dense(2, **F64), layers.Dense(1, **F64)
        self.rnn = layers.GRU(3, **F64)

    def call(self, inputs):
        h = self.rnn(inputs["x"]) + 0.0
        return {"one": self.a(h), "two": self.b(h) + inputs["z"]}


KINDS = [Plain, Computed]
OURS = {kind.__name__: kind for kind in (Plain, Computed, Pair, Affine)}


def ready(kind, **options):
    model = kind(**options)
    model(X)
    return model
