import re

import numpy as np
import pytest

import elman
from elman import layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import F64, assert_gradients, normal
from tests.tolerances import EXACT


@pytest.mark.parametrize("axis", [-1, 1, [1, 2], (-1, 1)])
def test_gradients(axis):
    assert_gradients(layers.UnitNormalization(axis, **F64), normal(3, 4, 2))


@pytest.mark.parametrize("axis", [-1, 1, [1, 2]])
def test_every_sample_has_length_one_along_the_axis(axis):
    y = layers.UnitNormalization(axis)(normal(3, 4, 2))
    along = tuple(axis) if isinstance(axis, list) else axis
    np.testing.assert_allclose((y * y).sum(axis=along), 1, rtol=EXACT)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_zeros_stay_zeros_with_a_gradient_that_is_a_number(dtype):
    layer, x = layers.UnitNormalization(), np.zeros((2, 3), dtype)
    assert not layer(x).any()
    (dx,) = elman.gradients(layer, x, output_gradients=np.ones((2, 3)))["inputs"]
    assert dx.dtype == dtype
    assert np.isfinite(dx).all()


def test_an_axis_is_an_integer_that_the_input_has():
    with pytest.raises(
        ArgumentError, match="UnitNormalization: `axis` must be an integer; got 'x'"
    ):
        layers.UnitNormalization("x")
    text = "UnitNormalization 'u': `axis` must be among the input's 2 axes; got 3 for an input of"
    with pytest.raises(ShapeError, match=re.escape(text)):
        layers.UnitNormalization([1, 3], name="u")(np.ones((2, 3)))
