import math
import re
from pathlib import Path

import numpy as np
import pytest

from elman import metrics
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from tests.tolerances import EXACT, KERAS_LOSS

GOLDEN = np.load(Path(__file__).parent / "golden" / "training.npz")
CASES = {  # name in training.npz: (metric, targets, predictions), the last two by name
    "MeanSquaredError": (metrics.MeanSquaredError, "y", "x"),
    "RootMeanSquaredError": (metrics.RootMeanSquaredError, "y", "x"),
    "MeanAbsoluteError": (metrics.MeanAbsoluteError, "y", "x"),
    "Accuracy": (metrics.Accuracy, "bits", "rounded"),
    "BinaryAccuracy": (lambda: metrics.BinaryAccuracy(threshold=0.4), "bits", "p"),
    "CategoricalAccuracy": (metrics.CategoricalAccuracy, "one_hot", "softmax"),
    "SparseCategoricalAccuracy": (metrics.SparseCategoricalAccuracy, "labels", "softmax"),
    "BinaryCrossentropy": (lambda: metrics.BinaryCrossentropy(label_smoothing=0.1), "bits", "p"),
    "CategoricalCrossentropy": (metrics.CategoricalCrossentropy, "one_hot", "softmax"),
    "SparseCategoricalCrossentropy": (metrics.SparseCategoricalCrossentropy, "labels", "softmax"),
}
KINDS = ("plain", "weighted", "sample", "masked")
CLASSES = [metrics.Mean, *(getattr(metrics, name) for name in CASES)]


def data(name):
    return np.round(GOLDEN["metrics/p"]) if name == "rounded" else GOLDEN[f"metrics/{name}"]


def batches(case, kind):
    """Yield two batches of (y_true, y_pred, options)."""
    weights, mask = GOLDEN["metrics/weights"], GOLDEN["metrics/mask"]
    _, y, p = CASES[case]
    for i in range(2):
        options = {
            "plain": {},
            "weighted": {"sample_weight": weights[i]},
            "sample": {"sample_weight": weights[i, :, 0]},
            "masked": {"mask": mask[i]},
        }[kind]
        yield data(y)[i], data(p)[i], options


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        (case, kind)
        for case in CASES
        for kind in KINDS
        # Keras's RootMeanSquaredError counts masked entries; elman's does not.
        if (case, kind) != ("RootMeanSquaredError", "masked")
    ],
)
def test_results_over_two_batches_are_keras_s(case, kind):
    metric = CASES[case][0]()
    for y, p, options in batches(case, kind):
        metric.update_state(y, p, **options)
    expected = GOLDEN[f"metrics/{case}"][KINDS.index(kind)]
    assert isinstance(metric.result(), float)
    assert metric.result() == pytest.approx(expected, rel=KERAS_LOSS)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_masked_entries_do_not_count_whatever_they_hold(case, weighted):
    make, y, p = CASES[case]
    y, p, mask = data(y)[0], data(p)[0], GOLDEN["metrics/mask"][0]
    w = GOLDEN["metrics/weights"][0] if weighted else None
    spoilt_y, spoilt_p = y.copy(), p.copy()
    spoilt_y[~mask], spoilt_p[~mask] = -99, np.nan
    rows = make()
    rows.update_state(y[mask], p[mask], None if w is None else w[mask])
    spoilt = make()
    spoilt.update_state(spoilt_y, spoilt_p, w, mask)
    assert spoilt.result() == pytest.approx(rows.result(), rel=EXACT)


def test_masked_values_of_a_mean_do_not_count():
    mean = metrics.Mean()
    mean.update_state([[1.0, np.nan], [3.0, 4.0]], mask=[[True, False], [True, True]])
    assert mean.result() == pytest.approx(8 / 3, rel=EXACT)


def test_root_mean_squared_error_leaves_out_masked_entries():
    metric, mask = metrics.RootMeanSquaredError(), np.array([True, False])
    metric.update_state(np.zeros((2, 1)), np.array([[3.0], [99.0]]), mask=mask)
    assert metric.result() == 3.0


def test_the_root_is_taken_of_the_mean_over_all_batches():
    metric = metrics.RootMeanSquaredError()
    metric.update_state([[0.0]], [[1.0]])
    metric.update_state([[0.0]], [[7.0]])
    assert metric.result() == 5.0


