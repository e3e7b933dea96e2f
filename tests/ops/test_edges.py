"""What functions of `elman.ops` do at zeros, ties and the ends, and with what is wrong."""

import re

import numpy as np
import pytest

from elman import ops
from elman.errors import ArgumentError, ShapeError
from elman.gradient_tape import GradientTape
from tests.gradcheck import assert_gradient


def gradient(f, x):
    with GradientTape() as tape:
        box = tape.watch(np.asarray(x, np.float64))
        y = ops.sum(f(box))
    return tape.gradient(y, box)


def test_products_have_gradients_at_zeros():
    assert gradient(ops.prod, [2.0, 0.0, 3.0]).tolist() == [0.0, 6.0, 0.0]
    assert gradient(ops.prod, [0.0, 0.0, 3.0]).tolist() == [0.0, 0.0, 0.0]
    assert gradient(ops.cumprod, [2.0, 0.0, 3.0]).tolist() == [1.0, 8.0, 0.0]


def test_the_largest_share_the_gradient():
    assert gradient(ops.max, [1.0, 3.0, 3.0]).tolist() == [0.0, 0.5, 0.5]
    assert gradient(lambda x: ops.maximum(x, 3.0), [1.0, 3.0, 4.0]).tolist() == [0.0, 0.5, 1.0]


def test_a_clipped_number_has_its_gradient_up_to_the_limit():
    assert gradient(lambda x: ops.clip(x, 0, 1), [-1.0, 0.0, 1.0, 2.0]).tolist() == [0, 1, 1, 0]
    assert gradient(lambda x: ops.clip(x, None, 1), [-1.0, 2.0]).tolist() == [1, 0]


def test_nothing_is_divided_by_zero():
    x = np.array([1.0, 2.0])
    assert ops.divide_no_nan(x, np.array([0.0, 4.0])).tolist() == [0.0, 0.5]
    assert gradient(lambda x: ops.divide_no_nan(x, np.array([0.0, 4.0])), x).tolist() == [0, 0.25]
    assert gradient(lambda z: ops.divide_no_nan(x, z), [0.0, 4.0]).tolist() == [0.0, -0.125]
    assert gradient(ops.normalize, [0.0, 0.0]).tolist() == [1e7, 1e7]


def test_large_numbers_do_not_overflow():
    x = np.array([-1000.0, 0.0, 1000.0])
    for f in (ops.sigmoid, ops.tanh, ops.softplus, ops.softmax, ops.log_softmax, ops.logsumexp):
        assert np.isfinite(f(x)).all()
        assert np.isfinite(gradient(f, x)).all()
    assert ops.logsumexp(np.array([-np.inf, -np.inf])) == -np.inf


def test_empty_arrays_stay_empty():
    x = np.zeros((0, 3), np.float32)
    assert ops.softmax(x).shape == ops.relu(x).shape == (0, 3)
    assert ops.sum(x) == 0
    assert ops.concatenate([x, x]).shape == (0, 3)


def test_what_is_not_a_number_stays_so():
    assert np.isnan(ops.exp(np.float32([np.nan]))).all()
    assert ops.nan_to_num(np.array([np.nan, 1.0])).tolist() == [0.0, 1.0]
    assert gradient(ops.nan_to_num, [np.nan, 1.0]).tolist() == [0.0, 1.0]


def test_sparsemax_is_the_nearest_point_of_the_simplex():
    x = np.random.default_rng(0).normal(size=(5, 6))
    y = ops.sparsemax(x)
    np.testing.assert_allclose(y.sum(-1), 1)
    assert (y >= 0).all()
    others = np.random.default_rng(1).dirichlet(np.ones(6), 2000)
    nearest = ((x[:, None] - others) ** 2).sum(-1).min(1)
    assert (((x - y) ** 2).sum(-1) <= nearest).all()
    weight = np.arange(30.0).reshape(5, 6)
    dx = gradient(lambda a: ops.multiply(ops.sparsemax(a), weight), x)
    assert_gradient(lambda a: float((ops.sparsemax(a) * weight).sum()), x.copy(), dx)
    np.testing.assert_allclose(ops.sparsemax(x.T, axis=0), y.T)


def test_conversions():
    assert ops.shape(np.zeros((2, 3))) == (2, 3)
    assert (ops.ndim([[1.0]]), ops.size([[1.0, 2.0]]), ops.dtype([1.0])) == (2, 2, "float32")
    assert ops.is_tensor(np.ones(2))
    assert not ops.is_tensor([1.0])
    assert type(ops.convert_to_numpy([1, 2])) is np.ndarray
    with GradientTape() as tape:
        box = tape.watch(np.ones(2))
        assert ops.is_tensor(box)
        assert type(ops.convert_to_numpy(box)) is np.ndarray
        assert ops.convert_to_tensor(box) is box
        assert tape.gradient(ops.sum(ops.cast(box, "int32") * 2.0), box) is None


