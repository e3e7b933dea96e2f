"""What the examples use of elman that Keras has not, written with Keras: the same equations.

layers.LeakyRNN        RNN around a cell of one's own, as Keras's guide has it
generation.Sample      a draw by temperature and top_k
generate               `predict` of the last characters again for each, as Keras's example does
"""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np

WINDOW = 100  # characters that are read again for each that is written


class Sample:
    """Draws of tokens from the `top_k` likeliest, by p^(1/temperature)."""

    def __init__(self, temperature: float, *, top_k: int, seed: int) -> None:
        self.temperature, self.top_k = temperature, top_k
        self.generator = np.random.default_rng(seed)

    def choose(self, p: Any) -> int:
        kept = np.argsort(-p)[: self.top_k]
        p = p[kept].astype("float64") ** (1 / self.temperature)
        return int(self.generator.choice(kept, p=p / p.sum()))


def generate(model: Any, start: Any, steps: int, sampler: Sample) -> Any:
    """Return tokens (1, steps) behind those of `start`, (1, timesteps)."""
    tokens = np.asarray(start)
    for _ in range(steps):
        p = model.predict(tokens[:, -WINDOW:], verbose=0)[0, -1]
        tokens = np.append(tokens, [[sampler.choose(p)]], axis=1)
    return tokens[:, -steps:]


def leaky_rnn(keras: Any) -> Any:
    """Return a function that makes the layer: h += alpha (phi(x W + b + h R + n) - h)."""

    class LeakyRNNCell(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self, units: int, activation: str, alpha: float, noise: float) -> None:
            super().__init__()
            self.units = self.state_size = self.output_size = units
            self.phi, self.alpha = keras.activations.get(activation), alpha
            self.deviation = math.sqrt(2 / alpha) * noise
            self.seeds = keras.random.SeedGenerator()

        def build(self, shape: Any) -> None:
            sizes = {"kernel": (shape[-1], self.units), "recurrent": (self.units, self.units)}
            self.kernel = self.add_weight(sizes["kernel"], "glorot_uniform")
            self.recurrent = self.add_weight(sizes["recurrent"], "orthogonal")
            self.bias = self.add_weight((self.units,), "zeros")

        def call(self, x: Any, states: Any, training: bool = False) -> Any:
            h = states[0]
            a = keras.ops.matmul(x, self.kernel) + keras.ops.matmul(h, self.recurrent) + self.bias
            if training:
                shape = keras.ops.shape(a)
                a = a + self.deviation * keras.random.normal(shape, seed=self.seeds)
            h = h + self.alpha * (self.phi(a) - h)
            return h, [h]

    def layer(
        units: int, activation: str, *, tau: float, dt: float, noise: float, **options: Any
    ) -> Any:
        return keras.layers.RNN(LeakyRNNCell(units, activation, dt / tau, noise), **options)

    return layer


def add_to(keras: Any) -> None:
    """Give a module what it has not, under the names that elman has for it."""
    keras.layers.LeakyRNN = leaky_rnn(keras)
    keras.generation = SimpleNamespace(Sample=Sample)
    keras.generate = generate
