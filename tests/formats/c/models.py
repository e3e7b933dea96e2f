"""Models to export, by name: every cell, every layer and every way to put them together."""

import numpy as np

import elman
from elman import layers as L  # noqa: N812


def of(*parts, features=3, dtype="float32", seed=0):
    """Return a chain whose weights are all drawn, so that none is by chance without effect."""
    model = elman.Sequential([elman.Input((None, features), dtype=dtype), *parts])
    return drawn(model, seed)


def drawn(model, seed=0):
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(0, 0.3, w.shape).astype(w.dtype) for w in model.get_weights()])
    return model


def branches():
    x = elman.Input((None, 4))
    a = L.Dense(4, activation="relu")(x)
    b = L.GRU(4, return_sequences=True)(a)
    c = L.Concatenate()([L.Add()([a, b]), x, a])
    d = L.LSTM(3, return_sequences=True, activation="softsign")(c)
    e = L.Subtract()([L.Multiply()([L.Dense(3)(c), d]), d])
    f = L.Minimum()([L.Maximum()([e, d]), L.Dense(3)(x)])
    return drawn(elman.Model(x, L.Average()([f, d, L.Dense(1)(x)])))


def normalised():
    rng = np.random.default_rng(1)
    first, middle = L.Normalization(), L.BatchNormalization()
    first.adapt(rng.normal(2, 3, (100, 5, 4)))
    model = elman.Sequential([
        elman.Input((None, 4)), first, L.LayerNormalization(), L.GRU(6, return_sequences=True),
        middle, L.LayerNormalization(rms_scaling=True), L.RMSNormalization(), L.Dense(6),
        L.UnitNormalization(), L.Rescaling(2.0, 0.5), L.ReLU(1.2, 0.1, 0.3), L.LeakyReLU(),
        L.ELU(0.7), L.PReLU(alpha_initializer="uniform", shared_axes=[1]), L.Dropout(0.5),
        L.TimeDistributed(L.Dense(3, "gelu")), L.Softmax(), L.Activation("log_softmax"),
    ])  # fmt: skip
    middle.moving_mean.assign(rng.normal(size=6))
    middle.moving_variance.assign(rng.uniform(0.5, 2, 6))
    return model


def inverted():
    back = L.Normalization(mean=[1.0, 2.0], variance=[4.0, 9.0], invert=True)
    return elman.Sequential([elman.Input((None, 2)), L.LSTM(2, return_sequences=True), back])


def words(mask_zero):
    return drawn(
        elman.Sequential([
            elman.Input((None,), dtype="int32"), L.Embedding(11, 4, mask_zero=mask_zero),
            L.GRU(5), L.Dense(3),
        ])
    )  # fmt: skip


def activations():
    x = elman.Input((None, 3))
    ys = [L.Activation(name)(x) for name in elman.activations.ACTIVATIONS]
    return elman.Model(x, L.Concatenate()(ys))


MODELS = {
    "simple_rnn": lambda: of(L.SimpleRNN(5, return_sequences=True)),
    "lstm": lambda: of(L.LSTM(8, return_sequences=True), L.Dense(1), features=1),
    "gru": lambda: of(L.GRU(5, return_sequences=True)),
    "gru_without_bias": lambda: of(L.GRU(5, return_sequences=True, use_bias=False)),
    "gru_reset_before": lambda: of(L.GRU(5, return_sequences=True, reset_after=False)),
    "lstm_coupled": lambda: of(L.CoupledLSTM(5, return_sequences=True)),
    "lstm_peephole": lambda: of(L.PeepholeLSTM(5, return_sequences=True)),
    "indrnn": lambda: of(L.IndRNN(5, return_sequences=True, activation="tanh")),
    "min_gru": lambda: of(L.MinGRU(5, return_sequences=True)),
    "min_lstm": lambda: of(L.MinLSTM(5, return_sequences=True)),
    "leaky": lambda: of(L.LeakyRNN(5, return_sequences=True)),
    "lstm_zoneout": lambda: of(L.ZoneoutLSTM(5, return_sequences=True)),
    "lstm_normalised": lambda: of(L.LayerNormLSTM(5, return_sequences=True)),
    "gru_normalised": lambda: of(L.LayerNormGRU(5, return_sequences=True)),
    "last_alone": lambda: of(L.LSTM(6, return_sequences=True), L.GRU(5), L.Dense(4, "softmax")),
    "stacked_cells": lambda: of(L.RNN([L.GRUCell(4), L.LSTMCell(3)])),
    "learned_start": lambda: of(L.LSTM(4, return_sequences=True, initial_state="learned")),
    "float64": lambda: of(L.LSTM(3, dtype="float64"), dtype="float64"),
    "branches": branches,
    "normalised": normalised,
    "inverted": inverted,
    "words": lambda: words(False),
    "words_but_0": lambda: words(True),
    "activations": activations,
    "dense": lambda: of(L.Dense(2)),
    "nothing": lambda: elman.Sequential([elman.Input((None, 3)), L.Dropout(0.5)]),
}
