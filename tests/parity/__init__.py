"""elman beside real Keras, name by name and argument by argument: writes `docs/parity.md`.

Run with a Python that has Keras 3.15 on TensorFlow, autograd and tensorboardX, from the root:

    PYTHONPATH=src:. python -m tests.parity

It fails for a name of Keras that is neither in elman nor in `scope.py`, so that none is forgotten,
and for a name in `scope.py` that elman has by now, so that the page does not grow old.

    names.py      which module of elman stands beside which of Keras's, and their public names
    scope.py      what is left out, missing, limited and different, each with a reason
    arguments.py  signatures side by side, and what elman says to an argument that it lacks
    record.py     the cases that were run in both, and the largest differences
    page.py       the page
    calls.py      the calls of layers that are compared
    objects.py    the objects whose methods are compared
    layers.py, losses.py, training.py, rules.py, helpers.py, operations.py, methods.py
                  the cases, an area each
"""
