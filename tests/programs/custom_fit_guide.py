"""The guide to what `fit` does: steps of one's own. They use a tape, TensorFlow's or elman's."""

import numpy as np

from tests.programs.parts import QUIET, normal, settled, whole


def _graph(keras, kind, units=1):
    inputs = keras.Input(shape=(5, 2))
    x = keras.layers.LSTM(4)(inputs)
    return settled(kind(inputs, keras.layers.Dense(units)(x)))


def _result(model, history, x, y):
    return {
        "history": history.history,
        "weights": model.get_weights(),
        "scores": model.evaluate(x, y, verbose=0, return_dict=True),
        "iterations": int(model.optimizer.iterations),
    }


def step_of_ones_own(keras, GradientTape):
    """`train_step` with the loss and the metrics of `compile`."""

    class Stepping(keras.Model):
        def train_step(self, data):
            x, y = data
            with GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compute_loss(y=y, y_pred=y_pred)
            weights = self.trainable_variables
            gradients = tape.gradient(loss, weights)
            self.optimizer.apply(gradients, weights)
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss)
                else:
                    metric.update_state(y, y_pred)
            return {metric.name: metric.result() for metric in self.metrics}

    model, x, y = _graph(keras, Stepping), normal(1, 40, 5, 2), normal(2, 40, 1)
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
    history = model.fit(x, y, epochs=4, batch_size=8, validation_data=(x[:9], y[:9]), **QUIET)
    return _result(model, history, x, y)


def step_without_compiled_loss(keras, GradientTape):
    """Loss and metrics of the model's own; `compile` is given the optimizer alone."""

    class Lower(keras.Model):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.loss_tracker = keras.metrics.Mean(name="loss")
            self.mae_metric = keras.metrics.MeanAbsoluteError(name="mae")
            self.loss_fn = keras.losses.MeanSquaredError()

        def train_step(self, data):
            x, y = data
            with GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.loss_fn(y, y_pred)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply(gradients, self.trainable_variables)
            self.loss_tracker.update_state(loss)
            self.mae_metric.update_state(y, y_pred)
            return {"loss": self.loss_tracker.result(), "mae": self.mae_metric.result()}

        @property
        def metrics(self):
            return [self.loss_tracker, self.mae_metric]

    model, x, y = _graph(keras, Lower), normal(3, 40, 5, 2), normal(4, 40, 1)
    model.compile(optimizer=keras.optimizers.SGD(0.1))
    history = model.fit(x, y, epochs=5, batch_size=10, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}


def step_with_sample_weights(keras, GradientTape):
    """A step that takes two or three things apart."""

    class Weighted(keras.Model):
        def train_step(self, data):
            if len(data) == 3:
                x, y, sample_weight = data
            else:
                sample_weight = None
                x, y = data
            with GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compute_loss(y=y, y_pred=y_pred, sample_weight=sample_weight)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))  # noqa: B905
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss)
                else:
                    metric.update_state(y, y_pred, sample_weight=sample_weight)
            return {metric.name: metric.result() for metric in self.metrics}

    x, y, weight = normal(5, 40, 5, 2), normal(6, 40, 1), np.abs(normal(7, 40, 1))
    found = {}
    for name, given in {"weighted": {"sample_weight": weight}, "plain": {}}.items():
        model = _graph(keras, Weighted)
        model.compile(optimizer="adam", loss="mse", metrics=["mae"])
        history = model.fit(x, y, epochs=4, batch_size=8, **given, **QUIET)
        found[name] = _result(model, history, x, y)
    return found


def step_of_evaluation(keras):
    """`test_step` of the model's own."""

    class Tested(keras.Model):
        def test_step(self, data):
            x, y = data
            y_pred = self(x, training=False)
            loss = self.compute_loss(y=y, y_pred=y_pred)
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss * 2.0)
                else:
                    metric.update_state(y, y_pred)
            return {metric.name: metric.result() for metric in self.metrics}

    model, x, y = _graph(keras, Tested), normal(8, 30, 5, 2), normal(9, 30, 1)
    model.compile(loss="mse", metrics=["mae"])
    return {
        "scores": model.evaluate(x, y, batch_size=8, verbose=0),
        "out": model.predict(x[:3], verbose=0),
    }


def step_of_prediction(keras):
    """`predict_step` of the model's own."""

    class Rounded(keras.Model):
        def predict_step(self, data):
            return keras.ops.round(self(data, training=False) * 8.0)

    class Unpacked(keras.Model):
        def predict_step(self, data):
            x = data[0] if isinstance(data, tuple) else data
            return self(x, training=False) + 1.0

    x = normal(10, 20, 5, 2)
    return {
        "rounded": _graph(keras, Rounded, 2).predict(x, batch_size=6, verbose=0),
        "plus one": _graph(keras, Unpacked).predict(x, batch_size=6, verbose=0),
    }


