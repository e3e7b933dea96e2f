"""A model that is one chain of layers runs bound to its shape; the numbers stay the same."""

import copy
import threading

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import elman
from elman import Input, Sequential, kernels, layers
from elman.layers.parts.passes import INFERENCE, TRAINING
from elman.models.chain import ChainTape
from tests.models.chains import X, in_chains, is_bound, recurrent, twice, unbound

Y = np.random.default_rng(1).normal(size=(3, 2)).astype("float32")

pytestmark = [in_chains, pytest.mark.usefixtures("kernels_restored")]


def stack(dtype="float32", **options):
    model = Sequential(
        [
            Input((7, 2), dtype=dtype),
            layers.LSTM(5, return_sequences=True, dtype=dtype, **options),
            layers.GRU(4, go_backwards=True, return_sequences=True, use_bias=False, dtype=dtype),
            layers.LayerNormalization(dtype=dtype),
            layers.Dense(6, "softmax", dtype=dtype),
            layers.LayerNormalization(center=False, epsilon=0.1, dtype=dtype),
            layers.SimpleRNN(3, checkpoint_steps=2, dtype=dtype),
            layers.LayerNormalization(scale=False, dtype=dtype),
            layers.Dense(2, "gelu", use_bias=False, dtype=dtype),
        ]
    )
    generator = np.random.default_rng(2)
    model.set_weights([generator.normal(size=w.shape) * 0.5 for w in model.weights])
    model.compile("adam", "mse", metrics=["mae"])
    return model


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_training_gives_the_same_bits_bound_or_not(dtype):
    x, bound, free = X.astype(dtype), stack(dtype), unbound(stack(dtype))
    for _ in range(5):
        assert bound.train_on_batch(x, Y) == free.train_on_batch(x, Y)
    assert is_bound(bound, x, TRAINING)
    assert not is_bound(free, x, TRAINING)
    for one, other in zip(bound.get_weights(), free.get_weights(), strict=True):
        assert_array_equal(one, other)


FURTHER = (
    *("CoupledLSTM", "PeepholeLSTM", "IndRNN", "MinGRU", "MinLSTM"),
    *("LayerNormLSTM", "LayerNormGRU"),
)


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("name", FURTHER)
def test_further_cells_give_the_same_bits_bound_or_not(name, bias):
    bound, free = (recurrent(getattr(layers, name), use_bias=bias) for _ in range(2))
    y = np.random.default_rng(1).normal(size=(3, 3)).astype("float32")
    for model in (bound, unbound(free)):
        model.compile("adam", "mse")
    for _ in range(4):
        assert bound.train_on_batch(X, y) == free.train_on_batch(X, y)
        assert_array_equal(bound.predict_on_batch(X), free.predict_on_batch(X))
    assert is_bound(bound)
    assert is_bound(bound, mode=TRAINING)
    for one, other in zip(bound.get_weights(), free.get_weights(), strict=True):
        assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["ZoneoutLSTM", "LeakyRNN", "GRUD"])
def test_cells_into_which_something_comes_by_streams_are_not_bound(name):
    model = recurrent(getattr(layers, name))
    assert_array_equal(twice(model), unbound(recurrent(getattr(layers, name))).predict_on_batch(X))
    assert not is_bound(model)


@pytest.mark.parametrize("beside", ["", "mask", "reset_mask"])
@pytest.mark.parametrize("name", ["SimpleRNN", "GRU", "LSTM", "ZoneoutLSTM", "LeakyRNN", *FURTHER])
def test_a_trace_has_the_same_bits_bound_or_not(name, beside):
    made = getattr(layers, name)
    model = Sequential(
        [
            Input((7, 2)),
            made(4, return_sequences=True, activity_regularizer="l2"),
            made(3, go_backwards=True, kernel_regularizer="l1"),
            layers.Dense(2),
        ]
    )
    model.compile("adam", "mse")
    free = unbound(copy.deepcopy(model))
    flags = {beside: np.random.default_rng(3).random((3, 7)) < 0.6} if beside else {}
    for _ in range(3):
        one, other = (each.trace(X, Y, **flags) for each in (model, free))
        assert one.loss == other.loss
        for name, array in other.to_dict().items():
            assert_array_equal(one.to_dict()[name], array, err_msg=name)


def test_predictions_are_the_same_bits_bound_or_not():
    model = stack()
    first = model.predict_on_batch(X)
    assert is_bound(model)
    assert_array_equal(model.predict_on_batch(X), first)
    assert_array_equal(model(X), first)
    assert_array_equal(model.predict(X), first)


