import numpy as np
import pytest

from elman import activations, layers
from tests.layers.checks import F64, assert_gradients, normal


@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_gradients_of_every_activation(name):
    assert_gradients(layers.Activation(name, **F64), normal(3, 4))


def test_it_applies_the_function_and_keeps_the_dtype():
    for dtype in ("float32", "float64"):
        x = normal(2, 3).astype(dtype)
        y = layers.Activation("tanh")(x)
        np.testing.assert_array_equal(y, np.tanh(x))
        assert y.dtype == dtype


def test_integers_become_floats():
    np.testing.assert_array_equal(layers.Activation("relu")([[-1, 2]]), [[0, 2]])
    assert layers.Activation("relu")([[-1, 2]]).dtype == "float32"
