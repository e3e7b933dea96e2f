"""The layers over sequences that Keras and elman are compared on, written once for both.

`make_sequence_layers.py` calls them with Keras and stores what comes out; the tests call them with
elman. What goes in is made of whole numbers here, so that it is the same on every machine.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

GAPS = np.array([[1, 1, 1, 1, 1, 1], [0, 1, 0, 1, 1, 0], [1, 0, 0, 0, 0, 0]], bool)
EMPTY = GAPS & np.array([[1], [1], [0]], bool)  # the last sequence is padding alone
RENORM = {"renorm": True, "renorm_momentum": 0.8, "momentum": 0.9}


class Case(NamedTuple):
    """A layer and a call of it.

    Attributes:
        layer: the class's name.
        options: of its constructor.
        shape: of the input.
        mask: (batch, timesteps), or None.
        training: as the call is told.
        tied: whether the input holds whole numbers, many of them equal.
    """

    layer: str
    options: dict[str, Any]
    shape: tuple[int, ...] = (3, 6, 4)
    mask: np.ndarray | None = None
    training: bool = False
    tied: bool = False


def numbers(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Return numbers between -2 and 3 that look drawn, float32."""
    size = int(np.prod(shape))
    drawn = (np.arange(1, size + 1) + 977 * seed) * 48271 % 5003 / 1000 - 2
    return drawn.astype("float32").reshape(shape)


def input_of(case: Case) -> np.ndarray:
    """Return what the layer is called on."""
    x = numbers(case.shape, 1)
    return np.round(x) if case.tied else x


def weights_of(weights: Iterable[Any]) -> list[np.ndarray]:
    """Return numbers for weights of either library; of a variance or deviation positive ones."""
    return [
        numbers(tuple(w.shape), 10 + i) / 5 + ("variance" in w.name or "stddev" in w.name)
        for i, w in enumerate(weights)
    ]


def conv(**options: Any) -> Case:
    """Return a convolution by 6 filters of 3 steps, unless the options say otherwise."""
    return Case("Conv1D", {"filters": 6, "kernel_size": 3, **options})


def batch(
    mask: np.ndarray | None = None, shape: tuple[int, ...] = (3, 6, 4), **options: Any
) -> Case:
    """Return a BatchNormalization in training."""
    return Case("BatchNormalization", options, shape, mask, training=True)


CASES = {
    "layer norm": Case("LayerNormalization", {}),
    "layer norm, 2-D": Case("LayerNormalization", {"epsilon": 1e-6}, (5, 4)),
    "layer norm, masked": Case("LayerNormalization", {}, mask=GAPS),
    "layer norm, axis 1": Case("LayerNormalization", {"axis": 1}),
    "layer norm, two axes": Case("LayerNormalization", {"axis": [2, 1]}),
    "layer norm, first and last": Case("LayerNormalization", {"axis": (1, 3)}, (2, 3, 2, 4)),
    "layer norm, plain": Case("LayerNormalization", {"center": False, "scale": False}),
    "layer norm, rms": Case("LayerNormalization", {"rms_scaling": True}),
    "rms norm": Case("RMSNormalization", {}),
    "rms norm, two axes": Case("RMSNormalization", {"axis": [-1, -2], "epsilon": 0.1}),
    "batch norm, inference": Case("BatchNormalization", {}),
    "batch norm, inference, masked": Case("BatchNormalization", {}, mask=GAPS),
    "batch norm": batch(),
    "batch norm, masked": batch(GAPS),
    "batch norm, nothing counts": batch(np.zeros_like(GAPS)),
    "batch norm, 2-D": batch(shape=(8, 4), momentum=0.5, epsilon=1e-5),
    "batch norm, 4-D": batch(shape=(2, 3, 2, 4)),
    "batch norm, axis 1": batch(axis=1),
    "batch norm, axis 1, masked": batch(GAPS, axis=1),
    "batch norm, plain": batch(center=False, scale=False),
    "batch norm, one feature": batch(GAPS, shape=(3, 6, 1)),
    "batch norm, frozen": batch(trainable=False),
    "batch renorm": batch(**RENORM),
    "batch renorm, masked": batch(GAPS, **RENORM),
    "batch renorm, clipped": batch(
        **RENORM, renorm_clipping={"rmax": 1.1, "rmin": 0.9, "dmax": 0.05}
    ),
    "batch renorm, plain": batch(**RENORM, center=False, scale=False),
    "batch renorm, inference": Case("BatchNormalization", RENORM),
    "conv": conv(),
    "conv, 1 step": conv(kernel_size=1),
    "conv, same": conv(padding="same", activation="relu"),
    "conv, same, even": conv(padding="same", kernel_size=4, activation="tanh"),
    "conv, same, strides": conv(padding="same", strides=2),
    "conv, same, dilation": conv(padding="same", dilation_rate=2),
    "conv, same, longer than x": conv(padding="same", kernel_size=9),
    "conv, causal": conv(padding="causal", activation="softmax"),
    "conv, causal, dilation": conv(padding="causal", dilation_rate=3),
    "conv, causal, strides": conv(padding="causal", strides=2, use_bias=False),
    "conv, strides": conv(kernel_size=2, strides=3),
    "conv, groups": conv(groups=2, padding="same", dilation_rate=2),
    "conv, one group a feature": conv(groups=4, filters=8, strides=2, use_bias=False),
    "max pool": Case("MaxPooling1D", {}),
    "max pool, tied": Case("MaxPooling1D", {"pool_size": 3, "strides": 1}, tied=True),
    "max pool, same": Case("MaxPooling1D", {"pool_size": 4, "padding": "same", "strides": 2}),
    "max pool, gaps": Case("MaxPooling1D", {"pool_size": 2, "strides": 3}),
    "average pool": Case("AveragePooling1D", {"pool_size": 2}),
    "average pool, same": Case(
        "AveragePooling1D", {"pool_size": 4, "padding": "same", "strides": 1}
    ),
    "average pool, longer than x": Case("AveragePooling1D", {"pool_size": 9, "padding": "same"}),
    "global max": Case("GlobalMaxPooling1D", {}),
    "global max, tied": Case("GlobalMaxPooling1D", {"keepdims": True}, tied=True),
    "global average": Case("GlobalAveragePooling1D", {"keepdims": True}),
    "global average, masked": Case("GlobalAveragePooling1D", {}, mask=GAPS),
    "global average, nothing counts": Case("GlobalAveragePooling1D", {}, mask=EMPTY),
    "padding": Case("ZeroPadding1D", {"padding": (2, 1)}),
    "padding, both sides": Case("ZeroPadding1D", {}),
    "cropping": Case("Cropping1D", {"cropping": [0, 2]}),
    "cropping, both sides": Case("Cropping1D", {}),
    "up": Case("UpSampling1D", {"size": 3}),
}


