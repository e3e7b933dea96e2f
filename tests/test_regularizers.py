import re

import numpy as np
import pytest

from elman import regularizers
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from tests.golden.weight_rules import REGULARIZERS, weight
from tests.gradcheck import assert_gradient
from tests.test_keras_parity import GOLDEN
from tests.tolerances import EXACT, KERAS_LOSS

KERAS = np.load(GOLDEN / "weight_rules.npz")
CLASSES = ["L1", "L2", "L1L2", "OrthogonalRegularizer"]


def make(name):
    cls, options, _ = REGULARIZERS[name]
    return getattr(regularizers, cls)(**options)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_penalties_and_gradients_are_those_of_keras(name):
    w = KERAS[f"{name}/w"]
    assert make(name)(w) == pytest.approx(float(KERAS[f"{name}/value"]), rel=KERAS_LOSS)
    expected = KERAS[f"{name}/gradient"]
    scale = np.abs(expected).max()
    np.testing.assert_allclose(make(name).gradient(w), expected, rtol=0, atol=KERAS_LOSS * scale)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_gradients_are_those_of_the_penalty(name):
    w = np.random.default_rng(1).normal(size=REGULARIZERS[name][2])
    assert_gradient(make(name), w, make(name).gradient(w))


@pytest.mark.parametrize("name", REGULARIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_penalty_is_a_number_and_its_gradient_is_like_the_weight(name, dtype):
    w = weight(REGULARIZERS[name][2]).astype(dtype)
    before = w.copy()
    assert type(make(name)(w)) is float
    gradient = make(name).gradient(w)
    assert (gradient.dtype, gradient.shape) == (w.dtype, w.shape)
    np.testing.assert_array_equal(w, before)


def test_orthogonal_rows_cost_nothing_and_parallel_ones_the_whole_factor():
    regularizer = regularizers.OrthogonalRegularizer(factor=3.0)
    assert regularizer(np.eye(4)) == 0.0
    np.testing.assert_array_equal(regularizer.gradient(np.eye(4)), np.zeros((4, 4)))
    assert regularizer(np.ones((4, 2))) == pytest.approx(3.0, abs=EXACT)


def test_a_row_of_zeros_has_no_gradient_and_gives_none():
    w = np.array([[0.0, 0.0], [1.0, 2.0], [2.0, -3.0]])
    gradient = regularizers.OrthogonalRegularizer().gradient(w)
    np.testing.assert_array_equal(gradient[0], [0.0, 0.0])
    assert np.isfinite(gradient).all()


def test_a_row_shorter_than_epsilon_is_divided_by_epsilon():
    w = np.array([[3e-8, 1e-8], [1.0, 2.0]])
    regularizer = regularizers.OrthogonalRegularizer(1.0)
    assert regularizer(w) == pytest.approx(abs(w[0] @ w[1]) / 1e-7 / np.sqrt(5), rel=EXACT)
    expected = np.array([w[1] / np.sqrt(5) / 1e-7])
    np.testing.assert_allclose(regularizer.gradient(w)[:1], expected, rtol=EXACT)


def test_a_nan_in_the_weight_is_a_nan_in_the_penalty():
    for name in CLASSES[:2]:
        assert np.isnan(getattr(regularizers, name)()(np.array([1.0, np.nan])))


def test_get_takes_every_kind_of_identifier():
    def double(w):
        return 2.0 * float(w.sum())

    instance = regularizers.L2(0.5)
    assert regularizers.get(None) is None
    assert regularizers.get(instance) is instance
    assert regularizers.get(double) is double
    for identifier in [
        *("l1_l2", "l1l2", "L1L2", regularizers.L1L2, regularizers.l1_l2),
        {"class_name": "L1L2", "config": {"l1": 0.0}},
    ]:
        assert type(regularizers.get(identifier)) is regularizers.L1L2
    assert regularizers.get("l1").l1 == regularizers.get("l2").l2 == 0.01
    assert regularizers.l1_l2 is regularizers.L1L2
    assert regularizers.orthogonal_regularizer().factor == 0.01


def test_none_is_the_default_factor_as_in_keras():
    assert (regularizers.L1(None).l1, regularizers.L2(None).l2) == (0.01, 0.01)
    assert regularizers.L1L2(None, None).get_config() == {"l1": 0.0, "l2": 0.0}


def test_what_knows_no_derivative_says_so():
    class Own(regularizers.Regularizer):
        def __call__(self, w):
            return float(w.sum())

    class Whole(Own):
        def gradient(self, w):
            return np.ones_like(w)

    assert regularizers.has_gradient(Whole())
    assert regularizers.get(Own)(np.ones(2)) == 2.0
    for regularizer in (Own(), sum, regularizers.Regularizer()):
        assert not regularizers.has_gradient(regularizer)
    assert regularizers.Regularizer()(np.ones(2)) == 0.0  # Keras's base class says so too
    with pytest.raises(UnsupportedError, match="Own: `gradient` must be defined to be called; "):
        Own().gradient(np.ones(2))


@pytest.mark.parametrize("name", CLASSES)
def test_a_config_makes_the_same_regularizer_again(name):
    one = getattr(regularizers, name)(0.25)
    wrapped = regularizers.serialize(one)
    assert wrapped["module"] == "keras.regularizers"
    assert set(wrapped) == {"module", "class_name", "config", "registered_name"}
    for again in (regularizers.deserialize(wrapped), type(one).from_config(one.get_config())):
        assert repr(again) == repr(one)


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: regularizers.get("l3"),
            ArgumentError,
            "regularizer: `identifier` must be one of 'l1', 'l2', 'l1_l2', ",
        ),
        (lambda: regularizers.get("L12", "Dense", "x"), ArgumentError, "Dense: `x` must be one of"),
        (lambda: regularizers.get(3), ArgumentError, "got 3."),
        (
            lambda: regularizers.get({"class_name": "L2", "config": {"l1": 1}}),
            ArgumentError,
            "L2: `config` must hold only arguments; got 'l1'.",
        ),
        (
            lambda: regularizers.L1(-1),
            ArgumentError,
            "L1: `l1` must be a finite number and at least 0; got -1.",
        ),
        (
            lambda: regularizers.L1L2(l2=np.inf),
            ArgumentError,
            "L1L2: `l2` must be a finite number and at least 0; got inf.",
        ),
        (
            lambda: regularizers.OrthogonalRegularizer("a"),
            ArgumentError,
            "OrthogonalRegularizer: `factor` must be a finite number and at least 0; got 'a'.",
        ),
        (
            lambda: regularizers.OrthogonalRegularizer(mode="row"),
            ArgumentError,
            "OrthogonalRegularizer: `mode` must be one of 'rows', 'columns'; got 'row'. Did you "
            "mean 'rows'?",
        ),
        (
            lambda: regularizers.OrthogonalRegularizer()(np.ones(3)),
            ShapeError,
            "OrthogonalRegularizer: `w` must have 2 axes; got shape (3,).",
        ),
        (
            lambda: regularizers.OrthogonalRegularizer(mode="columns")(np.ones((3, 1))),
            ShapeError,
            "OrthogonalRegularizer: `w` must have at least 2 columns; got shape (3, 1).",
        ),
        (
            lambda: regularizers.serialize(3),
            UnsupportedError,
            "regularizer: `regularizer` must be a function with a name, or have a `get_config`, to "
            "be saved; got 3. Define `get_config(self)`, which returns the constructor's argum",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
