"""Gradients of what is written in NumPy: record while it runs, then run in reverse.

elman's own layers and losses have their gradients written by hand. Layers, cells, losses and
training steps of your own need none: while a tape is open, what it watches travels in boxes of the
`autograd` package, and every function of NumPy that a box meets is written down.

    with GradientTape() as tape:          loss = f(w)
        loss = …
    tape.gradient(loss, weights)          dL/dw

What has its gradient by hand enters the record as one `Operation`, whatever it does inside.

Source: Maclaurin, Duvenaud and Adams 2015, "Autograd: effortless gradients in NumPy".
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from types import SimpleNamespace
from typing import Any, Protocol, Self

import numpy as np

from elman import _tree
from elman._typing import Array
from elman.errors import ArgumentError, MissingDependencyError
from elman.parameters import Weight, reading


class Operation(Protocol):
    """A function whose gradient is written by hand."""

    @property
    def forward(self) -> Callable[..., Any]:
        """What returns an array, or a tuple of arrays, for so many arrays."""

    def backward(self, doutputs: Any) -> Sequence[Array | None]:
        """Return the gradient of each of the values, None where it has none."""


class GradientTape:
    """A record of what is computed with weights, and with what is watched, while it is open.

    Args:
        persistent, watch_accessed_variables: accepted as in TensorFlow, and True both.

    >>> import elman, numpy as np
    >>> layer = elman.layers.Dense(1, kernel_initializer="ones")
    >>> with GradientTape() as tape:
    ...     loss = (layer(np.array([[1.0, 2.0]])) ** 2).sum()
    >>> kernel, bias = tape.gradient(loss, layer.weights)
    >>> kernel.tolist(), bias.tolist()
    ([[6.0], [12.0]], [6.0])
    """

    def __init__(self, persistent: bool = True, watch_accessed_variables: bool = True) -> None:
        self._autograd = autograd()
        self._level = -1
        self._weights: dict[int, tuple[Weight, Any]] = {}
        self._token: Any = None

    def __enter__(self) -> Self:
        outer = reading.get()
        levels = self._autograd.trace_stack
        # Above every record that is open, here or in another thread.
        self._level = levels.top = max(levels.top, getattr(outer, "_level", -1)) + 1
        self._token = reading.set(self)
        return self

    def __exit__(self, *error: object) -> None:
        self._autograd.trace_stack.top -= 1
        reading.reset(self._token)

    def watch(self, x: Any) -> Any:
        """Return an array in a box, whose way through what follows is recorded."""
        value = x if boxed(x) else np.asarray(x)
        if getattr(value, "dtype", None) is None or value.dtype.kind != "f":
            raise ArgumentError(
                f"GradientTape: `x` must be an array of floats to be watched; got {x!r:.60}."
            )
        return self._autograd.new_box(value, self._level, self._autograd.VJPNode.new_root())

    def read(self, weight: Weight) -> Any:
        """Return a weight as it is to be computed with: in a box, if training changes it."""
        if not weight.trainable:
            return weight.array
        if id(weight) not in self._weights:
            self._weights[id(weight)] = weight, self.watch(weight.array)
        return self._weights[id(weight)][1]

    def gradient(self, target: Any, sources: Any, output_gradients: Any = None) -> Any:
        """Return dL/d(source) for each of the sources.

        Args:
            target: L, a number that was computed while the tape was open; or arrays, of which L
                is the sum.
            sources: weights, or what `watch` returned: one, or a list or dictionary of them.
            output_gradients: dL/d(target), if L is not the sum: arrays in target's structure.

        Returns:
            Arrays in the structure of the sources, None where the target does not depend on one.
        """
        leaves = _tree.flatten(target)
        given = [None] * len(leaves)
        if output_gradients is not None:
            given = _tree.flatten(output_gradients)
        ends = [
            (leaf._node, np.ones_like(leaf._value) if seed is None else seed)
            for leaf, seed in zip(leaves, given, strict=True)
            if boxed(leaf) and leaf._trace == self._level
        ]
        roots = _tree.map_leaves(self._root, sources)
        nodes = [box._node for box in _tree.flatten(roots) if box is not None]
        found = self._backward(ends, nodes)

        def gradient_of(box: Any) -> Any:
            g = None if box is None else found.get(box._node)
            return g if g is None or g.dtype == box.dtype else g.astype(box.dtype)

        return _tree.map_leaves(gradient_of, roots)

    def _root(self, source: Any) -> Any:
        """Return the box of a source, None where nothing was computed with it."""
        if isinstance(source, Weight):
            return self._weights.get(id(source), (None, None))[1]
        if not boxed(source):
            raise ArgumentError(
                "GradientTape: `sources` must be weights, or what `tape.watch(x)` returned; got "
                f"{type(source).__name__}. Compute with `x = tape.watch(x)`."
            )
        return source

    def _backward(self, ends: Sequence[tuple[Any, Any]], roots: Sequence[Any]) -> dict[Any, Any]:
        """Return dL/d(root) by root, running every node that leads to an end in reverse."""
        add, wanted = self._autograd.add_outgrads, set(roots)
        sums: dict[Any, Any] = {}
        for node, seed in ends:
            sums[node] = add(sums.get(node), seed)
        top = _Top([node for node, _ in ends])
        found: dict[Any, Any] = {}
        for node in itertools.islice(self._autograd.toposort(top), 1, None):
            total = sums.pop(node)[0]
            if node in wanted:
                found[node] = total
            for parent, part in zip(node.parents, node.vjp(total), strict=False):
                sums[parent] = add(sums.get(parent), part)
        return found


class _Top:
    """Where the way back begins: a node behind all ends."""

    def __init__(self, parents: list[Any]) -> None:
        self.parents = parents


def active() -> GradientTape | None:
    """Return the tape that is open here, if one is."""
    return reading.get()


@contextmanager
def paused() -> Iterator[None]:
    """Compute without a record meanwhile."""
    token = reading.set(None)
    try:
        yield
    finally:
        reading.reset(token)


def boxed(x: Any) -> bool:
    """Say whether something travels in a box, because a tape watches it."""
    return type(x) in _box_types


def unboxed(x: Any) -> Any:
    """Return what is in the box, whatever number of tapes watch it."""
    while boxed(x):
        x = x._value
    return x


def unboxing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function, such as a metric's, that takes things out of their boxes first."""

    @wraps(function)
    def unboxed_first(*args: Any, **kwargs: Any) -> Any:
        if _box_types:
            args = tuple([unboxed(x) if boxed(x) else x for x in args])
            kwargs = {name: unboxed(x) for name, x in kwargs.items()}
        return function(*args, **kwargs)

    return unboxed_first


