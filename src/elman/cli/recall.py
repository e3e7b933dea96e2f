"""A task that needs a memory, a small net that learns it, and what happens inside.

Each step brings a number between -1 and 1 and, at some steps, a mark. The target is the number
that came with the last mark: the net must take it in, keep it, and let go of the one before.
"""

from typing import NamedTuple

import numpy as np

from elman import inspection, kernels, layers, optimizers, utils
from elman._typing import Array
from elman.models import Sequential

TIMESTEPS, UNITS, SAMPLES, EPOCHS = 12, 4, 4096, 30
MARKED = 0.25  # share of the steps after the first, which always is


class Net(NamedTuple):
    """A model, and the two layers that it is made of."""

    model: Sequential
    memory: layers.GRU
    readout: layers.Dense


class Inside(NamedTuple):
    """What happens in a net as it reads one sequence and looks back at its error.

    Attributes:
        prediction, loss: what it answers, and L, the square of its error.
        states: h_t, the state after each step (timesteps, units).
        dstates: dL/dh_t, the gradient that reaches each of them (timesteps, units).
        dx: dL/dx_t, the gradient that reaches the inputs (timesteps, features).
    """

    prediction: float
    loss: float
    states: Array
    dstates: Array
    dx: Array

    @property
    def reach(self) -> Array:
        """The size of the gradient at each step, as a share of its size at the last."""
        sizes = np.linalg.norm(self.dstates, axis=1)
        return sizes / sizes[-1]


def draw(samples: int, seed: int) -> tuple[Array, Array]:
    """Return sequences (samples, timesteps, 2), numbers and marks, and targets (samples, 1).

    >>> x, y = draw(3, seed=0)
    >>> x.shape, y.shape, bool((x[:, 0, 1] == 1).all())
    ((3, 12, 2), (3, 1), True)
    """
    generator = np.random.default_rng(seed)
    values = generator.uniform(-1, 1, (samples, TIMESTEPS))
    marks = generator.random((samples, TIMESTEPS)) < MARKED
    marks[:, 0] = True
    last = TIMESTEPS - 1 - np.argmax(marks[:, ::-1], axis=1)
    x = np.stack([values, marks], axis=-1).astype(np.float32)
    return x, values[np.arange(samples), last][:, None].astype(np.float32)


def example() -> tuple[Array, Array]:
    """Return the sequence that is looked at, and its target."""
    values = [0.4, -0.7, 0.3, -0.9, -0.5, 0.8, 0.6, -0.3, 0.9, -0.8, 0.2, -0.6]
    marks = [float(t in (0, 3, 5)) for t in range(TIMESTEPS)]
    x = np.stack([values, marks], axis=-1).astype(np.float32)
    return x[None], np.array([[values[5]]], np.float32)


def make_net(seed: int) -> Net:
    """Return a net that has learned nothing yet."""
    utils.set_random_seed(seed)
    memory, readout = layers.GRU(UNITS, name="memory"), layers.Dense(1, name="readout")
    model = Sequential([layers.Input((TIMESTEPS, 2)), memory, readout], name="recall")
    model.compile(optimizers.Adam(0.02), "mse")
    return Net(model, memory, readout)


def look_inside(net: Net, x: Array, y: Array) -> Inside:
    """Run one sequence forward and its error back, and keep every step."""
    memory = net.memory
    zero = tuple(memory.get_initial_state(1))
    states, final, tape = kernels.unroll(
        memory.cell_name, x, memory.cell_weights, zero, activations=memory.functions
    )
    error = net.readout(final[0]) - y
    (dlast,) = inspection.gradients(net.readout, final[0], output_gradients=2 * error)["inputs"]
    found = kernels.backpropagate(tape, np.zeros_like(states), (dlast,), record_states=True)
    return Inside(
        prediction=float((error + y).item()),
        loss=float(np.square(error).item()),
        states=states[0],
        dstates=found.states[0][0],
        dx=found.x[0],
    )
