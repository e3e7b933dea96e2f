"""The weights of a model from a state_dict, and as one."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from elman._typing import Array
from elman._warning import warn
from elman.errors import ArgumentError, FormatError, NotBuiltError
from elman.formats.torch import parts
from elman.formats.torch.parts import Wanted, full_name
from elman.formats.torch.slots import slots
from elman.formats.torch.state_dicts import SAFETENSORS, Source, entries
from elman.formats.torch.stored import shown
from elman.layers import Layer
from elman.models import Model

EPSILON = 1e-5  # of PyTorch's normalising modules where they are made with no other
Places = Sequence[tuple[str, int]]  # of each layer: the module, and which of its layers


def load_weights(
    model: Layer, filepath: Source, names: Sequence[str] | None = None, *, prefix: str = ""
) -> None:
    """Give a model, or a layer, the weights of a state_dict of PyTorch.

    Args:
        model: a built model of SimpleRNN, GRU, LSTM, Bidirectional, Dense, Embedding,
            LayerNormalization and BatchNormalization, and of layers without weights.
        filepath: a file, see `elman.load_state_dict`, or what `module.state_dict()` returned.
        names: of the module that each layer with weights is, in the model's order; the layers of
            one recurrent module bear its name one after the other. Modules that are not named
            are left out. By default modules and layers go together by their weights' names and
            shapes, and where several have the same, in the order in which they were defined. A
            `.safetensors` file keeps no order: there, modules that differ in more than a number
            have to be named.
        prefix: of the entries to take, "encoder." for what is inside the module `encoder`; names
            are those in it.

    Numbers are rounded to the model's dtype. Nothing is assigned before everything fits. A
    state_dict does not hold what a normalising module adds to the variance: there is a warning
    where a layer's epsilon is not PyTorch's 1e-5.

    Raises:
        FormatError: an entry is missing, has another shape, or has no layer.
        UnsupportedError: an entry is of a module, or a layer of a kind or with options, that the
            other side has no counterpart of.
        ArgumentError: there is no such file or prefix, or `names` do not go with the layers.

    >>> import elman
    >>> make = lambda: elman.Sequential([elman.Input((None, 3)), elman.layers.GRU(4)])
    >>> model, other = make(), make()
    >>> elman.load_weights(other, elman.state_dict(model))
    >>> bool((other([[[1.0, 2.0, 3.0]]]) == model([[[1.0, 2.0, 3.0]]])).all())
    True
    """
    where, arrays = entries("load_weights", filepath, prefix)
    layers = wanted("load_weights", model)
    ordered = isinstance(filepath, Mapping) or not where.lower().endswith(SAFETENSORS)
    if names is None:
        found = parts.match(where, model.owner, layers, arrays, ordered)
        places: Places = [(part.module, part.place) for part in found]
    else:
        places = named("load_weights", layers, names)
    fill(where, arrays, layers, places)
    _warn_of_epsilon("load_weights", model)


def state_dict(model: Layer, names: Sequence[str] | None = None) -> dict[str, Array]:
    """Return the weights of a model, or a layer, under PyTorch's names and as PyTorch has them.

    Args:
        model: as for `load_weights`.
        names: of the module that each layer with weights is to be, in the model's order; the
            layers of one recurrent module bear its name one after the other, and "" is for a
            module that stands alone. By default the layers' own names.

    Of the two biases of an RNN or an LSTM, bias_hh is zero. There is a warning where a layer's
    epsilon is not PyTorch's 1e-5.

    Raises:
        UnsupportedError: PyTorch has no module that computes what a layer does.
        ArgumentError: `names` do not go with the layers.

    >>> from elman import layers
    >>> layer = layers.LSTM(4)
    >>> y = layer([[[1.0, 2.0, 3.0]]])
    >>> for name, array in state_dict(layer, [""]).items():
    ...     print(name, array.shape)
    weight_ih_l0 (16, 3)
    weight_hh_l0 (16, 4)
    bias_ih_l0 (16,)
    bias_hh_l0 (16,)
    """
    return collected("state_dict", model, names)


def collected(owner: str, model: Layer, names: Sequence[str] | None) -> dict[str, Array]:
    """Return what `state_dict` returns, for whoever messages are to name."""
    layers = wanted(owner, model)
    places = named(owner, layers, [layer.name for layer in layers] if names is None else names)
    _warn_of_epsilon(owner, model)
    return {
        full_name(module, name, place): np.array(entry, order="C")
        for layer, (module, place) in zip(layers, places, strict=True)
        for slot in layer.slots
        for name, entry in zip(slot.names, slot.to_torch(slot.weight.array), strict=True)
    }


def _warn_of_epsilon(owner: str, model: Layer) -> None:
    """Warn of layers that add to the variance what PyTorch's modules do not by default."""
    for _, layer in _weighted(model, ""):
        epsilon = getattr(getattr(layer, "layer", layer), "epsilon", EPSILON)
        if epsilon != EPSILON:
            warn(
                f"{owner}: a state_dict holds no epsilon, and {layer.owner} has {epsilon:g}. Give "
                f"the module and the layer the same; PyTorch's default is {EPSILON:g}."
            )


