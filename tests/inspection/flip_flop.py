"""A network that remembers the last pulse of each of three inputs: 8 memories, stable points.

Source: D. Sussillo and O. Barak, "Opening the black box" (2013), section 4.
"""

import numpy as np

import elman
from elman import Input, Sequential, layers

BITS = 3


def data(batch, timesteps, generator, rate=0.25):
    """Return pulses of +1 and -1, and of each channel the last one, (batch, timesteps, 3)."""
    x = generator.choice([-1.0, 1.0], (batch, timesteps, BITS))
    x *= generator.random(x.shape) < rate
    x[:, 0] = generator.choice([-1.0, 1.0], (batch, BITS))  # so that there is one to remember
    y = x.copy()
    for t in range(1, timesteps):
        y[:, t] = np.where(x[:, t] == 0, y[:, t - 1], x[:, t])
    return x.astype("float32"), y.astype("float32")


def trained(units=64, steps=600, seed=0):
    """Return a GRU that has learned it, and sequences to look at it with."""
    elman.utils.set_random_seed(seed)
    inside = [layers.GRU(units, return_sequences=True, name="memory"), layers.Dense(BITS)]
    model = Sequential([Input((None, BITS)), *inside], name="flip_flop")
    model.compile(elman.optimizers.Adam(0.005, clipnorm=1.0), "mse")
    generator = np.random.default_rng(seed)
    for _ in range(steps):
        model.train_on_batch(*data(64, 30, generator))
    return model, data(32, 30, generator)
