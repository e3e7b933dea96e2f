import re

import numpy as np
import pytest

from elman import Input, Sequential, gradients, layers, utils
from elman.errors import ArgumentError, NotBuiltError, ShapeError, UnsupportedError
from tests.gradcheck import assert_gradient
from tests.layers.checks import F64, assert_gradients, normal, scramble


class Scale(layers.Layer):
    """A layer of one's own: y = s x, one s a feature."""

    def __init__(self, start=1.0, **options):
        super().__init__(**options)
        self.start = start

    def create_weights(self, shapes):
        def initial(shape, dtype):
            return np.full(shape, self.start, dtype)

        self.scale = self.add_weight((shapes[0][-1],), initial, name="scale")

    def forward(self, inputs, masks, mode):
        (x,) = inputs
        return (x * self.scale.array,), x

    def backward(self, tape, doutputs):
        (dy,) = doutputs
        axes = tuple(range(dy.ndim - 1))
        return (dy * self.scale.array,), [(dy * tape).sum(axis=axes)]


def dense():
    layer = layers.Dense(2, name="d")
    layer(np.zeros((1, 3)))
    return layer


def test_a_layer_of_one_s_own_computes_and_trains():
    layer = Scale(2.0, **F64)
    layer(np.ones((2, 3)))
    assert_gradients(scramble(layer), normal(2, 4, 3))
    model = Sequential([Input((3,)), Scale(name="s"), layers.Dense(1, name="out")])
    model.compile("sgd", "mse")
    before = model.get_weights()[0]
    model.fit(normal(8, 3), normal(8, 1), verbose=0)
    assert (model.get_weights()[0] != before).all()
    assert model.get_layer("s").get_config()["start"] == 1.0
    assert Scale.from_config({"start": 3.0}).start == 3.0


def test_weights_go_out_and_in_again():
    one, other = dense(), dense()
    other.set_weights(one.get_weights())
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    one.get_weights()[0][...] = 99
    assert not (one.get_weights()[0] == 99).any()
    other.set_weights([np.ones((3, 2)).tolist(), (1, 2)])
    np.testing.assert_array_equal(other.get_weights()[1], [1, 2])


@pytest.mark.parametrize(
    ("wrong", "error", "text"),
    [
        (
            lambda w: w[:1],
            ShapeError,
            "Dense 'd': `weights` must be 2 arrays (d/kernel (3, 2), d/bias (2,)); got 1.",
        ),
        (lambda w: [*w, w[0]], ShapeError, "`weights` must be 2 arrays"),
        (
            lambda w: [w[0] + 1, np.zeros(3)],
            ShapeError,
            "Dense 'd': `weights` must hold d/bias of shape (2,); got (3,).",
        ),
        (
            lambda w: [w[0] + 1, np.array(["a", "b"])],
            ArgumentError,
            "Dense 'd': `weights` must be an array of real numbers; got ndarray of dtype <U1.",
        ),
        (
            lambda w: [w[0] + 1, np.zeros(2, complex)],
            ArgumentError,
            "`weights` must be an array of real numbers; got ndarray of dtype complex128.",
        ),
        (
            lambda w: [[[1, 2], [3]], w[1]],
            ShapeError,
            "Dense 'd': `weights` must be an array; got lists of different lengths.",
        ),
    ],
)
def test_wrong_weights_change_nothing(wrong, error, text):
    layer = dense()
    before = layer.get_weights()
    with pytest.raises(error, match=re.escape(text)):
        layer.set_weights(wrong(layer.get_weights()))
    for a, b in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_layer_has_no_weights_before_it_is_built():
    layer = layers.Dense(2, name="d")
    assert layer.weights == []
    with pytest.raises(
        NotBuiltError, match=re.escape("Dense 'd': the layer must be built before weights are set")
    ):
        layer.set_weights([np.zeros((3, 2)), np.zeros(2)])
    with pytest.raises(
        NotBuiltError,
        match=re.escape("Dense 'd': the layer must be built before parameters are counted"),
    ):
        layer.count_params()
    layer.build((None, 3))
    assert layer.count_params() == 8
    layers.Flatten().set_weights([])


