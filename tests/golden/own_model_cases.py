"""Models and training steps of one's own, the same in Keras and in elman; see own_layer_cases.py.

`make_own.py` runs them with Keras; `tests/models/test_own_keras.py` runs them with elman.
"""

import numpy as np

from tests.golden.own_setting import INDICES, X, Y, numbers, refill, trained, weights

PLAIN = X[:, 0]
STEPS = np.random.default_rng(2).normal(size=(4, 3, 1)).astype("float32")


def reader(keras):
    """Return a class of models that read a sequence."""

    class Reader(keras.Model):
        def __init__(self, **options):
            super().__init__(**options)
            self.rnn, self.dense = keras.layers.LSTM(3), keras.layers.Dense(2)

        def call(self, x, training=None):
            return self.dense(self.rnn(x)) * 1.0

    return Reader


def ready(model, x=X):
    """Return a model that was called once, with known weights."""
    model(x)
    refill(model)
    return model


# ---------------------------------------------------------------------- a call of one's own


def trains(keras, tape):
    """What fit, evaluate, predict and their like give, for several lengths and batches too."""
    model = ready(reader(keras)())
    model.compile("adam", "mse", metrics=["mae"])
    history = trained(model, validation_data=(X, Y))
    found = [history, numbers(model.evaluate(X, Y, verbose=0))]
    found.append(numbers(model.predict(X[:3, :2], verbose=0)))
    found.append(numbers(model.train_on_batch(X, Y)))
    found.append(numbers(model.test_on_batch(X[:5, :1], Y[:5])))
    found.append(numbers(model.predict_on_batch(X[:2])))
    found.append(numbers(model(X[:1, :1])))
    return found, weights(model)


def nests(keras, tape):
    """By inputs and outputs: the names in the history, and what predict returns."""
    L = keras.layers

    class Dictionaries(keras.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.rnn = L.Dense(2), L.Dense(1), L.GRU(3)

        def call(self, inputs):
            h = self.rnn(inputs["x"]) + 0.0
            return {"one": self.a(h), "two": self.b(h) + inputs["z"]}

    class Lists(Dictionaries):
        def call(self, inputs):
            x, z = inputs
            found = super().call({"x": x, "z": z})
            return found["one"], found["two"]

    found, z, second = {}, PLAIN[:, :1], Y[:, :1]
    for name, kind, x, y, options in (
        ("dict", Dictionaries, {"x": X, "z": z}, {"one": Y, "two": second},
         {"loss": {"one": "mse", "two": "mae"}, "loss_weights": {"one": 1.0, "two": 0.5},
          "metrics": {"one": ["mae"]}}),
        ("list", Lists, [X, z], [Y, second],
         {"loss": ["mse", "mae"], "loss_weights": [1.0, 0.5], "metrics": [["mae"], None]}),
    ):  # fmt: skip
        model = ready(kind(), x)
        model.compile("sgd", **options)
        history = trained(model, x, y)
        evaluated = model.evaluate(x, y, verbose=0, return_dict=True)
        found[name] = [history, numbers(evaluated), numbers(model.predict(x, verbose=0))]
    return found


def masked_losses(keras, tape):
    """By what lies between a mask and the output: the loss, which heeds a mask that arrives."""
    L, ops, found = keras.layers, keras.ops, {}

    class Tagger(keras.Model):
        def __init__(self):
            super().__init__()
            self.e = L.Embedding(5, 3, mask_zero=True)
            self.rnn, self.dense = L.LSTM(2, return_sequences=True), L.Dense(1)

        def call(self, x):
            return self.dense(self.rnn(self.e(x)))

    class Computed(Tagger):
        def call(self, x):
            return self.dense(self.rnn(self.e(ops.maximum(x, 0))))

    class Lost(Tagger):
        def call(self, x):
            return self.dense(self.rnn(self.e(x)) * 2.0)

    class Stepping(Computed):
        def train_step(self, data):
            x, y = data
            with tape() as t:
                y_pred = self(x, training=True)
                loss = self.compute_loss(y=y, y_pred=y_pred)
            found_ = t.gradient(loss, self.trainable_variables)
            self.optimizer.apply(found_, self.trainable_variables)
            return {"loss": loss, "mae": self.compute_metrics(x, y, y_pred, None)["mae"]}

    for kind in (Tagger, Computed, Lost, Stepping):
        model = ready(kind(), INDICES)
        model.compile("sgd", "mse", metrics=["mae"])
        history = model.fit(INDICES, STEPS, epochs=2, shuffle=False, verbose=0).history
        found[kind.__name__] = [numbers(history["mae"]), weights(model)]
    return found


def inside_others(keras, tape):
    """By where a model of one's own stands: history and weights of the whole."""
    L, Reader = keras.layers, reader(keras)

    class Around(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner, self.rest = Reader(), keras.Sequential([L.Dense(2)])

        def call(self, x):
            return self.rest(self.inner(x))

    def graph():
        x = keras.Input((3, 4))
        return keras.Model(x, L.Dense(2)(Reader()(x)))

    found = {}
    for name, make in {
        "own": Around,
        "graph": graph,
        "sequence": lambda: keras.Sequential([Reader(), L.Dense(2)]),
    }.items():
        model = ready(make())
        model.compile("sgd", "mse")
        found[name] = [trained(model), weights(model)]
    return found


def layers_that_keep_something(keras, tape):
    """Normalization by batches, states that are carried, and frozen layers inside a call."""
    L, ops, found = keras.layers, keras.ops, {}

    class Normal(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense, self.norm = L.Dense(2), L.BatchNormalization(momentum=0.5)

        def call(self, x, training=None):
            return ops.tanh(self.norm(self.dense(x), training=training))

    class Stateful(keras.Model):
        def __init__(self):
            super().__init__()
            self.rnn = L.LSTM(2, stateful=True, return_sequences=True)

        def call(self, x):
            return self.rnn(x)[:, -1] * 1.0

    model = ready(Normal(), PLAIN)
    model.compile("sgd", "mse")
    found["normal"] = [trained(model, PLAIN), weights(model)]
    found["normal"].append(float(model.evaluate(PLAIN, Y, verbose=0)))
    model = ready(Stateful(), X[:4])
    model.rnn.reset_state()
    model.compile("sgd", "mse")
    found["stateful"] = [trained(model, epochs=1)]
    for _ in range(2):
        found["stateful"].append(numbers(model.predict(X[:4], batch_size=4, verbose=0)))
        model.rnn.reset_state()
    model = ready(reader(keras)())
    model.rnn.trainable = False
    model.compile("adam", "mse")
    found["frozen"] = [trained(model), weights(model), len(model.trainable_weights)]
    return found


CASES = {
    case.__name__: case
    for case in (
        trains, nests, masked_losses, inside_others, layers_that_keep_something,
    )
}  # fmt: skip
