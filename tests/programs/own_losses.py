"""Losses and metrics: of one's own, as the guides show them, and those that are there."""

import numpy as np

from tests.programs.parts import QUIET, normal, settled, whole


def _model(keras, units=1, activation=None):
    model = keras.Sequential(
        [keras.Input((5, 2)), keras.layers.GRU(4), keras.layers.Dense(units, activation)]
    )
    return settled(model)


def _fitted(model, x, y, **options):
    history = model.fit(x, y, batch_size=8, epochs=4, **QUIET, **options)
    return {
        "history": history.history,
        "weights": model.get_weights(),
        "scores": model.evaluate(x, y, verbose=0),
    }


def loss_as_a_function(keras):
    """A function of targets and predictions."""

    def mean_of_fourth_powers(y_true, y_pred):
        return keras.ops.mean(keras.ops.square(keras.ops.square(y_true - y_pred)), axis=-1)

    def to_one_number(y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred))

    found = {}
    for loss in (mean_of_fourth_powers, to_one_number):
        model = _model(keras)
        model.compile(keras.optimizers.Adam(0.02), loss=loss, metrics=["mae", loss])
        found[loss.__name__] = _fitted(model, normal(1, 40, 5, 2), normal(2, 40, 1))
    return found


def loss_as_a_class(keras):
    """A subclass of Loss with an argument of its own, weighted by samples."""

    class Regularized(keras.losses.Loss):
        def __init__(self, factor=0.1, name="regularized_mse"):
            super().__init__(name=name)
            self.factor = factor

        def call(self, y_true, y_pred):
            mse = keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)
            reg = keras.ops.mean(keras.ops.square(0.5 - y_pred), axis=-1)
            return mse + reg * self.factor

    model = _model(keras, 3)
    model.compile(keras.optimizers.SGD(0.1), loss=Regularized(0.3))
    x, y, weight = normal(3, 40, 5, 2), normal(4, 40, 3), np.abs(normal(5, 40))
    loss = Regularized(2.0)
    return {
        **_fitted(model, x, y, sample_weight=weight),
        "value": float(loss(y, y * 0.5)),
        "weighted": float(loss(y, y * 0.5, sample_weight=weight)),
        "name": loss.name,
    }


