import json
import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers, ops
from elman.errors import ArgumentError, UnsupportedError
from elman.models import model_from_json
from tests.layers.checks import assert_gradients

X = np.linspace(-1.2, 1.9, 24).reshape(2, 4, 3)


def test_it_computes_what_the_function_returns():
    assert layers.Lambda(lambda x: x**2)([[1.0, 3.0]]).tolist() == [[1.0, 9.0]]
    two = layers.Lambda(lambda xs, scale: xs[0] * scale + xs[1], arguments={"scale": 3.0})
    np.testing.assert_allclose(two([X, X]), 4 * X, rtol=1e-6)


def test_its_gradient_is_that_of_the_function():
    layer = layers.Lambda(lambda x: ops.softmax(ops.tanh(x) * x[:, :1], axis=1), dtype="float64")
    assert_gradients(layer, X)


def test_the_function_may_take_mask_and_training():
    seen = []

    def function(x, mask=None, training=None):
        seen.append((mask is not None, training))
        return x if training else x * 2

    model = Sequential(
        [Input((4, 3)), layers.Masking(), layers.Lambda(function, mask=lambda x, m: m)]
    )
    x = X.astype("float32")
    np.testing.assert_allclose(model(x, training=False), 2 * x)
    np.testing.assert_allclose(model(x, training=True), x)
    assert [each for each in seen if each[0]] == [(True, False), (True, True)]


def test_shapes_come_from_an_example_or_are_given():
    x = Input((None, 3))
    assert layers.Lambda(lambda x: ops.sum(x, axis=1))(x).shape == (None, 3)
    assert layers.Lambda(lambda x: x[:, :2], output_shape=(2, 3))(x).shape == (None, 2, 3)
    given = layers.Lambda(lambda x: x[..., :1], output_shape=lambda shape: (*shape[:2], 1))
    assert given(x).shape == (None, None, 1)
    assert given.compute_output_shape((5, 4, 3)) == (5, 4, 1)


def test_a_mask_goes_on_where_one_is_given():
    x = Input((4, 3))
    h = layers.Masking()(x)
    padded = X.astype("float32").copy()
    padded[:, 2:] = 0

    def build(mask):
        elman.utils.set_random_seed(1)
        return Model(x, layers.LSTM(2)(layers.Lambda(lambda v: v + 1, mask=mask)(h)))

    with pytest.warns(UserWarning, match="the mask of its input ends here"):
        dropped = build(None)(padded)
    kept = build(lambda x, mask: mask)(padded)
    assert np.abs(kept - dropped).max() > 1e-4


def test_a_model_of_it_is_trained():
    model = Sequential([Input((4, 3)), layers.GRU(3), layers.Lambda(lambda h: h * ops.abs(h))])
    model.compile("adam", "mse")
    x = X.astype("float32")
    losses = model.fit(x, np.ones((2, 3)) * 0.2, epochs=10, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_named_functions_are_saved_as_keras_saves_them():
    model = Sequential([Input((3,)), layers.Lambda(ops.tanh), layers.Lambda(ops.square)])
    config = json.loads(model.to_json())["config"]["layers"][1]["config"]
    assert config["function"] == {
        "module": "builtins",
        "class_name": "function",
        "config": "tanh",
        "registered_name": "function",
    }
    again = model_from_json(model.to_json())
    assert again.layers[0].function is ops.tanh
    np.testing.assert_array_equal(again(X[0]), model(X[0]))


def test_registered_functions_are_saved():
    @elman.saving.register_keras_serializable("tests")
    def thrice(x):
        return x * 3

    model = Sequential([Input((3,)), layers.Lambda(thrice)])
    np.testing.assert_allclose(model_from_json(model.to_json())(X[0]), 3 * X[0], rtol=1e-6)


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (lambda: layers.Lambda(3), ArgumentError, "Lambda: `function` must be a function; got 3."),
        (lambda: layers.Lambda("nonsense"), ArgumentError,
         "Lambda: `function` must be a function, or one of `elman.ops` by its name; got 'nons"),
        (lambda: layers.Lambda(ops.tanh, arguments=[1]), ArgumentError,
         "Lambda: `arguments` must be a dictionary from names to values; got [1]."),
        (lambda: layers.Lambda(lambda x: x, name="f").get_config(), UnsupportedError,
         "Lambda 'f': `function` must be a function of `elman.ops` or `elman.activations` to be "
         "saved, or one with a name; got '<lambda>'. Write a `Layer` subclass, or the function w"),
        (lambda: layers.Lambda.from_config({"function": {"class_name": "__lambda__"}}),
         UnsupportedError, "got the code of a lambda of Keras's, which elman does not run."),
        (lambda: layers.Lambda.from_config({}), ArgumentError,
         "Lambda: `config` must have the key 'function'"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
