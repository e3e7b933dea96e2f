"""Activations that are written as several nodes, as one each.

GELU         x (1 + erf(x / sqrt(2))) / 2, its factors in any order
log sigmoid  -softplus(-x)
"""

from collections.abc import Iterable, Mapping

import numpy as np

from elman._typing import Array
from elman.formats.onnx.file import Node
from elman.formats.onnx.operators.functions import CLOSE


def joined(nodes: Iterable[Node], constants: Mapping[str, Array]) -> list[Node]:
    """Return the nodes, with one in place of the last of several that are an activation.

    The others stay, as something else may read what they make.
    """
    seen = Seen(constants)
    return [seen.whole(node) for node in nodes]


class Seen:
    """The nodes that have been seen, by what they make.

    Args:
        constants: arrays by name.
    """

    def __init__(self, constants: Mapping[str, Array]) -> None:
        self._constants = constants
        self._makers: dict[str, Node] = {}

    def whole(self, node: Node) -> Node:
        """Return a node, or what it is the last part of."""
        self._makers.update(dict.fromkeys(node.outputs, node))
        for op, found in (
            ("Gelu", self._gelu(node) if node.op == "Mul" else None),
            ("LogSigmoid", self._log_sigmoid(node) if node.op == "Neg" else None),
        ):
            if found is not None:
                return node._replace(op=op, inputs=(found,), attributes={})
        return node

    def _gelu(self, node: Node) -> str | None:
        """Return the name of x."""
        factors = list(node.inputs)
        for name in node.inputs:  # three factors are two products
            if self._is(name, "Mul") and len(factors) == 2:
                factors.remove(name)
                factors += self._makers[name].inputs
        half = next((name for name in factors if self._number(name) == 0.5), None)
        if half is None or len(factors) != 3:
            return None
        factors.remove(half)
        for x, other in (factors, factors[::-1]):
            if self._is(other, "Add"):
                terms = self._makers[other].inputs
                for erf, one in (terms, terms[::-1]):
                    if self._number(one) == 1 and self._is(erf, "Erf") and self._erf_of(erf, x):
                        return x
        return None

    def _erf_of(self, erf: str, x: str) -> bool:
        """Say whether this is erf(x / sqrt(2))."""
        inside = self._makers[erf].inputs[0]
        scaled = self._makers.get(inside)
        if scaled is None or scaled.op not in ("Div", "Mul"):
            return False
        pairs = [scaled.inputs] if scaled.op == "Div" else [scaled.inputs, scaled.inputs[::-1]]
        factor = 2**0.5 if scaled.op == "Div" else 0.5**0.5
        return any(name == x and abs(self._number(c) - factor) < CLOSE for name, c in pairs)

    def _log_sigmoid(self, node: Node) -> str | None:
        """Return the name of x."""
        (y,) = node.inputs
        if not self._is(y, "Softplus") or not self._is(self._makers[y].inputs[0], "Neg"):
            return None
        return self._makers[self._makers[y].inputs[0]].inputs[0]

    def _is(self, name: str, op: str) -> bool:
        """Say whether an operator makes a value."""
        return name in self._makers and self._makers[name].op == op

    def _number(self, name: str) -> float:
        """Return a number of the file, NaN if it is none."""
        array = self._constants.get(name)
        return float(array.reshape(())) if array is not None and array.size == 1 else np.nan
