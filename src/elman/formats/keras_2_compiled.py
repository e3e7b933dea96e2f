"""What `compile` was given in Keras 2, in the words of Keras 3.

Adam(lr=0.01, decay=0.1)     a learning rate that falls: a schedule, `InverseTimeDecay`
MeanMetricWrapper(fn=…)      a metric that is a function
reduction="auto"             "sum_over_batch_size"
"""

from collections.abc import Mapping
from typing import Any

from elman.errors import UnsupportedError
from elman.formats import keras_loss_scale

KEYS = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")
# Arguments of Keras 2's optimizers that say nothing of a step.
UNUSED = ("jit_compile", "is_legacy_optimizer", "schedule_decay")
WRAPPERS = ("MeanMetricWrapper", "LossFunctionWrapper")
SHORT = {"acc": "accuracy"}


def translated(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `compile`."""
    found: dict[str, Any] = {key: config.get(key) for key in KEYS}
    found["optimizer"] = _optimizer(config.get("optimizer") or config["optimizer_config"])
    for key in ("loss", "metrics", "weighted_metrics"):
        found[key] = _each(found[key])
    for key in ("metrics", "weighted_metrics"):
        while isinstance(found[key], list) and len(found[key]) == 1 and type(found[key][0]) is list:
            found[key] = found[key][0]  # one output's, in a list of outputs
    return found


def _each(value: Any) -> Any:
    """Return losses or metrics, however they are nested."""
    if isinstance(value, list):
        return [_each(part) for part in value]
    if not isinstance(value, dict):
        return SHORT.get(value, value)
    if "class_name" not in value:
        return {key: _each(part) for key, part in value.items()}
    config = dict(value.get("config") or {})
    function = config.pop("fn", None)
    if value["class_name"] in WRAPPERS:
        return function
    if config.get("reduction") == "auto":
        config["reduction"] = "sum_over_batch_size"
    return {"class_name": value["class_name"], "config": config}


def _optimizer(value: Any) -> Any:
    """Return an optimizer."""
    if isinstance(value, str):
        return {"class_name": value, "config": {}}
    name = value["class_name"].removeprefix("Custom>").removeprefix("Legacy>")
    given = {key: v for key, v in value["config"].items() if key not in UNUSED}
    given = {"learning_rate" if key == "lr" else key: v for key, v in given.items()}
    old = "weight_decay" not in given  # before Keras 2.11
    if name == keras_loss_scale.NAME:
        raise UnsupportedError(
            f"the optimizer must not be Keras 2's {name}, which is for float16; got it. Load the "
            "model with `compile=False`, and compile it anew."
        )
    if name == "Nadam" and old:
        raise UnsupportedError(
            "the optimizer Nadam must be that of Keras 2.11 or later, whose momentum grows as "
            "here; got an older one. Load the model with `compile=False`, and compile it anew."
        )
    decay = given.pop("decay", None)
    if decay:
        given["learning_rate"] = _falling(given["learning_rate"], decay)
    if given.get("epsilon", 0) is None:
        del given["epsilon"]
    return {"class_name": name, "config": given}


def _falling(rate: float, decay: float) -> dict[str, Any]:
    """Return rate / (1 + decay * step) as a schedule."""
    config = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay}
    return {"class_name": "InverseTimeDecay", "config": config}
