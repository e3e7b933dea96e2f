"""Masks on their way through a layer of your own.

in     `call` has an argument `mask`, that of its one tensor, or `NAME_mask` for several
out    what a layer inside gave the output; else what `compute_mask` says, which by default is
       the first input's mask, where `supports_masking` is True
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from elman import _tree
from elman._warning import warn
from elman.gradient_tape import paused, unboxed
from elman.layers.own.call_arguments import CallArguments, Gap
from elman.layers.parts.kinds import defines, remembered
from elman.layers.parts.passes import Arrays, Masks

if TYPE_CHECKING:
    from elman.layers.base import Layer


def arguments(given: CallArguments, names: Sequence[str], masks: Masks) -> dict[str, Any]:
    """Return the masks that a `call` of these arguments takes and was not given."""
    if given.plain:
        return {"mask": masks[0]} if "mask" in names[1:] else {}
    forms = given.forms(names)
    if len(forms) == 1:
        wanted = {"mask": next(iter(forms.values()))}
    else:
        wanted = {f"{name}_mask": form for name, form in forms.items()}
    return {
        name: _picked(form, masks)
        for name, form in wanted.items()
        if name in names and given.is_missing(name, names)
    }


def first(given: CallArguments, masks: Masks, kwargs: Mapping[str, Any]) -> Any:
    """Return the mask of the first argument, nested as that is: the one given by hand, if any."""
    if kwargs.get("mask") is not None:
        return kwargs["mask"]
    if given.plain:
        return masks[0]
    return _picked(given.args[0], masks) if given.args else None


def _picked(form: Any, masks: Masks) -> Any:
    return _tree.map_leaves(lambda leaf: masks[leaf.place] if isinstance(leaf, Gap) else None, form)


def after(layer: "Layer", inputs: Any, mask: Any, outputs: Sequence[Any], inside: Masks) -> Masks:
    """Return the masks of what `call` has returned.

    Args:
        layer: the layer.
        inputs, mask: the first argument of `call` and its mask, nested alike.
        outputs: what `call` returned, in a row.
        inside: the masks that layers inside gave them.
    """
    if all(mask is not None for mask in inside):
        return inside
    masks, kind = _tree.flatten(mask), cast(Any, type(layer))
    if _is_plain(kind) and all(each is None for each in masks):
        return inside
    found: Sequence[Any] = ()
    if layer.supports_masking:
        found = _computed(layer, inputs, mask, masks)
    elif any(each is not None for each in masks):
        warn(
            f"{layer.owner}: the mask of its input ends here, because {type(layer).__name__} "
            "cannot pass one on. Set `self.supports_masking = True`, or define `compute_mask`.",
        )
    found = [*found, *[None] * (len(outputs) - len(found))]
    return tuple(b if a is None else a for a, b in zip(inside, found, strict=False))


@remembered
def _is_plain(kind: Any) -> bool:
    """Say whether no mask comes out of such a layer where none has come in."""
    return not (defines(kind, "output_masks") or defines(kind, "compute_mask"))


def _computed(layer: "Layer", inputs: Any, mask: Any, masks: Sequence[Any]) -> Sequence[Any]:
    """Ask the layer for the masks of its outputs."""
    arrays = _tree.map_leaves(unboxed, inputs)
    with paused():
        if hasattr(type(layer).output_masks, "asks"):
            return _tree.flatten(layer.compute_mask(arrays, mask))
        leaves = _tree.flatten(arrays)
        known = (*masks, *[None] * (len(leaves) - len(masks)))
        return layer.output_masks(tuple(leaves), known[: len(leaves)])


def output_masks(self: "Layer", inputs: Arrays, masks: Masks) -> Masks:
    """Ask the `compute_mask` of a layer whose `forward` is written by hand."""
    several = len(inputs) > 1
    x, mask = (list(inputs), list(masks)) if several else (inputs[0], masks[0])
    return tuple(_tree.flatten(self.compute_mask(x, mask)))


vars(output_masks)["asks"] = True
