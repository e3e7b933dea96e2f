import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, FormatError, UnsupportedError
from elman.models import model_from_json
from tests.layers.checks import normal


def branches():
    words, x = Input((4,), dtype="int32", name="words"), Input((4, 2), name="x")
    h = layers.Concatenate()([layers.Embedding(5, 2, mask_zero=True)(words), x])
    return Model([words, x], layers.LSTM(3)(h))


def states():
    x, y = Input((None, 2)), Input((None, 2))
    _, *state = layers.LSTM(3, return_state=True)(x)
    return Model([x, y], layers.LSTM(3, return_sequences=True)(y, initial_state=state))


def shared():
    a, b = Input((4, 2)), Input((3, 2))
    layer = layers.GRU(2)
    return Model([a, b], [layer(a), layer(b), layers.Add()([layer(a), layer(b)])])


def dictionaries():
    inputs = {"q": Input((4, 2), name="one"), "p": Input((2,), name="two")}
    h = layers.GRU(2)(inputs["q"])
    return Model(inputs, {"z": h, "a": layers.Add()([h, inputs["p"]])})


def symbolic_mask():
    x, mask = Input((4, 2)), Input((4,), dtype="bool")
    return Model([x, mask], layers.Bidirectional(layers.GRU(2))(x, mask=mask))


def nested():
    x = Input((4, 2))
    inner = Sequential([Input((4, 2)), layers.GRU(3, return_sequences=True)])
    middle = Model(x, inner(layers.Dense(2)(x)))
    return Sequential([Input((4, 2)), middle, layers.TimeDistributed(layers.Dense(1))])


def twice_nested():
    x = Input((2,))
    inner = Model(x, layers.Dense(2, "tanh")(x))
    y = Input((2,))
    return Model(y, layers.Add()([inner(y), inner(inner(y))]))


MODELS = {
    f.__name__: f
    for f in (branches, states, shared, dictionaries, symbolic_mask, nested, twice_nested)
}


def example(model):
    generator = np.random.default_rng(0)

    def data(tensor):
        shape = (3, *(5 if size is None else size for size in tensor.shape[1:]))
        if tensor.dtype == "int32":
            return generator.integers(0, 5, shape)
        return (
            generator.random(shape) < 0.7
            if tensor.dtype == "bool"
            else generator.normal(size=shape)
        )

    tensors = model.inputs
    if isinstance(model.input, dict):
        return dict(zip(model.input_names, map(data, tensors), strict=True))
    return [data(t) for t in tensors] if len(tensors) > 1 else data(tensors[0])


@pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)
def test_json_and_back_is_the_same_model(build):
    model = build()
    again = model_from_json(model.to_json())
    assert type(again) is type(model)
    assert again.to_json() == model.to_json()
    assert [w.shape for w in again.weights] == [w.shape for w in model.weights]
    again.set_weights(model.get_weights())
    x = example(model)
    one, other = elman._tree.flatten(model(x)), elman._tree.flatten(again(x))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (again.input_names, again.output_names) == (model.input_names, model.output_names)


@pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)
def test_a_config_and_back_is_the_same_model(build):
    model = build()
    again = type(model).from_config(json.loads(json.dumps(model.get_config())))
    assert again.to_json() == model.to_json()


def test_weights_are_new_in_a_model_from_json():
    model = nested()
    again = model_from_json(model.to_json())
    assert not np.array_equal(again.get_weights()[0], model.get_weights()[0])


def test_options_go_to_json():
    model = Sequential([Input((2,)), layers.Dense(1)])
    assert model.to_json(indent=2).startswith('{\n  "module"')


def test_what_is_frozen_is_frozen_in_the_config():
    model = nested()
    model.layers[1].trainable = False
    again = model_from_json(model.to_json())
    assert [layer.trainable for layer in again.layers] == [True, False]
    model.trainable = False
    assert model_from_json(model.to_json()).trainable_weights == []


def test_an_unbuilt_model_stays_unbuilt():
    again = model_from_json(Sequential([layers.GRU(2), layers.Dense(1)]).to_json())
    assert not again.built
    assert again(np.ones((2, 3, 4))).shape == (2, 1)


def test_a_training_argument_is_kept():
    x = Input((4,))
    model = Model(x, layers.Dropout(0.5)(x, training=True))
    again = model_from_json(model.to_json())
    assert (again(np.ones((20, 4))) == 0).any()


