"""Activations that are functions of one's own: a tape finds their gradients."""

import pickle
from pathlib import Path

import numpy as np
import pytest

import elman
from elman import Input, Sequential, activations, kernels, layers, ops
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from tests.golden.activation_cases import CASES, trained
from tests.layers.checks import F64, GAPS, assert_gradients, normal, scramble
from tests.tolerances import EXACT, KERAS_TRAINING

KERAS = np.load(Path(__file__).parent / "golden" / "own_activations.npz")


def bent(x):
    return ops.tanh(x) ** 3 + 0.2 * x * ops.exp(-x * x)


def gate(x):
    return 0.5 + 0.5 * x / (1 + ops.abs(x))


def shares(x):
    """Mix what stands in one row, as softmax does."""
    return x * x / (1 + ops.sum(x * x, axis=-1, keepdims=True))


@elman.saving.register_keras_serializable(package="tests")
def registered(x):
    return x * ops.sigmoid(2 * x)


@pytest.mark.parametrize("name", CASES)
def test_models_train_as_in_keras(name):
    for key, value in trained(elman, name).items():
        expected = KERAS[f"{name}/{key}"]
        np.testing.assert_allclose(value, expected, atol=KERAS_TRAINING, rtol=KERAS_TRAINING)


# ---------------------------------------------------------------------- gradients


@pytest.mark.parametrize("function", [bent, gate, shares, lambda x: 3 * x, np.tanh])
def test_gradients_of_a_function(function):
    assert_gradients(layers.Activation(function, **F64), normal(3, 4))


def flat_layers(function):
    return [
        layers.Dense(3, activation=function, **F64),
        layers.Conv1D(3, 2, activation=function, **F64),
        layers.SimpleRNN(3, activation=function, return_sequences=True, **F64),
    ]


@pytest.mark.parametrize("function", [bent, shares])
@pytest.mark.parametrize("which", range(3))
def test_gradients_of_layers(which, function):
    layer = flat_layers(function)[which]
    layer.build((3, 4, 2))
    assert_gradients(scramble(layer), normal(3, 4, 2))


@pytest.mark.parametrize("mask", [None, GAPS])
@pytest.mark.parametrize("reset_after", [False, True])
def test_gradients_of_a_gru(reset_after, mask):
    layer = layers.GRU(
        2, activation=bent, recurrent_activation=gate, reset_after=reset_after, **F64
    )
    layer.build((3, 4, 2))
    assert_gradients(scramble(layer), normal(3, 4, 2), mask=mask)


@pytest.mark.parametrize("pair", [(bent, gate), ("tanh", gate), (shares, "sigmoid")])
def test_gradients_of_an_lstm(pair):
    layer = layers.LSTM(
        2, activation=pair[0], recurrent_activation=pair[1], return_state=True, **F64
    )
    layer.build((3, 4, 2))
    assert_gradients(scramble(layer), normal(3, 4, 2), mask=GAPS)


@pytest.mark.parametrize(
    "inner",
    [layers.ReLU(negative_slope=0.1), layers.LeakyReLU(), layers.ELU(), layers.Softmax()],
)
def test_gradients_of_a_layer_as_the_activation(inner):
    layer = layers.Dense(3, activation=inner, **F64)
    layer.build((3, 2))
    assert_gradients(scramble(layer), normal(3, 2))


def test_a_constant_has_no_gradient():
    layer = layers.Activation(lambda x: ops.ones_like(x), **F64)
    found = elman.gradients(layer, normal(2, 3), output_gradients=normal(2, 3))
    np.testing.assert_array_equal(found["inputs"][0], np.zeros((2, 3)))


# ---------------------------------------------------------------------- the same everywhere


@pytest.mark.parametrize("kind", [layers.SimpleRNN, layers.GRU, layers.LSTM])
def test_a_function_does_what_the_activation_of_its_name_does(kind):
    ours = kind(3, activation=lambda x: ops.tanh(x), return_sequences=True, **F64)
    theirs, x = kind(3, return_sequences=True, **F64), normal(2, 5, 2)
    theirs(x)
    ours(x)
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(ours(x), theirs(x), rtol=0, atol=EXACT)


def test_it_runs_in_models_and_streams_alike():
    model = Sequential(
        [Input((4, 2)), layers.LSTM(3, activation=bent, return_sequences=True),
         layers.Dense(3, activation=gate), layers.Activation(bent)]
    )  # fmt: skip
    x = normal(2, 4, 2).astype("float32")
    first, second = model(x), model(x)
    np.testing.assert_array_equal(first, second)  # bound to the shape from the second call on
    stream = model.stream(batch=2)
    steps = [stream.step(x[:, t]).copy() for t in range(4)]
    np.testing.assert_allclose(np.stack(steps, 1), first, atol=KERAS_TRAINING)
    assert stream.implementation.reason.endswith("has the activation bent")


def test_the_kernels_do_not_have_it():
    assert not kernels.has("lstm", (bent, "sigmoid"))
    assert not kernels.has("lstm", ("tanh", bent))


