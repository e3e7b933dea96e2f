"""The calls in which `elman.ops` and `keras.ops` are compared, as expressions of these inputs."""

import numpy as np


def inputs(dtype="float32"):
    """Return the arrays that the expressions speak of."""
    generator = np.random.default_rng(0)

    def normal(*shape):
        return generator.normal(size=shape).astype(dtype)

    x, y, v, m = normal(3, 4), normal(3, 4), normal(4), normal(2, 3, 4)
    a, b = normal(2, 3, 3), normal(2, 3, 2)
    q = generator.uniform(0.05, 0.95, (3, 4)).astype(dtype)
    z = x.copy()
    z[1, 2] = 0.0
    return {
        "x": x,  # (3, 4)
        "y": y,
        "v": v,  # (4,)
        "m": m,  # (2, 3, 4)
        "q": q,  # in (0, 1)
        "p": q + np.asarray(1.2, dtype),  # above 1
        "z": z,  # with a zero
        "one": q / q.sum(-1, keepdims=True),  # probabilities
        "a": a + 3 * np.eye(3, dtype=dtype),  # well conditioned
        "spd": a @ a.swapaxes(-1, -2) + np.eye(3, dtype=dtype),
        "b": b,  # (2, 3, 2)
        "heads": normal(2, 5, 2, 3),
        "others": normal(2, 6, 2, 3),
        "i": np.array([2, 0, 2]),
        "rows": np.array([[0, 3, 3], [1, 0, 0], [2, 2, 1]]),
        "t": np.array([1, 0, 3]),
        "n": np.arange(12).reshape(3, 4) - 3,
        "yes": np.array([[True, False, True, False]] * 3),
    }


def each(functions, *arguments):
    """Return the calls of several functions, each with these arguments."""
    return [f"{function}({argument})" for function in functions.split() for argument in arguments]


