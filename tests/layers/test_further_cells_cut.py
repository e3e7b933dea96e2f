"""The further cells where a sequence is cut: by resets, chunks, streams, and learning online."""

import numpy as np
import pytest

from elman import Input, Sequential, kernels, layers
from tests.implementations import ALL
from tests.layers.checks import BATCH, F64, FEATURES, assert_gradients, normal, scramble
from tests.layers.test_further_cells import NAMES
from tests.layers.test_reset_mask import RESETS, T, equal, one_by_one
from tests.online.chains import assert_is_bptt, compiled, data
from tests.tolerances import RTRL

X = normal(BATCH, T, FEATURES)
MAKE = {
    **{
        name: lambda name=name, **options: getattr(layers, name)(3, **options, **F64)
        for name in NAMES
        if name != "ZoneoutLSTM"
    },
    "ZoneoutLSTM": lambda **options: layers.ZoneoutLSTM(
        3, zoneout_cell=0.0, zoneout_output=0.0, **options, **F64
    ),
    "LeakyRNN": lambda **options: layers.LeakyRNN(
        3, "tanh", dale=0.6, learn_alpha=True, recurrent_mask=1 - np.eye(3), **options, **F64
    ),
    "LeakyRNN of low rank": lambda **options: layers.LeakyRNN(3, "tanh", rank=1, **options, **F64),
    "stack": lambda **options: layers.RNN(
        [layers.LayerNormGRUCell(2, **F64), layers.LeakyRNNCell(3, **F64)], **options
    ),
}
every_layer = pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
pytestmark = pytest.mark.usefixtures("kernels_restored")


@pytest.fixture(params=ALL, autouse=True)
def _implementation(request, kernels_restored):
    kernels.use(request.param)


def built(make, **options):
    layer = make(**options)
    layer.build((None, None, FEATURES))
    return scramble(layer)


def chain(make, **options):
    first, last = make(return_sequences=True, **options), layers.Dense(2, **F64)
    return scramble(Sequential([Input((None, FEATURES), dtype="float64"), first, last]))


@every_layer
@pytest.mark.parametrize("start", [None, "learned"], ids=["zeros", "learned"])
def test_resets_part_a_row_into_sequences_of_their_own(make, start):
    layer = built(make, return_sequences=True, initial_state=start)
    equal(layer(X, reset_mask=RESETS), one_by_one(layer, X, RESETS))


@every_layer
def test_gradients_with_resets_and_a_learned_start(make):
    layer = built(make, return_sequences=True, initial_state="learned")
    assert_gradients(layer, X, reset_mask=RESETS)


@every_layer
def test_streams_are_the_layers_whatever_they_start_from(make):
    model = chain(make, initial_state="learned")
    equal(model.stream(BATCH).process(X), model(X))


@every_layer
def test_chunks_are_steps_of_a_stateful_model(make):
    model, other = chain(make), chain(make, stateful=True)
    y = normal(BATCH, T, 2, seed=3)
    for each in (model, other):
        each.compile("sgd", "mse")
    model.train_on_batch(X, y, bptt_steps=3)
    for steps in (slice(0, 3), slice(3, T)):
        other.train_on_batch(X[:, steps], y[:, steps])
    for one, same in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, same)


@every_layer
@pytest.mark.parametrize("method", ["rtrl", "bptt"])
def test_what_is_learned_online_has_the_whole_gradient(make, method):
    model = compiled(chain(make))
    assert_is_bptt(model, model.online(method, bptt_steps=T), *data(2, T, FEATURES, 2), RTRL)
