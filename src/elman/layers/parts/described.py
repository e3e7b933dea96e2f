"""What a layer tells of itself beside its configuration: its path, its dtypes, its metrics."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from elman import _tree
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
    found = [m for each in with_sublayers(layer) for m in metrics_in(vars(each).values())]
    return list({id(metric): metric for metric in found}.values())


def metrics_variables(layer: "Layer") -> list[Any]:
    """The variables of these metrics."""
    return [variable for metric in layer.metrics for variable in metric.variables]


def metrics_in(values: Iterable[Any]) -> Iterator[Any]:
    """Give the metrics among values, and in lists, tuples and dictionaries among them."""
    for found in _tree.objects(list(values)):
        if hasattr(found, "update_state") and hasattr(found, "result"):
            yield found
