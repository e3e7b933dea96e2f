"""Write losses.npz and metrics.npz: what Keras computes for the losses and metrics it has.

Run with a Python that has Keras 3 and TensorFlow, from the repository's root:

    python tests/golden/make_losses.py

losses.npz: "cases" lists the cases in JSON, name: options. Each holds "y_true", "y_pred", "values",
"gradient" (of the sum of the values) and "reductions": a row a reduction with the loss plain, with
weights and, where rows are independent, with weights and a mask. "last_gradient" is that of the
last loss of the first row.

metrics.npz: "cases" lists name: class, its options, and the names of targets and predictions. Each
holds the results over two batches: plain, with a weight a sample and, where Keras takes these,
with a weight a step or number.
"""

import json
import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

HERE = Path(__file__).parent
REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight")
BATCH, TIMESTEPS, CLASSES = 4, 3, 5
SHAPE = (BATCH, TIMESTEPS, CLASSES)
CLASS_NAMES = {"kl_divergence": "KLDivergence", "ctc": "CTC"}
CLASS_NAMES["categorical_generalized_cross_entropy"] = "CategoricalGeneralizedCrossEntropy"


def row_cases(draw):
    """Return name: (options, y_true, y_pred) over (batch, timesteps, classes)."""
    x, y = draw.normal(size=SHAPE), draw.normal(size=SHAPE)
    p = draw.uniform(0.05, 0.95, size=SHAPE)
    hard = p.copy()
    hard[0, 0], hard[0, 1] = [0, 1, 1e-9, 1 - 1e-9, 0.5], [1, 0, 0, 0, 0]
    bits = draw.integers(0, 2, size=SHAPE).astype(float)
    signs = 2 * bits - 1
    labels = draw.integers(0, CLASSES, size=SHAPE[:-1])
    one_hot = np.eye(CLASSES)[labels]
    q = np.exp(y) / np.exp(y).sum(-1, keepdims=True)
    counts = draw.poisson(1.0, size=SHAPE).astype(float)
    zeros = np.where(draw.random(SHAPE) < 0.3, 0.0, y)
    near = np.where(draw.random(SHAPE) < 0.2, zeros, x)  # some predictions are exact
    kinks = np.where(draw.random(SHAPE) < 0.3, signs, x)  # 1 - y p = 0
    ties = np.round(x)
    focal, focal_c = "binary_focal_crossentropy", "categorical_focal_crossentropy"
    generalized = "categorical_generalized_cross_entropy"
    balanced = {"apply_class_balancing": True, "alpha": 0.3, "gamma": 1.5}
    return {
        "mean_absolute_percentage_error": ({}, y, x),
        "mean_absolute_percentage_error/hard": ({}, zeros, near),
        "mean_squared_logarithmic_error": ({}, y**2, x**2),
        "mean_squared_logarithmic_error/hard": ({}, zeros, near),
        "log_cosh": ({}, y, x),
        "log_cosh/hard": ({}, y, 100 * x),
        "poisson": ({}, counts, x**2),
        "poisson/hard": ({}, counts, hard),
        "kl_divergence": ({}, q, p),
        "kl_divergence/hard": ({}, one_hot, hard),
        "hinge": ({}, signs, x),
        "hinge/hard": ({}, bits, kinks),
        "squared_hinge": ({}, signs, x),
        "squared_hinge/hard": ({}, bits, kinks),
        "categorical_hinge": ({}, one_hot, x),
        "categorical_hinge/hard": ({}, one_hot, ties),
        "cosine_similarity": ({}, y, x),
        "cosine_similarity/hard": ({}, y, 1e-4 * x),
        focal: ({}, bits, p),
        f"{focal}/hard": ({"gamma": 1.0}, bits, hard),
        f"{focal}/smooth": ({"label_smoothing": 0.2}, bits, p),
        f"{focal}/balanced": (balanced, bits, p),
        f"{focal}/logits": ({"from_logits": True}, bits, 30 * x),
        f"{focal}/logits_balanced": ({"from_logits": True, **balanced}, bits, x),
        focal_c: ({}, one_hot, p),
        f"{focal_c}/hard": ({"gamma": 1.0}, one_hot, hard),
        f"{focal_c}/smooth": ({"label_smoothing": 0.2, "gamma": 1.5}, one_hot, p),
        f"{focal_c}/alpha": ({"alpha": [0.1, 0.2, 0.3, 0.4, 0.5]}, one_hot, p),
        f"{focal_c}/logits": ({"from_logits": True}, one_hot, 5 * x),
        generalized: ({"q": 0.5}, labels, q),
        f"{generalized}/q": ({"q": 0.9}, labels, q),
    }


