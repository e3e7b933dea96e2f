"""The regularizers and constraints that elman and Keras are compared in: class, options, shape."""

import numpy as np

REGULARIZERS = {
    "l1": ("L1", {}, (4, 6)),
    "l1/factor": ("L1", {"l1": 0.3}, (3, 4, 5)),
    "l2": ("L2", {}, (4, 6)),
    "l2/factor": ("L2", {"l2": 1.7}, (7,)),
    "l1_l2": ("L1L2", {}, (4, 6)),
    "l1_l2/factors": ("L1L2", {"l1": 0.2, "l2": 0.05}, (4, 6)),
    "orthogonal": ("OrthogonalRegularizer", {}, (4, 6)),
    "orthogonal/rows": ("OrthogonalRegularizer", {"factor": 2.0}, (6, 3)),
    "orthogonal/columns": ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}, (6, 3)),
}
CONSTRAINTS = {
    "non_neg": ("NonNeg", {}, (4, 6)),
    "unit_norm": ("UnitNorm", {}, (4, 6)),
    "unit_norm/axes": ("UnitNorm", {"axis": [0, 1]}, (3, 4, 5)),
    "unit_norm/last": ("UnitNorm", {"axis": -1}, (3, 4, 5)),
    "max_norm": ("MaxNorm", {}, (4, 6)),
    "max_norm/small": ("MaxNorm", {"max_value": 0.5, "axis": 1}, (4, 6)),
    "max_norm/vector": ("MaxNorm", {"max_value": 1.0}, (6,)),
    "min_max_norm": ("MinMaxNorm", {}, (4, 6)),
    "min_max_norm/rate": (
        "MinMaxNorm",
        {"min_value": 1.9, "max_value": 2.3, "rate": 0.25, "axis": 1},
        (6, 4),
    ),
    "min_max_norm/axes": (
        "MinMaxNorm",
        {"min_value": 9.0, "max_value": 10, "axis": [0, 2]},
        (3, 4, 5),
    ),
}


def weight(shape):
    """Return a weight of this shape in float32, with a zero in it."""
    w = np.random.default_rng(len(shape) * 100 + shape[0]).normal(size=shape).astype("float32")
    w.flat[1] = 0.0
    return w