def test_padding_may_be_one_number():
    np.testing.assert_array_equal(ops.pad(np.ones(2), 1), [0, 1, 1, 0])
    np.testing.assert_array_equal(ops.pad(np.arange(3.0), 2, mode="wrap"), [1, 2, 0, 1, 2, 0, 1])


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (lambda: ops.top_k(np.ones((2, 3)), 4), ArgumentError,
         "top_k: `k` must be at most the size of the last axis, 3; got 4."),
        (lambda: ops.norm(np.ones(3), "fro", 0), ArgumentError,
         "norm: `axis` must name two axes where `ord` is 'fro'; got 0."),
        (lambda: ops.norm(np.ones((2, 2)), "xyz", (0, 1)), ArgumentError,
         "norm: `ord` must be None, 'fro', 'nuc', 1, -1, 2, -2, inf or -inf for matrices; got"),
        (lambda: ops.norm(np.ones((2, 2, 2)), 3), ArgumentError,
         "norm: `axis` must name one axis or two where `ord` is 3; got None."),
        (lambda: ops.norm(np.ones(2), "nuc", 0), ArgumentError,
         "norm: `ord` must be a number where `axis` is one; got 'nuc'."),
        (lambda: ops.quantile(np.ones(2), 0.5, method="up"), ArgumentError,
         "quantile: `method` must be one of 'linear', 'lower', 'higher', 'midpoint', 'nearest'"),
        (lambda: ops.normalize(np.ones(2), order=0), ArgumentError,
         "normalize: `order` must be a positive integer; got 0."),
        (lambda: ops.cast(1.0, "floaty"), ArgumentError,
         "cast: `dtype` must be a dtype of NumPy's, such as 'float32'; got 'floaty'."),
        (lambda: ops.one_hot([1], 2, sparse=True), ArgumentError,
         "one_hot: `sparse` must be False; got True."),
        (lambda: ops.convert_to_tensor([1.0], sparse=True), ArgumentError,
         "convert_to_tensor: `sparse` and `ragged` must be None; got True."),
        (lambda: ops.einsum("ij->i", np.ones((2, 2)), optimize=True), ArgumentError,
         "einsum: `optimize` must be left out; got True."),
        (lambda: ops.scatter_update(np.ones(2), [[0]], [1.0], "mul"), ArgumentError,
         "scatter_update: `reduction` must be None or 'add'; got 'mul'."),
        (lambda: ops.unique([1], size=2), ArgumentError, "unique: `size` must be None"),
        (lambda: ops.meshgrid([1], indexing="yx"), ArgumentError,
         "meshgrid: `indexing` must be 'xy' or 'ij'; got 'yx'."),
        (lambda: ops.binary_crossentropy(np.ones(2), np.ones(3)), ShapeError,
         "binary_crossentropy: `target` must have the shape of `output`, (3,); got (2,)."),
        (lambda: ops.sparse_categorical_crossentropy([3], np.ones((1, 3))), ArgumentError,
         "`target` must hold classes from 0 to 2; got 3."),
        (lambda: ops.sparse_categorical_crossentropy([1, 2], np.ones((1, 3))), ShapeError,
         "`target` must have shape (1,), that of `output` without the classes; got (2,)."),
        (lambda: ops.sparse_categorical_crossentropy([1], np.ones((1, 3)), axis=0), ArgumentError,
         "`axis` must be the last, -1; got 0."),
        (lambda: ops.dot_product_attention(*[np.ones((1, 2, 1, 2))] * 3, flash_attention=True),
         ArgumentError, "dot_product_attention: `flash_attention` must be None; got True."),
    ],
)  # fmt: skip
def test_errors_name_the_argument(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_scatter_update_overwrites_or_adds():
    x = np.zeros(3)
    assert ops.scatter_update(x, [[0], [2], [0]], [1.0, 2.0, 3.0]).tolist() == [3.0, 0.0, 2.0]
    assert ops.scatter_update(x, [[0], [0]], [1.0, 2.0], "add").tolist() == [3.0, 0.0, 0.0]


def test_attention_does_not_see_what_is_masked():
    q = np.random.default_rng(0).normal(size=(1, 3, 2, 4))
    mask = np.array([[[[True, True, False]]]])
    found = ops.dot_product_attention(q, q, q, mask=mask)
    np.testing.assert_allclose(found, ops.dot_product_attention(q, q[:, :2], q[:, :2]))
