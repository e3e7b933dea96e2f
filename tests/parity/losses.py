"""Losses and metrics: values, gradients of predictions, and results over two batches."""

import inspect

import keras
import numpy as np
import tensorflow as tf

import elman

SHAPE = BATCH, TIMESTEPS, CLASSES = 4, 3, 5
LOSSES = {  # class: the data, and options
    "MeanSquaredError": ("numbers", {}),
    "MeanAbsoluteError": ("numbers", {}),
    "MeanAbsolutePercentageError": ("numbers", {}),
    "MeanSquaredLogarithmicError": ("positive", {}),
    "Huber": ("numbers", {}, {"delta": 0.3}),
    "LogCosh": ("numbers", {}),
    "CosineSimilarity": ("numbers", {}),
    "Poisson": ("positive", {}),
    "KLDivergence": ("shares", {}),
    "Hinge": ("signs", {}),
    "SquaredHinge": ("signs", {}),
    "CategoricalHinge": ("one hot", {}),
    "BinaryCrossentropy": ("bits", {}, {"from_logits": True}, {"label_smoothing": 0.2}),
    "BinaryFocalCrossentropy": ("bits", {}, {"apply_class_balancing": True, "gamma": 1.5}),
    "CategoricalCrossentropy": ("one hot", {}, {"from_logits": True}, {"label_smoothing": 0.2}),
    "CategoricalFocalCrossentropy": ("one hot", {}, {"from_logits": True}, {"alpha": 0.5}),
    "CategoricalGeneralizedCrossEntropy": ("labels", {}, {"q": 0.9}),
    "SparseCategoricalCrossentropy": ("labels", {}, {"from_logits": True}, {"ignore_class": 1}),
    "Dice": ("bits", {}, {"axis": [1, 2]}),
    "Tversky": ("bits", {}, {"axis": [1, 2], "alpha": 0.3, "beta": 0.8}),
    "Circle": ("embeddings", {}, {"gamma": 2.0, "margin": 0.2}),
    "CTC": ("sequences", {}),
}
IN_FLOATS = {"dtype": "float32"}  # without it Keras cuts weights to whole numbers
METRICS = {
    "Accuracy": ("whole", {}),
    "BinaryAccuracy": ("bits", {}, {"threshold": 0.3}),
    "CategoricalAccuracy": ("one hot", {}),
    "SparseCategoricalAccuracy": ("labels", {}),
    "TopKCategoricalAccuracy": ("one hot", {"k": 2}),
    "SparseTopKCategoricalAccuracy": ("labels", {"k": 2}),
    "BinaryCrossentropy": ("bits", {}, {"from_logits": True}),
    "CategoricalCrossentropy": ("one hot", {}, {"label_smoothing": 0.1}),
    "SparseCategoricalCrossentropy": ("labels", {}, {"ignore_class": 1}),
    "MeanSquaredError": ("numbers", {}),
    "RootMeanSquaredError": ("numbers", {}),
    "MeanAbsoluteError": ("numbers", {}),
    "MeanAbsolutePercentageError": ("numbers", {}),
    "MeanSquaredLogarithmicError": ("positive", {}),
    "LogCoshError": ("numbers", {}),
    "CosineSimilarity": ("numbers", {}),
    "Poisson": ("positive", {}),
    "KLDivergence": ("shares", {}),
    "Hinge": ("signs", {}),
    "SquaredHinge": ("signs", {}),
    "CategoricalHinge": ("one hot", {}),
    "R2Score": ("rows", {}, {"class_aggregation": None}, {"num_regressors": 1}),
    "F1Score": ("flat one hot", {}, {"average": "macro"}),
    "FBetaScore": ("flat one hot", {}, {"beta": 2.0, "average": "micro", "threshold": 0.3}),
    "PearsonCorrelation": ("rows", {}),
    "ConcordanceCorrelation": ("rows", {}),
    "AUC": (
        "flat bits",
        {},
        {"curve": "PR"},
        {"num_thresholds": 9},
        {"summation_method": "majoring"},
    ),
    "Precision": ("flat bits", {}, {"thresholds": [0.2, 0.7]}, {"top_k": 2}, {"class_id": 1}),
    "Recall": ("flat bits", {}, {"thresholds": 0.3}, {"top_k": 2}),
    "TruePositives": ("flat bits", {}, {"thresholds": [0.2, 0.7]}),
    "TrueNegatives": ("flat bits", {}),
    "FalsePositives": ("flat bits", {}),
    "FalseNegatives": ("flat bits", {}),
    "PrecisionAtRecall": ("flat bits", {"recall": 0.6}),
    "RecallAtPrecision": ("flat bits", {"precision": 0.5}),
    "SensitivityAtSpecificity": ("flat bits", {"specificity": 0.5}),
    "SpecificityAtSensitivity": ("flat bits", {"sensitivity": 0.5}),
    "IoU": ("whole", {"num_classes": 4, "target_class_ids": [0, 2], **IN_FLOATS}),
    "MeanIoU": ("whole", {"num_classes": 4, **IN_FLOATS}),
    "BinaryIoU": ("single bits", IN_FLOATS, {"threshold": 0.3, **IN_FLOATS}),
    "OneHotIoU": (
        "flat one hot",
        {"num_classes": CLASSES, "target_class_ids": [0, 2], **IN_FLOATS},
    ),
    "OneHotMeanIoU": ("flat one hot", {"num_classes": CLASSES, **IN_FLOATS}),
}
FUNCTIONS = {  # metrics of these are functions alone, or have names of their own
    "log_cosh": ("numbers", {}),
    "huber": ("numbers", {}),
    "binary_focal_crossentropy": ("bits", {}),
    "categorical_focal_crossentropy": ("one hot", {}),
    "pearson_correlation": ("rows", {}),
    "concordance_correlation": ("rows", {}),
}
COUPLED = ("Dice", "Tversky", "Circle", "CTC")  # weighted a sample, not a timestep


