"""What a layer tells of itself beside its configuration: its path, its dtypes, its metrics."""

from typing import TYPE_CHECKING, Any

from elman.layers.parts.nesting import with_sublayers

if TYPE_CHECKING:
    from elman.config import DTypePolicy
    from elman.layers.base import Layer

CONTAINERS = (list, tuple, dict)


def path(layer: "Layer") -> str | None:
    """Where the layer stands, such as "model/lstm"; None before it is built."""
    found: str | None = vars(layer).get("_path")
    return found


def dtype(layer: "Layer") -> str:
    """The layer's dtype: its weights have it, inputs are cast to it, and it computes in it."""
    return layer.dtype


def dtype_policy(layer: "Layer") -> "DTypePolicy":
    """The layer's dtype as Keras wraps it."""
    from elman.config import DTypePolicy

    return DTypePolicy(layer.dtype)


def metrics(layer: "Layer") -> list[Any]:
    """The metrics among the attributes of the layer and of those inside it."""
    return [
        found
        for each in with_sublayers(layer)
        for value in vars(each).values()
        for found in _metrics(value)
    ]


def metrics_variables(layer: "Layer") -> list[Any]:
    """The variables of these metrics."""
    return [variable for metric in layer.metrics for variable in metric.variables]


def _metrics(value: Any) -> list[Any]:
    if isinstance(value, CONTAINERS):
        parts = value.values() if isinstance(value, dict) else value
        return [metric for part in parts for metric in _metrics(part)]
    return [value] if hasattr(value, "update_state") and hasattr(value, "result") else []
