"""Which implementation of the maths runs: the one door between layers and the time loop.

Layers call `unroll` and `backpropagate` here and nowhere else. They hand on to the NumPy
reference in `elman.bptt`; a compiled twin with the same arguments and results enters here too.
"""

from typing import NamedTuple

from elman.bptt import Gradients, Tape, backpropagate, unroll

__all__ = ["Gradients", "Status", "Tape", "backpropagate", "status", "unroll"]


class Status(NamedTuple):
    """Which implementation runs, and why."""

    implementation: str
    reason: str


def status() -> Status:
    """Say which implementation of the recurrent maths runs, and why.

    >>> status().implementation
    'reference'
    """
    return Status("reference", "this version of elman has the NumPy reference alone")
