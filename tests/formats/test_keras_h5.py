"""The older `.h5` form: written and read again, and refused where it is damaged."""

import contextlib
import json
import re

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, ElmanError, FormatError, UnsupportedError
from elman.models import load_model
from tests.formats import keras_1_files
from tests.formats.models import X, assert_same_weights, make, train
from tests.formats.pack_keras import put, unpack


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.h5"


def test_a_loaded_model_trains_on_to_the_same_bits(path):
    model = make("adam")
    train(model)
    model.save(path)
    again = load_model(path)
    assert again.to_json() == model.to_json()
    np.testing.assert_array_equal(again(X), model(X))
    train(model)
    train(again)
    assert_same_weights(again, model)


def test_without_the_optimizer(path):
    model = make()
    model.save(path, include_optimizer=False)
    assert load_model(path).compiled is None
    model.save(path)
    assert load_model(path, compile=False).compiled is None


def test_the_file_is_called_what_it_likes(path):
    model = make()
    model.save(path)
    other = path.with_name("other.keras")
    path.rename(other)
    assert_same_weights(load_model(other), model)


def test_names_that_are_too_many_for_one_attribute(path):
    many = [layers.Dense(1, name=f"{'d' * 900}{i}") for i in range(80)]
    model = Sequential([Input((1,)), *many])
    model.save(path)
    with h5py.File(path) as file:
        assert "layer_names0" in file["model_weights"].attrs
    assert_same_weights(load_model(path), model)


def test_names_that_are_there_twice_in_a_layer(path):
    def inner(name):
        return Sequential([Input((2,)), layers.Dense(2, name="same")], name=name)

    x = Input((2,))
    around = Model(x, inner("a")(inner("b")(x)), name="around")
    model = Sequential([Input((2,)), around])
    model.save(path)
    assert_same_weights(load_model(path), model)


