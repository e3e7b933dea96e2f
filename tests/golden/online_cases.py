"""The models and data of online.npz, for Keras and elman alike.

`keras` is whichever of the two is given: its `layers` have the same names and arguments.
"""

import numpy as np

BATCH, FEATURES, OUTPUTS, TIMESTEPS = 2, 3, 2, 12
WINDOW = 4
CELLS = ("SimpleRNN", "GRU", "GRUBefore", "LSTM")


def recurrent(keras, cell, units, **options):
    """Return a recurrent layer; the GRU has its reset gate before the product, or after."""
    if cell == "GRUBefore":
        return keras.layers.GRU(units, reset_after=False, **options)
    return getattr(keras.layers, cell)(units, **options)


def stack(keras, cell, dtype, **options):
    """Return the layers of a model: two recurrent ones, with a Dense between and on top."""
    options = {"return_sequences": True, "dtype": dtype, **options}
    return [
        recurrent(keras, cell, 4, **options),
        keras.layers.Dense(3, activation="tanh", dtype=dtype),
        recurrent(keras, cell, 3, **options),
        keras.layers.Dense(OUTPUTS, dtype=dtype),
    ]


def data(dtype):
    """Return x (BATCH, TIMESTEPS, FEATURES) and y (BATCH, TIMESTEPS, OUTPUTS)."""
    generator = np.random.default_rng(3)
    x = generator.normal(size=(BATCH, TIMESTEPS, FEATURES))
    y = generator.normal(size=(BATCH, TIMESTEPS, OUTPUTS))
    return x.astype(dtype), y.astype(dtype)


def numbers(shapes):
    """Return weights of these shapes."""
    generator = np.random.default_rng(7)
    return [generator.normal(0, 0.6, shape) for shape in shapes]
