"""Outputs of which tokens are chosen: as logits, whatever the model puts out.

z = outputs            of a model that puts out logits
z = log(outputs)       of one that puts out probabilities
z_i = -inf             of forbidden tokens i

log p = z - log sum_j exp(z_j)
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman import _check, activations
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError
from elman.generation.fed_back import Widths
from elman.layers import Activation, Dense, Embedding, Layer, Softmax
from elman.layers.parts.nesting import with_sublayers
from elman.layers.parts.symbolic import SymbolicTensor
from elman.models import Model
from elman.models.kinds import is_model


def check_vocabulary(owner: str, model: Model, widths: Widths, name: str = "model") -> None:
    """Check that the model, called `name`, takes in every token that it can put out."""
    if widths.features is not None:
        return
    for layer in with_sublayers(model):
        if isinstance(layer, Embedding) and layer.input_dim < widths.outputs:
            raise ShapeError(
                f"{owner}: `{name}` must take in every token that it puts out, to be fed back; "
                f"{layer.owner} takes {layer.input_dim}, and {widths.outputs} come out. Give it "
                f"`input_dim={widths.outputs}`."
            )


class Logits:
    """Outputs as logits, without what is forbidden.

    Args:
        owner: who speaks.
        model: whose outputs they are.
        widths: of the model.
        from_logits: whether outputs are logits, or else probabilities; None for what the last
            layer says.
        forbidden: tokens that are never taken.
    """

    def __init__(
        self, owner: str, model: Model, widths: Widths, from_logits: bool | None,
        forbidden: Sequence[int],
    ) -> None:  # fmt: skip
        self._owner = owner
        if from_logits is None:
            self._plain = _ends_in_logits(owner, model.outputs[0])
        else:
            self._plain = _check.flag(owner, "from_logits", from_logits)
        several = isinstance(forbidden, (list, tuple, range, np.ndarray))
        listed = list(forbidden) if several else [forbidden]
        self._forbidden = [token(owner, "forbidden", each, widths) for each in listed]

    def of(self, outputs: Array, step: int) -> Array:
        """Return logits (batch, tokens) of outputs, in an array of their own.

        Raises:
            ArgumentError: one is NaN or infinite, or no token is left.
        """
        if self._plain:
            z = outputs.copy()
        else:
            with np.errstate(divide="ignore", invalid="ignore"):
                z = np.log(outputs)
        highest = z.max(axis=1)
        if not np.isfinite(highest).all():
            row = int(np.argmin(np.isfinite(highest)))
            raise ArgumentError(
                f"{self._owner}: outputs must be finite"
                f"{'' if self._plain else ' probabilities'} to choose a token by; got "
                f"{outputs[row][_worst(z[row])]} at step {step} of sequence {row}. "
                "See whether the model's weights are finite, and `from_logits` is right."
            )
        if self._forbidden:
            z[:, self._forbidden] = -np.inf
            if not np.isfinite(z.max(axis=1)).all():
                raise ArgumentError(
                    f"{self._owner}: `forbidden` must leave a token that can be taken; got "
                    f"{self._forbidden}, and the probability of all others is 0 at step {step}."
                )
        return z


def _worst(z: Array) -> int:
    """Return where logits are NaN or infinite, or are not above all bounds."""
    return int(np.argmax(np.isnan(z) | (z == np.inf)))


def log_softmax(z: Array) -> Array:
    """Return the logarithms of the probabilities, (batch, tokens)."""
    z = z - z.max(axis=1, keepdims=True)
    found: Array = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return found


def token(owner: str, name: str, value: Any, widths: Widths) -> int:
    """Return a token that the model puts out."""
    found = _check.integer(owner, name, value, minimum=0)
    if found >= widths.outputs:
        raise ArgumentError(
            f"{owner}: `{name}` must be a token below {widths.outputs}, as many as the model puts "
            f"out; got {found}."
        )
    return found


OF_TOKENS: dict[str, Any] = {  # what is for tokens alone, and what says nothing of it
    "end": None, "forbidden": (), "from_logits": None, "return_log_probabilities": False,
}  # fmt: skip


def refuse_for_numbers(owner: str, **given: Any) -> None:
    """Check that nothing is given that is for tokens, where numbers are generated.

    Raises:
        ArgumentError: something is.
    """
    for name, value in given.items():
        nothing = OF_TOKENS[name]
        if value is nothing or (name == "forbidden" and np.size(value) == 0):
            continue
        raise ArgumentError(
            f"{owner}: `{name}` must be {nothing!r} where numbers are generated; got {value!r}. "
            "For tokens give a `sampler` such as `elman.generation.Greedy()`."
        )


def _ends_in_logits(owner: str, tensor: SymbolicTensor) -> bool:
    """Say whether a model puts out logits, as its last layer tells.

    Raises:
        ArgumentError: it does not tell.
    """
    layer: Layer = tensor.node.layer
    while is_model(layer) or hasattr(layer, "layer"):
        inner: Any = layer
        layer = inner.outputs[0].node.layer if is_model(inner) else inner.layer
    name: Any = None
    if isinstance(layer, (Activation, Dense)):
        name = activations.entry(layer.activation)
    elif isinstance(layer, Softmax):
        name = "softmax"
    if name in ("linear", "log_softmax"):
        return True
    if name == "softmax":
        return False
    raise ArgumentError(
        f"{owner}: `from_logits` must be True or False, because the model ends in {layer.owner}, "
        "which is neither softmax nor linear; got None."
    )
