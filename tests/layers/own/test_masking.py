"""Masks of layers of one's own, which compute them or pass them on."""

import numpy as np
import pytest

from elman import Input, Model, layers, ops

WORDS = np.array([[3, 1, 0, 0], [2, 2, 2, 0]])


class Halves(layers.Layer):
    def call(self, x):
        return ops.split(x, 2, axis=1)

    def compute_mask(self, x, mask=None):
        return None if mask is None else ops.split(mask, 2, axis=1)


class Plain(layers.Layer):
    def call(self, x):
        return x * 1.0


class Shorter(Plain):  # its mask is its own, its `call` another's
    def call(self, x):
        return x[:, :2]

    def compute_mask(self, x, mask=None):
        return None if mask is None else mask[:, :2]


class Masked(Plain):
    def compute_mask(self, x, mask=None):
        return mask


class Below(Shorter):  # its `call` is its own, its mask another's
    def call(self, x):
        return -x[:, :2]


def embedded():
    words = Input((4,), dtype="int32")
    return words, layers.Embedding(5, 3, mask_zero=True)(words)


def test_masks_that_a_layer_computes_reach_the_layers_behind():
    words, x = embedded()
    first, second = Halves()(x)
    lstm = layers.GRU(2)
    model = Model(words, [lstm(first), lstm(second)])
    vectors = model.layers[1](WORDS)
    expected = [
        lstm(vectors[:, :2], mask=WORDS[:, :2] > 0),
        lstm(vectors[:, 2:], mask=WORDS[:, 2:] > 0),
    ]
    for found, wanted in zip(model.predict(WORDS, verbose=0), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("kind", [Shorter, Masked, Below])
def test_a_layer_that_computes_a_mask_supports_masks_whoever_defines_its_call(kind):
    words, x = embedded()
    layer, gru = kind(), layers.GRU(2)
    model = Model(words, gru(layer(x)))
    x = layer(model.layers[1](WORDS))
    expected = gru(x, mask=WORDS[:, : x.shape[1]] > 0)
    np.testing.assert_array_equal(model.predict(WORDS, verbose=0), expected)
    assert layer.supports_masking


def test_a_layer_that_does_not_say_so_ends_a_mask_with_a_warning():
    words, x = embedded()
    model = Model(words, layers.GRU(2)(Plain(name="p")(x)))
    with pytest.warns(UserWarning, match="Plain 'p': the mask of its input ends here"):
        model.predict(WORDS, verbose=0)
