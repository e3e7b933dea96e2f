"""Models as configurations and back, in the form of Keras 3's `to_json`.

A functional model lists its layers, and for each layer the calls that connect it:

    "inbound_nodes": [{"args": [tensor, …], "kwargs": {"mask": …, "initial_state": …}}]
    tensor = {"class_name": "__keras_tensor__",
              "config": {"shape": …, "dtype": …, "keras_history": [layer, call, output]}}

In the lists of a model's inputs and outputs Keras counts the calls of an inner functional model
from 1, because the call that made it comes first; inside the calls it counts from 0.
"""

from typing import TYPE_CHECKING, Any, TypeVar

from elman import _tree
from elman.errors import ArgumentError, FormatError, UnsupportedError
from elman.layers import InputLayer, Layer, deserialize, serialize
from elman.layers.own.call_arguments import CallArguments
from elman.layers.parts.symbolic import Node, SymbolicTensor
from elman.layers.saved.keras_operations import read, written
from elman.layers.saved.serialization import class_name

if TYPE_CHECKING:
    from elman.models.model import Model
    from elman.models.sequential import Sequential

M = TypeVar("M", bound="Model")
S = TypeVar("S", bound="Sequential")

TENSOR = "__keras_tensor__"
# Stands beside "args" and "kwargs" where `training=` was given in the call. Keras, which passes
# over it, itself writes `"training": false` for calls in which nobody gave it.
TRAINING_GIVEN = "training_given"
# Operations by which Keras writes down how a mask is made. elman makes masks itself.
MASK_OPERATIONS = {
    "Any", "ConvertToTensor", "ExpandDims", "LogicalOr", "NotEqual", "OnesLike", "Squeeze",
    "ZerosLike",
}  # fmt: skip


def to_json(model: "Model", **options: Any) -> str:
    """Return a model's architecture as JSON."""
    import json

    return json.dumps(serialize(model), **options)


# ---------------------------------------------------------------------- Sequential


def sequential_config(model: "Sequential") -> dict[str, Any]:
    """Return the layers of a Sequential model."""
    layers = list(model.stack)
    if model.built and not model.built_from_data and not isinstance(layers[0], InputLayer):
        layers.insert(0, model.inputs[0].node.layer)
    config: dict[str, Any] = {"name": model.name, "trainable": model.trainable}
    config["layers"] = [serialize(layer) for layer in layers]
    if model.built:
        config["build_input_shape"] = list(model.inputs[0].shape)
    return config


def sequential_from_config(cls: type[S], config: dict[str, Any]) -> S:
    """Make a Sequential model."""
    _check_keys(cls, config, {"layers": list})
    model = cls([deserialize(layer) for layer in config["layers"]], name=config.get("name"))
    if config.get("build_input_shape") and not model.built:
        model.build(tuple(config["build_input_shape"]))
    if config.get("trainable") is False:
        model.trainable = False
    return model


# ---------------------------------------------------------------------- functional


def functional_config(model: "Model") -> dict[str, Any]:
    """Return the layers of a model and the calls that connect them."""
    inside = {id(node) for node in model.graph.nodes}
    calls = {
        layer.name: [node for node in layer.nodes if id(node) in inside]
        for layer in model.graph.layers
    }
    places = {id(node): i for nodes in calls.values() for i, node in enumerate(nodes)}

    def history(tensor: SymbolicTensor) -> list[Any]:
        return [tensor.name, places[id(tensor.node)], tensor.index]

    def end(tensor: SymbolicTensor) -> list[Any]:
        name, place, index = history(tensor)
        return [name, place + _first_call(tensor.node.layer), index]

    layers = [
        {
            **serialize(layer),
            "name": layer.name,
            "inbound_nodes": [_call_config(n, history) for n in calls[layer.name] if n.inputs],
        }
        for layer in model.graph.layers
    ]
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": _tree.map_leaves(end, model.input_structure),
        "output_layers": _tree.map_leaves(end, model.output_structure),
    }


def _first_call(layer: Layer) -> int:
    """Return the number of a layer's first call in the lists of inputs and outputs."""
    return int(class_name(layer) == "Functional")


