"""What layers inside a call know of the call around them: mode, masks, penalties."""

import warnings

import numpy as np
import pytest

import elman
from elman import GradientTape, Input, Model, Sequential, layers, ops
from elman.layers.own import context
from tests.gradcheck import assert_gradient
from tests.own_layers import random

F64 = {"dtype": "float64"}
X = random(3, 4, 5)
X[0, 2:] = 0.0  # steps that Masking skips
KEEP = X.any(axis=-1)


class Passing(layers.Layer):
    """A layer that lets masks through, and notes them."""

    def __init__(self, **options):
        super().__init__(**options)
        self.supports_masking = True
        self.seen = []

    def call(self, x, mask=None):
        self.seen.append(mask)
        return x * 2.0


class Inside(layers.Layer):
    """A mask that begins, passes on and ends inside a `call`."""

    def __init__(self, **options):
        super().__init__(**options)
        self.stack = [layers.Masking(**F64), Passing(**F64), layers.LSTM(2, **F64)]

    def call(self, x):
        for layer in self.stack:
            x = layer(x)
        return x


def test_a_mask_that_begins_inside_reaches_the_layers_behind():
    layer = Inside(**F64)
    y = layer(X)
    np.testing.assert_array_equal(layer.stack[1].seen[-1], KEEP)
    with_mask = layer.stack[2](2.0 * X, mask=KEEP)
    np.testing.assert_allclose(y, with_mask)


def test_what_stands_at_masked_steps_reaches_no_gradient():
    layer, c = Inside(**F64), random(3, 2, seed=1)
    layer(X)

    def loss(x):
        return ops.sum(layer(x) * c)

    with GradientTape() as tape:
        box = tape.watch(X)
        total = loss(box)
    dx, *dweights = tape.gradient(total, [box, *layer.trainable_weights])
    assert not dx[~KEEP].any()
    assert dx[KEEP].any()
    for weight, found in zip(layer.trainable_weights, dweights, strict=True):
        assert_gradient(lambda _: float(loss(X)), weight.array, found)


def test_masks_go_the_same_way_on_a_tape_in_a_model_and_by_themselves():
    layer = Inside(**F64)
    alone = layer(X)
    model = Sequential([Input((4, 5), **F64), layer])
    np.testing.assert_allclose(model.predict(X, verbose=0), alone)
    with GradientTape():
        np.testing.assert_allclose(elman.gradient_tape.unboxed(layer(X)), alone)
    model.compile("sgd", "mse")
    model.optimizer.learning_rate = 0.0
    layer.stack[1].seen.clear()
    model.fit(X, np.zeros((3, 2)), verbose=0, shuffle=False)
    np.testing.assert_array_equal(layer.stack[1].seen[0], KEEP)


def test_a_mask_by_hand_goes_before_that_of_the_input():
    by_hand = np.array([[True, False, True, False]] * 3)

    class Hand(Inside):
        def call(self, x):
            return self.stack[2](self.stack[0](x), mask=by_hand)

    layer = Hand(**F64)
    np.testing.assert_allclose(layer(X), layer.stack[2](X, mask=by_hand))


def test_arithmetic_ends_a_mask_inside_a_call():
    class Lost(Inside):
        def call(self, x):
            return self.stack[2](self.stack[0](x) * 1.0)

    layer = Lost(**F64)
    np.testing.assert_allclose(layer(X), layer.stack[2](X))


def test_a_layer_that_cannot_pass_a_mask_on_says_so():
    class Deaf(layers.Layer):
        def call(self, x):
            return x * 1.0

    model = Sequential([Input((4, 5)), layers.Masking(), Deaf(name="deaf"), layers.GRU(2)])
    text = "Deaf 'deaf': the mask of its input ends here, because Deaf cannot pass one on. Set"
    with pytest.warns(UserWarning, match=text):
        model.predict(X, verbose=0)


