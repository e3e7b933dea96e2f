"""The reference pages of the recurrent layers and of what stands beside them."""

import numpy as np

from tests.programs.parts import QUIET, arrays, normal, on_jax, settled, whole


def simple_rnn(keras):
    """A SimpleRNN gives its last output, or all of them with the last state."""
    x = normal(1, 5, 7, 3)
    last = keras.layers.SimpleRNN(4)
    last.build(x.shape)
    every = keras.layers.SimpleRNN(4, return_sequences=True, return_state=True)
    every.build(x.shape)
    settled(last), settled(every)
    whole_sequence, final_state = every(x)
    return {"last": arrays(last(x)), "all": arrays(whole_sequence), "state": arrays(final_state)}


def gru(keras):
    """A GRU gives its last output, or all of them with the last state."""
    x = normal(2, 4, 6, 3)
    last, every = keras.layers.GRU(5), keras.layers.GRU(5, return_sequences=True, return_state=True)
    last.build(x.shape), every.build(x.shape)
    settled(last), settled(every)
    return {"last": arrays(last(x)), "all and state": arrays(every(x))}


def lstm(keras):
    """An LSTM gives its last output, or all of them with what it remembers and carries."""
    x = normal(3, 4, 6, 3)
    last = keras.layers.LSTM(5)
    every = keras.layers.LSTM(5, return_sequences=True, return_state=True)
    last.build(x.shape), every.build(x.shape)
    settled(last), settled(every)
    sequence, memory, carry = every(x)
    return {"last": arrays(last(x)), "all": arrays([sequence, memory, carry])}


def options_of_the_recurrence(keras):
    """Backwards, unrolled, without bias, with other activations, and both forms of the GRU."""
    x, found = normal(4, 3, 5, 2), {}
    for name, options in {
        "backwards": {"go_backwards": True, "return_sequences": True},
        "unrolled": {"unroll": True},
        "no bias": {"use_bias": False},
        "relu": {"activation": "relu"},
        "reset before": {"reset_after": False},
        "hard": {"recurrent_activation": "hard_sigmoid", "activation": "softsign"},
        "no forget bias": {"unit_forget_bias": False},
    }.items():
        for kind in ("SimpleRNN", "GRU", "LSTM"):
            taken = {"reset_after": "GRU", "unit_forget_bias": "LSTM"}
            if taken.get(next(iter(options)), kind) != kind:
                continue
            if kind == "SimpleRNN" and "recurrent_activation" in options:
                continue
            layer = getattr(keras.layers, kind)(3, **options)
            layer.build(x.shape)
            found[f"{kind} {name}"] = arrays(settled(layer)(x))
    return found


def first_weights(keras):
    """Biases begin at zero, but the forget gate's at one; recurrent kernels are orthogonal."""
    found = {}
    for kind in ("SimpleRNN", "GRU", "LSTM"):
        layer = getattr(keras.layers, kind)(4)
        layer.build((None, None, 3))
        _, recurrent, bias = layer.get_weights()
        found[kind] = {
            "names": [weight.name for weight in layer.weights],
            "shapes": [list(weight.shape) for weight in layer.weights],
            "bias": bias,
            "orthogonal": recurrent @ recurrent.T,
        }
    return found


def initializers_of_numbers(keras):
    """Weights that are the same with any generator: constants, identities, ones."""
    layer = keras.layers.LSTM(
        3,
        kernel_initializer=keras.initializers.Constant(0.3),
        recurrent_initializer=keras.initializers.Constant(0.1),
        bias_initializer="ones",
    )
    dense = keras.layers.Dense(3, kernel_initializer=keras.initializers.Identity(gain=2.0))
    x = normal(5, 2, 4, 3)
    return {"lstm": arrays(layer(x)), "dense": arrays(dense(x)), "bias": arrays(layer.weights[2])}


def penalized_and_constrained_recurrence(keras):
    """Regularizers of the weights count in the loss; constraints hold after every step."""
    model = keras.Sequential(
        [
            keras.Input((6, 2)),
            keras.layers.GRU(
                4,
                kernel_regularizer=keras.regularizers.L1(0.01),
                recurrent_regularizer="l2",
                bias_regularizer=keras.regularizers.L1L2(1e-3, 1e-3),
                kernel_constraint=keras.constraints.MaxNorm(0.8),
                recurrent_constraint="unit_norm",
            ),
            keras.layers.Dense(1, kernel_constraint="non_neg"),
        ]
    )
    settled(model)
    model.compile(keras.optimizers.Adam(0.02), "mse", metrics=["mae"])
    x = normal(6, 40, 6, 2)
    history = model.fit(x, x.sum(axis=(1, 2)), batch_size=8, epochs=4, **QUIET)
    return {
        "history": history.history,
        "weights": model.get_weights(),
        "out": model.predict(x[:3], verbose=0),
    }


def initial_state(keras):
    """A layer may begin with states of its caller's, in place of zeros."""
    x, h, c = normal(7, 4, 5, 3), normal(8, 4, 2), normal(9, 4, 2)
    lstm, gru = keras.layers.LSTM(2), keras.layers.GRU(2)
    lstm.build(x.shape), gru.build(x.shape)
    settled(lstm), settled(gru)
    return {
        "lstm": arrays(lstm(x, initial_state=[h, c])),
        "gru": arrays(gru(x, initial_state=h)),
        "gru, in a list": arrays(gru(x, initial_state=[h])),
    }


