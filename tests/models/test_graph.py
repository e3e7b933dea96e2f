import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import F64, assert_gradients, normal, scramble
from tests.tolerances import EXACT, FLOAT32


def test_gradients_of_branches_that_meet_again():
    x = Input((4, 2), **F64)
    one, other = layers.GRU(2, **F64)(x), layers.Dense(3, "tanh", **F64)(layers.Flatten()(x))
    y = layers.Concatenate(**F64)([one, other])
    model = scramble(Model(x, layers.Dense(2, **F64)(y)))
    assert_gradients(model, normal(3, 4, 2))


def test_gradients_of_several_inputs_and_outputs():
    a, b = Input((3, 2), **F64), Input((2,), **F64)
    states = layers.LSTM(2, return_sequences=True, return_state=True, **F64)(a)
    sequence, h, _ = states
    total = layers.Add(**F64)([h, b])
    model = scramble(Model([a, b], [sequence, layers.Dense(1, **F64)(total), h]))
    assert_gradients(model, [normal(2, 3, 2), normal(2, 2, seed=1)])


def test_gradients_of_dictionaries_of_inputs_and_outputs():
    inputs = {"late": Input((2,), **F64), "early": Input((3, 2), **F64)}
    h = layers.SimpleRNN(2, **F64)(inputs["early"])
    outputs = {"sum": layers.Add(**F64)([h, inputs["late"]]), "all": layers.Dense(1, **F64)(h)}
    model = scramble(Model(inputs, outputs))
    assert_gradients(model, {"early": normal(2, 3, 2), "late": normal(2, 2, seed=1)})
    found = model({"early": np.ones((2, 3, 2)), "late": np.zeros((2, 2))})
    assert {name: y.shape for name, y in found.items()} == {"sum": (2, 2), "all": (2, 1)}
    assert model.output_names == ["all", "sum"]


def test_gradients_of_a_shared_layer_add_up():
    a, b = Input((3, 2), **F64), Input((5, 2), **F64)
    shared = layers.LSTM(2, **F64)
    model = scramble(Model([a, b], layers.Concatenate(**F64)([shared(a), shared(b)])))
    assert len(model.weights) == 3
    assert_gradients(model, [normal(2, 3, 2), normal(2, 5, 2, seed=1)])


def test_gradients_of_a_layer_applied_to_its_own_output():
    x = Input((2,), **F64)
    layer = layers.Dense(2, "tanh", **F64)
    assert_gradients(scramble(Model(x, layer(layer(layer(x))))), normal(3, 2))


def test_gradients_of_a_model_in_a_model_in_a_model():
    x = Input((3, 2), **F64)
    inner = Sequential([Input((3, 2), **F64), layers.GRU(2, return_sequences=True, **F64)])
    middle = Model(x, inner(layers.Dense(2, **F64)(x)))
    y = Input((3, 2), **F64)
    outer = Sequential([Input((3, 2), **F64), middle, layers.SimpleRNN(2, **F64)])
    model = scramble(Model(y, [outer(y), middle(y)]))
    assert_gradients(model, normal(2, 3, 2))


def test_gradients_through_a_mask_in_a_branch():
    words, x = Input((4,), dtype="int32"), Input((4, 2), **F64)
    h = layers.Concatenate(**F64)([layers.Embedding(5, 2, mask_zero=True, **F64)(words), x])
    model = scramble(Model([words, x], layers.LSTM(2, return_sequences=True, **F64)(h)))
    assert_gradients(model, [np.array([[1, 4, 0, 0], [0, 2, 2, 1]]), normal(2, 4, 2)])


def test_a_mask_that_is_an_input_is_checked_as_one_given_by_hand():
    x, mask = Input((4, 2)), Input((None,))
    model = Model([x, mask], layers.LSTM(3, name="l")(x, mask=mask))
    data = normal(1, 4, 2)
    np.testing.assert_array_equal(
        model([data, np.array([[1, 0, 1, 0]])]), model([data, np.array([[True, False] * 2])])
    )
    text = "LSTM 'l': `mask` must hold booleans, True where a step counts; got dtype float32."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        model([data, np.full((1, 4), 0.5)])
    text = "LSTM 'l': `mask` must have shape (batch=1, timesteps=4); got (1, 3)."
    with pytest.raises(ShapeError, match=re.escape(text)):
        model([data, np.ones((1, 3))])


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool"])
@pytest.mark.parametrize("declared", ["float32", "float64"])
def test_numbers_enter_a_model_in_the_dtype_that_its_input_declares(dtype, declared):
    x, y = Input((3,), dtype=declared), Input((3,), dtype=declared)
    model = Model([x, y], layers.Flatten()(layers.Add()([x, y])))
    data = np.ones((2, 3), dtype)
    assert model([data, data]).dtype == declared
    assert model.predict([data, data], verbose=0).dtype == declared


