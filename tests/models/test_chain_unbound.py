"""What is not bound: layers that compute, mask or are called otherwise."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import elman
from elman import Input, Sequential, layers
from elman.layers.parts.passes import TRAINING
from elman.models.chain import ChainTape
from tests.models.chains import X, in_chains, is_bound, recurrent, twice, unbound

pytestmark = [in_chains, pytest.mark.usefixtures("kernels_restored")]


class Doubling:
    """A mixin that doubles what a layer puts out."""

    def forward(self, inputs, masks, mode):
        (y,), tape = super().forward(inputs, masks, mode)
        return (2 * y,), tape


class Doubled(Doubling, layers.Dense):
    pass


class Steeper(layers.Dense):
    def reverse(self, tape, doutputs, *, out=None, need_inputs=True):
        found = super().reverse(tape, doutputs, out=out, need_inputs=need_inputs)
        out[0] *= 7
        return found


class Named(layers.LSTM):
    def __init__(self, units, **options):
        super().__init__(units, **options)


class Weighted(layers.LSTMCell):
    @property
    def cell_weights(self):
        kernel, recurrent, bias = super().cell_weights
        return 2 * kernel, recurrent, bias


class Later(layers.Masking):
    def output_masks(self, inputs, masks):
        (mask,) = super().output_masks(inputs, masks)
        return (mask & (np.arange(7) > 2),)


def weighted(units):
    return layers.RNN(Weighted(units))


@pytest.mark.parametrize("kind", [Doubled, Steeper, weighted])
def test_a_layer_that_computes_otherwise_is_not_bound(kind):
    model = recurrent(kind)
    expected = unbound(recurrent(kind)).predict_on_batch(X)
    assert_array_equal(twice(model), expected)
    assert not is_bound(model)


def test_a_layer_that_masks_otherwise_is_not_bound():
    model = Sequential([Input((7, 2)), Later(), layers.GRU(3)])
    assert_array_equal(twice(model), twice(model, X * (np.arange(7) > 2)[:, None]))
    assert not is_bound(model)


@pytest.mark.filterwarnings("ignore:.*the mask of its input ends here")
def test_a_layer_that_stops_masks_is_not_bound():
    class Stops(layers.Dense):
        supports_masking = False

    stopped = layers.Dense(3)
    stopped.supports_masking = False
    x = X * (np.arange(7) > 2)[:, None]
    for layer in (Stops(3), stopped):
        model = Sequential([Input((7, 2)), layers.Masking(), layer, layers.GRU(3)])
        unmasked = Sequential([Input((7, 2)), layer, model.layers[-1]])
        assert_array_equal(twice(model, x), twice(unmasked, x))
        assert not is_bound(model)


def test_a_method_of_one_layer_may_be_replaced():
    model = recurrent(layers.LSTM)
    twice(model)
    layer = model.layers[0]
    layer.forward = lambda inputs, masks, mode: ((np.ones((3, 3), "float32"),), None)
    assert_array_equal(twice(model), np.ones((3, 3)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("go_backwards", True),
        ("functions", ("relu", "sigmoid")),
        ("activation", "relu"),
        ("return_sequences", True),
    ],
)
@pytest.mark.parametrize("kind", [layers.LSTM, Named])
def test_any_attribute_of_a_layer_may_be_set(kind, name, value):
    model, other = recurrent(kind), unbound(recurrent(kind))
    twice(model)
    for each in (model, other):
        setattr(each.layers[0], name, value)
    assert_array_equal(twice(model), other.predict_on_batch(X))
    assert is_bound(model)


def test_gradients_of_another_dtype_are_taken():
    model = recurrent(layers.GRU)
    for _ in range(3):
        _, tape = model.forward((X,), (None,), TRAINING)
        (dx,), dweights = model.backward(tape, (np.ones((3, 3)),))
    assert isinstance(tape, ChainTape)
    assert {g.dtype.name for g in (dx, *dweights)} == {"float32"}


def test_what_is_bound_is_not_pickled():
    model = recurrent(layers.GRU)
    twice(model)
    assert b"elman.bound" not in pickle.dumps(model)
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict_on_batch(X), twice(model))


def test_a_layer_that_is_called_twice_is_not_bound():
    shared = layers.Dense(2)
    x = Input((2,))
    model = elman.Model(x, shared(shared(x)))
    twice(model, X[:, 0])
    assert not is_bound(model, X[:, 0])