ELEMENTWISE = [
    *each(
        "abs absolute negative square exp exp2 expm1 sin cos tan arctan sinh cosh arcsinh "
        "deg2rad rad2deg erf erfc relu relu6 selu sigmoid silu swish softplus softsign "
        "tanh tanh_shrink hard_tanh hard_sigmoid log_sigmoid leaky_relu elu celu gelu "
        "hard_silu hard_swish hard_shrink soft_shrink squareplus sparse_plus "
        "sparse_sigmoid",
        "x",
    ),
    *each("sqrt rsqrt reciprocal log log2 log10 log1p arccosh", "p"),
    *each("arcsin arccos arctanh", "q"),
    "cbrt(p)",
    "nan_to_num(x)",
    "leaky_relu(x, negative_slope=0.1)",
    "elu(x, alpha=0.7)",
    "celu(x, alpha=0.7)",
    "gelu(x, approximate=False)",
    "glu(x)",
    "glu(m, axis=2)",
    "hard_shrink(x, threshold=0.3)",
    "soft_shrink(x, threshold=0.3)",
    "threshold(x, 0.3, -2.0)",
    "softmax(x)",
    "softmax(m, axis=1)",
    "log_softmax(m, axis=1)",
    "log_softmax(x)",
    "stop_gradient(x)",
    "copy(x)",
    "cast(x, 'float32')",
]
ARITHMETIC = [
    *each("add subtract multiply divide true_divide maximum minimum", "x, y"),
    *each("add multiply divide maximum arctan2 hypot logaddexp", "x, v"),
    "add(m, x)",
    "multiply(x, n)",
    "add(x, 2)",
    "divide(n, 2)",
    "divide_no_nan(z, p)",
    "power(p, y)",
    "power(x, 2)",
    "power(x, 3.0)",
    "mod(x, p)",
    "clip(x, -0.5, 0.5)",
]
REDUCTION = [
    *each(
        "sum mean max min prod var std logsumexp amax amin ptp median",
        "m",
        "m, axis=1",
        "m, axis=(0, 2), keepdims=True",
        "m, axis=-1",
    ),
    "prod(z, axis=1)",
    "prod(z)",
    "average(m, axis=1)",
    "average(x, axis=1, weights=p)",
    "average(x, axis=0, weights=q)",
    "max(x, axis=1, initial=0.5)",
    "min(x, axis=1, initial=-0.5)",
    "moments(m, axes=[1])[0]",
    "moments(m, axes=[1])[1]",
    "quantile(x, 0.3)",
    "quantile(m, [0.1, 0.6], axis=1)",
    "quantile(x, 0.3, axis=1, method='lower')",
    "quantile(x, 0.3, axis=1, method='higher')",
    "quantile(x, 0.3, axis=1, method='midpoint')",
    "quantile(x, 0.3, axis=1, method='nearest', keepdims=True)",
    "cumsum(m)",
    "cumsum(m, axis=1)",
    "cumsum(m, axis=-1)",
    "cumprod(z, axis=1)",
    "cumprod(x)",
    "sort(m, axis=1)",
    "sort(x)",
    "top_k(x, 2)[0]",
    "diff(x)",
    "diff(m, n=2, axis=1)",
]
SHAPING = [
    "reshape(x, (2, -1))",
    "ravel(x)",
    "expand_dims(x, 1)",
    "expand_dims(x, (0, -1))",
    "squeeze(expand_dims(x, 1))",
    "squeeze(expand_dims(x, 1), 1)",
    "transpose(m)",
    "transpose(m, (1, 0, 2))",
    "transpose(m, axes=[2, 0, 1])",
    "swapaxes(m, 0, 2)",
    "moveaxis(m, 0, -1)",
    "broadcast_to(x, (2, 3, 4))",
    "broadcast_to(expand_dims(v, 0), (3, 4))",
    "concatenate([x, y])",
    "concatenate([x, y], axis=-1)",
    "stack([x, y], axis=1)",
    "hstack([x, y])",
    "vstack([x, y])",
    "append(x, y, axis=1)",
    "append(x, v)",
    "split(x, 2, axis=1)[1]",
    "split(m, [1, 2], axis=1)[2]",
    "array_split(x, 3, axis=1)[0]",
    "unstack(m, axis=1)[2]",
    "tile(x, (2, 3))",
    "tile(x, 2)",
    "tile(x, (2, 1, 3))",
    "repeat(x, 2)",
    "repeat(m, 3, axis=1)",
    "repeat(m, 2, axis=-1)",
    "repeat(x, [1, 0, 2], axis=0)",
    "roll(x, 2)",
    "roll(m, 1, axis=1)",
    "flip(x)",
    "flip(m, axis=1)",
    "pad(x, ((1, 0), (2, 3)))",
    "pad(x, ((1, 0), (2, 3)), constant_values=2)",
    "pad(x, ((1, 0), (2, 3)), mode='reflect')",
    "pad(x, ((1, 0), (2, 3)), mode='symmetric')",
    "tril(x)",
    "triu(m, k=1)",
    "diagonal(x)",
    "diagonal(m, offset=1, axis1=1, axis2=2)",
    "diag(v)",
    "diag(v, k=-1)",
    "diag(x, k=1)",
    "trace(x)",
    "trace(m, axis1=1, axis2=2)",
    "meshgrid(v, x[0, :3])[0]",
    "meshgrid(v, x[0, :3], indexing='ij')[1]",
]
INDEXING = [
    "take(x, i, axis=0)",
    "take(m, i, axis=-1)",
    "take(x, i)",
    "take(x, rows, axis=1)",
    "take_along_axis(x, rows, axis=1)",
    "take_along_axis(x, rows[:2, :1], axis=0)",
    "where(yes, x, y)",
    "where(x > 0, x, 0.0)",
    "where(yes, v, 1.0)",
    "select([x > 1, x > 0], [x, y], 0.5)",
    "slice(x, [1, 1], [2, 3])",
    "slice_update(x, [1, 1], y[:2, :2])",
    "scatter(expand_dims(i, -1), x, (4, 4))",
    "scatter_update(x, [[0, 1], [2, 3]], v[:2])",
    "scatter_update(x, [[0], [2]], y[:2])",
    "get_item(m, (0, 1))",
]
PRODUCTS = [
    "matmul(x, transpose(y))",
    "matmul(m, transpose(x))",
    "matmul(m, v)",
    "matmul(v, transpose(x))",
    "dot(x, v)",
    "dot(v, v)",
    "dot(m, transpose(x))",
    "vdot(x, y)",
    "inner(x, y)",
    "outer(v, x)",
    "tensordot(m, y, axes=2)",
    "tensordot(m, x, axes=[[1], [0]])",
    "tensordot(m, x, axes=[[-1, 1], [1, 0]])",
    "einsum('bij,ij->b', m, x)",
    "einsum('bij,kj->bki', m, y)",
    "einsum('...j,j->...', m, v)",
    "einsum('ij->j', x)",
    "cross(x[:, :3], y[:, :3])",
    *(
        f"norm(x, ord={ord})"
        for ord in ("None", "'fro'", "1", "-1", "float('inf')", "-float('inf')")
    ),
    *(f"norm(m, ord={ord}, axis=1)" for ord in ("None", "1", "2", "3", "float('inf')")),
    "norm(x, ord=2)",
    "norm(x, ord='nuc')",
    "norm(m, axis=(1, 2), keepdims=True)",
    "det(a)",
    "inv(a)",
    "solve(a, b)",
    "cholesky(spd)",
    "slogdet(spd)[1]",
    "logdet(spd)",
    "pinv(x)",
    "svd(x, compute_uv=False)",
    "eigh(spd)[0]",
]
NN = [
    "binary_crossentropy(q, one)",
    "binary_crossentropy(q, x, from_logits=True)",
    "categorical_crossentropy(one, q)",
    "categorical_crossentropy(one, x, from_logits=True)",
    "categorical_crossentropy(one, q, axis=0)",
    "sparse_categorical_crossentropy(t, one)",
    "sparse_categorical_crossentropy(expand_dims(t, -1), q)",
    "sparse_categorical_crossentropy(t, x, from_logits=True)",
    "normalize(x)",
    "normalize(x, axis=0)",
    "normalize(x, order=3)",
    "normalize(m, axis=(1, 2))",
    "batch_normalization(x, v, p[0], -1, y[0], q[0])",
    "batch_normalization(m, x[:, 0], p[:, 0], 1, epsilon=0.1)",
    "layer_normalization(x)",
    "layer_normalization(x, v, y[0])",
    "layer_normalization(m, x, y, axis=(1, 2), epsilon=1e-3)",
    "rms_normalization(x, v)",
    "psnr(x, y, 2.0)",
    "dot_product_attention(heads, others, others)",
    "dot_product_attention(heads, heads, heads, is_causal=True)",
    "dot_product_attention(heads, others, others, scale=0.3)",
]
# No gradient, or none but zero.
CONSTANT = [
    *each("sign floor ceil trunc round argmax argmin argsort isnan isfinite", "x"),
    *each("equal not_equal less less_equal greater greater_equal", "x, z"),
    "floor_divide(x, p)",
    "divide_no_nan(n, 0)",
    "round(x, 1)",
    "logical_and(yes, x > 0)",
    "logical_or(yes, x > 0)",
    "logical_xor(yes, x > 0)",
    "logical_not(yes)",
    "isclose(x, z)",
    "allclose(x, y)",
    "all(yes, axis=0)",
    "any(yes)",
    "count_nonzero(z, axis=1)",
    "argmax(m, axis=1, keepdims=True)",
    "argmin(m, axis=-1)",
    "argsort(m, axis=1)",
    "top_k(x, 2)[1]",
    "in_top_k(t, x, 2)",
    "one_hot(t, 4)",
    "one_hot(rows, 4, axis=0)",
    "multi_hot(rows, 4)",
    "searchsorted(sort(v), y[0])",
    "digitize(x, [-1.0, 0.0, 1.0])",
    "isin(n, [1, 2])",
    "unique(n % 3)",
    "zeros((2, 3))",
    "ones(2)",
    "full((2,), 3.5)",
    "full_like(x, 2)",
    "zeros_like(n)",
    "ones_like(x)",
    "arange(4)",
    "arange(1.0, 2.0, 0.25)",
    "arange(1, 9, 3, dtype='float32')",
    "linspace(0.0, 1.0, 5)",
    "linspace(0, 1, 4, endpoint=False)",
    "logspace(0, 2, 3)",
    "eye(2, 3, k=1)",
    "identity(2)",
    "tri(3)",
    "cast([1.7, -1.7], 'int32')",
    "saturate_cast(x * 300, 'int8')",
    "convert_to_tensor([1.0, 2.0])",
    "array([1, 2])",
    "exp(1)",
    "sqrt(n * n)",
    "mean(n)",
    "mean(yes)",
    "sum(n)",
    "relu(n)",
    "sigmoid([0.5, 1.0])",
]
DIFFERENTIABLE = [
    *ELEMENTWISE, *ARITHMETIC, *REDUCTION, *SHAPING, *INDEXING, *PRODUCTS, *NN
]  # fmt: skip


def used(case, arrays):
    """Return the names of the arrays that an expression uses."""
    names = compile(case, case, "eval").co_names
    return [name for name in names if name in arrays]


def value(case, ops, arrays):
    """Return what an expression is with the functions of a module."""
    functions = {name: getattr(ops, name) for name in compile(case, case, "eval").co_names
                 if name not in arrays and name != "float"}  # fmt: skip
    return eval(case, functions, arrays)