def test_indices_enter_a_model_as_they_are():
    x = Input((3,), dtype="int32")
    assert Model(x, x)(np.array([[1, 2, 3]], "int64")).dtype == np.int64


def test_a_model_without_an_input_takes_numbers_in_its_first_layer_s_dtype():
    model = Sequential([layers.Activation("relu", dtype="float64"), layers.Flatten()])
    assert model(np.ones((1, 2, 3), "float32")).dtype == np.float64


def test_states_may_flow_between_layers():
    x, y = Input((3, 2), **F64), Input((2, 2), **F64)
    _, *state = layers.LSTM(2, return_state=True, **F64)(x)
    decoded = layers.LSTM(2, return_sequences=True, **F64)(y, initial_state=state)
    assert_gradients(scramble(Model([x, y], decoded)), [normal(2, 3, 2), normal(2, 2, 2)])


def test_an_output_that_no_loss_reaches_has_a_zero_gradient():
    x = Input((3, 2), **F64)
    _, h, c = layers.LSTM(2, return_state=True, **F64)(x)
    model = scramble(Model(x, [h, c]))
    h_only = elman.gradients(
        model, np.ones((1, 3, 2)), output_gradients=[np.ones((1, 2)), np.zeros((1, 2))]
    )
    assert_gradients(Model(x, h), np.ones((1, 3, 2)))
    alone = elman.gradients(Model(x, h), np.ones((1, 3, 2)), output_gradients=np.ones((1, 2)))
    np.testing.assert_allclose(h_only["inputs"][0], alone["inputs"][0], rtol=EXACT)


def test_an_input_may_be_an_output():
    x, y = Input((2,), **F64), Input((2,), **F64)
    model = Model([x, y], [x, layers.Add(**F64)([x, y])])
    assert_gradients(model, [normal(3, 2), normal(3, 2, seed=1)])


def test_an_input_that_no_output_needs_is_taken_and_left():
    x, unused = Input((2,)), Input((5,), name="unused")
    model = Model([x, unused], layers.Dense(1)(x))
    assert model.predict([np.ones((3, 2)), np.ones((3, 5))], verbose=0).shape == (3, 1)
    found = elman.gradients(
        model, [np.ones((3, 2)), np.ones((3, 5))], output_gradients=np.ones((3, 1))
    )
    assert found["inputs"][1] is None


def test_layers_stand_in_keras_s_order_by_depth():
    elman.utils.clear_session()
    x = Input((2,), name="x")
    a = layers.Dense(2, name="a")(x)
    b = layers.Dense(2, name="b")(layers.Dense(2, name="c")(x))
    model = Model(x, layers.Add(name="sum")([a, b]))
    assert [layer.name for layer in model.layers] == ["x", "c", "a", "b", "sum"]
    assert [w.path for w in model.weights[::2]] == ["c/kernel", "a/kernel", "b/kernel"]


def test_a_chain_of_thousands_of_layers_does_not_overflow_the_stack():
    x = y = Input((2,))
    for _ in range(1000):
        y = layers.Activation("tanh")(layers.Dense(2)(y))
    model = Model(x, y)
    assert len(model.layers) == 2001
    model.compile("sgd", "mse")
    model.fit(np.ones((2, 2)), np.ones((2, 2)), verbose=0)
    again = elman.models.model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again(np.ones((2, 2))), model(np.ones((2, 2))))


def test_a_sequential_chain_of_thousands_of_layers():
    model = Sequential([Input((2,)), *(layers.Dense(2) for _ in range(2000))])
    assert model.count_params() == 2000 * 6
    assert model.predict(np.ones((1, 2)), verbose=0).shape == (1, 2)


def test_shapes_are_worked_out_anew_for_a_model_that_is_called():
    x = Input((None, 3))
    inner = Model(x, layers.LSTM(2, return_sequences=True)(x))
    y = Input((5, 3))
    assert inner(y).shape == (None, 5, 2)
    assert Model(y, layers.Dense(1)(layers.Flatten()(inner(y)))).output_shape == (None, 1)
    assert inner.compute_output_shape((4, 7, 3)) == (4, 7, 2)


def test_a_model_checks_what_it_is_called_on():
    x = Input((5, 3))
    inner = Model(x, layers.LSTM(2)(x), name="inner")
    text = "Model 'inner': `x` must have shape (batch, 5, 3); got (None, 4, 3)."
    with pytest.raises(ShapeError, match=re.escape(text)):
        inner(Input((4, 3)))


