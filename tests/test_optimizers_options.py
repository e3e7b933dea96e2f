"""What all optimizers can besides stepping: gradients given one by one, averages, exclusions."""

import copy
import pickle
import re

import numpy as np
import pytest

from elman import Input, Sequential, gradients, layers, optimizers
from elman.errors import ArgumentError, ElmanError, NotBuiltError, ShapeError
from elman.models import load_model
from elman.optimizers import SGD, Adafactor, Adam, Ftrl, Lamb, Lion, Muon, Nadam
from elman.parameters import Weight, pack
from tests.tolerances import EXACT

ONE = np.ones(2)
X = np.random.default_rng(0).normal(size=(8, 4, 2)).astype("float32")
Y = np.random.default_rng(1).normal(size=(8, 1)).astype("float32")


def make(*values, names="wbcd"):
    return [
        Weight(np.full(2, value), name=name, path=f"layer/{name}")
        for value, name in zip(values, names, strict=False)
    ]


def make_model(optimizer=None):
    model = Sequential([Input((4, 2)), layers.SimpleRNN(3, seed=1), layers.Dense(1)])
    for i, weight in enumerate(model.weights):
        weight.assign(np.random.default_rng(i).normal(size=weight.shape))
    if optimizer is not None:
        model.compile(optimizer, "mse")
    return model


def loss_gradients(model):
    """Return the gradients of the mean squared error."""
    return gradients(model, X, output_gradients=2 * (model(X) - Y) / Y.size)["weights"]


# ---------------------------------------------------------------------- gradients given


def test_a_loop_of_one_s_own_trains_as_fit_does():
    model, other = make_model(), make_model(Adam(0.01))
    optimizer = Adam(0.01)
    for _ in range(5):
        optimizer.apply_gradients(zip(loss_gradients(model), model.trainable_weights, strict=True))
        other.train_on_batch(X, Y)
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)


def test_a_model_s_optimizer_takes_gradients_between_and_after_its_own_steps():
    models = [make_model(Adam(0.01)) for _ in range(2)]
    for model, by_hand in zip(models, (False, True), strict=True):
        for step in range(6):
            if by_hand and step % 2:
                model.optimizer.apply(loss_gradients(model), model.trainable_weights)
            else:
                model.train_on_batch(X, Y)
        (buffer,) = model.compiled.buffers
        assert all(buffer.holds(weight) for weight in model.weights)
    assert models[0].optimizer.iterations == models[1].optimizer.iterations == 6
    for one, two in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)


def test_another_optimizer_acts_on_the_buffers_that_a_model_trains_in():
    model = make_model("sgd")
    model.train_on_batch(X, Y)
    (buffer,) = model.compiled.buffers
    other = Adam(0.01)
    other.apply([np.ones(w.shape) for w in model.weights], model.weights)
    assert all(buffer.holds(weight) for weight in model.weights)
    before = buffer.values.copy()
    model.train_on_batch(X, Y)
    assert model.compiled.buffers == [buffer]
    assert (buffer.values != before).any()


def test_weights_that_another_optimizer_moved_are_found_again():
    weights = make(1.0, 2.0)
    both, first = SGD(0.5, momentum=0.5), SGD(1.0)
    both.apply([ONE, ONE], weights)
    first.apply([ONE], weights[:1])
    both.apply([ONE, ONE])
    np.testing.assert_array_equal(weights[0].array, [1 - 0.5 - 1 - 0.75] * 2)
    np.testing.assert_array_equal(weights[1].array, [2 - 0.5 - 0.75] * 2)


def test_apply_gradients_returns_the_number_of_batches():
    (weight,) = make(1.0)
    optimizer = SGD(0.5, gradient_accumulation_steps=2)
    assert [optimizer.apply_gradients([(ONE, weight)]) for _ in range(3)] == [1, 2, 3]
    assert optimizer.iterations == 1


def test_no_gradients_at_all_are_no_step():
    optimizer = SGD()
    optimizer.apply([])
    optimizer.apply_gradients([])
    assert (optimizer.iterations, optimizer.built) == (0, False)


