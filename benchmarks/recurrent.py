"""How long do the recurrent passes of one layer take, beside the NumPy reference and torch?

    python benchmarks/recurrent.py [--threads N] [--small]

For each layer and shape, one forward pass (`infer`) and one forward and backward pass (`train`),
float32, the last output alone. All are timed in turn in one process, after checking that they
agree; figures are medians in milliseconds. torch is timed where it is installed.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import elman
from elman import kernels
from elman.cells import CELLS

SHAPES = [  # batch, timesteps, features, units
    (1, 100, 8, 16),
    (32, 50, 8, 32),
    (32, 100, 32, 64),
    (32, 100, 32, 128),
    (64, 100, 64, 256),
]
LAYERS = {"SimpleRNN": "simple_rnn", "GRU": "gru", "LSTM": "lstm"}
CLOSE = 1e-4  # float32 over a hundred steps, relative to the largest value


class Passes:
    """One layer's passes over one batch, by elman's kernels or its reference."""

    def __init__(self, layer: str, shape: tuple[int, int, int, int]) -> None:
        self.cell, (B, T, F, U) = LAYERS[layer], shape
        rng, maths = np.random.default_rng(0), CELLS[LAYERS[layer]]
        G = len(maths.GATES)

        def normal(*size: int) -> np.ndarray:
            return (rng.normal(size=size) / np.sqrt(size[0])).astype("float32")

        bias = normal(maths.BIASES, G * U) if maths.BIASES > 1 else normal(G * U)
        self.x = rng.normal(size=(B, T, F)).astype("float32")
        self.weights = (normal(F, G * U), normal(U, G * U), bias)
        self.state = tuple(np.zeros((B, U), "float32") for _ in maths.STATES)
        self.activations = ("tanh", "sigmoid")[: 1 if layer == "SimpleRNN" else 2]
        self.above = np.ones((B, U), "float32")

    def infer(self) -> np.ndarray:
        return self._forward(record=False)[0]

    def train(self) -> np.ndarray:
        outputs, state, tape = self._forward(record=True)
        nothing = tuple(np.zeros_like(s) for s in state)
        kernels.backpropagate(tape, self.above, nothing)
        return outputs

    def _forward(self, *, record: bool) -> Any:
        return kernels.unroll(
            self.cell, self.x, self.weights, self.state,
            activations=self.activations, return_sequences=False, record=record,
        )  # fmt: skip


class TorchPasses:
    """The same layer's passes by torch, with the same weights."""

    def __init__(self, layer: str, own: Passes) -> None:
        import torch

        self.torch = torch
        kernel, recurrent, bias = own.weights
        F, U = kernel.shape[0], recurrent.shape[0]
        self.layer = getattr(torch.nn, {"SimpleRNN": "RNN"}.get(layer, layer))(
            F, U, batch_first=True
        )
        order = {"GRU": [1, 0, 2]}.get(layer, range(len(CELLS[own.cell].GATES)))  # torch: r z n

        def gates(array: np.ndarray) -> Any:
            blocks = np.split(array, len(order), axis=-1)
            joined = np.concatenate([blocks[i] for i in order], axis=-1)
            return torch.tensor(np.ascontiguousarray(joined.T))

        biases = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
        parameters = [gates(kernel), gates(recurrent), gates(biases[0]), gates(biases[1])]
        with torch.no_grad():
            for parameter, value in zip(self.layer.parameters(), parameters, strict=True):
                parameter.copy_(value)
        self.x = torch.tensor(own.x, requires_grad=True)

    def infer(self) -> np.ndarray:
        with self.torch.no_grad():
            return self.layer(self.x)[0][:, -1].numpy()

    def train(self) -> np.ndarray:
        self.layer.zero_grad(set_to_none=True)
        self.x.grad = None
        last = self.layer(self.x)[0][:, -1]
        last.sum().backward()
        return last.detach().numpy()


def with_implementation(name: str, function: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> Any:
        kernels.use(name)
        return function()

    return run


def medians(functions: dict[str, Callable[[], Any]], seconds: float = 0.6) -> dict[str, float]:
    """Return the median time of each, run in turn until `seconds` have passed for each."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for function in functions.values():
        function()
    end = time.perf_counter() + seconds * len(functions)
    while time.perf_counter() < end or len(next(iter(times.values()))) < 5:
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            times[name].append(time.perf_counter() - start)
    return {name: 1e3 * statistics.median(found) for name, found in times.items()}


def contenders(layer: str, shape: tuple[int, int, int, int], torch: bool) -> dict[str, Any]:
    own = Passes(layer, shape)
    found: dict[str, Any] = {"elman": ("native", own), "reference": ("reference", own)}
    if torch:
        found["torch"] = ("native", TorchPasses(layer, own))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--small", action="store_true", help="leave out the largest shape")
    options = parser.parse_args()
    elman.set_num_threads(options.threads)
    try:
        import torch

        torch.set_num_threads(options.threads)
        versions = f"torch {torch.__version__}"
    except ImportError:
        torch, versions = None, "without torch"
    print(
        f"{platform.machine()}, Python {platform.python_version()}, {options.threads} threads, "
        f"elman {elman.__version__} ({kernels.status().implementation}), {versions}; milliseconds"
    )
    for what in ("infer", "train"):
        for layer in LAYERS:
            for shape in SHAPES[: -1 if options.small else None]:
                found = contenders(layer, shape, torch is not None)
                functions = {
                    name: with_implementation(kind, getattr(passes, what))
                    for name, (kind, passes) in found.items()
                }
                results = {name: function() for name, function in functions.items()}
                for name, result in results.items():
                    apart = np.abs(result - results["reference"]).max()
                    assert apart < CLOSE, f"{name} differs by {apart} in {layer} {shape}"
                times = medians(functions)
                shown = "   ".join(f"{name} {ms:9.3f}" for name, ms in times.items())
                print(f"{what} {layer:<9} {shape!s:<20} {shown}", flush=True)


if __name__ == "__main__":
    main()
