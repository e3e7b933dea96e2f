"""Activations as ONNX has them: as nodes, and as names in a recurrent operator."""

from collections.abc import Callable
from typing import Any

from elman import activations
from elman._typing import Shape
from elman.formats.onnx.operators.functions import DEFAULTS, NAMES
from elman.formats.onnx.writing.builder import Builder, refuse

OF_OPERATORS = {  # elman's name -> what a recurrent operator calls it, alpha and beta
    found: (name, alpha, beta) for (name, alpha, beta), found in NAMES.items()
}
SPELLED = {  # as the specification spells them; onnxruntime takes any case
    "affine": "Affine", "elu": "Elu", "hardsigmoid": "HardSigmoid", "leakyrelu": "LeakyRelu",
    "relu": "Relu", "sigmoid": "Sigmoid", "softplus": "Softplus", "softsign": "Softsign",
    "tanh": "Tanh",
}  # fmt: skip
Emit = Callable[[Builder, str, str], str]  # writes nodes: (builder, x, dtype) -> y


def plain(op: str, **attributes: Any) -> Emit:
    """Return what writes one node."""
    return lambda b, x, dtype: b.add(op, x, **attributes)


def times(of: Emit) -> Emit:
    """Return what writes x f(x)."""
    return lambda b, x, dtype: b.add("Mul", x, of(b, x, dtype))


def clipped(low: float, high: float) -> Emit:
    """Return what writes x within limits."""
    return lambda b, x, dtype: b.add("Clip", x, b.number(low, dtype), b.number(high, dtype))


def _log_sigmoid(b: Builder, x: str, dtype: str) -> str:
    return b.add("Neg", b.add("Softplus", b.add("Neg", x)))


def _mish(b: Builder, x: str, dtype: str) -> str:
    return b.add("Mul", x, b.add("Tanh", b.add("Softplus", x)))


def _gelu(b: Builder, x: str, dtype: str) -> str:
    """Write x (1 + erf(x / sqrt(2))) / 2."""
    erf = b.add("Erf", b.add("Div", x, b.number(2**0.5, dtype)))
    half = b.add("Mul", x, b.number(0.5, dtype))
    return b.add("Mul", half, b.add("Add", erf, b.number(1, dtype)))


NODES: dict[str, Emit] = {
    "celu": plain("Elu", alpha=1.0),
    "elu": plain("Elu", alpha=1.0),
    "exponential": plain("Exp"),
    "gelu": _gelu,
    "hard_sigmoid_keras2": plain("HardSigmoid", alpha=0.2, beta=0.5),
    "hard_sigmoid": plain("HardSigmoid", alpha=1 / 6, beta=0.5),
    "hard_tanh": clipped(-1, 1),
    "leaky_relu": plain("LeakyRelu", alpha=activations.SLOPE),
    "linear": lambda b, x, dtype: x,
    "log_sigmoid": _log_sigmoid,
    "log_softmax": plain("LogSoftmax", axis=-1),
    "mish": _mish,
    "relu": plain("Relu"),
    "relu6": clipped(0, 6),
    "selu": plain("Selu", alpha=activations.SELU_ALPHA, gamma=activations.SELU_SCALE),
    "sigmoid": plain("Sigmoid"),
    "silu": times(plain("Sigmoid")),
    "softmax": plain("Softmax", axis=-1),
    "softplus": plain("Softplus"),
    "softsign": plain("Softsign"),
    "tanh": plain("Tanh"),
    "tanh_shrink": lambda b, x, dtype: b.add("Sub", x, b.add("Tanh", x)),
}


def activate(b: Builder, owner: str, function: Any, x: str, dtype: str, shape: Shape = ()) -> str:
    """Write an activation, and return the name of what it makes.

    Args:
        function: as a layer has it: elman's, by name or as a function, or one of your own.
        shape: of x, for functions that are not of each number by itself.
    """
    name = activations.entry(function)
    if name not in NODES:
        from elman.formats.onnx.writing.operations import activation  # which reads this file

        found = activation(b, function, x, dtype, shape)
        if found is not None:
            return found
        shown = name if isinstance(name, str) else getattr(function, "__name__", function)
        raise refuse(owner, f"has activation {shown!r}", f"It may be one of {', '.join(NODES)}.")
    return NODES[str(name)](b, x, dtype)


def in_operator(functions: list[Any]) -> dict[str, Any]:
    """Return the attributes with which a recurrent operator names its activations."""
    names, alphas, betas = [], [], []
    for function in functions:
        name, alpha, beta = OF_OPERATORS[function]
        has_alpha, has_beta = (default is not None for default in DEFAULTS[name])
        names.append(SPELLED[name])
        alphas += [alpha] * has_alpha
        betas += [beta] * has_beta
    found: dict[str, Any] = {"activations": names}
    if alphas:
        found["activation_alpha"] = alphas
    if betas:
        found["activation_beta"] = betas
    return found
