"""Optimizers with their options against real Keras; see tests/golden/make_optimizers.py."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

from elman import kernels, optimizers
from elman.parameters import Weight, pack
from tests.golden import optimizer_cases as cases
from tests.implementations import ALL
from tests.tolerances import EXACT, FLOAT32, KERAS_TWENTY_STEPS

GOLDEN = np.load(Path(__file__).parent / "golden" / "optimizers.npz")
GRADIENTS = {name: GOLDEN[f"gradient/{name}"] for name in cases.SHAPES}
GATHERING = [label for label in cases.OPTIMIZERS if "gathered" in label or "all" in label]


def make_weights(dtype="float32"):
    return {
        name: Weight(GOLDEN[f"start/{name}"].astype(dtype), name=name, path=name)
        for name in cases.SHAPES
    }


def run(optimizer, weights, without, steps=range(cases.STEPS)):
    """Take steps, and give the number of each."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*has no gradients of")
        for step in steps:
            optimizer.apply_gradients(cases.given(GRADIENTS, weights, step, without))
            yield step


def fresh(label):
    """Return a case's optimizer, made anew from its saved config."""
    optimizer, without = cases.make(optimizers, label)
    config = json.loads(json.dumps(optimizers.serialize(optimizer)))
    again = optimizers.deserialize(config)
    assert again.get_config() == optimizer.get_config()
    again.exclude_from_weight_decay(**cases.OPTIMIZERS[label][1].get("exclude", {}))
    return again, without


def assert_close(found, expected, tolerance=KERAS_TWENTY_STEPS):
    scale = np.maximum(1, np.abs(expected))
    np.testing.assert_allclose(found / scale, expected / scale, rtol=0, atol=tolerance)


@pytest.mark.usefixtures("kernels_restored")
@pytest.mark.parametrize("name", [ALL[0], ALL[-1]])
@pytest.mark.parametrize("label", cases.OPTIMIZERS)
def test_twenty_steps_are_keras_s(label, name):
    kernels.use(name)
    (optimizer, without), weights = fresh(label), make_weights()
    shown = iter(range(len(cases.SHOWN)))
    for step in run(optimizer, weights, without):
        if step + 1 in cases.SHOWN:
            i = next(shown)
            for key, weight in weights.items():
                assert_close(weight.array, GOLDEN[f"{label}/{key}"][i])


@pytest.mark.parametrize("label", cases.OPTIMIZERS)
def test_the_variables_are_keras_s_in_keras_s_order(label):
    (optimizer, without), weights = fresh(label), make_weights()
    for _ in run(optimizer, weights, without):
        pass
    found = np.concatenate([np.ravel(variable.numpy()) for variable in optimizer.variables])
    assert_close(found, GOLDEN[f"{label}/variables"])
    state = np.concatenate([np.ravel(array) for array in optimizer.state().values()])
    np.testing.assert_array_equal(state, found)


@pytest.mark.parametrize("label", cases.OPTIMIZERS)
def test_in_float64_the_numbers_are_the_same_and_the_dtype_stays(label):
    (optimizer, without), weights = fresh(label), make_weights("float64")
    for _ in run(optimizer, weights, without):
        pass
    for key, weight in weights.items():
        assert weight.dtype == "float64"
        tolerance = FLOAT32 if "Muon" not in label else 100 * FLOAT32
        assert_close(weight.array, GOLDEN[f"{label}/{key}"][-1], tolerance)
    slots = [array for name, array in optimizer.state().items() if "/" in name]
    assert {array.dtype for array in slots} <= {np.dtype("float64")}


@pytest.mark.parametrize("label", cases.OPTIMIZERS)
def test_training_goes_on_from_a_saved_state(label):
    whole, without = fresh(label)
    expected = make_weights()
    for _ in run(whole, expected, without):
        pass
    (first, _), (second, _), weights = fresh(label), fresh(label), make_weights()
    for _ in run(first, weights, without, range(7)):
        pass
    moved = {
        key: Weight(weight.numpy(), name=weight.name, path=weight.path)
        for key, weight in weights.items()
    }
    second.build(moved.values())
    second.load_state(first.state())
    for _ in run(second, moved, without, range(7, cases.STEPS)):
        pass
    for key, weight in moved.items():
        np.testing.assert_array_equal(weight.array, expected[key].array)


