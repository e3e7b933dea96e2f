"""Layers of one's own, the same in Keras and in elman; each case returns what it saw.

`make_own.py` runs them with Keras and keeps what they return; `tests/layers/own/test_own_keras.py`
runs them with elman.
"""

import numpy as np

from tests.golden.own_setting import INDICES, MASKED, X, Y, numbers, refill, trained, weights


def chain(keras, *layers, shape=(3, 4)):
    """Return a model of these layers with known weights."""
    model = keras.Sequential([keras.Input(shape), *layers])
    refill(model)
    return model


# ---------------------------------------------------------------------- weights and building


def shapes_given_to_build(keras, tape):
    """By how a layer is called: what its `build` is given."""

    class Shapes(keras.layers.Layer):
        def build(self, shape):
            self.seen = shape

        def call(self, x):
            leaf = x["a"] if isinstance(x, dict) else x
            return leaf[0] if isinstance(leaf, (list, tuple)) else leaf

    class Two(keras.layers.Layer):
        def build(self, query_shape, value_shape):
            self.seen = query_shape, value_shape

        def call(self, query, value):
            return query * 1.0

    found = {}
    for name, given in {
        "array": X,
        "list": [X, X[:, :2]],
        "dict": {"b": X, "a": X[:, :1]},
        "nest": {"a": [X, X[:, :1]], "b": X},
        "tensor": keras.Input((None, 4)),
        "tensors": {"b": keras.Input((3, 4)), "a": keras.Input((None, 4))},
    }.items():
        layer = Shapes()
        layer(given)
        found[name] = numbers(layer.seen)
    for name, (args, named) in {
        "two": ((X, X[:, :2]), {}),
        "two by name": ((X,), {"value": X[:, :2]}),
        "two tensors": ((keras.Input((3, 4)), keras.Input((5, 4))), {}),
    }.items():
        layer = Two()
        layer(*args, **named)
        found[name] = numbers(layer.seen)
    return found


