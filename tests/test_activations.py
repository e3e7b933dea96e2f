import re
from pathlib import Path

import numpy as np
import pytest

from elman import activations
from elman.activations import ACTIVATIONS, ALIASES
from elman.errors import ArgumentError
from tests.gradcheck import assert_gradient
from tests.tolerances import EXACT, KERAS_ACTIVATION

NAME = pytest.mark.parametrize("name", ACTIVATIONS)
# Of Keras 3; what else there is, files of Keras 2 check in tests/formats.
OF_KERAS_3 = pytest.mark.parametrize("name", sorted(ACTIVATIONS.keys() - {"hard_sigmoid_keras2"}))
GOLDEN = np.load(Path(__file__).with_name("golden") / "activations.npz")
KINKS = {  # where the two one-sided derivatives differ
    "relu": [0],
    "relu6": [0, 6],
    "leaky_relu": [0],
    "selu": [0],
    "hard_tanh": [-1, 1],
    "hard_sigmoid": [-3, 3],
    "hard_sigmoid_keras2": [-2.5, 2.5],
}
EXTREME = [-1000.0, -100.0, 100.0, 1000.0]


@NAME
def test_the_derivative_is_that_of_the_function(name):
    f, df = ACTIVATIONS[name]
    x = np.linspace(-7.3, 7.4, 60).reshape(15, 4)
    for kink in KINKS.get(name, []):
        x = np.where(np.abs(x - kink) < 0.01, x + 0.02, x)
    dy = np.random.default_rng(0).normal(size=x.shape)
    assert_gradient(lambda a: float((f(a) * dy).sum()), x, df(dy, x, f(x)))


@OF_KERAS_3
def test_values_and_derivatives_are_those_of_keras(name):
    f, df = ACTIVATIONS[name]
    x, dy = GOLDEN["x"], GOLDEN["dy"]
    with np.errstate(over="ignore"):  # the exponential of 1000 is inf in Keras too
        y = f(x)
        dx = df(dy, x, y)
    np.testing.assert_allclose(y, GOLDEN[f"{name}/y"], rtol=KERAS_ACTIVATION, atol=KERAS_ACTIVATION)
    expected = GOLDEN[f"{name}/dx"]
    if name == "celu":  # Keras adds up both of its halves at zero: 2, which is no slope of celu
        expected = np.where(x == 0, dy, expected)
    np.testing.assert_allclose(dx, expected, rtol=KERAS_ACTIVATION, atol=KERAS_ACTIVATION)


@NAME
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_kept(name, dtype):
    f, df = ACTIVATIONS[name]
    x = np.linspace(-7, 7, 12, dtype=dtype).reshape(3, 4)
    y = f(x)
    assert y.dtype == dtype
    assert df(np.ones_like(x), x, y).dtype == dtype


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "exponential"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_inputs_give_finite_numbers_and_no_warning(name, dtype):
    f, df = ACTIVATIONS[name]
    x = np.array([EXTREME, EXTREME[::-1]], dtype)
    y = f(x)
    assert np.isfinite(y).all()
    assert np.isfinite(df(np.ones_like(x), x, y)).all()


def test_an_exponential_that_overflows_says_so():
    with pytest.warns(RuntimeWarning, match="overflow"):
        assert activations.exponential(np.array([1000.0]))[0] == np.inf
    assert activations.exponential(np.array([-1000.0]))[0] == 0


@NAME
def test_what_is_not_a_number_stays_so(name):
    f, _ = ACTIVATIONS[name]
    y = f(np.array([[0.5, np.nan], [0.5, 1.0]]))
    assert np.isnan(y[0, 1])
    assert np.isfinite(y[1]).all()  # softmax spreads it over its row, and no further


@NAME
def test_neither_function_writes_into_what_it_is_given(name):
    f, df = ACTIVATIONS[name]
    x, dy = np.linspace(-2, 2, 6).reshape(2, 3), np.ones((2, 3))
    y = f(x)
    kept = [x.copy(), dy.copy(), y.copy()]
    df(dy, x, y)
    for array, expected in zip((x, dy, y), kept, strict=True):
        np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax_sums_to_one_along_its_axis_and_ignores_a_shift(axis):
    x = np.random.default_rng(0).normal(size=(3, 4)) * 5
    y = activations.softmax(x, axis=axis)
    np.testing.assert_allclose(y.sum(axis=axis), 1, rtol=EXACT)
    np.testing.assert_allclose(activations.softmax(x + 900, axis=axis), y, rtol=1e-9)
    np.testing.assert_allclose(np.exp(activations.log_softmax(x, axis=axis)), y, rtol=EXACT)


def test_elu_and_celu_are_one_function():
    x = np.linspace(-5, 5, 21)
    np.testing.assert_array_equal(activations.celu(x), activations.elu(x))


@NAME
def test_a_name_and_the_function_stand_for_the_same(name):
    f = activations.get(name)
    assert f is getattr(activations, name)
    assert activations.get(f) is f
    assert activations.name_of(f) == name


def test_none_is_linear_and_swish_is_silu():
    assert activations.get(None) is activations.linear
    for alias, name in ALIASES.items():
        assert activations.get(alias) is activations.get(name)


@pytest.mark.parametrize(
    ("identifier", "shown"),
    [
        ("tanhh", "got 'tanhh'"),
        (3, "or a function; got the object 3"),
    ],
)
def test_an_unknown_activation_is_an_error_that_lists_the_known_ones(identifier, shown):
    with pytest.raises(ArgumentError, match="must be one of linear, relu, .*" + re.escape(shown)):
        activations.get(identifier)
