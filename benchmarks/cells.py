"""Both passes of each layer that others lack, beside a stock layer of as many multiply-adds.

A layer's multiply-adds are those of its products, F G U of the inputs and U G U of the state at a
timestep of a row. The stock layer has the same number of gates, or the next larger, and so many
units that it comes as close as it can: few, where a layer does not multiply its state.
"""

import math
from functools import partial
from typing import Any

import numpy as np

from benchmarks.options import medians
from benchmarks.problem import Shape
from elman import cells, kernels, layers
from elman.layers.parts.passes import TRAINING

STOCK: dict[int, tuple[Any, int]] = {
    1: (layers.SimpleRNN, 1), 2: (layers.GRU, 3), 3: (layers.GRU, 3), 4: (layers.LSTM, 4),
}  # fmt: skip
CASES: dict[str, dict[str, Any]] = {
    "LSTM, zoneout": {"layer": layers.ZoneoutLSTM, "zoneout_cell": 0.5, "zoneout_output": 0.1},
    "LSTM, peepholes": {"layer": layers.PeepholeLSTM},
    "LSTM, coupled gates": {"layer": layers.CoupledLSTM},
    "LSTM, normalised": {"layer": layers.LayerNormLSTM},
    "GRU, normalised": {"layer": layers.LayerNormGRU},
    "GRU-D": {"layer": layers.GRUD},
    "IndRNN": {"layer": layers.IndRNN},
    "minGRU": {"layer": layers.MinGRU},
    "minLSTM": {"layer": layers.MinLSTM},
    "leaky": {"layer": layers.LeakyRNN, "tau": 100, "dt": 20},
    "leaky, noise": {"layer": layers.LeakyRNN, "tau": 100, "dt": 20, "noise": 0.1},
    "leaky, Dale's law": {"layer": layers.LeakyRNN, "tau": 100, "dt": 20, "dale": 0.8},
}
# Of outputs in float32, native against the reference. Normalisation divides by small deviations:
# with 256 units and 100 timesteps either is 5e-4 from float64.
TOLERANCE = 2e-3


def cell_times(name: str, shape: Shape) -> tuple[float, float, float]:
    """Return seconds of both passes: of a layer, of its stock one, and what the latter would take.

    The third is the second's time for the first's number of multiply-adds.

    Raises:
        AssertionError: the compiled layer does not give what the reference gives.
    """
    options = dict(CASES[name])
    kind = options.pop("layer")
    layer = kind(shape.units, return_sequences=True, **options)
    x = np.random.default_rng(0).normal(size=shape[:3]).astype(np.float32)
    _check(name, layer, x)
    macs, gates = _multiply_adds(layer, shape)
    stock_kind, stock_gates = STOCK[gates]
    units = _units(macs / stock_gates, shape.features)
    stock = stock_kind(units, return_sequences=True)
    stock(x)
    seconds, of_stock = medians([_both_passes(layer, x), _both_passes(stock, x)])
    stock_macs, _ = _multiply_adds(stock, shape)
    return seconds, of_stock, of_stock * macs / stock_macs


def _check(name: str, layer: Any, x: Any) -> None:
    """Compare what the layer gives with what the reference gives, in inference."""
    found, implementation = layer(x), kernels.status().implementation
    kernels.use("reference")
    expected = layer(x)
    kernels.use(implementation)
    worst = float(np.abs(found - expected).max())
    if not worst <= TOLERANCE:
        raise AssertionError(f"{name}: the kernels differ from the reference by {worst:.1e}")


def _both_passes(layer: Any, x: Any) -> Any:
    """Return what runs a layer forward and back once."""

    def run() -> None:
        (y,), _, tape = layer.run((x,), (None,), TRAINING)
        layer.reverse(tape, (y,))

    return partial(run)


def _multiply_adds(layer: Any, shape: Shape) -> tuple[int, int]:
    """Return a layer's multiply-adds at a timestep of a row, and its gates."""
    maths, U = cells.CELLS[layer.cell.cell_name], layer.cell.units
    gates = len(maths.GATES)
    features = len(layer.cell.kernel.array)
    return gates * U * (features + U * cells.has_recurrent_kernel(maths)), gates


def _units(product: float, features: int) -> int:
    """Return the units u for which u (u + features) comes closest to this."""
    return max(1, round((math.sqrt(features * features + 4 * product) - features) / 2))
