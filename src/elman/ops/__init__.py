"""Functions with the names of `keras.ops`: what a layer or loss of your own computes with.

On arrays they are NumPy's. While a `GradientTape` is open, and in the `call` of a layer of your
own, they take weights and what the tape watches, and the tape knows their gradients; on the
symbolic tensors of a functional model they are operations of the model.

Floats are computed in float64 where an array of float64 comes in, and else in `floatx()`, as in
Keras. Integers are NumPy's: int64 where Keras has int32.

>>> import elman
>>> elman.ops.softmax([0.0, 0.0])
array([0.5, 0.5], dtype=float32)
"""

from elman import _check
from elman.activations import (
    hard_sigmoid,
    hard_tanh,
    log_sigmoid,
    log_softmax,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    tanh,
    tanh_shrink,
)
from elman.ops.activation import (
    celu,
    elu,
    gelu,
    glu,
    hard_shrink,
    hard_silu,
    hard_swish,
    leaky_relu,
    soft_shrink,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    threshold,
)
from elman.ops.arithmetic import (
    add,
    allclose,
    arctan2,
    clip,
    divide,
    divide_no_nan,
    equal,
    floor_divide,
    greater,
    greater_equal,
    hypot,
    isclose,
    less,
    less_equal,
    logaddexp,
    logical_and,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    mod,
    multiply,
    not_equal,
    power,
    subtract,
    true_divide,
)
from elman.ops.control import (
    associative_scan,
    cond,
    custom_gradient,
    fori_loop,
    map,
    scan,
    switch,
    vectorized_map,
    while_loop,
)
from elman.ops.core import (
    array,
    cast,
    convert_to_numpy,
    convert_to_tensor,
    copy,
    dtype,
    is_tensor,
    ndim,
    saturate_cast,
    shape,
    size,
    stop_gradient,
)
from elman.ops.creation import (
    arange,
    empty,
    empty_like,
    eye,
    full,
    full_like,
    identity,
    linspace,
    logspace,
    ones,
    ones_like,
    tri,
    zeros,
    zeros_like,
)
from elman.ops.cumulative import cumprod, cumsum, diff
from elman.ops.elementwise import (
    abs,
    absolute,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctanh,
    cbrt,
    ceil,
    cos,
    cosh,
    deg2rad,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    floor,
    isfinite,
    isinf,
    isnan,
    isneginf,
    isposinf,
    log,
    log1p,
    log2,
    log10,
    logical_not,
    nan_to_num,
    negative,
    rad2deg,
    reciprocal,
    round,
    rsqrt,
    sign,
    signbit,
    sin,
    sinh,
    sqrt,
    square,
    tan,
    trunc,
)
from elman.ops.indexing import (
    digitize,
    get_item,
    isin,
    multi_hot,
    nonzero,
    one_hot,
    searchsorted,
    select,
    take,
    take_along_axis,
    where,
)
from elman.ops.linalg import (
    cholesky,
    det,
    eigh,
    inv,
    logdet,
    pinv,
    qr,
    slogdet,
    solve,
    svd,
)
from elman.ops.nn import (
    batch_normalization,
    binary_crossentropy,
    categorical_crossentropy,
    dot_product_attention,
    layer_normalization,
    normalize,
    psnr,
    rms_normalization,
    sparse_categorical_crossentropy,
)
from elman.ops.products import (
    cross,
    dot,
    einsum,
    inner,
    matmul,
    norm,
    outer,
    tensordot,
    vdot,
)
from elman.ops.reduction import (
    all,
    amax,
    amin,
    any,
    average,
    count_nonzero,
    logsumexp,
    max,
    mean,
    min,
    moments,
    prod,
    ptp,
    std,
    sum,
    var,
)
from elman.ops.shaping import (
    append,
    array_split,
    broadcast_to,
    concatenate,
    diag,
    diagonal,
    expand_dims,
    flip,
    hstack,
    meshgrid,
    moveaxis,
    pad,
    ravel,
    repeat,
    reshape,
    roll,
    split,
    squeeze,
    stack,
    swapaxes,
    tile,
    trace,
    transpose,
    tril,
    triu,
    unstack,
    vstack,
)
from elman.ops.slicing import scatter, scatter_update, slice, slice_update
from elman.ops.sorting import (
    argmax,
    argmin,
    argsort,
    in_top_k,
    median,
    quantile,
    sort,
    top_k,
    unique,
)

swish = silu

