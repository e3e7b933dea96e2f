"""Gradients given to an optimizer one by one."""

import re

import numpy as np
import pytest

from elman import gradients
from elman.errors import ArgumentError, ElmanError, NotBuiltError, ShapeError
from elman.optimizers import SGD, Adafactor, Adam, Ftrl, Lion, Muon
from elman.parameters import Weight
from tests.optimized import ONE, X, Y, make, make_model


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
