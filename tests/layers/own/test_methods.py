"""Layers of one's own: gradients wherever they stand, what goes in and out, and errors."""

import copy
import gc
import pickle
import re
import threading
import weakref

import numpy as np
import pytest

import elman
from elman import GradientTape, Input, InputSpec, Model, Sequential, layers, ops
from elman.errors import ArgumentError, NotBuiltError, ShapeError, UnsupportedError
from tests.gradcheck import assert_gradient
from tests.own_layers import (
    Affine,
    Recurrence,
    Scaled,
    assert_gradients,
    assert_trains_by_gradient,
    random,
)

F64 = {"dtype": "float64"}
X = random(3, 4, 5)


def chain(*stack, shape=(4, 5), dtype="float64"):
    return Sequential([Input(shape, dtype=dtype), *stack])


class Nest(layers.Layer):
    """Layers of both kinds in attributes, lists and dictionaries, one of them called twice."""

    def __init__(self, **options):
        super().__init__(**options)
        self.a = Affine(3, **F64)
        self.b = [Affine(3, **F64), layers.Dense(2, **F64)]
        self.c = {"l": layers.LSTM(3, return_sequences=True, **F64)}

    def call(self, x):
        return self.b[1](self.c["l"](self.b[0](self.a(x))) + self.a(x))


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


# ---------------------------------------------------------------------- dtypes, states, weights


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_comes_out_has_the_layer_s_dtype(dtype):
    class Root(layers.Layer):
        def build(self, input_shape):
            self.w = self.add_weight((5,), name="w")

        def call(self, x):
            return x * self.w / np.sqrt(5)  # a float64 of NumPy's

    layer = Root(dtype=dtype)
    assert layer(X.astype(dtype)).dtype == layer.w.dtype == dtype
    model = chain(layer, layers.Flatten(), layers.Dense(2, dtype=dtype), dtype=dtype)
    model.compile("sgd", "mse")
    model.fit(X, random(3, 2), verbose=0)
    assert {w.dtype.name for w in model.weights} == {w.gradient.dtype.name for w in model.weights}
    assert model.predict(X, verbose=0).dtype == dtype


def test_a_stateful_layer_inside_carries_its_state():
    class Carrying(layers.Layer):
        def __init__(self):
            super().__init__()
            self.rnn = layers.LSTM(2, stateful=True)

        def call(self, x):
            return self.rnn(x) * 1.0

    layer, x = Carrying(), X.astype("float32")
    first, second = layer(x), layer(x)
    assert not np.array_equal(first, second)
    layer.reset_state()
    np.testing.assert_array_equal(layer(x), first)


def test_weights_that_are_not_trained_may_be_assigned_to_before_and_after_they_are_read():
    class Moving(layers.Layer):
        def build(self, input_shape):
            self.m = self.add_weight((5,), "ones", trainable=False, name="m")
            self.w = self.add_weight((5,), "ones", name="w")

        def call(self, x, training=None):
            y = x * self.m * self.w
            if training:
                self.m.assign(self.m * 0.5 + ops.mean(y, axis=(0, 1)))
            return y * self.m

    layer = Moving(**F64)
    layer(X)
    start = layer.m.numpy()

    def loss(_=None):
        layer.m.assign(start)
        return ops.sum(layer(X, training=True) ** 2)

    with GradientTape() as tape:
        total = loss()
    found = tape.gradient(total, layer.w)
    kept = {}

    def constant(_):  # as for Keras, no gradient goes through what is assigned
        kept.setdefault("m", layer.m.numpy())
        y = X * start * layer.w.array * kept["m"]
        return float((y**2).sum())

    kept["m"] = layer.m.numpy()
    assert_gradient(constant, layer.w.array, found)


def test_attributes_that_a_call_sets_stay():
    class Counting(layers.Layer):
        calls = 0

        def call(self, x):
            self.calls += 1
            self.last = x.shape
            return x

    layer = Counting()
    layer(X)
    layer(X[:1])
    assert (layer.calls, layer.last) == (2, (1, 4, 5))


def test_a_weight_that_is_returned_is_a_copy():
    class Returns(layers.Layer):
        def build(self, shape):
            self.w = self.add_weight((shape[-1],), "ones")

        def call(self, x):
            return self.w

    layer = Returns()
    y = layer(X)
    y[:] = 5
    assert np.array_equal(layer.w.numpy(), np.ones(5))


