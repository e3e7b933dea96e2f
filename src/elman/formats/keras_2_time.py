"""Keras 2's recurrent layers with `time_major=True`, as layers between two exchanges of axes.

    (timesteps, batch, features) -> Transpose -> layer -> Transpose -> (timesteps, batch, units)

Such a layer takes the first axis, of which Keras does not know the size, for the timesteps. States,
and what it puts out without `return_sequences`, have no time and stay as they are. Keras 3 has no
such layers; its operation Transpose exchanges an axis that `Permute` may not.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from elman.errors import UnsupportedError
from elman.models.config import TENSOR

KEY = "time_major"
MODELS = ("Sequential", "Functional", "Model")
INSIDE = ("layer", "backward_layer")  # of a Bidirectional
FIX = (
    "Save the model in Keras with `time_major=False`, and the first two axes of its data exchanged."
)


def is_first(entry: Mapping[str, Any]) -> bool:
    """Say whether a layer of a model takes time as the first axis."""
    config = entry["config"]
    if entry["class_name"] == "Bidirectional":
        inside = [config[key] for key in INSIDE if config.get(key)]
        return all(each["config"].get(KEY) for each in inside)
    return isinstance(config, dict) and bool(config.get(KEY))


def without(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return such a layer as one that takes the batch as the first axis."""
    config = {key: value for key, value in entry["config"].items() if key != KEY}
    for key in INSIDE if entry["class_name"] == "Bidirectional" else ():
        if config.get(key):
            config[key] = without(config[key])
    return {**entry, "config": config}


def sequences(entry: Mapping[str, Any]) -> int:
    """Return how many of a layer's outputs, which are the first ones, have timesteps."""
    config = entry["config"]
    if entry["class_name"] != "Bidirectional":
        return int(bool(config.get("return_sequences")))
    count = 2 if config.get("merge_mode", "concat") is None else 1
    return count * sequences(config["layer"])


def check(config: Any) -> None:
    """Check that no mask can be meant for a layer that takes time as the first axis.

    Raises:
        UnsupportedError: a mask might be, and does not go through a Transpose.
    """
    entries = list(_entries(config))
    turned = next((each for each in entries if is_first(each)), None)
    for entry in entries if turned is not None else ():
        inside = entry["config"]
        if entry["class_name"] == "Masking" or (
            isinstance(inside, dict) and inside.get("mask_zero")
        ):
            assert turned is not None
            raise refused(turned, f"in a model without masks; got True, and {_named(entry)}")


def check_nested(config: Any) -> None:
    """Check the same of a form that knows weights by the classes of the models that they are in.

    Raises:
        UnsupportedError: a Sequential inside would have to become a model of another class.
    """
    for entry in _entries(config["config"]):
        inside = entry["config"].get("layers", ()) if entry["class_name"] == "Sequential" else ()
        turned = next((each for each in inside if is_first(each)), None)
        if turned is not None:
            what = f"in the Sequential '{entry['config'].get('name')}' inside a model; got True"
            raise refused(turned, what, "Save the model in Keras as '.h5'.")


def refused(entry: Mapping[str, Any], what: str, fix: str = FIX) -> UnsupportedError:
    """Return the error of a layer for which the axes cannot be exchanged."""
    return UnsupportedError(f"{_named(entry)}: `{KEY}` must be False {what}. {fix}")


def _named(entry: Mapping[str, Any]) -> str:
    return f"{entry['class_name']} '{entry['config'].get('name')}'"


