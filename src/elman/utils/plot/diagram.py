"""What a picture of a model shows: a box a layer, arrows between them, frames around models.

As in Keras a layer that is called twice is one box, and so is a class with a `call` of its own. If
all that its `call` does is to call layers, it is opened with the models inside; what else happens
in one is known to Python alone.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from elman import _tree
from elman._typing import Shape
from elman.errors import NotBuiltError
from elman.layers import InputLayer, Layer
from elman.layers.parts.symbolic import Node
from elman.layers.rnn import RNN
from elman.layers.saved.serialization import class_name
from elman.models import Model, Sequential
from elman.models.own_model import ModelCall

Key = tuple[int, ...]  # the place of a box: the models around it, and the layer
LONGEST = 44  # characters of a name on one line


class Show(NamedTuple):
    """What boxes tell of their layers, and whether models inside are opened."""

    shapes: bool = False
    dtype: bool = False
    names: bool = False
    activations: bool = False
    trainable: bool = False
    nested: bool = False


class Box(NamedTuple):
    """A layer.

    Attributes:
        key: its place.
        kind: "input", "recurrent", "model" or "layer".
        title: its class, or its name and class; lines.
        rows: what else is told: a word, and lines.
    """

    key: Key
    kind: str
    title: list[str]
    rows: list[tuple[str, list[str]]]


class Frame(NamedTuple):
    """A model inside, with its own boxes.

    Attributes:
        key: its place.
        title: its name; lines.
        parts: what is inside.
    """

    key: Key
    title: list[str]
    parts: "list[Box | Frame]"


Part = Box | Frame


class Arrow(NamedTuple):
    """What comes out of a box goes into another.

    Attributes:
        start, end: the boxes.
        depth: how many frames are around the model in which the second is called with the first.
    """

    start: Key
    end: Key
    depth: int


class Diagram(NamedTuple):
    """All parts, and the arrows between boxes, each once."""

    parts: list[Part]
    arrows: list[Arrow]


def diagram(model: Model, show: Show) -> Diagram:
    """Return what a picture of a model shows.

    Raises:
        NotBuiltError: what goes in and out of its layers is not known yet.
    """
    if not model.built:
        raise NotBuiltError(
            f"{model.owner}: it must be built to be drawn. Begin with an `Input`, call it on data, "
            "or `build(input_shape)`."
        )
    if not _opens(model, show):
        return Diagram([_box((id(model),), model, _whole(model), show)], [])
    found: dict[tuple[Key, Key], int] = {}
    parts = _parts((), model, show, found)
    return Diagram(parts, [Arrow(*ends, depth) for ends, depth in found.items()])


def _opens(model: Model, show: Show) -> bool:
    """Say whether the graph of a model's layers is known, and to be shown."""
    return model.drawn and not _is_one_call(model) and (show.nested or not model.is_own)


def _is_one_call(model: Model) -> bool:
    return any(isinstance(node.layer, ModelCall) for node in model.graph.nodes)


def _is_frame(layer: Layer, show: Show) -> bool:
    return show.nested and isinstance(layer, Model) and _opens(layer, show)


def _parts(place: Key, model: Model, show: Show, arrows: dict[tuple[Key, Key], int]) -> list[Part]:
    """Return the parts of a model, and add the arrows inside it to those that are known."""
    layers = model.layers if isinstance(model, Sequential) else model.graph.layers
    calls = {id(node.layer): node for node in model.graph.nodes}  # of several the last
    parts: list[Part] = []
    for layer in layers:
        key = (*place, id(layer))
        if isinstance(layer, Model) and _is_frame(layer, show):
            parts.append(Frame(key, lines(layer.name), _parts(key, layer, show, arrows)))
        else:
            parts.append(_box(key, layer, _of(calls[id(layer)]), show))
    inside = {id(layer) for layer in layers}
    for node in model.graph.nodes:
        for i, tensor in enumerate(node.reads):
            if id(tensor.node.layer) in inside and id(node.layer) in inside:
                start = _out(place, tensor.node.layer, tensor.index, show)
                arrows.setdefault((start, _in(place, node.layer, i, show)), len(place))
    return parts


