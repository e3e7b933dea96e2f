"""Files as elman writes them, by h5py."""

import io
from collections.abc import Mapping
from typing import Any

from elman._typing import Array


def written(groups: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Array]]]) -> bytes:
    """Return the bytes of a file.

    Args:
        groups: path -> attributes and arrays of the group; "" is the file itself.
    """
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for path, (attributes, arrays) in groups.items():
            group = file.require_group(path or "/")
            group.attrs.update(attributes)
            for name, array in arrays.items():
                group[name] = array
    return buffer.getvalue()