def test_a_reset_forgets_and_nothing_seen_is_zero():
    metric = metrics.MeanSquaredError()
    assert metric.result() == 0.0
    assert metric([[0.0]], [[3.0]]) == 9.0
    metric.reset_state()
    assert metric.result() == 0.0
    metric.update_state(np.zeros((2, 1)), np.ones((2, 1)), mask=np.zeros(2, bool))
    assert metric.result() == 0.0


def test_a_last_axis_of_size_1_may_be_left_out():
    y, p = np.array([0.0, 1.0, 1.0]), np.array([0.2, 0.3, 0.9])
    for cls in (metrics.MeanSquaredError, metrics.BinaryAccuracy, metrics.BinaryCrossentropy):
        expected = cls()(y[:, None], p[:, None], sample_weight=[1.0, 2.0, 3.0])
        for targets, predictions in [(y, p[:, None]), (y[:, None], p), (y, p)]:
            assert cls()(targets, predictions, sample_weight=[1.0, 2.0, 3.0]) == expected
    labels, q = np.array([[1], [0]]), np.array([[0.1, 0.9], [0.2, 0.8]])
    assert metrics.SparseCategoricalAccuracy()(labels, q) == 0.5


def test_a_function_is_a_metric():
    def worst(y_true, y_pred):
        return np.abs(y_true - y_pred).max(axis=-1)

    metric = metrics.get(worst)
    assert metric.name == "worst"
    y, p = np.zeros((2, 2, 2)), np.array([[[1.0, 2.0], [3.0, 0.0]], [[5.0, 6.0], [9.0, 9.0]]])
    assert metric(y, p) == 5.0
    metric.reset_state()
    assert metric(y, p, mask=[[True, True], [True, False]]) == pytest.approx(11 / 3, rel=EXACT)
    assert metrics.MeanMetricWrapper(worst, name="other").name == "other"


@pytest.mark.parametrize(
    ("identifier", "cls"),
    [
        ("mse", metrics.MeanSquaredError),
        ("MSE", metrics.MeanSquaredError),
        ("mae", metrics.MeanAbsoluteError),
        ("bce", metrics.BinaryCrossentropy),
        ("accuracy", metrics.Accuracy),
        ("root_mean_squared_error", metrics.RootMeanSquaredError),
        ("SparseCategoricalAccuracy", metrics.SparseCategoricalAccuracy),
        (metrics.BinaryAccuracy, metrics.BinaryAccuracy),
        (metrics.binary_accuracy, metrics.BinaryAccuracy),
        (metrics.mean_squared_error, metrics.MeanSquaredError),
        ({"class_name": "Mean", "config": {"name": "m", "dtype": "float32"}}, metrics.Mean),
    ],
)
def test_get_takes_every_kind_of_identifier(identifier, cls):
    assert type(metrics.get(identifier)) is cls


def test_get_returns_none_and_instances_as_they_are():
    metric = metrics.Mean()
    assert metrics.get(None) is None
    assert metrics.get(metric) is metric


@pytest.mark.parametrize("name", ["accuracy", "acc", "Accuracy"])
@pytest.mark.parametrize(
    ("y_true", "y_pred", "cls"),
    [
        ((None, 1), (None, 1), metrics.BinaryAccuracy),
        ((None,), (None, 1), metrics.BinaryAccuracy),
        ((None, 5, 1), (None, 5, 1), metrics.BinaryAccuracy),
        ((None,), (None, 10), metrics.SparseCategoricalAccuracy),
        ((None, 1), (None, 10), metrics.SparseCategoricalAccuracy),
        ((None, 5), (None, 5, 10), metrics.SparseCategoricalAccuracy),
        ((None, 10), (None, 10), metrics.CategoricalAccuracy),
        ((None, 5, 10), (None, 5, 10), metrics.CategoricalAccuracy),
    ],
)
def test_accuracy_means_what_the_shapes_say(name, y_true, y_pred, cls):
    metric = metrics.resolve(name, y_true, y_pred)
    assert type(metric) is cls
    assert metric.name == name


def test_resolve_keeps_the_name_that_was_given():
    assert metrics.resolve("mse", (None, 1), (None, 1)).name == "mse"
    assert metrics.resolve(metrics.MeanSquaredError(name="x"), (1,), (1,)).name == "x"
    assert metrics.resolve(metrics.MeanSquaredError, (1,), (1,)).name == "mean_squared_error"


