"""The guide to the functional API: graphs of layers."""

import numpy as np

from tests.programs.parts import QUIET, arrays, normal, on_jax, settled, whole


def a_graph_of_three_layers(keras):
    """Made, summed up, trained and evaluated."""
    inputs = keras.Input(shape=(20,), name="digits")
    hidden = keras.layers.Dense(8, activation="relu")
    x = hidden(inputs)
    x = keras.layers.Dense(8, activation="relu")(x)
    outputs = keras.layers.Dense(4)(x)
    model = settled(keras.Model(inputs=inputs, outputs=outputs, name="digits_model"))
    lines = []
    model.summary(print_fn=lambda text, **_: lines.append(text), line_length=64)
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=keras.optimizers.RMSprop(),
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
    )
    x, y = normal(1, 60, 20), whole(2, 4, 60)
    history = model.fit(x, y, batch_size=8, epochs=3, validation_split=0.2, **QUIET)
    return {
        "text": "\n".join(lines),
        "shape": [*inputs.shape[1:], *outputs.shape[1:]],
        "dtype": str(inputs.dtype),
        "history": history.history,
        "scores": model.evaluate(x[:16], y[:16], verbose=0),
        "weights": model.get_weights(),
    }


def encoder_and_autoencoder(keras):
    """One graph of layers, two models."""
    series = keras.Input(shape=(8, 2), name="series")
    x = keras.layers.Conv1D(6, 3, activation="relu")(series)
    x = keras.layers.Conv1D(4, 3, activation="relu")(x)
    code = keras.layers.GlobalMaxPooling1D()(x)
    encoder = keras.Model(series, code, name="encoder")
    x = keras.layers.Reshape((4, 1))(code)
    x = keras.layers.UpSampling1D(2)(x)
    back = keras.layers.Conv1D(2, 3, padding="same")(x)
    autoencoder = settled(keras.Model(series, back, name="autoencoder"))
    autoencoder.compile(keras.optimizers.Adam(0.01), "mse")
    data = normal(3, 40, 8, 2)
    history = autoencoder.fit(data, data, batch_size=8, epochs=4, **QUIET)
    return {
        "history": history.history,
        "codes": encoder.predict(data[:3], verbose=0),
        "weights": autoencoder.get_weights(),
    }


def models_called_like_layers(keras):
    """An encoder and a decoder, made apart, put together by calls."""
    series = keras.Input(shape=(6, 2))
    encoder = keras.Model(series, keras.layers.LSTM(4)(series), name="encoder")
    code = keras.Input(shape=(4,))
    x = keras.layers.RepeatVector(6)(code)
    x = keras.layers.LSTM(4, return_sequences=True)(x)
    decoder = keras.Model(
        code, keras.layers.TimeDistributed(keras.layers.Dense(2))(x), name="decoder"
    )
    again = keras.Input(shape=(6, 2))
    model = settled(keras.Model(again, decoder(encoder(again)), name="both"))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    data = normal(4, 40, 6, 2)
    history = model.fit(data, data, batch_size=8, epochs=4, **QUIET)
    return {
        "layers": [layer.name for layer in model.layers[1:]],
        "history": history.history,
        "weights": model.get_weights(),
        "inner": encoder.predict(data[:2], verbose=0),
    }


def an_ensemble(keras):
    """Three models, and the mean of what they say."""

    def member():
        inputs = keras.Input(shape=(7,))
        return keras.Model(inputs, keras.layers.Dense(1)(inputs))

    members = [settled(member(), seed) for seed in range(3)]
    inputs = keras.Input(shape=(7,))
    model = keras.Model(inputs, keras.layers.average([each(inputs) for each in members]))
    model.compile("sgd", "mse")
    history = model.fit(normal(5, 40, 7), normal(6, 40, 1), batch_size=8, epochs=4, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}


def _tickets(keras):
    """Title and body are read; tags come as numbers; out come a priority and a department."""
    title = keras.Input(shape=(None,), name="title")
    body = keras.Input(shape=(None,), name="body")
    tags = keras.Input(shape=(5,), name="tags")
    title_read = keras.layers.LSTM(6)(keras.layers.Embedding(30, 4)(title))
    body_read = keras.layers.LSTM(4)(keras.layers.Embedding(30, 4)(body))
    x = keras.layers.concatenate([title_read, body_read, tags])
    priority = keras.layers.Dense(1, name="priority")(x)
    department = keras.layers.Dense(3, name="department")(x)
    return settled(
        keras.Model(
            inputs=[title, body, tags],
            outputs={"priority": priority, "department": department},
        )
    )


