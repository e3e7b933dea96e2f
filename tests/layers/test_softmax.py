import re

import numpy as np
import pytest

from elman import Input, Sequential, layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import F64, assert_gradients, normal
from tests.tolerances import EXACT


@pytest.mark.parametrize("axis", [-1, 2, 1, -2, [1, 2], (2,)])
def test_gradients(axis):
    assert_gradients(layers.Softmax(axis, **F64), normal(3, 4, 2))


@pytest.mark.parametrize(
    ("axis", "shape"), [(-1, (3, 4, 2)), (1, (3, 4, 1)), ([1, 2], (3, 1, 2)), (-1, (2,))]
)
def test_gradients_with_a_mask(axis, shape):
    mask = normal(*shape, seed=3) > -0.3
    assert_gradients(layers.Softmax(axis, **F64), normal(3, 4, 2), mask=mask)


@pytest.mark.parametrize("axis", [-1, 1, [1, 2]])
def test_it_sums_to_one_along_the_axis(axis):
    y = layers.Softmax(axis)(50 * normal(3, 4, 2))
    along = tuple(axis) if isinstance(axis, list) else axis
    np.testing.assert_allclose(y.sum(axis=along), 1, rtol=EXACT)


def test_what_a_mask_leaves_out_is_zero_even_where_it_leaves_out_all():
    mask = np.array([[True, False, True], [False, False, False]])
    y = layers.Softmax()(normal(2, 3), mask=mask)
    assert not y[~mask].any()
    np.testing.assert_allclose(y.sum(axis=1), [1, 0], rtol=EXACT)


def test_a_mask_that_comes_with_the_data_must_fit_the_numbers():
    text = (
        "Softmax 's': `mask` must have the input's shape (2, 4, 3), with 1 where one number serves "
        "the whole axis; got (2, 4). Add an axis with `mask[..., None]`."
    )
    model = Sequential([Input((4, 3)), layers.Masking(), layers.Softmax(name="s")])
    with pytest.raises(ShapeError, match=re.escape(text)):
        model(np.ones((2, 4, 3)))
    with pytest.raises(ShapeError, match=re.escape(text)):
        layers.Softmax(name="s")(np.ones((2, 4, 3)), mask=np.ones((2, 4), bool))


@pytest.mark.parametrize("axis", ["x", 1.5, None, [1, "x"]])
def test_an_axis_is_an_integer_or_several(axis):
    with pytest.raises(ArgumentError, match="Softmax: `axis` must be an integer; got"):
        layers.Softmax(axis)


def test_an_axis_that_is_not_there_is_named():
    text = "Softmax 's': `axis` must be among the input's 2 axes; got 2 for an input of shape"
    with pytest.raises(ShapeError, match=re.escape(text)):
        layers.Softmax(2, name="s")(np.ones((2, 3)))
