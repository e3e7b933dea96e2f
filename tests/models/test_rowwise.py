"""Layers that treat each timestep alone, in a stream."""

import re

import numpy as np
import pytest

from elman import Input, Sequential, kernels, layers
from elman.errors import UnsupportedError
from tests.layers.checks import scramble
from tests.models.stream_models import normal, steps
from tests.tolerances import FLOAT32

T, F = 5, 3
ADAPTED = layers.Normalization()
ADAPTED.adapt(3 * normal(10, T, F) + 1)
NAMED = {
    "relu": layers.ReLU(),
    "relu6": layers.ReLU(6),
    "leaky_relu": layers.LeakyReLU(0.2),
    "elu": layers.ELU(),
    "softmax": layers.Softmax(),
    "noise": layers.GaussianNoise(0.5),
    "dropout": layers.GaussianDropout(0.5),
    "alpha": layers.AlphaDropout(0.5),
    "spatial": layers.SpatialDropout1D(0.5),
    "identity": layers.Identity(),
    "penalty": layers.ActivityRegularization(0.5),
}
OTHERS = {
    "threshold": layers.ReLU(2, 0.5, 0.25),
    "slope": layers.LeakyReLU(),
    "alpha": layers.ELU(0.5),
    "learned": layers.PReLU("ones", shared_axes=[1]),
    "rescaled": layers.Rescaling([1.0, 2.0, 3.0], -1.0),
    "unit": layers.UnitNormalization(2),
    "normalized": ADAPTED,
    "last axis": layers.Softmax([2]),
}


def model(layer):
    stack = [layers.GRU(F, return_sequences=True), layers.SimpleRNN(2, return_sequences=True)]
    return scramble(Sequential([Input((T, F)), stack[0], layer, stack[1]]))


@pytest.mark.parametrize("layer", [*NAMED.values(), *OTHERS.values()], ids=[*NAMED, *OTHERS])
def test_every_step_gives_the_numbers_of_the_whole_sequence(layer):
    if layer is ADAPTED:  # a variance is positive
        whole = Sequential([Input((T, F)), layer, layers.SimpleRNN(2, return_sequences=True)])
    else:
        whole = model(layer)
    x = normal(2, T, F)
    np.testing.assert_allclose(steps(whole.stream(2), x), whole(x), rtol=0, atol=FLOAT32)


@pytest.mark.parametrize("layer", NAMED.values(), ids=NAMED)
def test_what_has_a_name_runs_compiled(layer):
    assert model(layer).stream().implementation == kernels.status()


@pytest.mark.parametrize("layer", OTHERS.values(), ids=OTHERS)
def test_what_has_none_runs_as_the_layer_and_the_stream_says_so(layer):
    whole = Sequential([Input((T, F)), layer, layers.GRU(2)])
    status = whole.stream().implementation
    assert status.implementation == "reference"
    if kernels.status().implementation != "reference":
        assert (
            status.reason
            == f"compiled streams do not have {layer.owner}; what they have runs compiled"
        )


def test_a_stream_keeps_the_numbers_that_the_model_had():
    layer = layers.Rescaling(2.0)
    whole = Sequential([Input((T, F)), layer])
    stream, x = whole.stream(), normal(1, F)
    layer.scale = 3.0
    np.testing.assert_array_equal(stream.step(x), 2 * x)


@pytest.mark.parametrize(
    ("layer", "why"),
    [
        (layers.Softmax(1, name="l"), "does not treat all timesteps alike"),
        (layers.UnitNormalization([1, 2], name="l"), "does not treat all timesteps alike"),
        (layers.PReLU(name="l"), "does not treat all timesteps alike"),
        (layers.Normalization((1, 2), name="l"), "does not treat all timesteps alike"),
        (layers.Rescaling(np.ones((T, 1)), name="l"), "does not treat all timesteps alike"),
        (layers.Permute((2, 1), name="l"), "may move values between timesteps"),
    ],
)
def test_what_needs_other_timesteps_is_refused(layer, why):
    with pytest.raises(UnsupportedError, match=re.escape(f"'l', which {why}.")):
        Sequential([Input((T, F)), layer]).stream()
