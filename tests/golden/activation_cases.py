"""Layers whose activations are functions of somebody's own, written for Keras and elman alike."""

from typing import Any

import numpy as np

EPOCHS, RATE = 5, 0.1
SAMPLES, TIMESTEPS, FEATURES = 6, 5, 3


def functions(keras: Any) -> tuple[Any, Any]:
    """Return a bent line, and a gate from 0 to 1."""
    ops = keras.ops

    def bent(x: Any) -> Any:
        return ops.tanh(x) ** 3 + 0.2 * x * ops.exp(-x * x)

    def gate(x: Any) -> Any:
        return 0.5 + 0.5 * x / (1 + ops.abs(x))

    return bent, gate


def dense(keras: Any) -> Any:
    """Two layers that treat each number alone."""
    bent, gate = functions(keras)
    L = keras.layers
    return [L.Dense(4, activation=bent), L.Activation(gate), L.Dense(2, activation=gate)]


def lstm(keras: Any) -> Any:
    """A cell with both functions, and what follows."""
    bent, gate = functions(keras)
    L = keras.layers
    return [L.LSTM(4, activation=bent, recurrent_activation=gate), L.Dense(2)]


def gru(keras: Any) -> Any:
    """The same with a layer as the activation."""
    _, gate = functions(keras)
    L = keras.layers
    first = L.GRU(4, activation=L.LeakyReLU(negative_slope=0.3), recurrent_activation=gate)
    return [first, L.Dense(2, activation=L.ELU())]


CASES = {"dense": dense, "lstm": lstm, "gru": gru}


def trained(keras: Any, name: str) -> dict[str, np.ndarray]:
    """Return losses, weights and predictions of a model that was trained."""
    generator = np.random.default_rng(len(name))
    shape = (SAMPLES, FEATURES) if name == "dense" else (SAMPLES, TIMESTEPS, FEATURES)
    x = generator.normal(size=shape).astype("float32")
    y = generator.normal(size=(SAMPLES, 2)).astype("float32")
    model = keras.Sequential([keras.Input(shape[1:]), *CASES[name](keras)])
    model.set_weights([generator.normal(0, 0.6, w.shape) for w in model.weights])
    model.compile(keras.optimizers.SGD(RATE), "mse")
    history = model.fit(x, y, epochs=EPOCHS, batch_size=SAMPLES, shuffle=False, verbose=0)
    weights = {f"weight_{i}": np.array(w) for i, w in enumerate(model.get_weights())}
    found = {"loss": np.array(history.history["loss"]), "y": model.predict(x, verbose=0)}
    return found | weights
