import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, NotBuiltError, ShapeError
from tests.layers.checks import F64, assert_gradients, normal, scramble

X = normal(2, 5, 3)


def test_layers_are_added_and_popped():
    model = Sequential([Input((5, 3))], name="s")
    model.add(layers.LSTM(4))
    model.add(layers.Dense(2))
    assert model.output_shape == (None, 2)
    assert [type(layer) for layer in model.layers] == [layers.LSTM, layers.Dense]
    popped = model.pop()
    assert isinstance(popped, layers.Dense)
    assert (model.output_shape, len(model.weights)) == ((None, 4), 3)
    np.testing.assert_array_equal(model(X), model.layers[0](X))


def test_a_failed_build_leaves_the_layers_as_they_were():
    model = Sequential([layers.Dense(4), layers.LSTM(2)])
    with pytest.raises(ShapeError, match=re.escape("A sample is (timesteps, features)")):
        model(np.ones((2, 3)))
    assert not model.built
    assert model.weights == []
    assert model(np.ones((2, 6, 5))).shape == (2, 2)


def test_a_layer_that_does_not_fit_is_not_added():
    model = Sequential([Input((3,)), layers.Dense(4)])
    with pytest.raises(ShapeError, match=re.escape("A sample is (timesteps, features)")):
        model.add(layers.LSTM(2))
    model.add(layers.Dense(1))
    assert model(np.ones((2, 3))).shape == (2, 1)


def test_gradients_of_a_stack():
    model = Sequential(
        [Input((5, 3), **F64), layers.LSTM(2, **F64), layers.Dense(1, "tanh", **F64)]
    )
    assert_gradients(scramble(model), X)


def test_without_an_input_it_is_built_by_the_first_data():
    model = Sequential([layers.LSTM(4), layers.Dense(1)])
    assert (model.built, model.weights) == (False, [])
    assert model(X).shape == (2, 1)
    assert model.count_params() == 4 * 4 * (3 + 4 + 1) + 5
    model = Sequential([layers.Embedding(9, 2), layers.GRU(2)])
    model.compile("sgd", "mse")
    model.fit([[1, 2, 3]], [[0.0, 1.0]], verbose=0)
    assert model.inputs[0].dtype == "int32"
    for feed in ("predict", "predict_on_batch", "evaluate"):
        model = Sequential([layers.Dense(1)])
        model.compile("sgd", "mse")
        getattr(model, feed)(*([np.ones((2, 3))] + [np.ones((2, 1))] * (feed == "evaluate")))
        assert model.built


def test_built_by_data_it_takes_other_numbers_of_timesteps():
    model = Sequential([layers.LSTM(4, **F64), layers.Dense(1, **F64)], name="s")
    whole = model(X)
    assert model(X[:, :3]).shape == (2, 1)
    np.testing.assert_array_equal(model(X), whole)
    assert model.predict(np.ones((1, 9, 3)), verbose=0).shape == (1, 1)
    again = elman.models.model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again(X[:, :2]), model(X[:, :2]))


def test_built_by_data_it_still_refuses_what_its_layers_cannot_take():
    model = Sequential([layers.LSTM(4, name="rnn"), layers.Dense(1)])
    model(X)
    text = "LSTM 'rnn': `x` must have shape (batch, timesteps, features=3); got (2, 5, 2)."
    with pytest.raises(ShapeError, match=re.escape(text)):
        model(X[..., :2])
    model = Sequential([layers.Flatten(), layers.Dense(1, name="out")])
    model(X)
    text = "Dense 'out': `x` must have shape (batch, …, features=15); got (2, 9)."
    with pytest.raises(ShapeError, match=re.escape(text)):
        model.predict(X[:, :3], verbose=0)


def test_with_an_input_the_number_of_timesteps_is_kept_to():
    model = Sequential([Input((5, 3)), layers.LSTM(4)], name="s")
    text = "Sequential 's': `x` must have shape (batch, 5, 3); got (2, 4, 3)."
    with pytest.raises(ShapeError, match=re.escape(text)):
        model(X[:, :4])


def test_it_may_be_built_by_a_shape():
    model = Sequential([layers.LSTM(4)])
    model.build((None, None, 3))
    assert model.input_shape == (None, None, 3)
    assert model(X).shape == (2, 4)