# ---------------------------------------------------------------------- whole models

SAMPLES, TIMESTEPS, FEATURES = 10, 8, 3
FIT = {"epochs": 3, "batch_size": 4, "shuffle": False, "verbose": 0}


def convolutional(keras: Any) -> Any:
    """Return a net that convolves, pools and normalises; one layer of it is frozen."""
    L = keras.layers
    return keras.Sequential(
        [
            keras.Input((TIMESTEPS, FEATURES)),
            L.Conv1D(4, 3, padding="same", activation="relu", name="conv"),
            L.BatchNormalization(momentum=0.8, name="batch_norm"),
            L.MaxPooling1D(2, name="pool"),
            L.ZeroPadding1D(1, name="pad"),
            L.Conv1D(4, 2, padding="causal", name="causal"),
            L.BatchNormalization(trainable=False, name="frozen"),
            L.LayerNormalization(name="layer_norm"),
            L.RMSNormalization(name="rms_norm"),
            L.GlobalMaxPooling1D(name="global"),
            L.Dense(1, name="dense"),
        ],
        name="convolutional",
    )


def masked(keras: Any) -> Any:
    """Return a net whose normalisation and mean skip what is padding."""
    L = keras.layers
    return keras.Sequential(
        [
            keras.Input((TIMESTEPS, FEATURES)),
            L.Masking(name="masking"),
            L.BatchNormalization(momentum=0.5, name="batch_norm"),
            L.GRU(4, return_sequences=True, name="gru"),
            L.LayerNormalization(name="layer_norm"),
            L.GlobalAveragePooling1D(name="global"),
            L.Dense(1, name="dense"),
        ],
        name="masked",
    )


MODELS = {"convolutional": convolutional, "masked": masked}


def data_of(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return x, whose last steps are zeros for the masked model, and targets."""
    x, y = numbers((SAMPLES, TIMESTEPS, FEATURES), 3), numbers((SAMPLES, 1), 4)
    if name == "masked":
        x[np.arange(TIMESTEPS) >= 2 + np.arange(SAMPLES)[:, None] % 6] = 0
    return x, y


def trained(keras: Any, name: str) -> tuple[Any, dict[str, list[float]]]:
    """Return a model after training, and its history."""
    model = MODELS[name](keras)
    model.set_weights(weights_of(model.weights))
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse")
    return model, model.fit(*data_of(name), **FIT).history


def printed(model: Any) -> str:
    """Return what `summary` prints."""
    lines: list[str] = []
    model.summary(line_length=80, show_trainable=True, print_fn=lines.append)
    return "".join(lines)
