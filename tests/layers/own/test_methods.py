"""Layers of one's own: gradients wherever they stand, what goes in and out, and errors."""

import numpy as np
import pytest

import elman
from elman import GradientTape, Input, Model, layers, ops
from tests.gradcheck import assert_gradient
from tests.layers.own.small_layers import F64, Nest, X, chain, weighing
from tests.own_layers import (
    Affine,
    Recurrence,
    Scaled,
    assert_gradients,
    assert_trains_by_gradient,
    random,
)


class Stock(layers.Layer):
    """elman's own layers inside a `call`."""

    def __init__(self, **options):
        super().__init__(**options)
        self.e = layers.Embedding(7, 3, mask_zero=True, **F64)
        self.both = layers.Bidirectional(layers.GRU(2, return_sequences=True, **F64), **F64)
        self.norm = layers.BatchNormalization(**F64)
        self.each = layers.TimeDistributed(layers.Dense(3, **F64), **F64)
        self.rnn = layers.SimpleRNN(2, **F64)

    def call(self, x, training=None):
        return self.rnn(self.each(self.norm(self.both(self.e(x)), training=training)))


class ByHand(layers.Layer):
    """A cube, with its gradient."""

    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1],), "ones", name="w")

    def forward(self, inputs, masks, mode):
        (x,) = inputs
        return ((x * self.w.array) ** 3,), x

    def backward(self, tape, doutputs):
        x, (dy,) = tape, doutputs
        d = 3 * (x * self.w.array) ** 2 * dy
        return (d * self.w.array,), [(d * x).sum(axis=tuple(range(x.ndim - 1)))]


# ---------------------------------------------------------------------- gradients


@pytest.mark.parametrize(
    "make",
    [
        lambda: Affine(2, **F64),
        lambda: Nest(**F64),
        lambda: Recurrence(3, **F64),
        lambda: ByHand(**F64),
        lambda: layers.TimeDistributed(Affine(2, **F64), **F64),
        lambda: layers.Bidirectional(Recurrence(2, **F64), **F64),
    ],
)
def test_gradients_of_a_layer_called_by_itself(make):
    assert_gradients(make(), [X.copy()])


@pytest.mark.parametrize(
    "stack",
    [
        lambda: [Affine(3, **F64), layers.LSTM(2, **F64), Affine(2, **F64)],
        lambda: [Nest(**F64), layers.Flatten(), Affine(2, **F64)],
        lambda: [layers.TimeDistributed(Affine(3, **F64), **F64), Recurrence(2, **F64)],
        lambda: [layers.Bidirectional(Recurrence(1, **F64), **F64)],
        lambda: [ByHand(**F64), layers.GRU(2, **F64)],
    ],
)
def test_a_sequence_is_trained_by_the_gradient(stack):
    assert_trains_by_gradient(chain(*stack()), X, random(3, 2))


def test_a_layer_that_is_called_twice_in_a_graph_is_trained_by_the_sum():
    x = Input((4, 5), dtype="float64")
    own = Affine(5, **F64)
    model = Model(x, layers.Add(**F64)([own(x), own(own(x))]))
    assert_trains_by_gradient(model, X, random(3, 4, 5))


def test_elman_s_layers_inside_have_their_gradients():
    layer, x = Stock(**F64), np.array([[1, 2, 3, 0], [4, 0, 0, 0], [5, 6, 1, 2]])
    c = random(*layer(x).shape)
    with GradientTape() as tape:
        loss = ops.sum(layer(x) * c)
    for weight, found in zip(
        layer.trainable_weights, tape.gradient(loss, layer.trainable_weights), strict=True
    ):
        assert_gradient(lambda _: float((layer(x) * c).sum()), weight.array, found)


def test_normalization_inside_is_trained_on_the_batch():
    class Normal(layers.Layer):
        def __init__(self):
            super().__init__(**F64)
            self.norm = layers.BatchNormalization(**F64)

        def call(self, x):
            return ops.tanh(self.norm(x))

    layer, c = Normal(), random(3, 4, 5, seed=5)
    layer(X)
    with GradientTape() as tape:
        loss = ops.sum(layer(X, training=True) * c)
    found = tape.gradient(loss, layer.norm.gamma)
    kept = layer.norm.moving_mean.numpy()

    def value(_):
        return float((layer(X, training=True) * c).sum())

    assert_gradient(value, layer.norm.gamma.array, found)
    assert kept.any()


def test_dropout_inside_is_undone_with_the_mask_that_it_drew():
    class Dropping(layers.Layer):
        def __init__(self):
            super().__init__(**F64)
            self.drop, self.rnn = layers.Dropout(0.5, seed=1), layers.LSTM(2, dropout=0.5, **F64)

        def call(self, x):
            return self.rnn(self.drop(x))

    layer = Dropping()
    layer(X)

    def loss(x):
        layer.drop.seed, layer.rnn.seed = 1, 2
        return ops.sum(layer(x, training=True) ** 2)

    x = X.copy()
    with GradientTape() as tape:
        box = tape.watch(x)
        total = loss(box)
    assert_gradient(lambda x: float(loss(x)), x, tape.gradient(total, box))


