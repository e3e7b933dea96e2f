"""What real-time recurrent learning costs, and which way of learning "auto" takes.

multiply-adds a step    sum over recurrent parts of  B n (m p + F below)
numbers kept            sum over recurrent parts of  B n p

n  the size of the state      m  of the states that every unit reads: h      B  batch
p  all weights up to this part that are trained      below  those of the parts below it
"""

from collections.abc import Sequence
from typing import NamedTuple

from elman.online.parts import Part

FEW = 4_000_000  # multiply-adds a step up to which "auto" learns exactly: about a millisecond
MOST = 1 << 25  # numbers up to which the influence is kept at all: 256 MiB of float64
CALL = 100_000  # multiply-adds that take as long as a call of a part's `backward`


class Cost(NamedTuple):
    """Of a step: multiply-adds, and the numbers that are kept."""

    work: int
    numbers: int


def of(parts: Sequence[Part], gated: Sequence[bool], batch: int) -> Cost:
    """Return the cost of the exact gradient, up to the last recurrent part.

    Args:
        parts: the chain.
        gated: of each part, whether `influence.py` knows its cell.
        batch: the number of sequences.
    """
    weights = work = numbers = features = 0
    for part, known in zip(parts, gated, strict=True):
        below = weights
        weights += sum(w.array.size for w in part.weights if w.trainable)
        if not part.recurrent:
            continue
        sizes = [state[0].size for state in part.start(1)]
        n = sum(sizes)
        m, calls = (sizes[0], 0) if known else (n, n)
        features = int(part.layer.input_shapes[0][-1])
        work += batch * (n * (m * weights + features * below) + calls * CALL)
        numbers += batch * n * weights
    return Cost(work, numbers)
