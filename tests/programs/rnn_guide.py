"""The guide to recurrent layers: sequences, states, directions, cells of one's own."""

import numpy as np

from tests.programs.parts import QUIET, arrays, normal, on_jax, settled, whole


@on_jax
def words_to_classes(keras):
    """An embedding, an LSTM and a dense layer, added one by one."""
    model = keras.Sequential()
    model.add(keras.layers.Embedding(input_dim=50, output_dim=6))
    model.add(keras.layers.LSTM(7))
    model.add(keras.layers.Dense(4))
    words, classes = whole(1, 50, 40, 9), whole(2, 4, 40)
    model.build((None, 9))
    settled(model)
    model.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    history = model.fit(words, classes, batch_size=8, epochs=4, **QUIET)
    return {
        "parameters": model.count_params(),
        "history": history.history,
        "weights": model.get_weights(),
        "logits": model.predict(words[:3], verbose=0),
    }


def sequences_between_layers(keras):
    """A GRU that returns all steps feeds a SimpleRNN."""
    model = keras.Sequential(
        [
            keras.layers.Embedding(30, 5),
            keras.layers.GRU(6, return_sequences=True),
            keras.layers.SimpleRNN(4),
            keras.layers.Dense(3),
        ]
    )
    words = whole(3, 30, 6, 8)
    model.build((None, 8))
    lines = []
    model.summary(print_fn=lambda line, **_: lines.append(line))
    return {
        "out": model.predict(words, verbose=0).shape,
        "settled": settled(model).predict(words, verbose=0),
    }


def encoder_and_decoder(keras):
    """The states of an encoder begin a decoder."""
    encoder_input = keras.Input(shape=(None,))
    vectors = keras.layers.Embedding(input_dim=20, output_dim=5)(encoder_input)
    _, h, c = keras.layers.LSTM(6, return_state=True, name="encoder")(vectors)
    decoder_input = keras.Input(shape=(None,))
    vectors = keras.layers.Embedding(input_dim=25, output_dim=5)(decoder_input)
    decoded = keras.layers.LSTM(6, name="decoder")(vectors, initial_state=[h, c])
    output = keras.layers.Dense(3)(decoded)
    model = settled(keras.Model([encoder_input, decoder_input], output))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.3), loss, metrics=["accuracy"])
    x, y = [whole(4, 20, 24, 7), whole(5, 25, 24, 5)], whole(6, 3, 24)
    history = model.fit(x, y, batch_size=6, epochs=5, **QUIET)
    return {
        "history": history.history,
        "weights": model.get_weights(),
        "out": model.predict(x, verbose=0),
        "names": [layer.name for layer in model.layers if "LSTM" in type(layer).__name__],
    }


def state_across_batches(keras):
    """One long sequence in three parts, read by a stateful layer; then forgotten."""
    parts = [normal(seed, 3, 4, 2) for seed in (7, 8, 9)]
    layer = keras.layers.LSTM(5, stateful=True)
    layer.build((3, 4, 2))
    settled(layer)
    outputs = [arrays(layer(part)) for part in parts]
    layer.reset_state()
    return {"outputs": outputs, "again": arrays(layer(parts[0]))}


def states_handed_on(keras):
    """The states that one layer recorded begin another."""
    parts = [normal(seed, 3, 4, 2) for seed in (10, 11)]
    layer = keras.layers.LSTM(5, stateful=True)
    layer.build((3, 4, 2))
    settled(layer)
    for part in parts:
        layer(part)
    states = layer.states
    other = keras.layers.LSTM(5)
    other.build((3, 4, 2))
    settled(other, 1)
    return {
        "states": arrays(list(states)),
        "out": arrays(other(parts[0], initial_state=list(states))),
    }