@pytest.mark.parametrize("cls", CLASSES)
def test_a_config_makes_the_same_metric_again(cls):
    metric = cls(name="mine")
    wrapped = metrics.serialize(metric)
    assert wrapped["module"] == "keras.metrics"
    assert wrapped["config"]["name"] == "mine"
    again = metrics.deserialize(wrapped)
    assert type(again) is cls
    assert (
        again.get_config()
        == metric.get_config()
        == cls.from_config(metric.get_config()).get_config()
    )


@pytest.mark.parametrize("cls", CLASSES)
def test_a_metric_is_called_as_in_keras(cls):
    words = re.findall("[A-Z][a-z]+", cls.__name__)
    assert cls().name == "_".join(words).lower()
    assert repr(cls()) == f"<{cls.__name__} name={cls().name}>"


def test_the_number_of_steps_does_not_weigh_a_batch():
    metric = metrics.MeanSquaredError()
    metric.update_state(np.zeros((1, 4, 1)), np.ones((1, 4, 1)))
    metric.update_state(np.zeros((1, 2, 1)), np.full((1, 2, 1), math.sqrt(3)))
    assert metric.result() == pytest.approx(2.0, rel=EXACT)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: metrics.get("mean_square_error"),
            ArgumentError,
            "got 'mean_square_error'. Did you mean 'mean_squared_error'?",
        ),
        (lambda: metrics.get("acc"), ArgumentError, "metric: `identifier` must be one of"),
        (
            lambda: metrics.resolve(None, (1,), (1,)),
            ArgumentError,
            "metric: `identifier` must name a metric; got None.",
        ),
        (
            lambda: metrics.serialize(metrics.get(lambda y_true, y_pred: 0)),
            UnsupportedError,
            "metric: `<lambda>` must be registered to be saved, because it has no name by which",
        ),
        (
            lambda: metrics.sparse_categorical_accuracy(np.eye(3), np.eye(3)),
            ShapeError,
            "of shape (3,); got (3, 3). One-hot targets go with `categorical_accuracy`.",
        ),
        (
            lambda: metrics.MeanSquaredError()(np.eye(2), np.eye(2), mask=np.ones(3)),
            ShapeError,
            "MeanSquaredError: `mask` must have shape (2,); got (3,).",
        ),
        (
            lambda: metrics.MeanSquaredError()(np.eye(3), np.ones((2, 3)), mask=np.ones(2)),
            ShapeError,
            "MeanSquaredError: `y_true` must have shape (2,), the mask's, or (2, 3)",
        ),
        (
            lambda: metrics.Mean()([1.0, 2.0], sample_weight=[1.0, 2.0, 3.0]),
            ShapeError,
            "Mean: `sample_weight` must have shape (2,); got (3,).",
        ),
        (
            lambda: metrics.BinaryAccuracy(threshold="x"),
            ArgumentError,
            "BinaryAccuracy: `threshold` must be a finite number; got 'x'.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(call, error, text):
    with pytest.raises(error, match=re.escape(text)):
        call()


def test_an_ignored_class_has_no_weight_where_there_are_weights():
    """Keras divides by the weights of the others alone; without weights all entries count."""
    y, p = np.array([[0], [1], [2]]), np.array([[0.5, 0.2, 0.3], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]])
    metric = metrics.SparseCategoricalCrossentropy(ignore_class=1)
    assert metric(y, p) == pytest.approx(-np.log(0.5 * 0.6) / 3)
    metric.reset_state()
    assert metric(y, p, np.array([1.0, 5.0, 3.0])) == pytest.approx(
        -(np.log(0.5) + 3 * np.log(0.6)) / 4
    )
    metric.reset_state()
    metric.update_state(y[:, 0], p, np.ones(3), mask=np.array([True, True, False]))
    assert metric.result() == pytest.approx(-np.log(0.5))


def test_binary_accuracy_is_a_number_for_each_prediction():
    found = metrics.binary_accuracy(np.array([[1, 0, 1]]), np.array([[0.6, 0.7, 0.2]], "float32"))
    np.testing.assert_array_equal(found, np.array([[1, 0, 0]], "float32"))
    assert found.dtype == np.float32