def nested(keras):
    """Return classes of layers that hold layers, in attributes, lists and dictionaries."""
    L = keras.layers

    class Early(L.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.w = self.add_weight(shape=(4,), name="w")
            self.inner = L.Dense(2)

        def call(self, x):
            return self.inner(x * self.w)

    class Outer(L.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.early, self.lstm = Early(), L.LSTM(3, return_sequences=True)
            self.more = [L.Dense(1), {"k": L.Dense(2, name="kk")}]

        def build(self, shape):
            self.scale = self.add_weight(shape=(1,), name="scale")

        def call(self, x):
            return self.more[1]["k"](self.lstm(self.early(x)) * self.scale) + self.more[0](x)

    class Own(keras.Model):
        def __init__(self, **options):
            super().__init__(**options)
            self.outer, self.dense = Outer(), L.Dense(2)
            self.norm = L.BatchNormalization()

        def call(self, x, training=None):
            return self.norm(self.dense(self.outer(x)), training=training)

    return Early, Outer, Own


def paths_of_weights(keras, tape):
    """By where a layer stands: the paths of its weights, which are its order too."""
    Early, Outer, Own = nested(keras)
    found = {}

    def called(layer):
        layer(X)
        return layer

    x = keras.Input((3, 4))
    for name, make in {
        "alone": lambda: called(Early(name="early")),
        "nested": lambda: called(Outer(name="outer")),
        "in a sequence": lambda: keras.Sequential([keras.Input((3, 4)), Outer()], name="s"),
        "in a graph": lambda: keras.Model(x, Outer(name="o")(x), name="g"),
        "model": lambda: called(Own()),
        "model in a graph": lambda: keras.Model(x, keras.layers.Dense(1)(Own(name="i")(x))),
        "model in a sequence": lambda: called(keras.Sequential([Own(name="i")], name="s")),
    }.items():
        keras.utils.clear_session()
        found[name] = [weight.path for weight in make().weights]
    return found


def names_of_weights(keras, tape):
    """What weights without a name are called, and in which order they come."""

    class Some(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.still = self.add_weight((2,), trainable=False)
            self.u = self.add_weight((2,), name="u")

        def build(self, shape):
            self.t = self.add_weight((shape[-1],))
            self.inner = keras.layers.Dense(3, name="inner")

        def call(self, x):
            return self.inner(x * self.t)

    keras.utils.clear_session()
    layer = Some()
    layer(X)
    return [[w.path, w.name, w.trainable, list(w.shape)] for w in layer.weights]


def above(keras, tape):
    """What comes of `super().build()` and `super().call()`."""

    class Scaled(keras.layers.Dense):
        def build(self, shape):
            super().build(shape)
            self.g = self.add_weight(shape=(), initializer="ones", name="g")

        def call(self, x):
            return super().call(x) * self.g

    class Doubled(keras.layers.LSTM):
        def call(self, sequences, initial_state=None, mask=None, training=False):
            y = super().call(sequences, initial_state, mask, training)
            return y * 2.0

    model = chain(keras, keras.layers.Masking(), Doubled(3), Scaled(2, activation="tanh"))
    model.compile("sgd", "mse")
    before = numbers(model.predict(MASKED, verbose=0))
    return before, trained(model), weights(model), [w.name for w in model.weights]


# ---------------------------------------------------------------------- masks and modes


def masks(keras, tape):
    """By how a layer deals with masks: what an LSTM behind it makes of the steps."""
    L, ops = keras.layers, keras.ops

    class Plain(L.Layer):
        def call(self, x):
            return x * 1.0

    class Passing(Plain):
        def __init__(self):
            super().__init__()
            self.supports_masking = True

    class Hearing(Passing):
        def call(self, x, mask=None):
            return x * 1.0

    class Making(Plain):
        def compute_mask(self, x, mask=None):
            return ops.any(ops.not_equal(x, 0), axis=-1)

    class Eating(L.Layer):
        def compute_mask(self, x, mask=None):
            return None

        def call(self, x, mask=None):
            return x * ops.expand_dims(ops.cast(mask, "float32"), -1) + 1.0

    class Giving(L.Layer):
        def __init__(self):
            super().__init__()
            self.inner = Passing()

        def call(self, x, mask=None):
            return self.inner(x)

    first, second = keras.Input((3, 4)), keras.Input((3,), dtype="bool")
    given = keras.Model([first, second], L.LSTM(2)(Hearing()(first, mask=second)))
    refill(given)
    by_hand = np.array([[True, False, True]] * 2)
    found = {"given": numbers(given.predict([MASKED, by_hand], verbose=0))}
    for name, layers in {
        "lost": [L.Masking(), Plain()],
        "passed": [L.Masking(), Passing()],
        "made": [Making()],
        "eaten": [Making(), Eating()],
        "given inside": [L.Masking(), Giving()],
    }.items():
        found[name] = numbers(chain(keras, *layers, L.LSTM(2)).predict(MASKED, verbose=0))
    return found


def masks_inside(keras, tape):
    """What reaches an LSTM inside a `call`, after an embedding and after arithmetic."""
    L = keras.layers

    class Reading(L.Layer):
        def __init__(self, plainly):
            super().__init__()
            self.e, self.l, self.plainly = L.Embedding(5, 3, mask_zero=True), L.LSTM(2), plainly

        def call(self, x):
            h = self.e(x)
            return self.l(h if self.plainly else h * 1.0)

    found = []
    for plainly in (True, False):
        layer = Reading(plainly)
        layer(INDICES)
        refill(layer)
        found.append(numbers(layer(INDICES)))
    return found


def masks_by_name(keras, tape):
    """Which masks `call` is given under the names of its arguments."""
    L, ops = keras.layers, keras.ops

    class Query(L.Layer):
        def __init__(self):
            super().__init__()
            self.supports_masking = True

        def call(self, query, value, query_mask=None, value_mask=None):
            kept = [ops.expand_dims(ops.cast(m, "float32"), -1) for m in (query_mask, value_mask)]
            return query * kept[0] + 10.0 * value * kept[1]

    a, b = keras.Input((3, 4)), keras.Input((3, 4))
    model = keras.Model([a, b], Query()(L.Masking()(a), L.Masking()(b)))
    other = X[2:4].copy()
    other[1, 0] = 0.0
    return numbers(model.predict([MASKED, other], verbose=0))


def modes(keras, tape):
    """What `training` is inside a `call`, by who said what."""
    seen = []

    class Spy(keras.layers.Layer):
        def call(self, x, training=None):
            seen.append(training)
            return x

    class Around(keras.layers.Layer):
        def __init__(self, **said):
            super().__init__()
            self.spy, self.said = Spy(), said
            self.spy.build((None, 3, 4))
            self.built = True

        def call(self, x, training=None):
            return self.spy(x, **self.said)

    class Yes(keras.layers.Layer):
        def call(self, x, training=True):
            seen.append(training)
            return x

    found = {}
    for name, run in {
        "nobody": lambda: Spy()(X),
        "outside": lambda: Around()(X, training=True),
        "outside says no": lambda: Around()(X, training=False),
        "inside": lambda: Around(training=True)(X, training=False),
        "nobody, default": lambda: Yes()(X),
        "no to the default": lambda: Yes()(X, training=False),
    }.items():
        seen.clear()
        run()
        found[name] = seen[-1]
    return found


def weights_that_are_assigned(keras, tape):
    """What a running mean and a count are after training, and that inference leaves them."""
    ops = keras.ops

    class Centred(keras.layers.Layer):
        def build(self, shape):
            options = {"initializer": "zeros", "trainable": False}
            self.n = self.add_weight(shape=(), name="n", **options)
            self.mean = self.add_weight(shape=(4,), name="mean", **options)
            self.scale = self.add_weight(shape=(4,), initializer="ones", name="scale")

        def call(self, x, training=None):
            if training:
                self.n.assign_add(1.0)
                self.mean.assign(0.9 * self.mean + 0.1 * ops.mean(x, axis=(0, 1)))
            return (x - self.mean) * self.scale

    layer = Centred()
    model = keras.Sequential([keras.Input((3, 4)), layer, keras.layers.LSTM(2)])
    model.layers[1].set_weights([0.1 + w * 0 for w in model.layers[1].get_weights()])
    model.compile("sgd", "mse")
    history = trained(model)
    model.predict(X, verbose=0)
    model.evaluate(X, Y, verbose=0)
    return history, weights(model)


CASES = {
    case.__name__: case
    for case in (
        shapes_given_to_build, paths_of_weights, names_of_weights, above, masks, masks_inside,
        masks_by_name, modes, weights_that_are_assigned,
    )
}  # fmt: skip
