"""Activation functions: their maths in `functions`, how they are found in `by_name`."""

from typing import Any

from elman.activations.by_name import ALIASES as ALIASES
from elman.activations.by_name import (
    apply,
    derivative,
    entry,
    get,
    is_known,
    later,
    name_of,
    pair,
)  # fmt: skip
from elman.activations.functions import ACTIVATIONS as ACTIVATIONS
from elman.activations.functions import SELU_ALPHA as SELU_ALPHA
from elman.activations.functions import SELU_SCALE as SELU_SCALE
from elman.activations.functions import SLOPE as SLOPE
from elman.activations.functions import (
    celu,
    dcelu,
    delu,
    dexponential,
    dgelu,
    dhard_sigmoid,
    dhard_sigmoid_keras2,
    dhard_tanh,
    dleaky_relu,
    dlinear,
    dlog_sigmoid,
    dlog_softmax,
    dmish,
    drelu,
    drelu6,
    dselu,
    dsigmoid,
    dsilu,
    dsoftmax,
    dsoftplus,
    dsoftsign,
    dtanh,
    dtanh_shrink,
    elu,
    exponential,
    gelu,
    hard_sigmoid,
    hard_sigmoid_keras2,
    hard_tanh,
    leaky_relu,
    linear,
    log_sigmoid,
    log_softmax,
    mish,
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
)  # fmt: skip

__all__ = [
    "apply", "celu", "dcelu", "delu", "derivative", "dexponential", "dgelu", "dhard_sigmoid",
    "dhard_sigmoid_keras2", "dhard_tanh", "dleaky_relu", "dlinear", "dlog_sigmoid",
    "dlog_softmax", "dmish", "drelu", "drelu6", "dselu", "dsigmoid", "dsilu", "dsoftmax",
    "dsoftplus", "dsoftsign", "dtanh", "dtanh_shrink", "elu", "entry", "exponential", "gelu",
    "get", "hard_sigmoid", "hard_sigmoid_keras2", "hard_tanh", "is_known", "leaky_relu",
    "linear", "log_sigmoid", "log_softmax", "mish", "name_of", "pair", "relu", "relu6", "selu",
    "sigmoid", "silu", "softmax", "softplus", "softsign", "tanh", "tanh_shrink",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    return later(name)
