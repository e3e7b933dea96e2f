"""Loops and branches over arrays: scan, while_loop, cond, map … They run in Python."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from elman import _tree
from elman._operation import exact
from elman.errors import ArgumentError
from elman.gradient_tape import record, unboxed
from elman.ops.shaping import concatenate, flip, stack

Function = Callable[..., Any]


@exact
def cond(pred: Any, true_fn: Function, false_fn: Function) -> Any:
    """Return what the one function returns, or the other.

    >>> cond(np.array(True), lambda: 1, lambda: 2)
    1
    """
    return true_fn() if bool(unboxed(pred)) else false_fn()


@exact
def switch(index: Any, branches: Sequence[Function], *operands: Any) -> Any:
    """Return what the function at this index returns; the first or last where it is beyond."""
    i = min(max(int(unboxed(index)), 0), len(branches) - 1)
    return branches[i](*operands)


@exact
def while_loop(
    cond: Function, body: Function, loop_vars: Any, maximum_iterations: int | None = None
) -> Any:
    """Return the variables after `body` was run on them as long as `cond` says True.

    Args:
        cond: of the variables, whether to go on.
        body: of the variables, the variables after one more step.
        loop_vars: a tuple or list of arrays, or one.
        maximum_iterations: after how many steps to stop.

    >>> while_loop(lambda i: i < 10, lambda i: i * 2, 3)
    12
    """
    several = isinstance(loop_vars, (tuple, list))
    values = tuple(loop_vars) if several else (loop_vars,)
    steps = 0
    while bool(unboxed(cond(*values))):
        if maximum_iterations is not None and steps >= maximum_iterations:
            break
        found = body(*values)
        values = tuple(found) if several else (found,)
        steps += 1
    return type(loop_vars)(values) if several else values[0]


@exact
def fori_loop(lower: int, upper: int, body_fun: Function, init_val: Any) -> Any:
    """Return the value after `value = body_fun(i, value)` for each i from lower to before upper."""
    value = init_val
    for i in range(int(lower), int(upper)):
        value = body_fun(i, value)
    return value


@exact
def scan(
    f: Function,
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: Any = 1,
) -> tuple[Any, Any]:
    """Carry a state through a sequence: `carry, y = f(carry, x)` for each x.

    Args:
        f: the step.
        init: the first state, arrays in any nest.
        xs: arrays in any nest, whose first axes are the sequence; None where the step needs none.
        length: how many steps, where `xs` does not say it.
        reverse: whether to begin at the end.
        unroll: accepted as in Keras; it changes nothing.

    Returns:
        The last state, and the ys of all steps, stacked along a new first axis.

    >>> total, sums = scan(lambda c, x: (c + x, c + x), 0.0, np.array([1.0, 2.0, 3.0]))
    >>> float(total), sums.tolist()
    (6.0, [1.0, 3.0, 6.0])
    """
    leaves = [] if xs is None else _tree.flatten(xs)
    lengths = {len(x) for x in leaves} | ({int(length)} if length is not None else set())
    if len(lengths) != 1:
        got = "none" if not lengths else " and ".join(str(n) for n in sorted(lengths))
        raise ArgumentError(f"scan: `xs` must be of one length, which `length` may say; got {got}.")
    carry, found, (n,) = init, [], lengths
    for i in reversed(range(n)) if reverse else range(n):
        carry, y = f(carry, None if xs is None else _part(xs, i))
        found.append(y)
    return carry, _stacked(found[::-1] if reverse else found)


def _part(xs: Any, i: Any) -> Any:
    return _tree.map_leaves(lambda x: x[i], xs)


def _stacked(found: Sequence[Any]) -> Any:
    """Return what the steps returned with their arrays stacked."""
    if not found or found[0] is None:
        return None
    leaves = [_tree.flatten(each) for each in found]
    joined = [stack(list(parts)) for parts in zip(*leaves, strict=True)]
    return _tree.pack(found[0], joined)


@exact
def map(f: Function, xs: Any) -> Any:
    """Return what a function returns for each part along the first axis, stacked.

    >>> map(lambda x: x * x, np.array([1.0, 2.0]))
    array([1., 4.])
    """
    return scan(lambda _, x: (None, f(x)), None, xs)[1]


@exact
def vectorized_map(function: Function, elements: Any) -> Any:
    """Return what a function returns for each part along the first axis, as `map` does."""
    return map(function, elements)


@exact
def associative_scan(f: Function, elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """Return x_1, f(x_1, x_2), f(f(x_1, x_2), x_3) … of the parts along an axis.

    Args:
        f: of two nests of arrays, one; it must be associative, as then Keras's order, which may
            be another, gives the same.
        elems: arrays in any nest.
        reverse: whether to begin at the end.
        axis: along which the parts lie.
    """
    leaves = _tree.flatten(elems)
    n = np.shape(leaves[0])[axis]
    ahead = [slice(None)] * (axis % np.ndim(leaves[0]))

    def part(i: int) -> Any:
        return _tree.map_leaves(lambda x: x[(*ahead, slice(i, i + 1))], elems)

    if reverse:
        turned = _tree.map_leaves(lambda x: flip(x, axis), elems)
        found = associative_scan(f, turned, axis=axis)
        return _tree.map_leaves(lambda x: flip(x, axis), found)
    values = [part(0)]
    for i in range(1, n):
        values.append(f(values[-1], part(i)))
    columns = zip(*(_tree.flatten(value) for value in values), strict=True)
    return _tree.pack(elems, [concatenate(list(column), axis) for column in columns])


class _Custom:
    """A function that says its gradient itself; see `elman.gradient_tape.Entry`."""

    def __init__(self, function: Function, kwargs: dict[str, Any]) -> None:
        self.function, self.kwargs = function, kwargs

    def forward(self, *values: Any) -> Any:
        y, self.back = self.function(*values, **self.kwargs)
        return y

    def backward(self, doutputs: Any) -> Any:
        found = self.back(upstream=doutputs)
        return found if isinstance(found, (tuple, list)) else (found,)


def custom_gradient(f: Function) -> Function:
    """Return a function whose gradient is what it says itself.

    Args:
        f: of arrays, the value and a function `grad(*args, upstream)` of dL/d(value) that returns
            dL/d(array) of each.

    >>> @custom_gradient
    ... def log1pexp(x):
    ...     e = np.exp(x)
    ...     return np.log(1 + e), lambda upstream: upstream * (1 - 1 / (1 + e))
    >>> float(log1pexp(np.array(0.0)))
    0.6931471805599453
    """

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        values = [arg.read if hasattr(arg, "read") else arg for arg in args]
        return record(_Custom(f, kwargs), *values)

    return wrapped
