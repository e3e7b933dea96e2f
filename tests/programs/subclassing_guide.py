"""The guide to layers and models that are classes of one's own."""

import numpy as np

from tests.programs.parts import QUIET, arrays, normal, settled, whole


def weights_made_at_once(keras):
    """A layer that makes its weights when it is made."""

    class Affine(keras.layers.Layer):
        def __init__(self, units=3, input_dim=4):
            super().__init__()
            self.w = self.add_weight(
                shape=(input_dim, units), initializer="random_normal", trainable=True, name="w"
            )
            self.b = self.add_weight(shape=(units,), initializer="zeros", trainable=True, name="b")

        def call(self, inputs):
            return keras.ops.matmul(inputs, self.w) + self.b

    layer = settled(Affine(3, 2))
    return {
        "out": arrays(layer(normal(1, 4, 2))),
        "weights": layer.get_weights(),
        "names": [weight.name for weight in layer.weights],
        "same": str(layer.weights[0] is layer.w and layer.weights[1] is layer.b),
    }


def weight_that_is_not_trained(keras):
    """A sum that the layer keeps itself."""

    class Total(keras.layers.Layer):
        def __init__(self, size):
            super().__init__()
            self.total = self.add_weight(
                initializer="zeros", shape=(size,), trainable=False, name="total"
            )

        def call(self, inputs):
            self.total.assign_add(keras.ops.sum(inputs, axis=0))
            return self.total

    layer, x = Total(2), normal(2, 5, 2)
    first = np.array(layer(x))
    second = np.array(layer(x))
    counts = [len(layer.weights), len(layer.trainable_weights), len(layer.non_trainable_weights)]
    return {"first": first, "second": second, "counts": counts}


def weights_made_when_needed(keras):
    """`build` makes them once the shape is known, at the first call."""

    class Affine(keras.layers.Layer):
        def __init__(self, units=3):
            super().__init__()
            self.units = units

        def build(self, input_shape):
            self.w = self.add_weight(
                shape=(input_shape[-1], self.units), initializer="random_normal", name="w"
            )
            self.b = self.add_weight(shape=(self.units,), initializer="random_normal", name="b")

        def call(self, inputs):
            return keras.ops.matmul(inputs, self.w) + self.b

    layer = Affine(6)
    before = [layer.built, len(layer.weights)]
    layer(normal(3, 2, 5))
    settled(layer)
    return {
        "before": str(before),
        "after": str([layer.built, len(layer.weights)]),
        "out": arrays(layer(normal(3, 2, 5))),
    }


