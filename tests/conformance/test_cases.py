"""Random layers and models against Keras: outputs, and the gradients of everything that enters."""

import json
from typing import Any

import numpy as np
import pytest

import elman
from elman import _tree
from elman.layers import CLASSES
from elman.layers.cell import Cell
from tests.conformance.pack import Case, unpack
from tests.tolerances import KERAS_GRADIENT, KERAS_OUTPUT

CASES = unpack()
CONTESTED = [name for name, case in CASES.items() if case.about.get("contested")]


def classes(config: Any) -> set[str]:
    """Return the names of all classes of layers in a configuration."""
    if isinstance(config, list):
        return set().union(*map(classes, config))
    if not isinstance(config, dict):
        return set()
    own = {config["class_name"]} if config.get("module") == "keras.layers" else set()
    return own.union(*map(classes, config.values()))


MISSING = {name: classes(case.about["config"]) - CLASSES.keys() for name, case in CASES.items()}
RUN = [name for name in CASES if name not in CONTESTED and not MISSING[name]]

# Keras's backends disagree on unrolled layers that put out zeros for masked steps, and on the
# output before the first valid step, where elman follows TensorFlow.
UNROLLED = [name for name in CONTESTED if '"unroll": true' in json.dumps(CASES[name].about)]
FOLLOWED = [name for name in CONTESTED if name not in UNROLLED]


def build(case: Case) -> Any:
    """Return the layer or model with its weights, and what it is called with by name."""
    form, x, states = case.about["form"], case.several("x"), case.several("s")
    options: dict[str, Any] = {}
    if "mask0" in case.arrays:
        options["mask"] = case.arrays["mask0"]
    if states:
        options["initial_state"] = states if len(states) > 1 else states[0]
    if form == "model":
        made = elman.models.model_from_json(json.dumps(case.about["config"]))
    else:
        made = elman.layers.deserialize(case.about["config"])
        call(made, x[0], options)
    made.set_weights(case.several("w"))
    return made, (x if len(x) > 1 else x[0]), options


def call(made: Any, x: Any, options: dict[str, Any]) -> list[np.ndarray]:
    """Call a layer, cell or model, and return its outputs in a row."""
    if isinstance(made, Cell):
        return _tree.flatten(made(x, states=options["initial_state"]))
    return _tree.flatten(made(x, **options))


def assert_close(actual: Any, expected: np.ndarray, tolerance: float, what: str) -> None:
    """Check an array against Keras's, relative to the largest of its values and to 1."""
    array = np.zeros_like(expected) if actual is None else actual
    assert array.dtype == expected.dtype, what
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(
        array, expected, rtol=tolerance, atol=KERAS_OUTPUT * scale, err_msg=what
    )


def test_the_cases_are_all_there_and_only_layers_that_elman_lacks_are_left_out():
    left_out = [name for name in CASES if name not in CONTESTED and MISSING[name]]
    assert len(CASES) == 200
    assert (len(CONTESTED), len(FOLLOWED)) == (5, 2)
    assert not left_out
    assert len(RUN) == 195


@pytest.mark.filterwarnings("ignore:Flatten .*the mask of its input ends here")
@pytest.mark.parametrize("name", [*RUN, *FOLLOWED])
def test_outputs_and_gradients_are_those_of_keras(name):
    case = CASES[name]
    made, x, options = build(case)
    outputs = call(made, x, options)
    for i, (actual, expected) in enumerate(zip(outputs, case.several("y"), strict=True)):
        assert_close(actual, expected, KERAS_OUTPUT, f"output {i}")
    r = case.several("r")
    found = elman.gradients(made, x, output_gradients=r if len(r) > 1 else r[0], **options)
    for i, (actual, expected) in enumerate(zip(found["weights"], case.several("gw"), strict=True)):
        assert_close(actual, expected, KERAS_GRADIENT, f"gradient of {made.weights[i].path}")
    for i, actual in enumerate(found["inputs"]):
        if f"gx{i}" in case.arrays:
            assert_close(actual, case.arrays[f"gx{i}"], KERAS_GRADIENT, f"gradient of input {i}")
    states = zip(found["initial_state"], case.several("gs"), strict=True)
    for i, (actual, expected) in enumerate(states):
        assert_close(actual, expected, KERAS_GRADIENT, f"gradient of state {i}")


@pytest.mark.filterwarnings("ignore:Flatten .*the mask of its input ends here")
@pytest.mark.parametrize("name", RUN)
def test_a_configuration_survives_elman(name):
    made, x, options = build(CASES[name])
    again = elman.layers.deserialize(json.loads(json.dumps(elman.layers.serialize(made))))
    if not isinstance(again, elman.Model):
        call(again, x, options)
    again.set_weights(made.get_weights())
    expected = call(made, x, options)
    for actual, output in zip(call(again, x, options), expected, strict=True):
        np.testing.assert_array_equal(actual, output)


STOCK = [n for n in RUN if CASES[n].about["config"]["class_name"] in ("SimpleRNN", "GRU", "LSTM")]


@pytest.mark.parametrize("name", STOCK)
def test_a_trace_has_the_outputs_states_and_gradients_of_keras(name):
    case = CASES[name]
    made, x, options = build(case)
    r, y = case.several("r"), case.several("y")
    found = elman.trace(made, x, output_gradients=r if len(r) > 1 else r[0], **options)
    (seen,) = found.values()
    last = 0 if made.go_backwards else -1
    for state, expected in zip(seen.states.values(), y[1:], strict=made.return_state):
        assert_close(state[:, last], expected, KERAS_OUTPUT, "state")
    if "mask" not in options:
        h = seen.h[:, ::-1] if made.go_backwards else seen.h
        assert_close(h if made.return_sequences else seen.h[:, last], y[0], KERAS_OUTPUT, "h")
    assert_close(found.outputs[0], y[0], KERAS_OUTPUT, "output")
    assert_close(seen.gradients.x, case.arrays["gx0"], KERAS_GRADIENT, "gradient of the input")
