"""Keras 2's configurations in the words of Keras 3, which are elman's.

"batch_input_shape"            of a first layer becomes an input layer before it
"inbound_nodes": [[["a", 0, 0, {}]]]      becomes [{"args": [tensor], "kwargs": {}}]
"hard_sigmoid"                 is another function in Keras 3: `activations.hard_sigmoid_keras2`
CuDNNLSTM, CuDNNGRU            are LSTM and GRU(reset_after=True)

The numbers of a layer stay those that Keras 2 computed with it.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from elman.errors import ElmanError, FormatError, UnsupportedError
from elman.formats import keras_2_compiled, keras_2_time
from elman.models.config import TENSOR

RENAMED = {
    "CuDNNLSTM": "LSTM",
    "CuDNNGRU": "GRU",
    "Model": "Functional",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "LSTMV1": "LSTM",
    "GRUV1": "GRU",
}
MODELS = ("Sequential", "Functional")
RECURRENT = ("SimpleRNN", "GRU", "LSTM", "RNN", "Bidirectional")
FUNCTIONS = {"hard_sigmoid": "hard_sigmoid_keras2", "softmax_v2": "softmax"}
# What Keras 2 writes down that changes nothing of what is computed.
UNUSED = (
    "implementation", "unroll", "input_length", "input_dim", "batch_input_shape", "input_dtype",
    "unit_norm", "sparse", "fused", "experimental_run_tf_function",
)  # fmt: skip
NEUTRAL = {"ragged": False, "virtual_batch_size": None}  # left out where they say nothing
LEAKY = {"alpha": "negative_slope"}  # of LeakyReLU


def major(version: Any) -> int:
    """Return the first number of a version, 1 where there is none, as in files of Keras 1.

    >>> major("2.2.4-tf"), major(None)
    (2, 1)
    """
    first = str(version).split(".")[0]
    return int(first) if first.isascii() and first.isdigit() else 1


def model(path: Path | str, config: Any) -> dict[str, Any]:
    """Return a model's configuration as Keras 3 writes it.

    Args:
        path: of the file, for messages.
        config: what the file says.

    Raises:
        FormatError: it is not in Keras 2's form.
        UnsupportedError: the model computes with what elman does not have.
    """
    return {**config, **guarded(path, "model_config", _whole, config)}


def _whole(config: Any) -> dict[str, Any]:
    keras_2_time.check(config)
    return layer(config)


def compile_config(path: Path | str, config: Any) -> dict[str, Any]:
    """Return what `compile` was given as Keras 3 writes it.

    Args:
        path: of the file, for messages.
        config: "optimizer", "loss", "metrics" and so on in Keras 2's form.

    Raises:
        FormatError: it is not in Keras 2's form.
        UnsupportedError: elman has no such optimizer.
    """
    found: dict[str, Any] = guarded(path, "compile_config", keras_2_compiled.translated, config)
    return found


def guarded(path: Path | str, entry: str, translate: Callable[[Any], Any], config: Any) -> Any:
    """Translate a configuration; whatever is wrong with it is said of the entry of the file."""
    try:
        return translate(config)
    except UnsupportedError as error:
        raise UnsupportedError(f"{path}: {error}") from error
    except ElmanError as error:
        raise FormatError(f"{path}: '{entry}' must be in Keras 2's form; {error}") from error
    except Exception as error:  # a configuration can be wrong anywhere
        raise FormatError(
            f"{path}: '{entry}' must be in Keras 2's form; got none ({error!r:.80})."
        ) from error


def layer(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a layer, or a model, with all that is inside it."""
    name = RENAMED.get(entry["class_name"], entry["class_name"])
    config = entry["config"]
    if name == "Sequential":
        config = {"layers": config} if isinstance(config, list) else config  # before Keras 2.2.3
        if any(keras_2_time.is_first(each) for each in config["layers"]):
            shape = _first_shape(config["layers"]) or config.get("build_input_shape")
            name, config = "Functional", keras_2_time.as_functional(config, shape)
    if name == "Sequential":
        config = _sequential(config)
    elif name == "Functional":
        config = _functional(config)
    else:
        config = _translated(entry["class_name"], name, config)
    return {"class_name": name, "config": config, **_custom_name(entry)}


