"""From elman to PyTorch and back, and from PyTorch to elman, with real PyTorch.

    python -m tests.formats.torch.round_trips       in an environment with torch and elman

For each kind of layer: an elman model's weights are written as .pt and .safetensors, `torch.load`
reads them into a module of PyTorch's, whose outputs are compared with elman's; what PyTorch saves
of it, in both forms of .pt, elman reads again; and `elman.from_torch` makes a model of the module.
It prints the largest difference of each, relative to the larger of 1 and the largest output, and
fails where one is above 1e-6.
"""

import importlib.util
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

import elman
from elman import layers
from elman.formats import torch as formats

LIMIT = 1e-6
CLASSES = ("RNN", "GRU", "LSTM")
BATCH, TIMESTEPS, FEATURES, UNITS = 3, 7, 5, 4


class Trip(NamedTuple):
    """An elman model's layers, the names of PyTorch's modules, and the module they fit."""

    name: str
    layers: Callable[[], list[Any]]
    names: list[str]
    module: Callable[[], nn.Module]
    indices: bool = False  # whether it reads indices, and not numbers


def recurrent(cls: str, count: int, *, both: bool, **options: Any) -> Trip:
    """Return the trip of a recurrent module of so many layers."""
    kind = {"RNN": layers.SimpleRNN, "GRU": layers.GRU, "LSTM": layers.LSTM}[cls]
    given = {"use_bias": options.get("bias", True)}
    if "nonlinearity" in options:
        given["activation"] = options["nonlinearity"]

    def make() -> list[Any]:
        found = [kind(UNITS, return_sequences=True, **given) for _ in range(count)]
        return [layers.Bidirectional(layer) if both else layer for layer in found]

    def module() -> nn.Module:
        return getattr(nn, cls)(
            FEATURES, UNITS, count, batch_first=True, bidirectional=both, **options
        )

    said = ", ".join([f"{n}={v!r}" for n, v in options.items()])
    name = f"{cls}, layers={count}, directions={1 + both}{', ' * bool(said)}{said}"
    return Trip(name, make, [""] * count, module)


TRIPS = [
    *(recurrent(cls, 1, both=both) for cls in CLASSES for both in (False, True)),
    *(recurrent(cls, 3, both=both) for cls in CLASSES for both in (False, True)),
    recurrent("RNN", 2, both=True, nonlinearity="relu"),
    *(recurrent(cls, 2, both=True, bias=False) for cls in CLASSES),
    Trip("Linear", lambda: [layers.Dense(3)], [""], lambda: nn.Linear(FEATURES, 3)),
    Trip(
        "Linear, bias=False", lambda: [layers.Dense(3, use_bias=False)], [""],
        lambda: nn.Linear(FEATURES, 3, bias=False),
    ),
    Trip("Embedding", lambda: [layers.Embedding(9, 3)], [""], lambda: nn.Embedding(9, 3), True),
    Trip(
        "LayerNorm", lambda: [layers.LayerNormalization(epsilon=1e-5)], [""],
        lambda: nn.LayerNorm(FEATURES),
    ),
    Trip(
        "Sequential(Embedding, LayerNorm, Linear, Tanh, Linear)",
        lambda: [layers.Embedding(9, 3), layers.LayerNormalization(epsilon=1e-5), layers.Dense(4),
                 layers.Activation("tanh"), layers.Dense(2)],
        ["0", "1", "2", "4"],
        lambda: nn.Sequential(nn.Embedding(9, 3), nn.LayerNorm(3), nn.Linear(3, 4), nn.Tanh(),
                              nn.Linear(4, 2)),
        True,
    ),
]  # fmt: skip


def outputs(module: nn.Module, x: np.ndarray) -> np.ndarray:
    """Return what PyTorch computes."""
    with torch.no_grad():
        y = module(torch.tensor(x))
    return (y[0] if isinstance(y, tuple) else y).numpy()


def difference(have: np.ndarray, want: np.ndarray) -> float:
    """Return the largest difference, relative to the larger of 1 and the largest."""
    assert have.shape == want.shape, (have.shape, want.shape)
    return float(np.abs(have - want).max() / max(1, np.abs(want).max()))


def travel(trip: Trip, folder: Path) -> dict[str, float]:
    """Return the differences of a trip by what was done."""
    rng = np.random.default_rng(0)
    x, sample = inputs(trip.indices)

    def model() -> elman.Sequential:
        found = elman.Sequential([elman.Input(sample), *trip.layers()])
        found.set_weights([rng.normal(size=w.shape) / 2 for w in found.weights])
        return found

    ours, theirs, found = model(), trip.module().eval(), {}
    for ending, load in LOADERS.items():
        formats.save_state_dict(ours, folder / f"ours{ending}", trip.names)
        theirs.load_state_dict(load(folder / f"ours{ending}"))
        found[f"to torch, {ending}"] = difference(ours(x), outputs(theirs, x))
    for form, new in ((".pt", True), ("old .pt", False)):
        torch.save(theirs.state_dict(), folder / "theirs.pt", _use_new_zipfile_serialization=new)
        again = model()
        formats.load_weights(again, folder / "theirs.pt", trip.names)
        found[f"back, {form}"] = difference(again(x), ours(x))
    return found | live(trip.module, trip.indices)


