"""Which of elman's functions are the activations of ONNX's recurrent operators?

An operator names them in order, and lists the values of alpha and beta of those that have one. Some
of them are elman's by name for some values; others are made of `elman.ops`.

Source: https://onnx.ai/onnx/operators/onnx__LSTM.html, and for what is left out
onnxruntime/core/providers/cpu/rnn/rnn_helpers.cc.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from elman import activations, ops
from elman._typing import Array, Function
from elman.errors import FormatError, UnsupportedError
from elman.formats.onnx.operators.elementwise import like

CLOSE = 1e-6  # to which alpha and beta, which are float32, are what elman has


class Described(NamedTuple):
    """An activation as a node describes it."""

    name: str
    alpha: float
    beta: float


DEFAULTS = {  # the values of alpha and beta; None where a function has none
    "affine": (0.0, 0.0),
    "elu": (1.0, None),
    "hardsigmoid": (0.2, 0.5),
    "leakyrelu": (0.01, None),
    "relu": (None, None),
    "scaledtanh": (0.0, 0.0),
    "sigmoid": (None, None),
    "softplus": (None, None),
    "softsign": (None, None),
    "tanh": (None, None),
    "thresholdedrelu": (0.0, None),
}
NAMES = {  # ONNX's name, alpha and beta -> elman's name
    ("affine", 1.0, 0.0): "linear",
    ("elu", 1.0, 0.0): "elu",
    ("hardsigmoid", 1 / 6, 0.5): "hard_sigmoid",
    ("leakyrelu", activations.SLOPE, 0.0): "leaky_relu",
    ("relu", 0.0, 0.0): "relu",
    ("sigmoid", 0.0, 0.0): "sigmoid",
    ("softplus", 0.0, 0.0): "softplus",
    ("softsign", 0.0, 0.0): "softsign",
    ("tanh", 0.0, 0.0): "tanh",
}
MAKERS: dict[str, Callable[[Array, float, float], Any]] = {
    "affine": lambda x, alpha, beta: alpha * x + beta,
    "elu": lambda x, alpha, beta: ops.elu(x, alpha),
    "hardsigmoid": lambda x, alpha, beta: ops.clip(alpha * x + beta, 0, 1),
    "leakyrelu": lambda x, alpha, beta: ops.leaky_relu(x, alpha),
    "scaledtanh": lambda x, alpha, beta: alpha * ops.tanh(beta * x),
    "thresholdedrelu": lambda x, alpha, beta: ops.threshold(x, alpha, 0),
}


def described(
    names: Sequence[Any] | None,
    alphas: Sequence[Any],
    betas: Sequence[Any],
    usual: Sequence[str],
    directions: int,
) -> list[list[Described]]:
    """Return the activations of each direction.

    Args:
        names: as many for each direction as `usual` has; None for those.
        alphas, betas: of those that have one, in their order.
    """
    wanted = list(usual) * directions if names is None else [str(name) for name in names]
    if len(wanted) != len(usual) * directions:
        raise FormatError(f"the activations must be {len(usual) * directions}; got {len(wanted)}.")
    left = iter(alphas or ()), iter(betas or ())
    found = [_one(name, *left) for name in wanted]
    return [found[i : i + len(usual)] for i in range(0, len(found), len(usual))]


def _one(name: str, alphas: Iterator[Any], betas: Iterator[Any]) -> Described:
    """Return one activation, with what it takes of the lists."""
    key = name.lower()
    if key not in DEFAULTS:
        raise UnsupportedError(f"the activations must be of {', '.join(DEFAULTS)}; got {name!r}.")
    alpha, beta = DEFAULTS[key]
    return Described(
        key,
        0.0 if alpha is None else float(next(alphas, alpha)),
        0.0 if beta is None else float(next(betas, beta)),
    )


def function_of(activation: Described, clip: float | None = None) -> str | Function:
    """Return an activation as elman's kernels take it: a name, or a function.

    Args:
        activation: what the node says.
        clip: what is beyond it on either side is cut off before the function.
    """
    known = name_of(activation)
    if known is not None and clip is None:
        return known
    return partial(_apply, activation, known, clip)


def name_of(activation: Described) -> str | None:
    """Return elman's name of an activation, None if it has none."""
    name, *values = activation
    for (known, *wanted), found in NAMES.items():
        near = all(abs(a - b) < CLOSE for a, b in zip(values, wanted, strict=True))
        if known == name and near:
            return found
    return None


def _apply(activation: Described, known: str | None, clip: float | None, x: Array) -> Array:
    """Compute an activation."""
    y = x if clip is None else ops.clip(x, -clip, clip)
    if known is not None:
        return like(activations.get(known)(y), x)
    name, alpha, beta = activation
    return like(MAKERS[name](y, alpha, beta), x)
