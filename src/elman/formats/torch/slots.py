"""Which entries of a state_dict are which weights of a layer, and how do they lie there?

    elman                                          PyTorch
    LSTM, GRU, SimpleRNN   kernel                  weight_ih_l0, transposed
                           recurrent_kernel        weight_hh_l0, transposed
                           bias                    bias_ih_l0, bias_hh_l0
    Bidirectional          of the backward layer   the same names with _reverse
    Dense                  kernel, bias            weight, transposed, and bias
    Embedding              embeddings              weight
    LayerNormalization     gamma, beta             weight, bias
    BatchNormalization     gamma, beta, and the    weight, bias, running_mean, running_var
                           moving averages

The gates lie in PyTorch's order (`elman.formats.gates`). PyTorch adds two biases to each gate. In
an RNN and an LSTM their sum is all that matters: elman has the sum, and gives it back as bias_ih
beside a bias_hh of zeros. In a GRU the second one is inside the reset gate's product, so that elman
has both, (2, 3 units). What PyTorch's modules cannot compute is refused by name.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from elman import activations
from elman._typing import Array
from elman.errors import UnsupportedError
from elman.formats.gates import reordered
from elman.layers import (
    GRU,
    LSTM,
    BatchNormalization,
    Bidirectional,
    Dense,
    Embedding,
    Layer,
    LayerNormalization,
    SimpleRNN,
    TimeDistributed,
)
from elman.parameters import Weight


class Slot(NamedTuple):
    """A weight of a layer, and the entries that hold it.

    Attributes:
        weight: the weight.
        names: of the entries within their module, with "{}" where the number of the layer in a
            recurrent module stands.
        to_torch: what makes the entries of the weight's array.
        to_elman: what makes the weight's array of the entries.
    """

    weight: Weight
    names: tuple[str, ...]
    to_torch: Callable[[Array], Sequence[Array]]
    to_elman: Callable[[Sequence[Array]], Array]


class Recurrence(NamedTuple):
    """What a recurrent layer of elman is called elsewhere: its cell, and PyTorch's module."""

    cell: str
    module: str


RECURRENT: dict[type[Layer], Recurrence] = {
    SimpleRNN: Recurrence("simple_rnn", "RNN"),
    GRU: Recurrence("gru", "GRU"),
    LSTM: Recurrence("lstm", "LSTM"),
}


def slots(layer: Any) -> list[Slot]:
    """Return the slots of a built layer, in PyTorch's order.

    Raises:
        UnsupportedError: PyTorch has no module that computes what the layer does.
    """
    kind = type(layer)
    if kind is TimeDistributed:
        return slots(layer.layer)
    if kind is Bidirectional:
        return _both(layer)
    if kind in RECURRENT:
        _check(layer.owner, "go_backwards", layer.go_backwards, False, RECURRENT[kind].module)
        return _recurrent(layer)
    if kind is Dense:
        return [
            Slot(layer.kernel, ("weight",), lambda a: [a.T], lambda parts: parts[0].T),
            *_plain(layer.bias, "bias"),
        ]
    if kind is Embedding:
        return _plain(layer.embeddings, "weight")
    if kind is LayerNormalization:
        return _normalization(layer)
    if kind is BatchNormalization:
        return _batch_normalization(layer)
    raise UnsupportedError(
        f"{layer.owner}: a layer with weights must be a SimpleRNN, GRU, LSTM, Bidirectional, "
        "Dense, Embedding, LayerNormalization or BatchNormalization to have a counterpart in "
        f"PyTorch; got {kind.__name__}."
    )


def _plain(weight: Weight | None, name: str) -> list[Slot]:
    """Return the slot of a weight that lies as it is; none where there is no weight."""
    return [] if weight is None else [Slot(weight, (name,), lambda a: [a], lambda parts: parts[0])]


def _check(owner: str, name: str, value: Any, wanted: Any, module: str) -> None:
    """Check that an argument has the one value that PyTorch's module has, too."""
    if value is not wanted and value != wanted:
        shown = wanted.__name__ if callable(wanted) else wanted
        got = getattr(value, "__name__", value) if callable(value) else value
        raise UnsupportedError(
            f"{owner}: `{name}` must be {shown!r}, as in PyTorch's {module}; got {got!r}."
        )