@pytest.mark.parametrize("label", [label for label in cases.OPTIMIZERS if "without" not in label])
def test_steps_over_a_model_s_buffers_are_the_same_steps(label):
    (one, without), weights = fresh(label), make_weights()
    for _ in run(one, weights, without):
        pass
    (other, _), packed = fresh(label), make_weights()
    buffers = pack(packed.values())
    for step in range(cases.STEPS):
        for key, weight in packed.items():
            weight.gradient[...] = GRADIENTS[key][step]
        other.step_buffers(buffers)
    for key, weight in packed.items():
        np.testing.assert_array_equal(weight.array, weights[key].array)


@pytest.mark.parametrize("label", ["Adam/ema", "Lamb", "Muon", "Nadam", "Adafactor", "Ftrl"])
def test_weights_of_two_dtypes_are_stepped_alike(label):
    (optimizer, without), weights = fresh(label), make_weights()
    weights["bias"] = Weight(weights["bias"].array.astype("f8"), name="bias", path="bias")
    for _ in run(optimizer, weights, without):
        pass
    for key, weight in weights.items():
        assert_close(weight.array, GOLDEN[f"{label}/{key}"][-1], FLOAT32)
    paths = [key.split("/")[1] for key in optimizer.state() if "/" in key]
    assert list(dict.fromkeys(paths)) == list(cases.SHAPES)  # as given, not as they are packed


@pytest.mark.parametrize("label", GATHERING)
def test_iterations_count_steps_and_what_is_saved_counts_batches(label):
    (optimizer, without), weights = fresh(label), make_weights()
    several = optimizer.gradient_accumulation_steps
    for step in run(optimizer, weights, without):
        assert optimizer.iterations == (step + 1) // several
        assert optimizer.state()["iterations"] == step + 1


# ---------------------------------------------------------------------- by their equations

W, G = np.array([1.0, -2.0, 0.5]), np.array([[0.5, 3.0, -1.0], [-1.0, 0.25, 2.0]])


def stepped(optimizer):
    weight = Weight(W.copy(), name="w", path="w")
    for g in G:
        optimizer.apply([g], [weight])
    return weight.array


def adamax():
    w, m, u = W, 0, 0
    for t, g in enumerate(G, 1):
        m, u = 0.9 * m + 0.1 * g, np.maximum(0.999 * u, abs(g))
        w = w - 0.1 / (1 - 0.9**t) * m / (u + 1e-7)
    return w


def nadam():
    mu = [0.9 * (1 - 0.5 * 0.96**t) for t in range(5)]
    w, m, v, product = W, 0, 0, 1
    for t, g in enumerate(G, 1):
        m, v, product = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2, product * mu[t]
        ahead = mu[t + 1] * m / (1 - product * mu[t + 1]) + (1 - mu[t]) * g / (1 - product)
        w = w - 0.1 * ahead / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)
    return w


def adagrad():
    w, total = W, 0.1
    for g in G:
        total = total + g**2
        w = w - 0.1 * g / np.sqrt(total + 1e-7)
    return w


def adadelta():
    w, v, s = W, 0, 0
    for g in G:
        v = 0.95 * v + 0.05 * g**2
        d = -np.sqrt(s + 1e-7) / np.sqrt(v + 1e-7) * g
        s = 0.95 * s + 0.05 * d**2
        w = w + 0.1 * d
    return w


def lion():
    w, m = W, 0
    for g in G:
        w, m = w - 0.1 * np.sign(0.9 * m + 0.1 * g), 0.99 * m + 0.01 * g
    return w


def lamb():
    w, m, v = W, 0, 0
    for t, g in enumerate(G, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        d = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)
        w = w - 0.1 * np.linalg.norm(w) / np.linalg.norm(d) * d
    return w


@pytest.mark.parametrize("rule", [adamax, nadam, adagrad, adadelta, lion, lamb])
def test_rules_in_float64_are_their_equations(rule):
    optimizer = optimizers.get(rule.__name__)
    optimizer.learning_rate = 0.1
    np.testing.assert_allclose(stepped(optimizer), rule(), rtol=1e4 * EXACT)


def test_muon_s_step_is_near_to_an_orthogonal_matrix():
    for shape in ((3, 5), (5, 3)):
        weight = Weight(np.zeros(shape), name="kernel", path="kernel")
        gradient = np.random.default_rng(0).normal(size=shape)
        optimizers.Muon(1.0, rms_rate=None, weight_decay=None).apply([gradient], [weight])
        sizes = np.linalg.svd(-weight.array, compute_uv=False)
        assert ((sizes > 0.6) & (sizes < 1.3)).all()