def _entries(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the layers of a model, and all that is inside them."""
    if isinstance(value, dict) and "class_name" in value and isinstance(value.get("config"), dict):
        yield value
    if isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _entries(part)


def as_functional(config: Mapping[str, Any], shape: Any) -> dict[str, Any]:
    """Return a Sequential model, in which operations have no place, as a functional one of Keras 2.

    Args:
        config: of the model.
        shape: of its inputs, None if it is not known.

    Raises:
        UnsupportedError: it is not.
    """
    entries = list(config["layers"])
    if shape is None:
        first = next(each for each in entries if is_first(each))
        raise refused(first, "in a model whose inputs have no shape; got True")
    if entries[0]["class_name"] != "InputLayer":
        about = {"name": f"{entries[0]['config']['name']}_input", "batch_input_shape": shape}
        entries.insert(0, {"class_name": "InputLayer", "config": about})
    found: list[dict[str, Any]] = []
    end: list[Any] = []
    for entry in entries:
        name = entry["config"]["name"]
        found.append({**entry, "name": name, "inbound_nodes": [[[*end, {}]]] if end else []})
        end = [name, int(entry["class_name"] in MODELS), 0]  # making a model is its first call
    kept = {key: config[key] for key in ("name", "trainable") if key in config}
    ends = {"input_layers": [[found[0]["name"], 0, 0]], "output_layers": [end]}
    return {**kept, "layers": found, **ends}


class Exchanged:
    """A functional model in Keras 3's form, whose layers get a Transpose before and behind them.

    Args:
        outputs: name of each such layer -> how many of its outputs have timesteps.
    """

    def __init__(self, outputs: Mapping[str, int]) -> None:
        self._outputs = outputs

    def end(self, history: Sequence[Any]) -> list[Any]:
        """Return which tensor stands for one: layer, call and output."""
        name, call, output = history
        count = self._outputs.get(name, 0)
        return [_behind(name), call * count + output, 0] if output < count else list(history)

    def layers(self, entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return all layers, and the operations.

        Raises:
            UnsupportedError: such a layer takes several sequences, or a mask.
        """
        found: list[dict[str, Any]] = []
        for entry in entries:
            nodes = [self._turned(node) for node in entry["inbound_nodes"]]
            name, taken = entry["name"], [node["args"][0] for node in nodes if node["args"]]
            if name not in self._outputs:
                found.append({**entry, "inbound_nodes": nodes})
                continue
            if not all(_is_tensor(each) for each in taken):
                raise refused(entry, "where a layer takes several sequences; got True")
            if any(node["kwargs"].get("mask") is not None for node in nodes):
                raise refused(entry, "where a layer is called with a mask; got True")
            found.append(_transpose(_before(name), taken))
            for i, node in enumerate(nodes):
                node["args"][0] = _tensor([_before(name), i, 0])
            found.append({**entry, "inbound_nodes": nodes})
            count = self._outputs[name]
            if count:
                places = [[name, i, j] for i in range(len(nodes)) for j in range(count)]
                found.append(_transpose(_behind(name), [_tensor(place) for place in places]))
        return found

    def _turned(self, value: Any) -> Any:
        """Return arguments of a call with tensors from behind the operations."""
        if isinstance(value, dict):
            if _is_tensor(value):
                return _tensor(self.end(value["config"]["keras_history"]))
            return {key: self._turned(part) for key, part in value.items()}
        return [self._turned(part) for part in value] if isinstance(value, list) else value


def _before(name: str) -> str:
    return f"{name}_batch_first"


def _behind(name: str) -> str:
    return f"{name}_time_first"


def _tensor(history: Sequence[Any]) -> dict[str, Any]:
    about = {"shape": None, "dtype": "float32", "keras_history": list(history)}
    return {"class_name": TENSOR, "config": about}


def _is_tensor(value: Any) -> bool:
    return isinstance(value, dict) and value.get("class_name") == TENSOR


def _transpose(name: str, tensors: Sequence[Any]) -> dict[str, Any]:
    """Return the operation that exchanges the first two axes, called once for each tensor."""
    return {
        "module": "keras.src.ops.numpy",
        "class_name": "Transpose",
        "config": {"name": name, "axes": [1, 0, 2]},
        "registered_name": "Transpose",
        "name": name,
        "inbound_nodes": [{"args": [tensor], "kwargs": {}} for tensor in tensors],
    }
