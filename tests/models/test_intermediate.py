import numpy as np
import pytest

import elman
from elman import Input, Model, layers
from elman.errors import ArgumentError

X = np.random.default_rng(0).normal(size=(4, 5, 3)).astype("float32")


def parts():
    """Return a model, and the tensors at its beginning, in its middle and at its end."""
    x = Input((5, 3))
    h = layers.LSTM(4, return_sequences=True)(x)
    y = layers.Dense(1)(layers.GRU(2)(h))
    return Model(x, y), x, h, y


def test_a_model_may_begin_in_the_middle_of_another_and_shares_its_layers():
    whole, x, h, y = parts()
    first, second = Model(x, h), Model(h, y)
    np.testing.assert_array_equal(second(first(X)), whole(X))
    assert second.layers[1] is whole.layers[2]
    assert second.input_shape == (None, 5, 4)
    second.compile("sgd", "mse")
    before = whole(X)
    second.train_on_batch(first(X), np.ones((4, 1)))
    assert not np.array_equal(whole(X), before)


def test_what_stands_between_tensor_and_output_may_branch_and_use_other_inputs():
    x, z = Input((3,)), Input((2,))
    h = layers.Dense(4, name="h")(x)
    both = layers.Concatenate()([layers.Dense(2)(h), layers.Dense(3)(h), z])
    whole, second = Model([x, z], both), Model([h, z], both)
    one, other = np.ones((2, 3), "float32"), np.ones((2, 2), "float32")
    given = whole.get_layer("h")(one)
    np.testing.assert_array_equal(second([given, other]), whole([one, other]))


def test_a_mask_that_is_made_behind_the_tensor_is_made_again():
    x = Input((5, 3))
    h = layers.Masking()(layers.Activation("relu")(x))
    whole = Model(x, layers.SimpleRNN(2)(h))
    second = Model(whole.layers[1].output, whole.output)
    np.testing.assert_array_equal(second(np.maximum(X, 0)), whole(X))


def test_an_input_that_is_not_named_is_an_error():
    x, z = Input((3,), name="x"), Input((3,), name="z")
    h = layers.Dense(3)(x)
    with pytest.raises(ArgumentError, match="must hold every input that the outputs need; 'z' is"):
        Model(h, layers.Add()([h, z]))


def test_a_model_of_an_inner_layer_s_output_shows_features():
    whole = parts()[0]
    features = elman.Model(inputs=whole.input, outputs=[layer.output for layer in whole.layers[1:]])
    assert [y.shape for y in features(X)] == [(4, 5, 4), (4, 2), (4, 1)]
