"""Starting anew: the seed of everything random, and the numbers in the names of layers."""

import random

import numpy as np

from elman import _check, _random, kernels
from elman.errors import ArgumentError
from elman.layers.parts import naming


def set_random_seed(seed: int) -> None:
    """Make everything random in elman repeatable from here on: weights, shuffling, dropout.

    As in Keras, it seeds Python's `random` and NumPy's global generator as well.

    Args:
        seed: an integer from 0 to 2**32 - 1.

    >>> import elman
    >>> elman.utils.set_random_seed(1)
    >>> a = elman.layers.Dense(2)([[1.0]])
    >>> elman.utils.set_random_seed(1)
    >>> bool((a == elman.layers.Dense(2)([[1.0]])).all())
    True
    """
    seed = _check.integer("set_random_seed", "seed", seed, minimum=0)
    if seed >= 2**32:
        raise ArgumentError(f"set_random_seed: `seed` must be below 2**32; got {seed}.")
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - what Keras's function promises
    _random.seed_process(seed)


def clear_session(free_memory: bool = True) -> None:
    """Start the automatic numbering of layer names anew, as Keras's function does.

    Args:
        free_memory: whether the memory that the kernels keep for the next call goes back to the
            system.

    >>> import elman
    >>> clear_session()
    >>> elman.layers.GRU(4).name, elman.layers.GRU(4).name
    ('gru', 'gru_1')
    """
    naming.clear()
    if free_memory:
        kernels.release_memory()
