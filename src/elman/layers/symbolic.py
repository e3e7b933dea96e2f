"""What a model is drawn with before any data: symbolic tensors, and the nodes between them.

    Input(shape) -> tensor;   layer(tensor) -> tensor, with a Node that remembers the call

A `Model` follows these nodes from its outputs back to its inputs.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from elman._typing import Shape

if TYPE_CHECKING:
    from elman.layers.base import Layer


@dataclass(eq=False)
class SymbolicTensor:
    """An array that does not exist yet: its shape, its dtype and the call that will make it.

    Attributes:
        shape: size of each axis, None where it is open; axis 0 is the batch.
        dtype: name of the dtype, such as "float32".
        node: the call of a layer that makes it.
        index: which of the call's outputs it is.
    """

    shape: Shape
    dtype: str
    node: "Node"
    index: int

    @property
    def name(self) -> str:
        """The name of the layer that makes it."""
        return self.node.layer.name

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def __repr__(self) -> str:
        return f"<SymbolicTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"


@dataclass(eq=False)
class Node:
    """One call of a layer on symbolic tensors.

    Attributes:
        layer: the layer called.
        structure: its first argument as it was given: a tensor, or a nest of them.
        inputs: the leaves of `structure`, then the initial states.
        states: how many of `inputs` are initial states.
        mask: a mask given by hand, as a tensor.
        training: `training=` given by hand, None to follow the model's mode.
        arguments: all that it was called with, where that is more than the above.
        outputs: what the call made.
    """

    layer: "Layer"
    structure: Any
    inputs: list[SymbolicTensor]
    states: int = 0
    mask: SymbolicTensor | None = None
    training: bool | None = None
    arguments: Any = None
    outputs: list[SymbolicTensor] = field(default_factory=list)

    @property
    def parents(self) -> list["Node"]:
        """The nodes that make this node's inputs."""
        tensors = self.inputs if self.mask is None else [*self.inputs, self.mask]
        return [tensor.node for tensor in tensors]

    @property
    def index(self) -> int:
        """Which call of its layer this is."""
        return next(i for i, node in enumerate(self.layer.nodes) if node is self)
