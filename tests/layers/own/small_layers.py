"""Layers of one's own that several tests take."""

from elman import Input, Sequential, layers
from tests.own_layers import Affine, random

F64 = {"dtype": "float64"}
X = random(3, 4, 5)


def chain(*stack, shape=(4, 5), dtype="float64"):
    return Sequential([Input(shape, dtype=dtype), *stack])


class Nest(layers.Layer):
    """Layers of both kinds in attributes, lists and dictionaries, one of them called twice."""

    def __init__(self, **options):
        super().__init__(**options)
        self.a = Affine(3, **F64)
        self.b = [Affine(3, **F64), layers.Dense(2, **F64)]
        self.c = {"l": layers.LSTM(3, return_sequences=True, **F64)}

    def call(self, x):
        return self.b[1](self.c["l"](self.b[0](self.a(x))) + self.a(x))


class Weighing(layers.Layer):
    """A layer with one weight, for which `body` is what `call` does."""

    body = None

    def build(self, input_shape):
        self.w = self.add_weight((5,), "ones", name="w")

    def call(self, x):
        return type(self).body(self, x)


def weighing(body, **options):
    return type("Weighing", (Weighing,), {"body": body})(name="w", **options)