def layers_inside_of_layers(keras):
    """A block owns the weights of its layers, in their order."""

    class Block(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.one = keras.layers.Dense(4)
            self.two = keras.layers.GRU(3, return_sequences=True)
            self.three = [keras.layers.Dense(2), keras.layers.Dense(1)]

        def call(self, inputs):
            x = keras.ops.relu(self.one(inputs))
            x = self.two(x)
            for layer in self.three:
                x = layer(x)
            return x

    block, x = Block(), normal(4, 3, 5, 2)
    block(x)
    settled(block)
    return {
        "out": arrays(block(x)),
        "names": [weight.name for weight in block.weights],
        "shapes": [list(weight.shape) for weight in block.trainable_weights],
    }


def losses_that_layers_add(keras):
    """`add_loss` in a call, kept by the layers outside; a call forgets those before."""

    class Small(keras.layers.Layer):
        def __init__(self, rate=1e-2):
            super().__init__()
            self.rate = rate

        def call(self, inputs):
            self.add_loss(self.rate * keras.ops.mean(inputs))
            return inputs

    class Outer(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.small = Small(1e-2)
            self.dense = keras.layers.Dense(2, kernel_regularizer=keras.regularizers.L2(1e-3))

        def call(self, inputs):
            return self.small(self.dense(inputs))

    layer, x = Outer(), normal(5, 4, 3)
    layer.build(x.shape)
    counts = []
    layer(x)
    settled(layer)
    counts.append(len(layer.losses))
    layer(x), layer(x)
    counts.append(len(layer.losses))
    return {"counts": counts, "losses": sorted(float(loss) for loss in layer.losses)}


def added_losses_in_training(keras):
    """What layers add counts in `fit`, with a loss and without."""

    class Penalized(keras.layers.Layer):
        def __init__(self, rate=0.1):
            super().__init__()
            self.rate = rate
            self.dense = keras.layers.Dense(3)

        def call(self, inputs):
            found = self.dense(inputs)
            self.add_loss(self.rate * keras.ops.sum(keras.ops.square(found)))
            return found

    found = {}
    for name, loss in {"with": "mse", "without": None}.items():
        inputs = keras.Input(shape=(4,))
        model = settled(keras.Model(inputs, Penalized()(inputs)))
        model.compile(keras.optimizers.Adam(0.01), loss=loss)
        x = normal(6, 32, 4)
        history = model.fit(x, normal(7, 32, 3) if loss else None, batch_size=8, epochs=5, **QUIET)
        found[name] = {"history": history.history, "weights": model.get_weights()}
    return found


def regularized_activity(keras):
    """The layer ActivityRegularization, and the argument `activity_regularizer`."""
    inputs = keras.Input((4,))
    x = keras.layers.Dense(3, activity_regularizer=keras.regularizers.L1(0.01))(inputs)
    x = keras.layers.ActivityRegularization(l2=0.02)(x)
    model = settled(keras.Model(inputs, x))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    history = model.fit(normal(8, 32, 4), normal(9, 32, 3), batch_size=8, epochs=5, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}


def configuration_of_a_layer(keras):
    """`get_config` says with what a layer is made; `from_config` makes it."""

    class Affine(keras.layers.Layer):
        def __init__(self, units=3, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def build(self, input_shape):
            self.w = self.add_weight(shape=(input_shape[-1], self.units), name="w")

        def call(self, inputs):
            return keras.ops.matmul(inputs, self.w)

        def get_config(self):
            config = super().get_config()
            config.update({"units": self.units})
            return config

    layer = Affine(5, name="mine", trainable=False)
    config = layer.get_config()
    again = Affine.from_config(config)
    kept = {key: config[key] for key in ("name", "trainable", "units")}
    return {"kept": str(kept), "again": str([again.name, again.trainable, again.units])}


def told_of_training(keras):
    """A `call` with the argument `training` is told whether it is training."""

    class Doubling(keras.layers.Layer):
        def call(self, inputs, training=None):
            return inputs * 2.0 if training else inputs

    inputs = keras.Input((3,))
    x = keras.layers.Dense(3)(inputs)
    x = Doubling()(x)
    model = settled(keras.Model(inputs, x))
    x, y = normal(10, 32, 3), normal(11, 32, 3)
    calls = arrays([model(x[:2]), model(x[:2], training=True), model(x[:2], training=False)])
    model.compile(keras.optimizers.SGD(0.05), "mse")
    history = model.fit(x, y, batch_size=8, epochs=5, **QUIET)
    return {"calls": calls, "history": history.history, "scores": model.evaluate(x, y, verbose=0)}


def dropout_of_ones_own(keras):
    """Random only in training: the mean stays, and `predict` is untouched."""

    class Dropping(keras.layers.Layer):
        def __init__(self, rate, **kwargs):
            super().__init__(**kwargs)
            self.rate = rate
            self.seed_generator = keras.random.SeedGenerator(1337)

        def call(self, inputs, training=None):
            if training:
                return keras.random.dropout(inputs, rate=self.rate, seed=self.seed_generator)
            return inputs

    layer, x = Dropping(0.5), np.ones((200, 100), "float32")
    dropped = np.asarray(layer(x, training=True))
    return {
        "values": sorted({float(v) for v in dropped.ravel()}),
        "about half": str(bool(abs(dropped.mean() - 1) < 0.05)),
        "still": arrays(layer(x[:2, :3])),
    }


def model_as_a_class(keras):
    """A Model with layers in its attributes, trained and used like any other."""

    class Reader(keras.Model):
        def __init__(self, units, classes):
            super().__init__()
            self.lstm = keras.layers.LSTM(units)
            self.normal = keras.layers.BatchNormalization()
            self.dense = keras.layers.Dense(classes)

        def call(self, inputs, training=False):
            x = self.lstm(inputs)
            x = self.normal(x, training=training)
            return self.dense(x)

    model, x, y = Reader(5, 3), normal(12, 40, 6, 2), whole(13, 3, 40)
    model(x[:1])
    settled(model)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    history = model.fit(x, y, batch_size=8, epochs=4, validation_data=(x[:8], y[:8]), **QUIET)
    return {
        "layers": [type(layer).__name__ for layer in model.layers],
        "history": history.history,
        "weights": model.get_weights(),
        "scores": model.evaluate(x, y, verbose=0),
        "out": model.predict(x[:5], verbose=0),
    }


def model_with_two_outputs(keras):
    """A `call` that takes a dictionary and returns one."""

    class Both(keras.Model):
        def __init__(self):
            super().__init__()
            self.gru = keras.layers.GRU(4)
            self.heads = {"a": keras.layers.Dense(1), "b": keras.layers.Dense(2)}

        def call(self, inputs):
            x = keras.ops.concatenate([self.gru(inputs["series"]), inputs["facts"]], axis=-1)
            return {"a": self.heads["a"](x), "b": self.heads["b"](x)}

    model = Both()
    x = {"series": normal(14, 32, 5, 2), "facts": normal(15, 32, 3)}
    y = {"a": normal(16, 32, 1), "b": normal(17, 32, 2)}
    model({key: part[:1] for key, part in x.items()})
    settled(model)
    model.compile("adam", loss={"a": "mse", "b": "mae"}, metrics={"a": ["mae"]})
    history = model.fit(x, y, batch_size=8, epochs=5, **QUIET)
    return {
        "history": history.history,
        "out": model.predict(x, verbose=0),
        "weights": model.get_weights(),
    }


def variational_autoencoder(keras, GradientTape):
    """Encoder, sampling (of numbers that are fixed here), decoder, and a divergence added."""
    ops = keras.ops

    class Sampling(keras.layers.Layer):
        def call(self, inputs):
            mean, log_variance = inputs
            epsilon = ops.sin(mean * 31.0)
            return mean + ops.exp(0.5 * log_variance) * epsilon

    class Encoder(keras.layers.Layer):
        def __init__(self, code=2, hidden=5, name="encoder", **kwargs):
            super().__init__(name=name, **kwargs)
            self.project = keras.layers.Dense(hidden, activation="relu")
            self.mean = keras.layers.Dense(code)
            self.log_variance = keras.layers.Dense(code)
            self.sampling = Sampling()

        def call(self, inputs):
            x = self.project(inputs)
            mean, log_variance = self.mean(x), self.log_variance(x)
            return mean, log_variance, self.sampling((mean, log_variance))

    class Decoder(keras.layers.Layer):
        def __init__(self, size, hidden=5, name="decoder", **kwargs):
            super().__init__(name=name, **kwargs)
            self.project = keras.layers.Dense(hidden, activation="relu")
            self.output_layer = keras.layers.Dense(size, activation="sigmoid")

        def call(self, inputs):
            return self.output_layer(self.project(inputs))

    class Autoencoder(keras.Model):
        def __init__(self, size, name="autoencoder", **kwargs):
            super().__init__(name=name, **kwargs)
            self.encoder, self.decoder = Encoder(), Decoder(size)

        def call(self, inputs):
            mean, log_variance, z = self.encoder(inputs)
            found = self.decoder(z)
            inner = log_variance - ops.square(mean) - ops.exp(log_variance) + 1
            self.add_loss(-0.5 * ops.mean(inner))
            return found

    def made():
        model = Autoencoder(6)
        model(data[:1])
        return settled(model)

    data = np.abs(normal(18, 40, 6)) % 1
    fitted, looped = made(), made()
    fitted.compile(optimizer=keras.optimizers.Adam(1e-2), loss=keras.losses.MeanSquaredError())
    history = fitted.fit(data, data, epochs=4, batch_size=8, **QUIET)
    optimizer, mse = keras.optimizers.Adam(1e-2), keras.losses.MeanSquaredError()
    metric, means = keras.metrics.Mean(), []
    for _ in range(4):
        for start in range(0, 40, 8):
            batch = data[start : start + 8]
            with GradientTape() as tape:
                loss = mse(batch, looped(batch))
                loss += sum(looped.losses)
            grads = tape.gradient(loss, looped.trainable_weights)
            optimizer.apply(grads, looped.trainable_weights)
            metric(loss)
        means.append(float(metric.result()))
    return {
        "history": history.history,
        "weights": fitted.get_weights(),
        "means": means,
        "looped": looped.get_weights(),
    }


def recurrent_layer_inside_a_class(keras):
    """A layer of one's own that reads a sequence step by step with a cell."""

    class Loop(keras.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.step = keras.layers.Dense(units, activation="tanh")

        def call(self, inputs):
            state = keras.ops.zeros_like(inputs[:, 0, :1]) * keras.ops.ones((1, self.units))
            for t in range(inputs.shape[1]):
                state = self.step(keras.ops.concatenate([inputs[:, t], state], axis=-1))
            return state

    inputs = keras.Input((4, 2))
    model = settled(keras.Model(inputs, keras.layers.Dense(1)(Loop(3)(inputs))))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    x = normal(19, 40, 4, 2)
    history = model.fit(x, x[:, 0, 1], batch_size=8, epochs=4, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}
