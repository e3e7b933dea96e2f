"""The metrics among the attributes of a model, and of the layers inside it, as Keras finds them.

They are looked for once, and anew when an attribute of the model is set or when layers change.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from elman.layers.own.stand_in import BASES
from elman.layers.parts.described import CONTAINERS, metrics_in
from elman.layers.parts.nesting import with_sublayers
from elman.metrics import Metric
from elman.models.kinds import is_model
from elman.parameters import version

if TYPE_CHECKING:
    from elman.models.model import Model

KNOWN = "_known_metrics"  # the attribute in which they are kept, with the version they are of
HOLDERS = (Metric, *CONTAINERS)
ELMANS = BASES | {  # what is elman's own holds none
    *("fed", "graph", "stack", "_nested_x", "_nested_y", "input_structure", "output_structure"),
    *("drawn_with", "compiled", KNOWN, "_penalizes"),
}


def note(model: "Model", name: str, value: Any) -> None:
    """Say that an attribute of a model has been set."""
    if isinstance(value, HOLDERS) and name not in ELMANS:
        vars(model).pop(KNOWN, None)


def own_metrics(model: "Model") -> list[Metric]:
    """Return the metrics among a model's attributes and those of its layers, models aside."""
    own = vars(model)
    known = own.get(KNOWN)
    if known is None or known[0] is not version():
        names = [n for n in own if n not in ELMANS and isinstance(own[n], HOLDERS)]
        known = own[KNOWN] = version(), names, list(_inside(model))
    _, names, inside = known
    if not names:
        return inside
    held = [own[name] for name in names if name in own]  # a list may have been added to
    found = [*metrics_in(held), *inside]
    return list({id(metric): metric for metric in found}.values())


def _inside(model: "Model") -> Iterator[Metric]:
    for layer in with_sublayers(model)[1:]:
        if not is_model(layer):
            yield from metrics_in(v for name, v in vars(layer).items() if name not in ELMANS)
