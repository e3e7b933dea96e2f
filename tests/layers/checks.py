"""What the tests of layers share: data, and the gradients of everything that enters a layer."""

from typing import Any

import numpy as np

import elman
from elman import _tree
from tests.gradcheck import assert_gradient

F64 = {"dtype": "float64"}
BATCH, TIMESTEPS, FEATURES, UNITS = 3, 4, 2, 2
GAPS = np.array([[1, 1, 1, 1], [0, 1, 0, 1], [1, 1, 0, 0]], bool)  # whole, with gaps, padded


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def data() -> np.ndarray:
    """Return sequences that a layer reads."""
    return normal(BATCH, TIMESTEPS, FEATURES)


def scramble(layer: Any, seed: int = 1) -> Any:
    """Give every weight, biases too, a value that hides no mistake, and return the layer."""
    generator = np.random.default_rng(seed)
    layer.set_weights([generator.normal(0, 0.7, w.shape) for w in layer.weights])
    return layer


def assert_gradients(layer: Any, x: Any, **arguments: Any) -> None:
    """Check the gradients of inputs, initial states and all weights, of a built layer or model.

    The number that is differentiated weighs every output, states included, by a number of its own.
    """

    def outputs() -> list[np.ndarray]:
        return _tree.flatten(layer(x, **arguments))

    weights = [normal(*output.shape, seed=7 + i) for i, output in enumerate(outputs())]

    def total(_: np.ndarray) -> float:
        return sum(float((y * w).sum()) for y, w in zip(outputs(), weights, strict=True))

    given = weights if len(weights) > 1 else weights[0]
    found = elman.gradients(layer, x, output_gradients=given, **arguments)
    states = _tree.flatten(arguments.get("initial_state") or [])
    leaves = [*_tree.flatten(x), *states]
    dleaves = [*found["inputs"], *found["initial_state"]]
    assert len(leaves) == len(dleaves)
    for array, gradient in zip(leaves, dleaves, strict=True):
        if array.dtype.kind == "f":
            assert_gradient(total, array, gradient)
        else:
            assert gradient is None
    assert len(layer.weights) == len(found["weights"])
    for weight, gradient in zip(layer.weights, found["weights"], strict=True):
        assert gradient.dtype == weight.dtype == np.float64
        assert_gradient(total, weight.array, gradient)
