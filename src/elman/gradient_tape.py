"""Gradients of what is written in NumPy: record while it runs, then run in reverse.

elman's own layers and losses have their gradients written by hand. Layers, cells, losses and
training steps of your own need none: while a tape is open, what it watches travels in boxes of the
`autograd` package, and every function of NumPy that a box meets is written down.

    with GradientTape() as tape:          loss = f(w)
        loss = …
    tape.gradient(loss, weights)          dL/dw

What has its gradient by hand enters the record as one `Entry`, whatever it does inside.

Source: Maclaurin, Duvenaud and Adams 2015, "Autograd: effortless gradients in NumPy".
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from threading import Lock
from types import SimpleNamespace
from typing import Any, Protocol, Self

import numpy as np

from elman import _boxes, _check, _tree
from elman._boxes import boxed as boxed
from elman._boxes import unboxed as unboxed
from elman._typing import Array
from elman.errors import ArgumentError, MissingDependencyError, UnsupportedError
from elman.parameters import Weight, reading


class Entry(Protocol):
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

    It is opened once, by `with`; inside another one it is recorded by that one in turn, so that
    second derivatives of what `elman.ops` computes can be asked for. Weights may be assigned to
    meanwhile: gradients are those at the numbers that were computed with.

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
        self._outer: GradientTape | None = None
        self._token: Any = None

    def __enter__(self) -> Self:
        if self._level >= 0:
            raise ArgumentError(
                "GradientTape: a tape must be opened once; got it a second time. Make a new one."
            )
        self._outer = reading.get()
        with _levels:  # above every record that is open, here or in another thread
            self._autograd.trace_stack.top += 1
            self._level = self._autograd.trace_stack.top
            _open.add(self._level)
        self._token = reading.set(self)
        return self

    def __exit__(self, *error: object) -> None:
        reading.reset(self._token)
        self._token = None
        _open.discard(self._level)

    def watch(self, x: Any) -> Any:
        """Return an array in a box, whose way through what follows is recorded."""
        if self._level < 0:
            raise ArgumentError(
                "GradientTape: a tape must be open to watch an array. Write `with` before it."
            )
        value = x if boxed(x) else np.asarray(x)
        if getattr(value, "dtype", None) is None or value.dtype.kind != "f":
            raise ArgumentError(
                f"GradientTape: `x` must be an array of floats to be watched; got {x!r:.60}."
            )
        return self._autograd.new_box(value, self._level, self._autograd.VJPNode.new_root())

    def read(self, weight: Weight) -> Any:
        """Return a weight as it is to be computed with: in a box, if training changes it.

        It holds a copy of the numbers, because the weight may be assigned to before the way back.
        """
        _, box = self._weights.get(id(weight), (None, None))
        if box is not None and np.array_equal(unboxed(box), weight.array):
            return box
        value = weight.array.copy() if self._outer is None else self._outer.read(weight)
        if not weight.trainable:
            return value
        box = (
            self.watch(value)
            if box is None
            else self._autograd.new_box(value, self._level, box._node)
        )
        self._weights[id(weight)] = weight, box
        return box

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: str = "none",
    ) -> Any:
        """Return dL/d(source) for each of the sources.

        Args:
            target: L, a number that was computed while the tape was open; or arrays, of which L
                is the sum.
            sources: weights, or what `watch` returned: one, or a list or dictionary of them.
            output_gradients: dL/d(target), if L is not the sum: arrays in target's structure.
            unconnected_gradients: "zero" for zeros where the target does not depend on a source.

        Returns:
            Arrays in the structure of the sources, None where the target does not depend on one.

        Raises:
            ArgumentError: a source is neither a weight nor what this tape watches.
            UnsupportedError: a second derivative of what has its gradient written by hand.
        """
        owner = "GradientTape"
        _check.one_of(owner, "unconnected_gradients", unconnected_gradients, ("none", "zero"))
        targets, wanted = _tree.flatten(target), _tree.flatten(sources)
        seeds = None if output_gradients is None else _tree.flatten(output_gradients)
        found = iter(self.gradients(targets, wanted, seeds))

        def filled(source: Any) -> Any:
            g = next(found)
            zeros = g is None and unconnected_gradients == "zero"
            return np.zeros(source.shape, source.dtype) if zeros else g

        return _tree.map_leaves(filled, sources)

    def gradients(
        self, targets: Sequence[Any], sources: Sequence[Any], seeds: Sequence[Any] | None = None
    ) -> list[Any]:
        """Do what `gradient` does, for lists that nothing is nested in.

        Args:
            targets: what L is the sum of.
            sources: weights, or what `watch` returned.
            seeds: dL/d(target) of each target, None for ones.
        """
        ends = []
        for target, seed in zip(targets, seeds or (None,) * len(targets), strict=True):
            box = self._own(target)
            if boxed(box) and box._trace == self._level:
                ends.append((box._node, np.ones_like(unboxed(box)) if seed is None else seed))
        roots = [self._root(source) for source in sources]
        found = self._backward(ends, {box._node for box in roots if box is not None})
        return [None if box is None else _like(box, found.get(box._node)) for box in roots]

    def _own(self, x: Any) -> Any:
        """Return a box without those of tapes inside this one."""
        while boxed(x) and x._trace > self._level:
            x = x._value
        return x

    def _root(self, source: Any) -> Any:
        """Return the box of a source, None where nothing was computed with it."""
        if isinstance(source, Weight):
            return self._weights.get(id(source), (None, None))[1]
        box = self._own(source)
        if not boxed(box) or box._trace != self._level:
            what = "what another tape watches" if boxed(source) else type(source).__name__
            raise ArgumentError(
                "GradientTape: `sources` must be weights, or what `tape.watch(x)` returned; got "
                f"{what}. Compute with `x = tape.watch(x)`."
            )
        return box

    def _backward(self, ends: Sequence[tuple[Any, Any]], wanted: set[Any]) -> dict[Any, Any]:
        """Return dL/d(root) by root, running every node that leads to an end in reverse."""
        add = self._autograd.add_outgrads
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


def _like(box: Any, g: Any) -> Any:
    """Return a gradient in the dtype of what it belongs to."""
    return g if g is None or g.dtype == box.dtype else g.astype(box.dtype)


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


def unboxing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function, such as a metric's, that takes things out of their boxes first."""

    @wraps(function)
    def unboxed_first(*args: Any, **kwargs: Any) -> Any:
        if _boxes.types:
            args = tuple([unboxed(x) if boxed(x) else x for x in args])
            kwargs = {name: unboxed(x) for name, x in kwargs.items()}
        return function(*args, **kwargs)

    return unboxed_first


