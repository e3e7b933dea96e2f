"""PyTorch's modules in elman: of three kinds of numbers, and called as PyTorch calls them."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

import elman
from tests.formats.round_trips.cases import distance

FORMS = ("float32", "float64", "bfloat16", "load_torch")
CLASSES = ("RNN", "GRU", "LSTM")
BATCH, TIMESTEPS, FEATURES, UNITS = 3, 7, 5, 4
ACTIVATIONS = [
    nn.CELU(), nn.ELU(0.7), nn.GELU(), nn.Hardsigmoid(), nn.Hardtanh(), nn.LeakyReLU(0.1),
    nn.LogSigmoid(), nn.LogSoftmax(-1), nn.Mish(), nn.ReLU(), nn.ReLU6(), nn.SELU(), nn.SiLU(),
    nn.Sigmoid(), nn.Softmax(-1), nn.Softplus(), nn.Softsign(), nn.Tanh(), nn.Tanhshrink(),
    nn.Dropout(0.5), nn.Identity(),
]  # fmt: skip


class Stepped(nn.Module):
    """A cell, taken through a sequence."""

    def __init__(self, cell: nn.Module) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Any) -> Any:
        """Return h of all timesteps."""
        state, found = None, []
        for t in range(x.shape[1]):
            state = self.cell(x[:, t], state)
            found.append(state[0] if isinstance(state, tuple) else state)
        return torch.stack(found, 1)


def averaged(**options: Any) -> nn.Module:
    """Return a BatchNorm1d over timesteps that has seen some batches."""
    module = nn.BatchNorm1d(TIMESTEPS, **options)
    for _ in range(3):
        module(2 * torch.randn(BATCH, TIMESTEPS, FEATURES) + 1)
    return module


MODULES: dict[str, Callable[[], nn.Module]] = {
    **{
        f"{cls}, {count} layers{', both directions' * both}": partial(
            getattr(nn, cls), FEATURES, UNITS, count, batch_first=True, bidirectional=both
        )
        for cls in CLASSES
        for count, both in ((1, False), (3, False), (2, True))
    },
    "RNN of relu": partial(nn.RNN, FEATURES, UNITS, nonlinearity="relu", batch_first=True),
    "LSTM, bias=False": partial(nn.LSTM, FEATURES, UNITS, bias=False, batch_first=True),
    **{
        f"{cls}Cell": lambda cls=cls: Stepped(getattr(nn, f"{cls}Cell")(FEATURES, UNITS))
        for cls in CLASSES
    },
    "Linear": partial(nn.Linear, FEATURES, 3),
    "Linear, bias=False": partial(nn.Linear, FEATURES, 3, bias=False),
    "Embedding": partial(nn.Embedding, 9, 3),
    "LayerNorm": partial(nn.LayerNorm, FEATURES),
    "BatchNorm1d": averaged,
    "BatchNorm1d, affine=False": partial(averaged, affine=False),
    "Flatten, Linear": lambda: nn.Sequential(nn.Flatten(), nn.Linear(TIMESTEPS * FEATURES, 3)),
    "Sequential of Embedding, LayerNorm, Linear, Tanh": lambda: nn.Sequential(
        nn.Embedding(9, 3), nn.LayerNorm(3), nn.Linear(3, 4), nn.Tanh()
    ),
    "Linear, GELU('tanh')": lambda: nn.Sequential(nn.Linear(FEATURES, 3), nn.GELU("tanh")),
    **{
        f"Linear, {type(each).__name__}": lambda each=each: nn.Sequential(
            nn.Linear(FEATURES, 3), each
        )
        for each in ACTIVATIONS
    },
}


def beside() -> Iterator[tuple[str, str, Callable[[], float]]]:
    """Yield the module, the form, and a function that returns a difference."""
    for name, make in MODULES.items():
        for form in FORMS[:3]:
            yield name, form, partial(live, make, form, "Embedding" in name)
    for cls in CLASSES:
        yield f"{cls}, 2 layers, both directions", "load_torch", partial(states, cls)


def live(make: Callable[[], nn.Module], kind: str, indices: bool) -> float:
    """Return the difference of a model made of a live module of a kind of numbers."""
    torch.manual_seed(0)
    rng, shape = np.random.default_rng(1), (BATCH, TIMESTEPS)
    module = make().eval().to(getattr(torch, kind))
    dtype = "float64" if kind == "float64" else "float32"
    x = rng.normal(size=(*shape, FEATURES)).astype(dtype)
    if indices:
        x = rng.integers(0, 9, shape)
    model = elman.from_torch(getattr(module, "cell", module), x.shape[1:])
    assert all(w.dtype == dtype for w in model.weights), model.weights
    module = module.to(getattr(torch, dtype))  # to compute with
    with torch.no_grad():
        y: Any = module(torch.tensor(x))
    return distance([np.asarray(y[0] if isinstance(y, tuple) else y)], [model(x)])


def states(cls: str) -> float:
    """Return the difference of `load_torch` with states given, time first."""
    torch.manual_seed(0)
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
    found, last = ours(x, tuple(given) if cls == "LSTM" else given[0])
    wanted, have = ([y, *final], [found, *last]) if cls == "LSTM" else ([y, final], [found, last])
    return distance([np.asarray(each) for each in wanted], have)
