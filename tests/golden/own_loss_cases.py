"""What layers of one's own add to the loss, the same in Keras and elman; see own_layer_cases.py."""

from tests.golden.own_layer_cases import chain
from tests.golden.own_setting import X, Y, numbers, refill, trained, weights


def penal(keras):
    """Return a class of layers that add to the loss."""

    class Penal(keras.layers.Layer):
        def build(self, shape):
            self.w = self.add_weight(shape=(4,), initializer="ones", name="w")

        def call(self, x):
            ops = keras.ops
            self.add_loss(0.1 * ops.sum(ops.square(x * self.w)))
            self.add_loss(0.5 * ops.mean(ops.square(self.w)))
            return x * self.w

    return Penal


def losses_of_calls(keras, tape):
    """What `losses` holds after calls by themselves, also of layers inside."""
    L, Penal = keras.layers, penal(keras)

    class Around(L.Layer):
        def __init__(self):
            super().__init__()
            self.inner = Penal()
            self.dense = L.Dense(2, kernel_regularizer="l2", activity_regularizer="l2")

        def call(self, x):
            self.add_loss(keras.ops.sum(x))
            return self.dense(self.inner(x))

    layer = Around()
    layer(X)
    refill(layer)
    layer(X)
    once = numbers(list(layer.losses))
    layer(X[:1])
    return once, numbers(list(layer.losses))


def added_losses(keras, tape):
    """By what a model is made of: its history, evaluation and weights where layers add losses."""
    L, Penal = keras.layers, penal(keras)
    R, C = keras.regularizers, keras.constraints

    class Own(L.Layer):
        def build(self, shape):
            self.w = self.add_weight(
                shape=(4, 2), name="w", regularizer=R.L1(0.1), constraint=C.UnitNorm()
            )

        def call(self, x):
            return keras.ops.matmul(x[:, 0], self.w)

    found, shared = {}, Penal()
    for name, layers in {
        "add_loss": [Penal(), L.LSTM(2)],
        "twice": [shared, L.Dense(4), L.LSTM(2)],
        "activity": [
            L.LSTM(3, return_sequences=True, activity_regularizer=R.L2(0.1)),
            penal_free(keras)(activity_regularizer=R.L1(0.1)),
            L.LSTM(2),
        ],
        "rules": [Own()],
        "rules of elman's": [
            L.LSTM(2, kernel_regularizer="l2", kernel_constraint=C.MaxNorm(0.3)), L.Dense(2)
        ],
    }.items():  # fmt: skip
        for option, optimizer in {
            "sgd": keras.optimizers.SGD(0.1),
            "scaled": keras.optimizers.SGD(0.1, loss_scale_factor=16.0),
            "gathered": keras.optimizers.Adam(0.1, gradient_accumulation_steps=2),
        }.items():
            model = chain(keras, *layers)
            model.compile(optimizer, "mse")
            before = float(model.evaluate(X, Y, verbose=0))
            one = float(model.test_on_batch(X, Y))
            found[f"{name}, {option}"] = [before, one, trained(model), weights(model)]
            if option == "sgd":
                found[f"{name}, on a batch"] = float(model.train_on_batch(X, Y))
    frozen = L.Dense(2, kernel_regularizer="l2")
    model = chain(keras, L.LSTM(3), frozen)
    frozen.trainable = False
    model.compile("sgd", "mse")
    found["frozen"] = [float(model.evaluate(X, Y, verbose=0)), trained(model)]
    return found


def penal_free(keras):
    """Return a class of layers that add nothing by themselves."""

    class Twice(keras.layers.Layer):
        def call(self, x):
            return x * 2

    return Twice


def nothing_but_added_losses(keras, tape):
    """The history of a model that is compiled without a loss."""
    model = chain(keras, penal(keras)(), keras.layers.Dense(2))
    model.compile("sgd")
    return trained(model, y=None), weights(model)


def tied(keras, tape):
    """The history of an encoder and a decoder with one weight."""
    ops = keras.ops

    class Encode(keras.layers.Layer):
        def build(self, shape):
            self.w = self.add_weight(shape=(4, 2), name="w")

        def call(self, x):
            return ops.matmul(x, self.w)

    class Decode(keras.layers.Layer):
        def __init__(self, encoder):
            super().__init__()
            self.encoder = encoder

        def call(self, x):
            return ops.matmul(x, ops.transpose(self.encoder.w))

    encoder = Encode()
    model = chain(keras, encoder, Decode(encoder))
    model.compile("sgd", "mse")
    return trained(model, X, X), weights(model)


CASES = {
    case.__name__: case for case in (losses_of_calls, added_losses, nothing_but_added_losses, tied)
}