def record(operation: Operation, *values: Any) -> Any:
    """Run an operation; if one of the values is in a box, write it down."""
    return _recorder()(operation, *values)


def gradient_of(function: Callable[[Any], Any], x: Array) -> Array:
    """Return df/dx at x, of x's shape, of a function to a number.

    >>> gradient_of(lambda w: (w**2).sum(), np.array([1.0, 3.0]))
    array([2., 6.])
    """
    with GradientTape() as tape:
        box = tape.watch(x)
        value = function(box)
    found = tape.gradient(value, box)
    return np.zeros_like(x) if found is None else found


_box_types: "set[type]" = set()  # autograd's, once it was needed


@cache
def autograd() -> SimpleNamespace:
    """Return what is used of the package autograd, which is imported when it is first needed."""
    try:
        import autograd.numpy  # noqa: F401 - makes boxes for arrays
        from autograd import builtins, core, extend, tracer, util  # noqa: F401
    except ImportError:
        raise MissingDependencyError(
            "autograd is needed for gradients of your own layers, cells and losses. Install it "
            "with `pip install autograd`, or define their `backward`."
        ) from None
    global _box_types
    _box_types = tracer.Box.types
    return SimpleNamespace(
        VJPNode=core.VJPNode,
        add_outgrads=core.add_outgrads,
        new_box=tracer.new_box,
        toposort=util.toposort,
        trace_stack=tracer.trace_stack,
    )


@cache
def _recorder() -> Any:
    """Return the one function of autograd's that runs every `Operation`."""
    autograd()
    from autograd.extend import defvjp_argnums, primitive

    @primitive  # type: ignore[untyped-decorator]
    def run(operation: Operation, *values: Any) -> Any:
        return operation.forward(*values)

    def reverse(argnums: Sequence[int], outputs: Any, args: Any, kwargs: Any) -> Any:
        operation, *values = args

        def back(doutputs: Any) -> list[Any]:
            found = operation.backward(doutputs)
            pairs = ((found[i - 1], values[i - 1]) for i in argnums)
            return [np.zeros_like(x) if dx is None else dx for dx, x in pairs]

        return back

    defvjp_argnums(run, reverse)
    return run
