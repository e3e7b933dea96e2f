"""Who takes part. Each module here has a function for each task that it can do:

    set_threads(threads)      before anything else
    train(problem) -> Run     and infer, stream, predict, forward, backward: ready to be timed
    forget()                  lets go of what was compiled

No module here is imported but by the process that is to run it.
"""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np


class Run(NamedTuple):
    """What is timed, and what it computed first."""

    call: Callable[[], object]
    answers: Mapping[str, np.ndarray]


class NotThereError(Exception):
    """A contender cannot do this; the message says why."""


class Contender(NamedTuple):
    """Which module runs it, what it needs, how a user imports it, and what is installed for it."""

    module: str
    needs: tuple[str, ...]
    statement: str
    distributions: tuple[str, ...]


def _contender(module: str, needs: str, statement: str, distributions: str) -> Contender:
    where = f"benchmarks.contenders.{module}"
    return Contender(where, tuple(needs.split()), statement, tuple(distributions.split()))


OWN, REFERENCE = "elman", "reference"  # `reference` is elman's NumPy, no rival
CONTENDERS = {
    OWN: _contender("elman", "elman", "import elman", "elman"),
    "torch": _contender("torch", "torch", "import torch", "torch"),
    "JAX": _contender("jax", "jax", "import jax.numpy", "jax"),
    "Keras-TF": _contender(
        "keras_tensorflow",
        "keras tensorflow",
        "import os; os.environ['KERAS_BACKEND'] = 'tensorflow'; import keras",
        "keras tensorflow-cpu tensorflow",
    ),
    "Keras-JAX": _contender(
        "keras_jax",
        "keras jax",
        "import os; os.environ['KERAS_BACKEND'] = 'jax'; import keras",
        "keras jax",
    ),
    "ONNX-RT": _contender("onnxruntime", "onnx onnxruntime", "import onnxruntime", "onnxruntime"),
    REFERENCE: _contender("reference", "elman", "import elman", "elman"),
}


def installed() -> list[str]:
    """Return the contenders that are installed, elman first, without the reference."""
    return [name for name in CONTENDERS if name != REFERENCE and not missing(name)]


def missing(name: str) -> list[str]:
    """Return the packages that a contender needs and that are not installed."""
    return [package for package in CONTENDERS[name].needs if find_spec(package) is None]
