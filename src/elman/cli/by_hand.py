"""The net that the notebook makes by hand: its loop as it was printed, and what the net can do.

    h_1 = sigmoid(x_1 Wx)    h_2 = sigmoid(x_2 Wx + h_1 Wa)    output = x_3 Wx + h_2 Wa

The loop's faults are told one by one in docs/guides/notebook.md; `printed_loop` keeps them.
"""

from typing import Any

import numpy as np

from elman._typing import Array
from elman.activations import relu, sigmoid

SEQUENCES = np.array([[0, 0, 1], [0, 1, 1], [1, 1, 1]], np.float64)
TARGETS = np.array([0, 1, 2], np.float64)  # how many ones came before the last step
RATE, EPOCHS = 0.001, 16001


def printed_loop() -> tuple[float, Array, Array]:
    """Run the notebook's loop with its faults; return its last loss, and its Wx and Wa.

    The weights to start from are the tenth pair that NumPy draws after the notebook's seed: two
    numbers. They come back as arrays, with a weight for each sample.
    """
    X, samples = SEQUENCES, len(SEQUENCES)
    Wx, Wa = np.random.RandomState(0).randn(10, 2)[9]
    loss = 0.0
    state, gradient, a = np.zeros((3, samples)), np.zeros((3, samples)), np.zeros((3, samples))
    for _ in range(EPOCHS):
        for j in range(2):
            a[j] = state[j] * Wa + X[:, j] * Wx
            state[j + 1] = sigmoid(a[j])
        a[2] = state[2] * Wa + X[:, 2] * Wx
        loss = float(np.square(a[2] - TARGETS).sum())
        dWx, dWa = np.zeros(samples), np.zeros(samples)
        gradient[2] = (a[2] - TARGETS) * (2 / 3)
        for i in (2, 1):
            dWx += gradient[i] * X[:, i - 1]
            dWa += gradient[i] * state[i - 1]
            gradient[i - 1] = gradient[i] * Wa * relu(a[i])
        Wx, Wa = Wx - RATE * dWx, Wa - RATE * dWa
    return loss, Wx, Wa


def smallest_sum_of_squares() -> tuple[float, float, float]:
    """Return what two shared weights can reach, and the weights that reach it.

    They are looked up on a grid from -50 to 50, then on ever finer ones around the best.

    >>> [round(number, 2) for number in smallest_sum_of_squares()]
    [1.8, 0.49, 0.82]
    """
    best, width, least = np.zeros(2), 50.0, np.inf
    for _ in range(30):
        Wx, Wa = np.meshgrid(*(c + np.linspace(-width, width, 201) for c in best))
        loss: Any = np.zeros_like(Wx)
        for (x1, x2, x3), target in zip(SEQUENCES, TARGETS, strict=True):
            h2 = sigmoid(x2 * Wx + sigmoid(x1 * Wx) * Wa)
            loss += np.square(x3 * Wx + h2 * Wa - target)
        k = np.unravel_index(np.argmin(loss), loss.shape)
        best, width, least = np.array([Wx[k], Wa[k]]), width / 2, float(loss[k])
    return least, float(best[0]), float(best[1])
