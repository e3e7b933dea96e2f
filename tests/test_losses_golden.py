"""Every loss that `make_losses.py` asked Keras about, in value, gradient and reduction."""

import json
from pathlib import Path

import numpy as np
import pytest

from elman import losses
from tests.tolerances import EXACT, FLOAT32, KERAS_LOSS

GOLDEN = np.load(Path(__file__).parent / "golden" / "losses.npz")
CASES = json.loads(str(GOLDEN["cases"]))
ROWS = GOLDEN["rows"].tolist()  # those whose rows are independent
REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight")


def data(case):
    return GOLDEN[f"{case}/y_true"], GOLDEN[f"{case}/y_pred"]


def make(case, **more):
    name = case.split("/")[0]
    return losses.get({"class_name": name, "config": {**CASES[case], **more}})


def weights(case, y):
    """Return the weights that `make_losses.py` used."""
    steps = case in ROWS or case == "dice/last"
    return GOLDEN["sample_weight"] if steps else np.linspace(0.5, 2.0, len(y), dtype="float32")


def assert_close(got, expected):
    size = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(got, expected, rtol=KERAS_LOSS, atol=KERAS_LOSS * size)


@pytest.mark.parametrize("case", CASES)
def test_values_and_gradients_are_keras_s(case):
    name = case.split("/")[0]
    f, df = getattr(losses, name), getattr(losses, f"d_{name}")
    values = f(*data(case), **CASES[case])
    gradient = df(np.ones_like(values), *data(case), **CASES[case])
    assert values.dtype == gradient.dtype == np.float32
    assert_close(values, GOLDEN[f"{case}/values"])
    assert_close(gradient, GOLDEN[f"{case}/gradient"])


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("case", CASES)
def test_reductions_weights_and_masks_are_keras_s(case, reduction):
    loss, (y, p) = make(case, reduction=reduction), data(case)
    w = weights(case, y)
    got = [loss(y, p), loss(y, p, w)]
    if case in ROWS:
        got.append(loss(y, p, w, GOLDEN["mask"]))
    expected = GOLDEN[f"{case}/reductions"][REDUCTIONS.index(reduction)][: len(got)]
    np.testing.assert_allclose(got, expected, rtol=KERAS_LOSS, atol=KERAS_LOSS)


@pytest.mark.parametrize("case", CASES)
def test_the_gradient_of_the_weighted_masked_loss_is_keras_s(case):
    loss, (y, p) = make(case), data(case)
    mask = GOLDEN["mask"] if case in ROWS else None
    value, dp = loss.value_and_gradient(y, p, weights(case, y), mask)
    assert dp.dtype == np.float32
    assert value == pytest.approx(loss(y, p, weights(case, y), mask), rel=KERAS_LOSS)
    assert_close(dp, GOLDEN[f"{case}/last_gradient"])


@pytest.mark.parametrize("case", CASES)
def test_a_config_makes_the_same_loss_again(case):
    loss = make(case, reduction="sum")
    wrapped = losses.serialize(loss)
    assert wrapped["module"] == "keras.losses"
    json.dumps(wrapped)  # and it can be written
    assert losses.deserialize(wrapped).get_config() == loss.get_config()


@pytest.mark.parametrize("case", CASES)
def test_float64_stays_float64_and_agrees(case):
    y, p = data(case)
    value, dp = make(case).value_and_gradient(y, p.astype(float))
    assert isinstance(value, float)
    assert dp.dtype == np.float64
    if "hard" not in case:  # 1 - 1e-7, where probabilities are cut off, is another float32
        single, dsingle = make(case).value_and_gradient(y, p)
        assert value == pytest.approx(single, rel=FLOAT32)
        np.testing.assert_allclose(dsingle, dp, rtol=FLOAT32, atol=FLOAT32 * np.abs(dp).max())


@pytest.mark.parametrize("case", CASES)
def test_no_reduction_keeps_the_weighted_values(case):
    y, p = data(case)
    loss, w = make(case, reduction="none"), weights(case, y)
    values = loss(y, p)
    assert_close(values, GOLDEN[f"{case}/values"])
    np.testing.assert_allclose(loss(y, p, w), values * w, rtol=KERAS_LOSS, atol=0)


@pytest.mark.parametrize("case", ROWS)
def test_masked_entries_do_not_count_whatever_they_hold(case):
    loss, (y, p), mask = make(case), data(case), GOLDEN["mask"]
    value, dp = loss.value_and_gradient(y, p, mask=mask)
    spoilt_y, spoilt_p = y.copy(), p.copy()
    spoilt_y[~mask], spoilt_p[~mask] = -99, np.nan
    spoilt_value, spoilt_dp = loss.value_and_gradient(spoilt_y, spoilt_p, mask=mask)
    assert spoilt_value == value
    np.testing.assert_array_equal(spoilt_dp, dp)
    assert (dp[~mask] == 0).all()
    rows = make(case)(y[mask], p[mask])
    assert value == pytest.approx(rows, rel=EXACT)


@pytest.mark.parametrize("case", CASES)
def test_the_arguments_are_not_changed(case):
    (y, p), (y_before, p_before) = data(case), data(case)
    make(case).value_and_gradient(y, p, weights(case, y))
    np.testing.assert_array_equal(y, y_before)
    np.testing.assert_array_equal(p, p_before)
