import re

import numpy as np
import pytest

import elman
from elman import Input, Model, layers
from elman.errors import ArgumentError, ShapeError
from elman.layers.parts.passes import INFERENCE
from tests.layers.checks import F64, assert_gradients, normal, scramble


def masks_of(layer, inputs, masks):
    return layer.run(tuple(inputs), tuple(masks), INFERENCE)[1][0]


@pytest.mark.parametrize("axis", [-1, 1, 2, -2])
def test_gradients_of_concatenate(axis):
    shapes = [[2, 3, 2], [2, 3, 2], [2, 3, 2]]
    for i, shape in enumerate(shapes):
        shape[axis] += i
    inputs = [normal(*shape, seed=i) for i, shape in enumerate(shapes)]
    assert_gradients(layers.Concatenate(axis, **F64), inputs)


ELEMENTWISE = ("Add", "Multiply", "Average", "Maximum", "Minimum")


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("other", [(2, 3, 2), (2, 1, 2), (2, 3, 1), (2, 1, 1), (2, 2), (2,)])
def test_gradients_are_summed_where_an_input_was_repeated(name, other):
    layer = layers.CLASSES[name](**F64)
    inputs = [normal(2, 3, 2), normal(*other, seed=1), normal(2, 3, 2, seed=2)]
    assert_gradients(layer, inputs)
    assert_gradients(layer, [inputs[1], inputs[0]])


@pytest.mark.parametrize("name", [*ELEMENTWISE, "Subtract"])
@pytest.mark.parametrize("carry", [(0, 1), (0,), (1,)], ids=["both", "first", "second"])
def test_gradients_with_masks(name, carry):
    mask = [None, None]
    for i in carry:
        mask[i] = normal(2, 3, seed=5 + i) > 0
    inputs = [normal(2, 3, 2), normal(2, 3, 2, seed=1)]
    assert_gradients(layers.CLASSES[name](**F64), inputs, mask=mask)


def test_a_masked_step_does_not_win_and_is_no_factor():
    x, y = np.array([[[1.0], [9.0]]]), np.array([[[2.0], [3.0]]])
    mask = np.array([[True, False]])
    for name, expected in (("Maximum", [2, 3]), ("Minimum", [1, 3]), ("Multiply", [2, 3])):
        found = layers.CLASSES[name]()([x, y], mask=[mask, None])
        np.testing.assert_array_equal(found.ravel(), expected)
    neither = layers.Multiply()([x, y], mask=[mask, mask])
    np.testing.assert_array_equal(neither.ravel(), [2, 0])


def test_of_equals_the_first_wins():
    x = np.ones((1, 2))
    for name in ("Maximum", "Minimum"):
        found = elman.gradients(layers.CLASSES[name](), [x, x], output_gradients=3 * x)["inputs"]
        np.testing.assert_array_equal(found, [3 * x, 0 * x])


