"""How an operation of a functional model stands in a file, in the form that Keras 3 writes.

{"module": "keras.src.ops.numpy", "class_name": "Mean",
 "config": {"name": "mean", "axis": 1, "keepdims": false}, "registered_name": "Mean"}
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _tree
from elman.errors import UnsupportedError

if TYPE_CHECKING:
    from elman.layers.operation import Operation


def place(name: str) -> tuple[str, str, list[str]] | None:
    """Return module, class and arguments of the call of a function's operation in Keras."""
    from elman.layers.saved.keras_classes import CLASSES  # long; for models with operations

    if name not in CLASSES:
        return None
    module, class_name, names = CLASSES[name]
    return module, class_name, names.split()


def form(operation: "Operation") -> dict[str, Any]:
    """Return what Keras writes for the operation.

    Raises:
        UnsupportedError: Keras has no class of this function.
    """
    name = operation.function.__name__
    options = _tree.map_every(written, operation.options)
    known = place(name)
    if known is None or any(map(callable, operation.options.values())):
        raise UnsupportedError(
            f"{operation.owner}: `elman.ops.{name}` must be inside a layer to be saved, because "
            "Keras has no operation of it. Write a `Layer` subclass whose `call` computes it."
        )
    module, class_name, names = known
    taken = [each.lstrip("*") for each in names]
    for each in operation.nodes:
        beside = [key for key in each.arguments.kwargs if key not in taken]
        if beside:
            raise UnsupportedError(
                f"{operation.owner}: `{beside[0]}` must be a plain value to be saved: Keras "
                "writes it into the operation; got a tensor. Write a `Layer` subclass."
            )
    return {
        "module": f"keras.src.ops.{module}",
        "class_name": class_name,
        "config": {"name": operation.name, **options},
        "registered_name": class_name,
    }


def with_modules(config: Any) -> Any:
    """Return a model's configuration with the modules of its operations.

    Keras's older form lacks them; but layers say their dtype, and operations do not.
    """
    from elman.layers.saved.keras_classes import CLASSES

    if isinstance(config, list):
        return [with_modules(each) for each in config]
    if not isinstance(config, dict):
        return config
    found = {key: with_modules(value) for key, value in config.items()}
    name, said = config.get("class_name"), config.get("config")
    if not isinstance(said, dict) or "inbound_nodes" not in config or "module" in config:
        return found
    if "dtype" in said or "trainable" in said:
        return found
    if name == "ReLU":
        return {**found, "module": "keras.src.activations.activations"}
    module = next((place for place, known, _ in CLASSES.values() if known == name), None)
    return found if module is None else {**found, "module": f"keras.src.ops.{module}"}


def function(name: str) -> Any:
    """Return the function of `elman.ops`, or else of `elman.activations`, of this name."""
    from elman import activations, ops

    return getattr(ops, name) if name in ops.__all__ else getattr(activations, name)


def from_keras(config: Mapping[str, Any]) -> "Operation | None":
    """Make the operation that Keras wrote, None if it is none that elman has.

    Raises:
        UnsupportedError: elman has the function, but not with these options.
    """
    from elman.layers.operation import Operation

    module, class_name = str(config.get("module")), config["class_name"]
    own_config = dict(config["config"])
    if (module, class_name) == ("keras.src.activations.activations", "ReLU"):
        limits = {"negative_slope": 0.0, "max_value": None, "threshold": 0.0}
        if any(own_config.pop(key, value) != value for key, value in limits.items()):
            raise UnsupportedError(
                f"ReLU '{own_config.get('name')}': `max_value`, `negative_slope` and `threshold` "
                "must be left out of `activations.relu`; got others. Use `ops.clip` in Keras."
            )
        module, class_name = "keras.src.ops.nn", "Relu"
    from elman.layers.saved.keras_classes import find

    name = find(module, class_name)
    if name is None:
        return None
    applied = function(name)
    names = (place(name) or ("", "", []))[2]
    label = own_config.pop("name", None)
    code = applied.__wrapped__.__code__
    takes = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    beside = [key for key, value in own_config.items() if key not in takes and value]
    if beside:
        raise UnsupportedError(
            f"{class_name} '{label}': `{beside[0]}` must be left out, because elman does not have "
            f"it; got {own_config[beside[0]]!r}."
        )
    options = {
        key: _tree.map_every(read, value) for key, value in own_config.items() if key in takes
    }
    return Operation(applied, options, names, label)


# ---------------------------------------------------------------------- values in files


def written(value: Any) -> Any:
    """Return a value of an argument as Keras writes it."""
    if isinstance(value, slice):
        parts = {"start": value.start, "stop": value.stop, "step": value.step}
        return {"class_name": "__slice__", "config": parts}
    if value is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(value, np.ndarray):
        config = {"value": value.tolist(), "dtype": value.dtype.name}
        return {"class_name": "__numpy__", "config": config}
    if isinstance(value, np.dtype):
        return value.name
    return value.item() if isinstance(value, np.generic) else value


def read(value: Any) -> Any:
    """Return a value of an argument from what Keras, or `written`, wrote."""
    if not isinstance(value, dict) or "class_name" not in value:
        return value
    config = value.get("config") or {}
    if value["class_name"] == "__slice__":
        return slice(config.get("start"), config.get("stop"), config.get("step"))
    if value["class_name"] == "__ellipsis__":
        return Ellipsis
    if value["class_name"] in ("__numpy__", "__tensor__"):
        return np.array(config["value"], config["dtype"])
    return value
