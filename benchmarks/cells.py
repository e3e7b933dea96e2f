"""The layers that others lack: the weights, inputs and draws that all contenders compute them with.

    shapes(problem), weights(problem)    by the names that elman has for them
    inputs(problem)                      x, a third of it missing for GRU-D, and dL/d(outputs)
    draws(problem)                       what is random in a pass, (batch, timesteps, units) each
    multiply_adds(problem)               of the products, at a timestep of a row
    stock(problem)                       the stock layer with as many

A layer's multiply-adds are those of its products with matrices. The stock layer has the same number
of gates, or the next larger, and so many units that it comes as close as it can: few, where a layer
does not multiply its state.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from benchmarks.problem import GATES, Problem

ALPHA, SIGMA, EXCITATORY = 0.2, 0.1, 0.8  # dt / tau; of the noise; share of units


class Draw(NamedTuple):
    """What is drawn at each step for each unit: "bernoulli" of a rate, or "normal" of a scale."""

    kind: str
    size: float


class Case(NamedTuple):
    """A layer of elman's.

    Attributes:
        layer: its name in `elman.layers`.
        gates: how many.
        weights: by name, the sizes of their axes in features F and units U.
        options: the layer's arguments.
        draws: what is random in training, in the order of the cell's streams.
        missing: the share of the inputs that is NaN.
    """

    layer: str
    gates: int
    weights: Mapping[str, str]
    options: Mapping[str, Any] = {}
    draws: tuple[Draw, ...] = ()
    missing: float = 0.0


LSTM = {"kernel": "F 4U", "recurrent_kernel": "U 4U", "bias": "4U"}
CIFG = {"kernel": "F 3U", "recurrent_kernel": "U 3U", "bias": "3U"}
LEAKY = {"kernel": "F U", "recurrent_kernel": "U U", "bias": "U"}
SLOW = {"tau": 100, "dt": 100 * ALPHA}
CASES = {
    "LSTM, zoneout": Case(
        "ZoneoutLSTM", 4, LSTM, {"zoneout_cell": 0.5, "zoneout_output": 0.1},
        draws=(Draw("bernoulli", 0.5), Draw("bernoulli", 0.1)),
    ),
    "LSTM, peepholes": Case(
        "PeepholeLSTM", 4, LSTM | {"peephole_i": "U", "peephole_f": "U", "peephole_o": "U"}
    ),
    "LSTM, coupled gates": Case("CoupledLSTM", 3, CIFG),
    "LSTM, normalised": Case(
        "LayerNormLSTM", 4, LSTM | {"gain_x": "4U", "gain_h": "4U", "gain_c": "U", "bias_c": "U"}
    ),
    "GRU, normalised": Case(
        "LayerNormGRU", 3, CIFG | {"gain_x": "3U", "gain_h": "3U", "bias_h": "U"}
    ),
    "GRU-D": Case(
        "GRUD", 3,
        CIFG | {"kernel": "2F 3U", "input_decay": "F", "state_decay": "F U"}
        | {"input_decay_bias": "F", "state_decay_bias": "U"},
        missing=1 / 3,
    ),
    "IndRNN": Case("IndRNN", 1, {"kernel": "F U", "recurrent_kernel": "U", "bias": "U"}),
    "minGRU": Case("MinGRU", 2, {"kernel": "F 2U", "bias": "2U"}),
    "minLSTM": Case("MinLSTM", 3, {"kernel": "F 3U", "bias": "3U"}),
    "leaky": Case("LeakyRNN", 1, LEAKY, SLOW),
    "leaky, noise": Case(
        "LeakyRNN", 1, LEAKY, SLOW | {"noise": SIGMA},
        draws=(Draw("normal", math.sqrt(2 / ALPHA) * SIGMA),),
    ),
    "leaky, Dale's law": Case("LeakyRNN", 1, LEAKY, SLOW | {"dale": EXCITATORY}),
}  # fmt: skip
WHO = ("elman", "reference", "torch", "JAX")  # in whose library the cells are written
STOCK = {1: "SimpleRNN", 2: "GRU", 3: "GRU", 4: "LSTM"}  # by the number of gates


def shapes(problem: Problem) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a layer's weights, by name."""
    sizes = {"F": problem.shape.features, "U": problem.shape.units}
    return {
        name: tuple(int(axis[:-1] or 1) * sizes[axis[-1]] for axis in axes.split())
        for name, axes in CASES[problem.layer].weights.items()
    }


