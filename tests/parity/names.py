"""Which module of elman stands beside which of Keras's, and their public names."""

import importlib
from typing import NamedTuple


class Area(NamedTuple):
    """A table of the page.

    Attributes:
        title: its heading.
        module: behind `keras.` and `elman.`.
        names: those of it that the table is about; all where there are none.
    """

    title: str
    module: str
    names: tuple[str, ...] = ()

    @property
    def of_elman(self):
        """Return elman's module, None where it has none."""
        try:
            return importlib.import_module(f"elman.{self.module}".rstrip("."))
        except ModuleNotFoundError:
            return None


RECURRENT = (
    *("SimpleRNN", "GRU", "LSTM", "RNN", "Bidirectional", "TimeDistributed", "Masking"),
    *("SimpleRNNCell", "GRUCell", "LSTMCell", "StackedRNNCells", "ConvLSTM1D"),
)
AREAS = (
    Area("Recurrent layers and cells", "layers", RECURRENT),
    Area("Other layers", "layers"),
    Area("Activations", "activations"),
    Area("Initializers", "initializers"),
    Area("Regularizers", "regularizers"),
    Area("Constraints", "constraints"),
    Area("Losses", "losses"),
    Area("Metrics", "metrics"),
    Area("Optimizers", "optimizers"),
    Area("Learning rate schedules", "optimizers.schedules"),
    Area("Callbacks", "callbacks"),
    Area("Models", "models"),
    Area("Saving", "saving"),
    Area("Utilities", "utils"),
    Area("Preprocessing", "preprocessing"),
    Area("Preprocessing of sequences", "preprocessing.sequence"),
    Area("Operations", "ops"),
    Area("Linear algebra", "ops.linalg"),
    Area("Operations of nets", "ops.nn"),
    Area("Random numbers", "random"),
    Area("Nested structures", "tree"),
    Area("Settings", "config"),
    Area("Backend", "backend"),
    Area("At the top", ""),
)
BEYOND = ("inspection",)  # modules of elman's that Keras has none beside


def public(module):
    """Return the public names of a module of elman's: `__all__`, or what it defines itself."""
    if hasattr(module, "__all__"):
        return sorted(module.__all__)
    return sorted(
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    )


def both(area, keras):
    """Return Keras's module of an area, its public names, and elman's."""
    theirs = keras
    for part in filter(None, area.module.split(".")):
        theirs = getattr(theirs, part)
    names = [name for name in dir(theirs) if not name.startswith("_")]
    ours = public(area.of_elman) if area.of_elman else []
    if area.names:
        return theirs, [n for n in names if n in area.names], [n for n in ours if n in area.names]
    taken = [n for other in AREAS if other.module == area.module for n in other.names]
    return theirs, [n for n in names if n not in taken], [n for n in ours if n not in taken]


def grouped(module, names):
    """Return names with their other names: of one class or function, the first is what it says.

    >>> import types
    >>> grouped(types.SimpleNamespace(int=int, whole=int, f=abs), ["f", "int", "whole"])
    {'f': [], 'int': ['whole']}
    """
    groups = {}
    for name in names:
        value = getattr(module, name)
        groups.setdefault(id(value) if callable(value) else name, []).append((name, value))
    found = {}
    for members in groups.values():
        value = members[0][1]
        said = [name for name, _ in members if name == getattr(value, "__name__", None)]
        first = said[0] if said else members[0][0]
        found[first] = [name for name, _ in members if name != first]
    return dict(sorted(found.items(), key=lambda pair: pair[0].lower()))
