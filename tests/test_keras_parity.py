"""elman against Keras on whole models: what `tests/golden/make.py` stored of the latter."""

import json
from pathlib import Path

import numpy as np
import pytest

import elman
from elman import _tree
from tests.golden.models import ARCHITECTURES, TRAININGS
from tests.tolerances import KERAS_OUTPUT, KERAS_TRAINING

GOLDEN = Path(__file__).with_name("golden")
FIT = np.load(GOLDEN / "fit.npz")
STORED = np.load(GOLDEN / "architectures.npz")
SUMMARIES = json.loads((GOLDEN / "summaries.json").read_text(encoding="utf-8"))["summaries"]
EPOCHS, BATCH_SIZE = 3, 4

TRAINING = pytest.mark.parametrize("name", TRAININGS)
# A mask that ends in a layer is worth a warning in elman, and in Keras.
pytestmark = pytest.mark.filterwarnings("ignore:.*the mask of its input ends here")


def stored(prefix, golden=FIT):
    """Return what is stored under a name: an array, or a list or dictionary of such."""
    if prefix in golden:
        return golden[prefix]
    keys = [key[len(prefix) + 1 :].split("/")[0] for key in golden if key.startswith(prefix + "/")]
    found = {key: stored(f"{prefix}/{key}", golden) for key in keys}
    is_list = found and all(key.isdigit() for key in found)
    return [found[str(i)] for i in range(len(found))] if is_list else found


@pytest.fixture(autouse=True)
def names_from_the_start():
    elman.utils.clear_session()


@pytest.fixture
def trained(name):
    """Return the model trained as Keras's was, and its history."""
    training = TRAININGS[name]
    x, y = stored(f"{name}/x"), stored(f"{name}/y")
    model = training.build(elman)
    model.set_weights(stored(f"{name}/weights"))
    options = training.options(np.random.default_rng(0), y)
    options |= {
        key: tuple(value) if key == "validation_data" else value
        for key, value in stored(f"{name}/options").items()
    }
    history = model.fit(
        x, y, epochs=EPOCHS, batch_size=BATCH_SIZE, shuffle=False, verbose=0, **options
    )
    return model, history.history


# ---------------------------------------------------------------------- training


@TRAINING
def test_losses_and_metrics_of_every_epoch_are_those_of_keras(name, trained):
    expected = stored(f"{name}/history")
    _, history = trained
    assert set(history) == set(expected)
    for key, values in expected.items():
        np.testing.assert_allclose(history[key], values, rtol=KERAS_TRAINING, err_msg=key)


@TRAINING
def test_weights_after_training_are_those_of_keras(name, trained):
    model, _ = trained
    for weight, expected in zip(model.weights, stored(f"{name}/trained"), strict=True):
        scale = np.abs(expected).max()
        np.testing.assert_allclose(
            weight.numpy(), expected, atol=KERAS_TRAINING * scale, rtol=0, err_msg=weight.path
        )


@TRAINING
def test_evaluate_and_predict_give_what_keras_gives(name, trained):
    model, _ = trained
    x, y = stored(f"{name}/x"), stored(f"{name}/y")
    weight = stored(f"{name}/options").get("sample_weight")
    found = model.evaluate(
        x, y, batch_size=BATCH_SIZE, sample_weight=weight, verbose=0, return_dict=True
    )
    expected = stored(f"{name}/evaluation")
    assert set(found) == set(expected)
    for key, value in expected.items():
        assert found[key] == pytest.approx(float(value), rel=KERAS_TRAINING), key
    prediction = model.predict(x, batch_size=BATCH_SIZE, verbose=0)
    golden = stored(f"{name}/prediction")
    for key in golden if isinstance(golden, dict) else [None]:
        actual, values = (prediction, golden) if key is None else (prediction[key], golden[key])
        np.testing.assert_allclose(actual, values, atol=KERAS_TRAINING, rtol=KERAS_TRAINING)


# ---------------------------------------------------------------------- architecture


@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name != "long_names"])
@pytest.mark.parametrize("source", ["Keras's JSON", "elman's JSON", "the same script"])
def test_a_model_computes_what_keras_computes(name, source):
    if source == "Keras's JSON":
        model = elman.models.model_from_json(str(STORED[f"{name}/json"]))
    else:
        model = ARCHITECTURES[name](elman)
    if source == "elman's JSON":
        model = elman.models.model_from_json(model.to_json())
    assert model.count_params() == STORED[f"{name}/parameters"]
    model.set_weights(stored(f"{name}/weights", STORED))
    arrays = stored(f"{name}/x", STORED)
    fed = arrays[0] if len(arrays) == 1 else dict(zip(model.input_names, arrays, strict=True))
    outputs = _tree.flatten(model(fed))
    for actual, expected in zip(outputs, stored(f"{name}/y", STORED), strict=True):
        np.testing.assert_allclose(actual, expected, atol=KERAS_OUTPUT, rtol=KERAS_OUTPUT)


def test_a_mask_that_keras_made_by_hand_is_refused_and_not_left_out():
    config = json.loads(str(STORED["translator/json"]))
    (operation,) = (e for e in config["config"]["layers"] if e["class_name"] == "NotEqual")
    operation["inbound_nodes"][0]["args"][1] = 5
    with pytest.raises(
        elman.errors.UnsupportedError,
        match=r"the operation 'not_equal.*' must make a mask as a layer of elman's does; it does "
        "not. Use Masking",
    ):
        elman.models.model_from_json(json.dumps(config))


# ---------------------------------------------------------------------- summaries


def printed(model, length):
    """Return what `summary` prints."""
    parts = []
    model.summary(line_length=length, print_fn=parts.append)
    return "".join(parts)


# Keras lists the operations on masks as if they were layers; elman does not.
MASKED = ("translator", "merged_masks")


@pytest.mark.parametrize("length", [80, 100])
@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name not in MASKED])
def test_summary_prints_what_keras_prints(name, length):
    assert printed(ARCHITECTURES[name](elman), length) == SUMMARIES[f"{name}/{length}"]


@pytest.mark.parametrize("length", [80, 100])
@pytest.mark.parametrize("name", ["simple_rnn", "two outputs"])
def test_summary_counts_the_numbers_of_an_optimizer_that_has_taken_a_step(name, length):
    training = TRAININGS[name]
    model = training.build(elman)
    model.fit(*training.data(np.random.default_rng(0)), verbose=0)
    assert printed(model, length) == SUMMARIES[f"{name}, trained/{length}"]


@pytest.mark.parametrize("length", [80, 100])
def test_summary_of_a_model_that_is_not_built_says_so(length):
    layers = [elman.layers.LSTM(4), elman.layers.Dense(1)]
    model = elman.Sequential(layers, name="unbuilt")
    assert printed(model, length) == SUMMARIES[f"unbuilt/{length}"]