def _ticket_data():
    x = {"title": whole(7, 30, 32, 4), "body": whole(8, 30, 32, 9), "tags": normal(9, 32, 5)}
    classes = np.eye(3, dtype="float32")[whole(10, 3, 32)]
    return x, {"priority": whole(11, 2, 32, 1).astype("float32"), "department": classes}


@on_jax
def several_inputs_and_outputs(keras):
    """Inputs, targets, losses and weights of losses by name."""
    model = _tickets(keras)
    model.compile(
        optimizer=keras.optimizers.RMSprop(1e-2),
        loss={
            "department": keras.losses.CategoricalCrossentropy(from_logits=True),
            "priority": keras.losses.BinaryCrossentropy(from_logits=True),
        },
        loss_weights={"priority": 1.0, "department": 0.2},
    )
    x, y = _ticket_data()
    history = model.fit(x, y, epochs=5, batch_size=8, **QUIET)
    return {
        "history": history.history,
        "scores": model.evaluate(x, y, verbose=0),
        "by name": model.evaluate(x, y, verbose=0, return_dict=True),
        "out": model.predict(x, verbose=0),
        "weights": model.get_weights(),
    }


def several_inputs_in_lists(keras):
    """The same in lists, with metrics for one output."""
    one, two = keras.Input((4, 2), name="one"), keras.Input((3,), name="two")
    x = keras.layers.Concatenate()([keras.layers.GRU(3)(one), two])
    outputs = [
        keras.layers.Dense(1, name="number")(x),
        keras.layers.Dense(3, "softmax", name="kind")(x),
    ]
    model = settled(keras.Model([one, two], outputs))
    model.compile(
        "adam",
        loss=["mse", "sparse_categorical_crossentropy"],
        metrics=[["mae"], ["accuracy"]],
        loss_weights=[0.5, 2.0],
    )
    x, y = [normal(12, 32, 4, 2), normal(13, 32, 3)], [normal(14, 32, 1), whole(15, 3, 32)]
    history = model.fit(x, y, epochs=5, batch_size=8, validation_data=(x, y), **QUIET)
    return {
        "history": history.history,
        "names": sorted(history.history),
        "scores": model.evaluate(x, y, verbose=0),
        "weights": model.get_weights(),
    }


def shortcuts_around_layers(keras):
    """Blocks whose inputs are added to their outputs."""
    inputs = keras.Input(shape=(10, 3), name="series")
    x = keras.layers.Conv1D(6, 3, activation="relu")(inputs)
    before = keras.layers.MaxPooling1D(2)(x)
    x = keras.layers.Conv1D(6, 3, activation="relu", padding="same")(before)
    x = keras.layers.Conv1D(6, 3, activation="relu", padding="same")(x)
    after = keras.layers.add([x, before])
    x = keras.layers.Conv1D(6, 3, activation="relu", padding="same")(after)
    x = keras.layers.add([x, after])
    x = keras.layers.GlobalAveragePooling1D()(x)
    x = keras.layers.Dropout(0.0)(x)
    model = settled(keras.Model(inputs, keras.layers.Dense(3)(x), name="shortcuts"))
    model.compile(
        optimizer=keras.optimizers.RMSprop(1e-3),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["acc"],
    )
    x, y = normal(16, 40, 10, 3), np.eye(3, dtype="float32")[whole(17, 3, 40)]
    history = model.fit(x, y, batch_size=8, epochs=4, validation_split=0.2, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}


@on_jax
def one_layer_for_two_inputs(keras):
    """A shared embedding and a shared LSTM learn from both inputs."""
    table, lstm = keras.layers.Embedding(25, 4), keras.layers.LSTM(5)
    left, right = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    both = [lstm(table(left)), lstm(table(right))]
    score = keras.layers.Dense(1, "sigmoid")(keras.layers.Concatenate()(both))
    model = settled(keras.Model([left, right], score))
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    x, y = [whole(18, 25, 32, 6), whole(19, 25, 32, 4)], whole(20, 2, 32).astype("float32")
    history = model.fit(x, y, batch_size=8, epochs=5, **QUIET)
    return {"count": len(model.weights), "history": history.history, "weights": model.get_weights()}