def test_weights_are_known_by_order_or_by_name(path):
    model = make()
    model.save(path)
    other = make("sgd")
    other.load_weights(path)
    assert_same_weights(other, model)
    x = Input((6,))
    part = Model(x, layers.Dense(4, name="middle")(x))
    part.load_weights(path, by_name=True)
    for a, b in zip(part.get_weights(), model.get_layer("middle").get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(FormatError, match=r"that has 1 layers with weights, and the file 3. Weig"):
        part.load_weights(path)


def test_layers_that_do_not_fit_are_left(path):
    make().save(path)
    x = Input((None, 2))
    other = Model(x, layers.Dense(2)(layers.Dense(4)(layers.Bidirectional(layers.GRU(3))(x))))
    before = other.layers[-1].get_weights()
    with pytest.warns(UserWarning, match=r"`skip_mismatch` left the weights of 'dense.*' as they"):
        other.load_weights(path, skip_mismatch=True)
    np.testing.assert_array_equal(other.layers[-1].get_weights()[0], before[0])


def test_by_name_is_for_the_older_form(tmp_path):
    model = make()
    model.save_weights(tmp_path / "a.weights.h5")
    with pytest.raises(ArgumentError, match=r"`by_name` must be False for '.*a.weights.h5', which"):
        model.load_weights(tmp_path / "a.weights.h5", by_name=True)


def test_what_the_older_form_has_no_place_for(path):
    layer = layers.GRU(2, stateful=True)
    model = Sequential([Input(batch_shape=(8, 4, 2)), layer])
    model(X)
    with pytest.raises(UnsupportedError, match=r"`filepath` must end in '.keras' for states; got"):
        model.save(path, states=True)
    model.save_weights(path.with_name("a.weights.h5"))
    with pytest.raises(FormatError, match=r"it must hold a model, and holds weights alone. Make"):
        load_model(path.with_name("a.weights.h5"))


def edit(change):
    """Return a change of the JSON of an attribute."""

    def apply(file, name="model_config"):
        config = json.loads(file.attrs[name])
        change(config)
        file.attrs[name] = json.dumps(config)

    return apply


def instead(name, value):
    def change(file):
        del file[name]
        if value is not None:
            file[name] = value

    return change


def kernel(value):
    """Return a change of the kernel of a layer, whose path begins with the name of the model."""

    def change(file):
        group = file["model_weights/middle"]
        instead(group.attrs["weight_names"][0], value)(group)

    return change


def rename(file):
    file["model_weights/middle"].attrs["weight_names"] = [b"a", b"b"]


def number(file):
    file["model_weights"].attrs["layer_names"] = np.arange(3)


def another_layer(file):
    weights = file["model_weights"]
    weights.attrs["layer_names"] = [b"middle", b"other"]
    weights.create_group("other").attrs["weight_names"] = [b"kernel"]


WRONG = {
    "no JSON": (
        lambda f: f.attrs.update(model_config="{"),
        FormatError,
        "'model_config' must be JSON;",
    ),
    "no model": (
        lambda f: f.attrs.update(model_config="[1]"),
        FormatError,
        "'model_config' must describe a model;",
    ),
    "deep JSON": (
        lambda f: f.attrs.update(model_config="[" * 100_000 + "]" * 100_000),
        FormatError,
        "'model_config' must be JSON;",
    ),
    "an unknown class": (
        edit(lambda c: c["config"]["layers"][1].update(class_name="os.system")),
        UnsupportedError,
        "has class os.system, which elman does not have.",
    ),
    "a layer of a billion units": (
        edit(lambda c: c["config"]["layers"][2]["config"].update(units=10**9)),
        FormatError,
        "for which it has too few numbers.",
    ),
    "no weights": (
        instead("model_weights", None),
        FormatError,
        "the file must hold the group 'model_weights'; it does not.",
    ),
    "a layer without a group": (
        instead("model_weights/middle", None),
        FormatError,
        "the file must hold the group 'model_weights/middle'; it does not.",
    ),
    "a weight is missing": (
        kernel(None),
        FormatError,
        "/middle/kernel'; it does not.",
    ),
    "a weight of another shape": (
        kernel(np.zeros((2, 2), "float32")),
        FormatError,
        "Dense 'middle' has 'kernel' of shape (6, 4), where 'model_weights/middle' has (2, 2).",
    ),
    "other names": (rename, FormatError, "the file must hold 'model_weights/middle/a'; it does"),
    "numbers for names": (number, FormatError, "'layer_names' of 'model_weights' must be names;"),
    "too few names": (
        lambda f: f["model_weights"].attrs.update(layer_names=[b"middle"]),
        FormatError,
        "it has nothing. Weights are unchanged.",
    ),
    "too few arrays": (
        lambda f: f["model_weights/middle"].attrs.update(weight_names=[]),
        FormatError,
        "Dense 'middle' has 2 weights, where 'model_weights/middle' has 0. Weights are unchanged.",
    ),
    "an unknown optimizer": (
        lambda f: edit(lambda c: c["optimizer_config"].update(class_name="Evil"))(
            f, "training_config"
        ),
        FormatError,
        "'training_config' must say what the model was compiled with;",
    ),
    "no optimizer": (
        lambda f: edit(lambda c: c.pop("optimizer_config"))(f, "training_config"),
        FormatError,
        "'training_config' must be in Keras 2's form; got none (KeyError('optimizer_config')).",
    ),
    "a layer twice": (
        lambda f: f["model_weights"].attrs.update(layer_names=[b"middle", b"middle"]),
        FormatError,
        "'layer_names' of 'model_weights' must have each layer once; got 'middle' twice.",
    ),
    "weights of no layer": (
        another_layer,
        FormatError,
        "it has 'model_weights/other' too, of which the model has no layer. Weights are unch",
    ),
    "a place twice": (
        lambda f: f["model_weights/middle"].attrs.update(elman_places=[1, 1]),
        FormatError,
        "'model_weights/middle' must have in 'elman_places' each of 2 places once; got [1, 1].",
    ),
    "places that are text": (
        lambda f: f["model_weights/middle"].attrs.update(elman_places="01"),
        FormatError,
        "'model_weights/middle' must have in 'elman_places' each of 2 places once; got ['01'].",
    ),
    "a link": (
        kernel(h5py.SoftLink("/model_weights")),
        FormatError,
        "/middle/kernel' must be in the file; got a link.",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_damaged_file_is_refused_and_named(path, case):
    change, error, text = WRONG[case]
    make().save(path)
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(error, match=re.escape(text)) as caught:
        load_model(path)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """Files of Keras 1, 2 and 3, small ones."""
    folder = tmp_path_factory.mktemp("originals")
    keras_1_files.gates_model(folder / "one.h5")
    training = unpack("keras2_training")["train_old_adam"]
    found = [folder / "one.h5", put(training, "h5", folder)]
    make().save(folder / "three.h5")
    return [each.read_bytes() for each in (*found, folder / "three.h5")]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None
)
@given(data=st.data())
def test_flipped_bytes_never_raise_anything_but_elman_s_errors(originals, path, data):
    damaged = bytearray(data.draw(st.sampled_from(originals)))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged)
    with contextlib.suppress(ElmanError):
        load_model(path)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None
)
@given(data=st.data())
def test_edited_architectures_never_raise_anything_but_elman_s_errors(originals, path, data):
    """Any value of the JSON of a file replaced by something of another kind."""
    path.write_bytes(data.draw(st.sampled_from(originals)))
    with h5py.File(path, "r+") as file:
        name = data.draw(st.sampled_from([n for n in file.attrs if n.endswith("_config")]))
        config = json.loads(file.attrs[name])
        places = []

        def visit(node):
            pairs = node.items() if isinstance(node, dict) else enumerate(node)
            for key, value in pairs:
                places.append((node, key))
                if isinstance(value, dict | list):
                    visit(value)

        visit(config)
        node, key = data.draw(st.sampled_from(places))
        node[key] = data.draw(st.sampled_from([None, -1, 7, 2.5, "x", [], {}, [1], {"a": 1}, True]))
        file.attrs[name] = json.dumps(config)
    with contextlib.suppress(ElmanError):
        load_model(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ArgumentError, match="load: `filepath` must be a file that exists"):
        elman.saving.load_model(tmp_path / "no.h5")
