"""torch: `nn.RNN`, `nn.GRU`, `nn.LSTM`, with their own kernels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from benchmarks.agreement import of_training
from benchmarks.contenders import Run
from benchmarks.contenders.torch_cells import cell_passes  # noqa: F401 - asked for by name
from benchmarks.contenders.torch_states import train_state  # noqa: F401
from benchmarks.problem import (
    BETA_1,
    BETA_2,
    EPSILON,
    GATES,
    LEARNING_RATE,
    Problem,
    data,
    weights,
)

LAYER = {"SimpleRNN": torch.nn.RNN, "GRU": torch.nn.GRU, "LSTM": torch.nn.LSTM}


def set_threads(threads: int) -> None:
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)


class Model(torch.nn.Module):
    """The layer, its last output, and a dense layer."""

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        features, units = problem.shape[2:]
        self.kind = problem.layer
        self.layer = LAYER[problem.layer](features, units, batch_first=True)
        self.dense = torch.nn.Linear(units, 1)
        with torch.no_grad():
            for own, value in zip(self.parameters(), self._ours(weights(problem)), strict=True):
                own.copy_(torch.from_numpy(value))

    def forward(self, x: Any) -> Any:
        return self.dense(self.layer(x)[0][:, -1])

    def _turned(self, array: np.ndarray) -> np.ndarray:
        """Turn Keras's gates z r h into torch's r z n, or back: it is the same turn."""
        blocks = np.split(array, GATES[self.kind], axis=-1)
        if self.kind == "GRU":
            blocks = [blocks[1], blocks[0], blocks[2]]
        return np.concatenate(blocks, axis=-1)

    def _ours(self, keras: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return Keras's weights as torch keeps them: (gates, inputs), and always two biases."""
        kernel, recurrent, bias, dense, dense_bias = keras
        both = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
        turned = [self._turned(a) for a in (kernel, recurrent, both[0], both[1])]
        return [np.ascontiguousarray(a.T) for a in (*turned, dense, dense_bias)]

    def as_keras(self, own: Sequence[Any]) -> list[np.ndarray]:
        """Return torch's parameters or gradients in Keras's order and shapes.

        Of two biases that only ever are added, the first moves as Keras's one bias does.
        """
        kernel, recurrent, bias, second, dense, dense_bias = (a.detach().numpy().T for a in own)
        bias = np.stack([bias, second]) if self.kind == "GRU" else bias
        layer = [self._turned(a) for a in (kernel, recurrent, bias)]
        return [np.array(a) for a in (*layer, dense, dense_bias)]


def train(problem: Problem) -> Run:
    model, (x, y) = Model(problem), map(torch.from_numpy, data(problem))
    # torch adds epsilon after correcting for the start at zero, Keras before: this is the same
    # first step.
    epsilon = EPSILON / (1 - BETA_2) ** 0.5
    adam = torch.optim.Adam(model.parameters(), LEARNING_RATE, betas=(BETA_1, BETA_2), eps=epsilon)

    def call() -> float:
        adam.zero_grad(set_to_none=True)
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        adam.step()
        return loss.item()

    outputs, loss = model(x).detach().numpy(), call()
    gradients = model.as_keras([p.grad for p in model.parameters()])
    return Run(call, of_training(outputs, loss, gradients, model.as_keras([*model.parameters()])))


def infer(problem: Problem) -> Run:
    model, x = Model(problem).eval(), torch.from_numpy(data(problem)[0])

    def call() -> Any:
        with torch.inference_mode():
            return model(x)

    return Run(call, {"outputs": call().numpy()})


def stream(problem: Problem) -> Run:
    """One timestep a call, the state carried along."""
    layer, state = Model(problem).eval().requires_grad_(False).layer, None
    x = torch.from_numpy(data(problem)[0])
    now = x[:, :1].contiguous()

    def call() -> Any:
        nonlocal state
        output, state = layer(now, state)
        return output

    outputs = []
    for t in range(x.shape[1]):
        now = x[:, t : t + 1].contiguous()
        outputs.append(call().numpy().ravel())
    return Run(call, {"outputs": np.stack(outputs)})


def forward(problem: Problem) -> Run:
    """The layer's forward pass alone."""
    layer, x = Model(problem).layer, torch.from_numpy(data(problem)[0])

    def call() -> Any:
        with torch.inference_mode():
            return layer(x)[0][:, -1]

    return Run(call, {"outputs": call().numpy()})


def backward(problem: Problem) -> Run:
    """The forward pass and the one in reverse, all gradients."""
    model, x = Model(problem), torch.from_numpy(data(problem)[0]).requires_grad_()

    def call() -> Any:
        return torch.autograd.grad(model.layer(x)[0][:, -1].sum(), [x, *model.layer.parameters()])

    dx, *found = call()
    dkernel, drecurrent, *_ = model.as_keras([*found, *model.dense.parameters()])
    names = ("gradient of x", "gradient of kernel", "gradient of recurrent_kernel")
    return Run(call, dict(zip(names, (dx.numpy(), dkernel, drecurrent), strict=True)))
