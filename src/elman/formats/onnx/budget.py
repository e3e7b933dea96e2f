"""How much may be computed of an ONNX file, so that a small one takes little memory and time?"""

import math
from collections.abc import Iterable, Sequence

from elman._typing import Array
from elman.errors import FormatError
from elman.formats.onnx.file import Node

# How many numbers a run may make: so many, and so many times what came in and lies in the file.
MOST, TIMES = 2**24, 2**10
# How many nodes it may compute, a loop's in each step: so many, and so many for each such number.
MOST_NODES, NODES_EACH = 2**16, 2**6


class Budget:
    """How many numbers may still be made in a run, and how many nodes computed.

    Args:
        arrays: what the file and the caller give.
    """

    def __init__(self, arrays: Iterable[Array]) -> None:
        given = sum(array.size for array in arrays)
        self.left = given * TIMES + MOST
        self.most_nodes = self.nodes_left = given * NODES_EACH + MOST_NODES

    def check(self, node: Node, shape: Sequence[int]) -> None:
        """Check that a node may make an array of these sizes.

        Raises:
            FormatError: it would be too large, with all that was made before.
        """
        if min(shape, default=0) < 0 or math.prod(shape) > self.left:
            raise FormatError(
                f"{node.owner} must make at most {max(self.left, 0)} numbers of what the model was "
                f"given, beside those made before; got {tuple(shape)}."
            )

    def take(self, node: Node, arrays: Sequence[Array]) -> None:
        """Count what a node has made."""
        self.left -= sum(array.size for array in arrays)
        self.nodes_left -= 1
        if self.left < 0:
            self.check(node, [sum(array.size for array in arrays)])
        if self.nodes_left < 0:
            raise FormatError(
                f"{node.owner} must be one of at most {self.most_nodes} that are computed of what "
                "the model was given, those of loops in each step; got more."
            )
