"""What `fit` is given for a batch: `x`, `(x, y)` or `(x, y, sample_weight)`."""

from typing import Any

from elman.errors import ArgumentError


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """Return the shortest form that holds what is given.

    Args:
        x: inputs; alone they stay as they are, several of them become `(x,)`.
        y: targets.
        sample_weight: weights, beside targets only.

    Raises:
        ArgumentError: there are weights and no targets, which they would be taken for.

    >>> pack_x_y_sample_weight(1), pack_x_y_sample_weight([1, 2]), pack_x_y_sample_weight(1, 2)
    (1, ([1, 2],), (1, 2))
    """
    if y is not None:
        return (x, y) if sample_weight is None else (x, y, sample_weight)
    if sample_weight is not None:
        raise ArgumentError(
            "pack_x_y_sample_weight: `y` must be given beside `sample_weight`; got None."
        )
    return (x,) if isinstance(x, (tuple, list)) else x


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """Return inputs, targets and weights, None for those that are not there.

    Args:
        data: what `train_step` is given.

    Raises:
        ArgumentError: it has more than three parts, or none.

    >>> unpack_x_y_sample_weight((1, 2))
    (1, 2, None)
    """
    parts = tuple(data) if isinstance(data, (tuple, list)) else (data,)
    if not 1 <= len(parts) <= 3:
        raise ArgumentError(
            "unpack_x_y_sample_weight: `data` must be x, (x,), (x, y) or (x, y, sample_weight); "
            f"got {len(parts)} parts."
        )
    x, y, sample_weight = (*parts, None, None)[:3]
    return x, y, sample_weight
