"""Models and weights in Keras 3's form: what was saved is what is loaded."""

import re
import time

import h5py
import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import (
    FormatError,
)
from elman.formats import hdf5, keras
from elman.models import load_model
from tests.formats.models import X, Y, assert_same_weights, make, train

# ---------------------------------------------------------------------- whole models


def test_a_loaded_model_is_the_one_that_was_saved(path):
    model = make()
    train(model)
    model.save(path)
    again = load_model(path)
    assert again.to_json() == model.to_json()
    assert_same_weights(again, model)
    np.testing.assert_array_equal(again(X), model(X))
    assert again.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
    assert elman.saving.load_model(path, compile=False).compiled is None


@pytest.mark.parametrize(
    "optimizer",
    [
        elman.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        elman.optimizers.RMSprop(0.01, centered=True, momentum=0.5),
        elman.optimizers.Adam(0.01, amsgrad=True, global_clipnorm=0.5),
        elman.optimizers.AdamW(0.01),
        elman.optimizers.Nadam(0.01, use_ema=True),
        elman.optimizers.Adamax(0.01),
        elman.optimizers.Adagrad(0.01),
        elman.optimizers.Adadelta(0.1),
        elman.optimizers.Adafactor(0.01),
        elman.optimizers.Ftrl(0.01),
        elman.optimizers.Lamb(0.01),
        elman.optimizers.Lion(0.01, gradient_accumulation_steps=2),
        elman.optimizers.Muon(0.01),
    ],
    ids=lambda optimizer: type(optimizer).__name__,
)
@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_training_goes_on_to_the_same_bits_as_without_a_break(path, optimizer, ending):
    path = path.with_suffix(ending)
    model = make(type(optimizer).from_config(optimizer.get_config()))
    train(model)
    model.optimizer.learning_rate = 0.02
    model.save(path)
    again = load_model(path)
    assert again.optimizer.iterations == model.optimizer.iterations
    assert again.optimizer.learning_rate == 0.02
    train(model)
    train(again)
    assert_same_weights(again, model)


def test_a_model_that_was_compiled_and_not_trained(path):
    model = make()
    model.save(path)
    again = load_model(path)
    train(model)
    train(again)
    assert_same_weights(again, model)


def test_a_model_that_was_not_compiled(path):
    x = Input((3,))
    Model(x, layers.Dense(1)(x)).save(path)
    assert load_model(path).compiled is None


def test_what_is_frozen_stays_frozen_and_trains_on_alike(path):
    model = make()
    train(model)
    model.get_layer("middle").trainable = False
    model.save(path)
    again = load_model(path)
    assert not again.get_layer("middle").trainable
    train(model)
    train(again)
    assert_same_weights(again, model)
    model.trainable = False
    model.save(path)
    assert load_model(path).trainable_weights == []


def test_models_inside_with_layers_of_the_same_name_keep_their_own_state(path):
    def inner():
        x = Input((2,))
        return Model(x, layers.Dense(2, name="same")(x))

    x = Input((2,))
    model = Model(x, inner()(inner()(x)))
    model.compile("adam", "mse")
    model.fit(X[:, 0], X[:, 1], shuffle=False, verbose=0)
    model.save(path)
    again = load_model(path)
    for each in (model, again):
        each.fit(X[:, 0], X[:, 1], shuffle=False, verbose=0)
    assert_same_weights(again, model)


@pytest.mark.parametrize(
    "options",
    [
        {"loss": elman.losses.Huber(delta=0.5)},
        {"loss": elman.losses.mean_absolute_error},
        {"loss": ["mae"]},
        {"loss": {"out": "mae"}, "metrics": {"out": ["mae", elman.metrics.MeanSquaredError("m")]}},
        {"metrics": ["accuracy"], "loss": elman.losses.BinaryCrossentropy(from_logits=True)},
        {"loss": "mse", "loss_weights": [np.float32(2)]},
    ],
    ids=range(6),
)
def test_losses_and_metrics_are_kept_however_they_were_given(path, options):
    model = Sequential([Input((4, 2)), layers.GRU(2), layers.Dense(1, name="out")])
    model.compile("sgd", **options)
    expected = model.evaluate(X, Y, verbose=0, return_dict=True)
    model.save(path)
    assert load_model(path).evaluate(X, Y, verbose=0, return_dict=True) == expected


def test_what_else_belongs_to_a_model_is_kept_with_it(path):
    extra = {"scaler": {"mean": [1.5, 2.0]}, "columns": ["a", "b"]}
    keras.save(make(), path, extra=extra)
    _, found = keras.load_with_extra(path)
    assert found == extra


