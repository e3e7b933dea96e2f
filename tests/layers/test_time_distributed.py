import re

import numpy as np
import pytest

from elman import Input, Model, Sequential, layers, utils
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import F64, assert_gradients, normal, scramble
from tests.tolerances import EXACT


def built(inner, *shape):
    layer = layers.TimeDistributed(inner)
    layer.build((None, *shape))
    return scramble(layer)


def test_gradients_of_a_dense_layer_at_every_timestep():
    assert_gradients(built(layers.Dense(3, "tanh", **F64), 4, 2), normal(2, 4, 2))


def test_gradients_of_a_recurrent_layer_at_every_timestep():
    assert_gradients(built(layers.LSTM(2, **F64), 3, 4, 2), normal(2, 3, 4, 2))


def test_gradients_of_a_model_at_every_timestep():
    x = Input((4, 2), **F64)
    inner = Model(x, layers.Dense(2, **F64)(layers.GRU(2, **F64)(x)))
    assert_gradients(built(inner, 3, 4, 2), normal(2, 3, 4, 2))


def test_gradients_of_an_embedding_at_every_timestep():
    indices = np.random.default_rng(0).integers(0, 5, (2, 3, 4))
    assert_gradients(built(layers.Embedding(5, 2, **F64), 3, 4), indices)


def test_with_dense_it_equals_dense_on_sequences():
    layer, x = built(layers.Dense(3, "relu", **F64), 4, 2), normal(2, 4, 2)
    np.testing.assert_allclose(layer(x), layer.layer(x), rtol=EXACT)


def test_every_timestep_is_as_if_alone():
    layer, x = built(layers.GRU(2, **F64), 3, 4, 2), normal(2, 3, 4, 2)
    steps = np.stack([layer.layer(x[:, t]) for t in range(3)], axis=1)
    np.testing.assert_allclose(layer(x), steps, rtol=EXACT)


def test_the_mask_goes_past_it_to_the_next_layer():
    model = Sequential(
        [
            Input((None, 2), **F64),
            layers.Masking(**F64),
            layers.TimeDistributed(layers.Dense(3, **F64)),
            layers.SimpleRNN(2, **F64),
        ]
    )
    x = normal(2, 3, 2)
    padded = np.concatenate([x, np.zeros((2, 2, 2))], axis=1)
    np.testing.assert_allclose(model(padded), model(x), rtol=EXACT)


def test_the_mask_of_inner_sequences_reaches_the_inner_layer():
    layer, x = built(layers.LSTM(2, **F64), 3, 4, 2), normal(2, 3, 4, 2)
    mask = np.arange(4) < np.array([[4, 2, 1], [3, 4, 2]])[..., None]
    expected = np.stack([layer.layer(x[:, t], mask=mask[:, t]) for t in range(3)], axis=1)
    np.testing.assert_allclose(layer(x, mask=mask), expected, rtol=EXACT)


def test_it_takes_the_inner_layer_s_dtype_and_keeps_large_indices():
    layer = layers.TimeDistributed(layers.Embedding(2**24 + 2, 1))
    layer.build((None, 2, 1))
    layer.layer.embeddings.array[2**24 + 1] = 7
    assert layer(np.array([[[2**24 + 1], [0]]]))[0, 0, 0] == 7
    assert layers.TimeDistributed(layers.Dense(2, **F64)).dtype == "float64"


def test_dropout_draws_a_mask_for_every_timestep():
    layer = layers.TimeDistributed(layers.Dropout(0.5, seed=0))
    outputs = layer(np.ones((1, 50, 4)), training=True)
    assert len(np.unique(outputs, axis=1)[0]) > 1


def test_weights_have_keras_s_paths_and_freeze():
    utils.clear_session()
    layer = layers.TimeDistributed(layers.Dense(3), trainable=False)
    layer(np.zeros((2, 4, 2)))
    assert [w.path for w in layer.weights] == [
        "time_distributed/dense/kernel",
        "time_distributed/dense/bias",
    ]
    assert layer.trainable_weights == []


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: layers.TimeDistributed(4),
            ArgumentError,
            "TimeDistributed: `layer` must be a layer such as Dense(4); got 4.",
        ),
        (
            lambda: layers.TimeDistributed(layers.Dense(2), name="td")(np.zeros((2, 3))),
            ShapeError,
            "TimeDistributed 'td': `x` must have shape (batch, timesteps, features, …); "
            "got (2, 3). Add a time axis with `x[:, None]`.",
        ),
        (
            lambda: layers.TimeDistributed(layers.LSTM(2, name="in"))(np.zeros((2, 3, 4))),
            ShapeError,
            "LSTM 'in': `x` must have shape (batch, timesteps, features); got (2, 4).",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
