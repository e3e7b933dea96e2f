"""Between which numbers do the values of an activation lie?"""

from math import inf

RANGES = {
    "sigmoid": (0, 1), "hard_sigmoid": (0, 1), "softmax": (0, 1), "tanh": (-1, 1),
    "hard_tanh": (-1, 1), "softsign": (-1, 1), "relu": (0, inf), "relu6": (0, 6),
    "softplus": (0, inf), "exponential": (0, inf), "hard_sigmoid_keras2": (0, 1),
}  # fmt: skip
BOUNDED = tuple(name for name, (_, high) in RANGES.items() if high < inf)
