"""Models in and out: the files of other programs, a file a format.

A format maps names and orders to those of elman's layers and back; it never computes. Files come
from anywhere and are trusted in nothing: no code is run from them, classes are looked up in
elman's own tables alone, sizes are checked before memory is taken, and what is wrong is a
`FormatError` that names the entry, with the model as it was.
"""

from typing import Any

_FORMATS = ("c", "onnx", "rtneural", "torch")  # imported when they are first asked for


def __getattr__(name: str) -> Any:
    from importlib import import_module

    from elman import _check

    if name in _FORMATS:
        return import_module(f"elman.formats.{name}")
    raise _check.absent("elman.formats", name, _FORMATS)
