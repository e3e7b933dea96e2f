"""Models that are subclasses with a `call` of their own, taken as a graph of one node.

    inputs -> [ ModelCall: the model's `call` ] -> outputs

With it everything that goes around a graph (batches, names, losses, plans) goes around them too.
The graph is drawn when data first come in, because only then it is known how many they are.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _tree
from elman._typing import Array, Shape
from elman.layers import Input, Layer, arguments, own
from elman.layers.call_arguments import CallArguments
from elman.layers.passes import Arrays, Masks, Mode
from elman.layers.symbolic import Node, SymbolicTensor
from elman.parameters import Weight

if TYPE_CHECKING:
    from elman.models.model import Model


class ModelCall(Layer):
    """The `call` of a model, as the one layer of its graph."""

    def __init__(self, model: "Model") -> None:
        super().__init__(name=model.name, dtype=model.dtype)
        self.model = model
        self.built = True

    @property
    def weights(self) -> list[Weight]:
        """The model's."""
        return self.model.weights

    def cast(self, inputs: Sequence[Array]) -> Arrays:
        """Cast as the model does."""
        return tuple(self.model.cast(inputs))

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode, *given: Any) -> tuple[Arrays, Any]:
        """Run the model's `call`."""
        return own.forward(self.model, inputs, masks, mode, *given)

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Any, list[Array]]:
        """Ask the tape of the `call`."""
        return own.backward(self.model, tape, doutputs)

    def output_shapes(self, shapes: list[Shape], *given: Any) -> list[Shape]:
        """Return the shapes of what `call` returns."""
        return self.model.output_shapes(shapes, *given)

    def output_masks(self, inputs: Arrays, masks: Masks) -> Masks:
        """Return no masks: what `call` returns is arrays."""
        return ()


def draw(model: "Model", x: Any) -> None:
    """Draw the graph of a model that is called with things like x, and build what is inside."""
    arrays = [arguments.as_array(model.owner, "x", leaf) for leaf in _tree.flatten(x)]
    given = CallArguments(model.owner, [_tree.pack(x, arrays)], {})
    shapes: list[Shape] = [(None, *array.shape[1:]) for array in arrays]
    model.ready(shapes)
    form = own.example(model, shapes, given)
    inputs = [Input(batch_shape=(None,) * a.ndim, dtype=_dtype(model, a)) for a in arrays]
    structure = _tree.pack(x, list(inputs))
    node = Node(ModelCall(model), structure, inputs, arguments=None if given.plain else given)
    node.layer.nodes.append(node)
    node.outputs = [
        SymbolicTensor(tuple(shape), model.dtype, node, i)
        for i, shape in enumerate(model.output_shapes(shapes, given))
    ]
    model.connect(structure, _tree.pack(form, list(node.outputs)))


def _dtype(model: "Model", array: Array) -> str:
    """Return what an input declares: floats come in the model's dtype."""
    return {"b": "bool", "i": "int32", "u": "int32"}.get(np.dtype(array.dtype).kind, model.dtype)
