"""Layers of one's own: dtypes, states, weights, and layers inside them."""

import copy
import gc
import pickle
import threading
import weakref

import numpy as np
import pytest

import elman
from elman import GradientTape, Input, InputSpec, Model, Sequential, layers, ops
from elman.errors import ShapeError
from tests.gradcheck import assert_gradient
from tests.layers.own.small_layers import F64, Nest, X, chain
from tests.own_layers import Affine, assert_gradients, random


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