def live(make: Callable[[], nn.Module], indices: bool = False) -> dict[str, float]:
    """Return the differences of models made of live modules, of three kinds of numbers."""
    found = {}
    x, sample = inputs(indices)
    for kind, dtype in (("float", "float32"), ("double", "float64"), ("bfloat16", "float32")):
        module = getattr(make().eval(), kind)()
        model = elman.from_torch(module, sample)
        assert all(w.dtype == dtype for w in model.weights), model.weights
        given = x if indices else x.astype(dtype)
        module = module.double() if kind == "double" else module.float()  # to compute with
        found[f"from_torch, {kind}"] = difference(model(given), outputs(module, given))
    return found


def inputs(indices: bool) -> tuple[np.ndarray, tuple[int | None, ...]]:
    """Return inputs, and the shape of a sample of them."""
    rng, shape = np.random.default_rng(1), (BATCH, TIMESTEPS)
    if indices:
        return rng.integers(0, 9, shape), (None,)
    return rng.normal(size=(*shape, FEATURES)).astype("float32"), (None, FEATURES)


def states(cls: str) -> dict[str, float]:
    """Return the differences of `load_torch` with states given, time first."""
    module = getattr(nn, cls)(FEATURES, UNITS, 2, bidirectional=True).eval()
    rng = np.random.default_rng(2)
    x = rng.normal(size=(TIMESTEPS, BATCH, FEATURES)).astype("float32")
    count = 2 if cls == "LSTM" else 1
    given = [rng.normal(size=(4, BATCH, UNITS)).astype("float32") for _ in range(count)]
    ours = elman.load_torch(
        module.state_dict(), cls, input_size=FEATURES, hidden_size=UNITS, num_layers=2,
        bidirectional=True,
    )  # fmt: skip
    tensors = [torch.tensor(state) for state in given]
    with torch.no_grad():
        y, final = module(torch.tensor(x), tuple(tensors) if cls == "LSTM" else tensors[0])
    want = [y, *final] if cls == "LSTM" else [y, final]
    pairs = zip(("y", "hn", "cn"), ours(x, *given), want, strict=False)
    return {name: difference(have, tensor.numpy()) for name, have, tensor in pairs}


ACTIVATIONS = [
    nn.CELU(), nn.ELU(0.7), nn.GELU(), nn.Hardsigmoid(), nn.Hardtanh(), nn.LeakyReLU(0.1),
    nn.LogSigmoid(), nn.LogSoftmax(-1), nn.Mish(), nn.ReLU(), nn.ReLU6(), nn.SELU(), nn.SiLU(),
    nn.Sigmoid(), nn.Softmax(-1), nn.Softplus(), nn.Softsign(), nn.Tanh(), nn.Tanhshrink(),
    nn.Dropout(0.5), nn.Identity(),
]  # fmt: skip


def load_safetensors(path: Path) -> Any:
    """Return what the format's own library reads."""
    from safetensors.torch import load_file

    return load_file(path)


LOADERS: dict[str, Callable[[Path], Any]] = {
    ".pt": lambda path: torch.load(path, weights_only=True),
}
if importlib.util.find_spec("safetensors"):
    LOADERS[".safetensors"] = load_safetensors


def table(rows: list[tuple[str, dict[str, float]]]) -> float:
    """Print differences, and return the largest."""
    heads = list(dict.fromkeys(head for _, found in rows for head in found))
    print("| module | " + " | ".join(heads) + " |")
    print("|---|" + "---|" * len(heads))
    for name, found in rows:
        shown = [f"{found[head]:.1e}" if head in found else "" for head in heads]
        print(f"| {name} | " + " | ".join(shown) + " |")
    print()
    return max(value for _, found in rows for value in found.values())


def main() -> None:
    """Print the tables."""
    torch.manual_seed(0)
    print(
        f"torch {torch.__version__}, elman {elman.__version__}; "
        f"batch {BATCH}, timesteps {TIMESTEPS}, features {FEATURES}, units {UNITS}\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        largest = [table([(trip.name, travel(trip, Path(folder))) for trip in TRIPS])]
    largest.append(table([(str(each), live(partial(linear_and, each))) for each in ACTIVATIONS]))
    largest.append(table([(f"load_torch, {cls}", states(cls)) for cls in CLASSES]))
    print(f"largest: {max(largest):.1e}")
    assert max(largest) <= LIMIT


def linear_and(activation: nn.Module) -> nn.Module:
    """Return a module that puts an activation behind a linear one."""
    return nn.Sequential(nn.Linear(FEATURES, 3), activation)


if __name__ == "__main__":
    main()
