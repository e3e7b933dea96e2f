"""Weights as bytes: a matrix of integers from -127 to 127, and a scale for each column or row.

    w = q s        s = max |w| / 127 along the axis that shares a scale, q = w / s rounded

Symmetric: 0 is 0. What a unit adds up over its inputs has one scale, so that it is applied once.
"""

import numpy as np

from elman._typing import Array
from elman.models.stages import Stage
from elman.models.stream_plan import Plan

LARGEST = 127


def quantised(array: Array, axis: int) -> tuple[Array, Array]:
    """Return a matrix as int8, and its scales, of size 1 along `axis`.

    >>> q, s = quantised(np.array([[1.0, 0.0], [-2.0, 0.0]]), axis=0)
    >>> q.tolist(), (q * s)[1].tolist()
    ([[64, 0], [-127, 0]], [-2.0, 0.0])
    """
    w = np.asarray(array, np.float32)
    largest = np.abs(w).max(axis=axis, keepdims=True)
    scales = np.where(largest > 0, largest, 1) / np.float32(LARGEST)  # float32
    return np.rint(w / scales).astype(np.int8), scales


def scale_axis(stage: Stage) -> int:
    """Return the axis of a stage's matrices along which numbers share a scale.

    A row of an embedding is looked up alone; a column of a kernel is what one unit adds up.
    """
    return 1 if stage.cast is not None else 0


def twin(plan: Plan) -> Plan:
    """Return what a stream runs, with the weights that the bytes stand for."""
    return plan._replace(
        steps=tuple(step._replace(stage=_rounded(step.stage)) for step in plan.steps)
    )


def _rounded(stage: Stage) -> Stage:
    axis = scale_axis(stage)
    kernel, recurrent = (
        None if w is None else _back(w, axis) for w in (stage.kernel, stage.recurrent)
    )
    if stage.cast is not None:  # one with `mask_zero` looks up too, but in a table of its own
        stage = stage._replace(kind="embedding", compute=None)
    return stage._replace(kernel=kernel, recurrent=recurrent)


def _back(array: Array, axis: int) -> Array:
    """Return the numbers that a matrix in bytes stands for."""
    integers, scales = quantised(array, axis)
    return np.asarray(integers * scales, array.dtype)