def loss_of_the_models_own(keras):
    """`compute_loss` is asked by the steps that are there."""

    class Judging(keras.Model):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.loss_tracker = keras.metrics.Mean(name="tracked")

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            loss = keras.ops.mean(keras.ops.square(y_pred - y))
            loss += keras.ops.sum(self.losses) if self.losses else 0.0
            self.loss_tracker.update_state(loss)
            return loss

        @property
        def metrics(self):
            return [*super().metrics, self.loss_tracker]

    model, x, y = _graph(keras, Judging), normal(11, 40, 5, 2), normal(12, 40, 1)
    model.compile(keras.optimizers.Adam(0.01))
    history = model.fit(x, y, epochs=4, batch_size=8, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}


def metrics_of_the_models_own(keras):
    """`compute_metrics` adds one to the others."""

    class Measured(keras.Model):
        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            found = super().compute_metrics(x, y, y_pred, sample_weight)
            found["twice"] = 2.0 * found["mae"]
            return found

    model, x, y = _graph(keras, Measured), normal(13, 40, 5, 2), normal(14, 40, 1)
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    history = model.fit(x, y, epochs=4, batch_size=8, validation_split=0.2, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}


def gradients_summed_over_steps(keras, GradientTape):
    """A step that holds a variable of its own and scales the gradients."""

    class Scaled(keras.Model):
        def train_step(self, data):
            x, y = data
            with GradientTape() as tape:
                loss = self.compute_loss(y=y, y_pred=self(x, training=True))
            gradients = tape.gradient(loss, self.trainable_weights)
            gradients = [g * 0.5 for g in gradients]
            self.optimizer.apply(gradients, self.trainable_weights)
            norm = keras.ops.sqrt(sum(keras.ops.sum(keras.ops.square(g)) for g in gradients))
            return {"loss": loss, "norm": norm}

    model, x, y = _graph(keras, Scaled), normal(15, 40, 5, 2), normal(16, 40, 1)
    model.compile(keras.optimizers.SGD(0.2), "mse")
    history = model.fit(x, y, epochs=4, batch_size=8, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}


def adversaries(keras, GradientTape):
    """A generator and a discriminator with an optimizer each, in one `train_step`."""
    ops = keras.ops
    noise = normal(17, 8, 3)

    class Adversaries(keras.Model):
        def __init__(self, discriminator, generator):
            super().__init__()
            self.discriminator, self.generator = discriminator, generator
            self.d_loss_tracker = keras.metrics.Mean(name="d_loss")
            self.g_loss_tracker = keras.metrics.Mean(name="g_loss")
            self.built = True

        def compile(self, d_optimizer, g_optimizer, loss_fn):
            super().compile()
            self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer
            self.loss_fn = loss_fn

        @property
        def metrics(self):
            return [self.d_loss_tracker, self.g_loss_tracker]

        def train_step(self, real):
            if isinstance(real, tuple):
                real = real[0]
            made = self.generator(noise)
            both = ops.concatenate([made, real], axis=0)
            labels = ops.concatenate([ops.ones((8, 1)), ops.zeros((8, 1))], axis=0)
            with GradientTape() as tape:
                d_loss = self.loss_fn(labels, self.discriminator(both))
            grads = tape.gradient(d_loss, self.discriminator.trainable_weights)
            self.d_optimizer.apply(grads, self.discriminator.trainable_weights)
            with GradientTape() as tape:
                said = self.discriminator(self.generator(noise))
                g_loss = self.loss_fn(ops.zeros((8, 1)), said)
            grads = tape.gradient(g_loss, self.generator.trainable_weights)
            self.g_optimizer.apply(grads, self.generator.trainable_weights)
            self.d_loss_tracker.update_state(d_loss)
            self.g_loss_tracker.update_state(g_loss)
            return {"d_loss": self.d_loss_tracker.result(), "g_loss": self.g_loss_tracker.result()}

    judge = keras.Sequential(
        [keras.Input((4, 2)), keras.layers.GRU(3), keras.layers.Dense(1)], name="judge"
    )
    maker = keras.Sequential(
        [
            *(keras.Input((3,)), keras.layers.RepeatVector(4)),
            *(keras.layers.GRU(3, return_sequences=True), keras.layers.Dense(2)),
        ],
        name="maker",
    )
    settled(judge), settled(maker, 1)
    model = Adversaries(judge, maker)
    model.compile(
        keras.optimizers.Adam(0.01),
        keras.optimizers.Adam(0.02),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    history = model.fit(normal(18, 40, 4, 2), batch_size=8, epochs=4, **QUIET)
    return {"history": history.history, "judge": judge.get_weights(), "maker": maker.get_weights()}


def class_of_steps_with_class_weights(keras, GradientTape):
    """Class weights come to a step as weights of samples."""

    class Weighted(keras.Model):
        def train_step(self, data):
            x, y, sample_weight = data
            with GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compute_loss(x, y, y_pred, sample_weight)
            gradients = tape.gradient(loss, self.trainable_weights)
            self.optimizer.apply(gradients, self.trainable_weights)
            return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    model, x, y = _graph(keras, Weighted, 3), normal(19, 40, 5, 2), whole(20, 3, 40)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, weighted_metrics=["accuracy"])
    history = model.fit(x, y, class_weight={0: 1, 1: 2, 2: 0.5}, epochs=4, batch_size=8, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}
