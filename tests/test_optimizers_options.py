"""What all optimizers can besides stepping: averages, exclusions, variables, whole models."""

import copy
import pickle

import numpy as np
import pytest

from elman import optimizers
from elman.errors import ArgumentError, ShapeError
from elman.models import load_model
from elman.optimizers import SGD, Adafactor, Adam, Lamb, Muon, Nadam
from elman.parameters import Weight, pack
from tests.optimized import ONE, X, Y, make, make_model
from tests.tolerances import EXACT


def test_averages_follow_the_weights_and_are_given_to_them_at_the_end():
    (weight,) = make(0.0)
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.75)
    for _ in range(3):
        optimizer.apply([-ONE], [weight])
    np.testing.assert_array_equal(weight.array, [3, 3])
    expected = 0.75 * (0.75 * 1 + 0.25 * 2) + 0.25 * 3
    np.testing.assert_allclose(optimizer.state()["average/layer/w"], expected, rtol=EXACT)
    optimizer.finalize_variable_values([weight])
    np.testing.assert_allclose(weight.array, expected, rtol=EXACT)


def test_averages_that_were_never_taken_are_given_to_no_weight():
    weights = make(1.0)
    for optimizer in (SGD(use_ema=True), SGD()):
        optimizer.build(weights)
        optimizer.finalize_variable_values(weights)
        np.testing.assert_array_equal(weights[0].array, 1)


def test_fit_ends_with_the_averages_and_fit_without_epochs_changes_nothing():
    model = make_model(SGD(0.1, use_ema=True, ema_momentum=0.5))
    first = model.get_weights()
    model.fit(X, Y, epochs=0, verbose=0)
    for one, other in zip(model.get_weights(), first, strict=True):
        np.testing.assert_array_equal(one, other)
    model.fit(X, Y, epochs=3, batch_size=4, verbose=0)
    names = [f"average/{weight.path}" for weight in model.weights]
    for name, array in zip(names, model.get_weights(), strict=True):
        np.testing.assert_array_equal(model.optimizer.state()[name], array)


def test_a_weight_that_comes_later_is_its_own_first_average():
    weights = make(0.0, 5.0)
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.5)
    optimizer.apply([-ONE], weights[:1])
    optimizer.build(weights)
    np.testing.assert_array_equal(optimizer.state()["average/layer/b"], [5, 5])
    np.testing.assert_array_equal(optimizer.state()["average/layer/w"], [1, 1])


# ---------------------------------------------------------------------- gathering and scaling


