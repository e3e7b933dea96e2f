"""What is set on a layer later is checked and resolved as in the constructor, or refused."""

import re
from typing import ClassVar

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, activations, initializers, layers
from elman.errors import ArgumentError
from elman.layers import CLASSES
from elman.layers.saved import serialization
from tests.layers.checks import normal

X = normal(2, 5, 3)
UNLISTED = {  # arguments that no attribute of the same name keeps, or none that may be set
    "Bidirectional": {"layer", "weights"},
    "Embedding": {"weights"},
    "InputLayer": {"shape", "batch_size"},
    "Normalization": {"mean", "variance"},
}


def built(kind=layers.LSTM, **options):
    layer = kind(4, name="l", **options)
    layer.build((None, None, 3))
    return layer


def seeded(seed):
    ones = {"kernel_initializer": "ones", "recurrent_initializer": "ones"}
    return layers.SimpleRNN(4, dropout=0.5, recurrent_dropout=0.5, seed=seed, **ones)


@pytest.mark.parametrize("name", CLASSES)
def test_every_argument_of_every_layer_says_what_it_must_be(name):
    cls = CLASSES[name]
    if not issubclass(cls, Model):
        arguments = set(serialization.constructor_arguments(cls)) - UNLISTED.get(name, set())
        assert arguments - {"trainable"} <= set(cls.checks)  # a property that checks for itself
        assert set(cls.fixed) <= set(cls.checks)


def test_an_activation_may_be_set_by_its_name():
    lstm, dense = built(), built(layers.Dense)
    lstm.activation, lstm.recurrent_activation, dense.activation = "relu", "hard_sigmoid", "relu"
    same_lstm = built(activation="relu", recurrent_activation="hard_sigmoid")
    same_dense = built(layers.Dense, activation="relu")
    for changed, made in ((lstm, same_lstm), (dense, same_dense)):
        made.set_weights(changed.get_weights())
        np.testing.assert_array_equal(changed(X), made(X))
        assert changed.get_config() == made.get_config()
    simple = layers.SimpleRNN(2)
    simple.activation = None
    assert simple.activation is activations.linear
    layer = layers.Activation("relu")
    layer.activation = "tanh"
    np.testing.assert_array_equal(layer(X), np.tanh(X))


def test_an_initializer_may_be_set_by_its_name():
    layer = layers.Dense(4)
    layer.kernel_initializer = "ones"
    assert isinstance(layer.kernel_initializer, initializers.Ones)
    layer(X)
    assert (layer.kernel.array == 1).all()


def test_a_rate_that_is_set_is_the_rate_that_is_drawn():
    layer, made = layers.Dropout(0.1, seed=1), layers.Dropout(0.5, seed=1)
    layer.rate = 0.5
    np.testing.assert_array_equal(layer(X, training=True), made(X, training=True))


@pytest.mark.parametrize("make", [lambda seed: layers.Dropout(0.5, seed=seed), seeded])
def test_a_seed_that_is_set_starts_the_draws_anew(make):
    layer, made = make(1), make(2)
    layer(X, training=True)
    layer.seed = 2
    np.testing.assert_array_equal(layer(X, training=True), made(X, training=True))
    assert layer.get_config()["seed"] == 2


