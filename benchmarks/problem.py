"""What all contenders compute: a layer, its last output, `Dense(1)`, the squared error, Adam.

A `Problem` names it; `data` and `weights` draw the same numbers for it in every process.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

LEARNING_RATE, EPSILON = 1e-3, 1e-7  # Keras's defaults of Adam
BETA_1, BETA_2 = 0.9, 0.999
GATES = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}  # blocks of columns, in Keras's order
LAYERS = tuple(GATES)
WEIGHTS = ("kernel", "recurrent_kernel", "bias", "dense kernel", "dense bias")


class Shape(NamedTuple):
    batch: int
    timesteps: int
    features: int
    units: int

    def __str__(self) -> str:
        return ",".join(map(str, self))


SHAPES = (
    Shape(1, 100, 8, 16),
    Shape(32, 50, 8, 32),
    Shape(32, 100, 32, 64),
    Shape(32, 100, 32, 128),
    Shape(64, 100, 64, 256),
    Shape(64, 100, 128, 512),
)


@dataclass(frozen=True)
class Problem:
    """What is computed.

    Attributes:
        task: "train", "infer", "stream", "predict", "forward", "backward" and so on: what a
            contender's function of that name prepares.
        mask: "" for none, "holes" for one skipped step a sample, "padding" for half of all steps.
        option: of `train_state`, one of `benchmarks.states`.
    """

    task: str
    layer: str
    shape: Shape
    activation: str = "tanh"
    recurrent_dropout: float = 0.0
    dtype: str = "float32"
    mask: str = ""
    option: str = ""

    def __str__(self) -> str:
        option = f" with {self.option}" if self.option else ""
        return f"{self.layer} {self.task}{option} ({self.shape})"


def data(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Return x (batch, timesteps, features), zero where masked, and y (batch, 1)."""
    B, T, F, _ = problem.shape
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(B, T, F)), rng.normal(size=(B, 1))
    if problem.mask == "holes":
        x[np.arange(B), rng.integers(0, T, B)] = 0.0
    if problem.mask == "padding":
        lengths = rng.permutation(np.linspace(1, T - 1, B).round() if B > 1 else [T / 2])
        x[np.arange(T) >= lengths[:, None]] = 0.0
    return x.astype(problem.dtype), y.astype(problem.dtype)


def weights(problem: Problem) -> list[np.ndarray]:
    """Return the weights of the layer and of `Dense(1)`, in Keras's order and shapes."""
    (_, _, F, U), G = problem.shape, GATES[problem.layer]
    rng = np.random.default_rng(1)
    bias = (2, G * U) if problem.layer == "GRU" else (G * U,)
    drawn = [
        rng.normal(size=(F, G * U)) / np.sqrt(F),
        rng.normal(size=(U, G * U)) * 0.5 / np.sqrt(U),
        rng.normal(size=bias) * 0.1,
        rng.normal(size=(U, 1)) / np.sqrt(U),
        np.zeros(1),
    ]
    return [w.astype(problem.dtype) for w in drawn]


def operations(problem: Problem) -> float:
    """Return how many operations the products need; a multiply-add counts as two.

    Forward, for a step of a sample: x W and h R. Backward: the gradients of W, R and h. The
    gradient of x is not counted, as nobody needs it.
    """
    (B, T, F, U), G = problem.shape, GATES[problem.layer]
    products = {"infer": F + U, "train": 2 * F + 3 * U}[problem.task]
    return 2.0 * B * T * products * G * U
