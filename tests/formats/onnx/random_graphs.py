"""Draw ONNX graphs at random, and see that `to_model` computes what `run` does, or refuses.

    python -m tests.formats.onnx.random_graphs SECONDS [SEED]

A graph grows by a node at a time, of an operator that `to_model` knows, whose attributes, axes,
shapes and order of inputs are drawn, right and wrong ones alike. What `run` cannot compute or
`to_model` refuses is taken out again; else both get the same inputs, of several sizes where the
file takes any. The script stops where they differ, with the file in `differs.onnx`.
"""

import random
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import onnx

from tests import tolerances
from tests.formats.onnx.agreeing import compared
from tests.formats.onnx.random_nodes import NODES

helper = onnx.helper
OPSETS = (8, 11, 12, 13, 17, 18, 20)
ELEMENTS = {"float32": 1, "float64": 11, "int64": 7}


class Growing:
    """A graph that grows.

    Args:
        draw: from where everything is drawn.
    """

    def __init__(self, draw):
        self.draw, self.opset = draw, draw.choice(OPSETS)
        self.dtype = draw.choice(["float32", "float32", "float64"])
        B, T, F = (draw.choice([1, 2, 2, 3, 4]) for _ in range(3))
        kind = draw.choice(["BTF", "BTF", "TBF", "BF", "BT"])
        sizes = [{"B": B, "T": T, "F": F}[axis] for axis in kind]
        free = {axis for axis in "BT" if draw.random() < 0.7}
        told = [axis if axis in free else n for axis, n in zip(kind, sizes, strict=True)]
        self.x = ("int64" if kind == "BT" else self.dtype, told, kind)
        self.nodes, self.arrays, self.counted = [], [], 0
        self.shapes = {"x": tuple(sizes)}
        self.whole = {"x"} if kind == "BT" else set()

    def name(self):
        """Return a name that nothing has yet."""
        self.counted += 1
        return f"v{self.counted}"

    def array(self, value, dtype=None):
        """Put an array into the file, and return its name."""
        name = self.name()
        array = np.asarray(value, dtype or self.dtype)
        self.arrays.append(onnx.numpy_helper.from_array(array, name))
        return name

    def node(self, op, *inputs, outputs=1, **attributes):
        """Add a node, and return the name of its first output."""
        names = [self.name() for _ in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def content(self, output):
        """Return the file as bytes."""
        dtype, shape, _ = self.x
        entered = helper.make_tensor_value_info("x", ELEMENTS[dtype], shape)
        graph = helper.make_graph(
            self.nodes, "graph", [entered], [onnx.ValueInfoProto(name=output)], self.arrays
        )
        versions = [helper.make_opsetid("", self.opset)]
        return helper.make_model(graph, opset_imports=versions).SerializeToString()

    def inputs(self):
        """Return inputs, of the sizes that the graph was drawn for, and of others that it takes."""
        dtype, told, _ = self.x
        found = []
        for more in (0, 1, 3):
            shape = [
                n + more if isinstance(axis, str) else n
                for axis, n in zip(told, self.shapes["x"], strict=True)
            ]
            numbers = np.random.default_rng(self.draw.randrange(2**32)).normal(size=shape) * 2
            array = abs(numbers) % 5 if dtype == "int64" else numbers
            found.append({"x": array.astype(dtype)})
        return found if any(isinstance(axis, str) for axis in told) else found[:1]

    def grow(self, path):
        """Try one more node, and return what became of it.

        Raises:
            AssertionError: the model computes something else.
        """
        before = len(self.nodes), len(self.arrays)
        output = self.draw.choice(NODES)(self)
        if output is None:
            return "none"
        path.write_bytes(self.content(output))
        found = compared(path, self.inputs(), tolerances.DRAWN_GRAPH)
        if isinstance(found, list) and np.isfinite(found[0]).all():
            self.shapes[output] = found[0].shape
            return "agrees"
        del self.nodes[before[0] :], self.arrays[before[1] :]
        return found if isinstance(found, str) else "not finite"


def try_graphs(path, seed, count, nodes=12):
    """Grow so many graphs; return what became of their nodes.

    Raises:
        AssertionError: a model computes something else than its file.
    """
    counts = Counter()
    for number in range(count):
        growing = Growing(random.Random(f"{seed} {number}"))
        for _ in range(nodes):
            counts[growing.grow(path)] += 1
    return counts


def main(seconds, seed=0):
    """Grow graphs for so many seconds."""
    counts, end, number = Counter(), time.monotonic() + seconds, 0
    path = Path("differs.onnx")
    while time.monotonic() < end:
        counts += try_graphs(path, f"{seed} {number}", 1)
        number += 1
    path.unlink(missing_ok=True)
    print(f"{number} graphs {dict(counts)}")


if __name__ == "__main__":
    main(float(sys.argv[1]), *map(int, sys.argv[2:]))
