"""Metrics of your own, written as Keras's documentation writes them, and their variables."""

import re

import numpy as np
import pytest

from elman import metrics
from elman.errors import ArgumentError, NotBuiltError, ShapeError


class BinaryTruePositives(metrics.Metric):
    def __init__(self, name="binary_true_positives", **kwargs):
        super().__init__(name=name, **kwargs)
        self.true_positives = self.add_weight(shape=(), initializer="zeros", name="tp")

    def update_state(self, y_true, y_pred, sample_weight=None):
        values = (np.asarray(y_true) == 1) & (np.asarray(y_pred) == 1)
        values = values.astype(self.dtype)
        if sample_weight is not None:
            values = values * np.broadcast_to(sample_weight, values.shape)
        self.true_positives.assign(self.true_positives + np.sum(values))

    def result(self):
        return self.true_positives


Y, P = np.array([1.0, 1.0, 0.0, 1.0]), np.array([1.0, 0.0, 1.0, 1.0])


def test_a_metric_of_your_own_adds_up_in_its_variables():
    metric = BinaryTruePositives(dtype="float32")
    metric.update_state(Y, P)
    assert metric.result() == 2.0
    assert isinstance(metric.result(), float)
    metric.update_state(Y, P, sample_weight=[1.0, 1.0, 1.0, 0.5])
    assert metric.result() == 3.5
    assert [v.name for v in metric.variables] == ["tp"]
    assert metric.name == "binary_true_positives"
    metric.reset_state()
    assert metric.result() == 0.0
    assert metric(Y, P) == 2.0


@pytest.mark.parametrize("weighted", [False, True])
def test_an_update_state_without_a_mask_sees_what_counts(weighted):
    w = np.array([2.0, 2.0, 2.0, 3.0]) if weighted else None
    metric = BinaryTruePositives()
    metric.update_state(Y, P, w, mask=np.array([False, True, True, True]))
    assert metric.result() == (3.0 if weighted else 1.0)
    metric.reset_state()
    metric.update_state(y_true=Y, y_pred=P, sample_weight=w, mask=None)
    assert metric.result() == (5.0 if weighted else 2.0)


def test_a_sequence_s_mask_leaves_rows():
    seen = []

    class Sees(metrics.Metric):
        def update_state(self, y_true, y_pred, sample_weight=None):
            seen.append((y_true, y_pred, sample_weight))

        def result(self):
            return 0

    mask = np.array([[True, False], [True, True]])
    y, p = np.arange(4).reshape(2, 2), np.arange(12.0).reshape(2, 2, 3)
    Sees().update_state(y, p, [1.0, 2.0], mask=mask)
    ((y_seen, p_seen, w_seen),) = seen
    np.testing.assert_array_equal(y_seen, [0, 2, 3])
    np.testing.assert_array_equal(p_seen, p[mask])
    np.testing.assert_array_equal(w_seen, [1.0, 2.0, 2.0])
    with pytest.raises(ShapeError, match=re.escape("Sees: `y_true` must have shape (2, 2), the")):
        Sees().update_state(np.zeros((3, 2)), p, mask=mask)


def test_an_update_state_that_takes_a_mask_or_any_keyword_is_given_it():
    class Takes(metrics.Metric):
        def update_state(self, y_true, y_pred, sample_weight=None, mask=None):
            self.seen = mask

        def result(self):
            return {"a": np.float32(1), "b": np.ones(2)}

    class Passes(metrics.MeanSquaredError):
        def update_state(self, *args, **kwargs):
            super().update_state(*args, **kwargs)

    metric = Takes()
    metric.update_state(Y, P, mask=Y)
    assert metric.seen is Y
    assert type(metric.result()["a"]) is float
    own, other = Passes(), metrics.MeanSquaredError()
    own.update_state(Y, P, mask=Y > 0)
    other.update_state(Y, P, mask=Y > 0)
    assert own.result() == other.result()


def test_a_mean_may_be_made_of_values_of_your_own():
    class Doubled(metrics.Mean):
        def update_state(self, values, sample_weight=None):
            super().update_state(2 * np.asarray(values), sample_weight)

    metric = Doubled()
    metric.update_state([1.0, 3.0])
    assert metric.result() == 4.0
    metric.reset_state()
    metric.update_state([1.0, 3.0], mask=[False, True])
    assert metric.result() == 6.0


def test_a_mean_s_variables_are_its_total_and_count():
    mean = metrics.Mean()
    mean.update_state([1.0, 3.0])
    total, count = mean.variables
    assert (float(total), float(count)) == (4.0, 2.0)
    total.assign(10.0)
    count.assign_add(3)
    assert mean.result() == 2.0


