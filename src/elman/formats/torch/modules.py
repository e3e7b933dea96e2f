"""A live module of PyTorch as a model of elman.

Modules are known by the names of their classes, and asked for their arguments and their weights;
PyTorch itself is not imported, and none of its code but `state_dict` and `parameters` is run.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from elman import layers as elman_layers
from elman.errors import ArgumentError, UnsupportedError
from elman.formats.torch import filling
from elman.formats.torch.recurrent import CLASSES, Options
from elman.layers import Input, Layer
from elman.models import Model, Sequential

# Of a module without weights the activation, and what its arguments must be.
ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "CELU": ("celu", {"alpha": 1.0}),
    "GELU": ("gelu", {"approximate": "none"}),
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


def from_torch(module: Any, input_shape: Sequence[int | None] | None = None) -> Model:
    """Make an elman model of a live module of PyTorch, with its weights.

    Args:
        module: a torch.nn.RNN, GRU, LSTM, Linear, Embedding, LayerNorm, Dropout or activation, or a
            Sequential of such.
        input_shape: of a sample; by default (None, features) where there is a recurrent module,
            (None,) for an Embedding, and otherwise (features,).

    Returns:
        A `Sequential` model, to be run or trained further, or a `Model` where a module stands in
        several places, as its layers then do. It reads (batch, timesteps, features),
        whatever `batch_first` says. Of a recurrent module its outputs at all timesteps go on, not
        its final states; each of its layers is a layer of the model, with `dropout` in between. A
        layer is not trainable where no parameter of its module requires a gradient; the row of a
        `padding_idx` is trained like the others. float16 and bfloat16 become float32.

    Raises:
        UnsupportedError: elman has no counterpart of a module, or of an argument of one; modules
            share a parameter; a hook or a `forward` of its own changes what a module computes.
        ArgumentError: it is no module, or `input_shape` is needed.

    A module of your own has a `forward` that only Python knows: make the model by hand, and give it
    the weights with `elman.formats.torch.load_weights(model, module.state_dict())`.
    """
    if not hasattr(module, "state_dict") or not hasattr(module, "parameters"):
        raise ArgumentError(f"from_torch: `module` must be a torch.nn.Module; got {module!r:.60}.")
    _check_not_shared(module)
    pairs = list(_layers(module, "", {}))
    shape = _input_shape(module) if input_shape is None else tuple(input_shape)
    indices = bool(pairs) and isinstance(pairs[0][0], elman_layers.Embedding)
    dtype = "int32" if indices else _dtype(module)
    model = _chain(Input(shape, dtype=dtype), [layer for layer, _ in pairs])
    with_weights = {id(layer): path for layer, path in reversed(pairs) if path is not None}
    if with_weights:
        where, arrays = filling.entries("from_torch", module.state_dict())
        wanted = filling.wanted("from_torch", model)
        names = [with_weights[id(layer)] for layer in model.layers if id(layer) in with_weights]
        filling.fill(where, arrays, wanted, filling.named("from_torch", wanted, names))
    return model


def _chain(tensor: Any, found: Sequence[Layer]) -> Model:
    """Return a model of layers in a row, of which one may stand in several places."""
    if len({id(layer) for layer in found}) == len(found):
        return Sequential([tensor, *found])
    y = tensor
    for layer in found:
        y = layer(y)
    return Model(tensor, y)


def _layers(
    module: Any, path: str, known: dict[int, list[tuple[Layer, str | None]]]
) -> Iterator[tuple[Layer, str | None]]:
    """Yield the layers that a module becomes, those with weights with its path.

    Args:
        module: the module.
        path: where it stands.
        known: what modules have become so far; one that comes again is the same layers.
    """
    if not type(module).__module__.startswith("torch.nn"):
        raise _unsupported(module, path, "torch.nn's own")
    _check_forward(module, path)
    if type(module).__name__ == "Sequential":
        for name, child in module._modules.items():
            yield from _layers(child, f"{path}.{name}".removeprefix("."), known)
        return
    if id(module) not in known:
        known[id(module)] = list(_made(module, path))
    yield from known[id(module)]


def _made(module: Any, path: str) -> Iterator[tuple[Layer, str | None]]:
    """Yield the layers that a module becomes where it stands first."""
    kind = type(module).__name__
    makers = {**MAKERS, **dict.fromkeys(CLASSES, _recurrent)}
    if kind in ACTIVATIONS:
        name, arguments = ACTIVATIONS[kind]
        _check(module, path, arguments)
        yield elman_layers.Activation(name), None
    elif kind in makers:
        parameters = list(module.parameters())
        for layer in makers[kind](module, path):
            if parameters and not any(each.requires_grad for each in parameters):
                layer.trainable = False
            held = parameters and not isinstance(layer, elman_layers.Dropout)
            yield layer, path if held else None
    elif kind != "Identity":
        raise _unsupported(module, path, "one that elman has")


def _check_forward(module: Any, path: str) -> None:
    """Check that a module computes what its class does, and nothing before or after it."""
    own = vars(module)
    found = [name for name in ("_forward_pre_hooks", "_forward_hooks", "forward") if own.get(name)]
    if found:
        where = f"module {path!r}" if path else "the module"
        raise UnsupportedError(
            f"from_torch: {where} must compute what {type(module).__name__} does; got "
            f"`{found[0]}` of its own, which elman can't run. Remove it first."
        )


def _check_not_shared(module: Any) -> None:
    """Check that no parameter is that of two modules: each layer has weights of its own."""
    seen: dict[int, str] = {}
    for path, each in _with_paths(module, "", set()):
        for name, parameter in each._parameters.items():
            full = f"{path}.{name}".removeprefix(".")
            if parameter is not None and seen.setdefault(id(parameter), full) != full:
                raise UnsupportedError(
                    f"from_torch: parameter {full!r} must be its module's own, because layers have "
                    f"weights of their own; it is that of {seen[id(parameter)]!r} too. Clone one."
                )


def _with_paths(module: Any, path: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Yield a module and those inside, each once, with the path where it stands first."""
    if id(module) in seen or module is None:
        return
    seen.add(id(module))
    yield path, module
    for name, child in module._modules.items():
        yield from _with_paths(child, f"{path}.{name}".removeprefix("."), seen)


