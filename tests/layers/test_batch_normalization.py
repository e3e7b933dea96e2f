import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, ShapeError
from elman.layers.parts.passes import TRAINING, Mode
from tests.gradcheck import assert_gradient
from tests.layers.checks import F64, GAPS, assert_gradients, normal, scramble
from tests.tolerances import EXACT, FLOAT32

RENORM = {"renorm": True, "renorm_clipping": {"rmax": 1.2, "rmin": 0.9, "dmax": 0.3}}


def positive(layer, shape):
    """Return the layer, built, with numbers that hide no mistake, and variances above 0."""
    layer.build(shape)
    scramble(layer)
    for weight in layer.weights:
        if "variance" in weight.name or "stddev" in weight.name:
            weight.assign(1 + np.abs(weight.array))
    return layer


def assert_training_gradients(layer, x, mask=None):
    """Check the gradients of a pass in training, of x and of the weights that are learned."""
    averages = [(w, w.numpy()) for w in layer.weights if not w.learned]

    def run():
        for weight, array in averages:
            weight.assign(array)
        (y,), _, tape = layer.run((x,), (mask,), TRAINING)
        return y, tape

    y, tape = run()
    r = normal(*y.shape, seed=7)
    (dx,), dweights = layer.reverse(tape, (r,))
    assert_gradient(lambda _: (run()[0] * r).sum(), x, dx)
    for weight, dweight in zip(layer.weights, dweights, strict=True):
        if weight.learned:
            assert_gradient(lambda _: (run()[0] * r).sum(), weight.array, dweight)
        else:
            assert not dweight.any()


@pytest.mark.parametrize("options", [{}, {"center": False}, {"scale": False}])
@pytest.mark.parametrize(
    ("axis", "shape", "mask"),
    [
        (-1, (4, 3), None),
        (-1, (3, 4, 2), None),
        (-1, (3, 4, 2), GAPS),
        (1, (3, 4, 2), None),
        (1, (3, 4, 2), GAPS),
        (2, (2, 3, 2, 2), None),
    ],
)
def test_gradients_in_training(axis, shape, mask, options):
    layer = positive(layers.BatchNormalization(axis, **options, **F64), shape)
    assert_training_gradients(layer, normal(*shape), mask)


@pytest.mark.parametrize("axis", [-1, 1])
@pytest.mark.parametrize("options", [{}, {"center": False, "scale": False}])
def test_gradients_in_inference_those_of_the_averages_too(axis, options):
    layer = positive(layers.BatchNormalization(axis, **options, **F64), (3, 4, 2))
    assert_gradients(layer, normal(3, 4, 2), mask=GAPS)


@pytest.mark.parametrize("options", [{}, {"center": False, "scale": False}])
def test_the_correction_of_renorm_is_constant_on_the_way_back(options):
    layer = positive(layers.BatchNormalization(**RENORM, **options, **F64), (3, 4, 2))
    x, averages = normal(3, 4, 2), layer.get_weights()
    (y,), _, tape = layer.run((x,), (None,), TRAINING)
    correction = tape[-1]
    r = normal(*y.shape, seed=7)
    (dx,), dweights = layer.reverse(tape, (r,))
    layer.set_weights(averages)
    layer._correction = lambda found: correction

    def total(_):
        return (layer.run((x,), (None,), TRAINING)[0][0] * r).sum()

    assert_gradient(total, x, dx)
    for weight, dweight in zip(layer.weights, dweights, strict=True):
        if weight.learned:
            assert_gradient(total, weight.array, dweight)


def test_in_training_each_feature_has_mean_0_and_variance_1_over_the_batch():
    layer = layers.BatchNormalization(epsilon=0, **F64)
    y = layer(normal(5, 4, 3) * 100 + 7, training=True)
    np.testing.assert_allclose(y.mean(axis=(0, 1)), 0, atol=EXACT)
    np.testing.assert_allclose(y.var(axis=(0, 1)), 1, rtol=EXACT)


