"""The losses whose values come from many entries: Dice, Tversky, Circle and CTC."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from elman import losses
from elman.errors import ArgumentError, ShapeError
from tests.gradcheck import assert_gradient
from tests.tolerances import EXACT, KERAS_LOSS

GOLDEN = np.load(Path(__file__).parent / "golden" / "losses.npz")
LABELS = np.array([0, 1, 1, 0, 2, 1])
TARGETS = np.array([[1, 2, 2], [3, 0, 0], [0, 0, 0], [1, 2, 3]])
CASES = {  # name: options
    "dice": {},
    "dice/axis": {"axis": (1, 2)},
    "dice/first": {"axis": 0},
    "dice/last": {"axis": -1},
    "tversky": {"alpha": 0.3, "beta": 0.8},
    "tversky/axis": {"axis": (1, 2), "alpha": 0.3, "beta": 0.8},
    "circle": {"gamma": 2.0, "margin": 0.25},
    "circle/diagonal": {"gamma": 3.0, "remove_diagonal": False},
    "ctc": {},
}


def draw(case, seed=0):
    """Return targets, predictions in float64, and a mask."""
    rng = np.random.default_rng(seed)
    if case.startswith("circle"):
        p = rng.normal(size=(6, 4))
        p *= 0.9 / np.linalg.norm(p, axis=1, keepdims=True)  # at length 1 one's own is at a kink
        return LABELS, p, np.arange(6) != 3
    if case == "ctc":
        mask = np.array([[1, 1, 0, 1, 1, 1], [0, 1, 1, 0, 0, 0], [1] * 6, [1, 1, 1, 0, 1, 0]])
        return TARGETS, rng.normal(size=(4, 6, 4)), mask.astype(bool)
    p = rng.uniform(0.1, 0.9, size=(4, 3, 2))
    y = rng.integers(0, 2, size=p.shape).astype(float)
    return y, p, np.arange(3) < np.array([[3], [2], [1], [3]])


def make(case, **more):
    name = case.split("/")[0]
    return losses.get({"class_name": name, "config": {**CASES[case], **more}})


def functions(case):
    name = case.split("/")[0]
    return getattr(losses, name), getattr(losses, f"d_{name}")


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_the_gradient_of_the_values_is_their_derivative(case, masked):
    (f, df), (y, p, mask) = functions(case), draw(case)
    options = {**CASES[case], "mask": mask} if masked else CASES[case]
    values = f(y, p, **options)
    dvalues = np.random.default_rng(1).normal(size=values.shape)
    assert_gradient(
        lambda x: float(np.sum(dvalues * f(y, x, **options))), p, df(dvalues, y, p, **options)
    )


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight"])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_the_gradient_of_the_weighted_loss_is_its_derivative(case, masked, reduction):
    loss, (y, p, mask) = make(case, reduction=reduction), draw(case)
    mask = mask if masked else None
    entries = p.shape[1] if case == "dice/first" else len(p)
    w = np.random.default_rng(2).uniform(0.5, 2, size=entries)
    value, dp = loss.value_and_gradient(y, p, w, mask)
    assert value == pytest.approx(loss(y, p, w, mask), rel=EXACT)
    assert_gradient(lambda x: loss(y, x, w, mask), p, dp)
    assert_gradient(
        lambda x: loss(y, x, None, mask), p, loss.value_and_gradient(y, p, None, mask)[1]
    )


@pytest.mark.parametrize("case", CASES)
def test_masked_entries_do_not_count_whatever_they_hold(case):
    loss, (y, p, mask) = make(case), draw(case)
    value, dp = loss.value_and_gradient(y, p, mask=mask)
    spoilt_y, spoilt_p = y.copy(), p.copy()
    spoilt_p[~mask] = np.nan
    if case != "ctc":  # whose labels have no timesteps
        spoilt_y[~mask] = -99
    spoilt_value, spoilt_dp = loss.value_and_gradient(spoilt_y, spoilt_p, mask=mask)
    assert spoilt_value == value
    np.testing.assert_array_equal(spoilt_dp, dp)
    assert (dp[~mask] == 0).all()


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean", "mean_with_sample_weight"])
@pytest.mark.parametrize("case", CASES)
def test_a_mask_that_leaves_nothing_gives_zero(case, reduction):
    y, p, mask = draw(case)
    value, dp = make(case, reduction=reduction).value_and_gradient(y, p, mask=np.zeros_like(mask))
    assert value == 0.0
    assert (dp == 0).all()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_and_gradients_have_the_dtype_of_the_predictions(case, dtype):
    (f, df), (y, p, mask) = functions(case), draw(case)
    for options in (CASES[case], {**CASES[case], "mask": mask}):
        values = f(y, p.astype(dtype), **options)
        assert (
            values.dtype == df(np.ones_like(values), y, p.astype(dtype), **options).dtype == dtype
        )


def test_no_reduction_has_no_gradient():
    with pytest.raises(ArgumentError, match="CTC: `reduction` must make one number to train with"):
        losses.CTC("none").value_and_gradient(TARGETS, np.zeros((4, 6, 4)))


def test_a_loss_of_your_own_may_redefine_the_values():
    class Doubled(losses.Dice):
        def call(self, y_true, y_pred):
            return 2 * super().call(y_true, y_pred)

    y, p, _ = draw("dice")
    assert Doubled()(y, p) == 2 * losses.Dice()(y, p)


# ---------------------------------------------------------------- overlap


def test_dice_is_tversky_with_halves():
    y, p, mask = draw("dice")
    for options in ({}, {"mask": mask}, {"axis": (1, 2)}):
        np.testing.assert_allclose(
            losses.dice(y, p, **options), losses.tversky(y, p, **options), rtol=1e-6
        )


def test_a_masked_overlap_is_that_of_the_rest():
    y, p, mask = draw("dice")
    assert losses.Dice()(y, p, mask=mask) == pytest.approx(losses.Dice()(y[mask], p[mask]))
    rows = [float(losses.dice(y[i, mask[i]], p[i, mask[i]])) for i in range(len(y))]
    assert losses.Dice(axis=(1, 2))(y, p, mask=mask) == pytest.approx(np.mean(rows))


def test_one_value_of_a_batch_is_weighed_by_the_mean_of_the_weights():
    y, p, mask = draw("dice")
    w = np.array([1.0, 2.0, 0.5, 3.0])
    value = losses.Dice()(y, p)
    assert losses.Dice()(y, p, w) == pytest.approx(value * w.mean())
    assert losses.Dice("sum")(y, p, w) == pytest.approx(value * w.sum())
    steps = np.repeat(w[:, None], 3, axis=1)[mask]
    assert losses.Dice()(y, p, w, mask) == pytest.approx(
        losses.Dice()(y, p, mask=mask) * steps.mean()
    )


def test_a_last_axis_of_size_1_may_be_left_out():
    y, p, w = np.array([1.0, 0.0, 1.0]), np.array([0.9, 0.2, 0.4]), np.array([1.0, 2.0, 3.0])
    value, dp = losses.Dice().value_and_gradient(y[:, None], p[:, None], w)
    other, dother = losses.Dice().value_and_gradient(y, p, w)
    assert other == value
    np.testing.assert_array_equal(dother, dp[:, 0])


# ---------------------------------------------------------------- circle


def test_an_embedding_without_a_counterpart_does_not_count():
    p = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [0.6, 0.8]])
    values = losses.circle([0, 0, 1, 2], p, gamma=2.0)
    assert (values[2:] == 0).all()
    assert losses.Circle(gamma=2.0)([0, 0, 1, 2], p) == pytest.approx(values[:2].mean())
    alone, dp = losses.Circle().value_and_gradient([0, 1, 2, 3], p)
    assert alone == 0
    assert (dp == 0).all()


def test_a_masked_embedding_is_nobody_s_reference():
    y, p, mask = draw("circle")
    got = losses.circle(y, p, gamma=2.0, mask=mask)
    np.testing.assert_allclose(got[mask], losses.circle(y[mask], p[mask], gamma=2.0), rtol=EXACT)
    assert got[~mask] == 0


def test_references_may_be_others_and_stay_as_they_are():
    y, p, _ = draw("circle")
    rng = np.random.default_rng(3)
    r, k, dvalues = rng.normal(size=(5, 4)), np.array([0, 1, 2, 0, 1]), rng.normal(size=6)
    refs = {"ref_labels": k, "ref_embeddings": r, "remove_diagonal": False, "gamma": 2.0}
    dp = losses.d_circle(dvalues, y, p, **refs)
    assert_gradient(lambda x: float(np.sum(dvalues * losses.circle(y, x, **refs))), p, dp)


# ---------------------------------------------------------------- CTC


def read(path):
    """Return what a path reads: no repetitions, then no blanks."""
    return [k for k, _ in itertools.groupby(path) if k]


@pytest.mark.parametrize("target", [[], [1], [2, 1], [1, 1], [2, 2, 1]])
def test_ctc_is_the_probability_of_all_paths_that_read_the_target(target):
    a = np.random.default_rng(0).normal(size=(5, 3))
    q = np.exp(a) / np.exp(a).sum(axis=1, keepdims=True)
    paths = itertools.product(range(3), repeat=5)
    total = sum(np.prod(q[range(5), path]) for path in paths if read(path) == target)
    got = losses.ctc([target + [0] * (3 - len(target))], a[None])
    np.testing.assert_allclose(got, -np.log(total), rtol=EXACT)


def test_masked_timesteps_are_keras_s_lengths():
    y, p, n = GOLDEN["ctc/y_true"], GOLDEN["ctc/y_pred"], GOLDEN["ctc/lengths"]
    mask = np.arange(p.shape[1]) < n[:, None]
    values = losses.ctc(y, p, mask)
    np.testing.assert_allclose(values, GOLDEN["ctc/length_values"], rtol=KERAS_LOSS)
    got = losses.d_ctc(np.ones(4), y, p, mask)
    np.testing.assert_allclose(got, GOLDEN["ctc/length_gradient"], atol=KERAS_LOSS)


def test_masked_timesteps_are_as_if_they_were_not_there():
    y, p, mask = draw("ctc")
    for i in range(len(y)):
        alone = losses.ctc(y[i : i + 1], p[i : i + 1, mask[i]])
        np.testing.assert_allclose(losses.ctc(y, p, mask)[i], alone[0], rtol=EXACT)


def test_a_sequence_without_timesteps_does_not_count():
    y, p, _ = draw("ctc")
    mask = np.ones((4, 6), bool)
    mask[1] = False
    others = np.array([0, 2, 3])
    assert losses.CTC()(y, p, mask=mask) == pytest.approx(losses.CTC()(y[others], p[others]))


def test_long_sequences_neither_underflow_nor_lose_their_gradient():
    rng = np.random.default_rng(0)
    p, y = 50 * rng.normal(size=(2, 300, 8)), rng.integers(1, 8, size=(2, 40))
    values, dp = losses.ctc(y, p), losses.d_ctc(np.ones(2), y, p)
    assert (values > 1000).all()
    np.testing.assert_allclose(dp.sum(axis=-1), 0, atol=1e-9)  # logits have no zero
    assert np.isfinite(dp).all()


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: losses.dice(np.zeros((4, 2)), np.zeros((4, 2)), axis=2),
            ArgumentError,
            "dice: `axis` must name axes of `y_pred`, which has 2; got 2.",
        ),
        (
            lambda: losses.Tversky(axis="x"),
            ArgumentError,
            "Tversky: `axis` must be an integer; got 'x'.",
        ),
        (
            lambda: losses.Dice()(np.zeros((4, 2)), np.zeros((4, 2)), np.ones(3)),
            ShapeError,
            "Dice: `sample_weight` must have shape (4,); got (3,).",
        ),
        (
            lambda: losses.Dice()(np.zeros((4, 2)), np.zeros((4, 2)), mask=np.ones(3)),
            ShapeError,
            "Dice: `mask` must have shape (4,); got (3,).",
        ),
        (
            lambda: losses.circle([0, 1], np.zeros((2, 3, 1))),
            ShapeError,
            "circle: `y_pred` must have shape (batch, features); got (2, 3, 1).",
        ),
        (
            lambda: losses.circle([0, 1, 2], np.eye(2)),
            ShapeError,
            "circle: `y_true` must have shape (2,); got (3,).",
        ),
        (
            lambda: losses.circle([0, 1], np.eye(2), ref_labels=[0, 1]),
            ShapeError,
            "circle: `ref_labels` and `ref_embeddings` must be given together.",
        ),
        (
            lambda: losses.circle([0, 1], np.eye(2), ref_labels=[0], ref_embeddings=[[1.0]]),
            ShapeError,
            "circle: `ref_embeddings` must have shape (references, 2); got (1, 1).",
        ),
        (
            lambda: losses.Circle(remove_diagonal=1),
            ArgumentError,
            "Circle: `remove_diagonal` must be True or False; got 1.",
        ),
        (
            lambda: losses.ctc([[1]], np.zeros((1, 4))),
            ShapeError,
            "ctc: `y_pred` must have shape (batch, timesteps, classes); got (1, 4).",
        ),
        (
            lambda: losses.ctc([1, 2], np.zeros((2, 4, 3))),
            ShapeError,
            "ctc: `y_true` must have shape (batch=2, labels); got (2,).",
        ),
        *[
            (
                lambda k=k: losses.ctc([[1, k]], np.zeros((1, 4, 3))),
                ArgumentError,
                f"from 1 to 2, as `y_pred` has 3 classes, padded with 0; got {k}.",
            )
            for k in (3, -1, 1.5)
        ],
        (
            lambda: losses.ctc([[1, 0, 2]], np.zeros((1, 4, 3))),
            ArgumentError,
            "`y_true` must have its padding, 0, behind the labels; got [1, 0, 2]. 0 is the blank,",
        ),
        (
            lambda: losses.ctc([[1, 2, 0], [1, 1, 2]], np.zeros((2, 3, 3))),
            ArgumentError,
            "ctc: `y_true` must fit into the timesteps; got labels in row 1 that take 4 steps, and"
            " 3 steps. Leave such rows out.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(call, error, text):
    with pytest.raises(error, match=re.escape(text)):
        call()