def trained_twice(change):
    """Return a model's weights after a step, a change of the model, and another step."""
    elman.utils.set_random_seed(0)
    x = Input((4, 2))
    h = layers.SimpleRNN(3, return_sequences=True, name="one")(x)
    model = Model(x, layers.Dense(1, name="out")(layers.SimpleRNN(3, name="two")(h)))
    model.compile(elman.optimizers.SGD(0.1, momentum=0.9), "mse")
    rng = np.random.default_rng(1)
    data = rng.normal(size=(5, 4, 2)), rng.normal(size=(5, 1))
    model.train_on_batch(*data)
    before = model.get_weights()
    change(model)
    model.train_on_batch(*data)
    moved = [bool((a != b).any()) for a, b in zip(before, model.get_weights(), strict=True)]
    return dict(zip([weight.path for weight in model.weights], moved, strict=True))


def test_a_change_of_what_is_trainable_is_followed_at_the_next_step():
    assert all(trained_twice(lambda model: None).values())
    frozen = trained_twice(lambda model: setattr(model.get_layer("two"), "trainable", False))
    assert [path for path, moved in frozen.items() if not moved] == [
        path for path in frozen if path.startswith("two/")
    ]
    single = trained_twice(lambda model: setattr(model.weights[1], "trainable", False))
    assert list(single.values()).index(False) == 1
    assert sum(single.values()) == len(single) - 1


def test_a_layer_added_between_steps_is_trained_too():
    model = Sequential([Input((4, 2)), layers.SimpleRNN(1, return_sequences=True)])
    model.compile("sgd", "mse")
    x = np.ones((3, 4, 2))
    model.train_on_batch(x, np.zeros((3, 4, 1)))
    model.add(layers.SimpleRNN(1))
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.train_on_batch(x, np.ones((3, 1)))
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


def test_the_weights_of_a_layer_called_twice_get_the_sum_of_both_gradients():
    def gradients(x, y):
        model = Model(x, y)
        model.compile("sgd", "mse")
        model.set_weights([np.full(w.shape, 0.1) for w in model.weights])
        model.train_on_batch(np.ones((2, 3)), np.zeros((2, 3)))
        return [weight.gradient for weight in model.weights]

    x = Input((3,))
    layer = layers.Dense(3)
    shared = gradients(x, layer(layer(x)))
    x = Input((3,))
    alone = gradients(x, layers.Dense(3)(layers.Dense(3)(x)))
    for total, (first, second) in zip(shared, (alone[::2], alone[1::2]), strict=True):
        np.testing.assert_allclose(total, first + second, rtol=FLOAT32)


def test_what_no_loss_reaches_stands_still():
    x = Input((3,))
    model = Model(x, [layers.Dense(1, name="p")(x), layers.Dense(1, name="q")(x)])
    model.compile(elman.optimizers.SGD(0.1), loss={"p": "mse", "q": "mse"})
    data = np.ones((2, 3)), {"p": np.zeros((2, 1)), "q": np.zeros((2, 1))}
    model.train_on_batch(*data)
    model.compile(elman.optimizers.SGD(0.1), loss={"p": "mse"})
    before = model.get_weights()
    model.train_on_batch(np.ones((2, 3)), {"p": np.zeros((2, 1))})
    moved = [bool((a != b).any()) for a, b in zip(before, model.get_weights(), strict=True)]
    assert moved == [True, True, False, False]
    assert not model.get_layer("q").kernel.gradient.any()


def test_layers_of_different_dtypes_train_together():
    x = Input((4, 2))
    h = layers.LSTM(3)(x)
    model = Model(x, layers.Dense(1, dtype="float64")(h))
    model.compile("adam", "mse")
    before = model.get_weights()
    model.train_on_batch(np.ones((2, 4, 2)), np.ones((2, 1)))
    assert all((a != b).any() for a, b in zip(before[:2], model.get_weights()[:2], strict=True))


def two_of_a_name():
    x = Input((2,))
    return Model(x, layers.Dense(2, name="d")(layers.Dense(2, name="d")(x)), name="m")


def missing_input():
    x, y = Input((2,), name="x"), Input((2,), name="y")
    return Model(x, layers.Add()([x, y]), name="m")


def disconnected():
    x, y = Input((2,), name="x"), Input((2,), name="y")
    return Model(x, layers.Dense(1)(y), name="m")


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (
            two_of_a_name,
            "Model 'm': every layer must have a name of its own; got 'd' 2 times. "
            "Give one of them another `name=`.",
        ),
        (
            missing_input,
            "Model 'm': `inputs` must hold every input that the outputs need; 'y' is missing.",
        ),
        (disconnected, "Model 'm': `inputs` must hold every input that the outputs need;"),
        (
            lambda: Model(np.ones(2), np.ones(2), name="m"),
            "Model 'm': `inputs` must be symbolic tensors, what `Input` and the layers called on "
            "it return; got ndarray.",
        ),
        (
            lambda: Model(Input((2,)), layers.Dense(2), name="m"),
            "Model 'm': `outputs` must be symbolic tensors",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        attempt()
