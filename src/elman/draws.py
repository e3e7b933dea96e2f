"""Random numbers of layers: each follows from a key and from the place where it stands.

    Philox4x32-10, of a counter (a, b, c, d) and a key (k0, k1) of words of 32 bits: ten rounds of
        a, b, c, d = high(M1 c) ^ b ^ k0, low(M1 c), high(M0 a) ^ d ^ k1, low(M0 a)
        k0, k1 = k0 + W0, k1 + W1
    word         of entry 64 g + 16 i + j: word i, of four, of counter 16 g + j
    choice       whether the word < probability 2^32
    normal       of entries 64 g + j and 64 g + 32 + j, j < 32, whose words are v and w:
                 r cos t and r sin t with r = sqrt(-2 log u), t = 2 pi w / 2^32 and
                 u = (floor(v / 2) + 1/2) / 2^31 in 24 bits, in (0, 1], so that r <= 6.7

The key of an array is drawn from the generator of its layer: a seed repeats its draws, and neither
threads nor instruction sets change a bit of them. Words and choices are the same bits with the
compiled kernels and without, normal numbers agree to some roundings.

Sources: J. Salmon, M. Moraes, R. Dror and D. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC 2011; G. Box and M. Muller, "A note on the generation of random normal deviates", 1958.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from elman import fused
from elman._typing import Array

M0, M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
W0, W1 = 0x9E3779B9, 0xBB67AE85
LOW, HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
GROUP, COUNTERS = 64, 16  # entries of a group, and the counters that they are made of
PART = 1 << 14  # entries that are made at a time, so that their counters stay in the cache


def normal(
    generator: "np.random.Generator",
    shape: Sequence[int],
    dtype: Any,
    deviation: float | Array = 1.0,
) -> Array:
    """Return draws from N(0, deviation^2), which may be one or as many as the last axis is long.

    In float64 they are NumPy's own, of the same generator: 24 bits would not do there, and what is
    trained in float64 is small.
    """
    scale = np.asarray(deviation, dtype)
    if scale.dtype != np.float32:
        return scale * generator.standard_normal(shape, dtype)
    n, key = np.empty(shape, np.float32), _key(generator)
    if fused.runs(n.dtype):
        fused.normal(key, scale, n)
    else:
        by_parts(key, n, normal_of)
        n *= scale
    return n


def choose(
    generator: "np.random.Generator",
    probability: float,
    shape: Sequence[int],
    values: tuple[float, float],
    dtype: Any,
) -> Array:
    """Return the first of two values with a probability in [0, 1), else the second."""
    chosen, key = np.empty(shape, dtype), _key(generator)
    threshold = int(probability * 2**32)  # less than 2^32, and exact but for rounding down
    if fused.runs(chosen.dtype):
        fused.choose(key, threshold, values, chosen)
    else:
        by_parts(key, chosen, lambda words: np.where(words < threshold, *values))
    return chosen


def dropout(
    generator: "np.random.Generator", rate: float, shape: Sequence[int], dtype: Any
) -> Array:
    """Return 0 with a probability in [0, 1), and 1 / (1 - rate) for what is kept."""
    one, kept = np.asarray([1, 1 - rate], dtype)
    return choose(generator, rate, shape, (0.0, float(one / kept)), dtype)


def philox(counter: Sequence[Array], key: int) -> Sequence[Array]:
    """Return the four words of each counter, whose four words are given in 64 bits, (n,) each."""
    a, b, c, d = counter
    for i in range(10):
        k0, k1 = np.uint64((key + i * W0) % 2**32), np.uint64(((key >> 32) + i * W1) % 2**32)
        p, q = M0 * a, M1 * c
        a, b, c, d = (q >> HALF) ^ b ^ k0, q & LOW, (p >> HALF) ^ d ^ k1, p & LOW
    return a, b, c, d


def words(key: int, first: int, count: int) -> Array:
    """Return the words (count,) from entry `first` on; both are multiples of 64."""
    n = np.arange(first // GROUP * COUNTERS, (first + count) // GROUP * COUNTERS, dtype=np.uint64)
    zero = np.zeros_like(n)
    found = np.stack(philox((n & LOW, n >> HALF, zero, zero), key))  # (4, n)
    return found.reshape(4, -1, COUNTERS).swapaxes(0, 1).reshape(count)


def normal_of(words: Array) -> Array:
    """Return the normal numbers of whole groups of words, both (n,)."""
    v, w = words.reshape(-1, 2, GROUP // 2).swapaxes(0, 1)  # (n / 64, 32)
    u = (v >> np.uint64(1)).astype(np.float32) * np.float32(2**-31) + np.float32(2**-32)
    r, t = np.sqrt(-2 * np.log(u, dtype=float)), w * (2 * np.pi / 2**32)
    return np.stack([r * np.cos(t), r * np.sin(t)], axis=1).reshape(words.shape)


def by_parts(key: int, out: Array, values: Callable[[Array], Array], first: int = 0) -> None:
    """Fill an array whose first entry has the place `first` with what `values` makes of words."""
    flat = out.reshape(-1)
    for begin in range(0, flat.size, PART):
        part = flat[begin : begin + PART]
        whole = words(key, first + begin, -(-part.size // GROUP) * GROUP)
        part[...] = values(whole)[: part.size]


def _key(generator: "np.random.Generator") -> int:
    return int(generator.integers(2**64, dtype=np.uint64))
