"""Write training.npz: what Keras computes for losses, metrics and optimizer steps.

Run with a Python that has Keras 3 and TensorFlow, from the repository's root:

    python tests/golden/make_training.py

Losses hold "y_true", "y_pred", "values", "gradient" (of the sum of the values) and, for each
reduction, the reduced value; optimizers the two weights after each of 5 steps.
"""

import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

OUT = Path(__file__).with_name("training.npz")
REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight")
BATCH, TIMESTEPS, CLASSES = 4, 3, 5


def cases(draw):
    """Return name: (loss function, options, y_true, y_pred) over (batch, timesteps, classes)."""
    shape = (BATCH, TIMESTEPS, CLASSES)
    x, y = draw.normal(size=shape), draw.normal(size=shape)
    p = draw.uniform(0.05, 0.95, size=shape)
    clipped = p.copy()
    clipped[0, 0], clipped[0, 1] = [0, 1, 1e-9, 1 - 1e-9, 0.5], [1, 0, 0, 0, 0]
    softmax = np.exp(x) / np.exp(x).sum(-1, keepdims=True)
    bits = draw.integers(0, 2, size=shape).astype(float)
    labels = draw.integers(0, CLASSES, size=shape[:-1])
    one_hot = np.eye(CLASSES)[labels]
    void = np.where(draw.random(labels.shape) < 0.3, -1, labels)
    L = keras.losses
    bce, cce, scce = (
        L.binary_crossentropy,
        L.categorical_crossentropy,
        L.sparse_categorical_crossentropy,
    )
    return {
        "mean_squared_error": (L.mean_squared_error, {}, y, x),
        "mean_absolute_error": (L.mean_absolute_error, {}, y, x),
        "huber": (L.huber, {}, y, x),
        "huber/delta": (L.huber, {"delta": 0.3}, y, x),
        "binary_crossentropy": (bce, {}, bits, clipped),
        "binary_crossentropy/smooth": (bce, {"label_smoothing": 0.2}, bits, p),
        "binary_crossentropy/logits": (bce, {"from_logits": True}, bits, 30 * x),
        "categorical_crossentropy": (cce, {}, one_hot, clipped),
        "categorical_crossentropy/smooth": (cce, {"label_smoothing": 0.2}, one_hot, softmax),
        "categorical_crossentropy/logits": (cce, {"from_logits": True}, one_hot, 30 * x),
        "sparse_categorical_crossentropy": (scce, {}, labels, softmax),
        "sparse_categorical_crossentropy/logits": (scce, {"from_logits": True}, labels, 30 * x),
        "sparse_categorical_crossentropy/void": (scce, {"ignore_class": -1}, void, softmax),
    }


def losses(out, draw):
    """Add values, gradients and reductions of each loss."""
    weights = draw.uniform(0.5, 2.0, size=(BATCH, TIMESTEPS)).astype("float32")
    mask = draw.random((BATCH, TIMESTEPS)) < 0.6
    out["losses/sample_weight"], out["losses/mask"] = weights, mask
    for name, (function, options, y_true, y_pred) in cases(draw).items():
        y_pred = tf.Variable(y_pred.astype("float32"))
        y_true = y_true.astype("float32" if y_true.dtype == float else "int64")
        with tf.GradientTape() as tape:
            values = function(y_true, y_pred, **options)
        out[f"losses/{name}/y_true"], out[f"losses/{name}/y_pred"] = y_true, y_pred.numpy()
        out[f"losses/{name}/values"] = values.numpy()
        out[f"losses/{name}/gradient"] = tape.gradient(values, y_pred).numpy()
        cls = getattr(keras.losses, "".join(w.title() for w in name.split("/")[0].split("_")))
        for reduction in REDUCTIONS:
            loss = cls(reduction=reduction, **options)
            with tf.GradientTape(persistent=True) as tape:
                plain = loss(y_true, y_pred)
                weighted = loss(y_true, y_pred, sample_weight=weights)
                masked_pred = tf.identity(y_pred)
                masked_pred._keras_mask = tf.constant(mask)
                masked = loss(y_true, masked_pred, sample_weight=weights)
            out[f"losses/{name}/{reduction}"] = np.array([plain, weighted, masked])
            if reduction == "sum_over_batch_size":
                out[f"losses/{name}/masked_gradient"] = tape.gradient(masked, y_pred).numpy()


