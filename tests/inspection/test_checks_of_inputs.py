"""Checks of inputs: each model is broken in one way."""

import re

import numpy as np
import pytest

import elman
from elman import layers
from tests.inspection.problem import T, checks, data, made, only, regression
from tests.tolerances import DRAWN_HALF


@pytest.fixture(autouse=True)
def names_from_the_start():
    elman.utils.clear_session()


def times(k, factor, offset=0.0):
    x, _ = data()
    x[:, :, k] = factor * x[:, :, k] + offset
    return x


@pytest.mark.parametrize(
    ("x", "says"),
    [
        (times(1, 1e3), r"feature 1 of `x` has values up to \d+ in size\."),
        (1e-5 * times(1, 1.0), r"no value of `x` is larger than \d\.?\d*e-05 in size\."),
        (times(2, 1e-4), r"feature 1 goes up to 3\.95, feature 2 to 0\.000\d+\."),
        (
            times(2, 1.0, 50.0),
            r"feature 2 of `x` is not centred: mean 50\.02, standard deviation 1\.",
        ),
    ],
)
def test_badly_scaled_inputs_are_found(x, says):
    _, y = data()
    finding = checks(regression(), x, y)["input scale"]
    assert finding.severity == "warning"
    assert re.search(says, finding.wrong), finding.wrong


def test_whole_numbers_and_truths_are_looked_at_where_they_enter_as_floats():
    generator, (_, y) = np.random.default_rng(0), data()
    whole = generator.integers(0, 255, (200, T, 3))
    for x in (whole, whole.astype("uint8")):
        finding = checks(regression(), x, y)["input scale"]
        assert " of `x` has values up to 254 in size." in finding.wrong
    truths = whole > 127
    assert checks(regression(), truths, y) == {}
    truths[:, :, 1] = True
    (note,) = elman.diagnose(regression(), truths, y).of("constant input")
    assert note.wrong == "1 feature of `x` never changes: 1."


def test_tokens_of_an_embedding_are_no_features_with_a_scale():
    tokens = np.random.default_rng(0).integers(0, 500, (200, T))
    tokens[:, 0] = 1  # which begins each
    y = (tokens[:, -1] > 250) * 1.0
    for dtype in ("float32", "int32"):
        inside = layers.Embedding(500, 4), layers.GRU(8), layers.Dense(1, "sigmoid")
        model = made(*inside, loss="binary_crossentropy", shape=(T,), dtype=dtype)
        found = elman.diagnose(model, tokens, y)
        assert {each.check for each in found.findings} <= {"vanishing gradient"}, str(found)


def test_a_tiny_feature_is_named_beside_a_huge_one():
    x, y = data()
    finding = checks(regression(), x * np.float32([1, 1000, 1e-4]), y)["input scale"]
    says = r"feature 1 of `x` has values up to \d+ in size, feature 2 up to 0\.000\d+ alone\."
    assert re.match(says, finding.wrong), finding.wrong


def test_a_layer_that_sees_to_the_scale_makes_it_no_matter():
    x, y = times(1, 1e3), data()[1]
    normalization = layers.Normalization()
    normalization.adapt(x)
    model = made(normalization, layers.GRU(8), layers.Dense(1))
    assert "input scale" not in checks(model, x, y)


def test_padding_is_no_scale():
    x, y = data()
    x[:, 15:] = -500.0
    model = made(layers.Masking(-500.0), layers.GRU(8), layers.Dense(1))
    assert checks(model, x, y) == {}
    x[:, 15:] = np.nan
    assert checks(regression(), x, y, lengths=np.full(200, 15)) == {}


def test_a_model_that_learns_all_the_same_gets_a_note():
    x, y = times(1, 150.0), data()[1]
    x[:, :, 1] = np.round(x[:, :, 1], 0) * 0 + 300.0 * (x[:, :, 1] > 0)
    model = made(layers.GRU(8), layers.Dense(1), optimizer=elman.optimizers.Adam(0.01))
    model.layers[0].kernel.assign(model.layers[0].kernel.numpy() * [[1.0], [0.0], [1.0]])
    model.fit(x * np.float32([1, 0, 1]), y, epochs=60, verbose=0)
    found = elman.diagnose(model, x, y)
    (finding,) = found.of("input scale")
    assert found.loss < 0.7 * found.chance
    assert finding.severity == "note"


def test_constant_inputs_are_found():
    x, y = data()
    nothing = only(checks(regression(), 0 * x + 2, y), "constant input")
    assert nothing.severity == "error"
    assert nothing.wrong == "all values of each feature of `x` are the same: it says nothing."
    same = checks(regression(), np.repeat(x[:1], 200, axis=0), y)["constant input"]
    assert same.wrong == "all 200 samples of `x` are the same."
    x[:, :, 2] = 1.0
    found = elman.diagnose(regression(), x, y)
    (note,) = found.of("constant input")
    assert found.ok
    assert note.wrong == "1 feature of `x` never changes: 2."


def test_masks_that_hide_everything_are_found():
    x, y = data()
    mask = np.ones((200, T), bool)
    mask[::2] = False
    some = checks(regression(), x, y, mask=mask, samples=100)["mask"]
    assert (some.severity, some.layer) == ("warning", "gru")
    assert some.wrong.startswith("its mask hides every timestep of ")
    assert int(some.wrong.split(" of ")[1]) == pytest.approx(50, abs=DRAWN_HALF)
    says = "its initial state for (seen in 100 samples drawn from 200)."
    assert some.wrong.endswith(says)
    every = checks(regression(), x, y, mask=mask, samples=200)["mask"]
    assert every.wrong.endswith(
        "of 100 of 200 samples, which it puts out zeros or its initial state for."
    )
    x[:] = 0.0
    model = made(layers.Masking(), layers.GRU(8, name="gru"), layers.Dense(1))
    every = checks(model, x, y)["mask"]
    assert every.severity == "error"
    assert every.wrong.startswith("its mask hides every timestep of all of 64 samples")


@pytest.mark.parametrize("sequences", [False, True])
def test_a_mask_that_hides_all_steps_of_all_samples_is_said(sequences):
    x, y = data(40)
    x[:, -1, 2] = 3 * y[:, 0] - 1  # of steps that nobody sees nothing leaks
    y = np.tile(y[:, None], (1, T, 1)) if sequences else y
    inside = layers.GRU(8, return_sequences=sequences, name="gru"), layers.Dense(1)
    found = checks(made(*inside), x, y, mask=np.zeros((40, T), bool))
    assert found["mask"].wrong.startswith("its mask hides every timestep of all of 40 samples")
    assert "leaking labels" not in found


def test_a_leak_is_seen_though_some_samples_are_hidden():
    x, y = data()
    x[:, -1, 2] = 3 * y[:, 0] - 1
    mask = np.ones((200, T), bool)
    mask[:20], x[:20] = False, 7.0
    assert "feature 2" in checks(regression(), x, y, mask=mask)["leaking labels"].wrong