def _call_config(node: Node, history: Any) -> dict[str, Any]:
    """Return one call of a layer."""

    def tensor(each: SymbolicTensor) -> dict[str, Any]:
        config = {"shape": list(each.shape), "dtype": each.dtype, "keras_history": history(each)}
        return {"class_name": TENSOR, "config": config}

    if isinstance(node.arguments, CallArguments):
        given, named = node.arguments.filled([tensor(each) for each in node.inputs])
        return {"args": _tree.map_every(written, given), "kwargs": _tree.map_every(written, named)}
    kwargs: dict[str, Any] = {}
    call: dict[str, Any] = {"args": [_tree.map_leaves(tensor, node.structure)], "kwargs": kwargs}
    if node.states:
        states = [tensor(each) for each in node.inputs[-node.states :]]
        kwargs[node.layer.states_name] = node.layer.pack_states(states)
    if node.masks:
        masks = [None if mask is None else tensor(mask) for mask in node.masks]
        kwargs["mask"] = masks if _tree.is_nested(node.structure) else masks[0]
    if node.training is not None:
        kwargs["training"], call[TRAINING_GIVEN] = node.training, True
    if node.reset_mask is not None:
        kwargs["reset_mask"] = tensor(node.reset_mask)
    if isinstance(node.arguments, dict):
        kwargs.update(node.arguments)
    return call


def functional_from_config(cls: type[M], config: dict[str, Any]) -> M:
    """Make a model from its layers and the calls that connect them."""
    ends = (list, dict)
    _check_keys(cls, config, {"layers": list, "input_layers": ends, "output_layers": ends})
    for entry in config["layers"]:
        _check_keys(cls, entry, {"class_name": str, "config": dict, "inbound_nodes": list})
        for call in entry["inbound_nodes"]:
            _check_keys(cls, call, {"args": list, "kwargs": dict})
    made: dict[tuple[str, int, int], SymbolicTensor] = {}
    masks: set[str] = set()
    first: dict[str, int] = {}
    waiting: list[tuple[Layer, int, dict[str, Any]]] = []
    computed = _computed(config)
    _check_masks(config["layers"], computed)
    for entry in config["layers"]:
        name = _name(entry)
        if _is_operation(entry) and name not in computed:
            masks.add(name)
            continue
        layer = deserialize({**entry, "build_config": None})
        first[name] = _first_call(layer)
        if isinstance(layer, InputLayer):
            made[name, 0, 0] = layer.output
        waiting.extend((layer, i, call) for i, call in enumerate(entry["inbound_nodes"]))
    _make_calls(waiting, made, masks)

    def tensors(histories: Any) -> Any:
        if isinstance(histories, dict):
            return {key: tensors(value) for key, value in histories.items()}
        if histories and isinstance(histories[0], str):
            name, place, index = histories
            return _find(made, [name, place - first.get(name, 0), index])
        return [tensors(value) for value in histories]

    inputs, outputs = tensors(config["input_layers"]), tensors(config["output_layers"])
    model = cls(inputs, outputs, name=config.get("name"))
    if config.get("trainable") is False:
        model.trainable = False
    return model


def _check_keys(cls: type, config: Any, kinds: dict[str, Any]) -> None:
    """Check that a part of a configuration is a dictionary with these keys of these types."""
    for key, kind in kinds.items():
        if not isinstance(config, dict) or not isinstance(config.get(key), kind):
            names = " or ".join(
                each.__name__ for each in (kind if type(kind) is tuple else (kind,))
            )
            raise ArgumentError(
                f"{cls.__name__}: `config` must have a {names} '{key}'; got {config!r:.60}."
            )


def _check_masks(entries: list[dict[str, Any]], computed: set[str]) -> None:
    """Check that every mask begins as a layer of elman's begins it: x != 0, or x != mask_value."""
    layers_own: set[tuple[Any, ...]] = set()
    for entry in entries:
        value = 0 if entry["config"].get("mask_zero") else entry["config"].get("mask_value")
        if isinstance(value, (int, float)):
            tensors = [call["args"][0] for call in entry["inbound_nodes"]]
            layers_own.update((*t["config"]["keras_history"], float(value)) for t in tensors)
    for entry in entries:
        if entry["class_name"] != "NotEqual" or _name(entry) in computed:
            continue
        tensor, value = entry["inbound_nodes"][0]["args"]
        if (*tensor["config"]["keras_history"], value) not in layers_own:
            raise UnsupportedError(
                f"model: the operation '{entry['name']}' must make a mask as a layer of elman's "
                "does; it does not. Use Masking(mask_value) or Embedding(mask_zero=True)."
            )


def _name(entry: dict[str, Any]) -> str:
    name: str = entry.get("name") or entry["config"]["name"]
    return name


