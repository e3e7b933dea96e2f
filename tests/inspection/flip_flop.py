"""A network that remembers the last pulse of each of three inputs: 8 memories, stable points.

    python -m tests.inspection.flip_flop        trains it, and writes flip_flop.npz

What training leads to depends on roundings, and not every network that has learned the task on
sequences of 30 timesteps holds all memories for ever; this one does.

Source: D. Sussillo and O. Barak, "Opening the black box" (2013), section 4.
"""

from pathlib import Path

import numpy as np

import elman
from elman import Input, Sequential, layers

BITS, UNITS = 3, 64
FILE = Path(__file__).with_suffix(".npz")


def data(batch, timesteps, generator, rate=0.25):
    """Return pulses of +1 and -1, and of each channel the last one, (batch, timesteps, 3)."""
    x = generator.choice([-1.0, 1.0], (batch, timesteps, BITS))
    x *= generator.random(x.shape) < rate
    x[:, 0] = generator.choice([-1.0, 1.0], (batch, BITS))  # so that there is one to remember
    y = x.copy()
    for t in range(1, timesteps):
        y[:, t] = np.where(x[:, t] == 0, y[:, t - 1], x[:, t])
    return x.astype("float32"), y.astype("float32")


def network():
    """Return a GRU with what reads it, as it is made."""
    inside = [layers.GRU(UNITS, return_sequences=True, name="memory"), layers.Dense(BITS)]
    return Sequential([Input((None, BITS)), *inside], name="flip_flop")


def remembered():
    """Return the network of the file, and sequences to look at it with."""
    model = network()
    with np.load(FILE) as file:
        model.set_weights([file[name] for name in file.files])
    return model, data(32, 30, np.random.default_rng(0))


def train(steps=400):
    """Return the network once it has learned."""
    elman.utils.set_random_seed(0)
    model, generator = network(), np.random.default_rng(0)
    model.compile(elman.optimizers.Adam(0.005, clipnorm=1.0), "mse")
    for _ in range(steps):
        model.train_on_batch(*data(64, 30, generator))
    return model


if __name__ == "__main__":
    np.savez_compressed(FILE, *train().get_weights())
