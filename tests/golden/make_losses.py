"""Write losses.npz and metrics.npz: what Keras computes for the losses and metrics it has.

Run with a Python that has Keras 3 and TensorFlow, from the repository's root:

    python tests/golden/make_losses.py

losses.npz: "cases" lists the cases in JSON, name: options. Each holds "y_true", "y_pred", "values",
"gradient" (of the sum of the values) and "reductions": a row a reduction with the loss plain, with
weights and, where rows are independent, with weights and a mask. "last_gradient" is that of the
last loss of the first row.

metrics.npz: "cases" lists in JSON name: options, the names of targets and predictions, and the
kinds of weights. Each holds a row a kind: the results after the first and after the second batch.
"configs" lists how Keras writes each configuration.
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
    numbers = {
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
        "categorical_generalized_cross_entropy": ({"q": 0.5}, labels, q),
        "categorical_generalized_cross_entropy/q": ({"q": 0.9}, labels, q),
    }
    return numbers | focal_cases(x, p, hard, bits, one_hot)


def focal_cases(x, p, hard, bits, one_hot):
    """Return the cases of the focal losses."""
    focal, focal_c = "binary_focal_crossentropy", "categorical_focal_crossentropy"
    balanced = {"apply_class_balancing": True, "alpha": 0.3, "gamma": 1.5}
    return {
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


def metric_data(draw):
    """Return two batches of targets and predictions of each kind."""
    batch, classes, steps = 8, 4, 3
    shape, sequence = (2, batch, classes), (2, batch, steps, classes)
    x, scores = draw.normal(size=shape), draw.normal(size=sequence)
    p, labels = draw.random(shape), draw.integers(0, classes, size=shape[:-1])
    classes_3 = draw.integers(0, classes, size=sequence[:-1])
    q = np.exp(scores)
    p[:, :, 3] = np.where(draw.random(shape[:-1]) < 0.3, 0, p[:, :, 3])
    data = {
        "y": draw.normal(size=shape) + x,
        "x": x,
        "p": p,
        "grid": np.round(p, 1),
        "bits": (draw.random(shape) < 0.4 * p + 0.3).astype(float),
        "labels": labels,
        "guesses": np.where(draw.random(labels.shape) < 0.5, labels, (labels + 1) % classes),
        "one_hot": np.eye(classes)[labels],
        "flat_bits": (draw.random(shape[:-1]) < p[..., 0]).astype(float),
        "flat": p[..., 0],
        "y_3": draw.normal(size=sequence),
        "x_3": scores,
        "q_3": q / q.sum(-1, keepdims=True),
        "p_3": draw.random(sequence),
        "counts_3": draw.poisson(1.0, size=sequence).astype(float),
        "bits_3": draw.integers(0, 2, size=sequence).astype(float),
        "one_hot_3": np.eye(classes)[classes_3],
        "labels_3": classes_3,
        "ids_3": np.argsort(-scores, axis=-1),
        "weights": draw.uniform(0.5, 2.0, size=shape),
    }
    return {k: v.astype("float32" if v.dtype == float else "int32") for k, v in data.items()}


PLAIN, FULL, ONE = ("plain", "sample"), ("plain", "sample", "full"), ("plain",)
EACH = ("plain", "full")  # a weight a label, or Keras fails


def metric_cases():
    """Return name: (options, targets, predictions, kinds of weights)."""
    return mean_cases() | count_cases() | area_cases() | score_cases()


def mean_cases():
    """Return the cases of means of what a function gives."""
    cases = {}
    for name, y, p in [
        ("MeanAbsolutePercentageError", "y_3", "x_3"),
        ("MeanSquaredLogarithmicError", "y_3", "x_3"),
        ("LogCoshError", "y_3", "x_3"),
        ("CosineSimilarity", "y_3", "x_3"),
        ("Poisson", "counts_3", "p_3"),
        ("KLDivergence", "q_3", "p_3"),
        ("Hinge", "bits_3", "x_3"),
        ("SquaredHinge", "bits_3", "x_3"),
        ("CategoricalHinge", "one_hot_3", "x_3"),
        ("PearsonCorrelation", "y_3", "x_3"),
        ("ConcordanceCorrelation", "y_3", "x_3"),
    ]:
        cases[name] = ({}, y, p, FULL)
    cases["PearsonCorrelation/batch"] = ({"axis": 0}, "y", "x", ONE)
    cases["ConcordanceCorrelation/batch"] = ({"axis": 0}, "y", "x", ONE)
    cases["TopKCategoricalAccuracy"] = ({"k": 2}, "one_hot_3", "x_3", FULL)
    cases["SparseTopKCategoricalAccuracy"] = ({"k": 2}, "labels_3", "x_3", FULL)
    sorted_ids = {"k": 2, "from_sorted_ids": True}
    cases["SparseTopKCategoricalAccuracy/ids"] = (sorted_ids, "labels_3", "ids_3", FULL)
    cases["SparseTopKCategoricalAccuracy/ties"] = ({"k": 2}, "labels", "grid", PLAIN)
    return cases


def count_cases():
    """Return the cases of counts at thresholds and their shares."""
    cases = {}
    for name in ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives"):
        cases[name] = ({}, "bits", "p", FULL)
        cases[f"{name}/list"] = ({"thresholds": [0.8, 0.1, 0.5]}, "bits", "p", FULL)
    for name in ("Precision", "Recall"):
        cases[name] = ({}, "bits", "p", FULL)
        cases[f"{name}/flat"] = ({}, "flat_bits", "flat", PLAIN)
        cases[f"{name}/list"] = ({"thresholds": [0.0, 0.25, 0.5, 0.75, 1.0]}, "bits", "p", FULL)
        cases[f"{name}/top_k"] = ({"top_k": 2}, "bits", "p", PLAIN)
        cases[f"{name}/class_id"] = ({"class_id": 2}, "bits", "p", PLAIN)
        cases[f"{name}/top_class"] = (
            {"top_k": 2, "class_id": 3, "thresholds": 0.3},
            "bits",
            "p",
            PLAIN,
        )
    for name, argument in [
        ("SensitivityAtSpecificity", "specificity"),
        ("SpecificityAtSensitivity", "sensitivity"),
        ("PrecisionAtRecall", "recall"),
        ("RecallAtPrecision", "precision"),
    ]:
        cases[name] = ({argument: 0.6}, "bits", "p", FULL)
        cases[f"{name}/class_id"] = ({argument: 0.5, "class_id": 1}, "bits", "p", PLAIN)
        cases[f"{name}/grid"] = ({argument: 0.5, "num_thresholds": 11}, "bits", "grid", PLAIN)
        cases[f"{name}/one"] = ({argument: 0.5, "num_thresholds": 1}, "bits", "p", PLAIN)
    return cases


def area_cases():
    """Return the cases of areas under curves."""
    cases = {}
    for curve in ("ROC", "PR", "PRGAIN"):
        for method in ("interpolation", "minoring", "majoring"):
            options = {"curve": curve, "summation_method": method}
            cases[f"AUC/{curve}_{method}"] = (options, "bits", "p", FULL)
            options = {**options, "multi_label": True}
            cases[f"AUC/{curve}_{method}_labels"] = (options, "bits", "p", PLAIN)
    weights = [0.1, 0.2, 0.3, 0.4]
    cases["AUC/grid"] = ({"num_thresholds": 11}, "bits", "grid", PLAIN)
    cases["AUC/flat"] = ({}, "flat_bits", "flat", PLAIN)
    cases["AUC/thresholds"] = ({"thresholds": [0.7, 0.2, 0.4]}, "bits", "p", PLAIN)
    cases["AUC/logits"] = ({"from_logits": True}, "bits", "x", PLAIN)
    cases["AUC/weights"] = ({"label_weights": weights}, "bits", "p", PLAIN)
    named = {"label_weights": weights, "multi_label": True, "num_labels": 4}
    cases["AUC/label_weights"] = (named, "bits", "p", PLAIN)
    cases["AUC/pr_weights"] = ({**named, "curve": "PR"}, "bits", "p", PLAIN)
    return cases


def score_cases():
    """Return the cases of F scores, R^2 and intersections over unions."""
    cases = {}
    for average in (None, "micro", "macro", "weighted"):
        cases[f"F1Score/{average}"] = ({"average": average}, "one_hot", "p", PLAIN)
        options = {"average": average, "beta": 2.0, "threshold": 0.6}
        cases[f"FBetaScore/{average}"] = (options, "bits", "p", PLAIN)
    for how in (None, "uniform_average", "variance_weighted_average"):
        cases[f"R2Score/{how}"] = ({"class_aggregation": how}, "y", "x", PLAIN)
    cases["R2Score/adjusted"] = ({"num_regressors": 3}, "y", "x", PLAIN)
    cases["IoU"] = ({"num_classes": 4, "target_class_ids": [0, 2]}, "labels", "guesses", PLAIN)
    cases["MeanIoU"] = ({"num_classes": 4}, "labels", "guesses", PLAIN)
    cases["MeanIoU/ignore"] = ({"num_classes": 4, "ignore_class": 1}, "labels", "guesses", PLAIN)
    cases["MeanIoU/fewer"] = ({"num_classes": 3}, "labels", "guesses", PLAIN)
    cases["BinaryIoU"] = ({"threshold": 0.4}, "bits", "p", EACH)
    hot = {"num_classes": 4, "target_class_ids": [1, 3]}
    cases["OneHotIoU"] = (hot, "one_hot_3", "x_3", EACH)
    cases["OneHotMeanIoU"] = ({"num_classes": 4}, "one_hot_3", "x_3", EACH)
    return cases


def metrics(draw):
    """Return the results of each metric after each of two batches."""
    data, configs = metric_data(draw), {}
    cases = metric_cases()
    out = {f"data/{name}": array for name, array in data.items()}
    out["cases"] = np.array(json.dumps(cases))
    for name, (options, y, p, kinds) in cases.items():
        cls = getattr(keras.metrics, name.split("/")[0])
        config = cls(**options).get_config()
        skipped = ("name" if "/" in name else "", "label_weights", "thresholds")
        configs[name] = {key: str(value) for key, value in config.items() if key not in skipped}
        if "IoU" in name:
            options = {**options, "dtype": "float32"}  # which keeps fractions of weights
        table = []
        for kind in kinds:
            metric, row = cls(**options), []
            for i in range(2):
                shape = data[p][i].shape
                whole = data["weights"][i]
                weights = {"plain": None, "sample": whole[:, 0], "full": whole}[kind]
                if kind == "full" and len(shape) == 3:
                    weights = whole[:, : shape[1]]
                metric.update_state(data[y][i], data[p][i], sample_weight=weights)
                row.append(np.array(metric.result()))
            table.append(row)
        out[f"results/{name}"] = np.array(table, "float64")
    out["configs"] = np.array(json.dumps(configs))
    return out


def main():
    """Write the files."""
    draw = np.random.default_rng(11)
    version = {"keras": np.array(keras.__version__)}
    np.savez_compressed(HERE / "losses.npz", **version, **losses(draw))
    np.savez_compressed(HERE / "metrics.npz", **version, **metrics(draw))


if __name__ == "__main__":
    main()
