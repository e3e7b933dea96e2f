"""The cells beyond Keras's against a second implementation, by the package autograd."""

from pathlib import Path

import numpy as np
import pytest

import elman
from elman import kernels, layers
from elman.cells import CELLS, streams_of, vectors_of
from tests.cells.problem import DATA
from tests.tolerances import AUTOGRAD

GOLDEN = np.load(Path(__file__).with_name("golden") / "cells.npz")
NAMES = sorted({key.split("/")[0] for key in GOLDEN} - {"grud"})
FUNCTIONS = {  # phi and sigma as the second implementation has them, where not tanh and sigmoid
    "indrnn": ("tanh",),
    "leaky": ("tanh",),
    "min_lstm": ("linear",),
    "min_gru": ("linear", "sigmoid"),
}


def close(actual, expected, what):
    """Check one array against the other, relative to the larger of 1 and the largest."""
    limit = AUTOGRAD * max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=limit, err_msg=what)


def of(name, part, key):
    """Return a stored array, None where there is none."""
    return GOLDEN.get(f"{name}/{part}/{key}")


def test_every_cell_that_keras_has_not_is_there():
    assert set(NAMES) == set(CELLS) - {"simple_rnn", "lstm", "gru", "gru_reset_before"}


@pytest.mark.parametrize("name", NAMES)
def test_outputs_and_gradients_are_those_of_the_second_implementation(name):
    maths = CELLS[name]
    matrix = None if "recurrent_kernel" in vectors_of(maths) else "recurrent_kernel"
    weights = ["kernel", matrix, "bias", *vectors_of(maths)]
    states = [f"state_{k}" for k in range(len(maths.STATES))]
    streams = streams_of(maths)
    outputs, final, tape = kernels.unroll(
        name,
        of(name, "given", "x"),
        tuple(of(name, "given", key) for key in weights),
        tuple(of(name, "given", key) for key in states),
        activations=FUNCTIONS.get(name, ("tanh", "sigmoid")),
        **({"streams": tuple(of(name, "given", key) for key in streams)} if streams else {}),
    )
    for k, array in enumerate((outputs, *final)):
        close(array, of(name, "found", k), f"found {k}")
    above = [of(name, "above", k) for k in range(1 + len(final))]
    found = kernels.backpropagate(tape, above[0], tuple(above[1:]))
    pairs = [("x", found.x), *zip(weights, found.weights, strict=True)]
    pairs += [*zip(states, found.initial_state, strict=True)]
    pairs += [pair for pair in zip(streams, found.streams, strict=True) if pair[0] not in DATA]
    for key, gradient in pairs:
        if key is not None and of(name, "given", key) is not None:
            close(gradient, of(name, "gradient", key), key)


def test_a_whole_gru_d_is_that_of_the_second_implementation():
    observed, times = GOLDEN["grud/observed"], GOLDEN["grud/given/times"]
    values = np.where(observed > 0, GOLDEN["grud/given/x"], np.nan)
    x = np.concatenate([values, times[:, :, None]], axis=2)
    units = GOLDEN["grud/given/recurrent_kernel"].shape[0]
    layer = layers.GRUD(units, mean=GOLDEN["grud/mean"], time_feature=True,
                        return_sequences=True, dtype="float64")  # fmt: skip
    layer.build((None, *x.shape[1:]))
    names = [weight.name for weight in layer.weights]
    layer.set_weights([of("grud", "given", name) for name in names])
    close(layer(x), GOLDEN["grud/found/0"], "outputs")
    found = elman.gradients(layer, x, output_gradients=GOLDEN["grud/above/0"])
    dx = GOLDEN["grud/gradient/x"] * observed
    close(found["inputs"][0][:, :, :-1], dx, "x")
    close(found["inputs"][0][:, :, -1], of("grud", "gradient", "times"), "times")
    for name, gradient in zip(names, found["weights"], strict=True):
        close(gradient, of("grud", "gradient", name), name)
