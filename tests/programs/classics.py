"""The recurrent examples that everyone has run, in small."""

import numpy as np

from tests.programs.parts import QUIET, normal, on_jax, settled, whole

TEXT = "the rain in the plain falls again and again and the train remains "


def characters_one_after_the_other(keras):
    """An LSTM learns a text by its characters, and writes on from a seed."""
    text = TEXT * 2
    letters = sorted(set(text))
    numbers = [letters.index(letter) for letter in text]
    starts = range(0, 96, 2)
    x = np.zeros((len(starts), 10, len(letters)), "bool")
    y = np.zeros((len(starts), len(letters)), "bool")
    for row, start in enumerate(starts):
        for t in range(10):
            x[row, t, numbers[start + t]] = 1
        y[row, numbers[start + 10]] = 1
    model = keras.Sequential(
        [
            keras.Input(shape=(10, len(letters))),
            keras.layers.LSTM(8),
            keras.layers.Dense(len(letters), activation="softmax"),
        ]
    )
    settled(model)
    model.compile(
        loss="categorical_crossentropy", optimizer=keras.optimizers.RMSprop(learning_rate=0.01)
    )
    history = model.fit(x, y, batch_size=12, epochs=5, **QUIET)
    seed, written = numbers[:10], []
    for _ in range(6):
        inputs = np.eye(len(letters), dtype="float32")[seed][None]
        chances = model.predict(inputs, verbose=0)[0]
        written.append(chances)
        seed = [*seed[1:], int(np.argmax(chances))]
    return {"history": history.history, "written": written, "weights": model.get_weights()}


@on_jax
def reviews_read_both_ways(keras):
    """Words, an embedding, two bidirectional LSTMs, and a yes or no."""
    inputs = keras.Input(shape=(None,), dtype="int32")
    x = keras.layers.Embedding(40, 5)(inputs)
    x = keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True))(x)
    x = keras.layers.Bidirectional(keras.layers.LSTM(4))(x)
    model = settled(keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x)))
    reviews = [list(row[: 3 + i % 8]) for i, row in enumerate(whole(1, 40, 48, 10))]
    x, y = keras.utils.pad_sequences(reviews, maxlen=9), whole(2, 2, 48)
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    history = model.fit(
        x[:40], y[:40], batch_size=8, epochs=4, validation_data=(x[40:], y[40:]), **QUIET
    )
    return {"x": x[:3], "history": history.history, "weights": model.get_weights()}