def outputs_from_within(keras):
    """The tensors of a graph are the outputs of another model."""
    inputs = keras.Input((5, 2))
    x = keras.layers.LSTM(4, return_sequences=True)(inputs)
    x = keras.layers.GRU(3, return_sequences=True)(x)
    model = settled(keras.Model(inputs, keras.layers.Dense(2)(x)))
    outputs = [layer.output for layer in model.layers[1:]]
    features = keras.Model(inputs=model.input, outputs=outputs)
    found = features(normal(21, 2, 5, 2))
    shapes = [list(layer.output.shape[1:]) for layer in model.layers[1:]]
    return {"features": arrays(found), "shapes": shapes}


def layer_of_ones_own(keras):
    """It has weights and a configuration, and a graph with it is made anew from its own."""

    class Affine(keras.layers.Layer):
        def __init__(self, units=4, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def build(self, input_shape):
            self.w = self.add_weight(
                shape=(input_shape[-1], self.units),
                initializer="random_normal",
                trainable=True,
                name="w",
            )
            self.b = self.add_weight(
                shape=(self.units,), initializer="random_normal", trainable=True, name="b"
            )

        def call(self, inputs):
            return keras.ops.matmul(inputs, self.w) + self.b

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    inputs = keras.Input((4,))
    model = settled(keras.Model(inputs, Affine(3)(inputs)))
    config = model.get_config()
    again = keras.Model.from_config(config, custom_objects={"Affine": Affine})
    again.set_weights(model.get_weights())
    x = normal(22, 3, 4)
    return {"out": arrays([model(x), again(x)]), "units": again.layers[1].units}


def graph_inside_of_a_class(keras):
    """A model that is a class holds a functional one, and stands itself in a graph."""

    class Reader(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.units = 5
            self.projection = keras.layers.Dense(units=self.units, activation="tanh")
            self.classifier = keras.Sequential([keras.layers.Dense(2)])

        def call(self, inputs):
            parts = []
            state = keras.ops.zeros(shape=(inputs.shape[0], self.units))
            for t in range(inputs.shape[1]):
                h = self.projection(inputs[:, t, :])
                state = h + keras.ops.tanh(state) * 0.5
                parts.append(state)
            features = keras.ops.stack(parts, axis=1)
            return self.classifier(features)

    inputs = keras.Input(batch_shape=(6, 4, 3))
    x = keras.layers.Conv1D(3, 3, padding="same")(inputs)
    model = settled(keras.Model(inputs, Reader()(x)))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    x, y = normal(23, 24, 4, 3), normal(24, 24, 4, 2)
    history = model.fit(x, y, batch_size=6, epochs=5, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}


def tensors_in_arithmetic(keras):
    """Operators and functions of `ops` on the tensors of a graph."""
    ops = keras.ops
    one, two = keras.Input((4,)), keras.Input((4,))
    x = keras.layers.Dense(3)(one + 2.0 * two)
    y = ops.tanh(x) - ops.mean(x, axis=-1, keepdims=True)
    z = ops.concatenate([y, ops.relu(x)], axis=-1)[:, 1:5]
    model = settled(keras.Model([one, two], [z, -y / 2]))
    data = [normal(25, 20, 4), normal(26, 20, 4)]
    model.compile(keras.optimizers.SGD(0.1), ["mse", "mae"])
    targets = [normal(27, 20, 4), normal(28, 20, 3)]
    history = model.fit(data, targets, batch_size=4, epochs=4, **QUIET)
    return {
        "out": model.predict(data, verbose=0),
        "history": history.history,
        "weights": model.get_weights(),
    }


def a_function_as_a_layer(keras):
    """Lambda makes a layer of a function."""
    inputs = keras.Input((5, 2))
    x = keras.layers.Lambda(lambda t: t * 2.0 + 1.0)(inputs)
    x = keras.layers.GRU(3)(x)
    model = settled(keras.Model(inputs, keras.layers.Lambda(keras.ops.square)(x)))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    history = model.fit(normal(29, 32, 5, 2), normal(30, 32, 3), batch_size=8, epochs=5, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}
