"""The models whose `summary` is compared with Keras's, under all its options, written for both.

Every function takes the module, `keras` or `elman`, and returns a model; `CASES` says with which
options its summary is printed.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

WIDTH = 110  # of the terminal, and of each table for which nothing else is said
STEPS, FEATURES = 5, 3


def stack(keras: Any) -> Any:
    """A list of layers, one of them a model with a frozen layer and one of averages."""
    L = keras.layers
    inner = keras.Sequential(
        [keras.Input((STEPS, 4)), L.Dense(6), L.BatchNormalization(), L.Dropout(0.1)], name="inner"
    )
    inner.layers[0].trainable = False
    return keras.Sequential(
        [
            keras.Input((STEPS, FEATURES)),
            L.Bidirectional(L.LSTM(2, return_sequences=True), name="both"),
            inner,
            L.TimeDistributed(L.Dense(2), name="steps"),
            L.GRU(3, name="gru"),
            L.Dense(1, name="out"),
        ],
        name="stack",
    )


def deep(keras: Any) -> Any:
    """Models inside models, used twice, with two inputs and two outputs."""
    L = keras.layers
    a, b = keras.Input((STEPS, 3), name="a"), keras.Input((3,), name="b")
    core = keras.Sequential([keras.Input((STEPS, 3)), L.Dense(4), L.Dense(3)], name="core")
    y, h = L.GRU(3, return_sequences=True, return_state=True, name="gru")(core(a), initial_state=b)
    inner = keras.Model([a, b], [y, h], name="pair")
    x, start = keras.Input((STEPS, 3), name="x"), keras.Input((3,), name="start")
    y, h = inner([x, start])
    y, h = inner([y, h])
    return keras.Model([x, start], [L.Flatten(name="flat")(y), h], name="deep")


def operations(keras: Any) -> Any:
    """Operations beside layers, in the model and in the model inside it."""
    L = keras.layers
    a = keras.Input((4,), name="a")
    inner = keras.Model(a, L.Dense(4, name="inside")(a) * 2.0, name="doubled")
    x = keras.Input((4,), name="x")
    return keras.Model(x, inner(x) + L.Dense(4, name="beside")(x), name="operations")


def own(keras: Any) -> Any:
    """A class with a `call` of its own: several outputs, a list, a model, what is never called."""
    L = keras.layers

    class Own(keras.Model):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.rnn = L.LSTM(4, return_sequences=True, return_state=True, name="rnn")
            self.parts = [L.Dense(2, name="first"), L.Dense(3, name="second")]
            self.sub = keras.Sequential([L.Dense(3), L.Dense(1)], name="sub")
            self.unused = L.Dense(7, name="unused")

        def call(self, x: Any) -> Any:
            _, h, _ = self.rnn(x)
            for layer in self.parts:
                h = layer(h)
            return self.sub(h)

    return Own(name="own")


def own_called(keras: Any) -> Any:
    """The same when it was called on data and not trained."""
    model = own(keras)
    model(np.zeros((2, STEPS, FEATURES), "float32"))
    return model


def own_trained(keras: Any) -> Any:
    """The same after a step of training."""
    model = own(keras)
    model.compile("adam", "mse")
    x = np.zeros((6, STEPS, FEATURES), "float32")
    model.fit(x, np.zeros((6, 1), "float32"), verbose=0, batch_size=4)
    return model


def own_inside(keras: Any) -> Any:
    """The same inside another model."""
    x = keras.Input((STEPS, FEATURES), name="x")
    return keras.Model(x, keras.layers.Dense(2, name="out")(own(keras)(x)), name="outside")


def unbuilt(keras: Any) -> Any:
    """A model that has seen no data, with layers that never have weights."""
    L = keras.layers
    return keras.Sequential(
        [
            L.Masking(name="masking"),
            L.LSTM(4, return_sequences=True, name="lstm"),
            L.Dropout(0.1, name="dropout"),
            L.Activation("relu", name="activation"),
            L.GlobalMaxPooling1D(name="pool"),
            L.Flatten(name="flatten"),
            L.RepeatVector(3, name="repeat"),
            L.Reshape((12,), name="reshape"),
            L.Identity(name="identity"),
            L.ReLU(name="relu"),
            L.Softmax(name="softmax"),
            L.GaussianNoise(0.1, name="noise"),
            keras.Sequential([L.Dense(2, name="dense")], name="sub"),
        ],
        name="unbuilt",
    )


def trained(keras: Any) -> Any:
    """A model with the numbers of an optimizer."""
    model = stack(keras)
    model.compile("adam", "mse")
    x = np.zeros((4, STEPS, FEATURES), "float32")
    model.fit(x, np.zeros((4, 1), "float32"), verbose=0)
    return model


Options = dict[str, Any]
NESTED: Options = {"expand_nested": True}
ALL: Options = {"expand_nested": True, "show_trainable": True}

CASES: dict[str, tuple[Callable[[Any], Any], list[Options]]] = {
    "stack": (
        stack,
        [
            NESTED,
            ALL,
            {"positions": [0.5, 0.7, 1.0]},
            {"positions": [0.3, 0.6, 0.7, 1.0]},
            {"layer_range": ["inner", "gru"]},
            {"layer_range": ["s", "g.*"]},
            {"layer_range": ["out", "both"]},
        ],
    ),
    "deep": (deep, [NESTED, ALL, {"positions": [0.4, 0.6, 0.7, 1.0], **ALL}, {"line_length": 130}]),
    "operations": (operations, [NESTED, {"layer_range": ("doubled", "beside"), **ALL}]),
    "own": (own, [NESTED]),
    "own_called": (own_called, [{}]),
    "own_trained": (own_trained, [NESTED, ALL]),
    "own_inside": (own_inside, [{}, ALL]),
    "unbuilt": (unbuilt, [NESTED]),
    "trained": (trained, [NESTED]),
}


def printed(keras: Any, name: str) -> list[str]:
    """Return what `summary` prints for a case, by its options."""
    build, options = CASES[name]
    keras.utils.clear_session()
    model, texts = build(keras), []
    for each in options:
        parts: list[str] = []
        model.summary(print_fn=parts.append, **{"line_length": WIDTH, **each})
        texts.append("".join(parts))
    return texts
