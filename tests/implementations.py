"""Which implementations of the maths there are here, for tests that go through all of them."""

from elman import kernels
from elman.errors import ArgumentError


def _is_there(name):
    """Say whether this build and this processor have an instruction set."""
    before = kernels.status().implementation
    try:
        kernels.use(name)
    except ArgumentError:
        return False
    kernels.use(before)
    return True


COMPILED = [name for name in reversed(kernels.INSTRUCTION_SETS) if _is_there(name)]
WITH_FMA = [name for name in COMPILED if name != "portable"]
ALL = ["reference", *COMPILED]