def test_building_twice_keeps_the_weights():
    layer = dense()
    before = layer.get_weights()[0]
    layer.build((None, 3))
    np.testing.assert_array_equal(layer.get_weights()[0], before)


def test_trainable_sorts_the_weights():
    layer = layers.Dense(2, trainable=False)
    layer(np.zeros((1, 3)))
    assert (len(layer.trainable_weights), len(layer.non_trainable_weights)) == (0, 2)
    layer.trainable = True
    assert (len(layer.trainable_weights), len(layer.non_trainable_weights)) == (2, 0)


def test_numbers_of_any_kind_are_taken():
    layer = dense()
    x = [[1, 2, 3]]
    expected = layer(np.array(x, "float32"))
    for given in (x, np.array(x), np.array(x, "uint8"), np.array(x, float), ((1, 2, 3),)):
        np.testing.assert_array_equal(layer(given), expected)


def test_compute_output_shape_needs_no_data():
    assert layers.LSTM(4).compute_output_shape((None, 5, 3)) == (None, 4)
    assert layers.Concatenate().compute_output_shape([(2, 3), (2, 4)]) == (2, 7)
    shapes = layers.GRU(4, return_state=True).compute_output_shape((2, 5, 3))
    assert shapes == [(2, 4), (2, 4)]


def test_gradients_of_a_layer_that_is_called_for_the_first_time():
    layer, x = layers.Dense(2, **F64), normal(3, 4)
    found = gradients(layer, x, output_gradients=np.ones((3, 2)))
    assert_gradient(lambda a: layer(a).sum(), x, found["inputs"][0])


def test_repr_names_the_layer():
    utils.clear_session()
    assert repr(layers.Dense(2)) == "<Dense name=dense, built=False>"


def test_a_failed_build_leaves_the_layer_as_it_was():
    def fails_once(shape, dtype, failures=[1]):  # noqa: B006
        if failures:
            failures.pop()
            raise KeyError("no luck")
        return np.zeros(shape, dtype)

    layer = layers.Dense(2, bias_initializer=fails_once)
    with pytest.raises(KeyError, match="no luck"):
        layer(np.ones((1, 3)))
    assert (layer.built, layer.weights, layer.input_shapes) == (False, [], [])
    assert layer(np.ones((1, 5))).shape == (1, 2)
    assert [w.shape for w in layer.weights] == [(5, 2), (2,)]


def test_a_failed_build_leaves_inner_layers_as_they_were():
    wrong = [np.zeros((3, 2))]
    both = layers.Bidirectional(layers.LSTM(2), weights=wrong)
    with pytest.raises(ShapeError, match="`weights` must be 6 arrays"):
        both.build((None, 4, 3))
    assert not both.built
    assert both.weights == []
    assert not both.forward_layer.built


def test_an_initializer_must_give_the_weight_s_shape():
    layer = layers.Dense(2, kernel_initializer=lambda shape, dtype: np.zeros(2), name="d")
    text = "Dense 'd': `kernel` must have shape (3, 2); its initializer gave (2,)."
    with pytest.raises(ShapeError, match=re.escape(text)):
        layer(np.ones((1, 3)))
    layer = layers.LSTM(2, bias_initializer=lambda shape, dtype: np.zeros(()), name="l")
    text = "LSTM 'l': `bias` must have shape (8,); its initializer gave ()."
    with pytest.raises(ShapeError, match=re.escape(text)):
        layer(np.ones((1, 4, 3)))