def test_popping_a_layer_of_a_model_built_by_data_builds_it_anew():
    model = Sequential([layers.LSTM(4), layers.Dense(1)], name="s")
    model(X)
    weights = model.layers[0].get_weights()
    model.pop()
    with pytest.raises(NotBuiltError, match=re.escape("Sequential 's': it must be built to have")):
        _ = model.output_shape
    assert model(X).shape == (2, 4)
    np.testing.assert_array_equal(model.get_weights()[0], weights[0])


def test_a_model_may_stand_first():
    x = Input((5, 3))
    inner = Model(x, layers.LSTM(4)(x))
    model = Sequential([inner, layers.Dense(2)])
    assert (model.built, model.output_shape) == (True, (None, 2))
    unbuilt = Sequential([Sequential([layers.LSTM(4)]), layers.Dense(2)])
    assert unbuilt(X).shape == (2, 2)


def test_the_last_layer_may_have_several_outputs():
    model = Sequential([Input((5, 3)), layers.LSTM(4, return_state=True)])
    assert [y.shape for y in model.predict(X, verbose=0)] == [(2, 4)] * 3


def test_frozen_from_the_start_it_stays_frozen():
    model = Sequential([Input((5, 3)), layers.LSTM(4)], trainable=False)
    model.add(layers.Dense(1))
    assert model.trainable_weights == []
    late = Sequential([layers.LSTM(4)], trainable=False)
    late(X)
    assert late.trainable_weights == []


def duplicates():
    return Sequential([layers.Dense(1, name="d"), layers.Dense(1, name="d")], name="s")


def twice():
    layer = layers.Dense(3, name="d")
    return Sequential([Input((3,)), layer, layer], name="s")


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: Sequential([layers.LSTM(2, name="l"), Input((5, 3))], name="s"),
            ArgumentError,
            "Sequential 's': an Input must stand first; got it behind LSTM 'l'.",
        ),
        (
            duplicates,
            ArgumentError,
            "Sequential 's': every layer must have a name of its own; got 'd' twice. "
            "Give one of them another `name=`.",
        ),
        (twice, ArgumentError, "Sequential 's': every layer must have a name of its own; got 'd'"),
        (
            lambda: Sequential([3], name="s"),
            ArgumentError,
            "Sequential 's': `layers` must hold layers; got int.",
        ),
        (
            lambda: Sequential(layers.LSTM(2), name="s"),
            ArgumentError,
            "Sequential 's': `layers` must be a list of layers; got LSTM.",
        ),
        (
            lambda: Sequential([layers.LSTM], name="s"),
            ArgumentError,
            "Sequential 's': `layers` must hold layers; got the class LSTM. "
            "Make a layer of it, `LSTM(…)`.",
        ),
        (
            lambda: Sequential(name="s").pop(),
            ArgumentError,
            "Sequential 's': there must be a layer to pop; got an empty model.",
        ),
        (
            lambda: Sequential(name="s")(X),
            ArgumentError,
            "Sequential 's': it must have a layer, and be given one array, while it is not built; "
            "got 0 layers and 1 arrays.",
        ),
        (
            lambda: Sequential([layers.Dense(1)], name="s").outputs,
            NotBuiltError,
            "Sequential 's': it must be built to have inputs and outputs; it is not. Begin with an "
            "`Input`, call it on data, or `build(input_shape)`.",
        ),
        (
            lambda: Sequential([layers.Dense(1)], name="s").count_params(),
            NotBuiltError,
            "Sequential 's': the layer must be built before parameters are counted; it is not.",
        ),
        (
            lambda: Sequential(
                [
                    Input((5, 3)),
                    layers.LSTM(2, return_state=True, name="l"),
                    layers.Dense(1),
                ],
                name="s",
            ),
            ArgumentError,
            "Sequential 's': every layer but the last must have one output; LSTM 'l' has 3. "
            "Use `elman.Model` with `Input`.",
        ),
        (
            lambda: Sequential([Input((5, 3)), layers.LSTM(2), layers.LSTM(3, name="l")]),
            ShapeError,
            "LSTM 'l': `x` must have shape (batch, timesteps, features); got (None, 2).",
        ),
        (
            lambda: Sequential().nonsense,
            AttributeError,
            "'Sequential' object has no attribute 'nonsense'",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("fit_generator", "`fit` takes generators."),
        ("predict_classes", "Take `model.predict(x).argmax(-1)`, or `model.predict(x) > 0.5`."),
    ],
)
def test_what_models_of_keras_have_and_elman_s_have_not_is_answered(name, fix):
    text = f"'Sequential' object has no attribute '{name}'. {fix}"
    with pytest.raises(AttributeError, match=re.escape(text)):
        getattr(Sequential(), name)