def masking(value=0.0):
    """Return a model of layers that skip timesteps, or hand on which to skip."""
    model = Sequential(
        [
            Input((7, 2)),
            layers.Masking(value),
            layers.LSTM(5, return_sequences=True, zero_output_for_mask=True, checkpoint_steps=2),
            layers.Dense(4, "tanh"),
            layers.GRU(3, go_backwards=True, return_sequences=True),
            layers.Dense(2),
        ]
    )
    generator = np.random.default_rng(2)
    model.set_weights([generator.normal(size=w.shape) * 0.5 for w in model.weights])
    model.compile("adam", "mse", metrics=["mae"])
    return model


@pytest.mark.parametrize("value", [0.0, 5.0])
def test_a_mask_that_a_layer_makes_counts_bound_or_not(value):
    bound, free = masking(value), unbound(masking(value))
    keep = np.array([[1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0, 0], [0, 1, 1, 0, 1, 1, 0]], bool)
    x = np.where(keep[..., None], X, np.float32(value))
    y = np.random.default_rng(1).normal(size=(3, 7, 2)).astype("float32")
    for _ in range(4):
        assert bound.train_on_batch(x, y) == free.train_on_batch(x, y)
        assert_array_equal(bound.predict_on_batch(x), free.predict_on_batch(x))
    assert is_bound(bound, x)
    assert is_bound(bound, x, TRAINING)
    for one, other in zip(bound.get_weights(), free.get_weights(), strict=True):
        assert_array_equal(one, other)
    for model in (bound, free):
        (_,), (mask,), _ = model.run((x,), (None,), INFERENCE)
        assert_array_equal(mask, keep)
    bound.layers[0].mask_value = free.layers[0].mask_value = 3.0
    assert_array_equal(twice(bound, x), twice(free, x))


def test_a_single_output_has_no_mask_bound_or_not():
    model = Sequential([Input((7, 2)), layers.Masking(), layers.GRU(2)])
    for _ in range(3):
        assert model.run((X,), (None,), INFERENCE)[1] == (None,)
    assert is_bound(model)


def test_inputs_of_any_number_type_and_order_are_taken_bound_too():
    model = stack()
    for x in (X.astype("float64"), (10 * X).astype("int32"), np.asfortranarray(X), X[:, ::-1]):
        first = model.predict_on_batch(x)
        assert is_bound(model, x)
        assert_array_equal(model.predict_on_batch(x), first)


def test_every_shape_has_a_chain_of_its_own():
    model = stack()
    whole = twice(model)
    for batch in (1, 2):
        assert_array_equal(twice(model, X[:batch]), whole[:batch])


def test_new_weights_are_seen_at_once():
    model = stack()
    twice(model)
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    assert not model.predict_on_batch(X).any()
    model.layers[-1].kernel.array = np.ones((3, 2), "float32")  # an array of its own
    model.layers[-2].beta.assign(np.ones(3))
    expected = elman.activations.gelu(np.full((3, 2), 3, "float32"))
    assert_array_equal(model.predict_on_batch(X), expected)


@pytest.mark.parametrize(
    ("name", "value", "stays"),
    [("go_backwards", True, {INFERENCE, TRAINING}), ("dropout", 0.5, {INFERENCE}),
     ("stateful", True, set())],
)  # fmt: skip
def test_what_a_layer_was_made_with_may_change(name, value, stays):
    model, other = stack(), stack(**{name: value})
    for _ in range(3):
        model.train_on_batch(X, Y)
    model.set_weights(other.get_weights())
    setattr(model.layers[0], name, value)
    assert_array_equal(model.predict_on_batch(X), other.predict_on_batch(X))
    is_bound(model, mode=TRAINING)
    assert {mode for mode in (INFERENCE, TRAINING) if is_bound(model, mode=mode)} == stays


def test_another_activation_is_seen_at_once():
    model = stack()
    twice(model)
    model.layers[-1].activation = elman.activations.relu
    assert (model.predict_on_batch(X) >= 0).all()


def test_dropout_is_drawn_at_every_step():
    model = stack(recurrent_dropout=0.5)
    twice(model)
    assert is_bound(model)
    assert not np.array_equal(model(X, training=True), model(X, training=True))


def test_a_mask_that_is_given_counts():
    model = stack()
    whole = twice(model)
    mask = np.arange(7) < np.array([7, 4, 2])[:, None]
    assert not np.array_equal(model(X, mask=mask)[1:], whole[1:])


def test_wrong_shapes_are_errors_before_and_after():
    model = stack()
    for _ in range(3):
        with pytest.raises(elman.errors.ShapeError, match=r"`x` must have shape \(batch, 7, 2\)"):
            model.predict_on_batch(X[:, :, :1])
        model.train_on_batch(X, Y)
        with pytest.raises(elman.errors.ShapeError, match="as many samples as `x`, 3; got 2"):
            model.train_on_batch(X, Y[:2])