def test_what_keras_s_layers_take_and_elman_s_do_not_may_be_given_unused():
    unused = {"activity_regularizer": None, "kernel_constraint": None, "bias_regularizer": None}
    layers.Dense(2, **unused)
    layers.LSTM(2, implementation=1, use_cudnn=True, time_major=False, **unused)
    layers.Embedding(3, 2, embeddings_regularizer=None)


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: layers.Dense(2, lora_rank=4),
            UnsupportedError,
            "Dense: `lora_rank` must be left out, because elman does not have it; got 4.",
        ),
        (
            lambda: layers.GRU(2, time_major=True),
            UnsupportedError,
            "GRU: `time_major` must be left out, because elman does not have it; got True.",
        ),
        (
            lambda: layers.Flatten(kernel_regularizer=None),
            ArgumentError,
            "Flatten: `kernel_regularizer` must be an argument that Flatten has.",
        ),
        (
            lambda: layers.Dense(2, trainable="no"),
            ArgumentError,
            "Dense: `trainable` must be True or False; got 'no'.",
        ),
        (
            lambda: dense().build(3),
            ArgumentError,
            "Dense 'd': `input_shape` must be a tuple of sizes with the batch, such as "
            "(None, 10, 3), or a list of such; got 3.",
        ),
        (
            lambda: dense().compute_output_shape("ab"),
            ArgumentError,
            "Dense 'd': `input_shape` must be a tuple of sizes with the batch, such as "
            "(None, 10, 3), or a list of such; got 'ab'.",
        ),
        (
            lambda: dense()(np.ones((2, 2, 3)), mask=[[1], [1, 0]]),
            ShapeError,
            "Dense 'd': `mask` must be an array; got lists of different lengths.",
        ),
        (
            lambda: dense()(np.ones((2, 2, 3)), mask=Input((2,))),
            ArgumentError,
            "Dense 'd': `mask` must be an array of real numbers; got SymbolicTensor",
        ),
        (
            lambda: dense().set_weights(None),
            ArgumentError,
            "Dense 'd': `weights` must be a list of arrays; got NoneType.",
        ),
        (
            lambda: layers.Dense(2, activatoin="relu"),
            ArgumentError,
            "Dense: `activatoin` must be an argument that Dense has. Did you mean 'activation'?",
        ),
        (
            lambda: layers.LSTM(2, input_shape=(5, 3), input_dim=3),
            ArgumentError,
            "LSTM: `input_dim` must be left out where `input_shape` is given; got both.",
        ),
        (
            lambda: layers.LSTM(2, input_shape=5),
            ArgumentError,
            "LSTM: `input_shape` must be a tuple of sizes; got 5. Did you mean (5,)?",
        ),
        (
            lambda: layers.Dense(2, nam="x"),
            ArgumentError,
            "Dense: `nam` must be an argument that Dense has. Did you mean 'name'?",
        ),
        (
            lambda: dense()("words"),
            ArgumentError,
            "Dense 'd': `x` must be an array of real numbers; got str of dtype <U5.",
        ),
        (
            lambda: dense()(None),
            ArgumentError,
            "Dense 'd': `x` must be an array of real numbers; got None.",
        ),
        (
            lambda: dense()([[1, 2, 3], [4, 5]]),
            ShapeError,
            "Dense 'd': `x` must be an array; got lists of different lengths. "
            "Pad them to one length and mask the padding.",
        ),
        (
            lambda: layers.Layer(name="l")(np.ones(2)),
            UnsupportedError,
            "Layer 'l': `call` must be defined to call it, or `forward`; got none.",
        ),
        (
            lambda: layers.Dense(2, dtype="mixed_float16", name="d"),
            ArgumentError,
            "Dense 'd': `dtype` must be 'float32' or 'float64'; got 'mixed_float16'.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_errors_are_also_the_builtin_ones():
    for error, builtin in (
        (ShapeError, ValueError),
        (ArgumentError, ValueError),
        (NotBuiltError, RuntimeError),
        (UnsupportedError, NotImplementedError),
    ):
        assert issubclass(error, builtin)
