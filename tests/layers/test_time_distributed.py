import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers, ops, utils
from elman.errors import ArgumentError, ShapeError
from elman.layers.parts.passes import Mode
from tests.gradcheck import assert_gradient
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


def test_gradients_of_a_sequential_model_that_was_not_built():
    inner = Sequential([layers.Dense(3, "tanh", **F64), layers.GRU(2, **F64)])
    layer = layers.TimeDistributed(inner)
    assert layer(Input((None, 4, 2), **F64)).shape == (None, None, 2)
    assert_gradients(scramble(layer), normal(2, 3, 4, 2))


def test_gradients_of_one_inside_another():
    inner = layers.TimeDistributed(layers.Dense(3, "tanh", **F64))
    mask = normal(2, 3, 4) > 0
    assert_gradients(built(inner, 3, 4, 2), normal(2, 3, 4, 2), mask=mask)


def test_gradients_of_both_directions_at_every_timestep():
    inner = layers.Bidirectional(layers.LSTM(2, return_sequences=True, **F64))
    mask = normal(2, 3, 4) > 0
    assert_gradients(built(inner, 3, 4, 2), normal(2, 3, 4, 2), mask=mask)


def test_gradients_of_a_layer_that_is_called_once_a_timestep():
    layer, x = built(layers.BatchNormalization(**F64), 3, 2), normal(8, 3, 2)
    r = normal(8, 3, 2, seed=7)

    def total(_=None):
        (y,), _, tape = layer.run((x,), (None,), Mode(training=True, record=True))
        return float((y * r).sum()), tape

    _, tape = total()
    (dx,), dweights = layer.reverse(tape, (r,))
    assert_gradient(lambda _: total()[0], x, dx)
    for weight, dweight in zip(layer.trainable_weights, dweights, strict=False):
        assert_gradient(lambda _: total()[0], weight.array, dweight)
    out = [np.full_like(dweight, 5.0) for dweight in dweights]
    layer.reverse(tape, (r,), out=out)
    for one, other in zip(out, dweights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_state_is_carried_from_timestep_to_timestep():
    layer, x = built(layers.GRU(2, stateful=True, **F64), 3, 4, 2), normal(2, 3, 4, 2)
    alone = layers.GRU(2, **F64)
    alone.build((None, 4, 2))
    alone.set_weights(layer.get_weights())
    layer.reset_state()
    expected = alone(x.reshape(2, 12, 2))  # as if it were one long sequence
    np.testing.assert_allclose(layer(x)[:, -1], expected, rtol=EXACT)


def test_batch_normalization_sees_one_timestep_at_a_time_in_training():
    layer, x = layers.TimeDistributed(layers.BatchNormalization(**F64)), normal(8, 3, 2)
    alone = layers.BatchNormalization(**F64)
    expected = np.stack([alone(x[:, t], training=True) for t in range(3)], axis=1)
    np.testing.assert_allclose(layer(x, training=True), expected, rtol=EXACT)
    for one, other in zip(layer.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=EXACT)


def test_an_activity_regularizer_is_heard_inside_a_model_and_not_of_the_layer_itself():
    x = np.ones((2, 3, 4))
    options = {"kernel_initializer": "ones", "activity_regularizer": "l2"}
    for inner, penalty in (
        (layers.Dense(2, **options), 0.0),
        (Sequential([layers.Dense(2, **options)]), 0.01 * 16 * 2 * 3),  # as Keras has it
    ):
        mode = Mode(training=True, record=True, penalties=[])
        layer = layers.TimeDistributed(inner)
        layer.build(x.shape)
        outputs, _, tape = layer.run((x,), (None,), mode)
        assert sum(mode.penalties) == pytest.approx(penalty, rel=1e-6)
        _, (dkernel, _) = layer.reverse(tape, tuple(map(np.zeros_like, outputs)))
        assert dkernel.any() == bool(penalty)


def test_what_a_call_of_one_s_own_adds_to_the_loss_is_heard_at_every_timestep():
    class Adds(layers.Layer):
        def call(self, x):
            self.add_loss(ops.sum(x))
            return x

    layer = layers.TimeDistributed(Adds())
    model = Sequential([Input((4, 3)), layer])
    model.compile("sgd", "mse")
    x = np.arange(24, dtype="float32").reshape(2, 4, 3)
    assert model.evaluate(x, x, verbose=0) == pytest.approx(x.sum())


def test_a_mask_of_the_model_inside_is_its_own():
    inner = Sequential([Input((4, 2)), layers.Masking(), layers.SimpleRNN(2)])
    x = normal(2, 3, 4, 2)
    x[0, 1, 2:] = 0
    layer = layers.TimeDistributed(inner)
    expected = np.stack([inner(x[:, t]) for t in range(3)], axis=1)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5, atol=1e-6)


def test_a_model_inside_survives_json():
    inner = Sequential([layers.Dense(3), layers.TimeDistributed(layers.Dense(2))])
    model = Sequential([Input((None, 4, 2)), layers.TimeDistributed(inner)])
    again = elman.models.model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(model(normal(2, 3, 4, 2)), again(normal(2, 3, 4, 2)))


def test_training_reaches_the_layer_inside():
    inner = Sequential([layers.Dropout(0.5, seed=0)])
    layer, x = layers.TimeDistributed(inner), np.ones((2, 3, 4))
    assert set(np.unique(layer(x, training=True))) == {0, 2}
    np.testing.assert_array_equal(layer(x), x)


class Plain(layers.Wrapper):
    """Runs the layer inside, and nothing else."""

    def forward(self, inputs, masks, mode):
        outputs, _, tape = self.layer.run(inputs, masks, mode)
        return outputs, tape

    def backward(self, tape, doutputs):
        return self.layer.reverse(tape, doutputs)

    def output_shapes(self, shapes):
        return self.layer.output_shapes(shapes)


def test_a_wrapper_of_one_s_own_has_the_weights_of_the_layer_inside():
    layer = Plain(layers.Dense(3, **F64), name="plain")
    layer.build((None, 2))
    assert_gradients(scramble(layer), normal(4, 2))
    assert [w.path for w in layer.weights] == [f"plain/{layer.layer.name}/{n}" for n in NAMES]
    layer.trainable = False
    assert layer.trainable_weights == []
    assert layer.get_config()["layer"]["class_name"] == "Dense"
    assert Plain.from_config(layer.get_config()).layer.units == 3


NAMES = ("kernel", "bias")


def test_a_wrapper_wraps_a_layer():
    with pytest.raises(ArgumentError, match="Plain: `layer` must be a layer such as Dense"):
        Plain(3)


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
