"""Layers against Keras: outputs, masks, gradients and configurations, see `tests/golden`."""

import json
from pathlib import Path

import numpy as np
import pytest

import elman
from elman.layers.parts.passes import Mode
from tests.golden.layer_cases import CASES, MODELS, inputs, model_inputs, scrambled, weighed
from tests.tolerances import KERAS_GRADIENT, KERAS_OUTPUT

FILE = Path(__file__).parents[1] / "golden" / "layer_cases.npz"
RECORDING = Mode(training=False, record=True)
every_case = pytest.mark.parametrize("name", CASES)
# A mask that ends in a layer is worth a warning in elman, and in Keras.
pytestmark = pytest.mark.filterwarnings("ignore:.*the mask of its input ends here")


def unpack():
    """Return configuration and arrays of every case, in the order in which they were written."""
    with np.load(FILE) as file:
        numbers, index = file["numbers"], json.loads(file["index"].tobytes())
    found, start = {}, 0
    for name in [*CASES, *MODELS]:
        arrays = {}
        for key, shape in index[name]["arrays"]:
            stop = start + int(np.prod(shape))
            arrays[key] = numbers[start:stop].reshape(shape)
            start = stop
        found[name] = index[name]["config"], arrays
    assert start == len(numbers)
    return found


STORED = unpack()


def close(actual, expected, tolerance, what):
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * scale, err_msg=what)


def run(name, layer, dtype="float32"):
    """Return outputs, masks and gradients of a case's call."""
    xs, masks = inputs(name)
    xs = [x.astype(dtype) for x in xs]
    layer.ready([x.shape for x in xs])
    layer.set_weights(scrambled(name, layer.get_weights()))
    given = [CASES[name].options] if CASES[name].options else []
    outputs, out_masks, tape = layer.run(tuple(xs), tuple(masks), RECORDING, *given)
    layer.reset_state()
    rs = [r.astype(dtype) for r in weighed(name, outputs)]
    dxs, dweights = layer.reverse(tape, tuple(rs))
    return outputs, out_masks, dxs, dweights


@every_case
def test_outputs_masks_and_gradients_are_those_of_keras(name):
    _, expected = STORED[name]
    outputs, masks, dxs, dweights = run(name, CASES[name].make(elman))
    for prefix, arrays in (("y", outputs), ("gx", dxs), ("gw", dweights)):
        tolerance = KERAS_OUTPUT if prefix == "y" else KERAS_GRADIENT
        assert f"{prefix}{len(arrays)}" not in expected
        for i, array in enumerate(arrays):
            assert array.dtype == ("int32" if array.dtype.kind == "i" else "float32")
            close(array, expected[f"{prefix}{i}"], tolerance, f"{prefix}{i}")
    for i, mask in enumerate(masks):
        assert (f"m{i}" in expected) == (mask is not None), f"mask of output {i}"
        if mask is not None:
            np.testing.assert_array_equal(mask, expected[f"m{i}"])


@every_case
def test_what_keras_wrote_is_read_and_written_again(name):
    config, _ = STORED[name]
    layer = elman.layers.deserialize(config)
    again = json.loads(json.dumps(elman.layers.serialize(layer)))
    assert again["class_name"] == config["class_name"]
    assert set(again["config"]) == set(config["config"])
    one, other = run(name, layer), run(name, elman.layers.deserialize(again))
    for a, b in zip(one[0], other[0], strict=True):
        np.testing.assert_array_equal(a, b)


# In float32 scores of 1e9 less are all equal; in float64 they are not.
NOTHING_TO_SEE = ("Attention/causal", "Attention/scores", "AdditiveAttention/keys")


@pytest.mark.parametrize("name", [name for name in CASES if name not in NOTHING_TO_SEE])
def test_float64_gives_the_same_numbers_more_exactly(name):
    _, expected = STORED[name]

    def in_float64(config):
        """Return a configuration whose layers all compute in float64."""
        if isinstance(config, list):
            return [in_float64(each) for each in config]
        if not isinstance(config, dict):
            return config
        changed = {key: in_float64(value) for key, value in config.items()}
        return changed | ({"dtype": "float64"} if "dtype" in config else {})

    layer = elman.layers.deserialize(in_float64(STORED[name][0]))
    outputs, _, _, dweights = run(name, layer, "float64")
    for i, y in enumerate(outputs):
        assert y.dtype == "float64"
        close(y, expected[f"y{i}"], KERAS_OUTPUT, f"y{i}")
    for dweight in dweights:
        assert dweight.dtype.kind == "i" or dweight.dtype == "float64"


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("source", ["Keras's JSON", "elman's JSON", "the same script"])
def test_a_model_that_attends_computes_what_keras_computes(name, source):
    config, expected = STORED[name]
    model = MODELS[name](elman)
    if source != "the same script":
        text = json.dumps(config) if source == "Keras's JSON" else model.to_json()
        model = elman.models.model_from_json(text)
    model.set_weights(scrambled(name, model.get_weights()))
    x = model_inputs(name)
    outputs = model(x)
    found = elman.gradients(model, x, output_gradients=weighed(name, outputs))
    for i, y in enumerate(outputs):
        close(y, expected[f"y{i}"], KERAS_OUTPUT, f"y{i}")
    for i, dweight in enumerate(found["weights"]):
        close(dweight, expected[f"gw{i}"], KERAS_GRADIENT, model.weights[i].path)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_attends_writes_its_calls_as_keras_does(name):
    config, _ = STORED[name]
    written = json.loads(MODELS[name](elman).to_json())

    def calls(model):
        return {
            layer["name"]: [set(call["kwargs"]) - {"mask", "training"} for call in nodes]
            for layer in model["config"]["layers"]
            if (nodes := layer["inbound_nodes"]) and layer["module"] == "keras.layers"
        }

    assert calls(written) == calls(config)
