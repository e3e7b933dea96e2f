"""Models that learn a timestep at a time, and their gradients either way."""

import numpy as np

from elman import Input, Sequential, layers, optimizers
from elman.layers import Layer

F64 = {"dtype": "float64"}
STILL = 1e-300  # a learning rate with which weights do not change


def scrambled(model, seed=0):
    """Give every weight a value that hides no mistake, and return the model."""
    generator = np.random.default_rng(seed)
    model.set_weights([generator.normal(0, 0.6, w.shape) for w in model.weights])
    return model


def compiled(model, loss="mse", optimizer=None, **options):
    model.compile(optimizer or optimizers.SGD(STILL), loss, **options)
    return model


def data(batch, timesteps, features, outputs, seed=1, dtype="float64"):
    """Return x and y, (batch, timesteps, …)."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(batch, timesteps, features))
    return x.astype(dtype), generator.normal(size=(batch, timesteps, outputs)).astype(dtype)


def gradients(model):
    """Return a copy of the gradient of each weight that is trained."""
    return [weight.gradient.copy() for weight in model.trainable_weights]


def summed(learner, x, y):
    """Return the sum over timesteps of the gradients of their losses, and those losses."""
    total, losses = None, []
    for t in range(x.shape[1]):
        losses.append(learner.learn(x[:, t], y[:, t]))
        found = gradients(learner.model)
        total = found if total is None else [a + b for a, b in zip(total, found, strict=True)]
    return total, losses


def assert_close(found, wanted, tolerance):
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        assert a.shape == b.shape
        assert np.abs(a - b).max(initial=0) <= tolerance * max(1, np.abs(b).max(initial=0))


def assert_is_bptt(model, learner, x, y, tolerance):
    """Check the summed gradients of a learner against those of one pass over the sequence."""
    total, losses = summed(learner, x, y)
    whole = model.train_on_batch(x, y)
    T = x.shape[1]
    assert abs(np.mean(losses) - whole) <= tolerance * max(1, abs(whole))
    assert_close([g / T for g in total], gradients(model), tolerance)


class Moving(Layer):
    """A cell of one's own, whose output is none of its states."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = self.output_size = units
        self.state_size = [units, units]

    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1], self.units), name="w")
        self.r = self.add_weight((self.units, self.units), name="r")

    def call(self, inputs, states):
        slow, fast = states
        a = inputs @ self.w + fast @ self.r
        new = a / (1 + a * a)
        slow = 0.7 * slow + 0.3 * new
        return slow * new, [slow, new]


class Squashed(layers.SimpleRNNCell):
    """One of elman's cells with a weight more."""

    def build(self, input_shape):
        super().build(input_shape)
        self.more = self.add_weight((2,), name="more")


def chain(*stack, features=3):
    return scrambled(Sequential([Input((None, features), **F64), *stack]))


def rnn(kind, units, **options):
    """Return a recurrent layer in float64 that puts out every timestep."""
    options = {"return_sequences": True, **F64, **options}
    if kind == "GRUBefore":
        return layers.GRU(units, reset_after=False, **options)
    if kind == "Moving":
        return layers.RNN(Moving(units, **F64), **options)
    if kind == "softmax":
        return layers.LSTM(units, activation="softmax", **options)
    if kind == "own":
        return layers.GRU(units, activation=lambda x: x / (1 + x * x), **options)
    if kind == "Squashed":
        return layers.RNN(Squashed(units, **F64), **options)
    if kind == "stack":
        cells = [layers.LSTMCell(units, **F64), Moving(2, **F64), layers.GRUCell(units, **F64)]
        return layers.RNN(cells, **options)
    return getattr(layers, kind)(units, **options)


GATED = ("SimpleRNN", "GRU", "LSTM")
KINDS = (*GATED, "GRUBefore", "Moving", "Squashed", "stack", "softmax", "own")
