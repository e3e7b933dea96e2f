import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, check_gradients, layers
from elman.errors import ArgumentError
from elman.inspection.in_float64 import in_float64
from tests.layers.checks import F64, normal
from tests.tolerances import EXACT


class Wrong(layers.Dense):
    """A layer whose backward forgets the bias."""

    def backward(self, tape, doutputs):
        dx, (dW, db) = super().backward(tape, doutputs)
        return dx, [dW, np.zeros_like(db)]


class WrongInput(layers.Dense):
    """A layer whose backward is off by a percent in the input."""

    def backward(self, tape, doutputs):
        (dx,), dweights = super().backward(tape, doutputs)
        return (dx * 1.01,), dweights


class NoGradient(layers.Dense):
    """A layer whose backward yields what is not a number."""

    def backward(self, tape, doutputs):
        dx, (dW, db) = super().backward(tape, doutputs)
        return dx, [dW * np.nan, db]


def recurrent():
    return Sequential(
        [
            Input((4, 2)),
            layers.Masking(),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True, dropout=0.5)),
            layers.Dropout(0.5),
            layers.TimeDistributed(layers.Dense(2, "tanh")),
            layers.GRU(2, stateful=True),
            layers.Dense(1),
        ]
    )


def two_outputs():
    x = Input((4, 2), name="x")
    h = layers.SimpleRNN(3)(x)
    return Model(x, [layers.Dense(2, "softmax", name="z")(h), layers.Dense(1, name="a")(h)])


def test_good_models_pass():
    x, y = normal(3, 4, 2), normal(3, 1)
    for found in (check_gradients(recurrent(), x), check_gradients(recurrent(), x, y)):
        assert found.passed
        assert found.worst.difference < found.tolerance == 1e-6
    shapes = [row.shape for row in found.rows]
    assert shapes == [(3, 4, 2), *(w.shape for w in recurrent().weights)]


def test_good_layers_pass():
    layer = layers.GRU(3, return_sequences=True)
    layer(normal(2, 4, 2).astype("float32"))
    assert check_gradients(layer, normal(2, 4, 2)).passed
    bidirectional = layers.Bidirectional(layers.LSTM(2, return_state=True))
    bidirectional(normal(2, 4, 2))
    assert check_gradients(bidirectional, normal(2, 4, 2)).passed


def test_models_in_models_and_shared_layers_pass():
    inner = Sequential([Input((4, 2)), layers.GRU(2, return_sequences=True)])
    x = Input((4, 2))
    model = Model(x, layers.Add()([inner(x), inner(inner(x))]))
    found = check_gradients(model, normal(2, 4, 2))
    assert found.passed
    assert len(found.rows) == 1 + 3


def test_integer_inputs_are_left_alone():
    model = Sequential([Input((3,), dtype="int32"), layers.Embedding(5, 2), layers.LSTM(2)])
    found = check_gradients(model, np.array([[1, 1, 4]]))
    assert found.passed
    assert found.rows[0].name.endswith("/embeddings")


@pytest.mark.parametrize(
    ("cls", "name", "where"),
    [(Wrong, "wrong/bias", 1), (WrongInput, "inputs[0]", 0), (NoGradient, "wrong/kernel", 0)],
)
def test_a_wrong_backward_is_caught_and_named(cls, name, where):
    model = Sequential([Input((3,)), cls(1, name="wrong")], name="m")
    found = check_gradients(model, normal(4, 3), normal(4, 1))
    assert not found.passed
    assert found.worst.name.endswith(name)
    assert "GRADIENTS DIFFER: worst" in str(found)
    layer = cls(2, name="wrong")
    layer(normal(4, 3))
    assert check_gradients(layer, normal(4, 3)).worst.name == name


def test_a_wrong_layer_inside_a_model_is_named():
    inner = Sequential([Input((3,)), Wrong(2, name="wrong")])
    model = Sequential([Input((3,)), layers.Dense(3), inner, layers.Dense(1)])
    assert "wrong/bias" in check_gradients(model, normal(4, 3)).worst.name


def test_the_model_is_not_changed():
    model, x = recurrent(), normal(3, 4, 2)
    model.compile("adam", "mse")
    model.fit(x, normal(3, 1), verbose=0)
    weights, states, config = model.get_weights(), model.layers[4].states, model.to_json()
    gradients = [w.gradient.copy() for w in model.weights]
    check_gradients(model, x, normal(3, 1))
    assert model.to_json() == config
    assert model.layers[4].states is states
    for one, other in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(one, other)
    for weight, gradient in zip(model.weights, gradients, strict=True):
        np.testing.assert_array_equal(weight.gradient, gradient)
    other = check_gradients(model, x, normal(3, 1))
    assert other.rows == check_gradients(model, x, normal(3, 1)).rows


def test_the_data_are_not_changed():
    x = normal(3, 4, 2)
    before = x.copy()
    check_gradients(recurrent(), x)
    np.testing.assert_array_equal(x, before)


