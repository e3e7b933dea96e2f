"""What layers of one's own promise and do not keep, and how that is said."""

import re

import numpy as np
import pytest

import elman
from elman import Input, layers
from elman.errors import ArgumentError, NotBuiltError, ShapeError, UnsupportedError
from tests.layers.own.small_layers import X, chain, weighing
from tests.own_layers import Affine


def raising(body, **more):
    """Return a layer whose `call` is this function."""
    kind = type("Wrong", (layers.Layer,), {"call": body, **more})
    return kind(name="w")


def train(layer):
    model = chain(layer, layers.Flatten(), layers.Dense(1), dtype="float32")
    model.compile("sgd", "mse")
    model.fit(X, np.zeros((3, 1)), verbose=0)


TAKES_ARRAYS = (
    "must compute with `elman.ops` where a gradient is to follow; got a function of NumPy"
)


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (lambda: train(weighing(lambda s, x: np.concatenate([x, x]))), ArgumentError,
         TAKES_ARRAYS),
        (lambda: train(weighing(lambda s, x: np.where(x > 0, x, s.w))), ArgumentError,
         TAKES_ARRAYS),
        (lambda: raising(lambda self, x: None)(X), ArgumentError,
         "Wrong 'w': `call` must return an array, or a list, tuple or dictionary of arrays; got "
         "None."),
        (lambda: raising(lambda self, x: "no")(X), ArgumentError, "got str."),
        (lambda: weighing(lambda s, x: s.w.assign(x))(X), ArgumentError,
         "Weighing 'w': `call` must compute with a weight that is trained as with an array; got "
         "`.assign` of it. Make it with `trainable=False` to assign to it"),
        (lambda: weighing(lambda s, x: x * s.w.value)(X), ArgumentError, "got `.value` of it."),
        (lambda: layers.Layer(name="l")(X), UnsupportedError,
         "Layer 'l': `call` must be defined to call it, or `forward`; got none."),
        (lambda: Affine(2, name="a").count_params(), NotBuiltError,
         "Affine 'a': the layer must be built before parameters are counted; it is not."),
        (lambda: Affine(2, name="a").set_weights([X]), NotBuiltError,
         "Affine 'a': the layer must be built before weights are set; it is not."),
        (lambda: Affine(2, name="a")([X, Input((4, 5))]), ArgumentError,
         "Affine 'a': `inputs` must be all arrays or all symbolic tensors; got both."),
        (lambda: raising(lambda s, x: x, build=lambda s, a, b: None)(X), ArgumentError,
         "Wrong 'w': `build` must take one argument, or one an argument of `call`, such as "
         "`x_shape`; it takes a, b."),
        (lambda: setattr(Affine(2, name="a"), "nodes", 3), ArgumentError,
         "Affine 'a': `nodes` must be left to elman, which keeps something else under that name; "
         "got int. Give the attribute another name."),
        (lambda: Affine(2, unitz=3), ArgumentError,
         "Affine: `unitz` must be an argument that Affine has. Did you mean 'units'?"),
        (lambda: Affine(2, name="a")([[1.0, 2.0], [3.0]]), ShapeError,
         "Affine 'a': `x` must be an array; got lists of different lengths."),
        (lambda: Affine(2, name="a")(np.array(["a"])), ArgumentError,
         "Affine 'a': `x` must be an array of real numbers; got ndarray of dtype <U1."),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_a_weight_must_stay_the_weight_that_it_is():
    layer = Affine(2, name="a")
    layer(X)
    with pytest.raises(ArgumentError, match="Affine 'a': `w` must stay the weight that it is"):
        layer.w = np.zeros((5, 2))
    with pytest.raises(ShapeError, match=r"`weights` must be 2 arrays \(a/w \(5, 2\), a/b \(2,\)"):
        layer.set_weights([np.zeros((5, 2))])


def test_a_build_that_fails_leaves_the_layer_as_it_was():
    class Failing(Affine):
        def build(self, input_shape):
            super().build(input_shape)
            if len(input_shape) == 2:
                raise ValueError("not this one")

    layer = Failing(2)
    with pytest.raises(ValueError, match="not this one"):
        layer(X[:, 0])
    assert (layer.built, layer.weights) == (False, [])
    assert layer(X).shape == (3, 4, 2)


def test_errors_inside_a_call_are_the_user_s():
    def wrong(self, x):
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine") as raised:
        raising(wrong)(X)
    assert str(raised.value) == "mine"  # where it was is said in a note
    assert elman.gradient_tape.active() is None


def test_nan_and_empty_batches_go_through():
    layer = Affine(2)
    assert np.isnan(layer(np.full((1, 5), np.nan))).all()
    assert layer(np.zeros((0, 5))).shape == (0, 2)