def wanted(owner: str, model: Layer) -> list[Wanted]:
    """Return the layers with weights, in order."""
    if not isinstance(model, Layer):
        raise ArgumentError(f"{owner}: `model` must be a model or a layer; got {model!r:.60}.")
    if not model.built:
        raise NotBuiltError(
            f"{model.owner}: the model must be built to have weights; it is not. Call it on data "
            "first, or `build(input_shape)`."
        )
    found = {id(layer): (name, layer) for name, layer in _weighted(model, "")}
    if not found:
        raise ArgumentError(f"{owner}: `model` must have weights; {model.owner} has none.")
    return [Wanted(layer.owner, name, slots(layer)) for name, layer in found.values()]


def _weighted(layer: Layer, prefix: str) -> Iterator[tuple[str, Layer]]:
    """Yield the layers with weights, those of models inside models too."""
    if isinstance(layer, Model):
        for inner in layer.layers:
            name = f"{prefix}{inner.name}"
            yield from _weighted(inner, f"{name}." if isinstance(inner, Model) else prefix)
    elif layer.weights:
        yield f"{prefix}{layer.name}", layer


def named(owner: str, layers: Sequence[Wanted], names: Sequence[str]) -> Places:
    """Return the module of each layer, and which of the module's layers it is.

    Raises:
        ArgumentError: there are more or fewer names than layers, or one stands twice for layers
            that are no recurrent ones.
    """
    listed = isinstance(names, (list, tuple))
    if not listed or len(names) != len(layers):
        got = len(names) if listed else f"{names!r:.60}"
        own = ", ".join(layer.owner for layer in layers)
        raise ArgumentError(
            f"{owner}: `names` must be a list of {len(layers)}, one for each layer with weights "
            f"({own}); got {got}."
        )
    found, seen = [], set[str]()
    for i, (layer, module) in enumerate(zip(layers, names, strict=True)):
        place = list(names[:i]).count(module)
        full = {full_name(module, name, place) for name in layer.shapes}
        if not isinstance(module, str) or seen & full:
            raise ArgumentError(
                f"{owner}: `names` must be strings, each once unless it is a recurrent module's; "
                f"got {module!r:.60} for {layer.owner}."
            )
        seen |= full
        found.append((module, place))
    return found


def fill(where: str, arrays: Mapping[str, Array], layers: Sequence[Wanted], places: Places) -> None:
    """Give layers the entries of their modules, once it is known that all fit.

    Raises:
        FormatError: an entry is missing, too many, holds no floating-point numbers or has another
            shape.
    """
    modules = {module for module, _ in places}
    for entry in arrays:
        if entry.rpartition(".")[0] in modules:
            parts.check_no_projection(where, entry)
    assigned = []
    for layer, (module, place) in zip(layers, places, strict=True):
        shapes = layer.shapes
        for slot in layer.slots:
            found = []
            for name in slot.names:
                entry = full_name(module, name, place)
                _check_entry(where, arrays, entry, layer, shapes[name])
                found.append(arrays[entry].astype(slot.weight.dtype))
            assigned.append((slot.weight, slot.to_elman(found)))
    _check_all_used(where, arrays, layers, places)
    for weight, array in assigned:
        weight.assign(array)


def _check_all_used(
    where: str, arrays: Mapping[str, Array], layers: Sequence[Wanted], places: Places
) -> None:
    """Check that the modules that are used hold nothing more."""
    used = {
        full_name(module, name, place)
        for layer, (module, place) in zip(layers, places, strict=True)
        for name in layer.shapes
    }
    modules = {module for module, _ in places}
    for entry in arrays:
        if entry not in used and entry.rpartition(".")[0] in modules:
            way = parts.TWO_WAYS if entry.endswith(parts.REVERSE) else ""
            raise FormatError(
                f"{where}: entry {shown(entry)} must be a weight of one of the layers; none of "
                f"{', '.join(layer.owner for layer in layers)} has it. {way}Weights are unchanged."
            )


def _check_entry(
    where: str, arrays: Mapping[str, Array], entry: str, layer: Wanted, shape: tuple[int, ...]
) -> None:
    if entry not in arrays:
        there = ", ".join(map(shown, list(arrays)[:8]))
        way = parts.ONE_WAY if entry.removesuffix(parts.REVERSE) in arrays else ""
        raise FormatError(
            f"{where}: entry {shown(entry)} must be there for {layer.owner}; it is not, among "
            f"{there or 'none'}{' …' if len(arrays) > 8 else ''}. {way}Weights are unchanged."
        )
    if arrays[entry].shape != shape:
        raise parts.wrong_shape(where, entry, layer, shape, arrays[entry].shape)
    if arrays[entry].dtype.kind != "f":
        raise FormatError(
            f"{where}: entry {shown(entry)} must hold floating-point numbers for {layer.owner}; "
            f"got {arrays[entry].dtype}. Weights are unchanged."
        )
