"""Functions of `elman.ops` in functional models, as onnxruntime computes them."""

import re

import numpy as np
import pytest

import elman
from elman import ops
from elman.errors import UnsupportedError
from elman.formats.onnx.writing.builder import Builder
from elman.formats.onnx.writing.operations import WRITERS
from elman.formats.onnx.writing.terms import NoNodes, Term, builder_of
from tests.formats.onnx.writing import F, assert_same, sequences

POSITIVE = ("sqrt", "rsqrt", "log", "log2", "log10", "log1p", "cbrt")
ONE = (
    *("abs", "absolute", "negative", "square", "reciprocal", "exp", "exp2", "expm1", *POSITIVE),
    *("sin", "cos", "tan", "arctan", "sinh", "cosh", "arcsinh", "deg2rad", "rad2deg", "erf"),
    *("erfc", "sign", "floor", "ceil", "trunc", "round", "isnan", "isinf", "isfinite"),
    *("isposinf", "isneginf", "logical_not", "signbit", "nan_to_num", "relu", "relu6", "sigmoid"),
    *("tanh", "silu", "softplus", "softsign", "selu", "hard_sigmoid", "hard_tanh", "log_sigmoid"),
    *("tanh_shrink", "leaky_relu", "elu", "celu", "gelu", "glu", "hard_silu", "hard_shrink"),
    *("soft_shrink", "squareplus", "sparse_plus", "sparse_sigmoid", "sparsemax", "softmax"),
    *("log_softmax", "normalize", "layer_normalization", "rms_normalization", "sum", "mean"),
    *("var", "std", "max", "min", "prod", "ptp", "logsumexp", "any", "all", "count_nonzero"),
    *("argmax", "argmin", "argsort", "sort", "cumsum", "diff", "ravel", "flip", "average"),
    *("stop_gradient", "zeros_like", "ones_like", "copy", "norm", "median"),
)
TWO = (
    *("add", "subtract", "multiply", "divide", "true_divide", "divide_no_nan", "power", "mod"),
    *("floor_divide", "maximum", "minimum", "arctan2", "hypot", "logaddexp", "equal", "not_equal"),
    *("less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or"),
    *("logical_xor", "isclose", "allclose", "append", "vdot"),
)


def numbers(name):
    x = sequences()
    return np.abs(x) + 0.1 if name in POSITIVE else x


@pytest.mark.parametrize("timesteps", [7, None])
@pytest.mark.parametrize("name", ONE)
def test_functions_of_one_array(tmp_path, name, timesteps):
    x = elman.Input((timesteps, F))
    model = elman.Model(x, getattr(ops, name)(x))
    assert_same(tmp_path / "m.onnx", model, numbers(name))


@pytest.mark.parametrize("name", TWO)
def test_functions_of_two_arrays(tmp_path, name):
    x, y = elman.Input((None, F)), elman.Input((None, F))
    function = getattr(ops, name)
    a, b = sequences(), np.roll(sequences(1), 1, 0)
    if name == "power":
        a = np.abs(a)
    b[0, 0] = a[0, 0]
    if name == "divide_no_nan":
        b[1, 1] = 0
    assert_same(tmp_path / "m.onnx", elman.Model([x, y], function(x, y)), a, b)
    if name not in ("vdot", "append", "arctan2", "logical_xor"):
        more = [function(x, 0.5), function(0.5, x + 3), function(x, np.arange(1.0, 1 + F))]
        assert_same(tmp_path / "m.onnx", elman.Model(x, more), np.abs(a) + 0.1)


