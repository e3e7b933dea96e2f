"""The guide to transfer learning: what is frozen, and what fine-tuning changes."""

import numpy as np

from tests.programs.parts import QUIET, arrays, normal, settled


def _counts(layer):
    kinds = (layer.weights, layer.trainable_weights, layer.non_trainable_weights)
    return [len(kind) for kind in kinds]


def what_is_trainable(keras):
    """Dense trains all its weights, BatchNormalization two of four."""
    found = {}
    for layer in (keras.layers.Dense(3), keras.layers.BatchNormalization(), keras.layers.LSTM(3)):
        layer.build((None, 4, 4))
        name = type(layer).__name__
        found[name] = _counts(layer)
        layer.trainable = False
        found[f"{name}, frozen"] = _counts(layer)
        layer.trainable = True
        found[f"{name}, again"] = _counts(layer)
    return found


def one_layer_frozen(keras):
    """A frozen layer keeps its weights, with a gradient that passes through it."""
    one, two = keras.layers.Dense(3, activation="relu"), keras.layers.Dense(3, activation="sigmoid")
    model = keras.Sequential([keras.Input(shape=(3,)), one, two])
    settled(model)
    two.trainable = False
    model.compile(optimizer="adam", loss="mse")
    kept = two.get_weights()
    model.fit(normal(1, 40, 3), normal(2, 40, 3), batch_size=8, epochs=4, **QUIET)
    return {
        "kept": str(
            all(np.array_equal(a, b) for a, b in zip(kept, two.get_weights(), strict=True))
        ),
        "one": one.get_weights(),
    }


def frozen_all_the_way_down(keras):
    """What is set on a model is set on all that is inside."""
    inner = keras.Sequential(
        [keras.Input(shape=(3,)), keras.layers.Dense(3), keras.layers.Dense(3)]
    )
    model = keras.Sequential(
        [keras.Input(shape=(3,)), inner, keras.layers.Dense(3, activation="sigmoid")]
    )
    model.trainable = False
    states = [
        model.trainable,
        inner.trainable,
        inner.layers[0].trainable,
        model.layers[1].trainable,
    ]
    inner.trainable = True
    return {
        "frozen": str(states),
        "inner": str([inner.layers[0].trainable, model.trainable]),
        "counts": [*_counts(inner), *_counts(model)],
    }


def fine_tuning(keras):
    """A head is trained on a frozen base, whose averages stay; then all of it, slowly."""
    series = keras.Input(shape=(8, 2))
    x = keras.layers.Conv1D(4, 3, padding="same")(series)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Activation("relu")(x)
    base = keras.Model(series, keras.layers.LSTM(4)(x), name="base")
    settled(base)
    base.trainable = False
    inputs = keras.Input(shape=(8, 2))
    x = base(inputs)
    x = keras.layers.Dropout(0.0)(x)
    head = keras.layers.Dense(1)
    model = keras.Model(inputs, head(x))
    settled(head, 1)
    model.compile(
        optimizer=keras.optimizers.Adam(0.02),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy()],
    )
    x, y = normal(3, 40, 8, 2), (normal(3, 40, 8, 2).sum(axis=(1, 2)) > 0).astype("float32")
    first = model.fit(x, y, batch_size=8, epochs=4, validation_data=(x[:8], y[:8]), **QUIET)
    counts = _counts(model)
    base.trainable = True
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy()],
    )
    second = model.fit(x, y, batch_size=8, epochs=4, **QUIET)
    return {
        "counts": [*counts, *_counts(model)],
        "first": first.history,
        "second": second.history,
        "weights": model.get_weights(),
    }


def features_first(keras):
    """The outputs of the base, computed once, are the data of a small model."""
    base = keras.Sequential([keras.Input((6, 2)), keras.layers.Bidirectional(keras.layers.GRU(3))])
    settled(base)
    features = base.predict(normal(4, 40, 6, 2), verbose=0)
    head = keras.Sequential([keras.Input(features.shape[1:]), keras.layers.Dense(1)])
    settled(head, 1)
    head.compile(keras.optimizers.SGD(0.1), "mse")
    history = head.fit(features, normal(5, 40, 1), batch_size=8, epochs=4, **QUIET)
    return {"features": features[:4], "history": history.history, "weights": head.get_weights()}


def normalization_in_training_and_inference(keras):
    """BatchNormalization moves its averages in training alone, and never when frozen."""
    layer, x = keras.layers.BatchNormalization(momentum=0.9), normal(6, 12, 3) * 2 + 1
    layer.build(x.shape)
    outputs = arrays([layer(x), layer(x, training=True), layer(x, training=True), layer(x)])
    moved = layer.get_weights()
    layer.trainable = False
    frozen = arrays(layer(x, training=True))
    return {"outputs": outputs, "moved": moved, "frozen": frozen, "after": layer.get_weights()}


def weights_from_one_model_to_another(keras):
    """Layers of the same shapes take each other's weights; frozen in a loop of one's own."""
    first = keras.Sequential(
        [keras.Input((5, 2)), keras.layers.LSTM(4, name="read"), keras.layers.Dense(3)]
    )
    second = keras.Sequential(
        [keras.Input((5, 2)), keras.layers.LSTM(4, name="read"), keras.layers.Dense(1)]
    )
    settled(first), settled(second, 1)
    second.get_layer("read").set_weights(first.get_layer("read").get_weights())
    second.get_layer("read").trainable = False
    second.compile(keras.optimizers.Adam(0.01), "mse")
    history = second.fit(normal(7, 40, 5, 2), normal(8, 40, 1), batch_size=8, epochs=4, **QUIET)
    return {"history": history.history, "weights": second.get_weights()}
