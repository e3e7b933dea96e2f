import json
import re

import numpy as np
import pytest

import elman
from elman import Input, Sequential, layers
from elman.errors import ArgumentError, ShapeError
from tests.gradcheck import assert_gradient
from tests.layers.checks import F64, normal
from tests.tolerances import EXACT


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("axis", [-1, None, 1, (1, 2), (-1, 0)])
def test_gradients(axis, invert):
    layer, x, r = layers.Normalization(axis, invert=invert, **F64), normal(3, 4, 2), normal(3, 4, 2)
    layer.adapt(2 * x + 1)
    found = elman.gradients(layer, x, output_gradients=r)
    assert_gradient(lambda x: float((layer(x) * r).sum()), x, found["inputs"][0])
    assert not any(dw.any() for dw in found["weights"])
    assert [dw.shape for dw in found["weights"]] == [w.shape for w in layer.weights]


@pytest.mark.parametrize("axis", [-1, None, 1, (1, 2)])
def test_what_it_was_adapted_to_has_mean_0_and_variance_1(axis):
    layer, x = layers.Normalization(axis, **F64), 3 * normal(50, 4, 2) + 2
    layer.adapt(x)
    y = layer(x)
    kept = () if axis is None else tuple(a % 3 for a in np.atleast_1d(axis))
    along = tuple(i for i in range(3) if i not in kept)
    np.testing.assert_allclose(y.mean(axis=along), 0, atol=EXACT)
    np.testing.assert_allclose(y.var(axis=along), 1, rtol=EXACT)
    back = layers.Normalization(axis, invert=True, **F64)
    back.adapt(x)
    np.testing.assert_allclose(back(y), x, rtol=EXACT)


def test_batches_are_put_together():
    x = normal(10, 4, 2) * 100 + 7
    whole, parts, pairs, generated = (layers.Normalization(**F64) for _ in range(4))
    whole.adapt(x)
    parts.adapt([x[:3], x[3:4], x[4:]])
    pairs.adapt([(x[:7], None), (x[7:], None)])
    generated.adapt(row[None] for row in x)
    for layer in (parts, pairs, generated):
        np.testing.assert_allclose(layer.mean, whole.mean, rtol=EXACT)
        np.testing.assert_allclose(layer.variance, whole.variance, rtol=EXACT)


def test_mean_and_variance_have_as_many_axes_as_the_input():
    layer = layers.Normalization()
    assert layer.mean is None
    layer.adapt(normal(5, 4, 2))
    assert layer.mean.shape == layer.variance.shape == (1, 1, 2)
    assert [w.name for w in layer.weights] == ["mean", "variance", "count"]
    assert layer.trainable_weights == []


def test_to_adapt_again_starts_anew():
    layer, x = layers.Normalization(**F64), normal(5, 2)
    layer.adapt(x)
    layer.adapt(x + 1)
    np.testing.assert_allclose(layer.mean, x.mean(axis=0, keepdims=True) + 1, rtol=EXACT)


def test_what_does_not_vary_is_divided_by_a_small_number():
    layer = layers.Normalization(**F64)
    layer.adapt(np.ones((5, 2)))
    np.testing.assert_array_equal(layer(np.ones((5, 2))), 0)
    np.testing.assert_allclose(layer(2 * np.ones((1, 2))), 1e7, rtol=EXACT)


def test_mean_and_variance_may_be_given():
    layer = layers.Normalization(mean=[1.0, 2.0], variance=[4.0, 9.0], **F64)
    np.testing.assert_array_equal(layer([[3.0, 5.0]]), [[1, 1]])
    assert layer.weights == []
    one = layers.Normalization(mean=1, variance=4, **F64)
    np.testing.assert_array_equal(one([[3.0, 5.0]]), [[1, 2]])
    two = layers.Normalization((1, 2), mean=[1.0, 2.0], variance=[4.0, 9.0], **F64)
    np.testing.assert_array_equal(two([[[3.0, 5.0]] * 3]), [[[1, 1]] * 3])


