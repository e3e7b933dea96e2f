import re

import numpy as np
import pytest

from elman import losses, ops
from elman.errors import ArgumentError, UnsupportedError
from elman.gradient_tape import GradientTape
from tests.gradcheck import assert_gradient
from tests.tolerances import EXACT

RNG = np.random.default_rng(0)
Y, P = RNG.uniform(0.1, 0.9, (2, 4, 3))
WEIGHT = np.array([0.5, 2.0, 0.0, 1.0])
MASK = np.array([True, False, True, True])


class Fourth(losses.Loss):
    def call(self, y_true, y_pred):
        return ops.mean(ops.square(ops.square(y_pred - y_true)), axis=-1)


def by_tape(function, p):
    """Return a function's value at p, and its gradient by a tape."""
    with GradientTape() as tape:
        box = tape.watch(p)
        value = function(box)
    return value, tape.gradient(value, box)


@pytest.mark.parametrize("kind", [losses.MeanSquaredError, losses.Huber, Fourth])
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight"])
@pytest.mark.parametrize("given", [{}, {"sample_weight": WEIGHT}, {"mask": MASK}])
def test_a_loss_called_on_what_a_tape_watches_has_its_gradient(kind, reduction, given):
    loss = kind(reduction=reduction)
    value, gradient = by_tape(lambda p: loss(Y, p, **given), P)
    assert float(value) == pytest.approx(loss(Y, P, **given), rel=EXACT)
    assert_gradient(lambda p: loss(Y, p, **given), P.copy(), gradient)


@pytest.mark.parametrize("given", [{}, {"sample_weight": WEIGHT}])
@pytest.mark.parametrize("kind", [losses.MeanSquaredError, losses.CosineSimilarity, Fourth])
def test_entries_that_are_not_reduced_have_their_gradients(kind, given):
    loss, seeds = kind(reduction="none"), RNG.normal(size=4)
    _, gradient = by_tape(lambda p: ops.sum(loss(Y, p, **given) * seeds), P)
    assert_gradient(lambda p: (loss(Y, p, **given) * seeds).sum(), P.copy(), gradient)


def test_entries_that_a_mask_leaves_out_have_no_gradient():
    loss = losses.MeanAbsoluteError(reduction="none")
    values, gradient = by_tape(lambda p: loss(Y, p, mask=MASK), P)
    assert np.asarray(values)[1] == 0
    assert_gradient(lambda p: loss(Y, p, mask=MASK).sum(), P.copy(), gradient)
    assert not gradient[1].any()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("mean_squared_error", {}),
        ("binary_crossentropy", {"label_smoothing": 0.1}),
        ("categorical_crossentropy", {"from_logits": True}),
        ("huber", {"delta": 0.2}),
        ("kl_divergence", {}),
        ("pinball", {}),
    ],
)
def test_a_function_called_on_what_a_tape_watches_has_its_gradient(name, options):
    function, seeds = getattr(losses, name), RNG.normal(size=4)
    values, gradient = by_tape(lambda p: ops.sum(function(Y, p, **options) * seeds), P)
    assert float(values) == pytest.approx((function(Y, P, **options) * seeds).sum(), rel=EXACT)
    assert_gradient(lambda p: (function(Y, p, **options) * seeds).sum(), P.copy(), gradient)


def test_predictions_of_one_number_a_sample_may_have_one_axis():
    for loss in (losses.MeanSquaredError(), Fourth()):
        _, gradient = by_tape(lambda p, loss=loss: loss(Y[:, 0], p), P[:, 0].copy())
        assert_gradient(lambda p, loss=loss: loss(Y[:, 0], p), P[:, 0].copy(), gradient)


def test_a_loss_of_one_s_own_has_the_gradient_of_the_targets_too():
    with GradientTape() as tape:
        y, p = tape.watch(Y), tape.watch(P)
        loss = Fourth()(y, p)
    dy, dp = tape.gradient(loss, [y, p])
    np.testing.assert_allclose(dy, -dp, rtol=EXACT)


def test_a_tape_of_a_tape_finds_the_second_gradient_of_a_loss_of_one_s_own():
    x = np.array([[0.5]])
    with GradientTape() as outer:
        p = outer.watch(x)
        with GradientTape() as inner:
            q = inner.watch(p)
            loss = Fourth()(np.zeros((1, 1)), q)
        first = inner.gradient(loss, q)
    assert outer.gradient(first, p).item() == pytest.approx(12 * 0.5**2, rel=EXACT)


def test_a_function_stands_for_its_loss_in_compile():
    assert isinstance(losses.get(losses.mean_squared_error), losses.MeanSquaredError)
    assert losses.mean_squared_error.__name__ == "mean_squared_error"


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda box: losses.MeanSquaredError()(box, P),
            ArgumentError,
            "MeanSquaredError: `y_true` must be an array, as the gradient is that of `y_pred` "
            "alone; got what a tape watches. Give its numbers, `y_true.numpy()`, or compute the "
            "loss with `elman.ops`.",
        ),
        (
            lambda box: losses.huber(box, box),
            ArgumentError,
            "huber: `y_true` must be an array, as the gradient is that of `y_pred` alone; got",
        ),
        (
            lambda box: Fourth()(Y, P, sample_weight=box[:, 0]),
            ArgumentError,
            "Fourth: `sample_weight` must be an array, as the gradient is that of `y_pred` alone",
        ),
        (
            lambda box: Fourth(reduction="none")(Y, box, mask=MASK),
            UnsupportedError,
            "Fourth: `mask` must be None where `reduction` keeps the entries of a loss of your own "
            "and a tape watches. Use 'sum', or multiply with the mask.",
        ),
    ],
)
def test_gradients_that_would_be_lost_are_refused(call, error, text):
    with GradientTape() as tape:
        box = tape.watch(P)
        with pytest.raises(error, match=re.escape(text)):
            call(box)