def _unsupported(module: Any, path: str, rule: str) -> UnsupportedError:
    where = f"module {path!r}" if path else "the module"
    return UnsupportedError(
        f"from_torch: {where} must be {rule}, such as LSTM, Linear or a Sequential of those; got "
        f"{type(module).__name__}. Make the model by hand, and call "
        "`elman.formats.torch.load_weights(model, module.state_dict())`."
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


def _dtype(module: Any) -> str:
    """Return the dtype of the layers that a module becomes."""
    double = any(str(each.dtype) == "torch.float64" for each in module.parameters())
    return "float64" if double else "float32"


def _recurrent(module: Any, path: str) -> list[Layer]:
    _check(module, path, {"proj_size": 0})
    kind, nonlinearity = type(module).__name__, getattr(module, "nonlinearity", "tanh")
    options = Options(
        kind, module.input_size, module.hidden_size, module.num_layers, nonlinearity,
        module.bias, True, module.bidirectional,
    )  # fmt: skip
    found: list[Layer] = []
    for layer in options.layers(_dtype(module), return_state=False):
        if found and module.dropout:
            found.append(elman_layers.Dropout(module.dropout))
        found.append(layer)
    return found


def _linear(module: Any, path: str) -> list[Layer]:
    bias = module.bias is not None
    return [elman_layers.Dense(module.out_features, use_bias=bias, dtype=_dtype(module))]


def _embedding(module: Any, path: str) -> list[Layer]:
    _check(module, path, {"max_norm": None})
    sizes = module.num_embeddings, module.embedding_dim
    return [elman_layers.Embedding(*sizes, dtype=_dtype(module))]


def _normalization(module: Any, path: str) -> list[Layer]:
    if len(module.normalized_shape) != 1:
        raise UnsupportedError(
            f"from_torch: `normalized_shape` of LayerNorm must be one size, that of the last axis; "
            f"got {tuple(module.normalized_shape)}."
        )
    scale, center = (weight is not None for weight in (module.weight, module.bias))
    return [
        elman_layers.LayerNormalization(
            epsilon=module.eps, scale=scale, center=center, dtype=_dtype(module)
        )
    ]


MAKERS: dict[str, Callable[[Any, str], list[Layer]]] = {
    "Dropout": lambda module, path: [elman_layers.Dropout(module.p)],
    "ELU": lambda module, path: [elman_layers.ELU(module.alpha)],
    "Embedding": _embedding,
    "LayerNorm": _normalization,
    "LeakyReLU": lambda module, path: [elman_layers.LeakyReLU(module.negative_slope)],
    "Linear": _linear,
}


def _input_shape(module: Any) -> tuple[int | None, ...]:
    """Return the shape of a sample, as the first module with weights says it."""
    modules = [each for each in module.modules() if type(each).__name__ in SIZES]
    if not modules:
        raise ArgumentError(
            "from_torch: `input_shape` must be given for modules without weights; got None."
        )
    first = modules[0]
    if type(first).__name__ == "Embedding":
        return (None,)
    features = int(np.ravel(getattr(first, SIZES[type(first).__name__]))[0])
    sequence = any(type(each).__name__ in CLASSES for each in modules)
    return (None, features) if sequence else (features,)


SIZES = {  # the argument that says how many features come in
    **dict.fromkeys(CLASSES, "input_size"),
    "Embedding": "num_embeddings",
    "LayerNorm": "normalized_shape",
    "Linear": "in_features",
}