def weights(problem: Problem) -> dict[str, np.ndarray]:
    """Draw a layer's weights, such that outputs neither fade nor grow over many timesteps."""
    rng, found = np.random.default_rng(1), {}
    for name, shape in shapes(problem).items():
        drawn = rng.normal(size=shape)
        if name == "kernel":
            drawn /= np.sqrt(shape[0])
        elif name == "recurrent_kernel":
            drawn = (
                rng.uniform(-0.9, 0.9, shape) if len(shape) == 1 else 0.5 * drawn / shape[0] ** 0.5
            )
        elif name in ("input_decay", "state_decay"):
            drawn = rng.uniform(0, 0.5, shape)
        elif name.startswith("gain"):
            drawn = 0.5 + 0.1 * drawn  # with 1 an LSTM amplifies roundings
        else:
            drawn *= 0.1
        found[name] = drawn
    if "dale" in CASES[problem.layer].options:  # inhibition in balance with excitation
        found["recurrent_kernel"][excitatory(problem.shape.units) :] *= EXCITATORY / (
            1 - EXCITATORY
        )
        found["recurrent_kernel"] /= 2
    return {name: array.astype(problem.dtype) for name, array in found.items()}


def excitatory(units: int) -> int:
    """Return how many of so many units excite under Dale's law, which are the first."""
    return round(EXCITATORY * units)


def inputs(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Return x (batch, timesteps, features) and dL/d(outputs) (batch, timesteps, units)."""
    B, T, F, U = problem.shape
    rng = np.random.default_rng(0)
    x, doutputs = rng.normal(size=(B, T, F)), rng.normal(size=(B, T, U))
    if CASES[problem.layer].missing:
        x[rng.random(x.shape) < CASES[problem.layer].missing] = np.nan
    return x.astype(problem.dtype), doutputs.astype(problem.dtype)


def draws(problem: Problem) -> tuple[np.ndarray, ...]:
    """Return one draw of what is random: booleans, or normal numbers."""
    B, T, _, U = problem.shape
    rng = np.random.default_rng(2)
    return tuple(
        rng.random((B, T, U)) < size if kind == "bernoulli"
        else (size * rng.normal(size=(B, T, U))).astype(problem.dtype)
        for kind, size in CASES[problem.layer].draws
    )  # fmt: skip


def multiply_adds(problem: Problem) -> int:
    """Return the multiply-adds of a layer's products at a timestep of a row.

    >>> from benchmarks.problem import Shape
    >>> multiply_adds(Problem("cell_passes", "GRU-D", Shape(1, 1, 2, 3)))  # (2F + U) 3U + F U
    69
    """
    return sum(math.prod(shape) for shape in shapes(problem).values() if len(shape) == 2)


def stock(problem: Problem) -> tuple[str, int, float]:
    """Return the name and the units of the stock layer, and what part of the products it has."""
    macs, features = multiply_adds(problem), problem.shape.features
    layer = STOCK[CASES[problem.layer].gates]
    units = _units(macs / GATES[layer], features)
    return layer, units, GATES[layer] * units * (features + units) / macs


def _units(product: float, features: int) -> int:
    """Return the units u for which u (u + features) comes closest to this."""
    return max(1, round((math.sqrt(features * features + 4 * product) - features) / 2))


def answers(problem: Problem, single: Sequence[Any], double: Sequence[Any]) -> dict[str, Any]:
    """Name what both passes found, for `benchmarks.agreement`.

    Where relu has its edge a rounding decides whether there is a gradient, so that gradients are
    compared in float64; of what is timed, the outputs.

    Args:
        problem: what was computed.
        single: in its dtype, the outputs and the gradients of x and of `weights` in order.
        double: in float64.
    """
    names = ("outputs", "gradient of x", *(f"gradient of {name}" for name in weights(problem)))
    found = dict(zip(names, double, strict=True)) | {f"outputs in {problem.dtype}": single[0]}
    return {name: np.array(value, dtype="float64") for name, value in found.items()}


def double(problem: Problem) -> Problem:
    """Return the problem in float64."""
    return replace(problem, dtype="float64")