def record(entry: Entry, *values: Any) -> Any:
    """Run an entry of a tape; it is written down if one of the values is in a box."""
    return _recorder()(entry, *values)


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


_levels = Lock()  # held while a tape takes its level
_open: set[int] = set()  # the levels of the tapes that are open, in any thread


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
    _boxes.types = tracer.Box.types
    _make_readable(tracer.Box.type_mappings[np.ndarray])
    return SimpleNamespace(
        VJPNode=core.VJPNode,
        add_outgrads=core.add_outgrads,
        new_box=tracer.new_box,
        toposort=util.toposort,
        trace_stack=tracer.trace_stack,
    )


def _make_readable(box: Any) -> None:
    """Let the numbers in a box be read: `float(loss)`, `loss.numpy()`, and by NumPy's functions.

    By those only once the tape is shut: while it is open they would lose the gradient.
    """

    def as_array(self: Any, dtype: Any = None, copy: bool | None = None) -> Array:
        x = self
        while boxed(x):
            if x._trace in _open:
                raise TypeError(
                    "ArrayBox: `x` must be computed with by `elman.ops` while a GradientTape is "
                    "open; got a function that takes arrays alone. Take its numbers with "
                    "`x.numpy()`."
                )
            x = x._value
        return np.array(x, dtype)

    box.__array__ = as_array
    box.__float__ = lambda self: float(unboxed(self))
    box.__int__ = lambda self: int(unboxed(self))
    box.__format__ = lambda self, spec: format(unboxed(self), spec)
    box.numpy = lambda self: np.array(unboxed(self))


@cache
def _recorder() -> Any:
    """Return the one function of autograd's that runs every `Entry`."""
    autograd()
    from autograd.extend import defvjp_argnums, primitive

    @primitive  # type: ignore[untyped-decorator]
    def run(entry: Entry, *values: Any) -> Any:
        return entry.forward(*values)

    def reverse(argnums: Sequence[int], outputs: Any, args: Any, kwargs: Any) -> Any:
        entry, *values = args

        def back(doutputs: Any) -> Any:
            dys = _mapped(unboxed, doutputs)
            grads = entry.backward(_in_dtype_of(outputs, dys))
            wanted = [(grads[i - 1], values[i - 1]) for i in argnums]
            found = tuple(np.zeros_like(unboxed(x)) if dx is None else dx for dx, x in wanted)
            watched = [x for x in (*_tree.flatten(doutputs), *values) if boxed(x)]
            if watched:  # by a tape around this one, on which the way back is recorded too
                found = run(_WayBack(entry, found), *watched)
            return [found[i] for i in range(len(argnums))]

        return back

    defvjp_argnums(run, reverse)
    return run


class _WayBack:
    """An entry's `backward`, of which no derivative is known."""

    def __init__(self, entry: Any, found: tuple[Array, ...]) -> None:
        self.name = getattr(entry, "owner", type(entry).__name__)
        self.found = found

    def forward(self, *watched: Any) -> tuple[Array, ...]:
        """Return the gradients that were found."""
        return self.found

    def backward(self, doutputs: Any) -> Sequence[Array | None]:
        """Raise."""
        raise UnsupportedError(
            "GradientTape: what a second derivative is asked of must be computed by `elman.ops`; "
            f"got {self.name}, whose gradient is written by hand."
        )


def _mapped(function: Callable[[Any], Any], outputs: Any) -> Any:
    return tuple(map(function, outputs)) if isinstance(outputs, tuple) else function(outputs)


def _in_dtype_of(outputs: Any, doutputs: Any) -> Any:
    """Return gradients in the dtype of what they belong to, which arithmetic may have widened."""
    outputs = unboxed(outputs)
    if isinstance(outputs, tuple):
        return tuple(_in_dtype_of(y, dy) for y, dy in zip(outputs, doutputs, strict=True))
    return doutputs if doutputs.dtype == outputs.dtype else doutputs.astype(outputs.dtype)
