"""How many multiply-adds a second this machine can do: what no kernel can exceed."""

TRIES = 5


def multiply_add_limit(threads: int) -> float | None:
    """Return the float32 limit of so many threads in GFLOP/s, or None where it is not known.

    It is the best of some tries: whatever else the machine does can only lower it.
    """
    try:
        from elman import _native

        return max(_native.multiply_add_limit(threads) for _ in range(TRIES))
    except (ImportError, AttributeError):  # no compiled kernels, or older ones
        return None