def metrics(out, draw):
    """Add each metric's result after two batches, with weights and with a mask."""
    M, shape = keras.metrics, (2, BATCH, TIMESTEPS, CLASSES)
    x, y = draw.normal(size=shape).astype("float32"), draw.normal(size=shape).astype("float32")
    softmax = np.exp(x) / np.exp(x).sum(-1, keepdims=True)
    p = draw.uniform(0.05, 0.95, size=shape).astype("float32")
    bits = draw.integers(0, 2, size=shape).astype("float32")
    labels = draw.integers(0, CLASSES, size=shape[:-1])
    one_hot = np.eye(CLASSES, dtype="float32")[labels]
    weights = draw.uniform(0.5, 2.0, size=shape[:-1]).astype("float32")
    mask = draw.random(shape[:-1]) < 0.6
    for key, value in {"x": x, "y": y, "p": p, "bits": bits, "softmax": softmax}.items():
        out[f"metrics/{key}"] = value
    out["metrics/labels"], out["metrics/one_hot"] = labels, one_hot
    out["metrics/weights"], out["metrics/mask"] = weights, mask
    for metric, y_true, y_pred in [
        (M.MeanSquaredError(), y, x),
        (M.RootMeanSquaredError(), y, x),
        (M.MeanAbsoluteError(), y, x),
        (M.Accuracy(), bits, np.round(p)),
        (M.BinaryAccuracy(threshold=0.4), bits, p),
        (M.CategoricalAccuracy(), one_hot, softmax),
        (M.SparseCategoricalAccuracy(), labels, softmax),
        (M.BinaryCrossentropy(label_smoothing=0.1), bits, p),
        (M.CategoricalCrossentropy(), one_hot, softmax),
        (M.SparseCategoricalCrossentropy(), labels, softmax),
    ]:
        results = []
        for kind in ("plain", "weighted", "sample", "masked"):
            metric.reset_state()
            for i in range(2):
                pred, options = tf.constant(y_pred[i]), {}
                if kind == "masked":
                    pred._keras_mask = tf.constant(mask[i])
                if kind == "weighted":
                    options = {"sample_weight": weights[i]}
                if kind == "sample":
                    options = {"sample_weight": weights[i, :, 0]}
                metric.update_state(y_true[i], pred, **options)
            results.append(float(metric.result()))
        out[f"metrics/{type(metric).__name__}"] = np.array(results)


def optimizers(out, draw):
    """Add two weights after each of 5 steps of each optimizer."""
    opt, shapes = keras.optimizers, {"kernel": (3, 4), "bias": (4,)}
    first = {name: draw.normal(size=shape).astype("float32") for name, shape in shapes.items()}
    gradients = {
        name: draw.normal(size=(5, *shape)).astype("float32") for name, shape in shapes.items()
    }
    for name in shapes:
        out[f"optimizers/{name}"], out[f"optimizers/d{name}"] = first[name], gradients[name]
    for label, optimizer in {
        "SGD": opt.SGD(0.1),
        "SGD/momentum": opt.SGD(0.1, momentum=0.9),
        "SGD/nesterov": opt.SGD(0.1, momentum=0.9, nesterov=True),
        "SGD/clipnorm": opt.SGD(0.1, clipnorm=1.0),
        "SGD/clipvalue": opt.SGD(0.1, clipvalue=0.5),
        "SGD/global_clipnorm": opt.SGD(0.1, global_clipnorm=1.0),
        "SGD/weight_decay": opt.SGD(0.1, weight_decay=0.05),
        "RMSprop": opt.RMSprop(0.01),
        "RMSprop/momentum": opt.RMSprop(0.01, momentum=0.8),
        "RMSprop/centered": opt.RMSprop(0.01, rho=0.8, centered=True, momentum=0.5),
        "Adam": opt.Adam(0.01),
        "Adam/amsgrad": opt.Adam(0.01, beta_2=0.5, amsgrad=True),
        "Adam/global_clipnorm": opt.Adam(0.01, global_clipnorm=0.5, weight_decay=0.1),
        "AdamW": opt.AdamW(0.01),
    }.items():
        variables = [keras.Variable(first[name], name=name) for name in shapes]
        optimizer.build(variables)
        steps = {name: [] for name in shapes}
        for t in range(5):
            optimizer.apply([gradients[name][t] for name in shapes])
            for variable in variables:
                steps[variable.name].append(variable.numpy())
        for name in shapes:
            out[f"optimizers/{label}/{name}"] = np.array(steps[name])


def main():
    """Write the file."""
    out: dict[str, np.ndarray] = {"keras": np.array(keras.__version__)}
    draw = np.random.default_rng(7)
    losses(out, draw)
    metrics(out, draw)
    optimizers(out, draw)
    np.savez_compressed(OUT, **out)


if __name__ == "__main__":
    main()
