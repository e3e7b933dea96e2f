"""Layers of one's own that several tests use, and the check of a tape's gradients."""

import numpy as np

from elman import GradientTape, _tree, layers, ops
from tests.gradcheck import assert_gradient


class Affine(layers.Layer):
    """tanh(x W + b)"""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1], self.units), name="w")
        self.b = self.add_weight((self.units,), "zeros", name="b")

    def call(self, x):
        return ops.tanh(ops.matmul(x, self.w) + self.b)


class Scaled(layers.Layer):
    """x w scale + other^2"""

    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1],), "ones", name="w")

    def call(self, x, other=None, scale=1.0):
        y = x * self.w * scale
        return y if other is None else y + other * other


class Recurrence(layers.Layer):
    """An Elman network that is written as a loop."""

    def __init__(self, units, return_sequences=False, go_backwards=False, **options):
        super().__init__(**options)
        self.units, self.return_sequences = units, return_sequences
        self.go_backwards, self.return_state, self.stateful = go_backwards, False, False

    def build(self, input_shape):
        self.k = self.add_weight((input_shape[-1], self.units), name="k")
        self.r = self.add_weight((self.units, self.units), "orthogonal", name="r")

    def call(self, x, training=None, mask=None, initial_state=None):
        h, hs = ops.zeros((x.shape[0], self.units), self.dtype), []
        steps = range(x.shape[1])
        for t in reversed(steps) if self.go_backwards else steps:
            h = ops.tanh(ops.matmul(x[:, t], self.k) + ops.matmul(h, self.r))
            hs.append(h)
        return ops.stack(hs, axis=1) if self.return_sequences else h


def random(*shape, seed=0):
    """Return numbers to compute with, in float64."""
    return np.random.default_rng(seed).normal(size=shape)


def assert_gradients(layer, xs, **options):
    """Check a tape's gradients of all inputs and weights of a layer by differences."""
    given = xs[0] if len(xs) == 1 else xs
    seeds = [
        random(*np.shape(y), seed=i + 1)
        for i, y in enumerate(_tree.flatten(layer(given, **options)))
    ]

    def loss(values):
        outputs = _tree.flatten(layer(values[0] if len(values) == 1 else values, **options))
        return sum(ops.sum(y * seed) for y, seed in zip(outputs, seeds, strict=True))

    with GradientTape() as tape:
        boxes = [tape.watch(x) for x in xs]
        total = loss(boxes)
    weights = layer.trainable_weights
    found = tape.gradient(total, [*boxes, *weights])
    for array, gradient in zip([*xs, *(w.array for w in weights)], found, strict=True):
        assert_gradient(lambda _: float(loss(xs)), array, gradient)


def assert_trains_by_gradient(model, x, y, **options):
    """Check the steps that a model takes, one of SGD, by differences of its loss."""
    model.compile("sgd", "mse", **options)
    model.optimizer.learning_rate = 1.0
    model.evaluate(x, y, verbose=0)
    before = model.get_weights()
    model.train_on_batch(x, y)
    steps = [old - weight.numpy() for old, weight in zip(before, model.weights, strict=True)]
    model.set_weights(before)

    def loss(_):
        found = model.test_on_batch(x, y)
        return found[0] if isinstance(found, list) else found

    for step, weight in zip(steps, model.weights, strict=True):
        if weight.trainable:
            assert_gradient(loss, weight.array, step)
