import re

import numpy as np
import pytest

from elman import layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import F64, assert_gradients, normal


@pytest.mark.parametrize(
    ("scale", "offset"), [(2.0, -1.0), ([1.0, 2.0], 3.0), (np.ones((4, 1)), [[1.0, 2.0]])]
)
def test_gradients(scale, offset):
    layer = layers.Rescaling(scale, offset, **F64)
    assert_gradients(layer, normal(3, 4, 2), mask=normal(3, 4) > 0)
    np.testing.assert_array_equal(
        layer(normal(3, 4, 2)), normal(3, 4, 2) * np.asarray(scale) + np.asarray(offset)
    )


@pytest.mark.parametrize(
    ("given", "dtype"), [("float32", "float32"), ("float64", "float64"), ("uint8", "float32")]
)
def test_floats_keep_their_dtype_and_integers_become_the_layer_s(given, dtype):
    y = layers.Rescaling(0.5)(np.array([[4, 6]], given))
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, [[2, 3]])


def test_an_array_that_keras_wrote_is_read():
    scale = {"class_name": "__numpy__", "config": {"value": [1.0, 2.0], "dtype": "float64"}}
    layer = layers.Rescaling.from_config({"scale": scale, "offset": 0.0})
    assert layer.get_config()["scale"] == [1.0, 2.0]


@pytest.mark.parametrize("scale", ["x", None, np.nan, [1.0, np.inf], True, {}])
def test_a_scale_is_a_number_or_several(scale):
    with pytest.raises(ArgumentError, match="Rescaling: `scale` must"):
        layers.Rescaling(scale)


@pytest.mark.parametrize("offset", [[1.0, 2.0, 3.0], np.zeros((2, 1, 1, 1))])
def test_a_shape_that_does_not_fit_is_refused(offset):
    text = (
        "Rescaling 'r': `offset` must be a number, or of a shape that is repeated to the input's "
        f"(3, 4, 2); got {np.shape(offset)}."
    )
    with pytest.raises(ShapeError, match=re.escape(text)):
        layers.Rescaling(1, offset, name="r")(normal(3, 4, 2))