def _both(layer: Any) -> list[Slot]:
    """Return the slots of both directions."""
    forward, backward = layer.sublayers
    kind = type(forward)
    if kind not in RECURRENT or type(backward) is not kind:
        raise UnsupportedError(
            f"{layer.owner}: `layer` must be a SimpleRNN, GRU or LSTM in both directions to have a "
            f"counterpart in PyTorch; got {kind.__name__} and {type(backward).__name__}."
        )
    module = f"{RECURRENT[kind].module} of both directions"
    _check(layer.owner, "merge_mode", layer.merge_mode, "concat", module)
    _check(forward.owner, "go_backwards", forward.go_backwards, False, module)
    for name in ("units", "use_bias", "activation"):
        _check(backward.owner, name, getattr(backward, name), getattr(forward, name), module)
    return [*_recurrent(forward), *_recurrent(backward, "_reverse")]


def _recurrent(layer: Any, ending: str = "") -> list[Slot]:
    """Return the slots of one direction."""
    cell, module = RECURRENT[type(layer)]
    _check(layer.owner, "initial_state", layer.initial_state, None, module)
    if cell != "simple_rnn":
        _check(layer.owner, "activation", layer.activation, activations.tanh, module)
        gate = layer.recurrent_activation
        _check(layer.owner, "recurrent_activation", gate, activations.sigmoid, module)
    elif layer.activation is not activations.relu:
        _check(layer.owner, "activation", layer.activation, activations.tanh, module)
    if cell == "gru":
        _check(layer.owner, "reset_after", layer.reset_after, True, module)

    def rows(array: Array) -> list[Array]:
        return [reordered(array, cell, "elman", "torch").T]

    def columns(parts: Sequence[Array]) -> Array:
        return reordered(parts[0].T, cell, "torch", "elman")

    found = [
        Slot(layer.kernel, (f"weight_ih_l{{}}{ending}",), rows, columns),
        Slot(layer.recurrent_kernel, (f"weight_hh_l{{}}{ending}",), rows, columns),
    ]
    if layer.use_bias:
        names = (f"bias_ih_l{{}}{ending}", f"bias_hh_l{{}}{ending}")
        found.append(Slot(layer.bias, names, *_biases(cell)))
    return found


def _biases(
    cell: str,
) -> tuple[Callable[[Array], Sequence[Array]], Callable[[Sequence[Array]], Array]]:
    """Return what makes two biases of elman's, and what makes elman's of the two."""

    def apart(array: Array) -> Sequence[Array]:
        array = reordered(array, cell, "elman", "torch")
        return list(array) if cell == "gru" else [array, np.zeros_like(array)]

    def together(parts: Sequence[Array]) -> Array:
        both = np.stack(parts) if cell == "gru" else parts[0] + parts[1]
        return reordered(both, cell, "torch", "elman")

    return apart, together


def _normalization(layer: Any) -> list[Slot]:
    """Return the slots of a normalisation along the last axis."""
    last = len(layer.input_shapes[0]) - 1
    _check(layer.owner, "axis", -1 if layer.axis == last else layer.axis, -1, "LayerNorm")
    _check(layer.owner, "rms_scaling", layer.rms_scaling, False, "LayerNorm")
    if layer.beta is not None:
        _check(layer.owner, "scale", layer.scale, True, "LayerNorm with a bias")
    return [*_plain(layer.gamma, "weight"), *_plain(layer.beta, "bias")]


def _batch_normalization(layer: Any) -> list[Slot]:
    """Return the slots of a normalisation over the batch."""
    _check(layer.owner, "renorm", layer.renorm, False, "BatchNorm1d")
    _check(layer.owner, "center", layer.center, layer.scale, f"BatchNorm1d of scale={layer.scale}")
    return [
        *_plain(layer.gamma, "weight"),
        *_plain(layer.beta, "bias"),
        *_plain(layer.moving_mean, "running_mean"),
        *_plain(layer.moving_variance, "running_var"),
    ]