@pytest.mark.parametrize("name", ["Maximum", "Minimum"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_nan_is_never_lost(name, order):
    pair = [np.array([[np.nan, 1.0]]), np.array([[2.0, 3.0]])]
    found = layers.CLASSES[name]()([pair[i] for i in order])
    assert np.isnan(found[0, 0])


@pytest.mark.parametrize(
    "name", ["add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate", "dot"]
)
def test_the_functions_call_the_layers(name):
    inputs = [normal(2, 3), normal(2, 3, seed=1)]
    layer = layers.CLASSES[name.capitalize()](**({"axes": -1} if name == "dot" else {}))
    np.testing.assert_array_equal(getattr(layers, name)(inputs), layer(inputs))
    x, y = Input((3,)), Input((3,))
    tensor = getattr(layers, name)([x, y], name="by_name")
    assert tensor.shape == layer([x, y]).shape
    assert tensor.name == "by_name"


DOTS = [
    (1, (2, 3), (2, 3)),
    ((2, 1), (2, 4, 3), (2, 3, 5)),
    ((1, -1), (2, 3, 2, 2), (2, 2, 3)),
    ((-1, 1), (2, 3), (2, 3, 4)),
    (1, (2, 3, 2), (2, 3)),
]


@pytest.mark.parametrize(("axes", "x", "y"), DOTS)
@pytest.mark.parametrize("normalize", [False, True])
def test_gradients_of_dot(axes, x, y, normalize):
    layer = layers.Dot(axes, normalize, **F64)
    inputs = [normal(*x), normal(*y, seed=1)]
    assert_gradients(layer, inputs)
    assert layer.compute_output_shape([x, y]) == layer(inputs).shape


def test_the_cosine_with_zeros_is_zero():
    zeros, x = np.zeros((1, 3)), np.ones((1, 3))
    assert layers.Dot(1, normalize=True)([zeros, x]) == 0
    found = elman.gradients(
        layers.Dot(1, normalize=True), [zeros, x], output_gradients=np.ones((1, 1))
    )
    assert all(np.isfinite(dx).all() for dx in found["inputs"])


def test_the_same_tensor_may_come_in_twice():
    x = Input((3,), **F64)
    h = layers.Dense(2, **F64)(x)
    model = scramble(Model(x, [layers.Add(**F64)([h, h]), layers.Concatenate(**F64)([h, h])]))
    assert_gradients(model, normal(4, 3))


def test_concatenate_counts_a_step_that_any_input_counts():
    x, y = normal(1, 2, 3), normal(1, 2, 4)
    mask, other = np.array([[1, 0]], bool), np.array([[0, 0]], bool)
    layer = layers.Concatenate()
    np.testing.assert_array_equal(masks_of(layer, [x, y], [mask, other]), [[True, False]])
    np.testing.assert_array_equal(masks_of(layer, [x, y], [mask, None]), [[True, True]])
    assert masks_of(layer, [x, y], [None, None]) is None


def test_concatenate_in_time_puts_masks_end_to_end():
    x, y = normal(1, 2, 3), normal(1, 3, 3)
    mask = np.array([[1, 0]], bool)
    found = masks_of(layers.Concatenate(axis=1), [x, y], [mask, None])
    np.testing.assert_array_equal(found, [[True, False, True, True, True]])


def test_add_has_a_mask_if_every_input_has_one():
    x, layer = normal(1, 3, 2), layers.Add()
    one, other = np.array([[1, 0, 0]], bool), np.array([[0, 1, 0]], bool)
    np.testing.assert_array_equal(masks_of(layer, [x, x], [one, other]), [[True, True, False]])
    assert masks_of(layer, [x, x], [one, None]) is None


def test_two_dtypes_meet_in_the_larger():
    x = [np.ones((1, 2), "float32"), np.ones((1, 2), "float64")]
    assert layers.Add()(x).dtype == layers.Concatenate()(x).dtype == "float64"


@pytest.mark.parametrize(
    ("layer", "shapes", "expected"),
    [
        (layers.Concatenate(), [(None, 3), (5, 4)], (None, None, 7)),
        (layers.Concatenate(1), [(None, 3), (5, 3)], (None, None, 3)),
        (layers.Concatenate(1), [(4, 3), (5, 3)], (None, 9, 3)),
        (layers.Add(), [(None, 3), (None, 3)], (None, None, 3)),
        (layers.Add(), [(5, 3), (1, 3)], (None, 5, 3)),
        (layers.Add(), [(5, 3), (None, 1)], (None, 5, 3)),
        (layers.Maximum(), [(5, 3), (3,)], (None, 5, 3)),
        (layers.Dot((2, 1)), [(None, 3), (3, 4)], (None, None, 4)),
        (layers.Dot(1), [(3,), (3,)], (None, 1)),
    ],
)
def test_symbolic_shapes(layer, shapes, expected):
    assert layer([Input(shape) for shape in shapes]).shape == expected


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (
            lambda: layers.Add(name="a")([np.ones((2, 3))]),
            "Add 'a': `inputs` must be a list of at least two arrays; got 1.",
        ),
        (
            lambda: layers.Add(name="a")([np.ones((2, 3)), np.ones((1, 3))]),
            "Add 'a': `inputs` must have the same shape; got (2, 3) and (1, 3).",
        ),
        (
            lambda: layers.Subtract(name="s")([np.ones((2, 3))] * 3),
            "Subtract 's': `inputs` must be a list of 2 arrays; got 3.",
        ),
        (
            lambda: layers.Dot(1, name="d")([np.ones((2, 3))]),
            "Dot 'd': `inputs` must be a list of 2 arrays; got 1.",
        ),
        (
            lambda: layers.Dot(1, name="d")([np.ones((2, 3)), np.ones((2, 4))]),
            "Dot 'd': `inputs` must have batches of one size, and axes 1 and 1 of one size; got "
            "(2, 3) and (2, 4).",
        ),
        (
            lambda: layers.Dot(1, name="d")([np.ones((1, 3)), np.ones((2, 3))]),
            "Dot 'd': `inputs` must have batches of one size, and axes 1 and 1 of one size; got "
            "(1, 3) and (2, 3).",
        ),
        (
            lambda: layers.Dot((1, 2), name="d")([np.ones((2, 3)), np.ones((2, 3))]),
            "Dot 'd': `axes` must be axes of the inputs after the batch; got 2 for an input of "
            "shape (2, 3).",
        ),
        (
            lambda: layers.Dot((1, -2), name="d")([np.ones((2, 3)), np.ones((2, 3))]),
            "Dot 'd': `axes` must be axes of the inputs after the batch; got -2 for",
        ),
        (
            lambda: layers.Concatenate(name="c")(np.ones((2, 3))),
            "Concatenate 'c': `inputs` must be a list of at least two arrays; got 1.",
        ),
        (
            lambda: layers.Add(name="a")([np.ones((2, 3)), np.ones((2, 4))]),
            "Add 'a': `inputs` must have the same shape; got (2, 3) and (2, 4).",
        ),
        (
            lambda: layers.Concatenate(name="c")([np.ones((2, 3)), np.ones((3, 3))]),
            "Concatenate 'c': `inputs` must agree in all axes but -1; got (2, 3) and (3, 3).",
        ),
        (
            lambda: layers.Concatenate(0, name="c")([np.ones((2, 3)), np.ones((2, 3))]),
            "Concatenate 'c': `axis` must be one of the inputs' axes after the batch; got 0 for "
            "inputs of shape (2, 3).",
        ),
        (
            lambda: layers.Concatenate(2, name="c")([np.ones((2, 3)), np.ones((2, 3))]),
            "Concatenate 'c': `axis` must be one of the inputs' axes after the batch; got 2",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, text):
    with pytest.raises(ShapeError, match=re.escape(text)):
        attempt()


def test_an_axis_is_an_integer():
    with pytest.raises(ArgumentError, match="Concatenate: `axis` must be an integer; got 'x'"):
        layers.Concatenate(axis="x")


@pytest.mark.parametrize("axes", [1.5, "x", (1,), (1, 2, 3), (1, "x"), None])
def test_axes_of_dot_are_one_integer_or_two(axes):
    with pytest.raises(ArgumentError, match="Dot: `axes` must be"):
        layers.Dot(axes)


@pytest.mark.parametrize("cls", [layers.Add, layers.Maximum, layers.Concatenate])
def test_sizes_that_were_open_are_checked_when_they_are_known(cls):
    x, y = Input((None, 2)), Input((None, 2))
    model = Model([x, y], cls(name="m")([x, y]))
    with pytest.raises(ShapeError, match=re.escape("got (1, 3, 2) and (1, 4, 2).")):
        model([np.ones((1, 3, 2)), np.ones((1, 4, 2))])
