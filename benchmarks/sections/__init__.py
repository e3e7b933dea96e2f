"""What is measured: a file a question.

Each module has `TITLE`, `run(bench)`, which measures, and `show(measurements)`, which makes a
table.
"""

from importlib import import_module
from types import ModuleType

SECTIONS = (
    "train", "infer", "limit", "extras", "scaling", "stream", "generate", "predict", "growth",
    "passes", "memory", "imports", "size", "options", "cells", "state", "inspection",
)  # fmt: skip


def section(name: str) -> ModuleType:
    """Return a section's module."""
    return import_module(f"benchmarks.sections.{name}")
