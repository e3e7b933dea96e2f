"""The guide to masks and padding: where masks come from, how they travel, who reads them."""

import numpy as np

from tests.programs.parts import QUIET, arrays, normal, on_jax, settled, whole


def padded_sequences(keras):
    """Lists of different lengths become one array, padded or cut at either end."""
    ragged = [[11, 4, 302], [5, 81, 9, 7, 2, 64], [8], []]
    pad = keras.utils.pad_sequences
    return {
        "before": pad(ragged),
        "behind": pad(ragged, padding="post"),
        "cut": pad(ragged, maxlen=4, truncating="post", padding="post", value=-1),
        "floats": pad([[0.5], [1.5, 2.5]], dtype="float32"),
    }


def masks_of_embedding_and_masking(keras):
    """Both layers that make masks say which steps count."""
    words = keras.utils.pad_sequences([[7, 1], [3, 2, 5, 5]], padding="post")
    table = keras.layers.Embedding(input_dim=9, output_dim=3, mask_zero=True)
    table.build(words.shape)
    settled(table)
    vectors = np.asarray(table(words)) * (words != 0)[..., None]
    masking = keras.layers.Masking()
    return {
        "embedding": str(np.asarray(table.compute_mask(words)).tolist()),
        "masking": str(np.asarray(masking.compute_mask(vectors)).tolist()),
        "masked": arrays(masking(vectors)),
        "none": str(keras.layers.Embedding(9, 3).compute_mask(words)),
    }


def _words(seed, count=30, high=12):
    words = whole(seed, high - 1, count, 7) + 1
    for i, row in enumerate(words):
        row[2 + i % 6 :] = 0
    return words


@on_jax
def mask_through_sequential(keras):
    """A Sequential model hands the mask on by itself."""
    model = keras.Sequential(
        [keras.layers.Embedding(12, 4, mask_zero=True), keras.layers.LSTM(5), keras.layers.Dense(1)]
    )
    words = _words(1)
    model.build((None, 7))
    settled(model)
    model.compile(keras.optimizers.Adam(0.02), "mse")
    history = model.fit(words, (words > 0).sum(axis=1), batch_size=6, epochs=4, **QUIET)
    longer = np.pad(words, ((0, 0), (0, 3)))
    return {
        "history": history.history,
        "weights": model.get_weights(),
        "padding makes no difference": model.predict(longer, verbose=0)
        - model.predict(words, verbose=0),
    }


@on_jax
def mask_through_functional(keras):
    """So does a functional model, through layers that pass it, to each that reads it."""
    inputs = keras.Input(shape=(None,), dtype="int32")
    x = keras.layers.Embedding(input_dim=12, output_dim=4, mask_zero=True)(inputs)
    x = keras.layers.Dropout(0.0)(x)
    x = keras.layers.Bidirectional(keras.layers.GRU(3, return_sequences=True))(x)
    x = keras.layers.TimeDistributed(keras.layers.Dense(4, activation="relu"))(x)
    outputs = keras.layers.SimpleRNN(2)(x)
    model = settled(keras.Model(inputs, outputs))
    words = _words(2)
    model.compile("adam", "mse")
    history = model.fit(words, normal(3, 30, 2), batch_size=6, epochs=4, **QUIET)
    return {
        "history": history.history,
        "weights": model.get_weights(),
        "out": model.predict(words, verbose=0),
    }


def mask_in_the_loss(keras):
    """Steps that are masked do not count in the loss nor in the metrics."""
    inputs = keras.Input(shape=(None,), dtype="int32")
    x = keras.layers.Embedding(12, 4, mask_zero=True)(inputs)
    x = keras.layers.GRU(5, return_sequences=True)(x)
    model = settled(keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(x)))
    model.compile(
        keras.optimizers.SGD(0.2),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        weighted_metrics=["sparse_categorical_crossentropy"],
    )
    words, classes = _words(4), whole(5, 3, 30, 7)
    history = model.fit(words, classes, batch_size=6, epochs=4, **QUIET)
    scores = model.evaluate(words, classes, verbose=0)
    return {"history": history.history, "scores": scores, "weights": model.get_weights()}


