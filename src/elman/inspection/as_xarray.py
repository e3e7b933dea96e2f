"""Traces as xarray's data sets: arrays whose axes have names."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from elman._typing import Array
from elman.errors import MissingDependencyError

if TYPE_CHECKING:
    from elman.inspection.layer_trace import LayerTrace

DIMENSIONS = ("batch", "timestep", "unit")


def tree(layers: Mapping[str, "LayerTrace"]) -> Any:
    """Return a `DataTree` of layers, each with a node for pre-activations and for gradients."""
    try:
        import xarray
    except ImportError as error:
        raise MissingDependencyError(
            "xarray is needed to make data sets. Install it with `pip install 'elman[xarray]'`."
        ) from error
    nodes: dict[str, dict[str, Any]] = {}
    for name, layer in layers.items():
        for path, array in layer.arrays():
            *inside, what = path.split("/")
            node = "/".join(["", name, *inside])
            nodes.setdefault(node, {})[what] = (_dimensions(what, array), array)
    return xarray.DataTree.from_dict({node: xarray.Dataset(found) for node, found in nodes.items()})


def _dimensions(what: str, array: Array) -> tuple[str, ...]:
    """Return the names of an array's axes."""
    if what == "x":
        return ("batch", "timestep", "feature")
    if what == "outputs" and array.ndim == 2:
        return ("batch", "unit")
    return DIMENSIONS[: array.ndim]