def test_what_a_layer_returns_may_change_when_it_is_built():
    layer, made = built(), built(return_sequences=True, return_state=True)
    made.set_weights(layer.get_weights())
    layer.return_sequences = layer.return_state = True
    for found, wanted in zip(layer(X), made(X), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_a_class_inherits_what_is_checked_and_what_stays():
    class Scaled(layers.Dense):
        checks: ClassVar = {"factor": elman._check.number}
        fixed = ("factor",)

        def __init__(self, units, factor=1.0, **options):
            super().__init__(units, **options)
            self.factor = factor

    layer = built(Scaled)
    assert layer.dtype == "float32"
    for name, value in (("units", 5), ("factor", 2.0), ("activation", "rleu"), ("factor", "x")):
        with pytest.raises(ArgumentError, match=re.escape(f"Scaled 'l': `{name}` must")):
            setattr(layer, name, value)


def test_an_argument_may_be_set_before_the_layer_is_made():
    class Early(layers.GRU):
        def __init__(self, units, **options):
            self.reset_after = False
            self.dtype = "float64"
            super().__init__(units, **options)

    assert Early(2)(X).shape == (2, 2)


def test_an_error_in_a_constructor_names_the_layer_that_was_given_a_name():
    with pytest.raises(ArgumentError, match="LSTM 'encoder': `dropout` must be in"):
        layers.LSTM(2, name="encoder", dropout=50)


def test_the_halves_of_a_pair_are_checked_when_they_are_built():
    layer = layers.Bidirectional(layers.GRU(4), name="b")
    layer.backward_layer = layers.GRU(4)
    with pytest.raises(ArgumentError, match="`backward_layer` must have go_backwards=True"):
        layer(X)


def test_shapes_may_change_until_the_layer_is_built():
    layer = layers.GRU(4)
    layer.units, layer.return_sequences, layer.reset_after = 6, True, False
    assert layer(X).shape == (2, 5, 6)
    assert layer.bias.shape == (18,)
    layer.units = 6  # which it is


def test_a_class_of_one_s_own_may_set_what_it_inherits():
    class Tall(layers.LSTM):
        def __init__(self, units, **options):
            super().__init__(2 * units, **options)
            self.return_sequences = True
            self.fixed = self.checks = None  # its own attributes, whatever they are called

    assert Tall(3)(X).shape == (2, 5, 6)


def test_what_was_set_is_saved(tmp_path):
    model = Sequential([Input((None, 3)), layers.LSTM(4), layers.Dense(1)])
    lstm, dense = model.layers
    lstm.activation, lstm.dropout, dense.activation = "relu", 0.25, "tanh"
    lstm.checkpoint_steps = 3
    model.save(tmp_path / "m.keras")
    other = elman.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(model(X), other(X))
    assert (other.layers[0].dropout, other.layers[0].checkpoint_steps) == (0.25, 3)


def embedding():
    layer = layers.Embedding(4, 2, name="e")
    layer(np.array([[1]]))
    return layer


def wrapped():
    layer = layers.Bidirectional(layers.GRU(2), name="b")
    layer(X)
    return layer


@pytest.mark.parametrize(
    ("make", "name", "value", "text"),
    [
        (built, "dropout", 7, "LSTM 'l': `dropout` must be in [0, 1); got 7. Did you mean 0.07?"),
        (built, "recurrent_dropout", 1.0, "LSTM 'l': `recurrent_dropout` must be in [0, 1)"),
        (built, "activation", "rleu", "Did you mean 'relu'?"),
        (built, "recurrent_activation", 3, "LSTM 'l': `recurrent_activation` must be one of"),
        (built, "bias_initializer", "zeroes", "LSTM 'l': `bias_initializer` must be one of"),
        (built, "stateful", "yes", "LSTM 'l': `stateful` must be True or False; got 'yes'."),
        (built, "checkpoint_steps", 0, "`checkpoint_steps` must be a positive integer; got 0."),
        (
            built,
            "units",
            8,
            "LSTM 'l': `units` must stay 4, because the layer is built; got 8. Make a new layer.",
        ),
        (built, "units", "8", "LSTM 'l': `units` must be a positive integer; got '8'."),
        (built, "use_bias", False, "LSTM 'l': `use_bias` must stay True"),
        (built, "dtype", "float64", "LSTM 'l': `dtype` must stay 'float32'"),
        (built, "dtype", "float16", "LSTM 'l': `dtype` must be 'float32' or 'float64'"),
        (built, "kernel_initializer", "ones", "LSTM 'l': `kernel_initializer` must stay Glorot"),
        (built, "unit_forget_bias", False, "LSTM 'l': `unit_forget_bias` must stay True"),
        (
            built,
            "kernel",
            built().kernel,
            "LSTM 'l': `kernel` must stay the weight that it is; got Weight. Give it other numbers "
            "with `layer.kernel.assign(array)`; to share weights, call one layer twice.",
        ),
        (built, "name", "a/b", "LSTM 'l': `name` must be a string without '/'; got 'a/b'."),
        (built, "unit_forget_bias", 1, "LSTM 'l': `unit_forget_bias` must be True or False"),
        (
            built,
            "kernel",
            np.zeros((3, 16)),
            "LSTM 'l': `kernel` must stay the weight that it is; got ndarray.",
        ),
        (built, "bias", None, "LSTM 'l': `bias` must stay the weight that it is; got NoneType."),
        (lambda: built(layers.GRU), "reset_after", False, "GRU 'l': `reset_after` must stay True"),
        (lambda: built(layers.Dense), "activation", "rleu", "Dense 'l': `activation` must be one"),
        (lambda: built(layers.Dense), "units", 8, "Dense 'l': `units` must stay 4"),
        (embedding, "output_dim", 3, "Embedding 'e': `output_dim` must stay 2"),
        (embedding, "mask_zero", 1, "Embedding 'e': `mask_zero` must be True or False; got 1."),
        (wrapped, "merge_mode", "sum", "Bidirectional 'b': `merge_mode` must stay 'concat'"),
        (wrapped, "forward_layer", layers.GRU(2), "`forward_layer` must stay <GRU"),
        (
            wrapped,
            "backward_layer",
            layers.Dense(2),
            "Bidirectional 'b': `backward_layer` must be a recurrent layer such as LSTM(8); "
            "got <Dense",
        ),
        (lambda: Input((3,), name="i").node.layer, "dtype", "int32", "must stay 'float32'"),
        (lambda: Input((3,), name="i").node.layer, "batch_shape", (2, 3), "must stay (None, 3)"),
        (lambda: layers.Dropout(0.5, name="d"), "rate", 1.0, "Dropout 'd': `rate` must be in [0,"),
        (
            lambda: layers.Reshape((2, 3), name="r"),
            "target_shape",
            (-1, -1),
            "Reshape 'r': `target_shape` must hold sizes and at most one -1; got (-1, -1).",
        ),
    ],
)
def test_what_cannot_be_set_is_refused_and_nothing_changes(make, name, value, text):
    layer = make()
    before = getattr(layer, name)
    with pytest.raises(ArgumentError, match=re.escape(text)):
        setattr(layer, name, value)
    assert getattr(layer, name) is before or getattr(layer, name) == before


@pytest.mark.parametrize("units", [8.5, "8", True, -1, 0, None, [8]])
@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU, layers.SimpleRNN, layers.Dense])
def test_units_are_a_positive_integer(kind, units):
    text = f"{kind.__name__}: `units` must be a positive integer; got {units!r}."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        kind(units)


@pytest.mark.parametrize("name", ["", "a/b", 5])
def test_a_name_is_one_part_of_a_path(name):
    text = f"Dense: `name` must be a string without '/'; got {name!r}."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        layers.Dense(2, name=name)


def test_an_initializer_that_is_not_there_is_named_with_its_layer():
    text = "LSTM: `kernel_initializer` must be one of 'zeros', 'ones',"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        layers.LSTM(2, kernel_initializer="glorot")