def test_layers_may_know_the_layer_around_them():
    outer, inner = Nest(**F64), Affine(2, **F64)
    outer.d, inner.parent = inner, outer
    assert inner in layers.Wrapper(outer).layer.sublayers
    outer(X)
    outer.trainable = False
    assert outer.trainable_weights == []
    assert not inner.trainable
    ids = [id(weight) for weight in outer.weights]
    assert len(ids) == len(set(ids))


def test_metrics_in_lists_count_what_was_called_alone():
    class Counts(layers.Layer):
        def __init__(self):
            super().__init__()
            self.means = [elman.metrics.Mean()]

        def call(self, x):
            self.means[0].update_state(8.0)
            return x * 1.0

    layer = Counts()
    Sequential([layer])(X)
    assert layer.means[0].result() == 8.0


def test_weights_have_the_paths_of_their_own_layers_in_any_thread():
    waiting, go = threading.Event(), threading.Event()

    class Slow(layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.inner = layers.Dense(1, name="inner")

        def call(self, x):
            waiting.set()
            go.wait(10)
            return self.inner(x)

    slow, other = Slow(name="slow"), Sequential([layers.Dense(1, name="dense")], name="other")
    thread = threading.Thread(target=slow, args=(X,))
    thread.start()
    assert waiting.wait(10)
    thread_2 = threading.Thread(target=lambda: (other(X), go.set()))
    thread_2.start()
    go.wait(1)  # what builds waits for who builds
    go.set()
    thread.join()
    thread_2.join()
    assert [weight.path for weight in other.weights] == ["other/dense/kernel", "other/dense/bias"]
    assert [weight.path for weight in slow.weights] == ["slow/inner/kernel", "slow/inner/bias"]


def test_classes_that_nobody_uses_any_more_go_away():
    def make():
        class Gone(layers.Layer):
            supports_masking = True

            def call(self, x, mask=None):
                return x * 2.0

        Sequential([layers.Masking(), Gone()])(X)
        return weakref.ref(Gone)

    reference = make()
    gc.collect()
    assert reference() is None


def test_inputs_are_checked_in_models_too():
    class Five(layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.input_spec = InputSpec(axes={1: 5})

        def call(self, x, y=None):
            return x + 0.0

    x = Input((None, 2))
    model = Model(x, Five(name="five")(x, x))
    assert model.predict(np.ones((1, 5, 2)), verbose=0).shape == (1, 5, 2)
    for run in (model, lambda x: model.predict(x, verbose=0)):
        with pytest.raises(ShapeError, match="Five 'five': `inputs` must have size 5 on axis 1"):
            run(np.ones((1, 7, 2), "float32"))


def test_weights_may_be_kept_in_lists_and_dictionaries():
    class Kept(layers.Layer):
        def build(self, input_shape):
            self.ws = [self.add_weight((5,), "ones", name=f"w{i}") for i in range(2)]
            self.by_name = {"v": self.add_weight((5,), "ones", name="v")}

        def call(self, x):
            return x @ ops.diag(self.ws[0] * self.ws[1]) + self.by_name["v"]

    assert_gradients(Kept(**F64), [X.copy()])


def test_a_list_of_other_things_is_no_layer_s_business():
    class Words(layers.Layer):
        def __init__(self):
            super().__init__()
            self.table = {1: "a", None: ["b", layers.Dense(2)], "c": 3.0}

        def call(self, x):
            return self.table[None][1](x)

    layer = Words()
    assert layer(X).shape == (3, 4, 2)
    assert len(layer.weights) == 2


def test_a_copy_and_a_pickle_are_layers_of_their_own():
    layer = Affine(2)
    expected = layer(X)
    for again in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        np.testing.assert_array_equal(again(X), expected)
        again.w.assign(again.w.numpy() * 0.0)
        np.testing.assert_array_equal(layer(X), expected)
        assert again.get_config()["units"] == 2


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


# ---------------------------------------------------------------------- errors


def raising(body, **more):
    """Return a layer whose `call` is this function."""
    kind = type("Wrong", (layers.Layer,), {"call": body, **more})
    return kind(name="w")


class Weighing(layers.Layer):
    """A layer with one weight, for which `body` is what `call` does."""

    body = None

    def build(self, input_shape):
        self.w = self.add_weight((5,), "ones", name="w")

    def call(self, x):
        return type(self).body(self, x)


def weighing(body, **options):
    return type("Weighing", (Weighing,), {"body": body})(name="w", **options)


def train(layer):
    model = chain(layer, layers.Flatten(), layers.Dense(1), dtype="float32")
    model.compile("sgd", "mse")
    model.fit(X, np.zeros((3, 1)), verbose=0)


TAKES_ARRAYS = (
    "must compute with `elman.ops` where a gradient is to follow; got a function of NumPy"
)


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (lambda: train(weighing(lambda s, x: np.concatenate([x, x]))), ArgumentError,
         TAKES_ARRAYS),
        (lambda: train(weighing(lambda s, x: np.where(x > 0, x, s.w))), ArgumentError,
         TAKES_ARRAYS),
        (lambda: raising(lambda self, x: None)(X), ArgumentError,
         "Wrong 'w': `call` must return an array, or a list, tuple or dictionary of arrays; got "
         "None."),
        (lambda: raising(lambda self, x: "no")(X), ArgumentError, "got str."),
        (lambda: weighing(lambda s, x: s.w.assign(x))(X), ArgumentError,
         "Weighing 'w': `call` must compute with a weight that is trained as with an array; got "
         "`.assign` of it. Make it with `trainable=False` to assign to it"),
        (lambda: weighing(lambda s, x: x * s.w.value)(X), ArgumentError, "got `.value` of it."),
        (lambda: layers.Layer(name="l")(X), UnsupportedError,
         "Layer 'l': `call` must be defined to call it, or `forward`; got none."),
        (lambda: Affine(2, name="a").count_params(), NotBuiltError,
         "Affine 'a': the layer must be built before parameters are counted; it is not."),
        (lambda: Affine(2, name="a").set_weights([X]), NotBuiltError,
         "Affine 'a': the layer must be built before weights are set; it is not."),
        (lambda: Affine(2, name="a")([X, Input((4, 5))]), ArgumentError,
         "Affine 'a': `inputs` must be all arrays or all symbolic tensors; got both."),
        (lambda: raising(lambda s, x: x, build=lambda s, a, b: None)(X), ArgumentError,
         "Wrong 'w': `build` must take one argument, or one an argument of `call`, such as "
         "`x_shape`; it takes a, b."),
        (lambda: setattr(Affine(2, name="a"), "nodes", 3), ArgumentError,
         "Affine 'a': `nodes` must be left to elman, which keeps something else under that name; "
         "got int. Give the attribute another name."),
        (lambda: Affine(2, unitz=3), ArgumentError,
         "Affine: `unitz` must be an argument that Affine has. Did you mean 'units'?"),
        (lambda: Affine(2, name="a")([[1.0, 2.0], [3.0]]), ShapeError,
         "Affine 'a': `x` must be an array; got lists of different lengths."),
        (lambda: Affine(2, name="a")(np.array(["a"])), ArgumentError,
         "Affine 'a': `x` must be an array of real numbers; got ndarray of dtype <U1."),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_a_weight_must_stay_the_weight_that_it_is():
    layer = Affine(2, name="a")
    layer(X)
    with pytest.raises(ArgumentError, match="Affine 'a': `w` must stay the weight that it is"):
        layer.w = np.zeros((5, 2))
    with pytest.raises(ShapeError, match=r"`weights` must be 2 arrays \(a/w \(5, 2\), a/b \(2,\)"):
        layer.set_weights([np.zeros((5, 2))])


def test_a_build_that_fails_leaves_the_layer_as_it_was():
    class Failing(Affine):
        def build(self, input_shape):
            super().build(input_shape)
            if len(input_shape) == 2:
                raise ValueError("not this one")

    layer = Failing(2)
    with pytest.raises(ValueError, match="not this one"):
        layer(X[:, 0])
    assert (layer.built, layer.weights) == (False, [])
    assert layer(X).shape == (3, 4, 2)


def test_errors_inside_a_call_are_the_user_s():
    def wrong(self, x):
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine") as raised:
        raising(wrong)(X)
    assert str(raised.value) == "mine"  # where it was is said in a note
    assert elman.gradient_tape.active() is None


def test_nan_and_empty_batches_go_through():
    layer = Affine(2)
    assert np.isnan(layer(np.full((1, 5), np.nan))).all()
    assert layer(np.zeros((0, 5))).shape == (0, 2)
