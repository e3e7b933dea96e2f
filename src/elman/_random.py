"""Where randomness comes from: one seed for the process, a generator of its own for each user.

Nothing in elman draws from NumPy's global state. Whoever needs random numbers asks once for a
generator: with a seed of its own it is independent of everything else; without one it is the
next child of the process's seed, which `elman.utils.set_random_seed` sets.
"""

from collections.abc import Sequence

import numpy as np

from elman._typing import Array

# Made when first needed, because `numpy.random` is slow to import.
_process: "np.random.SeedSequence | None" = None


def seed_process(seed: int) -> None:
    """Start the process's sequence of seeds anew."""
    global _process
    _process = np.random.SeedSequence(seed)


def generator(seed: "int | np.random.Generator | None" = None) -> "np.random.Generator":
    """Return a generator: of this seed, or the process's next one."""
    global _process
    if isinstance(seed, np.random.Generator):
        return seed
    if seed is not None:
        return np.random.default_rng(seed)
    if _process is None:
        _process = np.random.SeedSequence()
    return np.random.default_rng(_process.spawn(1)[0])


def truncated_standard_normal(draw: "np.random.Generator", shape: Sequence[int]) -> Array:
    """Return standard normal draws, those beyond 2 drawn again."""
    draws = draw.standard_normal(tuple(shape))
    while (outside := np.abs(draws) > 2.0).any():
        draws[outside] = draw.standard_normal(np.count_nonzero(outside))
    return draws
