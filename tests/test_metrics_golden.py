"""Every metric that `make_losses.py` asked Keras about, over two batches with weights."""

import json
from pathlib import Path

import numpy as np
import pytest

from elman import metrics, utils
from tests.tolerances import EXACT, KERAS_LOSS

GOLDEN = np.load(Path(__file__).parent / "golden" / "metrics.npz")
CASES = json.loads(str(GOLDEN["cases"]))  # name: options, targets, predictions, kinds of weights
CONFIGS = json.loads(str(GOLDEN["configs"]))
WHOLE = "batch"  # of cases along the batch, which take no mask


def make(case):
    return getattr(metrics, case.split("/")[0])(**CASES[case][0])


def batch(case, i, kind="plain"):
    """Return targets, predictions and weights of a batch."""
    _, y, p, _ = CASES[case]
    y, p, w = GOLDEN[f"data/{y}"][i], GOLDEN[f"data/{p}"][i], GOLDEN["data/weights"][i]
    full = w[:, : p.shape[1]] if p.ndim == 3 else w
    return y, p, {"plain": None, "sample": w[:, 0], "full": full}[kind]


@pytest.mark.parametrize("case", CASES)
def test_results_over_two_batches_are_keras_s(case):
    for row, kind in enumerate(CASES[case][3]):
        metric = make(case)
        for i in range(2):
            metric.update_state(*batch(case, i, kind))
            expected = GOLDEN[f"results/{case}"][row, i]
            got = metric.result()
            assert isinstance(got, np.ndarray if expected.ndim else float)
            np.testing.assert_allclose(got, expected, rtol=KERAS_LOSS, atol=KERAS_LOSS)


@pytest.mark.parametrize("case", CASES)
def test_a_reset_forgets_and_a_call_tells(case):
    metric, fresh = make(case), make(case)
    metric(*batch(case, 1))
    metric.reset_state()
    np.testing.assert_array_equal(metric(*batch(case, 0)), fresh(*batch(case, 0)))


@pytest.mark.parametrize("case", CASES)
def test_a_metric_that_has_seen_nothing_is_a_number(case):
    assert isinstance(make(case).result(), float | np.ndarray)


@pytest.mark.parametrize("case", [case for case in CASES if WHOLE not in case])
def test_masked_entries_do_not_count_whatever_they_hold(case):
    y, p, w = batch(case, 0, "sample")
    shape = p.shape[:-1] if p.ndim > 1 else p.shape
    mask = np.random.default_rng(0).random(shape) < 0.6
    whole = np.broadcast_to(w.reshape(-1, *[1] * (len(shape) - 1)), shape)
    rows, spoilt = make(case), make(case)
    rows.update_state(y[mask], p[mask], whole[mask])
    y, p = y.copy(), p.copy()
    y[~mask] = 1
    p[~mask] = np.nan if p.dtype.kind == "f" else 77
    spoilt.update_state(y, p, w, mask)
    np.testing.assert_allclose(spoilt.result(), rows.result(), rtol=EXACT)
    unweighted = make(case)
    unweighted.update_state(y, p, mask=mask)
    assert np.isfinite(unweighted.result()).all()


@pytest.mark.parametrize("case", CASES)
def test_a_mask_that_leaves_nothing_changes_nothing(case):
    if WHOLE in case:
        return
    metric = make(case)
    y, p, w = batch(case, 0, "sample")
    expected = metric(y, p, w)
    metric.update_state(y, p, w, np.zeros(len(p), bool))
    np.testing.assert_allclose(metric.result(), expected, rtol=EXACT)


@pytest.mark.parametrize("case", CASES)
def test_a_config_is_keras_s_and_makes_the_same_metric_again(case):
    utils.clear_session()  # names are counted
    metric = make(case)
    config = metric.get_config()
    assert {key: str(config[key]) for key in CONFIGS[case]} == CONFIGS[case]
    wrapped = metrics.serialize(metric)
    assert wrapped["module"] == "keras.metrics"
    again = metrics.deserialize(json.loads(json.dumps(wrapped)))
    assert again.get_config() == config
    np.testing.assert_array_equal(again(*batch(case, 0)), make(case)(*batch(case, 0)))


@pytest.mark.parametrize("case", CASES)
def test_float64_gives_the_same(case):
    y, p, _ = batch(case, 0)
    if "grid" in case or "ties" in case or p.dtype.kind != "f":  # where float32 is what decides
        return
    got = make(case)(y, p.astype(float))
    np.testing.assert_allclose(got, make(case)(y, p), rtol=KERAS_LOSS, atol=KERAS_LOSS)


@pytest.mark.parametrize("case", CASES)
def test_the_arguments_are_not_changed(case):
    kind = CASES[case][3][-1]
    before, after = batch(case, 0, kind), batch(case, 0, kind)
    make(case).update_state(*after)
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


WEIGHTS = np.load(Path(__file__).parent / "golden" / "metric_weights.npz")


@pytest.mark.parametrize("ndim", [2, 3])
def test_a_root_takes_a_weight_for_each_number_as_keras_does(ndim):
    metric = metrics.RootMeanSquaredError()
    data, results = WEIGHTS[f"{ndim}/data"], WEIGHTS[f"{ndim}/results"]
    for (y, p, w), expected in zip(data, results, strict=True):
        metric.update_state(y, p, sample_weight=w)
        assert metric.result() == pytest.approx(expected, rel=KERAS_LOSS)


def test_a_root_with_a_mask_leaves_out_numbers_with_weights():
    y, p, w = WEIGHTS["2/data"][0]
    mask = np.array([True, False, True, True])
    value = metrics.RootMeanSquaredError()(y, p, sample_weight=w, mask=mask)
    kept = metrics.RootMeanSquaredError()(y[mask], p[mask], sample_weight=w[mask])
    assert value == pytest.approx(kept, rel=EXACT)


@pytest.mark.parametrize("name", ["Mean", "Sum"])
def test_a_single_number_may_have_a_weight(name):
    metric = getattr(metrics, name)()
    metric.update_state(2.0, sample_weight=3.0)
    metric.update_state(5.0, sample_weight=[1.0])
    assert metric.result() == pytest.approx(float(WEIGHTS[name]), rel=KERAS_LOSS)
