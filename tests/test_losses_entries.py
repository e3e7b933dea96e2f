"""What losses and metrics of one's own return: numbers of a shape that fits, or an error."""

import re

import numpy as np
import pytest

import elman
from elman import layers, losses, metrics, ops
from elman.errors import ArgumentError, KeywordError, ShapeError
from tests import tolerances
from tests.gradcheck import assert_gradient

RNG = np.random.default_rng(5)
Y, P = RNG.normal(size=(3, 4, 2)), RNG.normal(size=(3, 4, 2))
E = abs(Y - P)
RETURNS = {
    "further axes": lambda y, p: ops.abs(y - p),
    "one value an entry": lambda y, p: ops.mean(ops.abs(y - p), axis=-1),
    "one value a sample": lambda y, p: ops.mean(ops.abs(y - p), axis=(1, 2)),
    "one number": lambda y, p: ops.mean(ops.abs(y - p)),
}
# The sums are those of what was returned, as in Keras; the mean is the same whatever was.
SUMS = {
    "further axes": E.sum(),
    "one value an entry": E.mean(axis=-1).sum(),
    "one value a sample": E.mean(axis=(1, 2)).sum(),
    "one number": E.mean(),
}


def of_class(function, **options):
    class Own(losses.Loss):
        def call(self, y_true, y_pred):
            return function(y_true, y_pred)

    return Own(**options)


@pytest.mark.parametrize("kind", RETURNS)
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum"])
def test_a_loss_may_return_values_of_more_or_fewer_axes(kind, reduction):
    loss = of_class(RETURNS[kind], reduction=reduction)
    expected = SUMS[kind] if reduction == "sum" else E.mean()
    np.testing.assert_allclose(loss(Y, P), expected, rtol=tolerances.EXACT)
    value, dp = loss.value_and_gradient(Y, P)
    np.testing.assert_allclose(value, expected, rtol=tolerances.EXACT)
    assert_gradient(lambda p: loss(Y, p), P, dp)


def fit(**compiled):
    model = elman.Sequential([layers.Input((4, 2)), layers.Dense(2)])
    model.compile("sgd", **{"loss": "mse", **compiled})
    return model.fit(Y.astype("float32"), Y.astype("float32"), verbose=0).history


WRONG = [
    (lambda y, p: None, ArgumentError, "got None. Does it end with `return …`?"),
    (lambda y, p: "0.5", ArgumentError, "got str."),
    (lambda y, p: {"a": 1.0}, ArgumentError, "got dict."),
    (lambda y, p: 1j, ArgumentError, "got complex."),
    (lambda y, p: [[1.0], []], ArgumentError, "got list. Join them with `elman.ops.stack`."),
    (lambda y, p: np.array(["a"]), ArgumentError, "got an array of <U1."),
]


@pytest.mark.parametrize(("fn", "error", "text"), WRONG)
def test_a_loss_that_returns_no_numbers_says_so(fn, error, text):
    rule = "must return one value an entry, of shape (3, 4), or one number; "
    with pytest.raises(error, match=re.escape(f"loss 'lambda': `fn` {rule}{text}")):
        fit(loss=fn)
    with pytest.raises(error, match=re.escape(f"Own: `call` {rule}{text}")):
        fit(loss=of_class(fn))


@pytest.mark.parametrize(("fn", "error", "text"), WRONG)
def test_a_metric_that_returns_no_numbers_says_so(fn, error, text):
    rule = "metric 'lambda': `fn` must return a number or an array of numbers; "
    with pytest.raises(error, match=re.escape(rule + text)):
        fit(metrics=[fn])


@pytest.mark.parametrize("shape", [(2,), (4,), (1, 7), (0,), (4, 3), (2, 3, 4)])
def test_a_loss_of_a_wrong_shape_says_which_is_right(shape):
    text = (
        "loss 'lambda': `fn` must return one value an entry, of shape (3, 4), or one number; got "
        f"shape {shape}. Take the mean over the last axis, with `axis=-1`."
    )
    with pytest.raises(ShapeError, match=re.escape(text)):
        fit(loss=lambda y, p: np.zeros(shape))


def test_a_metric_of_a_wrong_shape_says_which_is_right():
    text = "metric 'worst': `fn` must return at least one number; got shape (0,)."
    worst = metrics.MeanMetricWrapper(lambda y, p: np.zeros(0), "worst")
    with pytest.raises(ShapeError, match=re.escape(text)):
        worst.update_state(Y, P)
    worst = metrics.MeanMetricWrapper(lambda y, p: np.zeros(3), "worst")
    text = "`fn` must return one value an entry, of shape (4,), or one number; got shape (3,)."
    mask = np.array([[True] * 4, [False] * 4, [False] * 4])
    with pytest.raises(ShapeError, match=re.escape(text)):
        worst.update_state(Y, P, mask=mask)


@pytest.mark.parametrize("name", ["loss", "metrics"])
def test_a_function_of_other_arguments_is_told_which_it_gets(name):
    owner = {"loss": "loss", "metrics": "metric"}[name]
    text = f"{owner} 'lambda': `fn` must take (y_true, y_pred); got a function that does not: "
    with pytest.raises(KeywordError, match=re.escape(text)):
        fit(**{name: lambda y: y})


@pytest.mark.parametrize(
    ("compiled", "owner"),
    [
        ({"loss": lambda y, p: y @ p}, "loss 'lambda'"),
        ({"metrics": [lambda y, p: y @ p]}, "metric 'lambda'"),
        ({"loss": of_class(lambda y, p: y @ p)}, "Own"),
    ],
)
def test_an_error_inside_has_a_note_of_the_shapes(compiled, owner):
    with pytest.raises(ValueError, match="matmul") as raised:
        fit(**compiled)
    note = f"in {owner}, called with y_true of shape (3, 4, 2), y_pred of shape (3, 4, 2)"
    assert raised.value.__notes__ == [note]


@pytest.mark.parametrize(
    "fn", [lambda y, p: 1.0, lambda y, p: float(np.mean(p.numpy())), lambda y, p: y[..., 0]]
)
def test_a_loss_that_trains_nothing_warns(fn):
    text = "loss 'lambda': `fn` must compute its value from `y_pred` to train anything; it does not"
    with pytest.warns(UserWarning, match=re.escape(text)):
        fit(loss=fn)


@pytest.mark.parametrize("value", [None, "0.5"])
def test_a_result_that_is_none_says_so(value):
    class Own(metrics.Metric):
        def result(self):
            return value

    text = "Own: `result` must return a number, an array, or a dictionary of such; got "
    with pytest.raises(ArgumentError, match=re.escape(f"{text}{value!r}. Does it end")):
        Own().result()


def test_a_result_that_is_a_dictionary_is_reported_by_its_names():
    class Both(metrics.Metric):
        def update_state(self, y_true, y_pred, sample_weight=None):
            pass

        def result(self):
            return {"low": 1.0, "high": 2.0}

    assert {**fit(metrics=[Both()]), "loss": 0} == {"loss": 0, "low": [1.0], "high": [2.0]}