def test_a_layer_keeps_the_function_and_takes_another():
    layer = layers.LSTM(2, activation=bent, recurrent_activation=gate)
    assert layer.activation is bent
    assert layer.recurrent_activation is gate
    layer.activation = "relu"
    assert layer.activation is activations.relu
    layer.activation = shares
    assert layer.cell.activation is shares
    dense = layers.Dense(2)
    dense.activation = bent
    assert dense.activation is bent


def test_the_result_is_of_the_dtype_of_x():
    def wide(x):
        return x * np.float64(2)

    x = np.ones((2, 3), "float32")
    layer = layers.Dense(2, activation=wide)
    assert layer(x).dtype == np.float32
    found = elman.gradients(layer, x, output_gradients=np.ones((2, 2), "float32"))
    assert found["inputs"][0].dtype == np.float32


def test_nan_passes_through():
    assert np.isnan(layers.Activation(bent)(np.array([[np.nan]]))).all()


def test_nothing_in_gives_nothing_out():
    assert layers.Activation(bent)(np.zeros((0, 3))).shape == (0, 3)


def test_it_works_inside_a_call_of_ones_own():
    class Block(layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.dense = layers.Dense(2, activation=bent, **F64)

        def call(self, x):
            return self.dense(x) * self.dense.activation(x)

    block = Block(**F64)
    block(normal(3, 2))
    assert_gradients(scramble(block), normal(3, 2))


# ---------------------------------------------------------------------- saving


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Dense(2, activation=registered),
        lambda: layers.Activation(registered),
        lambda: layers.GRU(2, activation=registered, recurrent_activation=registered),
        lambda: layers.Bidirectional(layers.LSTM(2, activation=registered)),
    ],
)
def test_a_registered_function_is_saved_by_its_name(make, tmp_path):
    model = Sequential([Input((4, 2)), make()])
    x = normal(3, 4, 2).astype("float32")
    model.save(tmp_path / "model.keras")
    again = elman.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(x), model(x))
    assert "tests>registered" in model.to_json()


@pytest.mark.parametrize("kind", [layers.Dense, layers.LSTM, layers.Activation])
def test_one_that_is_not_registered_is_saved_by_its_name_and_asked_for(kind):
    layer = kind(bent) if kind is layers.Activation else kind(2, activation=bent)
    config = layer.get_config()
    with pytest.raises(UnsupportedError, match=r"`bent` must be registered or given to be loaded"):
        kind.from_config(config)
    with elman.saving.custom_object_scope({"bent": bent}):
        assert kind.from_config(config).activation is bent


def test_a_layer_as_the_activation_is_saved_with_its_configuration():
    layer = layers.Dense(2, activation=layers.LeakyReLU(negative_slope=0.4))
    again = layers.Dense.from_config(layer.get_config())
    assert again.activation.negative_slope == pytest.approx(0.4)


def test_a_layer_with_a_function_that_has_a_place_can_be_pickled():
    layer, x = layers.LSTM(2, activation=bent), np.ones((1, 3, 2), "float32")
    y = layer(x)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(layer))(x), y)


# ---------------------------------------------------------------------- errors


class Unhashable:
    __hash__ = None

    def __call__(self, x):
        return x


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (3, r"`activation` must be one of linear, .*log_softmax, or a function; got the object 3"),
        (layers.ReLU, r"got the class ReLU. Make an object of it, `ReLU\(\)`."),
        (layers.Dense(2), r"or one of the layers Activation, ELU, .*; got a Dense. Put it behind"),
        (layers.PReLU(), r"one of the layers .*; got a PReLU. Put it behind the layer."),
        (Unhashable(), r"or an object that can be hashed; got a Unhashable. Define its `__hash__`"),
    ],
)
@pytest.mark.parametrize("kind", [layers.Dense, layers.LSTM])
def test_what_is_no_function_is_an_error(kind, wrong, message):
    with pytest.raises(ArgumentError, match=message) as error:
        kind(2, activation=wrong)
    assert str(error.value).startswith(f"{kind.__name__}: `activation` must ")


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (
            lambda x: x.sum(),
            ShapeError,
            r"for each number of x, of shape \(2, 3\); got \(\)",
        ),
        (lambda x: x[:, :1], ShapeError, r"of shape \(2, 3\); got \(2, 1\)"),
        (lambda x: None, ShapeError, r"of shape \(2, 3\); got \(\)"),
        (lambda x: x * 1j, ArgumentError, r"an array of real numbers; got complex"),
        (lambda x: x.astype(str), ArgumentError, r"an array of real numbers; got <U"),
    ],
)
def test_what_a_function_must_return(function, error, message):
    with pytest.raises(error, match=f"activation '<lambda>': it must return .*{message}"):
        layers.Activation(function)(np.ones((2, 3)))


def test_a_gradient_needs_what_a_tape_can_follow():
    def rectified(x):
        return np.where(x > 0, x, 0)

    layer = layers.Activation(rectified)
    np.testing.assert_array_equal(layer([[-1.0, 2.0]]), [[0, 2]])
    with pytest.raises(
        ArgumentError,
        match=r"activation 'rectified': it must compute with operators and `elman.ops`, so that",
    ):
        elman.gradients(layer, np.ones((1, 2)), output_gradients=np.ones((1, 2)))