def weather_in_windows(keras):
    """A table, normalized, cut into windows, read by an LSTM that forecasts one number."""
    table = np.cumsum(normal(3, 120, 3), axis=0)
    train = table[:90]
    table = (table - train.mean(axis=0)) / train.std(axis=0)
    past, future = 12, 3

    def windows(start, end):
        return keras.utils.timeseries_dataset_from_array(
            table[start : end - past - future + 1],
            table[start + past + future - 1 : end, :1],
            sequence_length=past // 2,
            sampling_rate=2,
            batch_size=16,
        )

    inputs = keras.Input(shape=(past // 2, 3))
    model = settled(keras.Model(inputs, keras.layers.Dense(1)(keras.layers.LSTM(6)(inputs))))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    history = model.fit(windows(0, 90), epochs=4, validation_data=windows(80, 120), verbose=0)
    batches = [[np.asarray(part) for part in batch] for batch in windows(80, 120)]
    return {
        "count": len(batches),
        "last batch": batches[-1],
        "history": history.history,
        "forecast": model.predict(batches[0][0], verbose=0),
        "weights": model.get_weights(),
    }


def sums_learned_from_text(keras):
    """Digits and a plus sign go in, the digits of the sum come out, one character a step."""
    letters = "0123456789+ "

    def encoded(text, length):
        return np.eye(len(letters), dtype="float32")[[letters.index(c) for c in text.ljust(length)]]

    rng = np.random.default_rng(4)
    pairs = rng.integers(0, 100, (60, 2))
    x = np.stack([encoded(f"{a}+{b}", 5)[::-1] for a, b in pairs])
    y = np.stack([encoded(str(a + b), 3) for a, b in pairs])
    model = keras.Sequential()
    model.add(keras.Input((5, len(letters))))
    model.add(keras.layers.LSTM(10))
    model.add(keras.layers.RepeatVector(3))
    model.add(keras.layers.LSTM(10, return_sequences=True))
    model.add(keras.layers.Dense(len(letters), activation="softmax"))
    settled(model)
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    history = model.fit(x, y, batch_size=12, epochs=4, validation_split=0.2, **QUIET)
    guess = np.argmax(model.predict(x[:2], verbose=0), axis=-1)
    return {"history": history.history, "guess": guess, "weights": model.get_weights()[:4]}


def translation_by_characters(keras):
    """Trained with the right past as input; then encoder and decoder run apart, step by step."""
    size, units = 7, 6
    encoder_inputs = keras.Input(shape=(None, size))
    encoder = keras.layers.LSTM(units, return_state=True)
    _, h, c = encoder(encoder_inputs)
    decoder_inputs = keras.Input(shape=(None, size))
    decoder_lstm = keras.layers.LSTM(units, return_sequences=True, return_state=True)
    outputs, _, _ = decoder_lstm(decoder_inputs, initial_state=[h, c])
    dense = keras.layers.Dense(size, activation="softmax")
    model = settled(keras.Model([encoder_inputs, decoder_inputs], dense(outputs)))
    model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
    one_hot = np.eye(size, dtype="float32")
    source, target = one_hot[whole(5, size, 40, 5)], one_hot[whole(6, size, 40, 4)]
    before = np.concatenate([np.zeros((40, 1, size), "float32"), target[:, :-1]], axis=1)
    history = model.fit([source, before], target, batch_size=8, epochs=4, **QUIET)

    encoder_model = keras.Model(encoder_inputs, [h, c])
    h_in, c_in = keras.Input(shape=(units,)), keras.Input(shape=(units,))
    decoded, h_out, c_out = decoder_lstm(decoder_inputs, initial_state=[h_in, c_in])
    decoder_model = keras.Model([decoder_inputs, h_in, c_in], [dense(decoded), h_out, c_out])
    states, token, said = encoder_model.predict(source[:2], verbose=0), before[:2, :1], []
    for _ in range(4):
        chances, *states = decoder_model.predict([token, *states], verbose=0)
        said.append(chances)
        token = one_hot[np.argmax(chances[:, -1], axis=-1)][:, None]
    return {"history": history.history, "said": said, "weights": model.get_weights()}


@on_jax
def translation_with_attention(keras):
    """The decoder looks back at all steps of the encoder."""
    source = keras.Input(shape=(None,), dtype="int32")
    target = keras.Input(shape=(None,), dtype="int32")
    x = keras.layers.Embedding(15, 4, mask_zero=True)(source)
    values, h, c = keras.layers.LSTM(5, return_sequences=True, return_state=True)(x)
    y = keras.layers.Embedding(12, 4)(target)
    query = keras.layers.LSTM(5, return_sequences=True)(y, initial_state=[h, c])
    seen = keras.layers.Attention()([query, values])
    both = keras.layers.Concatenate()([query, seen])
    model = settled(
        keras.Model([source, target], keras.layers.Dense(12, activation="softmax")(both))
    )
    model.compile(
        keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    words = whole(7, 14, 32, 6) + 1
    for i, row in enumerate(words):
        row[3 + i % 4 :] = 0
    said = whole(8, 12, 32, 5)
    before = np.pad(said[:, :-1], ((0, 0), (1, 0)))
    history = model.fit([words, before], said, batch_size=8, epochs=5, **QUIET)
    return {
        "history": history.history,
        "weights": model.get_weights(),
        "out": model.predict([words[:2], before[:2]], verbose=0),
    }


def attention_by_hand(keras):
    """Scores, softmax over the steps, and a weighted sum, of plain layers."""
    inputs = keras.Input((6, 3))
    states = keras.layers.Bidirectional(keras.layers.GRU(4, return_sequences=True))(inputs)
    scores = keras.layers.Dense(1, activation="tanh")(states)
    scores = keras.layers.Flatten()(scores)
    shares = keras.layers.Activation("softmax")(scores)
    shares = keras.layers.Permute([2, 1])(keras.layers.RepeatVector(8)(shares))
    seen = keras.layers.Multiply()([states, shares])
    seen = keras.layers.GlobalAveragePooling1D()(seen)
    model = settled(keras.Model(inputs, keras.layers.Dense(2)(seen)))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    history = model.fit(normal(9, 40, 6, 3), normal(10, 40, 2), batch_size=8, epochs=4, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}


def attention_of_ones_own(keras):
    """Bahdanau's attention as a layer of one's own, with weights."""
    ops = keras.ops

    class Looking(keras.layers.Layer):
        def __init__(self, units):
            super().__init__()
            self.w1, self.w2 = keras.layers.Dense(units), keras.layers.Dense(units)
            self.v = keras.layers.Dense(1)

        def call(self, query, values):
            query = ops.expand_dims(query, 1)
            score = self.v(ops.tanh(self.w1(query) + self.w2(values)))
            shares = ops.softmax(score, axis=1)
            return ops.sum(shares * values, axis=1), shares

    inputs = keras.Input((5, 3))
    values, last = keras.layers.GRU(4, return_sequences=True, return_state=True)(inputs)
    context, shares = Looking(3)(last, values)
    model = settled(keras.Model(inputs, [keras.layers.Dense(1)(context), shares]))
    model.compile(keras.optimizers.Adam(0.01), loss=["mse", None])
    x, y = normal(11, 40, 5, 3), normal(12, 40, 1)
    history = model.fit(x, [y, np.zeros((40, 5, 1), "float32")], batch_size=8, epochs=4, **QUIET)
    return {
        "history": history.history,
        "weights": model.get_weights(),
        "out": model.predict(x[:2], verbose=0),
    }


def sequence_autoencoder(keras):
    """A sequence becomes a vector, the vector a sequence again; the encoder is used alone."""
    inputs = keras.Input((7, 2))
    code = keras.layers.LSTM(5, activation="relu")(inputs)
    x = keras.layers.RepeatVector(7)(code)
    x = keras.layers.LSTM(5, activation="relu", return_sequences=True)(x)
    outputs = keras.layers.TimeDistributed(keras.layers.Dense(2))(x)
    model = settled(keras.Model(inputs, outputs))
    model.compile(optimizer="adam", loss="mse")
    x = np.sin(np.arange(40 * 14).reshape(40, 7, 2) / 5).astype("float32")
    history = model.fit(x, x, batch_size=8, epochs=4, **QUIET)
    error = np.abs(model.predict(x, verbose=0) - x).mean(axis=(1, 2))
    codes = keras.Model(inputs, code).predict(x[:3], verbose=0)
    return {"history": history.history, "error": error, "codes": codes}


def anomalies_by_convolution(keras):
    """A convolutional autoencoder marks windows that it cannot draw again."""
    model = keras.Sequential(
        [
            keras.Input((12, 1)),
            keras.layers.Conv1D(6, 5, padding="same", strides=2, activation="relu"),
            keras.layers.Conv1D(4, 5, padding="same", activation="relu"),
            keras.layers.UpSampling1D(2),
            keras.layers.Conv1D(1, 5, padding="same"),
        ]
    )
    settled(model)
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    series = np.sin(np.arange(60) / 3).astype("float32")
    x = np.stack([series[i : i + 12] for i in range(48)])[..., None]
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=3, mode="min")
    history = model.fit(
        x, x, batch_size=8, epochs=4, validation_split=0.15, callbacks=[stop], **QUIET
    )
    wrong = np.mean(np.abs(model.predict(x, verbose=0) - x), axis=1)
    return {"history": history.history, "wrong": wrong, "weights": model.get_weights()}


def passengers_by_month(keras):
    """A small LSTM on scaled pairs of months: the first forecast that many have made."""
    months = np.arange(60)
    series = (100 + 2 * months + 20 * np.sin(months / 2)).astype("float32")
    series = (series - series.min()) / (series.max() - series.min())
    x = np.stack([series[i : i + 3] for i in range(57)])[..., None]
    y = series[3:]
    model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(4), keras.layers.Dense(1)])
    settled(model)
    model.compile(loss="mean_squared_error", optimizer="adam")
    history = model.fit(x[:40], y[:40], epochs=2, batch_size=4, **QUIET)
    guess = model.predict(x[40:], verbose=0)
    rmse = float(np.sqrt(np.mean((guess[:, 0] - y[40:]) ** 2)))
    return {"history": history.history, "guess": guess, "rmse": rmse}