def data(kind, seed=0):
    """Return targets and predictions, float32 and int32."""
    draw = np.random.default_rng(seed)
    x, y = draw.normal(size=SHAPE), draw.normal(size=SHAPE)
    p = draw.uniform(0.05, 0.95, size=SHAPE)
    labels = draw.integers(0, CLASSES, size=SHAPE[:-1])
    q, one_hot = np.exp(y) / np.exp(y).sum(-1, keepdims=True), np.eye(CLASSES)[labels]
    unit = draw.normal(size=(8, 6))
    made = {
        "numbers": (y, x),
        "positive": (np.floor(y**2 * 3), x**2 + 0.1),
        "shares": (p / p.sum(-1, keepdims=True), q),
        "bits": (draw.integers(0, 2, size=SHAPE).astype(float), p),
        "flat bits": (draw.integers(0, 2, size=(8, 3)).astype(float), draw.random((8, 3))),
        "single bits": (draw.integers(0, 2, size=30).astype(float), draw.random(30)),
        "signs": (2.0 * draw.integers(0, 2, size=SHAPE) - 1, x),
        "one hot": (one_hot, q),
        "labels": (labels, q),
        "whole": (draw.integers(0, 4, size=30), draw.integers(0, 4, size=30)),
        "rows": (y[:, 0], x[:, 0] + y[:, 0]),
        "flat one hot": (one_hot[:, 0], q[:, 0]),
        "embeddings": (draw.integers(0, 3, size=8), unit / np.linalg.norm(unit, axis=1)[:, None]),
        "sequences": (
            np.array([[1, 2, 2, 0], [3, 0, 0, 0], [0, 0, 0, 0], [1, 2, 3, 4]]),
            draw.normal(size=(4, 7, 5)),
        ),
    }[kind]
    return [a.astype("float32" if a.dtype.kind == "f" else "int32") for a in made]


def weights(y_true, whole):
    """Return a weight a sample, or a timestep where there are such."""
    labels = y_true.dtype.kind == "i"
    shape = y_true.shape[:1] if whole or (y_true.ndim < 3 and not labels) else y_true.shape[:2]
    return np.linspace(0.5, 2.0, int(np.prod(shape)), dtype="float32").reshape(shape)


