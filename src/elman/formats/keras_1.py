"""Keras 1's configurations in the words of Keras 2, which `keras_2` takes from there.

LSTM            "output_dim", "init", "inner_init", "inner_activation", "W_regularizer" …
Convolution1D   "nb_filter", "filter_length", "border_mode" …
Merge           "mode": "concat": the merging layers of later versions

By the documentation of Keras 1.2 and by what Keras 2 itself makes of such files.
"""

from collections.abc import Mapping
from typing import Any

from elman.errors import UnsupportedError

RENAMED = {
    "Convolution1D": "Conv1D",
    "TimeDistributedDense": "TimeDistributed",
    "Model": "Functional",
}
WORDS = {
    "init": "kernel_initializer",
    "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation",
    "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "U_constraint": "recurrent_constraint",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "border_mode": "padding",
    "subsample_length": "strides",
    "atrous_rate": "dilation_rate",
    "pool_length": "pool_size",
    "stride": "strides",
    "gamma_init": "gamma_initializer",
    "beta_init": "beta_initializer",
}
OF_CLASS = {  # where a word means something else
    "Dropout": {"p": "rate"},
    "GaussianDropout": {"p": "rate"},
    "SpatialDropout1D": {"p": "rate"},
    "GaussianNoise": {"sigma": "stddev"},
    "PReLU": {"init": "alpha_initializer"},
    "UpSampling1D": {"length": "size"},
    "Embedding": {
        "init": "embeddings_initializer",
        "W_regularizer": "embeddings_regularizer",
        "W_constraint": "embeddings_constraint",
    },
}
UNITS = ("Dense", "SimpleRNN", "GRU", "LSTM")
UNUSED = (
    "consume_less", "input_dim", "input_length", "input_dtype", "forget_bias_init", "weights",
    "output_mask", "arguments", "node_indices", "tensor_indices", "output_shape_type",
)  # fmt: skip
MERGES = {
    "concat": "Concatenate", "sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum",
    "dot": "Dot",
}  # fmt: skip
SHORT = {"zero": "zeros", "one": "ones", "normal": "random_normal", "uniform": "random_uniform"}


def layer(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a layer or model, with all that is inside it.

    Raises:
        UnsupportedError: it computes what elman does not.
    """
    kind, config = entry["class_name"], entry["config"]
    name = RENAMED.get(kind, kind)
    if kind == "Sequential":
        found = [layer(each) for each in config]
        return {"class_name": kind, "config": {"name": entry.get("name"), "layers": found}}
    if name == "Functional":
        inside = [{**each, **layer(each)} for each in config["layers"]]
        return {"class_name": name, "config": {**config, "layers": inside}}
    if kind == "Merge":
        return _merge(config)
    if kind == "TimeDistributedDense":
        return _at_each_step(config)
    return {"class_name": name, "config": _arguments(name, config)}


def _arguments(name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a layer."""
    words = WORDS | OF_CLASS.get(name, {})
    if name in UNITS:
        words = words | {"output_dim": "units"}
    found: dict[str, Any] = {}
    for key, value in config.items():
        if key in UNUSED and not (key == "input_dim" and name == "Embedding"):
            continue
        found[words.get(key, key)] = _value(key, value)
    found.setdefault("dtype", "float32")
    _check(name, config, found)
    if name == "LSTM":
        found["unit_forget_bias"] = config.get("forget_bias_init", "one") == "one"
    if name == "GRU":
        found["reset_after"] = False
    return found


def _check(name: str, config: Mapping[str, Any], found: dict[str, Any]) -> None:
    """Check what only Keras 1 has, and take it away where it says nothing.

    Raises:
        UnsupportedError: it changes what is computed.
    """
    if name == "BatchNormalization" and found.pop("mode", 0) != 0:
        raise UnsupportedError(
            f"BatchNormalization '{config.get('name')}': `mode` must be 0; got {config['mode']!r}."
        )
    if name == "Embedding" and found.pop("dropout", 0):
        raise UnsupportedError(
            f"Embedding '{config.get('name')}': `dropout` must be 0; got {config['dropout']!r}. "
            "Put a SpatialDropout1D behind it."
        )


def _value(key: str, value: Any) -> Any:
    """Return an argument."""
    if key in ("layer", "backward_layer"):
        return layer(value)
    if isinstance(value, dict) and "name" in value and "class_name" not in value:
        arguments = {k: v for k, v in value.items() if k != "name"}
        arguments = {{"m": "max_value"}.get(k, k): v for k, v in arguments.items()}
        return {"class_name": value["name"], "config": arguments}
    if key == "init" or key.endswith("_init"):
        return SHORT.get(value, value)
    return value


def _merge(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the layer that a Merge is."""
    mode = config.get("mode")
    if mode not in MERGES or "layers" in config:
        raise UnsupportedError(
            f"Merge '{config.get('name')}': `mode` must be one of {', '.join(MERGES)}, in a "
            f"functional model; got {mode!r:.40}."
        )
    found = {"name": config.get("name"), "dtype": "float32"}
    if mode == "concat":
        found["axis"] = config.get("concat_axis", -1)
    if mode == "dot":
        found["axes"] = config.get("dot_axes")
    return {"class_name": MERGES[mode], "config": found}


def _at_each_step(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the TimeDistributed of Dense that a TimeDistributedDense is."""
    shape = {key: config[key] for key in ("batch_input_shape",) if key in config}
    dense = {key: value for key, value in config.items() if key not in shape}
    inner = layer({"class_name": "Dense", "config": {**dense, "name": f"{config['name']}_dense"}})
    around = {"name": config["name"], "dtype": "float32", **shape, "layer": inner}
    return {"class_name": "TimeDistributed", "config": around}
