import re

import numpy as np
import pytest

import elman
from elman import Input, layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import F64, assert_gradients, normal, scramble
from tests.tolerances import EXACT

LAYERS = {
    "LeakyReLU": layers.LeakyReLU(0.1, **F64),
    "ELU": layers.ELU(0.7, **F64),
    "ReLU": layers.ReLU(**F64),
    "ReLU, all": layers.ReLU(0.8, 0.3, 0.2, **F64),
    "ReLU, largest": layers.ReLU(max_value=0.8, **F64),
}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_gradients(layer):
    assert_gradients(layer, normal(3, 4, 2), mask=normal(3, 4) > 0)


@pytest.mark.parametrize(("shared", "shape"), [(None, (4, 2)), ([1], (1, 2)), (2, (4, 1))])
def test_gradients_of_prelu(shared, shape):
    layer = layers.PReLU(shared_axes=shared, **F64)
    layer.build((None, 4, 2))
    assert layer.alpha.shape == shape
    assert_gradients(scramble(layer), normal(3, 4, 2))


def test_it_is_what_the_class_says():
    x = np.array([[-2.0, -0.5, 0.0, 0.1, 0.5, 3.0]])
    for layer, expected in (
        (layers.LeakyReLU(), [-0.6, -0.15, 0, 0.1, 0.5, 3]),
        (layers.ReLU(1, 0.5, 0.2), [-1.1, -0.35, -0.1, -0.05, 0.5, 1]),
        (layers.ELU(2), [2 * np.expm1(-2), 2 * np.expm1(-0.5), 0, 0.1, 0.5, 3]),
    ):
        np.testing.assert_allclose(layer(x)[0], expected, rtol=EXACT)


@pytest.mark.parametrize("name", ["LeakyReLU", "ELU", "ReLU", "PReLU"])
def test_nan_is_not_lost_and_what_is_large_does_not_overflow(name):
    with np.errstate(all="raise"):
        y = layers.CLASSES[name](**F64)(np.array([[np.nan, 1e300, -1e300]]))
    assert np.isnan(y[0, 0])
    assert y[0, 1] > 1e37


@pytest.mark.parametrize("name", ["LeakyReLU", "ELU", "ReLU"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_of_the_input_stays(name, dtype):
    x = normal(3, 4).astype(dtype)
    layer = layers.CLASSES[name]()
    assert layer(x).dtype == dtype
    assert elman.gradients(layer, x, output_gradients=x)["inputs"][0].dtype == dtype


def test_one_fraction_for_all_timesteps_takes_any_number_of_them():
    layer = layers.PReLU(shared_axes=[1])
    assert layer(Input((None, 3))).shape == (None, None, 3)
    assert layer(np.ones((2, 5, 3))).shape == (2, 5, 3)
    assert layer(np.ones((2, 7, 3))).shape == (2, 7, 3)


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: layers.PReLU(name="p")(Input((None, 3))),
            ShapeError,
            "PReLU 'p': `x` must have a known size along axes that are not shared; got "
            "(None, None, 3). Share one fraction along it with `shared_axes=[1]`.",
        ),
        (
            lambda: layers.PReLU(shared_axes=3, name="p")(np.ones((2, 3, 4))),
            ShapeError,
            "PReLU 'p': `shared_axes` must be among the axes 1 to 2 of the input; got [3] for an "
            "input of shape (2, 3, 4).",
        ),
        (
            lambda: layers.PReLU(shared_axes=0),
            ArgumentError,
            "PReLU: `shared_axes` must be a positive integer; got 0.",
        ),
        (
            lambda: layers.LeakyReLU(-1),
            ArgumentError,
            "LeakyReLU: `negative_slope` must be a finite number and at least 0; got -1.",
        ),
        (lambda: layers.LeakyReLU(None), ArgumentError, "`negative_slope` must be a finite number"),
        (lambda: layers.ELU("x"), ArgumentError, "ELU: `alpha` must be a finite number; got 'x'."),
        (lambda: layers.ReLU(-1), ArgumentError, "ReLU: `max_value` must be a finite number and"),
        (lambda: layers.ReLU(threshold=np.nan), ArgumentError, "ReLU: `threshold` must be a"),
        (lambda: layers.PReLU("half"), ArgumentError, "PReLU: `alpha_initializer` must be one of"),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


@pytest.mark.parametrize("shape", [(2, 4, 3), (2, 3), (2, 5, 2)])
def test_other_samples_than_prelu_was_built_for_are_refused(shape):
    layer = layers.PReLU(name="p")
    layer(np.ones((2, 5, 3)))
    text = (
        f"PReLU 'p': `x` must have samples of shape (5, 3), where 1 is any size along shared "
        f"axes; got {shape}."
    )
    with pytest.raises(ShapeError, match=re.escape(text)):
        layer(np.ones(shape))
