import re

import numpy as np
import pytest

from elman import constraints
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from tests.golden.weight_rules import CONSTRAINTS, weight
from tests.test_keras_parity import GOLDEN
from tests.tolerances import FLOAT32, KERAS_LOSS

KERAS = np.load(GOLDEN / "weight_rules.npz")
CLASSES = ["NonNeg", "UnitNorm", "MaxNorm", "MinMaxNorm"]


def make(name):
    cls, options, _ = CONSTRAINTS[name]
    return getattr(constraints, cls)(**options)


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_weights_are_moved_to_where_keras_moves_them(name):
    found = make(name)(KERAS[f"{name}/w"])
    np.testing.assert_allclose(found, KERAS[f"{name}/projected"], rtol=KERAS_LOSS, atol=0)


@pytest.mark.parametrize("name", CONSTRAINTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_shape_and_dtype_stay_and_the_weight_given_is_not_changed(name, dtype):
    w = weight(CONSTRAINTS[name][2]).astype(dtype)
    before = w.copy()
    found = make(name)(w)
    assert (found.dtype, found.shape) == (w.dtype, w.shape)
    np.testing.assert_array_equal(w, before)


def norms(w):
    return np.sqrt((w**2).sum(axis=0))


def test_norms_are_what_the_constraint_says():
    w = np.random.default_rng(0).normal(size=(5, 40))
    assert (constraints.NonNeg()(w) >= 0).all()
    np.testing.assert_allclose(norms(constraints.UnitNorm()(w)), 1.0, rtol=FLOAT32)
    assert (norms(constraints.MaxNorm(1.5)(w)) <= 1.5).all()
    found = norms(constraints.MinMaxNorm(1.0, 1.5)(w))
    assert ((found > 1.0 - FLOAT32) & (found <= 1.5)).all()
    halfway = norms(constraints.MinMaxNorm(9.0, 9.0, rate=0.5)(w))
    np.testing.assert_allclose(halfway, (norms(w) + 9.0) / 2, rtol=FLOAT32)


def test_a_column_of_zeros_stays_zeros():
    w = np.zeros((3, 2))
    for name in CLASSES:
        np.testing.assert_array_equal(getattr(constraints, name)()(w), w)


def test_get_takes_every_kind_of_identifier():
    def halve(w):
        return w / 2

    instance = constraints.MaxNorm(3)
    assert constraints.get(None) is None
    assert constraints.get(instance) is instance
    assert constraints.get(halve) is halve
    for identifier in [
        *("max_norm", "MaxNorm", constraints.MaxNorm, constraints.max_norm),
        {"class_name": "MaxNorm", "config": {"max_value": 2}},
    ]:
        assert type(constraints.get(identifier)) is constraints.MaxNorm
    assert constraints.min_max_norm is constraints.MinMaxNorm
    w = np.ones(2)
    assert constraints.get("constraint")(w) is w


def test_a_class_of_one_s_own_is_taken_as_it_is():
    class Ceiling(constraints.Constraint):
        def __call__(self, w):
            return np.minimum(w, 1)

    assert constraints.get(Ceiling)(np.array([3.0])) == 1.0
    form = constraints.serialize(Ceiling())
    assert (form["class_name"], form["module"]) == ("Ceiling", __name__)
    assert type(constraints.deserialize(form, {"Ceiling": Ceiling})) is Ceiling
    with pytest.raises(UnsupportedError, match="constraint: `Ceiling` must be registered or given"):
        constraints.deserialize(form)


@pytest.mark.parametrize("name", CLASSES)
def test_a_config_makes_the_same_constraint_again(name):
    one = getattr(constraints, name)(**({} if name == "NonNeg" else {"axis": (0, 1)}))
    wrapped = constraints.serialize(one)
    assert wrapped["module"] == "keras.constraints"
    assert set(wrapped) == {"module", "class_name", "config", "registered_name"}
    for again in (constraints.deserialize(wrapped), type(one).from_config(one.get_config())):
        assert repr(again) == repr(one)


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: constraints.get("maxnorm"),
            ArgumentError,
            "constraint: `identifier` must be one of 'max_norm', 'min_max_norm', 'non_neg', "
            "'unit_norm', 'constraint'; got 'maxnorm'. Did you mean 'max_norm'?",
        ),
        (
            lambda: constraints.get(3, "LSTM", "bias_constraint"),
            ArgumentError,
            "LSTM: `bias_constraint` must be one of",
        ),
        (
            lambda: constraints.MaxNorm(-1),
            ArgumentError,
            "MaxNorm: `max_value` must be a finite number and at least 0; got -1.",
        ),
        (
            lambda: constraints.MinMaxNorm(2, 1),
            ArgumentError,
            "MinMaxNorm: `max_value` must be a finite number and at least 2; got 1.",
        ),
        (
            lambda: constraints.MinMaxNorm(rate=2),
            ArgumentError,
            "MinMaxNorm: `rate` must be a finite number and at least 0 and at most 1; got 2.",
        ),
        (
            lambda: constraints.UnitNorm(axis="0"),
            ArgumentError,
            "UnitNorm: `axis` must be an integer or a list of integers; got '0'.",
        ),
        (
            lambda: constraints.UnitNorm(axis=[0, 1.5]),
            ArgumentError,
            "UnitNorm: `axis` must be an integer; got 1.5.",
        ),
        (
            lambda: constraints.UnitNorm(axis=1)(np.ones(4)),
            ShapeError,
            "UnitNorm: `axis` must be among the axes of the weight, of shape (4,); got 1.",
        ),
        (
            lambda: constraints.UnitNorm(axis=[0, 2])(np.ones((4, 2))),
            ShapeError,
            "UnitNorm: `axis` must be among the axes of the weight, of shape (4, 2); got [0, 2].",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
