"""Which cell is meant: that of a layer, or of a layer inside a model, by its name."""

from typing import Any

from elman import _check
from elman.errors import ArgumentError, NotBuiltError, UnsupportedError
from elman.inspection.both_passes import check_layer
from elman.inspection.layers_by_name import in_full, stock_cells
from elman.layers import Layer
from elman.layers.recurrence.stock_cell import StockCell


def find(function: str, model_or_layer: Layer, name: str | None) -> tuple[str, Any]:
    """Return the name and the cell of a recurrent layer.

    Args:
        function: who asks, for messages.
        model_or_layer: a model, a layer, or a cell.
        name: of the layer, as a trace has it: "lstm", "bidirectional/forward_lstm", or the last
            part of it. None where there is one alone.

    Raises:
        ArgumentError: there is no such layer, or several and no name.
        NotBuiltError: the layer has no weights yet.
    """
    check_layer(function, "model_or_layer", model_or_layer)
    if isinstance(model_or_layer, StockCell):
        found = {model_or_layer.name: model_or_layer}
    else:
        found = stock_cells(model_or_layer)
    full = _chosen(model_or_layer.owner, found, name)
    if not found[full].built:
        raise NotBuiltError(
            f"{model_or_layer.owner}: the layer must be built before its dynamics are looked at; "
            "it is not. Call it on data first, or `build(input_shape)`."
        )
    return full, found[full]


def _chosen(owner: str, found: dict[str, Any], name: str | None) -> str:
    """Return the name in full."""
    if name is None:
        if len(found) > 1:
            raise ArgumentError(
                f"{owner}: `layer` must be given, one of {', '.join(map(repr, found))}; got None."
            )
        return next(iter(found))
    full = in_full(name, found)
    if full is None:
        raise ArgumentError(_check.not_one_of(owner, "layer", name, found))
    return full


def check_goes_on_from_state(cell: Any) -> None:
    """Check that the state of a cell and its input are all that a step depends on.

    Raises:
        UnsupportedError: they are not.
    """
    if cell.reads_whole:
        raise UnsupportedError(
            f"{cell.owner}: the layer must go on from its state alone; got one that also reads "
            "what was observed last, and when. Look at a GRU's dynamics instead."
        )
