"""The kept script: for each thing that Keras's documentation shows, programs that do it.

A program is a public function of one of the modules in `TOPICS`. It takes the module `keras`, real
or elman, and runs unchanged with either; if it has a parameter `GradientTape` it is given that of
TensorFlow or elman's. It returns what is to be compared: numbers and texts in a dictionary.

    python -m tests.programs                    elman against the numbers kept of Keras
    python -m tests.programs --keras PYTHON     against Keras itself, run with that Python
    python -m tests.programs --write PYTHON     and keep its numbers in golden.npz
"""

import inspect
from importlib import import_module

import numpy as np

TOPICS = (
    *("layers_page", "joining_page", "rnn_page", "rnn_guide", "masking_guide", "sequential_guide"),
    *("functional_guide", "subclassing_guide", "built_in_guide", "own_losses", "custom_fit_guide"),
    *("loop_guide", "callbacks_guide", "transfer_guide", "saving_guide", "classics"),
)


def programs():
    """Return the programs by name, "topic.function"."""
    found = {}
    for topic in TOPICS:
        module = import_module(f"tests.programs.{topic}")
        for name, function in vars(module).items():
            own = getattr(function, "__module__", None) == module.__name__
            if own and inspect.isfunction(function) and not name.startswith("_"):
                found[f"{topic}.{name}"] = function
    return found


def run(program, keras):
    """Run a program with keras or elman; return its numbers and texts, flat, by name."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(0)
    tape = {}
    if "GradientTape" in inspect.signature(program).parameters:
        tape = {"GradientTape": _tape(keras)}
    return dict(_flat("", program(keras, **tape)))


def _tape(keras):
    if keras.__name__ == "elman":
        from elman.gradient_tape import GradientTape

        return GradientTape
    import tensorflow as tf

    return tf.GradientTape


def _flat(path, value):
    """Yield path and leaf of each leaf: a text, or an array of float32."""
    if isinstance(value, dict):
        value = {str(key): part for key, part in value.items()}.items()
    elif isinstance(value, (list, tuple)) and not all(isinstance(v, (int, float)) for v in value):
        value = enumerate(value)
    elif value is None or isinstance(value, (str, bool)):
        yield path, str(value)
        return
    else:
        yield path, np.asarray(value, "float32")
        return
    for key, part in value:
        yield from _flat(f"{path}/{key}" if path else str(key), part)
