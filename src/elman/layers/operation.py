"""Operation: a function of `elman.ops` in a functional model.

    y = ops.mean(x, axis=1)      Operation(ops.mean, {"axis": 1, "keepdims": False})(x)
    y = x + 1                    Operation(ops.add, {})(x, 1)

What is given at the call and what to the constructor is divided as Keras divides it; see
`keras_operations.py`. The gradient is a tape's, the shapes are those that come out for examples.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from elman import _tree
from elman._typing import Array, Shape
from elman.errors import ElmanError, ShapeError, UnsupportedError
from elman.gradient_tape import boxed, paused
from elman.layers.base import Layer
from elman.layers.own import methods
from elman.layers.own.call_arguments import CallArguments, Gap
from elman.layers.parts import naming
from elman.layers.parts.symbolic import Node, SymbolicTensor
from elman.layers.saved import keras_operations
from elman.parameters import Weight


class Operation(Layer):
    """Apply a function of `elman.ops`; made by calling the function on a symbolic tensor.

    Args:
        function: the function.
        options: its arguments that are not given at the call, by name.
        names: of the arguments that are, in their order; the last may take all that follow.
        name: by default that of the function, with a number.

    >>> import elman, numpy as np
    >>> x = elman.Input((2,))
    >>> model = elman.Model(x, elman.ops.sum(x * 2, axis=1))
    >>> model(np.ones((1, 2)))
    array([4.], dtype=float32)
    """

    keeps_dtype = True

    def __init__(
        self,
        function: Any,
        options: Mapping[str, Any] | None = None,
        names: Sequence[str] = (),
        name: str | None = None,
    ) -> None:
        self.function, self.options, self.names = function, dict(options or {}), tuple(names)
        super().__init__(name=naming.automatic(_class_name(function)) if name is None else name)
        self._named = name is not None

    @property
    def kind(self) -> str:
        """The name of the class that it is in Keras, such as "Mean"."""
        return _class_name(self.function)

    @property
    def owner(self) -> str:
        """How messages name it, such as "Mean 'mean'"."""
        return f"{self.kind} '{self.name}'"

    def call(self, *args: Any, **more: Any) -> Any:
        """Return what the function returns."""
        if self.names and self.names[-1].startswith("*"):
            return self.function(*self.options.values(), *args, **more)
        return self.function(**self.options, **dict(zip(self.names, args, strict=False)), **more)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute with arrays, or record a call on symbolic tensors."""
        if self.function.__name__ == "get_item" and isinstance(args[-1], list):
            args = (*args[:-1], tuple(args[-1]))  # in files there are no tuples
        if any(map(_symbolic, (*args, *kwargs.values()))):
            return self.record(args, kwargs)
        return methods.called(self, args, kwargs)

    def record(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Write a call on symbolic tensors down, and return the tensors that it makes."""
        given = Given(args, kwargs)
        shapes = [tensor.shape for tensor in given.tensors]
        self.ready(shapes)
        node = Node(self, given.tensors[0], given.tensors, arguments=given)
        form = self._example(shapes, given, 2 * self._multiple(shapes))
        dtypes = [np.asarray(y).dtype.name for y in _tree.flatten(form)]
        node.outputs = [
            SymbolicTensor(tuple(shape), dtype, node, i)
            for i, (shape, dtype) in enumerate(
                zip(self.output_shapes(shapes, given), dtypes, strict=True)
            )
        ]
        self.nodes.append(node)
        return _tree.pack(form, list(node.outputs))

    def cast(self, inputs: Sequence[Any]) -> Any:
        """Return the inputs as they are."""
        return tuple(inputs)

    def output_shapes(self, shapes: list[Shape], *given: Any) -> list[Shape]:
        """Return the shapes that come out for examples; what follows an open axis is open."""
        sizes = (2 * self._multiple(shapes), 3 * self._multiple(shapes))
        found = [self._shapes(shapes, given[0], size) for size in sizes]
        if all(None not in shape for shape in shapes):
            return found[0]
        return [
            tuple(n if n == m else None for n, m in zip(a, b, strict=True))
            for a, b in zip(*found, strict=True)
        ]

    def _multiple(self, shapes: list[Shape]) -> int:
        """Return of what an open axis must be a multiple: of 1, but where it goes into another."""
        if self.function.__name__ != "reshape":
            return 1
        into = self.options["newshape"]
        wanted = math.prod(
            n for n in (into if isinstance(into, (list, tuple)) else [into]) if n > 0
        )
        return wanted // math.gcd(wanted, math.prod(n for n in shapes[0] if n is not None))

    def _shapes(self, shapes: list[Shape], given: "Given", size: int) -> list[Shape]:
        return [np.shape(y) for y in _tree.flatten(self._example(shapes, given, size))]

    def _example(self, shapes: list[Shape], given: "Given", size: int) -> Any:
        """Return what comes out for some numbers, open axes having this size."""
        pairs = zip(shapes, given.tensors, strict=True)
        args, kwargs = given.filled(
            [_example([size if n is None else n for n in shape], x.dtype) for shape, x in pairs]
        )
        try:
            with paused(), np.errstate(all="ignore"):
                return self.call(*args, **kwargs)
        except ElmanError:
            raise
        except (ValueError, IndexError) as error:
            shown = " and ".join(str(shape) for shape in shapes)
            raise ShapeError(
                f"{self.owner}: `inputs` must have shapes that `elman.ops."
                f"{self.function.__name__}` takes, whatever the size of an axis that is None; "
                f"got {shown}: {error}"
            ) from error

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` makes it of."""
        options = {"names": list(self.names), "name": self.name}
        return {"function": self.function.__name__, "options": self.options, **options}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Operation":
        """Make the operation of a function of `elman.ops` that `get_config` described."""
        function = keras_operations.function(config["function"])
        return cls(function, config["options"], config["names"], config["name"])

    def keras_form(self) -> dict[str, Any]:
        """Return what Keras writes for the operation; see `keras_operations.form`."""
        return keras_operations.form(self)


class Given(CallArguments):
    """The arguments of an operation, of which symbolic tensors alone are to be filled in."""

    def __init__(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        self.tensors: list[Any] = []

        def place(leaf: Any) -> Any:
            if not isinstance(leaf, SymbolicTensor):
                return leaf
            self.tensors.append(leaf)
            return Gap(len(self.tensors) - 1)

        self.args = [_tree.map_every(place, argument) for argument in args]
        self.kwargs = {name: _tree.map_every(place, argument) for name, argument in kwargs.items()}
        self.leading = len(self.tensors)
        self.plain = False  # the model need not know

    def filled(self, tensors: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return the arguments with these in place of the tensors."""

        def fill(leaf: Any) -> Any:
            return tensors[leaf.place] if isinstance(leaf, Gap) else leaf

        args = [_tree.map_every(fill, argument) for argument in self.args]
        return args, {
            name: _tree.map_every(fill, argument) for name, argument in self.kwargs.items()
        }


def apply(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Return the symbolic tensors that a function of `elman.ops` makes.

    Raises:
        UnsupportedError: among its arguments are weights, or what a tape watches.
        ShapeError: it does not take tensors of these shapes.
    """
    function, kwargs = _of_ops(function, kwargs)
    for leaf in _tree.every([*args, *kwargs.values()]):
        _check(function, leaf)
    code, defaults = function.__wrapped__.__code__, function.__wrapped__.__defaults__ or ()
    takes = code.co_varnames[: code.co_argcount]
    options = dict(zip(takes[len(takes) - len(defaults) :], defaults, strict=True))
    options |= dict(function.__wrapped__.__kwdefaults__ or {})
    options |= dict(zip(takes, args, strict=False)) | dict(kwargs)
    known = keras_operations.place(function.__name__)
    names = list(takes) if known is None else known[2]
    if names and names[-1].startswith("*"):
        return Operation(function, options, names).record(args[len(takes) :], {})
    given = [options.pop(name) for name in names]
    tensors = {name: value for name, value in options.items() if _symbolic(value)}
    options = {name: value for name, value in options.items() if name not in tensors}
    while len(given) > 1 and given[-1] is None:  # not given, and None where it is not
        given.pop()
    return Operation(function, options, names).record(given, tensors)


def _of_ops(function: Any, kwargs: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
    """Return the function of `elman.ops` that computes what one of `elman.activations` does."""
    from elman import activations, ops

    name = function.__name__
    if not activations.is_known(function) or getattr(ops, name, None) is function:
        return function, kwargs
    if name == "gelu":
        return ops.gelu, {**kwargs, "approximate": False}
    same = {"leaky_relu": ops.leaky_relu, "elu": ops.elu, "celu": ops.celu, "exponential": ops.exp}
    return same.get(name, function), kwargs


def _example(shape: Iterable[int], dtype: str) -> Array:
    """Return numbers of which every function can be computed: matrices are positive definite."""
    x = np.zeros(tuple(shape), dtype)
    if x.dtype.kind == "f":
        x += x.dtype.type(0.1)
        if x.ndim > 1:
            x += x.dtype.type(0.5) * np.eye(*x.shape[-2:], dtype=x.dtype)
    return x


def _class_name(function: Any) -> str:
    name: str = function.__name__
    known = keras_operations.place(name)
    return name.title().replace("_", "") if known is None else known[1]


def _symbolic(value: Any) -> bool:
    return any(isinstance(leaf, SymbolicTensor) for leaf in _tree.every(value))


def _check(function: Any, leaf: Any) -> None:
    if isinstance(leaf, Weight) or boxed(leaf):
        what = f"the weight '{leaf.path}'" if isinstance(leaf, Weight) else "what a tape watches"
        raise UnsupportedError(
            f"elman.ops.{function.__name__}: what is beside a symbolic tensor must be an array; "
            f"got {what}. Compute with it in the `call` of a `Layer` subclass."
        )