def _custom_name(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what says that a class is not Keras's own."""
    registered = entry.get("registered_name")
    known = registered is None or registered == entry["class_name"]
    return {} if known else {"registered_name": registered, "module": entry.get("module")}


# ---------------------------------------------------------------------- one layer


def _translated(kind: str, name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a layer that is no model."""
    found = {key: _value(key, value) for key, value in config.items() if key not in UNUSED}
    if "input_dim" in config and name == "Embedding":
        found["input_dim"] = config["input_dim"]
    if name == "InputLayer" and "batch_input_shape" in config:
        found["batch_shape"] = config["batch_input_shape"]
    if name in ("GRU", "GRUCell"):
        found.setdefault("reset_after", kind == "CuDNNGRU")  # as before Keras had the argument
    if name in ("GRU", "GRUCell", "LSTM", "LSTMCell") and not kind.startswith("CuDNN"):
        # Keras 2.0 to 2.3 wrote it down, so it lacks only where it was the one of that time
        found.setdefault("recurrent_activation", "hard_sigmoid_keras2")
    if name == "LeakyReLU":
        found = {LEAKY.get(key, key): value for key, value in found.items()}
    if name == "BatchNormalization" and isinstance(found.get("axis"), list):
        (found["axis"],) = found["axis"]
    for key, neutral in NEUTRAL.items():
        if found.pop(key, neutral) not in (neutral, None):
            raise UnsupportedError(
                f"{name} '{config.get('name')}': `{key}` must be {neutral}; got {config[key]!r}."
            )
    if found.pop(keras_2_time.KEY, False):
        entry = {"class_name": name, "config": config}
        raise keras_2_time.refused(entry, "inside another layer; got True")
    if found.pop("num_constants", None):
        raise UnsupportedError(
            f"{name} '{config.get('name')}': `constants` must not be given to a cell; got some."
        )
    return found


def _value(key: str, value: Any) -> Any:
    """Return an argument: other layers, activations and initializers are translated too."""
    if key in ("activation", "recurrent_activation") and isinstance(value, (str, dict)):
        function = value.get("config") if isinstance(value, dict) else value
        if isinstance(function, str):
            return FUNCTIONS.get(function, function)
        if isinstance(value, dict) and "class_name" in value:
            return layer(value)
    if key == "dtype" and isinstance(value, dict):
        return value["config"]["name"]
    if key == "cells":
        return [layer(each) for each in value]
    if isinstance(value, dict) and "class_name" in value:
        if key in ("layer", "backward_layer", "cell"):
            return layer(value)
        config = {k: v for k, v in value["config"].items() if k != "dtype"}
        return {**value, "config": _initializer(value["class_name"], config)}
    return value


def _initializer(name: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of an initializer, regularizer or constraint."""
    if name == "VarianceScaling" and config.get("distribution") == "normal":
        return {**config, "distribution": "truncated_normal"}
    return config


# ---------------------------------------------------------------------- models


def _sequential(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a Sequential model."""
    entries = config["layers"]
    found = [layer(each) for each in entries]
    shape = _first_shape(entries)
    if shape and found[0]["class_name"] != "InputLayer":
        first = found[0]["config"]
        dtype = first.get("dtype", "float32")
        found.insert(0, _input(f"{first.get('name', 'layer')}_input", shape, dtype))
    kept = {key: config[key] for key in ("name", "trainable") if key in config}
    built = config.get("build_input_shape")
    return {**kept, "layers": found, **({"build_input_shape": built} if built else {})}


def _first_shape(entries: Sequence[Mapping[str, Any]]) -> Any:
    """Return the shape of the inputs of layers one behind the other, None if it is not said.

    The first layer says it, which may be that of a model inside.
    """
    if not entries:
        return None
    inside = entries[0]["config"]
    if isinstance(inside, dict) and "layers" not in inside:
        return inside.get("batch_input_shape")
    return _first_shape(inside if isinstance(inside, list) else inside["layers"])


def _input(name: str, shape: Any, dtype: Any) -> dict[str, Any]:
    config = {"name": name, "batch_shape": shape, "dtype": dtype}
    return {"class_name": "InputLayer", "config": config}


def _functional(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a functional model.

    Keras 2 counts the calls of a model inside from 1, because making it was the first; Keras 3
    does so in the lists of inputs and outputs alone, and for functional models.
    """
    entries = {each["name"]: each for each in config["layers"]}
    first = _first_calls(entries, config)
    turned = {
        name: keras_2_time.sequences(each)
        for name, each in entries.items()
        if keras_2_time.is_first(each)
    }
    exchanged, found = keras_2_time.Exchanged(turned), []
    for name, entry in entries.items():
        made = layer(keras_2_time.without(entry) if name in turned else entry)
        calls = [_call(made["class_name"], call, entries, first) for call in entry["inbound_nodes"]]
        found.append({**made, "name": name, "inbound_nodes": calls})
    kinds = {each["name"]: each["class_name"] for each in found}

    def end(value: Any) -> Any:
        if _is_history(value, entries):
            kept = first[value[0]] if kinds[value[0]] != "Functional" else 0
            return exchanged.end([value[0], value[1] - kept, value[2]])
        if isinstance(value, dict):
            return {key: end(part) for key, part in value.items()}
        return [end(part) for part in value]

    ends = {key: end(config[key]) for key in ("input_layers", "output_layers")}
    ends = {key: v[0] if _is_single(v) else v for key, v in ends.items()}
    kept = {key: config[key] for key in ("name", "trainable") if key in config}
    return {**kept, "layers": exchanged.layers(found), **ends}


def _is_single(value: Any) -> bool:
    """Say whether a list of ends has one tensor, which Keras 3 writes without the list."""
    return isinstance(value, list) and len(value) == 1 and isinstance(value[0], list)


def _is_history(value: Any, entries: Mapping[str, Any]) -> bool:
    """Say whether a value stands for a tensor: layer, call and output."""
    return (
        isinstance(value, list)
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and value[0] in entries
        and isinstance(value[1], int)
    )


def _first_calls(entries: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, int]:
    """Return for each layer the number that its first call has."""
    highest = dict.fromkeys(entries, -1)

    def visit(value: Any) -> None:
        if _is_history(value, entries):
            highest[value[0]] = max(highest[value[0]], value[1])
            visit(value[3:])
        elif isinstance(value, (list, dict)):
            for part in value.values() if isinstance(value, dict) else value:
                visit(part)

    visit([each["inbound_nodes"] for each in entries.values()])
    visit(config["output_layers"])
    return {
        name: int(bool(calls) and highest[name] >= len(calls))
        for name, calls in ((name, each["inbound_nodes"]) for name, each in entries.items())
    }


def _call(
    kind: str, call: Any, entries: Mapping[str, Any], first: Mapping[str, int]
) -> dict[str, Any]:
    """Return one call of a layer."""

    def tensor(value: Any) -> Any:
        if _is_history(value, entries):
            history = [value[0], value[1] - first[value[0]], value[2]]
            about = {"shape": None, "dtype": "float32", "keras_history": history}
            return {"class_name": TENSOR, "config": about}
        if isinstance(value, dict):
            return {key: tensor(part) for key, part in value.items()}
        return [tensor(part) for part in value] if isinstance(value, list) else value

    if isinstance(call, list) and _is_history(call, entries):
        call = [call]
    parts = call if isinstance(call, list) else [call]
    given = [tensor(part[:3]) if isinstance(part, list) else tensor(part) for part in parts]
    kwargs: dict[str, Any] = {}
    for part in parts:
        if isinstance(part, list) and len(part) > 3:
            kwargs.update(tensor(part[3]))
    if kind in RECURRENT and len(given) > 1:  # the states came behind the sequence
        kwargs["initial_state"] = given[1:]
        given = given[:1]
    return {"args": given if len(given) == 1 else [given], "kwargs": kwargs}