def test_a_model_built_by_data_is_loaded_as_one(path):
    model = Sequential([layers.LSTM(3)])
    model(X)
    model.save(path)
    again = load_model(path)
    np.testing.assert_array_equal(again(X[:, :2]), model(X[:, :2]))


def test_the_same_model_makes_the_same_bytes(path):
    model = make()
    model.save(path)
    first = path.read_bytes()
    time.sleep(1.1)  # dates in files count whole seconds
    model.save(path)
    assert path.read_bytes() == first


def test_a_layer_s_many_weights_stay_in_order(tmp_path):
    """Numbers do not sort as text: 10 stands behind 9."""

    class Many(layers.Layer):
        def build(self, input_shape):
            self.parts = [self.add_weight((1,), name=f"w{i}") for i in range(12)]

        def call(self, x):
            return x * sum(self.parts)

    one, other = (Sequential([Input((1,)), Many()]) for _ in range(2))
    one.set_weights([np.array([float(i)]) for i in range(12)])
    one.save_weights(tmp_path / "a.weights.h5")
    other.load_weights(tmp_path / "a.weights.h5")
    assert [array.item() for array in other.get_weights()] == list(range(12))


# ---------------------------------------------------------------------- weights alone


def test_weights_go_into_another_model_of_the_same_architecture(tmp_path):
    path = tmp_path / "a.weights.h5"
    one, other = make(), make("sgd")
    one.save_weights(path)
    other.load_weights(str(path))
    assert_same_weights(one, other)
    with h5py.File(path) as file:
        assert file["layers/dense_1/vars/1"].shape == (1,)


def test_the_weights_of_a_whole_model_can_be_taken_alone(path):
    one, other = make(), make("sgd")
    one.save(path)
    other.load_weights(path)
    assert_same_weights(one, other)


def test_weights_are_called_by_class_and_order(tmp_path):
    path = tmp_path / "a.weights.h5"
    inner = Sequential([Input((3,)), layers.Dense(2, name="d")], name="inner")
    model = Sequential([Input((4, 2)), layers.LSTM(3, name="rnn"), inner], name="outer")
    model.save_weights(path)
    with hdf5.reading(path) as reader:
        assert sorted(reader.arrays) == [
            "layers/lstm/cell/vars/0",
            "layers/lstm/cell/vars/1",
            "layers/lstm/cell/vars/2",
            "layers/sequential/layers/dense/vars/0",
            "layers/sequential/layers/dense/vars/1",
        ]
        kernel = reader.array("layers/sequential/layers/dense/vars/0")
        np.testing.assert_array_equal(kernel, inner.get_weights()[0])
        assert reader.attribute("layers/lstm/vars", "name") == "rnn"


@pytest.mark.parametrize(
    ("layers_", "text"),
    [
        (
            [layers.Dense(3, name="d")],
            "the file must hold the weights of Sequential 's'; for 'bias' of Dense 'd' it has "
            "nothing. Weights are unchanged.",
        ),
        (
            [layers.Dense(1, use_bias=False, name="d")],
            "'kernel' of Dense 'd' has shape (2, 1), where the file's 'layers/dense/vars/0' has "
            "(2, 3). Weights are unchanged.",
        ),
        (
            [layers.Embedding(2, 3, name="e")],
            "for 'embeddings' of Embedding 'e' it has nothing.",
        ),
        (
            [layers.Flatten()],
            "it has 'layers/dense/vars/0' too, of which the model has no layer. Weights are",
        ),
    ],
)
def test_weights_of_another_architecture_change_nothing(tmp_path, layers_, text):
    path = tmp_path / "a.weights.h5"
    Sequential([Input((2,)), layers.Dense(3, use_bias=False, name="saved")]).save_weights(path)
    model = Sequential([Input((2,)), *layers_], name="s")
    before = model.get_weights()
    with pytest.raises(FormatError, match=re.escape(text)):
        model.load_weights(path)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_of_other_shapes_change_nothing(tmp_path):
    path = tmp_path / "a.weights.h5"
    Sequential([Input((2,)), layers.Dense(3), layers.Dense(2)]).save_weights(path)
    model = Sequential([Input((2,)), layers.Dense(3), layers.Dense(1)])
    before = model.get_weights()
    with pytest.raises(
        FormatError, match=re.escape("has shape (3, 1), where the file's 'layers/dense_1/")
    ):
        model.load_weights(path)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
