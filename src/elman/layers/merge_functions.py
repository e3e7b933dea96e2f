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
    """Subtract the second of two inputs from the first; see `Subtract`.

    >>> import numpy as np
    >>> subtract([np.array([[3.0]]), np.array([[1.0]])])
    array([[2.]])
    """
    return Subtract(**options)(inputs)


def multiply(inputs: Any, **options: Any) -> Any:
    """Multiply inputs; see `Multiply`.

    >>> import numpy as np
    >>> multiply([np.array([[3.0]]), np.array([[2.0]])])
    array([[6.]])
    """
    return Multiply(**options)(inputs)


def average(inputs: Any, **options: Any) -> Any:
    """Average inputs; see `Average`.

    >>> import numpy as np
    >>> average([np.array([[3.0]]), np.array([[1.0]])])
    array([[2.]])
    """
    return Average(**options)(inputs)


def maximum(inputs: Any, **options: Any) -> Any:
    """Take the largest; see `Maximum`.

    >>> import numpy as np
    >>> maximum([np.array([[3.0, 0.0]]), np.array([[1.0, 2.0]])])
    array([[3., 2.]])
    """
    return Maximum(**options)(inputs)


def minimum(inputs: Any, **options: Any) -> Any:
    """Take the smallest; see `Minimum`.

    >>> import numpy as np
    >>> minimum([np.array([[3.0, 0.0]]), np.array([[1.0, 2.0]])])
    array([[1., 0.]])
    """
    return Minimum(**options)(inputs)


def concatenate(inputs: Any, axis: int = -1, **options: Any) -> Any:
    """Put inputs end to end; see `Concatenate`.

    >>> import numpy as np
    >>> concatenate([np.array([[3.0]]), np.array([[1.0, 2.0]])])
    array([[3., 1., 2.]])
    """
    return Concatenate(axis, **options)(inputs)


def dot(inputs: Any, axes: Any = -1, **options: Any) -> Any:
    """Multiply two inputs and sum over an axis; see `Dot`.

    >>> import numpy as np
    >>> dot([np.array([[1.0, 2.0]]), np.array([[10.0, 20.0]])])
    array([[50.]])
    """
    return Dot(axes, **options)(inputs)
