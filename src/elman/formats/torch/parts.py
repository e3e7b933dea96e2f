"""Which modules are the entries of a state_dict of, and which layer is each module's?

A state_dict does not say what its modules are: "rnn.weight_ih_l0" is of a layer of a recurrent
module called `rnn`, "head.weight" and "head.bias" of a module called `head`. What has the entries
and shapes that a layer needs is taken for that layer's; among several of the same, the first is.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from elman._typing import Array
from elman.errors import ArgumentError, FormatError, UnsupportedError
from elman.formats.torch.slots import Slot
from elman.formats.torch.stored import shown

ENTRY = re.compile(
    r"(?:(.*)\.)?((?:weight|bias)(?:_(?:ih|hh|hr)_l(\d{1,4})(_reverse)?)?|running_(?:mean|var))",
    re.S,
)
REVERSE = "_reverse"  # the end of entries of the direction that reads backwards
TWO_WAYS = "The module is bidirectional: put the layer into a Bidirectional. "
ONE_WAY = "The module has one direction: take the layer out of its Bidirectional. "
PROJECTION = re.compile(r"(?:^|\.)weight_hr_l\d+")


class Part(NamedTuple):
    """A module, or of a recurrent one a layer: its name, its number, and its entries by name."""

    module: str
    place: int
    entries: dict[str, str]

    def shapes(self, arrays: Mapping[str, Array]) -> set[tuple[str, tuple[int, ...]]]:
        """Return the names within the module, with the shapes of what they hold."""
        return {(name, arrays[entry].shape) for name, entry in self.entries.items()}


class Wanted(NamedTuple):
    """A layer with weights: how messages name it, its own name, and its slots."""

    owner: str
    name: str
    slots: list[Slot]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The names that its entries have within their module, with their shapes."""
        return {
            name: entry.shape
            for slot in self.slots
            for name, entry in zip(slot.names, slot.to_torch(slot.weight.array), strict=True)
        }


def full_name(module: str, name: str, place: int) -> str:
    """Return what an entry is called in the state_dict of everything.

    >>> full_name("rnn", "weight_ih_l{}_reverse", 1)
    'rnn.weight_ih_l1_reverse'
    """
    return f"{module}.{name.format(place)}".removeprefix(".")


def parts(where: str, arrays: Mapping[str, Array]) -> list[Part]:
    """Return the modules in the order in which they are met, the layers of one in theirs.

    Raises:
        UnsupportedError: an entry is of a module that elman has no counterpart of.
    """
    found: dict[str, dict[int, Part]] = {}
    for entry in arrays:
        match = ENTRY.fullmatch(entry)
        if match is None:
            raise UnsupportedError(
                f"{where}: entry {shown(entry)} must be of an RNN, GRU, LSTM, Linear, Embedding, "
                "LayerNorm or BatchNorm1d; elman has no counterpart of it. Say with `names` which "
                "modules to take."
            )
        check_no_projection(where, entry)
        module, name, number, reverse = match.groups(default="")
        place = int(number or 0)
        if number:
            name = name.removesuffix(f"{number}{reverse}") + "{}" + reverse
        part = found.setdefault(module, {}).setdefault(place, Part(module, place, {}))
        if name in part.entries:  # "l0" and "l00"
            raise FormatError(f"{where}: entry {shown(entry)} must be there once; it is twice.")
        part.entries[name] = entry
    return [layers[place] for layers in found.values() for place in sorted(layers)]


def check_no_projection(where: str, entry: str) -> None:
    """Refuse what an LSTM with `proj_size` has besides."""
    if PROJECTION.search(entry):
        raise UnsupportedError(
            f"{where}: entry {shown(entry)} must not be a projection, of an LSTM with `proj_size`; "
            "elman has none."
        )


def match(
    where: str, owner: str, layers: Sequence[Wanted], arrays: Mapping[str, Array], ordered: bool
) -> list[Part]:
    """Return the part of each layer.

    Args:
        where: whose entries they are, a path.
        owner: the model, for messages.
        layers: in their order.
        arrays: the state_dict.
        ordered: whether its order is that of the modules, and not of the alphabet.

    Raises:
        FormatError: a layer has none, or a part no layer.
        ArgumentError: the order is needed, and not known.
    """
    left = parts(where, arrays)
    if not ordered:
        left.sort(key=lambda part: re.split(r"(\d+)", part.module)[::2])
        left.sort(key=lambda part: [int(n) for n in re.findall(r"\d{1,9}", part.module)])
    chosen = []
    for layer in layers:
        shapes = set(layer.shapes.items())
        alike = [part for part in left if part.shapes(arrays) == shapes]
        if not alike:
            raise _none(where, layer, left, arrays)
        if not ordered and len({re.sub(r"_?\d+", "", part.module) for part in alike}) > 1:
            names = ", ".join(dict.fromkeys(shown(part.module) for part in alike))
            raise ArgumentError(
                f"load_weights: `names` must say which of {names} is {layer.owner}'s, because "
                f"{where} keeps no order; got None."
            )
        left.remove(alike[0])
        chosen.append(alike[0])
    if left:
        raise FormatError(
            f"{where}: entry {shown(next(iter(left[0].entries.values())))} must be a weight of "
            f"{owner}; it has no layer left for it. Its weights are unchanged."
        )
    return chosen


def _none(where: str, layer: Wanted, left: list[Part], arrays: Mapping[str, Array]) -> FormatError:
    """Return the error of a layer that nothing fits; it names the entry that is nearest."""
    wanted = layer.shapes
    near = next((part for part in left if part.entries.keys() == wanted.keys()), None)
    if near is not None:
        for name, entry in near.entries.items():
            if arrays[entry].shape != wanted[name]:
                return wrong_shape(where, entry, layer, wanted[name], arrays[entry].shape)
    names = ", ".join(name.format(0) for name in wanted)
    got = ", ".join([shown(entry) for part in left[:2] for entry in part.entries.values()][:8])
    theirs = {*left[0].entries} if left else set()
    reverse = all(name.endswith(REVERSE) for name in theirs ^ wanted.keys())
    way = (TWO_WAYS if len(theirs) > len(wanted) else ONE_WAY) if reverse else ""
    return FormatError(
        f"{where}: it must have entries {names} of a module for {layer.owner}; the next are "
        f"{got or 'none'}. {way}Weights are unchanged."
    )


def wrong_shape(
    where: str, entry: str, layer: Wanted, wanted: tuple[int, ...], got: tuple[int, ...]
) -> FormatError:
    """Return the error of an entry that does not fit."""
    return FormatError(
        f"{where}: entry {shown(entry)} must have shape {wanted} for {layer.owner}; got {got}. "
        "Weights are unchanged."
    )
