"""Which layers does a module of PyTorch become? Those that compute what it does after `eval()`.

A maker takes a module and the path where it stands, and returns layers without weights. What a
module's arguments say and elman has not is refused by name.
"""

from collections.abc import Callable
from typing import Any

from elman import layers
from elman.errors import UnsupportedError
from elman.formats.torch.recurrent import CLASSES, Options
from elman.layers import Layer

# Of a module without weights the activation, and what its arguments must be.
ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "CELU": ("celu", {"alpha": 1.0}),
    "Hardsigmoid": ("hard_sigmoid", {}),
    "Hardtanh": ("hard_tanh", {"min_val": -1.0, "max_val": 1.0}),
    "LogSigmoid": ("log_sigmoid", {}),
    "LogSoftmax": ("log_softmax", {"dim": -1}),
    "Mish": ("mish", {}),
    "ReLU": ("relu", {}),
    "ReLU6": ("relu6", {}),
    "SELU": ("selu", {}),
    "SiLU": ("silu", {}),
    "Sigmoid": ("sigmoid", {}),
    "Softmax": ("softmax", {"dim": -1}),
    "Softplus": ("softplus", {"beta": 1.0, "threshold": 20.0}),
    "Softsign": ("softsign", {}),
    "Tanh": ("tanh", {}),
    "Tanhshrink": ("tanh_shrink", {}),
}
CELLS = {f"{name}Cell": name for name in CLASSES}


def made(module: Any, path: str) -> list[Layer]:
    """Return the layers that a module becomes.

    Raises:
        UnsupportedError: elman has no counterpart of it, or of an argument.
    """
    kind = type(module).__name__
    if kind in ACTIVATIONS:
        name, arguments = ACTIVATIONS[kind]
        _check(module, path, arguments)
        return [layers.Activation(name)]
    if kind not in MAKERS:
        raise unsupported(module, path, "one that elman has")
    return MAKERS[kind](module, path)


def unsupported(module: Any, path: str, rule: str) -> UnsupportedError:
    """Return the error of a module that is not what it must be."""
    where = f"module {path!r}" if path else "the module"
    return UnsupportedError(
        f"from_torch: {where} must be {rule}, such as LSTM, Linear or a Sequential of those; got "
        f"{type(module).__name__}. Make the model by hand, and call "
        "`elman.load_weights(model, module.state_dict())`."
    )


def _check(module: Any, path: str, arguments: dict[str, Any]) -> None:
    """Check that a module's arguments are those that elman has, too."""
    where = f" of module {path!r}" if path else ""
    for name, wanted in arguments.items():
        got = getattr(module, name, wanted)
        if got != wanted:
            raise UnsupportedError(
                f"from_torch: `{name}` of {type(module).__name__}{where} must be {wanted!r}, "
                f"because elman has no other; got {got!r}."
            )


def dtype_of(module: Any) -> str:
    """Return the dtype of the layers that a module becomes."""
    double = any(str(each.dtype) == "torch.float64" for each in module.state_dict().values())
    return "float64" if double else "float32"


def _recurrent(module: Any, path: str) -> list[Layer]:
    """Return the layers of a recurrent module, or the one of a cell."""
    _check(module, path, {"proj_size": 0})
    kind, nonlinearity = type(module).__name__, getattr(module, "nonlinearity", "tanh")
    options = Options(
        CELLS.get(kind, kind), module.input_size, module.hidden_size,
        getattr(module, "num_layers", 1), nonlinearity, module.bias, True,
        getattr(module, "bidirectional", False),
    )  # fmt: skip
    found: list[Layer] = []
    for layer in options.layers(dtype_of(module), return_state=False):
        if found and module.dropout:
            found.append(layers.Dropout(module.dropout))
        found.append(layer)
    return found


def _linear(module: Any, path: str) -> list[Layer]:
    bias = module.bias is not None
    return [layers.Dense(module.out_features, use_bias=bias, dtype=dtype_of(module))]


def _embedding(module: Any, path: str) -> list[Layer]:
    _check(module, path, {"max_norm": None})
    sizes = module.num_embeddings, module.embedding_dim
    return [layers.Embedding(*sizes, dtype=dtype_of(module))]


def _layer_norm(module: Any, path: str) -> list[Layer]:
    if len(module.normalized_shape) != 1:
        raise UnsupportedError(
            f"from_torch: `normalized_shape` of LayerNorm must be one size, that of the last axis; "
            f"got {tuple(module.normalized_shape)}."
        )
    scale, center = (weight is not None for weight in (module.weight, module.bias))
    return [
        layers.LayerNormalization(
            epsilon=module.eps, scale=scale, center=center, dtype=dtype_of(module)
        )
    ]


def _batch_norm(module: Any, path: str) -> list[Layer]:
    _check(module, path, {"track_running_stats": True})
    if module.momentum is None:
        raise UnsupportedError(
            "from_torch: `momentum` of BatchNorm1d must be a number, because elman has no "
            "cumulative averages; got None."
        )
    return [
        layers.BatchNormalization(
            axis=1,
            momentum=1 - module.momentum,  # PyTorch's is the share of the new in each step
            epsilon=module.eps,
            center=module.affine,
            scale=module.affine,
            dtype=dtype_of(module),
        )
    ]


def _flatten(module: Any, path: str) -> list[Layer]:
    _check(module, path, {"start_dim": 1, "end_dim": -1})
    return [layers.Flatten()]


def _gelu(module: Any, path: str) -> list[Layer]:
    from elman import ops
    from elman.layers.operation import Operation

    if module.approximate == "tanh":
        return [Operation(ops.gelu, {"approximate": True}, ["x"])]
    return [layers.Activation("gelu")]


MAKERS: dict[str, Callable[[Any, str], list[Layer]]] = {
    **dict.fromkeys([*CLASSES, *CELLS], _recurrent),
    "BatchNorm1d": _batch_norm,
    "Dropout": lambda module, path: [layers.Dropout(module.p)],
    "ELU": lambda module, path: [layers.ELU(module.alpha)],
    "Embedding": _embedding,
    "Flatten": _flatten,
    "GELU": _gelu,
    "Identity": lambda module, path: [],
    "LayerNorm": _layer_norm,
    "LeakyReLU": lambda module, path: [layers.LeakyReLU(module.negative_slope)],
    "Linear": _linear,
}
