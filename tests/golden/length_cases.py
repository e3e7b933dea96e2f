"""Sequences of different lengths and chunks, for Keras and elman alike.

Keras is given padded arrays and finds the padding with `Masking` or `mask_zero`; elman, without
such layers, is given lists, lengths or masks. Chunks are what a stateful model of Keras is trained
on one after the other, and what elman cuts a batch into.
"""

import numpy as np

LENGTHS, T, F, C = [6, 2, 0, 4], 7, 3, 2
STEPS, CHUNK, EPOCHS = 3, 3, 2


def numbers(shapes, seed=0):
    generator = np.random.default_rng(seed)
    return [generator.normal(0, 0.5, shape).astype("float32") for shape in shapes]


def patterns():
    """Return masks: padding behind, in front, and holes; each with a row of no steps."""
    behind = np.arange(T) < np.array(LENGTHS)[:, None]
    holes = np.random.default_rng(1).random((4, T)) < 0.5
    holes[2] = False
    return {"behind": behind, "front": behind[:, ::-1], "holes": holes}


X, Y, Y1 = numbers([(4, T, F), (4, T, C), (4, C)], seed=2)
WORDS = np.random.default_rng(3).integers(1, 9, (4, T))

MODELS = {
    "SimpleRNN": lambda L: [L.SimpleRNN(4, return_sequences=True), L.SimpleRNN(3)],
    "GRU": lambda L: [L.GRU(4, return_sequences=True), L.GRU(3)],
    "LSTM": lambda L: [L.LSTM(4, return_sequences=True), L.LSTM(3)],
    "Bidirectional": lambda L: [
        L.Bidirectional(L.LSTM(3, return_sequences=True)),
        L.Bidirectional(L.GRU(2)),
    ],
    "per step": lambda L: [
        L.TimeDistributed(L.Dense(3, activation="tanh")),
        L.Bidirectional(L.GRU(3, return_sequences=True)),
        L.LSTM(3, return_sequences=True),
    ],
    "indices": lambda L: [L.GRU(4, return_sequences=True), L.LSTM(3)],
    "attention": lambda L: [L.GRU(4, return_sequences=True)],
}


def target(name):
    return Y if name in ("per step", "attention") else Y1


def data(name, mask):
    """Return inputs with zeros where nothing is."""
    return WORDS * mask if name == "indices" else X * mask[..., None]


def model(keras, name, masking):
    """Return a model of known weights, with a layer that finds the padding or without."""
    L = keras.layers
    if name == "indices":
        inputs = keras.Input((None,), dtype="int32")
        h = L.Embedding(9, 3, mask_zero=masking)(inputs)
    else:
        inputs = keras.Input((None, F))
        h = L.Masking()(inputs) if masking else inputs
    for layer in MODELS[name](L):
        h = layer(h)
    if name == "attention":
        h = L.Attention()([h, h])
    made = keras.Model(inputs, L.Dense(C)(h))
    made.set_weights(numbers([w.shape for w in made.weights], seed=4))
    made.compile(keras.optimizers.SGD(0.2), "mse")
    return made


def cut_up(keras, stateful):
    """Return a stack that is trained in chunks."""
    L, more = keras.layers, {"return_sequences": True, "stateful": stateful}
    inputs = keras.Input(batch_shape=(4, None, F))
    h = L.GRU(3, **more)(L.LSTM(4, **more)(inputs))
    made = keras.Model(inputs, L.Dense(C)(h))
    made.set_weights(numbers([w.shape for w in made.weights], seed=5))
    made.compile(keras.optimizers.SGD(0.2), "mse")
    return made
