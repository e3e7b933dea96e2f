"""Compiled losses against the reference and against themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elman import activations, kernels, losses
from tests.fused_runs import DTYPES, assert_same_bits, runs
from tests.implementations import COMPILED, WITH_FMA
from tests.tolerances import NATIVE_LOSS32, NATIVE_LOSS64

native = pytest.importorskip("elman._native")
pytestmark = pytest.mark.usefixtures("kernels_restored")


LOSSES = {
    "mse": losses.MeanSquaredError,
    "mae": losses.MeanAbsoluteError,
    "huber": lambda **o: losses.Huber(delta=0.6, **o),
    "binary logits": lambda **o: losses.BinaryCrossentropy(from_logits=True, **o),
    "binary": lambda **o: losses.BinaryCrossentropy(label_smoothing=0.1, **o),
    "sparse logits": lambda **o: losses.SparseCategoricalCrossentropy(from_logits=True, **o),
    "sparse": losses.SparseCategoricalCrossentropy,
    "sparse ignoring": lambda **o: losses.SparseCategoricalCrossentropy(ignore_class=0, **o),
    "categorical logits": lambda **o: losses.CategoricalCrossentropy(from_logits=True, **o),
    "categorical": lambda **o: losses.CategoricalCrossentropy(label_smoothing=0.1, **o),
}


def batch(name, shape, dtype, seed, masked, weighted):
    """Return targets, predictions, weights and a mask under which anything may stand."""
    rng = np.random.default_rng(seed)
    p = rng.normal(size=shape, scale=3).astype(dtype)
    if "logits" not in name and name not in ("mse", "mae", "huber"):
        p = activations.softmax(p) if "binary" not in name else activations.sigmoid(p)
    mask = rng.random(shape[:-1]) < 0.7 if masked else None
    weights = rng.uniform(0.5, 2, size=shape[:-1]) if weighted else None
    if "sparse" in name:
        y = rng.integers(0, shape[-1], size=shape[:-1])
    elif "categorical" in name:
        y = np.eye(shape[-1])[rng.integers(0, shape[-1], size=shape[:-1])].astype(dtype)
    elif "binary" in name:
        y = (rng.random(shape) < 0.5).astype(dtype)
    else:
        y = rng.normal(size=shape).astype(dtype)
    if mask is not None:
        p[~mask] = np.nan
        y[~mask] = -7
    return y, p, weights, mask


@given(
    name=st.sampled_from(list(LOSSES)),
    shape=st.tuples(st.integers(1, 5), st.integers(1, 9), st.integers(1, 70)),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 2**31),
    masked=st.booleans(),
    weighted=st.booleans(),
    reduction=st.sampled_from(["sum_over_batch_size", "sum", "mean_with_sample_weight"]),
    used=st.sampled_from(COMPILED),
)
def test_a_compiled_loss_agrees_with_the_reference(
    name, shape, dtype, seed, masked, weighted, reduction, used
):
    loss = LOSSES[name](reduction=reduction)
    drawn = batch(name, shape, dtype, seed, masked, weighted)
    kernels.use("reference")
    value, dp = loss.value_and_gradient(*drawn)
    kernels.use(used)
    found, dfound = loss.value_and_gradient(*drawn)
    tolerance = NATIVE_LOSS32 if dtype == "float32" else NATIVE_LOSS64
    assert found == pytest.approx(value, rel=tolerance, abs=tolerance)
    assert dfound.dtype == dp.dtype == dtype
    scale = max(1e-30, np.abs(dp).max())
    np.testing.assert_allclose(dfound / scale, dp / scale, rtol=0, atol=tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("classes", [1, 37, 300])
def test_losses_have_the_same_bits_on_any_threads_and_instruction_set(name, classes, dtype):
    drawn = batch(name, (40, 50, classes), dtype, 3, masked=True, weighted=True)
    found = [LOSSES[name]().value_and_gradient(*drawn) for _ in runs(WITH_FMA)]
    for each in found[1:]:
        assert_same_bits(each, found[0])


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_has_the_same_bits_for_a_sample_alone_and_in_a_batch(name):
    kernels.use(COMPILED[-1])
    y, p, _, _ = batch(name, (7, 1, 21), "float32", 1, masked=False, weighted=False)
    loss = LOSSES[name](reduction="sum")
    _, together = loss.value_and_gradient(y, p)
    for i in range(7):
        _, alone = loss.value_and_gradient(y[i : i + 1], p[i : i + 1])
        np.testing.assert_array_equal(alone[0], together[i])


@pytest.mark.parametrize("name", ["mse", "mae", "sparse logits", "categorical logits"])
def test_nan_and_infinity_reach_value_and_gradient_as_in_the_reference(name):
    y, p, _, _ = batch(name, (3, 1, 20), "float32", 1, masked=False, weighted=False)
    for wrong in (np.nan, np.inf, -np.inf):
        p[1, 0, 17] = wrong
        kernels.use("reference")
        with np.errstate(all="ignore"):
            value, dp = LOSSES[name]().value_and_gradient(y, p)
        for used in COMPILED:
            kernels.use(used)
            found, dfound = LOSSES[name]().value_and_gradient(y, p)
            assert np.isfinite(found) == np.isfinite(value)
            np.testing.assert_array_equal(np.isfinite(dfound), np.isfinite(dp))


def test_large_logits_do_not_overflow():
    for used in COMPILED:
        kernels.use(used)
        loss = losses.SparseCategoricalCrossentropy(from_logits=True)
        value, dp = loss.value_and_gradient([1], np.array([[1e4, -1e4, 0]], np.float32))
        assert value == 2e4
        np.testing.assert_array_equal(dp, [[1, -1, 0]])


def test_a_loss_of_one_s_own_is_not_the_compiled_one():
    class Cubed(losses.MeanSquaredError):
        def call(self, y_true, y_pred):
            return np.mean(abs(y_pred - y_true) ** 3, axis=-1)

        def gradient(self, dvalues, y_true, y_pred):
            e = y_pred - y_true
            return dvalues[..., None] * 3 * e * abs(e) / e.shape[-1]

    value, dp = Cubed().value_and_gradient(np.zeros((2, 1)), np.array([[1.0], [2.0]]))
    assert (value, dp.tolist()) == (4.5, [[1.5], [6.0]])
