"""Warnings that point to the line of whoever uses elman."""

import sys
import warnings

AROUND = {"elman", "autograd", "contextlib", "functools"}  # what stands between it and elman


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn, of the line that is nearest to the one that called and is not elman's."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and _is_around(frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _is_around(module: str) -> bool:
    return module.split(".")[0] in AROUND
