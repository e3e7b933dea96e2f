"""What a model is drawn with before any data: symbolic tensors, and the nodes between them.

    Input(shape) -> tensor;   layer(tensor) -> tensor, with a Node that remembers the call

A `Model` follows these nodes from its outputs back to its inputs. Operators and functions of
`elman.ops` on symbolic tensors are such calls too, of an `elman.layers.operation.Operation`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from elman._typing import Shape
from elman.errors import ArgumentError, NotBuiltError

if TYPE_CHECKING:
    from elman.layers.base import Layer


Options = Mapping[str, Any]  # further arguments of a call, plain values by name
NO_OPTIONS: Options = {}


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

    # What is computed with it is an operation of the model, see `elman.layers.operation`.

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Do what an operator with an array on its left does; refuse NumPy's other functions."""
        name = ufunc.__name__
        if name == "equal":
            return False  # as `==` says of any two things that are not the same
        if method != "__call__" or options or name not in _OF_NUMPY:
            self._not_by_numpy(name)
        return getattr(_ops(), _OF_NUMPY[name])(*inputs)

    def __array_function__(self, function: Any, *rest: Any) -> Any:
        """Refuse NumPy's functions, but for those that need no numbers."""
        name = function.__name__
        return getattr(self, name) if name in ("shape", "ndim") else self._not_by_numpy(name)

    def __getattr__(self, name: str) -> NoReturn:
        known = not name.startswith("_") and name in getattr(_ops(), "__all__", ())
        fix = f". Write `elman.ops.{name}(x)`." if known else ""
        raise AttributeError(
            f"'SymbolicTensor' object has no attribute {name!r}{fix}", name=name, obj=self
        )

    def operated(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Return the tensors that a function of `elman.ops` makes of arguments with this one."""
        from elman.layers import operation

        return operation.apply(function, args, kwargs)

    def __getitem__(self, key: Any) -> Any:
        return _ops().get_item(self, key)

    def reshape(self, newshape: Any) -> Any:
        """Return the same numbers in another shape."""
        return _ops().reshape(self, newshape)

    def squeeze(self, axis: Any = None) -> Any:
        """Return the same numbers without axes of size 1."""
        return _ops().squeeze(self, axis)

    def __round__(self, ndigits: int | None = None) -> Any:
        return _ops().round(self, ndigits or 0)

    def _no_numbers(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ArgumentError(
            f"{self.node.layer.owner}: the symbolic tensor that it makes must be computed with by "
            "layers, operators or `elman.ops`; it holds no numbers yet for NumPy or Python to "
            "look at. In a `call` of a layer of your own there are numbers."
        )

    def _not_by_numpy(self, name: str) -> NoReturn:
        ours = name in _ops().__all__
        fix = f"Write `elman.ops.{name}`" if ours else "Write it with `elman.ops`"
        raise ArgumentError(
            f"{self.node.layer.owner}: the symbolic tensor that it makes must be computed with by "
            f"layers, operators or `elman.ops`; got NumPy's `{name}`. {fix}, or a `call` of a "
            "layer of your own."
        )

    def __len__(self) -> int:
        raise ArgumentError(
            f"{self.node.layer.owner}: `len` must be asked of an array; got the symbolic tensor "
            f"that it makes. Its sizes are in `x.shape`: {self.shape}."
        )

    __array__ = __bool__ = __int__ = __float__ = _no_numbers

    def __iter__(self) -> Iterator[Any]:
        self._no_numbers()


def _ops() -> Any:
    from elman import ops

    return ops


def _operator(name: str, turned: bool = False) -> Callable[..., Any]:
    """Return a method of `SymbolicTensor` for an operator."""

    def method(self: SymbolicTensor, *other: Any) -> Any:
        return getattr(_ops(), name)(*((*other, self) if turned else (self, *other)))

    return method


_BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "mod",
    "pow": "power",
    "matmul": "matmul",
    "and": "logical_and",
    "or": "logical_or",
    "xor": "logical_xor",
}
_OF_NUMPY = {  # what NumPy calls them
    "divide": "true_divide",
    "remainder": "mod",
    "bitwise_and": "logical_and",
    "bitwise_or": "logical_or",
    "bitwise_xor": "logical_xor",
} | {
    name: name
    for name in (*_BINARY.values(), "less", "less_equal", "greater", "greater_equal", "not_equal")
}
for _name, _function in _BINARY.items():
    setattr(SymbolicTensor, f"__{_name}__", _operator(_function))
    setattr(SymbolicTensor, f"__r{_name}__", _operator(_function, turned=True))
for _name, _function in {
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "ne": "not_equal",
    "neg": "negative",
    "abs": "absolute",
    "invert": "logical_not",
}.items():
    setattr(SymbolicTensor, f"__{_name}__", _operator(_function))


@dataclass(eq=False)
class Node:
    """One call of a layer on symbolic tensors.

    Attributes:
        layer: the layer called.
        structure: its first argument as it was given: a tensor, or a nest of them.
        inputs: the leaves of `structure`, then the initial states.
        states: how many of `inputs` are initial states.
        masks: masks given by hand, one an input or None, in place of the inputs' own; empty if
            none is.
        training: `training=` given by hand, None to follow the model's mode.
        arguments: what it was called with, where that is more than the above: `Options`, or of a
            layer of your own all its `CallArguments`.
        outputs: what the call made.
        reset_mask: given by hand, None to follow what the model is given.
    """

    layer: "Layer"
    structure: Any
    inputs: list[SymbolicTensor]
    states: int = 0
    masks: tuple[SymbolicTensor | None, ...] = ()
    training: bool | None = None
    arguments: Any = None
    outputs: list[SymbolicTensor] = field(default_factory=list)
    reset_mask: SymbolicTensor | None = None

    @property
    def reads(self) -> list[SymbolicTensor]:
        """All tensors that the call needs: its inputs, and masks given by hand."""
        by_hand = (*self.masks, self.reset_mask)
        return [*self.inputs, *(mask for mask in by_hand if mask is not None)]

    @property
    def parents(self) -> list["Node"]:
        """The nodes that make this node's inputs."""
        return [tensor.node for tensor in self.reads]

    @property
    def index(self) -> int:
        """Which call of its layer this is."""
        return next(i for i, node in enumerate(self.layer.nodes) if node is self)


# ---------------------------------------------------------------------- the last call of a layer


def last_output(layer: "Layer") -> Any:
    """What the last symbolic call returned, to make another model of: `Model(x, l.output)`."""
    return layer.pack_outputs(_last_call(layer).outputs)


def last_input(layer: "Layer") -> Any:
    """What the last symbolic call was given."""
    return _last_call(layer).structure


def _last_call(layer: "Layer") -> Node:
    if not layer.nodes:
        raise NotBuiltError(
            f"{layer.owner}: it must be part of a model to have input and output; it is not. "
            "Call it on an `Input` first."
        )
    return layer.nodes[-1]