def test_the_averages_follow_every_pass_in_training_recorded_or_not():
    x, layer = normal(6, 3) + 5, layers.BatchNormalization(momentum=0.75, **F64)
    layer(x, training=True)
    np.testing.assert_allclose(layer.moving_mean.array, x.mean(axis=0) / 4, rtol=EXACT)
    np.testing.assert_allclose(layer.moving_variance.array, 0.75 + x.var(axis=0) / 4, rtol=EXACT)
    before = layer.get_weights()
    layer.run((x,), (None,), Mode(training=True, record=True))
    assert not np.array_equal(layer.moving_mean.array, before[2])


def test_outside_training_nothing_moves():
    layer, x = positive(layers.BatchNormalization(**F64), (6, 3)), normal(6, 3)
    before = layer.get_weights()
    y = layer(x)
    np.testing.assert_array_equal(layer(x, training=False), y)
    for array, again in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(array, again)
    gamma, beta, mean, variance = before
    np.testing.assert_allclose(y, gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta, rtol=EXACT)


def test_a_frozen_layer_runs_by_its_averages_in_training_too():
    layer, x = positive(layers.BatchNormalization(**F64), (6, 3)), normal(6, 3)
    layer.trainable = False
    before, y = layer.get_weights(), layer(x)
    np.testing.assert_array_equal(layer(x, training=True), y)
    for array, again in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(array, again)
    layer.trainable = True
    assert not np.array_equal(layer(x, training=True), y)
    assert [w.name for w in layer.trainable_weights] == ["gamma", "beta"]
    assert [w.name for w in layer.non_trainable_weights] == ["moving_mean", "moving_variance"]


def test_a_frozen_layer_lets_the_gradient_through_to_what_is_trained():
    layer = positive(layers.BatchNormalization(**F64), (6, 3))
    layer.trainable = False
    assert_training_gradients_of_x(layer, normal(6, 3))


def assert_training_gradients_of_x(layer, x):
    (y,), _, tape = layer.run((x,), (None,), TRAINING)
    r = normal(*y.shape, seed=7)
    (dx,), _ = layer.reverse(tape, (r,))
    assert_gradient(lambda _: (layer.run((x,), (None,), TRAINING)[0][0] * r).sum(), x, dx)


def test_steps_that_the_mask_leaves_out_do_not_count_whatever_they_hold():
    x = normal(3, 4, 2)
    other = np.where(GAPS[..., None], x, 1e6)
    layers_ = [layers.BatchNormalization(**F64) for _ in range(2)]
    one, two = (
        layer(each, mask=GAPS, training=True)
        for layer, each in zip(layers_, (x, other), strict=True)
    )
    np.testing.assert_array_equal(one[GAPS], two[GAPS])
    for w, v in zip(*(layer.get_weights() for layer in layers_), strict=True):
        np.testing.assert_array_equal(w, v)


def test_a_mask_is_passed_on():
    model = Sequential(
        [Input((4, 2), **F64), layers.BatchNormalization(**F64), layers.LSTM(2, **F64)]
    )
    model(normal(3, 4, 2), mask=GAPS, training=True)
    assert_gradients(model, normal(3, 4, 2), mask=GAPS)


def test_looking_inside_leaves_the_averages_alone():
    x = Input((4, 2), **F64)
    layer = layers.BatchNormalization(**F64)
    model = Model(x, layers.GRU(2, **F64)(layer(x, training=True)))  # as training, always
    before = layer.get_weights()
    elman.gradients(model, normal(3, 4, 2), output_gradients=np.ones((3, 2)))
    assert elman.check_gradients(model, normal(3, 4, 2)).passed
    for array, again in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(array, again)
    model(normal(3, 4, 2))
    assert not np.array_equal(layer.moving_mean.array, before[2])