def snake(name):
    """Return the name of a class's function, None where there is none.

    >>> snake("KLDivergence")
    'kl_divergence'
    """
    text = "".join("_" + c if c.isupper() else c for c in name).lower().strip("_")
    text = text.replace("k_l_", "kl_").replace("c_t_c", "ctc").replace("i_o_u", "iou")
    return text if hasattr(keras.metrics, text) or hasattr(keras.losses, text) else None


def loss(record, name, kind, options, label):
    """Check a loss, by reductions and with weights, and its gradient."""
    y_true, y_pred = data(kind)
    w = weights(y_true, name in COUPLED)

    def keras_side():
        p, values = tf.Variable(y_pred), []
        for reduction in ("sum_over_batch_size", "sum", "mean_with_sample_weight"):
            made = getattr(keras.losses, name)(reduction=reduction, **options)
            with tf.GradientTape() as tape:
                last = made(y_true, p, sample_weight=w)
            values += [made(y_true, p), last]
        return {"values": [float(v) for v in values], "gradients": tape.gradient(last, p).numpy()}

    def elman_side():
        values = []
        for reduction in ("sum_over_batch_size", "sum", "mean_with_sample_weight"):
            made = getattr(elman.losses, name)(reduction=reduction, **options)
            last, gradient = made.value_and_gradient(y_true, y_pred, sample_weight=w)
            values += [made(y_true, y_pred), last]
        return {"values": values, "gradients": gradient}

    record.check(f"losses.{name}", label, keras_side, elman_side)


def function(record, area, name, kind, options):
    """Check a function of targets and predictions."""
    y_true, y_pred = data(kind)

    def side(library):
        module = getattr(library, area)
        return lambda: {"values": np.asarray(getattr(module, name)(y_true, y_pred, **options))}

    record.check(f"{area}.{name}", name, side(keras), side(elman))


def metric(record, name, kind, options, label):
    """Check the results of a metric after each of two batches, plain and weighted."""

    def side(library):
        def results():
            found = []
            for weighted in (False, True):
                made = getattr(library.metrics, name)(**options)
                for seed in (0, 1):
                    y_true, y_pred = data(kind, seed)
                    w = weights(y_true, "ignore_class" not in options) if weighted else None
                    made.update_state(y_true, y_pred, sample_weight=w)
                    found.append(np.asarray(made.result(), "float32"))
            return {"results": found}

        return results

    record.check(f"metrics.{name}", label, side(keras), side(elman))


def means(record):
    """Check the metrics that take values alone."""
    values, w = np.arange(6, dtype="float32").reshape(2, 3), np.array([1.0, 3.0], "float32")
    for name in ("Mean", "Sum"):

        def side(library, name=name):
            def results():
                made = getattr(library.metrics, name)()
                made.update_state(values)
                made.update_state(values + 1, sample_weight=w)
                return {"results": np.float32(made.result())}

            return results

        if hasattr(elman.metrics, name):
            record.check(f"metrics.{name}", "two batches", side(keras), side(elman))

    def wrapped(library):
        def results():
            made = library.metrics.MeanMetricWrapper(library.losses.mean_squared_error)
            made.update_state(*data("numbers"))
            return {"results": np.float32(made.result())}

        return results

    record.check("metrics.MeanMetricWrapper", "mse", wrapped(keras), wrapped(elman))


def run(record):
    """Add all cases to the record."""
    for name, (kind, *choices) in LOSSES.items():
        for options in choices:
            loss(record, name, kind, options, str(options))
        known = inspect.signature(getattr(keras.losses, snake(name))).parameters
        options = {"q": 0.5} if "q" in known else {}
        function(record, "losses", snake(name), kind, options)
    for name, (kind, *choices) in METRICS.items():
        if hasattr(elman.metrics, name):
            for options in choices:
                metric(record, name, kind, options, str(options))
    named = {snake(name): case for name, case in {**METRICS, **LOSSES}.items() if snake(name)}
    for name, (kind, *_) in {**named, **FUNCTIONS}.items():
        if hasattr(keras.metrics, name) and hasattr(elman.metrics, name):
            function(record, "metrics", name, kind, {})
    means(record)