def stateful_training(keras):
    """A stateful model sees a series piece by piece, in order; states are reset by epochs."""
    inputs = keras.Input(batch_shape=(4, 5, 1))
    hidden = keras.layers.GRU(6, stateful=True, return_sequences=True)(inputs)
    model = settled(keras.Model(inputs, keras.layers.Dense(1)(hidden)))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    series = np.sin(np.arange(4 * 5 * 5) / 4).astype("float32").reshape(4, 25, 1)
    x = np.concatenate([series[:, i : i + 5] for i in range(0, 25, 5)])
    losses = []
    for _ in range(4):
        losses += model.fit(x, x * 0.5, batch_size=4, epochs=1, **QUIET).history["loss"]
        for layer in model.layers:
            if hasattr(layer, "reset_state"):
                layer.reset_state()
    return {
        "losses": losses,
        "weights": model.get_weights(),
        "out": model.predict(x, batch_size=4, verbose=0),
    }


def two_directions_stacked(keras):
    """Bidirectional layers one behind the other."""
    model = keras.Sequential([keras.Input((5, 3))])
    model.add(keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True)))
    model.add(keras.layers.Bidirectional(keras.layers.LSTM(3)))
    model.add(keras.layers.Dense(2))
    settled(model)
    model.compile(keras.optimizers.Adam(0.01), "mse")
    x, y = normal(12, 32, 5, 3), normal(13, 32, 2)
    history = model.fit(x, y, batch_size=8, epochs=5, **QUIET)
    names = [weight.path.split("/", 1)[1] for weight in model.layers[0].weights]
    return {"paths": names, "history": history.history, "weights": model.get_weights()}


def rows_as_steps(keras):
    """Small pictures read row by row, by a layer or by RNN of its cell, with normalization."""
    found = {}
    x, y = normal(14, 40, 6, 4), whole(15, 3, 40)
    for name in ("layer", "cell"):
        recurrent = keras.layers.LSTM(5)
        if name == "cell":
            recurrent = keras.layers.RNN(keras.layers.LSTMCell(5))
        model = keras.models.Sequential(
            [
                keras.Input((None, 4)),
                recurrent,
                keras.layers.BatchNormalization(),
                keras.layers.Dense(3),
            ]
        )
        settled(model)
        model.compile(
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            optimizer="sgd",
            metrics=["accuracy"],
        )
        history = model.fit(x, y, validation_data=(x[:9], y[:9]), batch_size=8, epochs=4, **QUIET)
        found[name] = {"history": history.history, "weights": model.get_weights()}
    return found


def cell_of_several_states(keras):
    """A cell of one's own may carry states of different sizes."""
    ops = keras.ops

    class TwoMemories(keras.layers.Layer):
        def __init__(self, units, slow, **kwargs):
            super().__init__(**kwargs)
            self.units, self.slow = units, slow
            self.state_size = [units, slow]
            self.output_size = units

        def build(self, input_shape):
            self.read = self.add_weight(shape=(input_shape[-1], self.units), name="read")
            self.keep = self.add_weight(shape=(self.units, self.slow), name="keep")
            self.recall = self.add_weight(shape=(self.slow, self.units), name="recall")

        def call(self, inputs, states):
            fast, slow = states
            slow = 0.9 * slow + 0.1 * ops.matmul(fast, self.keep)
            new = ops.tanh(ops.matmul(inputs, self.read) + ops.matmul(slow, self.recall) + fast)
            return new, [new, slow]

        def get_config(self):
            return {**super().get_config(), "units": self.units, "slow": self.slow}

    inputs = keras.Input((None, 3))
    hidden, fast, slow = keras.layers.RNN(
        TwoMemories(4, 2), return_sequences=True, return_state=True
    )(inputs)
    model = settled(keras.Model(inputs, [keras.layers.Dense(1)(hidden), fast, slow]))
    model.compile(keras.optimizers.Adam(0.01), loss=["mse", "mse", None])
    x = normal(16, 24, 4, 3)
    y = [normal(17, 24, 4, 1), normal(18, 24, 4), normal(18, 24, 2)]
    history = model.fit(x, y, batch_size=6, epochs=5, **QUIET)
    return {
        "history": history.history,
        "weights": model.get_weights(),
        "out": model.predict(x[:4], verbose=0),
    }