def masked_call(keras):
    """Steps where the mask is False are not taken."""
    x = normal(10, 3, 5, 2)
    mask = np.array([[1, 1, 1, 0, 0], [1, 0, 1, 1, 1], [0, 0, 1, 1, 0]], bool)
    found = {}
    for kind in ("SimpleRNN", "GRU", "LSTM"):
        layer = getattr(keras.layers, kind)(3, return_sequences=True)
        layer.build(x.shape)
        found[kind] = arrays(settled(layer)(x, mask=mask))
        zeros = getattr(keras.layers, kind)(3, return_sequences=True, zero_output_for_mask=True)
        zeros.build(x.shape)
        found[f"{kind}, zeros"] = arrays(settled(zeros)(x, mask=mask))
    return found


def bidirectional(keras):
    """Both directions in one layer, joined in each of the ways."""
    x, found = normal(11, 3, 6, 2), {}
    for mode in ("concat", "sum", "mul", "ave", None):
        layer = keras.layers.Bidirectional(
            keras.layers.LSTM(4, return_sequences=True), merge_mode=mode
        )
        layer.build(x.shape)
        found[str(mode)] = arrays(settled(layer)(x))
    return found


def bidirectional_with_states(keras):
    """All states come out, forward's first."""
    x = normal(12, 3, 6, 2)
    layer = keras.layers.Bidirectional(keras.layers.LSTM(3, return_state=True))
    layer.build(x.shape)
    return {"out": arrays(settled(layer)(x)), "names": [w.name for w in layer.weights]}


def bidirectional_of_two_kinds(keras):
    """The way back may be a layer of its own."""
    model = keras.Sequential(
        [
            keras.Input((5, 4)),
            keras.layers.Bidirectional(keras.layers.GRU(6, return_sequences=True)),
            keras.layers.Bidirectional(
                keras.layers.LSTM(5),
                backward_layer=keras.layers.LSTM(5, activation="relu", go_backwards=True),
            ),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    settled(model)
    model.compile(loss="categorical_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
    x, y = normal(13, 24, 5, 4), np.eye(3, dtype="float32")[whole(14, 3, 24)]
    history = model.fit(x, y, batch_size=6, epochs=3, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}


def time_distributed(keras):
    """A layer at each timestep: dense ones, and one that itself reads sequences."""
    inputs = keras.Input((4, 6, 2))
    inner = keras.layers.TimeDistributed(keras.layers.GRU(3))(inputs)
    outputs = keras.layers.TimeDistributed(keras.layers.Dense(2, activation="tanh"))(inner)
    model = settled(keras.Model(inputs, outputs))
    x = normal(15, 5, 4, 6, 2)
    return {"shapes": [inner.shape[1:], outputs.shape[1:]], "out": model.predict(x, verbose=0)}


def time_distributed_convolution(keras):
    """The same convolution over each of several series."""
    layer = keras.layers.TimeDistributed(keras.layers.Conv1D(4, 3, padding="same"))
    x = normal(16, 2, 3, 8, 2)
    layer.build(x.shape)
    return {"out": arrays(settled(layer)(x))}


def masking_before_lstm(keras):
    """Padding of a number of its own is left out, in training too."""
    x = normal(17, 30, 7, 2)
    for i, row in enumerate(x):
        row[3 + i % 5 :] = -9.0
    model = keras.Sequential(
        [
            keras.Input((7, 2)),
            keras.layers.Masking(mask_value=-9.0),
            keras.layers.LSTM(4),
            keras.layers.Dense(1),
        ]
    )
    settled(model)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.5), "mae")
    history = model.fit(x, x[:, 0, 0], batch_size=10, epochs=7, **QUIET)
    mask = keras.layers.Masking(-9.0).compute_mask(x[:5])
    return {"mask": arrays(mask), "history": history.history, "weights": model.get_weights()}


@on_jax
def embedding(keras):
    """Whole numbers become trained vectors."""
    model = keras.Sequential([keras.layers.Embedding(20, 4)])
    words = whole(18, 20, 8, 5)
    model.compile("rmsprop", "mse")
    before = model.predict(words, verbose=0).shape
    settled(model)
    history = model.fit(words, normal(19, 8, 5, 4), batch_size=4, epochs=5, **QUIET)
    return {"shape": list(before), "history": history.history, "table": model.get_weights()}


def dropout_outside_of_training(keras):
    """Dropout does nothing in `predict`, nor in a call that is no training."""
    x = normal(20, 3, 5, 2)
    layer = keras.layers.LSTM(4, dropout=0.5, recurrent_dropout=0.3)
    layer.build(x.shape)
    settled(layer)
    return {
        "call": arrays(layer(x)),
        "told": arrays(layer(x, training=False)),
        "dropout": arrays(keras.layers.Dropout(0.9)(x)),
    }


def beside_recurrence(keras):
    """The small layers of these models: convolution, pooling, shape, repetition."""
    x, found = normal(21, 3, 8, 4), {}
    for layer in (
        keras.layers.Conv1D(5, 3, strides=2, activation="relu"),
        keras.layers.Conv1D(5, 3, padding="causal", dilation_rate=2),
        keras.layers.MaxPooling1D(2),
        keras.layers.AveragePooling1D(3, strides=1, padding="same"),
        keras.layers.GlobalAveragePooling1D(),
        keras.layers.GlobalMaxPooling1D(keepdims=True),
        keras.layers.LayerNormalization(),
        keras.layers.BatchNormalization(),
        keras.layers.Flatten(),
        keras.layers.Reshape((4, -1)),
        keras.layers.Permute((2, 1)),
        keras.layers.UpSampling1D(2),
        keras.layers.ZeroPadding1D((1, 2)),
        keras.layers.Cropping1D(1),
        keras.layers.Activation("gelu"),
        keras.layers.Dense(3, "elu"),
    ):
        layer.build(x.shape)
        found[f"{len(found)} {type(layer).__name__}"] = arrays(settled(layer)(x))
    found["RepeatVector"] = arrays(keras.layers.RepeatVector(3)(x[:, 0]))
    return found
