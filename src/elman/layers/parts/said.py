"""What layers say that is to be added to the loss, and who wants to know."""

from typing import TYPE_CHECKING, Any

from elman.layers.own import context
from elman.layers.parts import penalty

if TYPE_CHECKING:
    from elman.layers.base import Layer


def add_loss(layer: "Layer", loss: Any) -> None:
    """Add a number, or the sum of an array or list, to the loss; in a `call` of your own."""
    around, given = context.current(), loss if isinstance(loss, (list, tuple)) else [loss]
    if around is None or not around.of_a_layer:
        layer._said.extend(given)
    elif around.penalties is not None:
        around.penalties.extend(given)


def losses(layer: "Layer") -> list[Any]:
    """What the last call by itself added to the loss, and what its weights' regularizers do."""
    weights = [weight for weight in layer.trainable_weights if weight.regularizer is not None]
    return [*layer._said, *(penalty.of_weight(w.regularizer, w.read) for w in weights)]


def wanted(layer: "Layer") -> list[Any] | None:
    """Return where a call by itself puts its penalties; None where nobody wants them."""
    around = context.current()
    if around is not None and around.of_a_layer:
        return around.penalties
    if layer.may_penalize:
        layer._said = []
        return layer._said
    return None
