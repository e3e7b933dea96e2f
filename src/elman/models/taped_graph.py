"""A graph on a tape, node by node, so that what its layers add to the loss is on the tape too."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from elman.layers.own import methods
from elman.layers.parts import taped
from elman.layers.parts.passes import Masks, Mode
from elman.models.graph import masks_by_hand

if TYPE_CHECKING:
    from elman.models.graph import Graph


def run(
    graph: "Graph", inputs: Sequence[Any], masks: Masks, mode: Mode
) -> tuple[list[Any], list[Any]]:
    """Return the outputs, in boxes, and their masks."""
    values: dict[int, Any] = {}
    found: dict[int, Any] = {}
    for (_, slot), x, mask in zip(graph.entries, inputs, masks, strict=True):
        values[slot], found[slot] = x, mask
    for visit in graph.visits:
        layer, xs = visit.layer, [values[i] for i in visit.reads]
        given = tuple(found[i] for i in visit.reads)
        if visit.masks:
            given = masks_by_hand(layer, visit.masks, values, xs)
        run_mode = mode if visit.training is None else mode._replace(training=visit.training)
        outputs: Sequence[Any]
        if layer.has_call:
            outputs, out_masks = methods.on_tape(layer, xs, given, run_mode, *visit.given)
        else:
            outputs, out_masks = taped.run(layer, xs, given, run_mode, *visit.given)
        for i, y, mask in zip(visit.writes, outputs, out_masks, strict=True):
            values[i], found[i] = y, mask
    return [values[i] for i in graph.leaves], [found[i] for i in graph.leaves]
