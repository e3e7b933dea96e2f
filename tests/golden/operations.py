"""Functional models with operations between the layers, for `elman` and for `keras` alike."""

import numpy as np

SHAPES = {"arithmetic": 2, "shapes": 2, "reductions": 1, "masks": 1}  # how many inputs


def arithmetic(keras):
    """Return a model of operators with numbers and arrays on either side, and activations."""
    x, y = keras.Input((4, 3), name="x"), keras.Input((4, 3), name="y")
    z = x + y * 2.0 - x[:, -1:, :]
    z = 1.0 / (z * z + 5) - (2 - z) ** 2 / 10
    z = keras.layers.Dense(3, name="dense")(z)
    z = 0.5 * z @ np.linspace(-1, 1, 6, dtype="float32").reshape(3, 2)
    z = keras.ops.concatenate([keras.ops.tanh(z), abs(-y), keras.ops.maximum(x, y)], axis=-1)
    z = keras.ops.where(z > 0.1, z, keras.ops.zeros_like(z)) + keras.ops.gelu(z) % 3
    return keras.Model([x, y], [z, keras.ops.softmax(z // 0.25, axis=1)])


def shapes(keras):
    """Return a model of functions that move numbers about."""
    x, y = keras.Input((4, 3), name="x"), keras.Input((4, 3), name="y")
    a = keras.ops.reshape(keras.ops.transpose(x, (0, 2, 1)), (-1, 12))
    b = keras.ops.squeeze(keras.ops.expand_dims(keras.ops.stack([x, y], axis=2), 1), axis=1)
    first, second = keras.ops.split(keras.ops.pad(y, ((0, 0), (1, 1), (0, 1))), 2, axis=1)
    c = keras.ops.concatenate([first, keras.ops.flip(second, axis=1)], axis=1)
    values, places = keras.ops.top_k(keras.ops.take(c, [0, 2], axis=1), 2)
    d = keras.ops.einsum("bij,bkj->bik", x, y)
    e = keras.ops.one_hot(keras.ops.argmax(d, axis=-1), 4)
    e = e + keras.ops.cast(places[:, :1], "float32")[..., :1]
    return keras.Model([x, y], [keras.layers.Dense(2, name="dense")(a), b, values, e])


def reductions(keras):
    """Return a model of reductions, and a norm."""
    x = keras.Input((4, 3), name="x")
    h = keras.layers.Dense(6, name="dense")(x)  # not 5: Keras takes (5, 1, 1) for a bias of 5
    a = keras.ops.mean(h, axis=1, keepdims=True) + keras.ops.max(h, axis=(1, 2), keepdims=True)
    b = keras.ops.logsumexp(h, axis=-1) * keras.ops.norm(h, axis=-1)
    c = keras.ops.var(h, axis=1) + keras.ops.std(h, axis=1) - keras.ops.sum(a, axis=1)
    return keras.Model(x, [a, b, keras.ops.normalize(keras.ops.clip(c, -1.0, 1.0))])


def masks(keras):
    """Return a model in which Keras writes the making of a mask as operations too."""
    x = keras.Input((4, 3), name="x")
    h = keras.layers.LSTM(3, return_sequences=True, name="lstm")(keras.layers.Masking()(x))
    seen = keras.ops.cast(keras.ops.not_equal(x, 0.0), "float32")
    return keras.Model(
        x, keras.layers.Dense(2, name="dense")(keras.ops.tanh(x) + h) * seen[..., :2]
    )


MODELS = {f.__name__: f for f in (arithmetic, shapes, reductions, masks)}


def data(name):
    """Return what a model is called with."""
    generator = np.random.default_rng(len(name))
    arrays = [generator.normal(size=(5, 4, 3)).astype("float32") for _ in range(SHAPES[name])]
    if name == "masks":
        arrays[0][:, -1] = 0
    return arrays if len(arrays) > 1 else arrays[0]