@pytest.mark.parametrize("training", [True, False])
def test_a_training_argument_that_was_given_outlives_the_file(training):
    x = Input((50,))
    model = Model(x, layers.Dropout(0.5)(x, training=training))
    again = model_from_json(model.to_json())
    for each in (model, again):
        assert (each(np.ones((1, 50)), training=not training) == 0).any() == training


def test_training_false_in_a_file_of_keras_s_was_not_given():
    x = Input((50,))
    config = json.loads(Model(x, layers.Dropout(0.5)(x)).to_json())
    config["config"]["layers"][1]["inbound_nodes"][0]["kwargs"] = {"training": False}
    model = model_from_json(json.dumps(config))
    assert (model(np.ones((1, 50)), training=True) == 0).any()


@given(st.data())
def test_any_chain_of_layers_survives_json(data):
    choices = {
        "gru": lambda: layers.GRU(2, return_sequences=True),
        "both": lambda: layers.Bidirectional(layers.SimpleRNN(1, return_sequences=True)),
        "dense": lambda: layers.TimeDistributed(layers.Dense(2, "tanh")),
        "dropout": lambda: layers.Dropout(0.5),
        "reshape": lambda: layers.Reshape((3, -1)),
    }
    picked = data.draw(st.lists(st.sampled_from(sorted(choices)), max_size=4))
    model = Sequential([Input((3, 2)), *(choices[name]() for name in picked)])
    again = model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    x = normal(2, 3, 2)
    np.testing.assert_array_equal(again(x), model(x))


def broken(change):
    """Return an attempt to read a config that was changed."""

    def attempt():
        config = json.loads(branches().to_json())
        change(config["config"])
        return model_from_json(json.dumps(config))

    return attempt


def unplug(config):
    config["layers"][-1]["inbound_nodes"][0]["args"][0]["config"]["keras_history"][0] = "nobody"


def huge():
    text = Sequential([Input((7,)), layers.Dense(5)]).to_json()
    return model_from_json(text.replace('"units": 5', f'"units": {10**13}'))


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: model_from_json("{"),
            FormatError,
            "model_from_json: `json_string` must be JSON; Expecting property name",
        ),
        (
            lambda: model_from_json(json.dumps(layers.serialize(layers.Dense(2, name="d")))),
            FormatError,
            "model_from_json: `json_string` must be a model; got Dense 'd'.",
        ),
        (
            lambda: model_from_json("[" * 100_000),
            FormatError,
            "model_from_json: `json_string` must be JSON; maximum recursion depth exceeded",
        ),
        (
            lambda: model_from_json('{"a": ' + "1" * 5000 + "}"),
            FormatError,
            "model_from_json: `json_string` must be JSON; Exceeds the limit",
        ),
        (
            lambda: model_from_json(b"\xff\xfe{"),
            FormatError,
            "model_from_json: `json_string` must be JSON; 'utf-16-le' codec can't decode",
        ),
        (
            broken(lambda c: c["layers"][0].update(name=[1])),
            FormatError,
            "model_from_json: `json_string` must describe a model; ",
        ),
        (
            huge,
            FormatError,
            "must describe a model whose weights this machine's memory holds; unable to allocate",
        ),
        (
            lambda: model_from_json("[1, 2]"),
            ArgumentError,
            "deserialize: `config` must be a dictionary with 'class_name' and 'config'; "
            "got [1, 2].",
        ),
        (
            lambda: model_from_json(3),
            ArgumentError,
            "model_from_json: `json_string` must be a string; got 3.",
        ),
        (
            lambda: model_from_json('{"class_name": "Sequential", "config": {}}'),
            ArgumentError,
            "Sequential: `config` must have a list 'layers'; got {}.",
        ),
        (
            broken(lambda c: c.pop("input_layers")),
            ArgumentError,
            "Model: `config` must have a list or dict 'input_layers'; got {",
        ),
        (
            broken(lambda c: c["layers"][0].pop("inbound_nodes")),
            ArgumentError,
            "Model: `config` must have a list 'inbound_nodes'; got {",
        ),
        (
            broken(unplug),
            FormatError,
            "must be connected with the inputs; it is not.",
        ),
        (
            broken(lambda c: c.update(output_layers=["nobody", 0, 0])),
            ArgumentError,
            "model: layer 'nobody' must be among the layers; it is not.",
        ),
        (
            broken(lambda c: c["layers"][0].update(class_name="Conv2D")),
            UnsupportedError,
            "has class Conv2D, which elman does not have.",
        ),
    ],
)
def test_errors_name_what_is_wrong(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