def names_in_sentences(keras):
    """A label for each word: padding neither trains nor counts."""
    inputs = keras.Input((8,), dtype="int32")
    x = keras.layers.Embedding(30, 5, mask_zero=True)(inputs)
    x = keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True))(x)
    outputs = keras.layers.TimeDistributed(keras.layers.Dense(4, activation="softmax"))(x)
    model = settled(keras.Model(inputs, outputs))
    words = whole(13, 29, 40, 8) + 1
    for i, row in enumerate(words):
        row[4 + i % 5 :] = 0
    model.compile(
        keras.optimizers.SGD(0.3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    history = model.fit(words, words % 4, batch_size=8, epochs=4, **QUIET)
    return {"history": history.history, "weights": model.get_weights()[1:]}


def series_and_facts(keras):
    """A sequence and plain numbers in one model, with two answers."""
    series, facts = keras.Input((6, 2), name="series"), keras.Input((3,), name="facts")
    x = keras.layers.LSTM(5)(series)
    early = keras.layers.Dense(1, activation="sigmoid", name="early")(x)
    x = keras.layers.concatenate([x, facts])
    x = keras.layers.Dense(6, activation="relu")(x)
    late = keras.layers.Dense(1, activation="sigmoid", name="late")(x)
    model = settled(keras.Model(inputs=[series, facts], outputs=[late, early]))
    model.compile(
        "rmsprop", ["binary_crossentropy"] * 2, loss_weights=[1.0, 0.2], metrics=["accuracy"] * 2
    )
    x = {"facts": normal(14, 40, 3), "series": normal(15, 40, 6, 2)}
    y = whole(16, 2, 40, 1).astype("float32")
    history = model.fit(x, [y, y], batch_size=8, epochs=4, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}