def _is_operation(entry: dict[str, Any]) -> bool:
    """Say whether an entry is no layer to Keras, but a function of arrays."""
    of_arrays = str(entry.get("module", "")).startswith(("keras.src.ops", "keras.src.activations"))
    return of_arrays or entry["class_name"] in MASK_OPERATIONS


def _computed(config: dict[str, Any]) -> set[str]:
    """Return the operations that outputs or layers compute with; the others make masks alone."""
    entries = {_name(entry): entry for entry in config["layers"]}
    found: set[str] = set()
    waiting = _names(config["output_layers"])
    for entry in config["layers"]:
        if not _is_operation(entry):
            for call in entry["inbound_nodes"]:
                kwargs = [value for key, value in call["kwargs"].items() if key != "mask"]
                waiting += _names([call["args"], kwargs])
    while waiting:
        name = waiting.pop()
        if name in entries and name not in found and _is_operation(entries[name]):
            found.add(name)
            for call in entries[name]["inbound_nodes"]:
                waiting += _names([call["args"], list(call["kwargs"].values())])
    return found


def _names(value: Any) -> list[str]:
    """Return the names of the layers whose tensors a part of a configuration speaks of."""
    if isinstance(value, dict) and value.get("class_name") == TENSOR:
        return [value["config"]["keras_history"][0]]
    if isinstance(value, dict):
        return _names(list(value.values()))
    if isinstance(value, list):
        end = len(value) == 3 and isinstance(value[0], str) and isinstance(value[1], int)
        return [value[0]] if end else [name for part in value for name in _names(part)]
    return []


def _make_calls(
    waiting: list[tuple[Layer, int, dict[str, Any]]],
    made: dict[tuple[str, int, int], SymbolicTensor],
    masks: set[str],
) -> None:
    """Call the layers, each call once its inputs are there and its layer's earlier calls done."""
    while waiting:
        later = []
        for layer, i, call in waiting:
            arguments = _arguments(call, made, masks)
            if arguments is None or (i and (layer.name, i - 1, 0) not in made):
                later.append((layer, i, call))
                continue
            args, kwargs = arguments
            for index, tensor in enumerate(_tree.flatten(layer(*args, **kwargs))):
                made[layer.name, i, index] = tensor
        if len(later) == len(waiting):
            raise FormatError(
                f"model: layer '{later[0][0].name}' must be connected with the inputs; it is not."
            )
        waiting = later


def _arguments(
    call: dict[str, Any], made: dict[tuple[str, int, int], SymbolicTensor], masks: set[str]
) -> tuple[list[Any], dict[str, Any]] | None:
    """Return a call's arguments, None if one of its tensors is not made yet."""
    missing = []

    def resolve(value: Any) -> Any:
        if isinstance(value, dict) and value.get("class_name") == TENSOR:
            name, node, index = value["config"]["keras_history"]
            if name in masks:
                return None
            if (name, node, index) not in made:
                missing.append(name)
            return made.get((name, node, index))
        if isinstance(value, dict) and value is not (known := read(value)):
            return known
        if isinstance(value, dict):
            return {key: resolve(part) for key, part in value.items()}
        if isinstance(value, list):
            return [resolve(part) for part in value]
        return value

    args = [resolve(value) for value in call["args"]]
    kwargs = {key: resolve(value) for key, value in call["kwargs"].items()}
    kwargs = {
        key: value
        for key, value in kwargs.items()
        if value is not None
        and not (key == "training" and value is False and not call.get(TRAINING_GIVEN))
    }
    if isinstance(kwargs.get("mask"), list) and not _by_hand(kwargs["mask"], call, masks):
        del kwargs["mask"]  # one an input, all made by operations that elman does itself
    return None if missing else (args, kwargs)


def _by_hand(found: list[Any], call: dict[str, Any], masks: set[str]) -> bool:
    """Say whether a list of masks was given by hand.

    Raises:
        UnsupportedError: some were, and others are made by operations.
    """
    by_hand = any(mask is not None for mask in found)
    given = [mask for mask in call["kwargs"]["mask"] if isinstance(mask, dict)]
    if by_hand and any(mask["config"]["keras_history"][0] in masks for mask in given):
        raise UnsupportedError(
            "model: the masks of a call must all be inputs, or all come with the data; got both."
        )
    return by_hand


def _find(made: dict[tuple[str, int, int], SymbolicTensor], history: list[Any]) -> SymbolicTensor:
    name, node, index = history
    if (name, node, index) not in made:
        raise ArgumentError(f"model: layer '{name}' must be among the layers; it is not.")
    return made[name, node, index]
