import copy
import pickle
import re

import numpy as np
import pytest

from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, ShapeError
from elman.models import model_from_json
from tests.layers.checks import F64, normal
from tests.tolerances import EXACT


def two_inputs():
    a, b = Input((2,), name="a"), Input((3,), name="b")
    return Model([a, b], layers.Dense(1)(layers.Concatenate()([a, b])), name="m")


class Frame:
    """Something that is no array but knows how to become one, as a data frame does."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return np.array(self.array, dtype=dtype)

    def __len__(self):
        return len(self.array)

    def __getitem__(self, key):
        raise KeyError(key)


def test_inputs_come_as_a_list_a_tuple_or_a_dictionary():
    model, x = two_inputs(), [np.ones((4, 2), "float32"), np.zeros((4, 3), "float32")]
    expected = model(x)
    for given in (
        tuple(x),
        {"a": x[0], "b": x[1]},
        {"b": x[1], "a": x[0], "more": 3},
        [x[0].tolist(), x[1].tolist()],
        [Frame(x[0]), Frame(x[1])],
    ):
        np.testing.assert_array_equal(model(given), expected)
        np.testing.assert_array_equal(model.predict(given, verbose=0), expected)


def test_symbolic_tensors_are_matched_by_name_as_arrays_are():
    a, b = Input((1,), name="a"), Input((1,), name="b")
    model = Model([b, a], layers.Concatenate()([b, a]))
    p, q = Input((1,)), Input((1,))
    outer = Model([p, q], model({"a": p, "b": q}))
    zero, one = np.zeros((1, 1)), np.ones((1, 1))
    assert outer([zero, one]).tolist() == model({"a": zero, "b": one}).tolist() == [[1, 0]]
    again = model_from_json(outer.to_json())
    assert again([zero, one]).tolist() == [[1, 0]]
    with pytest.raises(ArgumentError, match="`x` must have the keys b, a; got a"):
        model({"a": p})
    with pytest.raises(ShapeError, match="`x` must be 2 arrays"):
        model([p, q, p])


def test_one_input_comes_bare_or_in_a_list_or_by_name():
    x = Input((2,), name="only")
    model, values = Model(x, layers.Dense(1)(x)), np.ones((4, 2), "float32")
    expected = model(values)
    for given in (values.tolist(), [values], {"only": values}, Frame(values), values.astype(int)):
        np.testing.assert_array_equal(model(given), expected)
        np.testing.assert_array_equal(model.predict(given, verbose=0), expected)


def test_outputs_come_in_the_structure_that_the_model_was_made_with():
    x = Input((2,))
    one, two = layers.Dense(1)(x), layers.Dense(2)(x)
    values = np.ones((3, 2))
    for structure in ([one, two], (one, two), {"p": one, "q": two}):
        found, predicted = Model(x, structure)(values), Model(x, structure).predict(values)
        assert type(found) is type(predicted) is type(structure)
        keys = structure if isinstance(structure, dict) else range(2)
        assert [found[key].shape for key in keys] == [(3, 1), (3, 2)]


def test_predict_in_batches_equals_predict_at_once():
    model = Sequential([Input((None, 3)), layers.LSTM(4, **F64), layers.Dense(2, **F64)])
    x = normal(70, 5, 3)
    whole = model.predict_on_batch(x)
    np.testing.assert_allclose(model.predict(x, verbose=0), whole, atol=EXACT)
    np.testing.assert_allclose(model.predict(x, batch_size=1, verbose=0), whole, atol=EXACT)
    np.testing.assert_array_equal(model.predict(x, batch_size=100, verbose=0), whole)
    batches = (x[i : i + 7] for i in range(0, 70, 7))
    np.testing.assert_allclose(model.predict(batches, verbose=0), whole, atol=EXACT)
    assert len(model.predict(x, batch_size=10, steps=3, verbose=0)) == 30


def test_shapes_and_names_are_there_to_read():
    model = two_inputs()
    assert model.input_names == ["a", "b"]
    assert model.input_shape == [(None, 2), (None, 3)]
    assert model.output_shape == (None, 1)
    assert [t.name for t in model.inputs] == ["a", "b"]
    assert len(model.outputs) == 1


def test_layers_are_found_by_name_or_index():
    model = two_inputs()
    assert model.get_layer("a") is model.get_layer(index=0) is model.layers[0]
    assert model.get_layer(index=-1) is model.layers[-1]


def test_freezing_a_model_freezes_its_layers():
    model = two_inputs()
    model.trainable = False
    assert not any(layer.trainable for layer in model.layers)
    assert model.trainable_weights == []
    x = Input((2,))
    assert Model(x, layers.Dense(1)(x), trainable=False).trainable_weights == []


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_trains_on_by_itself(duplicate):
    x, y = normal(8, 4, 2), normal(8, 1)
    model = Sequential([Input((4, 2)), layers.GRU(3), layers.Dropout(0.2), layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(x, y, verbose=0, shuffle=False)
    other = duplicate(model)
    before = model.get_weights()
    other.fit(x, y, verbose=0, shuffle=False)
    for one, two in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, two)
    model.fit(x, y, verbose=0, shuffle=False)
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def intermediate():
    h = layers.Dense(4, name="d")(Input((3,)))
    return Model(h, layers.Dense(2)(h), name="m")


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: Model(),
            ArgumentError,
            "Model: `inputs` and `outputs` must be given, or a `call` be defined by its class; "
            "got neither.",
        ),
        (
            lambda: two_inputs()([np.ones((2, 2))]),
            ShapeError,
            "Model 'm': `x` must be 2 arrays (a, b); got 1.",
        ),
        (
            lambda: two_inputs()([np.ones((2, 2)), np.ones((2, 4))]),
            ShapeError,
            "Model 'm': `x['b']` must have shape (batch, 3); got (2, 4).",
        ),
        (
            lambda: two_inputs()([np.ones((2, 2)), np.ones((1, 3))]),
            ShapeError,
            "Model 'm': `x` must have as many samples in every input; got 1 and 2.",
        ),
        (
            lambda: two_inputs()({"a": np.ones((2, 2)), "c": 1}),
            ArgumentError,
            "Model 'm': `x` must have the keys a, b; got a, c.",
        ),
        (
            lambda: Sequential([Input((5, 3)), layers.GRU(2)], name="s").predict(np.ones((5, 3))),
            ShapeError,
            "Sequential 's': `x` must have shape (batch, 5, 3); got (5, 3). "
            "Add the batch axis with `x[None]`.",
        ),
        (
            lambda: Sequential([Input((None, 3)), layers.GRU(2)], name="s")(np.ones((1, 5, 2))),
            ShapeError,
            "Sequential 's': `x` must have shape (batch, any, 3); got (1, 5, 2).",
        ),
        (
            lambda: two_inputs().get_layer("aa"),
            ArgumentError,
            "Model 'm': `name` must be one of 'a', 'b', ",
        ),
        (
            lambda: two_inputs().get_layer(index=9),
            ArgumentError,
            "Model 'm': `index` must be below 4; got 9.",
        ),
        (
            lambda: two_inputs().predict([np.ones((0, 2)), np.ones((0, 3))]),
            ShapeError,
            "Model 'm': `x` must hold at least one sample; got none.",
        ),
        (
            lambda: Sequential([Input((2,)), layers.Dense(1)], name="s").predict(iter(())),
            ArgumentError,
            "Sequential 's': `x` must give at least one batch; it gave none.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_reset_state_forgets_in_every_stateful_layer_however_deep():
    inner = Sequential(
        [Input(batch_shape=(2, 3, 4)), layers.LSTM(4, stateful=True, return_sequences=True)]
    )
    both = layers.Bidirectional(layers.GRU(2, stateful=True))
    x = Input(batch_shape=(2, 3, 4))
    model, data = Model(x, both(inner(x))), normal(2, 3, 4)
    first = model(data)
    for reset in (model.reset_state, model.reset_states):
        assert not np.array_equal(model(data), first)
        reset()
        np.testing.assert_array_equal(model(data), first)
    layers.Dense(2).reset_state()
    Sequential().reset_states()


def one_input(features=1, **options):
    stack = [Input((None, features)), layers.GRU(2), layers.Dense(1)]
    return Sequential(stack, name="s", **options)


def test_series_without_a_feature_axis_are_told_how_to_get_one():
    series = np.zeros((10, 30))
    text = "Add the feature axis with `x[..., None]`."
    wrong = f"Sequential 's': `x` must have shape (batch, any, 1); got (10, 30). {text}"
    model = one_input()
    model.compile("sgd", "mse")
    for attempt in (
        lambda: model(series),
        lambda: model.predict(series),
        lambda: model.fit(series, np.zeros(10)),
        lambda: model.train_on_batch(series, np.zeros(10)),
    ):
        with pytest.raises(ShapeError, match=re.escape(wrong)):
            attempt()
    assert model.predict(series[..., None], verbose=0).shape == (10, 1)
    without_input = Sequential([layers.GRU(2, name="g")])
    with pytest.raises(ShapeError, match=re.escape("and data `x[..., None]` for 30 timesteps")):
        without_input(series)
    without_input(series[..., None])
    wrong = f"GRU 'g': `x` must have shape (batch, timesteps, features=1); got (10, 30). {text}"
    with pytest.raises(ShapeError, match=re.escape(wrong)):
        without_input(series)


def test_a_sample_without_a_batch_axis_is_told_how_to_get_one():
    text = "`x` must have shape (batch, any, 3); got (30, 3). Add the batch axis with `x[None]`."
    with pytest.raises(ShapeError, match=re.escape(text)):
        one_input(3)(np.zeros((30, 3)))


@pytest.mark.parametrize("lengths", [(30, 30), (30, 20)])
def test_a_model_of_one_input_refuses_a_list_of_arrays(lengths):
    two = [np.zeros((10, length, 1)) for length in lengths]
    text = (
        "Sequential 's': `x` must be one array of 3 axes, or a list of samples of 2, because the "
        "model has one input; got a list of 2, some of 3 axes. Join them to one with "
        "`np.concatenate`, or make an `elman.Model` of 2 inputs."
    )
    for attempt in (one_input(), one_input().predict):
        with pytest.raises(ShapeError, match=re.escape(text)):
            attempt(two)
    assert one_input()(two[:1]).shape == (10, 1)
    assert one_input()(list(two[0])).shape == (10, 1)
