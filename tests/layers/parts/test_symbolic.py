import re

import numpy as np
import pytest

from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, NotBuiltError, ShapeError


def test_a_call_on_a_symbolic_tensor_makes_a_tensor_of_the_output_s_shape_and_dtype():
    y = layers.LSTM(4, dtype="float64", name="l")(Input((None, 3)))
    assert (y.shape, y.dtype, y.name, y.ndim) == ((None, 4), "float64", "l", 2)
    assert repr(y) == "<SymbolicTensor shape=(None, 4), dtype=float64, name=l>"


def test_layers_without_weights_keep_a_float_s_dtype():
    x = Input((2,), dtype="float64")
    assert layers.Activation("relu")(x).dtype == "float64"
    assert layers.Activation("relu")(Input((2,), dtype="int32")).dtype == "float32"


@pytest.mark.parametrize(
    ("mask", "error", "text"),
    [
        (np.ones((1, 4)), ArgumentError, "`mask` must be one symbolic tensor where the input is"),
        (
            [Input((4,))],
            ArgumentError,
            "must be one symbolic tensor where the input is symbolic; "
            "got list. Make it an `Input` of the model.",
        ),
        (Input((5,)), ShapeError, "`mask` must have shape (batch, timesteps=4); got (None, 5)."),
        (
            Input((4, 3)),
            ShapeError,
            "`mask` must have shape (batch, timesteps=4); got (None, 4, 3)",
        ),
        (
            Input((4, 1)),
            ShapeError,
            "`mask` must have shape (batch, timesteps=4); got (None, 4, 1). "
            "Drop the last axis with `mask[..., 0]`.",
        ),
    ],
)
def test_a_mask_of_a_symbolic_tensor_is_a_tensor_that_fits_it(mask, error, text):
    with pytest.raises(error, match=re.escape(text)):
        layers.LSTM(2)(Input((4, 3)), mask=mask)


def test_several_outputs_come_as_a_list():
    tensors = layers.LSTM(4, return_state=True, return_sequences=True)(Input((5, 3)))
    assert [t.shape for t in tensors] == [(None, 5, 4), (None, 4), (None, 4)]
    assert [t.index for t in tensors] == [0, 1, 2]


def test_each_call_is_a_node_of_its_layer():
    layer, x, y = layers.Dense(2), Input((3,)), Input((3,))
    first, second = layer(x), layer(y)
    assert [node.index for node in layer.nodes] == [0, 1]
    assert first.node.parents == [x.node]
    assert second.node.inputs == [y]


def test_input_and_output_are_those_of_the_last_call():
    x, layer = Input((3,)), layers.Dense(2)
    y = layer(x)
    assert layer.input is x
    assert layer.output is y
    lstm = layers.LSTM(2, return_state=True)
    tensors = lstm(Input((4, 3)))
    assert lstm.output == tensors


def test_a_model_may_end_at_a_layer_inside_another():
    x = Input((5, 3))
    hidden = layers.LSTM(4, return_sequences=True)
    model = Model(x, layers.Dense(1)(hidden(x)))
    states = Model(model.inputs, hidden.output)
    values = np.ones((2, 5, 3))
    np.testing.assert_array_equal(states(values), hidden(values))
    np.testing.assert_array_equal(Model(model.input, model.output)(values), model(values))


def test_without_a_symbolic_call_there_is_no_output():
    text = (
        "Dense 'd': it must be part of a model to have input and output; it is not. "
        "Call it on an `Input` first."
    )
    with pytest.raises(NotBuiltError, match=re.escape(text)):
        _ = layers.Dense(2, name="d").output


def test_arrays_and_tensors_do_not_mix():
    text = "Add 'a': `inputs` must be all arrays or all symbolic tensors; got both."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        layers.Add(name="a")([Input((3,)), np.ones((2, 3))])


def stacked(*stack, shape=(None, 3)):
    """Return the error of layers that do not follow one another."""
    with pytest.raises(ShapeError) as caught:
        Sequential([Input(shape), *stack])
    return str(caught.value)


LOST = "before it gives its last output alone, (batch, units). Make that with `return_sequences="


@pytest.mark.parametrize(
    ("second", "named"),
    [
        (lambda: layers.LSTM(2, name="b"), "LSTM 'b'"),
        (lambda: layers.Bidirectional(layers.GRU(2), name="b"), "Bidirectional 'b'"),
        (lambda: layers.TimeDistributed(layers.Dense(2), name="b"), "TimeDistributed 'b'"),
    ],
)
def test_who_lost_the_timesteps_is_named(second, named):
    text = stacked(layers.LSTM(8, name="a"), second())
    wanted = f"{named}: `x` must have shape (batch, timesteps, features); got (None, 8)."
    assert text == f"{wanted} LSTM 'a' {LOST}True`."
    between = [layers.LSTM(8, name="a"), layers.Dropout(0.1), layers.Dense(8)]
    assert stacked(*between, second()) == text
    both = layers.Bidirectional(layers.GRU(4), name="a")
    assert stacked(both, second()) == f"{wanted} Bidirectional 'a' {LOST}True`."
    flat = [layers.Flatten(name="f"), layers.Dense(8)]
    assert stacked(*flat, second(), shape=(2, 3)) == (
        f"{wanted} Flatten 'f' before it leaves no timesteps."
    )


def test_an_input_without_timesteps_says_what_a_sample_is():
    wanted = "LSTM 'l': `x` must have shape (batch, timesteps, features); got"
    assert stacked(layers.LSTM(2, name="l"), shape=(3,)) == (
        f"{wanted} (None, 3). A sample is (timesteps, features): `Input((None, 3))` for 3 features;"
        " `Input((3, 1))` and data `x[..., None]` for 3 timesteps of one feature."
    )
    assert stacked(layers.LSTM(2, name="l"), shape=(None,)) == (
        f"{wanted} (None, None). A sample is (timesteps, features): `Input((None, 1))` and data "
        "`x[..., None]` for one feature."
    )


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (layers.Dense, [2]), (layers.Dropout, [0.1]), (layers.Flatten, []),
        (layers.Activation, ["relu"]), (layers.Embedding, [3, 2]), (layers.Reshape, [(4,)]),
        (layers.RepeatVector, [2]), (layers.TimeDistributed, [layers.Flatten(name="inner")]),
    ],
)  # fmt: skip
def test_a_layer_of_one_input_refuses_a_list(kind, arguments):
    layer = kind(*arguments, name="l")
    text = (
        f"{kind.__name__} 'l': `inputs` must be one array; got a list of 2. "
        "Join them with `Concatenate` or `Add` first."
    )
    for two in ([Input((4, 1)), Input((4, 1))], [np.zeros((1, 4, 1)), np.zeros((1, 4, 1))]):
        with pytest.raises(ShapeError, match=re.escape(text)):
            layer(two)
