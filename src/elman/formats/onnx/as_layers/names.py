"""What layers, inputs and outputs of a model that is drawn are called: as in the file.

A node's name begins with its layer's: `encoder/LSTM` of elman and TensorFlow, `/encoder/LSTM` of
torch.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from elman import layers
from elman.formats.onnx.file import Node
from elman.layers.operation import Operation
from elman.layers.parts import naming


def layer_of(node: Node) -> str:
    """Return the layer that a node is a part of, "" if its name does not say."""
    *_, layer, _ = ("", "", *node.name.split("/"))
    return layer


class Names:
    """The layers of a model that is drawn, and what each is to be called."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[Any, str]] = {}
        self._taken: Counter[str] = Counter()  # names, and the number that is next
        self._named: set[int] = set()

    def note(self, tensors: Iterable[Any], name: str) -> None:
        """Note what new layers are to be called: those of these tensors, and what they read.

        An operation that a layer reads, such as one that makes its mask, is called as ever.
        """
        found = list(tensors)
        direct = len(found)
        for i, tensor in enumerate(found):
            layer = tensor.node.layer
            if id(layer) not in self._found:
                passed = i >= direct and isinstance(layer, Operation)
                self._found[id(layer)] = layer, "" if passed else name
                found += [*tensor.node.inputs, *(m for m in tensor.node.masks if m is not None)]

    def give(self, inputs: Sequence[Any], outputs: Sequence[tuple[Any, str]]) -> list[Any]:
        """Name all layers, and return the outputs, of which each has a name of its own.

        Args:
            inputs: the model's, whose names were noted.
            outputs: its outputs, each with the name that it has in the file.
        """
        for tensor in inputs:
            self._call(*self._found[id(tensor.node.layer)])
        kept: Counter[str] = Counter()
        ends = []
        for tensor, name in outputs:
            layer, own = self._found[id(tensor.node.layer)]
            if name == (f"{own}_{kept[own]}" if kept[own] else own):  # as elman writes them
                kept[own] += 1
                if id(layer) not in self._named:
                    self._call(layer, own)
            else:
                tensor = self._end(tensor, name)
            ends.append(tensor)
        for layer, name in sorted(self._found.values(), key=_is_operation):
            if id(layer) not in self._named:
                self._call(layer, name)
        return ends

    def _end(self, tensor: Any, name: str) -> Any:
        """Return an output that is called so: an output has the name of the layer that makes it."""
        if not name or "/" in name or name in self._taken:
            return tensor
        if len(tensor.node.outputs) > 1 or id(tensor.node.layer) in self._named:
            tensor = layers.Identity(dtype=tensor.dtype)(tensor)
        self._call(tensor.node.layer, name)
        return tensor

    def _call(self, layer: Any, name: str) -> None:
        """Give a layer a name that no other has: this, or this with a number."""
        name = name if name and "/" not in name else layer.name
        found = name
        while found in self._taken:
            found = f"{name}_{self._taken[name]}"
            self._taken[name] += 1
        self._taken[found] = 1
        naming.rename(layer, found)
        self._named.add(id(layer))


def _is_operation(found: tuple[Any, str]) -> bool:
    return isinstance(found[0], Operation)