def test_fit_moves_the_averages_and_evaluate_does_not():
    model = Sequential([Input((3,)), layers.BatchNormalization(), layers.Dense(1)])
    model.compile("adam", "mse")
    x, y = normal(8, 3), normal(8, 1)
    model.fit(x, y, verbose=0)
    moved = model.layers[0].moving_mean.numpy()
    assert moved.any()
    model.evaluate(x, y, verbose=0)
    model.predict(x, verbose=0)
    np.testing.assert_array_equal(model.layers[0].moving_mean.array, moved)


def test_a_saved_model_keeps_the_averages(tmp_path):
    model = Sequential([Input((3,)), layers.BatchNormalization(), layers.Dense(1)])
    x = normal(8, 3).astype("float32")
    model(x, training=True)
    model.save(tmp_path / "m.keras")
    again = elman.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again(x), model(x))


def test_float32_is_float64_rounded():
    x = normal(5, 4, 3) + 10
    single, double = layers.BatchNormalization(), layers.BatchNormalization(**F64)
    y = single(x, training=True)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, double(x, training=True), atol=20 * FLOAT32)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_keep_the_dtype(dtype):
    layer = layers.BatchNormalization(**RENORM, dtype=dtype)
    layer.build((3, 4, 2))
    x = normal(3, 4, 2).astype(dtype)
    (y,), _, tape = layer.run((x,), (GAPS,), TRAINING)
    (dx,), dweights = layer.reverse(tape, (y,))
    assert {a.dtype.name for a in (y, dx, *dweights, *layer.get_weights())} == {dtype}


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: layers.BatchNormalization(momentum=1.5),
            ArgumentError,
            "BatchNormalization: `momentum` must be a finite number and at least 0 and at most 1; "
            "got 1.5.",
        ),
        (
            lambda: layers.BatchNormalization([1, 2]),
            ArgumentError,
            "BatchNormalization: `axis` must be an integer; got [1, 2].",
        ),
        (
            lambda: layers.BatchNormalization(renorm_clipping={"max": 2}),
            ArgumentError,
            "BatchNormalization: `renorm_clipping` must be a dictionary with the keys 'rmin', "
            "'rmax' and 'dmax', or some of them; got {'max': 2}.",
        ),
        (
            lambda: layers.BatchNormalization(renorm_clipping={"rmin": 2, "rmax": 1}),
            ArgumentError,
            "BatchNormalization: `renorm_clipping['rmax']` must be at least rmin=2; got 1.",
        ),
        (
            lambda: layers.BatchNormalization(renorm_clipping={"dmax": -1}),
            ArgumentError,
            "`renorm_clipping['dmax']` must be a finite number and at least 0; got -1.",
        ),
        (
            lambda: layers.BatchNormalization(name="b")(np.zeros((0, 3)), training=True),
            ShapeError,
            "BatchNormalization 'b': `x` must not be empty in training; got (0, 3).",
        ),
        (
            lambda: layers.BatchNormalization(name="b")(
                np.zeros((2, 3, 4, 5)), mask=np.ones((2, 3), bool)
            ),
            ShapeError,
            "BatchNormalization 'b': `mask` must have the shape of the input without its last "
            "axis, (2, 3, 4); got (2, 3).",
        ),
        (
            lambda: layers.BatchNormalization(3, name="b")(np.zeros((2, 3))),
            ShapeError,
            "BatchNormalization 'b': `axis` must be one of the input's axes after the batch; got 3",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_other_features_than_it_was_built_for_are_refused():
    layer = layers.BatchNormalization(name="b")
    layer(np.zeros((2, 3)))
    text = "BatchNormalization 'b': `x` must have size 3 along axis 1; got (2, 4)."
    with pytest.raises(ShapeError, match=re.escape(text)):
        layer(np.zeros((2, 4)))


def test_an_empty_batch_gives_an_empty_batch_outside_training():
    assert layers.BatchNormalization()(np.zeros((0, 4, 3))).shape == (0, 4, 3)
