"""Training steps of one's own, the same in Keras and in elman; see own_model_cases.py."""

import numpy as np

from tests.golden.own_model_cases import PLAIN, reader, ready
from tests.golden.own_setting import X, Y, numbers, refill, trained, weights


def steps(keras, tape):  # noqa: C901 - a class for each step
    """By which step is written anew: history and weights."""
    ops, Reader = keras.ops, reader(keras)

    class Usual(Reader):
        def train_step(self, data):
            x, y = data
            with tape() as t:
                y_pred = self(x, training=True)
                loss = self.compute_loss(y=y, y_pred=y_pred)
            found = t.gradient(loss, self.trainable_variables)
            self.optimizer.apply(found, self.trainable_variables)
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss)
                else:
                    metric.update_state(y, y_pred)
            return {metric.name: metric.result() for metric in self.metrics}

    class OwnMetrics(Reader):
        def __init__(self):
            super().__init__()
            self.total, self.error = (
                keras.metrics.Mean(name="loss"), keras.metrics.MeanAbsoluteError(name="mae")
            )  # fmt: skip

        def train_step(self, data):
            x, y = data
            with tape() as t:
                y_pred = self(x, training=True)
                loss = ops.mean(keras.losses.mean_squared_error(y, y_pred))
            found = t.gradient(loss, self.trainable_weights)
            self.optimizer.apply_gradients(zip(found, self.trainable_weights, strict=True))
            self.total.update_state(loss)
            self.error.update_state(y, y_pred)
            return {"loss": self.total.result(), "mae": self.error.result()}

        def test_step(self, data):
            x, y = data
            self.total.update_state(ops.mean(ops.square(y - self(x, training=False))))
            return {"loss": self.total.result()}

        @property
        def metrics(self):
            return [self.total, self.error]

    class Heavier(Reader):
        def train_step(self, data):
            found = super().train_step(data)
            return {**found, "extra": 1.0}

    class OwnLoss(Reader):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return ops.mean(ops.square(y_pred - y)) * 2.0 + sum(self.losses)

    class Twice(Reader):
        def compute_loss(self, *args, **options):
            return super().compute_loss(*args, **options) * 2.0

    class MoreMetrics(Reader):
        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            return {**super().compute_metrics(x, y, y_pred, sample_weight), "extra": 3.0}

    class Kept(Reader):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(
                2, kernel_regularizer="l2", kernel_constraint=keras.constraints.MaxNorm(0.2)
            )

        def train_step(self, data):
            x, y = data
            with tape() as t:
                y_pred = self(x, training=True)
                loss = ops.mean(ops.square(y_pred - y)) + sum(self.losses)
            found = t.gradient(loss, self.trainable_weights)
            self.optimizer.apply(found, self.trainable_weights)
            return {"own": loss}

    found = {}
    for kind in (Usual, OwnMetrics, Heavier, OwnLoss, Twice, MoreMetrics, Kept):
        for name, options in {"sgd": {}, "scaled": {"loss_scale_factor": 8.0}}.items():
            if name == "scaled" and kind not in (Twice, Heavier):
                continue
            model = ready(kind())
            metrics = None if kind in (OwnMetrics, Kept) else ["mae"]
            model.compile(keras.optimizers.SGD(0.1, **options), "mse", metrics=metrics)
            held = {} if kind is Kept else {"validation_data": (X, Y)}
            history = trained(model, **held)
            found[f"{kind.__name__}, {name}"] = [history, weights(model)]
    return found