def coupled_cases(draw):
    """Return name: (options, y_true, y_pred) of losses whose values come from many entries."""
    p = draw.uniform(0.05, 0.95, size=SHAPE)
    bits = draw.integers(0, 2, size=SHAPE).astype(float)
    unit = draw.normal(size=(8, 6))
    unit /= np.linalg.norm(unit, axis=-1, keepdims=True)
    unit[5] = unit[2]  # two embeddings in one place
    labels = np.array([0, 1, 1, 0, 2, 1, 2, 3])  # one label is alone
    targets = np.array([[1, 2, 2, 0], [3, 0, 0, 0], [0, 0, 0, 0], [1, 2, 3, 4]])
    logits = draw.normal(size=(4, 7, 5))
    return {
        "dice": ({}, bits, p),
        "dice/axis": ({"axis": [1, 2]}, bits, p),
        "dice/last": ({"axis": -1}, bits, p),
        "tversky": ({}, bits, p),
        "tversky/axis": ({"axis": [1, 2], "alpha": 0.3, "beta": 0.8}, bits, p),
        "circle": ({}, labels, unit),
        "circle/soft": ({"gamma": 2.0, "margin": 0.2}, labels, unit),
        "circle/diagonal": ({"gamma": 2.0, "remove_diagonal": False}, labels, unit),
        "ctc": ({}, targets, logits),
        "ctc/hard": ({}, targets, 20 * logits),
    }


def loss_class(name):
    """Return Keras's class of a loss function."""
    title = "".join(word.title() for word in name.split("_"))
    return getattr(keras.losses, CLASS_NAMES.get(name, title))


def values_and_gradient(out, case, options, y_true, y_pred):
    """Add targets, predictions, values and gradient; return the first two."""
    y_pred = tf.Variable(y_pred.astype("float32"))
    y_true = y_true.astype("float32" if y_true.dtype == float else "int32")
    with tf.GradientTape() as tape:
        values = getattr(keras.losses, case.split("/")[0])(y_true, y_pred, **options)
    out[f"{case}/y_true"], out[f"{case}/y_pred"] = y_true, y_pred.numpy()
    out[f"{case}/values"] = values.numpy()
    out[f"{case}/gradient"] = tape.gradient(values, y_pred).numpy()
    return y_true, y_pred


def losses(draw):
    """Return values, gradients and reductions of each loss."""
    out = {}
    weights = draw.uniform(0.5, 2.0, size=SHAPE[:-1]).astype("float32")
    mask = draw.random(SHAPE[:-1]) < 0.6
    out["sample_weight"], out["mask"] = weights, mask
    rows, coupled = row_cases(draw), coupled_cases(draw)
    out["cases"] = np.array(json.dumps({name: case[0] for name, case in (rows | coupled).items()}))
    out["rows"] = np.array(list(rows))
    for name, case in (rows | coupled).items():
        y_true, y_pred = values_and_gradient(out, name, *case)
        table = []
        for reduction in REDUCTIONS:
            loss = loss_class(name.split("/")[0])(reduction=reduction, **case[0])
            with tf.GradientTape() as tape:
                masked_pred = tf.identity(y_pred)
                if name in rows:
                    masked_pred._keras_mask = tf.constant(mask)
                    w = weights
                else:
                    w = np.linspace(0.5, 2.0, len(y_true), dtype="float32")
                    w = weights if name == "dice/last" else w
                last = loss(y_true, masked_pred, sample_weight=w)
            reduced = [loss(y_true, y_pred), loss(y_true, y_pred, sample_weight=w), last]
            table.append(reduced[: 3 if name in rows else 2])
            if reduction == "sum_over_batch_size":
                out[f"{name}/last_gradient"] = tape.gradient(last, y_pred).numpy()
        out[f"{name}/reductions"] = np.array(table)
    lengths = np.array([4, 3, 7, 5])
    y_true, y_pred = out["ctc/y_true"], tf.Variable(out["ctc/y_pred"])
    with tf.GradientTape() as tape:
        n = np.count_nonzero(y_true, axis=1)
        values = keras.ops.ctc_loss(y_true, y_pred, n, lengths)
    out["ctc/lengths"], out["ctc/length_values"] = lengths, values.numpy()
    out["ctc/length_gradient"] = tape.gradient(values, y_pred).numpy()
    return out


def main():
    """Write the files."""
    draw = np.random.default_rng(11)
    version = {"keras": np.array(keras.__version__)}
    np.savez_compressed(HERE / "losses.npz", **version, **losses(draw))


if __name__ == "__main__":
    main()
