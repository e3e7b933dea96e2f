"""Sequential: a model of layers one behind the other."""

from collections.abc import Iterable, Mapping, Sequence
from types import NoneType
from typing import Any, Self

from elman import _custom, _tree
from elman._typing import Array, Shape
from elman.errors import ArgumentError
from elman.layers import Embedding, Input, InputLayer, Layer
from elman.layers.parts import arguments, naming
from elman.layers.parts.nesting import building, undone_on_error
from elman.layers.parts.symbolic import SymbolicTensor
from elman.layers.saved import serialization
from elman.models import config, own_model
from elman.models.model import GRAPH, Model


class Sequential(Model):
    """A model whose layers stand one behind the other.

    Args:
        layers: the layers in order; the first may be what `Input` returned. Without an `Input`
            the model is built when it first sees data, and later takes other numbers of timesteps
            if its layers do.
        trainable: whether training may change the weights.
        name: what it is called.

    >>> import elman
    >>> model = elman.Sequential([elman.Input((None, 3)), elman.layers.GRU(4)])
    >>> model.output_shape
    (None, 4)
    """

    builds_itself = True

    def __init__(
        self, layers: Sequence[Any] | None = None, trainable: bool = True, name: str | None = None
    ) -> None:
        own_model.check_made(type(self), drawn=True)
        name = naming.automatic("Sequential") if name is None else name
        Layer.__init__(self, name=name, trainable=trainable)
        self.compiled = None
        self.stop_training = False
        self.history = None
        self.fed = None
        self.stack: list[Layer] = []
        if not isinstance(layers, (Iterable, NoneType)):
            raise ArgumentError(
                f"{self.owner}: `layers` must be a list of layers; got {type(layers).__name__}."
            )
        for layer in layers or ():
            self._append(layer)
        self._rebuild()

    def add(self, layer: Any) -> None:
        """Put a layer at the end."""
        with undone_on_error(self):
            self._append(layer)
            self._rebuild()

    def pop(self) -> Layer:
        """Take the last layer away and return it."""
        if not self.layers:
            raise ArgumentError(f"{self.owner}: there must be a layer to pop; got an empty model.")
        layer = self.stack.pop()
        self._rebuild()
        return layer

    def _append(self, layer: Any) -> None:
        if isinstance(layer, SymbolicTensor) and isinstance(layer.node.layer, InputLayer):
            layer = layer.node.layer
        if not isinstance(layer, Layer):
            is_class = isinstance(layer, type)
            got = f"the class {layer.__name__}" if is_class else type(layer).__name__
            fix = f" Make a layer of it, `{layer.__name__}(…)`." if is_class else ""
            raise ArgumentError(f"{self.owner}: `layers` must hold layers; got {got}.{fix}")
        if isinstance(layer, InputLayer) and self.stack:
            raise ArgumentError(
                f"{self.owner}: an Input must stand first; got it behind {self.stack[-1].owner}."
            )
        if layer.name in [other.name for other in self.stack]:
            raise ArgumentError(
                f"{self.owner}: every layer must have a name of its own; got '{layer.name}' twice. "
                "Give one of them another `name=`."
            )
        if not self.trainable:
            layer.trainable = False
        if not self.stack and (shape := layer.sample_shape) is not None:
            dtype = "int32" if _takes_indices([layer]) else layer.dtype
            self.stack.append(Input(batch_shape=shape, dtype=dtype).node.layer)
        self.stack.append(layer)

    def _rebuild(self) -> None:
        """Connect the layers, if the first says what goes in."""
        self.built = self.built_from_data = False
        for name in GRAPH:
            vars(self).pop(name, None)
        if not self.stack:
            return
        first = self.stack[0]
        if isinstance(first, InputLayer):
            self._chain(first.output, self.stack[1:])
        elif isinstance(first, Model) and first.built:
            self._chain(
                Input(batch_shape=first.input_shape, dtype=first.inputs[0].dtype), self.stack
            )

    def _chain(self, tensor: SymbolicTensor, layers: Sequence[Layer]) -> None:
        start = tensor
        for layer in layers:
            with naming.scope(self.name):
                tensor = layer(tensor)
            if isinstance(tensor, (list, tuple, dict)) and layer is not layers[-1]:
                raise ArgumentError(
                    f"{self.owner}: every layer but the last must have one output; {layer.owner} "
                    f"has {len(tensor)}. Use `elman.Model` with `Input`."
                )
        self.connect(start, tensor)

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of this shape, the batch included."""
        if not self.built:
            _, *sample = arguments.as_shapes(self.owner, input_shape)[0] or (None,)
            dtype = "int32" if _takes_indices(self.stack) else self._first_dtype
            with undone_on_error(self):
                self._chain(Input(batch_shape=(None, *sample), dtype=dtype), self.stack)
                self.built_from_data = True

    @property
    def _first_dtype(self) -> str:
        """The dtype in which the first layer computes."""
        first = self.stack[0] if self.stack else self
        return first._first_dtype if isinstance(first, Sequential) and first.stack else first.dtype

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check the shape of the input: against `Input`, or without one against the layers."""
        if not self.built:
            return  # the layers will check it when they are built
        if self.built_from_data and len(shapes) == 1:
            self.graph.shapes(shapes)
        else:
            super().check_shapes(shapes)

    def ready(self, shapes: list[Shape]) -> None:
        """Check the shape of the input, and build for it at the first call."""
        if not self.built:
            with building:
                self.build(shapes[0])
        super().ready(shapes)

    def enter(self, x: Any) -> list[Array]:
        """Return what was fed in as arrays; at the first call, build for it."""
        if not self.built:
            leaves = _tree.flatten(x)
            if not self.stack or len(leaves) != 1:
                raise ArgumentError(
                    f"{self.owner}: it must have a layer, and be given one array, while it is not "
                    f"built; got {len(self.stack)} layers and {len(leaves)} arrays."
                )
            self.build(arguments.as_array(self.owner, "x", leaves[0]).shape)
        return super().enter(x)

    @property
    def layers(self) -> list[Layer]:
        """The layers in order, without the input."""
        return [layer for layer in self.stack if not isinstance(layer, InputLayer)]

    def get_config(self) -> dict[str, Any]:
        """Return the layers in Keras's form; of a constructor of your own the arguments."""
        if type(self).__init__ is Sequential.__init__:
            return config.sequential_config(self)
        config_ = {key: v for key, v in Layer.get_config(self).items() if key != "dtype"}
        if self.built_from_data:
            config_["build_input_shape"] = list(self.inputs[0].shape)
        return config_

    @classmethod
    def from_config(
        cls, config_: dict[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Self:
        """Make a model from what `get_config` returned, or Keras's own; see `Model`."""
        with _custom.scope(custom_objects or {}):
            if cls.__init__ is Sequential.__init__ or "layers" in config_:
                return config.sequential_from_config(cls, config_)
            given = {name: v for name, v in config_.items() if name != "build_input_shape"}
            model = serialization.from_config(cls, given)
            if config_.get("build_input_shape") and not model.built:
                model.build(tuple(config_["build_input_shape"]))
            return model


def _takes_indices(stack: Sequence[Layer]) -> bool:
    return bool(stack) and isinstance(stack[0], Embedding)
