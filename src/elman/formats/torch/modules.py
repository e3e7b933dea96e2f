"""A live module of PyTorch as a model of elman.

Modules are known by the names of their classes, and asked for their arguments and their weights;
PyTorch itself is not imported, and none of its code but `state_dict` and `parameters` is run.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from elman._warning import warn
from elman.errors import ArgumentError, UnsupportedError
from elman.formats.torch import filling, makers
from elman.formats.torch.makers import CELLS
from elman.formats.torch.recurrent import CLASSES
from elman.formats.torch.state_dicts import entries
from elman.formats.torch.stored import shown
from elman.layers import Dropout, Embedding, Input, Layer
from elman.models import Model, Sequential

SIZES = {  # the argument that says how many features come in
    **dict.fromkeys([*CLASSES, *CELLS], "input_size"),
    "BatchNorm1d": "num_features",
    "Embedding": "num_embeddings",
    "LayerNorm": "normalized_shape",
    "Linear": "in_features",
}


def from_torch(module: Any, input_shape: Sequence[int | None] | None = None) -> Model:
    """Make an elman model of a live module of PyTorch, with its weights.

    Args:
        module: a torch.nn.RNN, GRU, LSTM or a cell of those, Linear, Embedding, LayerNorm,
            BatchNorm1d, Dropout, Flatten or activation, or a Sequential of such.
        input_shape: of a sample; by default (None, features) where there is a recurrent module,
            (None,) for an Embedding, and otherwise (features,). A Linear that is to read sequences,
            (batch, timesteps, features), needs `input_shape=(None, features)`.

    Returns:
        A `Sequential` model, to be run or trained further, or a `Model` where a module stands in
        several places, as its layers then do. It reads (batch, timesteps, features), batch first,
        whatever the module reads: with `batch_first=False` there is a warning, and the model is
        called "lstm_batch_first". Of a recurrent module its outputs at all timesteps go on, not its
        final states; each of its layers is a layer of the model, with `dropout` in between. A cell
        becomes the layer that takes it through a sequence. A layer is not trainable where no
        parameter of its module requires a gradient; the row of a `padding_idx` is trained like the
        others. float16 and bfloat16 become float32.

    Raises:
        UnsupportedError: elman has no counterpart of a module, or of an argument of one; modules
            share a parameter; a hook or a `forward` of its own changes what a module computes.
        ArgumentError: it is no module, or `input_shape` is needed.

    A module of your own has a `forward` that only Python knows: make the model by hand, and give it
    the weights with `elman.load_weights(model, module.state_dict())`.
    """
    if not hasattr(module, "state_dict") or not hasattr(module, "parameters"):
        raise ArgumentError(
            f"from_torch: `module` must be a torch.nn.Module; got {shown(module)}. Weights alone, "
            "or a file of them, are for `elman.load_weights(model, …)`."
        )
    _check_not_shared(module)
    pairs = list(_layers(module, "", {}))
    shape = _input_shape(module) if input_shape is None else tuple(input_shape)
    indices = bool(pairs) and isinstance(pairs[0][0], Embedding)
    dtype = "int32" if indices else makers.dtype_of(module)
    model = _chain(Input(shape, dtype=dtype), [layer for layer, _ in pairs], _name(module))
    with_weights = {id(layer): path for layer, path in reversed(pairs) if path is not None}
    if with_weights:
        where, arrays = entries("from_torch", module.state_dict())
        wanted = filling.wanted("from_torch", model)
        names = [with_weights[id(layer)] for layer in model.layers if id(layer) in with_weights]
        filling.fill(where, arrays, wanted, filling.named("from_torch", wanted, names))
    return model


def _name(module: Any) -> str | None:
    """Return what the model is called; one that swaps axes says so, and there is a warning."""
    if all(getattr(each, "batch_first", True) for each in module.modules()):
        return None
    warn(
        "from_torch: the model reads (batch, timesteps, features), but the module has "
        "`batch_first=False`. Swap the first two axes of what it is given."
    )
    return f"{type(module).__name__.lower()}_batch_first"


def _chain(tensor: Any, found: Sequence[Layer], name: str | None) -> Model:
    """Return a model of layers in a row, of which one may stand in several places."""
    if len({id(layer) for layer in found}) == len(found):
        return Sequential([tensor, *found], name=name)
    y = tensor
    for layer in found:
        y = layer(y)
    return Model(tensor, y, name=name)


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
        raise makers.unsupported(module, path, "torch.nn's own")
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
    parameters, has_weights = list(module.parameters()), bool(module.state_dict())
    for layer in makers.made(module, path):
        if parameters and not any(each.requires_grad for each in parameters):
            layer.trainable = False
        yield layer, path if has_weights and not isinstance(layer, Dropout) else None


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
    sequence = any(SIZES[type(each).__name__] == "input_size" for each in modules)
    return (None, features) if sequence else (features,)