def mask_by_hand(keras):
    """Inside of a layer of one's own, the mask is computed and given to a layer."""

    class Reader(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.embedding = keras.layers.Embedding(input_dim=12, output_dim=4, mask_zero=True)
            self.lstm = keras.layers.LSTM(5)

        def call(self, inputs):
            vectors = self.embedding(inputs)
            mask = self.embedding.compute_mask(inputs)
            return self.lstm(vectors, mask=mask)

    reader, words = Reader(), _words(6, 5)
    reader(words)
    settled(reader)
    return {"out": arrays(reader(words)), "weights": reader.get_weights()}


def layer_that_changes_a_mask(keras):
    """A layer that halves the sequence halves the mask."""

    class Halves(keras.layers.Layer):
        def call(self, inputs):
            return keras.ops.split(inputs, 2, axis=1)

        def compute_mask(self, inputs, mask=None):
            return None if mask is None else keras.ops.split(mask, 2, axis=1)

    words = keras.Input((6,), dtype="int32")
    x = keras.layers.Embedding(12, 3, mask_zero=True)(words)
    first, second = Halves()(x)
    both = [keras.layers.LSTM(4)(first), keras.layers.LSTM(4)(second)]
    model = settled(keras.Model(words, both))
    return {"out": model.predict(_words(7, 9)[:, :6], verbose=0)}


@on_jax
def layer_that_makes_a_mask(keras):
    """An embedding of one's own that marks zeros as padding."""

    class Vectors(keras.layers.Layer):
        def __init__(self, count, size, mask_zero=False, **kwargs):
            super().__init__(**kwargs)
            self.count, self.size, self.mask_zero = count, size, mask_zero

        def build(self, input_shape):
            self.table = self.add_weight(
                shape=(self.count, self.size),
                initializer="random_normal",
                dtype="float32",
                name="t",
            )

        def call(self, inputs):
            inputs = keras.ops.cast(inputs, "int32")
            return keras.ops.take(self.table, inputs, axis=0)

        def compute_mask(self, inputs, mask=None):
            if not self.mask_zero:
                return None
            return keras.ops.not_equal(inputs, 0)

    words = _words(8)
    layer = Vectors(12, 4, mask_zero=True)
    layer(words)
    model = keras.Sequential(
        [
            keras.Input((7,), dtype="int32"),
            Vectors(12, 4, mask_zero=True),
            keras.layers.GRU(3),
            keras.layers.Dense(1),
        ]
    )
    settled(model)
    model.compile(keras.optimizers.Adam(0.02), "mse")
    history = model.fit(words, words.sum(axis=1) / 10, batch_size=6, epochs=4, **QUIET)
    return {
        "mask": str(np.asarray(layer.compute_mask(words[:3])).tolist()),
        "history": history.history,
        "weights": model.get_weights(),
    }


def layer_that_passes_a_mask(keras):
    """`supports_masking` lets the mask through to the next layer."""

    class Squashed(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.supports_masking = True

        def call(self, inputs):
            return keras.ops.tanh(inputs)

    inputs = keras.Input(shape=(None,), dtype="int32")
    x = keras.layers.Embedding(12, 4, mask_zero=True)(inputs)
    x = Squashed()(x)
    model = settled(keras.Model(inputs, keras.layers.LSTM(3)(x)))
    words = _words(9)
    model.compile(keras.optimizers.SGD(0.2), "mse")
    history = model.fit(words, normal(10, 30, 3), batch_size=6, epochs=4, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}


def layer_that_reads_a_mask(keras):
    """A layer whose `call` has an argument `mask` is given it."""

    class MeanOverTime(keras.layers.Layer):
        def call(self, inputs, mask=None):
            weight = keras.ops.expand_dims(keras.ops.cast(mask, "float32"), -1)
            shares = keras.ops.exp(inputs) * weight
            return shares / (keras.ops.sum(shares, axis=1, keepdims=True) + 1e-6)

    inputs = keras.Input(shape=(None,), dtype="int32")
    x = keras.layers.Embedding(input_dim=12, output_dim=4, mask_zero=True)(inputs)
    x = keras.layers.Dense(1)(x)
    model = settled(keras.Model(inputs, MeanOverTime()(x)))
    words = _words(11, 20)
    out = model.predict(words[:5], verbose=0)
    model.compile(keras.optimizers.SGD(0.2), "mse")
    history = model.fit(words, normal(12, 20, 7, 1), batch_size=5, epochs=5, **QUIET)
    return {"out": out, "history": history.history, "weights": model.get_weights()}


def masks_that_meet(keras):
    """Where masked inputs are joined, a merging layer joins their masks."""
    one, two = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    table = keras.layers.Embedding(12, 4, mask_zero=True)
    joined = keras.layers.Concatenate()([table(one), table(two)])
    added = keras.layers.Add()([table(one), table(two)])
    outputs = [keras.layers.GRU(3)(joined), keras.layers.GRU(3)(added)]
    model = settled(keras.Model([one, two], outputs))
    return {"out": model.predict([_words(13, 6), _words(14, 6)[::-1]], verbose=0)}