def metric_as_a_class(keras):
    """A subclass of Metric that counts in a variable."""
    ops = keras.ops

    class TruePositives(keras.metrics.Metric):
        def __init__(self, name="class_true_positives", **kwargs):
            super().__init__(name=name, **kwargs)
            self.true_positives = self.add_variable(shape=(), name="ctp", initializer="zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            y_pred = ops.reshape(ops.argmax(y_pred, axis=1), (-1, 1))
            values = ops.cast(ops.reshape(y_true, (-1, 1)), "int32") == ops.cast(y_pred, "int32")
            values = ops.cast(values, "float32")
            if sample_weight is not None:
                values = values * ops.reshape(ops.cast(sample_weight, "float32"), (-1, 1))
            self.true_positives.assign_add(ops.sum(values))

        def result(self):
            return self.true_positives.value

        def reset_state(self):
            self.true_positives.assign(0.0)

    model = _model(keras, 3, "softmax")
    model.compile(
        keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=[TruePositives()]
    )
    x, y = normal(6, 40, 5, 2), whole(7, 3, 40)
    metric = TruePositives()
    metric.update_state(y, np.eye(3, dtype="float32")[y])
    first = float(metric.result())
    metric.reset_state()
    return {
        **_fitted(model, x, y),
        "alone": [first, float(metric.result())],
        "count": len(metric.variables),
    }


def metric_with_weights(keras):
    """A metric made with `add_weight` and numbers of the moment."""

    class BinaryTruePositives(keras.metrics.Metric):
        def __init__(self, name="binary_true_positives", **kwargs):
            super().__init__(name=name, **kwargs)
            self.hits = self.add_weight(shape=(), initializer="zeros", name="hits")

        def update_state(self, y_true, y_pred, sample_weight=None):
            y_true = keras.ops.cast(y_true, "bool")
            y_pred = keras.ops.cast(y_pred, "bool")
            values = keras.ops.logical_and(
                keras.ops.equal(y_true, True), keras.ops.equal(y_pred, True)
            )
            values = keras.ops.cast(values, self.dtype)
            if sample_weight is not None:
                sample_weight = keras.ops.cast(sample_weight, self.dtype)
                sample_weight = keras.ops.broadcast_to(sample_weight, keras.ops.shape(values))
                values = keras.ops.multiply(values, sample_weight)
            self.hits.assign(self.hits + keras.ops.sum(values))

        def result(self):
            return self.hits

    metric, found = BinaryTruePositives(), []
    for weight in (None, np.array([0.5, 2.0, 1.0])):
        metric.update_state([1, 1, 0], [1, 1, 1], sample_weight=weight)
        found.append(float(metric.result()))
    metric.reset_state()
    return {"found": [*found, float(metric.result())]}


def losses_called_by_themselves(keras):
    """Losses as functions and as objects, with each reduction."""
    y = np.abs(normal(8, 6, 4)) % 1
    p = np.abs(normal(9, 6, 4)) % 1
    found = {}
    for name in (
        *("mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error"),
        *("mean_squared_logarithmic_error", "binary_crossentropy", "categorical_crossentropy"),
        *("kl_divergence", "poisson", "log_cosh", "huber", "hinge", "squared_hinge"),
        *("categorical_hinge", "cosine_similarity", "binary_focal_crossentropy"),
    ):
        found[name] = np.asarray(getattr(keras.losses, name)(y, p))
    for reduction in ("sum_over_batch_size", "sum", "mean", "none"):
        loss = keras.losses.Huber(delta=0.3, reduction=reduction)
        found[f"Huber {reduction}"] = np.asarray(loss(y, p, sample_weight=np.arange(6)))
    smooth = keras.losses.CategoricalCrossentropy(label_smoothing=0.1, from_logits=True)
    found["smooth"] = float(smooth(np.eye(4)[:3], y[:3]))
    found["by name"] = float(keras.losses.get("mse")(y[0], p[0]))
    return found


def metrics_by_themselves(keras):
    """State that grows by batches, results, and a fresh start."""
    y, p = whole(10, 2, 12).astype("float32"), np.abs(normal(11, 12)) % 1
    found = {}
    for metric in (
        keras.metrics.BinaryAccuracy(threshold=0.4),
        keras.metrics.Precision(),
        keras.metrics.Recall(thresholds=[0.3, 0.6]),
        keras.metrics.AUC(num_thresholds=30),
        keras.metrics.AUC(curve="PR", num_thresholds=30, name="pr"),
        keras.metrics.TruePositives(),
        keras.metrics.FalseNegatives(),
        keras.metrics.MeanSquaredError(),
        keras.metrics.RootMeanSquaredError(),
        keras.metrics.BinaryCrossentropy(),
        keras.metrics.Hinge(),
        keras.metrics.R2Score(),
    ):
        shaped = (y[:, None], p[:, None])
        results = []
        for part in (slice(0, 5), slice(5, 12)):
            metric.update_state(*(each[part] for each in shaped))
            results.append(np.asarray(metric.result()))
        metric.reset_state()
        metric.update_state(shaped[0][:4], shaped[1][:4], sample_weight=[1.0, 0.5, 2.0, 0.0])
        found[f"{len(found)} {metric.name}"] = [*results, np.asarray(metric.result())]
    mean, total = keras.metrics.Mean(), keras.metrics.Sum()
    mean.update_state([1.0, 3.0, 5.0], sample_weight=[1, 1, 0]), total.update_state([4.0, 2.0])
    return {**found, "mean": float(mean.result()), "sum": float(total.result())}


def metrics_in_training(keras):
    """Objects of many kinds in `compile`."""
    model = _model(keras, 1, "sigmoid")
    model.compile(
        keras.optimizers.Adam(0.02),
        "binary_crossentropy",
        metrics=[
            *("accuracy", "mse", keras.metrics.AUC(name="auc", num_thresholds=50)),
            *(keras.metrics.Precision(name="precision"), keras.metrics.Recall(name="recall")),
            *(keras.metrics.TruePositives(name="tp"), keras.metrics.FalsePositives(name="fp")),
        ],
    )
    return _fitted(model, normal(12, 40, 5, 2), whole(13, 2, 40, 1).astype("float32"))