def data_of_steps(keras, tape):
    """By how a model is run: how the data come that a step is given."""
    seen, found = [], {}

    def shape(data):
        if isinstance(data, (list, tuple)):
            return [shape(part) for part in data]
        if isinstance(data, dict):
            return {key: shape(part) for key, part in sorted(data.items())}
        return None if data is None else list(data.shape)

    class Spy(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def call(self, x):
            leaf = x["a"] if isinstance(x, dict) else x
            return self.dense(leaf[0] if isinstance(leaf, (list, tuple)) else leaf)

        def train_step(self, data):
            seen.append(shape(data))
            return {"a": 1.0}

        test_step = train_step

        def predict_step(self, data):
            seen.append(shape(data))
            return self(data[0] if isinstance(data, (list, tuple)) else data)

    for name, data in {
        "x": (PLAIN,),
        "x, y": (PLAIN, Y),
        "list": ([PLAIN, PLAIN],),
        "dict": ({"a": PLAIN, "b": PLAIN},),
        "lists": ([PLAIN, PLAIN], [Y, Y]),
        "targets by name": ({"a": PLAIN}, {"u": Y, "v": Y}),
    }.items():
        for how, run in {
            "fit": lambda m, d: m.fit(*d, verbose=0),
            "evaluate": lambda m, d: m.evaluate(*d, verbose=0),
            "predict": lambda m, d: m.predict(d[0], verbose=0),
            "train_on_batch": lambda m, d: m.train_on_batch(*d),
            "test_on_batch": lambda m, d: m.test_on_batch(*d),
            "predict_on_batch": lambda m, d: m.predict_on_batch(d[0]),
        }.items():
            model = Spy()
            model.compile("sgd", "mse")
            seen.clear()
            run(model, data)
            found[f"{name}, {how}"] = seen[-1]
    return found


def predictions_of_steps(keras, tape):
    """What `predict` makes of the dictionaries that a `predict_step` returns."""

    class Own(reader(keras)):
        def predict_step(self, data):
            x = data[0] if isinstance(data, tuple) else data
            return {"y": self(x, training=False), "n": [keras.ops.ones((len(x),))]}

    return numbers(ready(Own()).predict(X, batch_size=3, verbose=0))


def two_optimizers(keras, tape):
    """The history and the weights of a generator and a discriminator."""
    L, ops = keras.layers, keras.ops

    class Gan(keras.Model):
        def __init__(self):
            super().__init__()
            self.g = keras.Sequential([keras.Input((3,)), L.Dense(4)])
            self.d = keras.Sequential([keras.Input((4,)), L.Dense(3, "relu"), L.Dense(1)])
            self.d_mean, self.g_mean = keras.metrics.Mean(name="d"), keras.metrics.Mean(name="g")

        def compile(self, g_optimizer, d_optimizer, judge):
            super().compile()
            self.g_optimizer, self.d_optimizer, self.judge = g_optimizer, d_optimizer, judge

        @property
        def metrics(self):
            return [self.d_mean, self.g_mean]

        def train_step(self, real):
            n = len(real)
            noise = np.linspace(-1, 1, 3 * n).reshape(-1, 3).astype("float32")
            both = ops.concatenate([self.g(noise), real], axis=0)
            labels = np.repeat(np.array([[1.0], [0.0]], "float32"), n, axis=0)
            with tape() as t:
                d_loss = self.judge(labels, self.d(both))
            found = t.gradient(d_loss, self.d.trainable_weights)
            self.d_optimizer.apply_gradients(zip(found, self.d.trainable_weights, strict=True))
            with tape() as t:
                g_loss = self.judge(labels[n:], self.d(self.g(noise)))
            found = t.gradient(g_loss, self.g.trainable_weights)
            self.g_optimizer.apply_gradients(zip(found, self.g.trainable_weights, strict=True))
            self.d_mean.update_state(d_loss)
            self.g_mean.update_state(g_loss)
            return {"d": self.d_mean.result(), "g": self.g_mean.result()}

    model = Gan()
    for part in (model.g, model.d):
        refill(part)
    judge = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.02), judge)
    return trained(model, PLAIN, None), weights(model.g), weights(model.d)


def own_steps_of_graphs(keras, tape):
    """Steps and metrics of subclasses that are graphs or sequences."""
    L = keras.layers

    class Graph(keras.Model):
        def train_step(self, data):
            return {**super().train_step(data), "z": 1.0}

    class Made(keras.Model):
        def __init__(self):
            x = keras.Input((3, 4))
            super().__init__(x, L.Dense(2)(L.LSTM(3)(x)))
            self.extra = keras.metrics.Mean(name="e")

    class Sequence(keras.Sequential):
        def train_step(self, data):
            return {**super().train_step(data), "z": 1.0}

    class Counting(L.Layer):
        def __init__(self):
            super().__init__()
            self.seen = keras.metrics.Mean(name="seen")

        def call(self, x):
            self.seen.update_state(x)
            return x * 1.0

    x = keras.Input((3, 4))
    found = {}
    for name, model in {
        "graph": Graph(x, L.Dense(2)(L.LSTM(3)(x))),
        "made": Made(),
        "sequence": Sequence([keras.Input((3, 4)), L.LSTM(2)]),
        "metric of a layer": keras.Sequential([keras.Input((3, 4)), Counting(), L.LSTM(2)]),
    }.items():
        refill(model)
        model.compile("sgd", "mse", metrics=["mae"])
        found[name] = trained(model)
    return found


CASES = {
    case.__name__: case
    for case in (
        steps, data_of_steps, predictions_of_steps, two_optimizers, own_steps_of_graphs,
    )
}  # fmt: skip
