"""Traces as xarray's data sets: arrays whose axes have names."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from elman._typing import Array
from elman.errors import MissingDependencyError

if TYPE_CHECKING:
    from elman.inspection.layer_trace import LayerTrace


def tree(layers: Mapping[str, "LayerTrace"]) -> Any:
    """Return a `DataTree` of layers, each with a node for pre-activations and for gradients."""
    try:
        import xarray
    except ImportError as error:
        raise MissingDependencyError(
            "xarray is needed to make data sets. Install it with `pip install 'elman[xarray]'`."
        ) from error
    nodes: dict[str, dict[str, Any]] = {}
    sizes: dict[str, dict[str, int]] = {}
    for name, layer in layers.items():
        for path, array in layer.arrays():
            *inside, what = path.split("/")
            node = "/".join(["", name, *inside])
            axes = _dimensions(what, array, sizes.setdefault(node, {}))
            nodes.setdefault(node, {})[what] = (axes, array)
    return xarray.DataTree.from_dict({node: xarray.Dataset(found) for node, found in nodes.items()})


def _dimensions(what: str, array: Array, sizes: dict[str, int]) -> tuple[str, ...]:
    """Return the names of an array's axes, whose sizes are noted.

    A cell of one's own may have further ones, and states with as many units as no other.
    """
    last = "feature" if what == "x" else "unit"
    further = (f"{last} {k}" for k in range(1, array.ndim - 2))
    names = ("batch", "timestep", last, *further)[: array.ndim]
    if what == "outputs" and array.ndim == 2:
        names = ("batch", "unit")
    return tuple(
        name if sizes.setdefault(name, size) == size else f"{name} of {what}"
        for name, size in zip(names, array.shape, strict=True)
    )