def test_a_metric_s_variables_include_those_of_the_metrics_it_holds():
    class Both(metrics.Metric):
        def __init__(self):
            super().__init__()
            self.tp = BinaryTruePositives()
            self.others = [metrics.Sum(), metrics.Mean()]
            self.named = {"auc": metrics.AUC(num_thresholds=3)}
            self.own = self.add_variable((2,), "ones")

    metric = Both()
    assert len(metric.variables) == 1 + 1 + 1 + 2 + 4
    metric.reset_state()
    assert all((np.asarray(v) == 0).all() for v in metric.variables)


@pytest.mark.parametrize(
    ("initializer", "expected"),
    [("zeros", 0), ("ones", 1), (None, 0), (lambda shape, dtype: np.full(shape, 2, dtype), 2)],
)
def test_a_variable_begins_with_its_initializer(initializer, expected):
    variable = metrics.Metric().add_variable((2, 3), initializer, dtype="float32")
    assert variable.dtype == np.float32
    assert variable.shape == (2, 3)
    assert variable.ndim == 2
    assert not variable.trainable
    np.testing.assert_array_equal(variable, np.full((2, 3), expected))


def test_a_variable_computes_as_an_array():
    v = metrics.Metric().add_weight((3,), "zeros", name="v")
    v.assign([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(v * 2 + v, [3.0, 6.0, 9.0])
    np.testing.assert_array_equal(1 / v, [1, 1 / 2, 1 / 3])
    np.testing.assert_array_equal(np.where(v > 1.5, v, 0), [0, 2, 3])
    assert np.sum(v) == np.add.reduce(v) == 6
    assert v[1] == 2
    assert list(v) == [1, 2, 3]
    assert len(v) == 3
    assert (v == v.value).all()
    np.testing.assert_array_equal(v.assign_sub([1.0, 1.0, 1.0]), [0, 1, 2])
    v += 1
    assert isinstance(v, metrics.Variable)
    np.testing.assert_array_equal(v.numpy(), [1, 2, 3])
    into = np.zeros(3)
    np.add(v, v, out=into)
    np.testing.assert_array_equal(into, [2, 4, 6])


def test_what_is_read_from_a_variable_does_not_change_with_it():
    v = metrics.Metric().add_weight((2,), "zeros")
    before, array, first = v.value, np.asarray(v), v[:1]
    v.assign_add([1.0, 1.0])
    given = np.ones(2)
    v.assign(given)
    given[:] = 5
    for each in (before, array, first):
        assert (each == 0).all()
    assert (v.value == 1).all()


def test_a_variable_without_axes_is_a_number():
    v = metrics.Metric().add_weight(name="n")
    assert v.assign_add(3) == 3.0
    assert float(v) == int(v) == 3
    assert bool(v)
    assert f"{v:.2f}" == "3.00"
    assert repr(v) == "<Variable 'n' shape=() value=3.0>"
    assert v / 2 == 1.5
    assert v > 2


def test_a_variable_of_whole_numbers_takes_whole_numbers():
    v = metrics.Metric().add_weight(dtype="int32", name="n")
    v.assign_add(np.float32(3))
    assert v.value.dtype == np.int32
    text = "Variable 'n': `value` must hold whole numbers, as its dtype is int32; got"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        v.assign(0.5)


def test_a_variable_keeps_its_shape():
    v = metrics.Metric().add_weight((2,), name="v")
    with pytest.raises(ShapeError, match=re.escape("`value` must have shape (2,); got (3,).")):
        v.assign(np.zeros(3))
    with pytest.raises(ShapeError, match=re.escape("`value` must have shape (2,); got (3, 2).")):
        v += np.zeros((3, 2))


def test_super_comes_first():
    class Late(metrics.Metric):
        def __init__(self):
            self.tp = self.add_weight()

    text = "Late: `super().__init__()` must be called before a variable is added."
    with pytest.raises(NotBuiltError, match=re.escape(text)):
        Late()


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda m: m.add_weight((-1,)), "Metric: `shape` must be an integer of at least 0; got -1"),
        (lambda m: m.add_weight(initializer="zeroes"), "Metric: `initializer` must be one of"),
        (
            lambda m: m.add_variable((), "zeros", aggregation="all"),
            "Metric: `aggregation` must be one of None, 'none', 'mean', 'sum',",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(call, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        call(metrics.Metric())