def test_a_weight_without_gradient_stays_as_it_is_with_a_warning():
    weights = make(1.0, 2.0)
    optimizer = Adam(0.1, weight_decay=0.5)
    optimizer.apply([ONE, ONE], weights)
    before, slot = weights[1].numpy(), optimizer.state()["momentum/layer/b"]
    with pytest.warns(UserWarning, match=r"Adam: `grads` has no gradients of layer/b\. They stay"):
        optimizer.apply([ONE, None])
    np.testing.assert_array_equal(weights[1].array, before)
    np.testing.assert_array_equal(optimizer.state()["momentum/layer/b"], slot)
    assert (weights[0].array < 1).all()
    assert optimizer.iterations == 2


def test_gradients_are_converted_to_the_weight_s_dtype():
    weight = Weight(np.zeros(2, "float32"), name="w", path="w")
    optimizer = SGD(1.0)
    for gradient in ([1, 2], np.ones(2), np.ones(2, "int8")):
        optimizer.apply([gradient], [weight])
    assert weight.dtype == "float32"
    np.testing.assert_array_equal(weight.array, [-3, -4])


def built(optimizer=None):
    optimizer = optimizer or Adam()
    optimizer.build(make(1.0, 2.0))
    return optimizer


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: Adam().apply([ONE]),
            NotBuiltError,
            "Adam: `trainable_variables` must be given to the first call. Give them, or call "
            "`build(variables)` first.",
        ),
        (
            lambda: built().apply([ONE]),
            ArgumentError,
            "Adam: `grads` must hold one gradient a weight; got 1 for 2 weights.",
        ),
        (
            lambda: SGD().apply([ONE, np.ones(3)], make(1.0, 2.0)),
            ShapeError,
            "SGD: the gradient of 'layer/b' must have shape (2,); got (3,).",
        ),
        (
            lambda: SGD().apply([1.0], make(1.0)),
            ShapeError,
            "SGD: the gradient of 'layer/w' must have shape (2,); got ().",
        ),
        (
            lambda: SGD().apply(["up"], make(1.0)),
            ArgumentError,
            "SGD: the gradient of 'layer/w' must be an array of real numbers; got 'up'.",
        ),
        (
            lambda: SGD().apply([[[1], [1, 2]]], make(1.0)),
            ArgumentError,
            "SGD: the gradient of 'layer/w' must be an array of real numbers; got [[1], [1, 2]].",
        ),
        (
            lambda: SGD().apply([1j * ONE], make(1.0)),
            ArgumentError,
            "must be an array of real numbers; got array(",
        ),
        (
            lambda: SGD().apply([None, None], make(1.0, 2.0)),
            ArgumentError,
            "SGD: `grads` must hold at least one gradient; all are None.",
        ),
        (
            lambda: SGD().apply(ONE, make(1.0, 2.0)),
            ArgumentError,
            "SGD: `grads` must be a list of arrays, one a weight; got ndarray.",
        ),
        (lambda: SGD().apply(3, make(1.0)), ArgumentError, "one a weight; got int."),
        (
            lambda: built().apply([ONE], make(1.0)),
            ArgumentError,
            "Adam: `trainable_variables` must be weights that the optimizer was built with; got "
            "'layer/w'. Make a new optimizer for other weights.",
        ),
        (
            lambda: SGD().apply([ONE], [ONE]),
            ArgumentError,
            "SGD: `trainable_variables` must be a list of weights, such as "
            "`model.trainable_weights`; got ndarray.",
        ),
        (
            lambda: SGD().apply([ONE], make(1.0)[0]),
            ArgumentError,
            "SGD: `trainable_variables` must be a list of weights, such as "
            "`model.trainable_weights`; got Weight.",
        ),
        (
            lambda: SGD().apply([ONE, ONE], make(1.0) * 2),
            ArgumentError,
            "SGD: `trainable_variables` must hold each weight once; got 'layer/w' twice.",
        ),
        (
            lambda: SGD().apply_gradients([ONE]),
            ArgumentError,
            "SGD: `grads_and_vars` must hold pairs (gradient, weight); got ndarray as number 0. "
            "Use `zip(gradients, weights)`.",
        ),
        (lambda: SGD().apply_gradients([(ONE, ONE, ONE)]), ArgumentError, "got 3 as number 0."),
        (lambda: SGD().build([3]), ArgumentError, "SGD: `variables` must be a list of weights"),
        (
            lambda: SGD().exclude_from_weight_decay(var_names="bias"),
            ArgumentError,
            "SGD: `var_names` must be a list of strings; got 'bias'. Did you mean ['bias']?",
        ),
        (
            lambda: SGD().exclude_from_weight_decay(var_names=["("]),
            ArgumentError,
            "SGD: `var_names` must hold regular expressions; got '(':",
        ),
        (
            lambda: SGD().exclude_from_weight_decay(var_list=["bias"]),
            ArgumentError,
            "SGD: `var_list` must be a list of weights",
        ),
        (
            lambda: averaged().finalize_variable_values(make(3.0)),
            ArgumentError,
            "SGD: `var_list` must hold weights that the optimizer has averages of; got <Weight",
        ),
        (
            lambda: Adam(gradient_accumulation_steps=1),
            ArgumentError,
            "Adam: `gradient_accumulation_steps` must be an integer of at least 2; got 1. Leave it "
            "None to take a step at every batch.",
        ),
        (
            lambda: Adam(gradient_accumulation_steps=2.5),
            ArgumentError,
            "Adam: `gradient_accumulation_steps` must be an integer; got 2.5.",
        ),
        (
            lambda: Adam(use_ema=True, ema_momentum=1.5),
            ArgumentError,
            "Adam: `ema_momentum` must be a finite number and at least 0 and at most 1; got 1.5.",
        ),
        (
            lambda: Adam(ema_overwrite_frequency=0),
            ArgumentError,
            "Adam: `ema_overwrite_frequency` must be a positive integer; got 0.",
        ),
        (
            lambda: Adam(loss_scale_factor=0.0),
            ArgumentError,
            "Adam: `loss_scale_factor` must be positive; got 0.0.",
        ),
        (lambda: Adam(use_ema=1), ArgumentError, "Adam: `use_ema` must be True or False; got 1."),
        (
            lambda: setattr(built(), "use_ema", True),
            ArgumentError,
            "Adam: `use_ema` must stay False once training has begun",
        ),
        (
            lambda: setattr(built(), "gradient_accumulation_steps", 4),
            ArgumentError,
            "Adam: `gradient_accumulation_steps` must stay None once training has begun",
        ),
        (
            lambda: Lion(beta_1=0),
            ArgumentError,
            "Lion: `beta_1` must be above 0; got 0. With 0 only the sign of the last gradient",
        ),
        (
            lambda: Ftrl(learning_rate_power=0.5),
            ArgumentError,
            "Ftrl: `learning_rate_power` must be a finite number and at most 0; got 0.5.",
        ),
        (
            lambda: Muon(exclude_layers="dense"),
            ArgumentError,
            "Muon: `exclude_layers` must be a list of strings; got 'dense'. Did you mean ['dense']",
        ),
        (
            lambda: Muon(ns_steps=-1),
            ArgumentError,
            "Muon: `ns_steps` must be an integer of at least 0; got -1.",
        ),
        (
            lambda: Adafactor(clip_threshold=0),
            ArgumentError,
            "Adafactor: `clip_threshold` must be positive; got 0.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(call, error, text):
    with pytest.raises(error, match=re.escape(text)) as caught:
        call()
    assert isinstance(caught.value, ElmanError)


@pytest.mark.parametrize("wrong", [np.ones(3), "up"])
def test_wrong_gradients_change_nothing(wrong):
    weights = make(1.0, 2.0)
    optimizer = Adam(0.1)
    optimizer.apply([ONE, ONE], weights)
    before = [optimizer.state(), [weight.numpy() for weight in weights]]
    with pytest.raises(ElmanError):
        optimizer.apply([ONE, wrong])
    for name, array in optimizer.state().items():
        np.testing.assert_array_equal(array, before[0][name])
    for weight, array in zip(weights, before[1], strict=True):
        np.testing.assert_array_equal(weight.array, array)


# ---------------------------------------------------------------------- averages


def averaged(**options):
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.75, **options)
    optimizer.apply([-ONE], make(0.0))
    return optimizer


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
