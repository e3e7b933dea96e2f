"""The merging layers as functions: `add([a, b])` makes an `Add` and calls it."""

from typing import Any

from elman.layers.arithmetic import Add, Average, Multiply, Subtract
from elman.layers.concatenate import Concatenate
from elman.layers.dot import Dot
from elman.layers.extremes import Maximum, Minimum


def add(inputs: Any, **options: Any) -> Any:
    """Add inputs; see `Add`.

    >>> import numpy as np
    >>> add([np.array([[1.0]]), np.array([[2.0]]), np.array([[3.0]])])
    array([[6.]])
    """
    return Add(**options)(inputs)


def subtract(inputs: Any, **options: Any) -> Any:
    """Subtract the second of two inputs from the first; see `Subtract`."""
    return Subtract(**options)(inputs)


def multiply(inputs: Any, **options: Any) -> Any:
    """Multiply inputs; see `Multiply`."""
    return Multiply(**options)(inputs)


def average(inputs: Any, **options: Any) -> Any:
    """Average inputs; see `Average`."""
    return Average(**options)(inputs)


def maximum(inputs: Any, **options: Any) -> Any:
    """Take the largest; see `Maximum`."""
    return Maximum(**options)(inputs)


def minimum(inputs: Any, **options: Any) -> Any:
    """Take the smallest; see `Minimum`."""
    return Minimum(**options)(inputs)


def concatenate(inputs: Any, axis: int = -1, **options: Any) -> Any:
    """Put inputs end to end; see `Concatenate`."""
    return Concatenate(axis, **options)(inputs)


def dot(inputs: Any, axes: Any = -1, **options: Any) -> Any:
    """Multiply two inputs and sum over an axis; see `Dot`."""
    return Dot(axes, **options)(inputs)
