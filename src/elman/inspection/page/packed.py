"""Numbers as text: 16 bits each, and base64.

    number = low + step * code        code 0 ... 65532
    code 65533, 65534, 65535          minus infinity, infinity, nothing (NaN)

A number differs from what it stands for by half a step at most: by the 131,064th part of the range
of its array.
"""

import base64
from typing import Any

import numpy as np

from elman._typing import Array

LEVELS = 65532
BELOW, ABOVE, NOTHING = LEVELS + 1, LEVELS + 2, LEVELS + 3


def pack(array: Array) -> dict[str, Any]:
    """Return an array as what JSON can hold: its shape, `low`, `step` and the codes.

    >>> found = pack(np.array([[0.0, 65532.0], [np.nan, 1.0]]))
    >>> found["shape"], found["low"], found["step"]
    ([2, 2], 0.0, 1.0)
    """
    finite = array[np.isfinite(array)].astype(np.float64)
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    step = high / LEVELS - low / LEVELS  # the difference itself may overflow
    codes = np.full(array.shape, NOTHING, "<u2")
    known = np.isfinite(array)
    if step > 0:
        codes[known] = np.clip(np.rint((finite / step) - low / step), 0, LEVELS)
    else:
        codes[known] = 0
    codes[array == np.inf], codes[array == -np.inf] = ABOVE, BELOW
    data = base64.b64encode(codes.tobytes()).decode("ascii")
    return {"shape": list(array.shape), "low": low, "step": step, "data": data}


class Numbers:
    """The arrays of a page, each written once.

    Attributes:
        packed: key -> an array, as `pack` gives it.
    """

    def __init__(self) -> None:
        self.packed: dict[str, dict[str, Any]] = {}
        self._keys: dict[tuple[Any, bytes], str] = {}

    def add(self, array: Array) -> str:
        """Return the key of an array, which is packed if it is new."""
        array = np.ascontiguousarray(array, np.float64)
        mark = array.shape, array.tobytes()
        if mark not in self._keys:
            key = self._keys[mark] = str(len(self._keys))
            self.packed[key] = pack(array)
        return self._keys[mark]