__all__ = [
    "abs", "absolute", "add", "all", "allclose", "amax", "amin", "any", "append", "arange",
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "argmax", "argmin",
    "argsort", "array", "array_split", "associative_scan", "average", "batch_normalization",
    "binary_crossentropy", "broadcast_to", "cast", "categorical_crossentropy", "cbrt", "ceil",
    "celu", "cholesky", "clip", "concatenate", "cond", "convert_to_numpy", "convert_to_tensor",
    "copy", "cos", "cosh", "count_nonzero", "cross", "cumprod", "cumsum", "custom_gradient",
    "deg2rad", "det", "diag", "diagonal", "diff", "digitize", "divide", "divide_no_nan", "dot",
    "dot_product_attention", "dtype", "eigh", "einsum", "elu", "empty", "empty_like", "equal",
    "erf", "erfc", "exp", "exp2", "expand_dims", "expm1", "eye", "flip", "floor", "floor_divide",
    "fori_loop", "full", "full_like", "gelu", "get_item", "glu", "greater", "greater_equal",
    "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "hstack", "hypot",
    "identity", "in_top_k", "inner", "inv", "is_tensor", "isclose", "isfinite", "isin", "isinf",
    "isnan", "isneginf", "isposinf", "layer_normalization", "leaky_relu", "less", "less_equal",
    "linspace", "log", "log1p", "log2", "log10", "log_sigmoid", "log_softmax", "logaddexp",
    "logdet", "logical_and", "logical_not", "logical_or", "logical_xor", "logspace", "logsumexp",
    "map", "matmul", "max", "maximum", "mean", "median", "meshgrid", "min", "minimum", "mod",
    "moments", "moveaxis", "multi_hot", "multiply", "nan_to_num", "ndim", "negative", "nonzero",
    "norm", "normalize", "not_equal", "one_hot", "ones", "ones_like", "outer", "pad", "pinv",
    "power", "prod", "psnr", "ptp", "qr", "quantile", "rad2deg", "ravel", "reciprocal", "relu",
    "relu6", "repeat", "reshape", "rms_normalization", "roll", "round", "rsqrt", "saturate_cast",
    "scan", "scatter", "scatter_update", "searchsorted", "select", "selu", "shape", "sigmoid",
    "sign", "signbit", "silu", "sin", "sinh", "size", "slice", "slice_update", "slogdet",
    "soft_shrink", "softmax", "softplus", "softsign", "solve", "sort",
    "sparse_categorical_crossentropy", "sparse_plus", "sparse_sigmoid", "sparsemax", "split",
    "sqrt", "square", "squareplus", "squeeze", "stack", "std", "stop_gradient", "subtract", "sum",
    "svd", "swapaxes", "swish", "switch", "take", "take_along_axis", "tan", "tanh", "tanh_shrink",
    "tensordot", "threshold", "tile", "top_k", "trace", "transpose", "tri", "tril", "triu",
    "true_divide", "trunc", "unique", "unstack", "var", "vdot", "vectorized_map", "vstack",
    "where", "while_loop", "zeros", "zeros_like",
]  # fmt: skip

# What `keras.ops` has beside these, for the message.
_KERAS_ONLY = (
    "adaptive_average_pool adaptive_max_pool angle argpartition average_pool bartlett bincount "
    "bitwise_and bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift "
    "bitwise_xor blackman cdist cholesky_inverse conj conjugate conv conv_transpose corrcoef "
    "correlate ctc_decode ctc_loss depth_to_space depthwise_conv diagflat dsplit dstack eig "
    "erfinv extract_sequences fabs fft fft2 fliplr flipud fmax fmin fmod fold gcd geomspace "
    "hamming hanning heaviside histogram hsplit i0 ifft2 imag image irfft isreal istft jvp "
    "kaiser kron lcm ldexp left_shift logaddexp2 lstsq lu_factor matrix_rank max_pool nanargmax "
    "nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod "
    "nanquantile nanstd nansum nanvar nextafter numpy percentile polar real rearrange rfft "
    "right_shift rot90 segment_max segment_min segment_prod segment_sum separable_conv sinc "
    "solve_triangular space_to_depth stft trapezoid unfold unravel_index vander vectorize view "
    "view_as_complex view_as_real vsplit "
)


def __getattr__(name: str) -> object:
    message = f"module 'elman.ops' has no attribute {name!r}"
    if name in _KERAS_ONLY.split():
        raise AttributeError(
            f"{message}. Keras has it, elman does not. Write it with the functions of `elman.ops` "
            "that there are, or give it a gradient of its own with `ops.custom_gradient`."
        )
    if name.startswith("_"):
        raise AttributeError(message)
    raise AttributeError(f"{message}.{_check.suggestion(name, __all__)}")