def test_dropout_switched_on_by_hand_is_off():
    x = Input((4,))
    model = Model(x, layers.Dense(2)(layers.Dropout(0.5)(x, training=True)))
    assert check_gradients(model, normal(3, 4)).passed


@pytest.mark.parametrize(
    "options",
    [
        {"loss": ["categorical_crossentropy", "mae"]},
        {"loss": {"a": "mae", "z": "categorical_crossentropy"}},
        {"loss": {"a": "mae", "z": "categorical_crossentropy"}, "loss_weights": [0.1, 5.0]},
        {"loss": {"z": "categorical_crossentropy"}},
        {"loss": "mse"},
        {},
    ],
)
@pytest.mark.parametrize("by_name", [False, True])
def test_losses_and_targets_go_with_their_outputs(options, by_name):
    model = two_outputs()
    if options:
        model.compile("sgd", **options)
    y = [np.eye(2)[[0, 1, 1]], normal(3, 1)]
    targets = {"a": y[1], "z": y[0]} if by_name else y
    assert check_gradients(model, normal(3, 4, 2), targets).passed


def test_the_loss_is_the_one_of_compile():
    model = Sequential([Input((3,), **F64), layers.Dense(1, **F64)])
    x, y = normal(4, 3), normal(4, 1)
    dW = elman.gradients(model, x, output_gradients=2 * (model(x) - y) / 4)["weights"][0]
    for loss, factor in (("mse", 1), (elman.losses.MeanSquaredError(reduction="sum"), 4)):
        model.compile("sgd", loss)
        row = check_gradients(model, x, y).rows[1]
        assert row.analytic == pytest.approx(factor * float(dW[row.where]), rel=EXACT)


def test_some_entries_of_large_arrays_and_all_of_small_ones():
    model = Sequential([Input((30,)), layers.Dense(20)])
    found = check_gradients(model, normal(2, 30), entries=50)
    assert [row.checked for row in found.rows] == [50, 50, 20]


def test_the_report_is_readable():
    model = Sequential([Input((3,)), layers.Dense(1, name="out")], name="m")
    lines = str(check_gradients(model, normal(4, 3))).splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("inputs[0]")
    assert re.match(r"m/out/kernel +\(3, 1\) +3 checked   largest difference .*e-\d\d at", lines[1])
    assert lines[-1].startswith("gradients agree: worst")


def test_a_layer_must_be_built():
    text = "Dense 'd': the layer must be built before gradients are checked; it is not."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        check_gradients(layers.Dense(2, name="d"), normal(2, 3))


def test_a_wrong_argument_is_named():
    rnn = layers.LSTM(2, name="rnn")
    rnn(normal(3, 4, 2))
    for attempt, text in (
        (
            lambda: check_gradients(rnn, normal(3, 2)),
            "LSTM 'rnn': `x` must have shape (batch, timesteps, features=2); got (3, 2).",
        ),
        (lambda: check_gradients(rnn, normal(3, 4, 5)), "features=2); got (3, 4, 5)."),
        (
            lambda: check_gradients(rnn, normal(3, 4, 2), entries=0),
            "LSTM 'rnn': `entries` must be a positive integer; got 0.",
        ),
        (
            lambda: check_gradients(rnn, normal(3, 4, 2), tolerance="a"),
            "LSTM 'rnn': `tolerance` must be a finite number and at least 0; got 'a'.",
        ),
        (
            lambda: check_gradients(3, normal(3, 4, 2)),
            "check_gradients: `model_or_layer` must be a layer or a model; got 3.",
        ),
    ):
        with pytest.raises(ValueError, match=re.escape(text)):
            attempt()


def test_the_copy_in_float64_shares_nothing():
    model = recurrent()
    twin = in_float64(model)
    assert type(twin) is Sequential
    assert {w.dtype.name for w in twin.weights} == {"float64"}
    assert twin(normal(2, 4, 2)).dtype == "float64"
    for one, other in zip(model.weights, twin.weights, strict=True):
        np.testing.assert_array_equal(one.array, other.array)
        assert not np.shares_memory(one.array, other.array)
    assert {w.dtype.name for w in model.weights} == {"float32"}
    names = [layer.name for layer in model.layers]
    assert [layer.name for layer in twin.layers] == names
    assert not set(map(id, model.layers)) & set(map(id, twin.layers))


def test_a_model_that_is_sure_of_itself_raises_no_false_alarm():
    elman.utils.set_random_seed(0)
    model = elman.Sequential([elman.Input((3, 1)), layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    model.set_weights([np.array([[30.0]]), np.array([0.0])])
    x = np.array([[[0.6], [0.7], [0.8]]])
    found = elman.check_gradients(model, x, np.ones((1, 3, 1)))
    assert abs(found.worst.analytic) < 1e-6
    assert found.passed
