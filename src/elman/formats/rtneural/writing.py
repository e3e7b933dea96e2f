"""A model as RTNeural's JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _check, layers
from elman._typing import Array
from elman.errors import UnsupportedError
from elman.formats.files import replacing, to_write
from elman.formats.rtneural.names import ACTIVATIONS
from elman.layers import Layer
from elman.layers.parts.symbolic import Node
from elman.models.exporting import Export

if TYPE_CHECKING:
    from elman.models.model import Model

NOTHING = (  # what is active in training alone, or never
    *(layers.InputLayer, layers.Identity, layers.ActivityRegularization, layers.Dropout),
    *(layers.AlphaDropout, layers.GaussianDropout, layers.GaussianNoise, layers.SpatialDropout1D),
)
Entry = dict[str, Any]


def write(model: "Model", filepath: str | Path, *, overwrite: bool = True) -> Export:
    """Write a model for RTNeural; this is `model.export("model.json")`.

    Args:
        model: a chain of `LSTM`, `GRU`, `Dense`, also in `TimeDistributed`, `PReLU`,
            `BatchNormalization` and `Activation` layers, on sequences of vectors. What is active
            in training alone is left out. RTNeural puts something out at each timestep, also
            where the model gives its last output alone.
        filepath: ends in ".json".
        overwrite: whether a file that is there may be replaced.

    Returns:
        The file, and whether the model gives but the last of what RTNeural puts out.

    Raises:
        UnsupportedError: RTNeural does not have a layer, or not as it is configured here.
        ArgumentError: the file is not to be written.

    >>> import elman, pathlib, tempfile
    >>> model = elman.Sequential([elman.Input((None, 1)), elman.layers.GRU(8)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(model.export(pathlib.Path(folder) / "model.json"))
    model.json: 1 layer; RTNeural puts out every timestep, the model the last alone
    """
    owner = f"{model.owner}: export"
    overwrite = _check.flag(owner, "overwrite", overwrite)
    path = to_write(model, filepath, (".json",), overwrite)
    found = [_entry(owner, node) for node in _chain(owner, model)]
    whole = {"in_shape": list(model.inputs[0].shape), "layers": found}
    text = json.dumps(whole, indent=1, allow_nan=False, default=np.ndarray.tolist)
    with replacing(path) as file:
        file.write(text.encode())
    about = "1 layer" if len(found) == 1 else f"{len(found)} layers"
    if len(model.outputs[0].shape) < 3:
        about += "; RTNeural puts out every timestep, the model the last alone"
    return Export((path,), about)


def _chain(owner: str, model: "Model") -> list[Node]:
    """Return the calls of layers that compute, the lowest first."""
    if len(model.inputs) != 1 or len(model.inputs[0].shape) != 3:
        raise UnsupportedError(
            f"{owner}: the input must be one of shape (batch, timesteps, features) for RTNeural; "
            f"got {model.input_shape}."
        )
    if len(model.outputs) != 1:
        raise UnsupportedError(
            f"{owner}: the model must have one output for RTNeural; got {len(model.outputs)}."
        )
    found, tensor = [], model.inputs[0]
    for node in model.graph.nodes:
        if not node.inputs:
            continue
        if [id(each) for each in node.inputs] != [id(tensor)] or len(node.outputs) != 1:
            raise UnsupportedError(
                f"{owner}: the model must be a chain of layers for RTNeural; got {node.layer.owner}"
                " beside it."
            )
        tensor = node.outputs[0]
        if not isinstance(node.layer, NOTHING):
            found.append(node)
    return found


# ---------------------------------------------------------------------- writing


def _entry(owner: str, node: Node) -> Entry:
    """Return what stands for a layer."""
    layer, kind = node.layer, type(node.layer)
    if kind not in WRITERS:
        raise UnsupportedError(
            f"{owner}: every layer must be one that RTNeural has; got {layer.owner}. It has "
            f"{', '.join(each.__name__ for each in WRITERS)}."
        )
    shape = list(node.outputs[0].shape)
    name, activation, weights, more = WRITERS[kind](owner, layer)
    if not all(np.isfinite(array).all() for array in weights):
        raise UnsupportedError(
            f"{owner}: weights must be finite to be written for RTNeural; got NaN or infinity in "
            f"{layer.owner}."
        )
    return {"type": name, "activation": activation, "shape": shape, **more, "weights": weights}


Written = tuple[str, str, list[Array], Entry]


def _dense(owner: str, layer: Any, name: str = "dense") -> Written:
    bias = np.zeros(layer.units, layer.dtype) if layer.bias is None else layer.bias.array
    return name, _activation(owner, layer), [layer.kernel.array, bias], {}


def _time_distributed(owner: str, layer: Any) -> Written:
    if type(layer.layer) is not layers.Dense:
        raise UnsupportedError(
            f"{owner}: every layer must be one that RTNeural has; got {layer.layer.owner} in a "
            "TimeDistributed, in which it has Dense alone."
        )
    return _dense(owner, layer.layer, "time-distributed-dense")


def _activation(owner: str, layer: Any) -> str:
    """Return an activation by RTNeural's name, which is Keras's; "" for none."""
    name = getattr(layer.activation, "__name__", "")
    if name not in (*ACTIVATIONS, "linear"):
        raise UnsupportedError(
            f"{owner}: activations must be linear or one of {', '.join(ACTIVATIONS)} for RTNeural; "
            f"got {name!r} of {layer.owner}."
        )
    return "" if name == "linear" else name


def _recurrent(owner: str, layer: Any) -> Written:
    functions = layer.functions
    if functions != ("tanh", "sigmoid"):
        raise UnsupportedError(
            f"{owner}: {layer.owner} must have the activations tanh and sigmoid for RTNeural; got "
            f"{' and '.join(getattr(f, '__name__', str(f)) for f in functions)}."
        )
    for name, wanted in (("go_backwards", False), ("initial_state", None), ("reset_after", True)):
        found = getattr(layer, name, wanted)
        if found != wanted:
            raise UnsupportedError(
                f"{owner}: {layer.owner} must have `{name}={wanted}` for RTNeural; got {found!r}."
            )
    gates = 4 if isinstance(layer, layers.LSTM) else 3
    shape = (4 * layer.units,) if gates == 4 else (2, 3 * layer.units)
    bias = np.zeros(shape, layer.dtype) if layer.bias is None else layer.bias.array
    weights = [layer.kernel.array, layer.recurrent_kernel.array, bias]
    return "lstm" if gates == 4 else "gru", "tanh", weights, {}


def _prelu(owner: str, layer: Any) -> Written:
    if layer.alpha.shape[0] != 1:
        raise UnsupportedError(
            f"{owner}: {layer.owner} must have `shared_axes=[1]` for RTNeural; got alpha of shape "
            f"{layer.alpha.shape}."
        )
    return "prelu", "", [layer.alpha.array], {}


def _batch_normalization(owner: str, layer: Any) -> Written:
    mean, variance = layer.moving_mean.array, layer.moving_variance.array
    gamma = np.ones_like(mean) if layer.gamma is None else layer.gamma.array
    beta = np.zeros_like(mean) if layer.beta is None else layer.beta.array
    if layer.axis not in (-1, 2):
        raise UnsupportedError(
            f"{owner}: {layer.owner} must normalise features, `axis=-1`, for RTNeural; got "
            f"axis={layer.axis}."
        )
    return "batchnorm", "", [gamma, beta, mean, variance], {"epsilon": layer.epsilon}


def _activation_layer(owner: str, layer: Any) -> Written:
    return "activation", _activation(owner, layer), [], {}


WRITERS: dict[type[Layer], Callable[[str, Any], Written]] = {
    layers.LSTM: _recurrent,
    layers.GRU: _recurrent,
    layers.Dense: _dense,
    layers.TimeDistributed: _time_distributed,
    layers.PReLU: _prelu,
    layers.BatchNormalization: _batch_normalization,
    layers.Activation: _activation_layer,
}