def test_several_batches_make_one_step_by_their_mean_gradient():
    data = [(X[:4], Y[:4]), (X[4:], Y[4:])]
    whole, parts = make_model(SGD(0.1)), make_model(SGD(0.1, gradient_accumulation_steps=2))
    first = parts.get_weights()
    whole.train_on_batch(X, Y)
    parts.train_on_batch(*data[0])
    for one, other in zip(parts.get_weights(), first, strict=True):
        np.testing.assert_array_equal(one, other)
    parts.train_on_batch(*data[1])
    for one, other in zip(parts.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    assert parts.optimizer.iterations == 1


def test_a_scaled_loss_trains_alike_and_is_reported_as_it_is():
    plain, scaled = make_model(Adam(0.01)), make_model(Adam(0.01, loss_scale_factor=2.0**10))
    for _ in range(3):
        assert plain.train_on_batch(X, Y) == scaled.train_on_batch(X, Y)
    for one, other in zip(plain.get_weights(), scaled.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert scaled.optimizer.scale_loss(0.5) == 512
    assert plain.optimizer.scale_loss(0.5) == 0.5


# ---------------------------------------------------------------------- weight decay


def test_excluded_weights_do_not_decay():
    weights = make(1.0, 1.0, 1.0, names=["kernel", "bias", "gamma"])
    optimizer = SGD(1.0, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=weights[2:], var_names=["^bi"])
    optimizer.apply([0 * ONE] * 3, weights)
    assert [weight.array[0] for weight in weights] == [0.5, 1, 1]
    optimizer.exclude_from_weight_decay()
    optimizer.apply([0 * ONE] * 3)
    assert [weight.array[0] for weight in weights] == [0.25, 0.5, 0.5]


def test_muon_has_two_weight_decays():
    weights = [
        Weight(np.ones(shape), name="kernel", path=path)
        for shape, path in [((2, 2), "dense"), ((2, 2), "my_Embedding"), ((2,), "x"), ((2, 2), "o")]
    ]
    optimizer = Muon(1.0, weight_decay=0.5, adam_weight_decay=0.25, exclude_layers=["^o$"])
    optimizer.apply([np.zeros(weight.shape) for weight in weights], weights)
    assert [weight.array.flat[0] for weight in weights] == [0.5, 0.75, 0.75, 0.75]
    saved = [name for name in optimizer.state() if name.startswith("velocity")]
    assert saved == ["velocity/my_Embedding", "velocity/x", "velocity/o"]


# ---------------------------------------------------------------------- variables


def test_variables_can_be_read_and_assigned():
    weights = make(1.0, 2.0)
    optimizer = Nadam(0.5)
    optimizer.apply([ONE, ONE], weights)
    variables = {variable.name: variable for variable in optimizer.variables}
    assert list(variables) == [
        "iteration",
        "learning_rate",
        "layer_w_momentum",
        "layer_w_velocity",
        "layer_b_momentum",
        "layer_b_velocity",
        "u_product",
    ]
    assert variables["layer_w_momentum"].path == "nadam/layer_w_momentum"
    assert variables["iteration"].numpy() == 1
    variables["iteration"].assign(5)
    variables["learning_rate"].assign(0.25)
    variables["layer_b_momentum"].assign([7, 8])
    assert (optimizer.iterations, optimizer.learning_rate) == (5, 0.25)
    np.testing.assert_array_equal(optimizer.state()["momentum/layer/b"], [7, 8])
    with pytest.raises(ShapeError, match="Weight 'nadam/learning_rate': `value` must have shape"):
        variables["learning_rate"].assign([1, 2])


def test_looking_at_variables_costs_no_model_its_plan():
    model = make_model("adam")
    model.train_on_batch(X, Y)
    plan = model.compiled._plan
    assert len(model.optimizer.variables) == 2 + 2 * len(model.weights)
    model.train_on_batch(X, Y)
    assert model.compiled._plan is plan


def test_the_learning_rate_and_the_iterations_are_numbers_with_keras_s_methods():
    optimizer = Adam(0.5)
    assert isinstance(optimizer.learning_rate, float)
    assert isinstance(optimizer.iterations, int)
    optimizer.learning_rate.assign(0.25)
    optimizer.iterations.assign(3)
    assert (optimizer.learning_rate, optimizer.iterations) == (0.25, 3)
    assert optimizer.learning_rate.numpy().dtype == "float32"
    assert optimizer.iterations.numpy().dtype == "int64"
    for twin in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        twin.learning_rate.assign(0.125)
        assert (twin.learning_rate, optimizer.learning_rate) == (0.125, 0.25)
    with pytest.raises(ArgumentError, match="Adam: `learning_rate` must be a finite number"):
        optimizer.learning_rate.assign(-1)
    with pytest.raises(ArgumentError, match="Adam: `iterations` must be an integer of at least 0"):
        optimizer.iterations.assign(-1)


# ---------------------------------------------------------------------- models


@pytest.mark.parametrize("name", sorted(optimizers.CLASSES))
def test_a_model_trains_is_saved_and_goes_on_with_each_optimizer(name, tmp_path):
    kind = optimizers.CLASSES[name]
    model = make_model(kind(0.05, use_ema=True, gradient_accumulation_steps=2, clipnorm=1.0))
    first = model.evaluate(X, Y, verbose=0)
    model.fit(X, Y, batch_size=4, epochs=10, verbose=0)
    assert model.evaluate(X, Y, verbose=0) < first
    model.train_on_batch(X, Y)  # half a step
    model.save(tmp_path / "a.keras")
    again = load_model(tmp_path / "a.keras")
    assert again.optimizer.get_config() == model.optimizer.get_config()
    for trained in (model, again):
        trained.fit(X, Y, batch_size=4, epochs=3, shuffle=False, verbose=0)
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", sorted(optimizers.CLASSES))
def test_the_loss_falls_with_each_optimizer_as_it_comes(name):
    model = make_model(name)
    history = model.fit(X, Y, batch_size=4, epochs=20, verbose=0).history["loss"]
    assert history[-1] < history[0]


@pytest.mark.parametrize("kind", [Lamb, Muon, Adafactor, Adam])
def test_an_optimizer_with_a_step_of_its_own_can_be_shaped(kind):
    class Own(kind):
        shaped = True

        def step(self, w, g, slots, work, eta):
            assert w.shape == g.shape == (2, 3)
            w -= eta * g

    weight = Weight(np.ones((2, 3)), name="w", path="w")
    Own(1.0, weight_decay=None).apply([np.ones((2, 3))], [weight])
    np.testing.assert_array_equal(weight.array, np.zeros((2, 3)))


def test_a_frozen_layer_s_slots_and_averages_wait_for_it():
    model = make_model(Adam(0.01, use_ema=True))
    model.train_on_batch(X, Y)
    before = model.optimizer.state()
    model.layers[-1].trainable = False
    model.train_on_batch(X, Y)
    model.layers[-1].trainable = True
    model.compiled.ready(model.trainable_weights)
    after = model.optimizer.state()
    assert list(after) == list(before)
    for name in after:
        if "dense" in name:
            np.testing.assert_array_equal(after[name], before[name])


def test_empty_weights_and_scalars_are_weights_too():
    for kind in (Adam, Lamb, Muon, Adafactor):
        weights = [Weight(np.ones(shape), name="w", path=f"{shape}") for shape in [(), (3,)]]
        kind(0.1, weight_decay=None).apply([1.0, [1, 1, 1]], weights)
        assert all((weight.array < 1).all() for weight in weights)


def test_buffers_of_several_dtypes_are_built_in_the_model_s_order():
    weights = [
        Weight(np.zeros(1, dtype), name="w", path=path)
        for dtype, path in [("f4", "a"), ("f8", "b"), ("f4", "c")]
    ]
    optimizer = SGD(1.0)
    optimizer.build(weights)
    optimizer.apply([[1], [2], [3]])
    assert [weight.array[0] for weight in weights] == [-1, -2, -3]
    other = SGD(1.0)
    other.step_buffers(pack(weights))
    assert [weight.array[0] for weight in weights] == [-1, -2, -3]  # gradients start at zero