CASES = {
    "operators": lambda x: (2 - x) * 3 / (x * x + 1) ** 2 - -abs(x) % 2 + x // 0.5,
    "comparisons": lambda x: ops.where((x > 0) & ~(x < 1) | (x != x), x, -x),
    "arithmetic of truth": lambda x: (x > 0) * x + (x < 1) * 2.0,
    "sums of truth": lambda x: [ops.sum(x > 0, axis=1), ops.mean(x > 0, axis=(0, 2))],
    "axes": lambda x: [ops.sum(x, axis=(1, -1), keepdims=True), ops.max(x, 0), ops.var(x, [1, 2])],
    "initial": lambda x: [ops.max(x, 1, initial=0.5), ops.min(x, 1, initial=0.5)],
    "moments": lambda x: list(ops.moments(x, axes=[1])),
    "weights": lambda x: ops.average(x, axis=-1, weights=np.array([1.0, 2.0, 3.0, 4.0])),
    "arcs": lambda x: [f(ops.tanh(x)) for f in (ops.arcsin, ops.arccos, ops.arctanh)],
    "arccosh": lambda x: ops.arccosh(abs(x) + 1),
    "not numbers": lambda x: [
        ops.isnan(ops.log(x)), ops.nan_to_num(ops.log(x), nan=3.0), ops.isinf(x / 0.0),
        ops.nan_to_num(x / ops.relu(x), nan=1, posinf=2, neginf=3),
    ],
    "indices": lambda x: [
        x[:, 0], x[:, -1], x[:, 1:-1:2], x[:, ::-1], x[..., 2], x[:, None], x[0, :, 1:],
        x[:, [1, 0]], x[..., None, :], x[:, -3:],
    ],
    "take": lambda x: [ops.take(x, [3, 0], axis=-1), ops.take(x, 1, 1), ops.take(x, [0, 5])],
    "take along": lambda x: ops.take_along_axis(x, ops.argsort(x, 1), axis=1),
    "largest": lambda x: list(ops.top_k(x, 2)),
    "sort": lambda x: [ops.sort(x, 1), ops.argsort(x, 0), ops.argmax(x), ops.argmin(x, -1, True)],
    "one hot": lambda x: ops.one_hot(ops.argmax(x, 1), 7),
    "many hot": lambda x: ops.multi_hot(ops.argmax(x, 1), 9, dtype="float32"),
    "bins down": lambda x: ops.digitize(x, [1.0, 0.0]),
    "bins": lambda x: [ops.digitize(x, [-1.0, 0.0, 1.0]), ops.searchsorted([0.0, 1.0], x)],
    "in": lambda x: ops.isin(ops.argmax(x, 1), [0, 1, 2]),
    "casts": lambda x: [
        ops.cast(x * 3, "int32"), ops.cast(x, "bool"), ops.saturate_cast(x, "bool"),
    ],
    "integers": lambda x: [
        ops.cast(x * 9, "int32") // 2, ops.cast(x * 9, "int64") % 4, ops.cast(x * 9, "int32") / 2,
        ops.cast(x * 9, "int32") + 1.5, ops.sqrt(abs(ops.cast(x * 9, "int32"))),
    ],
    "reshape": lambda x: [ops.reshape(x, (-1, 2)), ops.expand_dims(x, (1, 3))],
    "axes about": lambda x: [
        ops.transpose(x, (0, 2, 1)), ops.swapaxes(x, 1, -1), ops.moveaxis(x, 0, -1),
        ops.transpose(x), ops.squeeze(x[:, :1], 1), ops.moveaxis(x, (0, 1), (1, 2)),
    ],
    "end to end": lambda x: [
        ops.concatenate([x, x * 2], 1), ops.concatenate([x, x], -1), ops.stack([x, x * 2], 1),
        ops.hstack([x, x]), ops.vstack([x, x]), ops.append(x, x, 1),
    ],
    "apart": lambda x: [
        *ops.split(x, 2, -1), *ops.split(x, [1, 2], 2), *ops.array_split(x, 3, -1),
        *ops.unstack(x, axis=-1),
    ],
    "repeated": lambda x: [
        ops.tile(x, (1, 2, 1)), ops.repeat(x, 3, 1), ops.repeat(x, [1, 0, 2, 3], -1),
        ops.tile(x, 2), ops.broadcast_to(x[:1, :1], (3, 2, F)),
    ],
    "rolled": lambda x: [
        ops.roll(x, 2, 1), ops.roll(x, -1, -1), ops.roll(x, 3), ops.roll(x, [1, 2], [1, 2]),
    ],
    "padded": lambda x: [
        ops.pad(x, ((0, 0), (2, 1), (0, 0))), ops.pad(x, ((0, 0), (1, 1), (0, 0)), "reflect"),
        ops.pad(x, ((0, 0), (0, 0), (1, 2)), "symmetric"),
        ops.pad(x, ((0, 0), (1, 0), (0, 0)), constant_values=3.0),
        ops.pad(x, ((0, 0), (1, 2), (0, 0)), "edge"), ops.pad(x, ((0, 0), (0, 0), (1, 2)), "wrap"),
    ],
    "triangles": lambda x: [ops.tril(x), ops.triu(x, 1), ops.tril(x, -1)],
    "products": lambda x: [
        ops.matmul(x, np.ones((F, 2), "f4")), ops.matmul(x, ops.transpose(x, (0, 2, 1))),
        ops.einsum("btf,bsf->bts", x, x), ops.einsum("...f,fu->...u", x, np.ones((F, 3), "f4")),
        ops.tensordot(x, np.ones((F, 2), "f4"), 1), ops.dot(x, np.ones((F, 2), "f4")),
        ops.inner(x, np.ones((2, F), "f4")), ops.outer(x, x[:, 0]), x @ np.ones((F, 1), "f4"),
    ],
    "crosses": lambda x: ops.cross(x[..., :3], x[..., 1:] * 2),
    "norms": lambda x: [
        ops.norm(x, axis=-1), ops.norm(x, 1, 1), ops.norm(x, np.inf, -1), ops.norm(x, 3, -1),
        ops.norm(x, "fro", (1, 2)), ops.norm(x, 1, (1, 2)),
    ],
    "det": lambda x: ops.det(ops.matmul(ops.transpose(x, (0, 2, 1)), x)),
    "normalised": lambda x: [
        ops.layer_normalization(x, np.ones(F, "f4") * 2, np.ones(F, "f4"), epsilon=0.1),
        ops.batch_normalization(x, np.ones(F, "f4"), np.ones(F, "f4") * 2, -1),
        ops.rms_normalization(x, np.arange(F, dtype="f4")), ops.normalize(x, 1, 3),
    ],
    "quantiles": lambda x: [
        ops.quantile(x, 0.3, axis=1), ops.median(x, axis=(1, 2)), ops.quantile(x, [0.1, 0.9], 1),
        ops.quantile(x, 0.4, 2, method="lower", keepdims=True), ops.quantile(x, 0.6, 1, "nearest"),
    ],
    "softmax": lambda x: [ops.softmax(x, 1), ops.softmax(x, (1, 2)), ops.log_softmax(x, (1, 2))],
    "options": lambda x: [
        ops.gelu(x, approximate=False), ops.leaky_relu(x, 0.3), ops.elu(x, 0.5), ops.celu(x, 2.0),
        ops.round(x, 2), ops.clip(x, -1, 0.5), ops.clip(x, None, 0.5), ops.threshold(x, 0.1, 7.0),
        ops.diff(x, 2, 1), ops.cumsum(x, 1), ops.full_like(x, 3.0),
        ops.isclose(x, x, equal_nan=True),
    ],
    "losses": lambda x: [
        ops.binary_crossentropy(ops.sigmoid(x), ops.sigmoid(x * 2)),
        ops.categorical_crossentropy(ops.softmax(x), ops.softmax(x * 2)),
        ops.psnr(x, x * 2, 3.0),
    ],
    "products so far": lambda x: [ops.cumprod(x, 1), ops.cumprod(x, -1), ops.cumprod(x)],
    "overwritten": lambda x: [
        ops.slice_update(x, (0, 1, 0), x[:, :1] * 9), ops.slice(x, (0, 1, 1), (3, 1, 2)),
        ops.scatter_update(x, [[0, 1], [1, 0]], np.ones((2, F), "f4")),
        ops.scatter_update(x, [[0, 1, 1], [0, 1, 1]], np.ones(2, "f4"), "add"),
        ops.scatter([[1], [0]], x[:2], (4, 7, F)) if x.shape[1] else x,
    ],
    "classes": lambda x: [
        ops.in_top_k(ops.argmax(x[:, 0], -1), x[:, 1], 2),
        ops.sparse_categorical_crossentropy(ops.argmax(x, -1), ops.softmax(x)),
        ops.sparse_categorical_crossentropy(ops.argmax(x, -1)[..., None], x, from_logits=True),
    ],
    "determinants": lambda x: [
        ops.logdet(ops.matmul(ops.transpose(x, (0, 2, 1)), x)),
        *ops.slogdet(ops.matmul(ops.transpose(x, (0, 2, 1)), x)),
    ],
    "select": lambda x: ops.select([x > 1, x > 0], [x, x * 2], 5.0),
    "attention": lambda x: ops.dot_product_attention(
        x[:, :, None], x[:, :, None] * 2, x[:, :, None]
    ),
    "in the largest": lambda x: ops.where(x >= ops.top_k(x, 2)[0][..., -1:], x, 0.0),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # what is no number is asked for
@pytest.mark.parametrize("timesteps", [7, None])
@pytest.mark.parametrize("name", CASES)
def test_functions_with_options(tmp_path, name, timesteps):
    x = elman.Input((timesteps, F))
    assert_same(tmp_path / "m.onnx", elman.Model(x, CASES[name](x)), sequences())


def test_sizes_that_are_known_are_needed_for_some(tmp_path):
    x = elman.Input((F, F))
    y = [
        ops.diagonal(x, 1, 1, 2),
        ops.trace(x, axis1=1, axis2=2), ops.pad(x, ((0, 0), (2, 1), (0, 0)), "symmetric"),
        ops.dot_product_attention(x[..., None], x[..., None], x[..., None], is_causal=True),
    ]  # fmt: skip
    assert_same(tmp_path / "m.onnx", elman.Model(x, y), sequences(timesteps=F))


def test_masks_end_at_functions(tmp_path):
    x = elman.Input((None, F))
    model = elman.Model(x, elman.layers.LSTM(3)(ops.tanh(elman.layers.Masking()(x)) * 2))
    with pytest.warns(UserWarning, match="the mask of its input ends here"):
        assert_same(tmp_path / "m.onnx", model, sequences(masked=True))


@pytest.mark.parametrize("name", ["cholesky", "inv", "eigh", "qr", "svd", "pinv", "solve"])
def test_functions_that_onnx_has_not_are_refused_by_name(tmp_path, name):
    x = elman.Input((F, F))
    y = getattr(ops, name)(*[x, x] if name == "solve" else [x])
    text = f"every layer must be one that ONNX can hold; it computes `{name}`"
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        elman.Model(x, y).export(tmp_path / "m.onnx")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda x: ops.concatenate(x), "it computes parts of an array of open size, of which"),
        (lambda x: ops.trace(x, axis1=1, axis2=2), "what depends on the open size of axis"),
        (lambda x: x[np.array([0, 1]), np.array([1, 0])], "it computes an index of several arrays"),
        (lambda x: x[0, None], "it computes an index of new axes and of integers"),
        (lambda x: x[:, np.array([True] * F)], "it computes an index that is no integer"),
        (lambda x: ops.quantile(x, ops.sigmoid(x[0, 0, 0])), "numbers of an array that is not"),
        (lambda x: ops.nonzero(x), "it computes `nonzero`, of which elman writes no nodes."),
        (lambda x: ops.where(x), "it computes `where` of such arguments, of which elman"),
        (lambda x: ops.unique(x), "it computes `unique`, of which elman writes no nodes."),
    ],
)
def test_what_a_function_cannot_be_written_for_is_said(tmp_path, make, text):
    x = elman.Input((F, F) if "integer" in text else (None, F))
    y = make(x)
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        elman.Model(x, y).export(tmp_path / "m.onnx")


def test_terms_are_no_numbers():
    term = Term(Builder(step=False), "x", "float32", (None, F))
    with pytest.raises(NoNodes, match="a condition of Python's"):
        bool(term)
    with pytest.raises(NoNodes, match="numbers of an array that is not there yet"):
        np.asarray(term)
    with pytest.raises(NoNodes, match=r"`np\.add\.reduce`"):
        np.add.reduce(term)
    with pytest.raises(AttributeError, match="tolist"):
        term.tolist()
    with pytest.raises(NoNodes, match="what no tensor goes into"):
        builder_of(1, [2.0])


def test_every_writer_is_of_a_function_that_there_is():
    assert not [name for name in WRITERS if not hasattr(ops, name) and not hasattr(np, name)]
