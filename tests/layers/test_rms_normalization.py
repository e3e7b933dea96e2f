import re

import numpy as np
import pytest

from elman import Input, Sequential, layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import F64, assert_gradients, normal, scramble
from tests.tolerances import EXACT, FLOAT32


@pytest.mark.parametrize(
    ("axis", "shape"), [(-1, (4, 3)), (2, (2, 4, 3)), ((-2, -1), (2, 4, 3)), ((1, 2), (2, 4, 3))]
)
def test_gradients(axis, shape):
    layer = layers.RMSNormalization(axis, **F64)
    layer.build(shape)
    assert_gradients(scramble(layer), normal(*shape))


def test_the_mean_square_of_each_sample_is_1():
    y = layers.RMSNormalization(epsilon=0, **F64)(normal(5, 4, 3) * 100 + 7)
    np.testing.assert_allclose((y**2).mean(axis=-1), 1, rtol=EXACT)


def test_float32_is_float64_rounded():
    x = normal(5, 4, 3)
    y = layers.RMSNormalization()(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, layers.RMSNormalization(**F64)(x), atol=FLOAT32)


def test_an_empty_batch_gives_an_empty_batch():
    assert layers.RMSNormalization()(np.zeros((0, 4, 3))).shape == (0, 4, 3)


def test_a_mask_ends_with_a_warning_as_in_keras():
    model = Sequential([Input((3, 2)), layers.Masking(), layers.RMSNormalization(name="r")])
    with pytest.warns(UserWarning, match="RMSNormalization 'r': the mask of its input ends here"):
        model(np.ones((1, 3, 2)))


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: layers.RMSNormalization(1, name="r")(np.zeros((2, 4, 3))),
            ShapeError,
            "RMSNormalization 'r': `axis` must be the last of the input's axes, because the scale "
            "lies along it; got 1 for an input of shape (2, 4, 3).",
        ),
        (lambda: layers.RMSNormalization(1.5), ArgumentError, "`axis` must be an integer; got 1.5"),
        (
            lambda: layers.RMSNormalization(epsilon=np.nan),
            ArgumentError,
            "RMSNormalization: `epsilon` must be a finite number and at least 0; got nan.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_other_features_than_it_was_built_for_are_refused():
    layer = layers.RMSNormalization(name="r")
    layer(np.zeros((2, 3)))
    text = "RMSNormalization 'r': `x` must have size 3 along axis 1; got (2, 4)."
    with pytest.raises(ShapeError, match=re.escape(text)):
        layer(np.zeros((2, 4)))