def _out(place: Key, layer: Layer, index: int, show: Show) -> Key:
    """Return the box from which an output of a layer comes."""
    place = (*place, id(layer))
    while isinstance(layer, Model) and _is_frame(layer, show):
        tensor = layer.outputs[index]
        layer, index = tensor.node.layer, tensor.index
        place = (*place, id(layer))
    return place


def _in(place: Key, layer: Layer, index: int, show: Show) -> Key:
    """Return the box to which an input of a layer goes."""
    place = (*place, id(layer))
    while isinstance(layer, Model) and _is_frame(layer, show):
        stack = isinstance(layer, Sequential)
        layer = layer.layers[0] if stack else layer.inputs[index].node.layer
        place = (*place, id(layer))
    return place


# ---------------------------------------------------------------------- what a box tells


class _Ends(NamedTuple):
    """Shapes and dtypes of what goes into a layer and comes out of it; empty if not known."""

    inputs: Sequence[Shape]
    outputs: Sequence[Shape]
    dtypes: Sequence[str]


def _of(node: Node) -> _Ends:
    return _Ends(
        [tensor.shape for tensor in node.inputs],
        [tensor.shape for tensor in node.outputs],
        [tensor.dtype for tensor in node.outputs],
    )


def _whole(model: Model) -> _Ends:
    """Return what is known of a model that is one box."""
    if not model.drawn:
        return _Ends(model.input_shapes, [], [])
    inputs: list[Shape] = [tensor.shape for tensor in model.inputs]
    if _is_one_call(model):  # its tensors are open in all axes
        sizes = _tree.flatten(vars(model)["drawn_with"])[1::2]  # each behind its dtype
        inputs = [(None, *shape[1:]) for shape in sizes]
    return _Ends(
        inputs,
        [tensor.shape for tensor in model.outputs],
        [tensor.dtype for tensor in model.outputs],
    )


def _box(key: Key, layer: Layer, ends: _Ends, show: Show) -> Box:
    kind = class_name(layer)
    title = lines(f"{layer.name} ({kind})" if show.names else kind)
    rows: list[tuple[str, list[str]]] = []
    activation = getattr(layer, "activation", None)
    if show.activations and activation is not None:
        rows.append(("activation", lines(_function_name(activation))))
    if show.shapes and not isinstance(layer, InputLayer):
        rows.append(("input", _all(ends.inputs)))
    if show.shapes:
        rows.append(("output", _all(ends.outputs)))
    if show.dtype:
        dtypes = list(dict.fromkeys(ends.dtypes))  # nearly always one
        rows.append(("dtype", _all(ends.dtypes if len(dtypes) > 1 else dtypes)))
    if show.trainable and layer.weights:
        rows.append(("weights", ["trainable" if layer.trainable else "not trainable"]))
    return Box(key, _kind(layer), title, rows)


def _kind(layer: Layer) -> str:
    if isinstance(layer, InputLayer):
        return "input"
    if isinstance(layer, Model):
        return "model"
    inner = getattr(layer, "layer", None)  # of a wrapper
    return "recurrent" if isinstance(inner or layer, RNN) else "layer"


def _function_name(function: Any) -> str:
    if isinstance(function, Layer):
        return class_name(function)
    return str(getattr(function, "__name__", type(function).__name__))


def _all(things: Sequence[Any]) -> list[str]:
    return [str(thing) for thing in things] or ["?"]


def lines(text: str) -> list[str]:
    """Return a text in lines that are not too long, with what cannot be printed written out.

    >>> lines("a$b\\n")
    ['a$b\\\\n']
    """
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    found = []
    while len(shown) > LONGEST:
        ends = [i + 1 for i, c in enumerate(shown[:LONGEST]) if c in "_ -." and i > LONGEST // 2]
        end = ends[-1] if ends else LONGEST
        found.append(shown[:end])
        shown = shown[end:]
    return [*found, shown]