def test_it_stays_as_it_is_when_a_model_is_trained_saved_and_read(tmp_path):
    layer, x = layers.Normalization(), (3 * normal(16, 4, 2) + 2).astype("float32")
    layer.adapt(x)
    model = Sequential([Input((4, 2)), layer, layers.SimpleRNN(3), layers.Dense(1)])
    model.compile("adam", "mse")
    before = layer.get_weights()
    model.fit(x, np.ones((16, 1)), epochs=2, verbose=0)
    for one, other in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    model.save(tmp_path / "m.keras")
    again = elman.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    assert json.loads(again.to_json()) == json.loads(model.to_json())


def test_the_mask_goes_past_it():
    layer = layers.Normalization(mean=0.0, variance=1.0)
    model = Sequential([Input((None, 2)), layers.Masking(), layer, layers.SimpleRNN(2)])
    x = normal(2, 3, 2)
    padded = np.concatenate([x, np.zeros((2, 2, 2))], axis=1)
    np.testing.assert_allclose(model(padded), model(x), rtol=1e-6)


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: layers.Normalization(mean=1.0),
            ArgumentError,
            "`variance` must be given with the other of mean and variance; got None.",
        ),
        (lambda: layers.Normalization(variance=1.0), ArgumentError, "`mean` must be given with"),
        (
            lambda: layers.Normalization(mean=[1.0], variance=[1.0, 2.0]),
            ShapeError,
            "`mean` and `variance` must have one shape of at most 1 axes, as many as `axis` names; "
            "got (1,) and (2,).",
        ),
        (
            lambda: layers.Normalization(None, mean=[1.0], variance=[1.0]),
            ShapeError,
            "must have one shape of at most 0 axes",
        ),
        (
            lambda: layers.Normalization(mean=0.0, variance=-1.0),
            ArgumentError,
            "`variance` must be at least 0; got -1.0.",
        ),
        (lambda: layers.Normalization("x"), ArgumentError, "`axis` must be an integer; got 'x'."),
        (lambda: layers.Normalization(mean="x"), ArgumentError, "`input_mean` must be a finite"),
        (
            lambda: layers.Normalization(3, name="n")(normal(2, 3)),
            ShapeError,
            "Normalization 'n': `axis` must be among the input's 2 axes; got (3,) for an input of",
        ),
        (
            lambda: layers.Normalization(name="n")(Input((3, None))),
            ShapeError,
            "Normalization 'n': `x` must have a known size along the axes (-1,); got "
            "(None, 3, None).",
        ),
        (
            lambda: layers.Normalization(mean=[1.0, 2.0], variance=[1.0, 2.0], name="n")([[1.0]]),
            ShapeError,
            "Normalization 'n': `mean` must be a number, or of the sizes of the axes (-1,) of the "
            "input (1, 1); got (2,).",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


@pytest.mark.parametrize(
    ("data", "error", "text"),
    [
        ([[1.0, 2.0]], ArgumentError, "got a batch that is a list. Make an array of it with"),
        (3, ArgumentError, "`data` must be an array, or batches of arrays; got int."),
        ([], ArgumentError, "`data` must hold at least one batch; got none."),
        (np.zeros((0, 2)), ArgumentError, "`data` must hold finite numbers; got none."),
        (np.array([[np.nan, 1.0]]), ArgumentError, "got NaN or infinity."),
        (np.array([["a", "b"]]), ArgumentError, "`data` must be an array of real numbers"),
        (
            [np.ones((2, 2)), np.ones((2, 3))],
            ShapeError,
            "`x` must have shape (None, 2); got (2, 3)",
        ),
        ([np.ones((2, 2)), np.ones((2, 2, 2))], ShapeError, "`x` must have shape (None, 2); got"),
    ],
)
def test_data_that_does_not_fit_is_refused(data, error, text):
    with pytest.raises(error, match=re.escape(text)):
        layers.Normalization(name="n").adapt(data)


def test_data_that_is_refused_changes_nothing():
    layer = layers.Normalization()
    layer.adapt(normal(5, 2))
    before = layer.get_weights()
    with pytest.raises(ArgumentError, match="got NaN or infinity"):
        layer.adapt([normal(5, 2), np.full((5, 2), np.nan)])
    for one, other in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_was_given_is_not_adapted():
    layer = layers.Normalization(mean=1.0, variance=1.0)
    with pytest.raises(ArgumentError, match="`mean` must be left out where `adapt` is called; got"):
        layer.adapt(normal(5, 2))