@pytest.mark.parametrize("named", [False, True])
def test_further_arguments_have_gradients(named):
    layer, other = Scaled(**F64), random(3, 4, 5, seed=2)

    def loss(x, o):
        y = layer(x, other=o, scale=2.0) if named else layer(x, o, 2.0)
        return ops.sum(y**2)

    loss(X, other)
    with GradientTape() as tape:
        box = tape.watch(other)
        total = loss(X, box)
    dother, dw = tape.gradient(total, [box, layer.w])
    assert_gradient(lambda o: float(loss(X, o)), other, dother)
    assert_gradient(lambda _: float(loss(X, other)), layer.w.array, dw)


@pytest.mark.parametrize("named", [False, True])
def test_further_tensors_of_a_call_are_part_of_the_graph(named):
    x, z = Input((4, 5), dtype="float64"), Input((4, 5), dtype="float64")
    between = layers.Dense(5, **F64)(z)
    own = Scaled(**F64)
    y = own(x, other=between, scale=3.0) if named else own(x, between, scale=3.0)
    model = Model([x, z], y)
    assert_trains_by_gradient(model, [X, X[::-1].copy()], random(3, 4, 5))
    clone = elman.models.clone_model(model)
    clone.set_weights(model.get_weights())
    both = [X, X + 1.0]
    np.testing.assert_array_equal(clone.predict(both, verbose=0), model.predict(both, verbose=0))


class Nested(layers.Layer):
    """Nested inputs and outputs."""

    def build(self, shapes):
        self.w = self.add_weight((5,), "ones", name="w")

    def call(self, d):
        return {"sum": d["a"] + d["b"][0] * self.w, "pair": (d["a"] * 2.0, d["b"][1] * self.w)}


def test_inputs_and_outputs_may_be_nested():
    a, b, c = (Input((4, 5), dtype="float64") for _ in range(3))
    layer = Nested(**F64)
    found = layer({"a": a, "b": [b, c]})
    assert sorted(found) == ["pair", "sum"]
    assert type(found["pair"]) is tuple
    model = Model([a, b, c], [found["sum"], *found["pair"]])
    assert_trains_by_gradient(model, [X, X + 1, X - 1], [X, X, X])
    arrays = layer({"a": X, "b": [X, X]})
    np.testing.assert_array_equal(arrays["pair"][0], 2 * X)


def test_shapes_follow_open_axes_and_dtypes_what_is_computed():
    class Several(layers.Layer):
        def call(self, x):
            return ops.sum(x, axis=1), ops.argmax(x, axis=-1), x

    total, index, same = Several()(Input((None, 3)))
    assert (total.shape, index.shape, same.shape) == ((None, 3), (None, None), (None, None, 3))
    assert (total.dtype, index.dtype[:3]) == ("float32", "int")
    assert Several().compute_output_shape((None, 4, 3))[0] == (None, 3)


def test_compute_output_shape_may_say_the_shape():
    class Said(layers.Layer):
        def compute_output_shape(self, input_shape):
            return (*input_shape[:-1], 7)

        def call(self, x):
            return ops.concatenate([x, x[..., :2]], axis=-1)

    assert Said()(Input((None, 5))).shape == (None, None, 7)
    assert Said()(X).shape == (3, 4, 7)


def test_numpy_s_functions_of_single_numbers_are_followed():
    assert_gradients(weighing(lambda s, x: np.tanh(x) * np.exp(s.w), **F64), [X.copy()])


# ---------------------------------------------------------------------- above


class Doubled(layers.LSTM):
    """Twice what an LSTM returns."""

    def call(self, sequences, initial_state=None, mask=None, training=False):
        return 2.0 * super().call(sequences, initial_state, mask, training)


class Gained(layers.Dense):
    """A Dense layer with one more weight."""

    def build(self, input_shape):
        super().build(input_shape)
        self.g = self.add_weight((), "ones", name="g")

    def call(self, x):
        return super().call(x) * self.g


@pytest.mark.parametrize("make", [lambda: Doubled(2, **F64), lambda: Gained(2, "tanh", **F64)])
def test_a_subclass_of_elman_s_layer_has_the_gradient_of_both(make):
    assert_gradients(make(), [X.copy()])
    assert_trains_by_gradient(chain(make(), layers.Flatten(), Affine(2, **F64)), X, random(3, 2))


def test_what_penalises_the_outputs_does_so_once():
    class Same(layers.Dense):
        def call(self, x):
            return super().call(x)

    found = []
    for kind in (layers.Dense, Same):
        layer = kind(2, kernel_initializer="ones", activity_regularizer="l2")
        model = chain(layer, dtype="float32")
        model.compile("sgd", "mse")
        found.append(model.evaluate(X, np.zeros((3, 4, 2)), verbose=0))
        layer(X)
        found.append(float(layer.losses[0]))
    assert found[:2] == pytest.approx(found[2:])


def test_a_state_is_carried_by_super_call():
    layer, x = Doubled(2, stateful=True), X.astype("float32")
    first, second = layer(x), layer(x)
    assert not np.array_equal(first, second)
    layer.reset_state()
    np.testing.assert_array_equal(layer(x), first)