def test_a_sequence_of_no_timesteps_is_an_error():
    model = Sequential([Input((None, 2)), layers.GRU(2)])
    for _ in range(3):
        with pytest.raises(
            elman.errors.ShapeError, match=r"one number along every axis; got \(3, 0"
        ):
            model.predict(np.zeros((3, 0, 2)))


def test_frozen_layers_stay_as_they_are():
    bound, free = stack(), unbound(stack())
    for model in (bound, free):
        model.layers[1].trainable = False
        model.compile("sgd", "mse")
        for _ in range(3):
            model.train_on_batch(X, Y)
    for one, other in zip(bound.get_weights(), free.get_weights(), strict=True):
        assert_array_equal(one, other)
    assert_array_equal(bound.layers[1].get_weights()[0], stack().layers[1].get_weights()[0])


def test_a_model_within_a_model_is_trained_as_it_is_alone():
    inner = stack()
    model = Sequential([Input((7, 2)), inner, layers.Dense(1)])
    model.compile("sgd", "mse")
    other = copy.deepcopy(model)
    unbound(other)
    unbound(other.layers[0])
    for _ in range(3):
        model.train_on_batch(X, Y[:, :1])
        other.train_on_batch(X, Y[:, :1])
    for one, same in zip(model.get_weights(), other.get_weights(), strict=True):
        assert_array_equal(one, same)


def test_the_kernels_may_change_between_calls():
    model = stack()
    expected = twice(model)
    kernels.use("reference")
    assert not is_bound(model)
    np.testing.assert_allclose(model.predict_on_batch(X), expected, atol=1e-6)
    kernels.use("native")
    kernels.set_num_threads(2)
    assert_array_equal(twice(model), expected)


def test_many_shapes_do_not_pile_up():
    model = Sequential([Input((None, 2)), layers.GRU(2)])
    for steps in range(1, 60):
        twice(model, np.zeros((1, steps, 2), "float32"))
    assert len(model.graph._bound[1]) < 30


def test_several_threads_may_call_one_model():
    model = stack()
    expected = [twice(model, X * scale) for scale in range(4)]
    found = [[] for _ in expected]

    def call(scale):
        for _ in range(200):
            found[scale].append(model.predict_on_batch(X * scale))

    threads = [threading.Thread(target=call, args=(scale,)) for scale in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for scale, outputs in enumerate(found):
        assert all(np.array_equal(output, expected[scale]) for output in outputs)


def test_a_copied_model_has_weights_of_its_own():
    model = stack()
    expected = twice(model)
    other = copy.deepcopy(model)
    other.train_on_batch(X, Y)
    other.train_on_batch(X, Y)
    assert_array_equal(model.predict_on_batch(X), expected)
    assert not np.array_equal(other.predict_on_batch(X), expected)


LINKS = {  # what stands between a bound recurrent and a bound dense layer
    "normalization": lambda: layers.LayerNormalization(),
    "batch normalization": lambda: layers.BatchNormalization(),
    "dropout": lambda: layers.Dropout(0.5, seed=1),
    "activation": lambda: layers.Activation("relu"),
    "penalty": lambda: layers.Dense(4, activity_regularizer="l2"),
    "penalized link": lambda: layers.LayerNormalization(activity_regularizer="l2"),
    "own": lambda: Factor(),
}


class Factor(layers.Layer):
    def build(self, input_shape):
        self.factor = self.add_weight((input_shape[-1],), "ones")

    def call(self, x):
        self.add_loss(0.1 * (x**2).sum())
        return x * self.factor


@pytest.mark.parametrize("loss", ["mse", None])
@pytest.mark.parametrize("name", LINKS)
def test_what_has_no_bound_form_is_a_link_of_the_chain_with_the_same_bits(name, loss):
    found = []
    for bound in (True, False):
        elman.utils.set_random_seed(0)
        parts = [layers.GRU(4, return_sequences=True, activity_regularizer="l1"), LINKS[name]()]
        model = Sequential([Input(X.shape[1:]), *parts, layers.SimpleRNN(2)])
        model.compile("sgd", loss)
        model = model if bound else unbound(model)
        y = np.ones((len(X), 2), "float32") if loss else None
        losses = [model.train_on_batch(X, y) for _ in range(4)]
        found.append([losses, model.evaluate(X, y, verbose=0), *model.get_weights()])
        model.graph.forward([X], (None,), TRAINING)
        *_, tape = model.graph.forward([X], (None,), TRAINING)
        assert isinstance(tape, ChainTape) is bound
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)