def test_several_inputs_have_their_masks_nested_as_they_are():
    seen = {}

    class Several(layers.Layer):
        def call(self, inputs, mask=None):
            seen.update(mask=mask)
            return inputs["a"] + inputs["b"][0]

        def compute_mask(self, inputs, mask=None):
            return mask["a"]

    a, b = Input((4, 5), **F64), Input((4, 5), **F64)
    masked = layers.Masking(**F64)(a)
    h = Several(**F64)({"a": masked, "b": [b]})
    rnn = layers.LSTM(2, **F64)
    model = Model([a, b], rnn(h))
    found = model.predict([X, np.ones_like(X)], verbose=0)
    np.testing.assert_array_equal(seen["mask"]["a"], KEEP)
    assert seen["mask"]["b"] == [None]
    np.testing.assert_allclose(found, rnn(X + 1.0, mask=KEEP))


@pytest.mark.parametrize("training", [None, True, False])
def test_training_is_handed_on_to_layers_that_are_not_told(training):
    seen = []

    class Spy(layers.Layer):
        def call(self, x, training=None):
            seen.append(training)
            return x

    class Middle(layers.Layer):
        def __init__(self):
            super().__init__()
            self.spy, self.model = Spy(), Sequential([Input((4, 5)), Spy()])

        def call(self, x):
            return self.model(self.spy(x))

    layer = Middle()
    layer(X)
    seen.clear()
    layer(X, training=training)
    # Further calls are on examples, from which shapes are known.
    assert [bool(each) for each in seen[:2]] == [bool(training)] * 2


def test_dropout_inside_drops_in_training_alone():
    class Dropping(layers.Layer):
        def __init__(self):
            super().__init__()
            self.drop = layers.Dropout(0.5, seed=0)

        def call(self, x):
            return self.drop(x)

    layer, ones = Dropping(), np.ones((20, 20), "float32")
    np.testing.assert_array_equal(layer(ones), ones)
    assert set(np.unique(layer(ones, training=True))) == {0.0, 2.0}


def test_penalties_of_layers_inside_are_the_outer_call_s():
    class Penal(layers.Layer):
        def call(self, x):
            self.add_loss([ops.sum(x), 1.0])
            return x

    class Around(layers.Layer):
        def __init__(self):
            super().__init__(activity_regularizer="l1")
            self.inner = Penal()
            self.dense = layers.Dense(1, activity_regularizer="l2", kernel_initializer="ones")

        def call(self, x):
            return self.dense(self.inner(x))

    layer = Around()
    x = np.ones((2, 3), "float32")
    layer(x)
    # The sum, 1, 0.01 * 9 a sample for the dense layer, and 0.01 * 3 for the layer's own.
    assert [float(each) for each in layer.losses] == pytest.approx([6.0, 1.0, 0.09, 0.03])
    layer(x)
    assert len(layer.losses) == 4
    assert layer.inner.losses == []


def test_a_call_that_fails_leaves_no_context_behind():
    class Failing(layers.Layer):
        def call(self, x):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        Failing()(X)
    assert context.current() is None


def test_masks_are_known_by_the_array_and_not_by_its_numbers():
    around = context.Context(False, None, {})
    x, mask = np.ones(3), np.ones(3, bool)
    around.remember([x, np.ones(3)], [mask, None])
    assert around.masks_of([x, x.copy()]) == (mask, None)
    del x
    assert len(around.masks) == 1  # the array is kept, so that no other gets its id


def test_a_layer_s_metrics_do_not_see_examples():
    class Counting(layers.Layer):
        def __init__(self):
            super().__init__()
            self.seen = elman.metrics.Mean(name="seen")

        def call(self, x):
            self.seen.update_state(x)
            return x * 1.0

    model = Sequential([Input((4, 5)), Counting(), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    with warnings.catch_warnings():
        found = model.train_on_batch(np.ones((3, 4, 5)), np.zeros((3, 1)), return_dict=True)
    assert found["seen"] == 1.0
    assert [metric.name for metric in model.metrics][-1] == "seen"
