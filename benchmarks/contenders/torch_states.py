"""torch: a training step with an option of state or time.

`nn.LSTM`, whose kernels are torch's own, does all but resets: those take a loop over the timesteps,
as it is or traced. Sequences of different lengths are packed, or padded and their padding left out
of the loss. The faster way counts.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import pack_padded_sequence
from torch.utils.checkpoint import checkpoint

from benchmarks import states
from benchmarks.contenders import Run
from benchmarks.contenders.steps import lstm
from benchmarks.contenders.torch_cells import LIBRARY, traced
from benchmarks.contenders.ways import fastest
from benchmarks.problem import BETA_1, BETA_2, EPSILON, Problem


def train_state(problem: Problem) -> Run:
    """A step of `benchmarks.states`; of truncated backpropagation one a chunk."""
    makes = {
        "reset_mask": {"loop": partial(Loop, traces=False), "traced": partial(Loop, traces=True)},
        "lengths": {"packed": partial(Fused, packs=True), "padded": partial(Fused, packs=False)},
    }.get(problem.option, {"": Fused})
    way, _ = fastest({way: Step(make(problem)) for way, make in makes.items()})
    call = Step(makes[way](problem))
    losses = [call() for _ in range(states.CALLS)]
    return Run(call, states.answers(problem, losses, call.momenta()))


class Step:
    """What takes a step of training, or one a chunk."""

    def __init__(self, model: Any) -> None:
        self.model = model
        # torch adds epsilon after correcting for the start at zero, Keras before.
        epsilon = EPSILON / (1 - BETA_2) ** 0.5
        self.adam = torch.optim.Adam(
            model.trained, states.LEARNING_RATE, betas=(BETA_1, BETA_2), eps=epsilon
        )

    def __call__(self) -> float:
        losses = []
        for error in self.model.errors():
            self.adam.zero_grad(set_to_none=True)
            error.backward()
            self.adam.step()
            losses.append(error.item())
        return sum(losses) / len(losses)

    def momenta(self) -> list[np.ndarray]:
        """Return Adam's averages of the gradients as Keras orders the weights."""
        return self.model.as_keras([self.adam.state[p]["exp_avg"] for p in self.model.trained])


class Fused(torch.nn.Module):
    """`nn.LSTM` and a dense layer, with whatever states to start from."""

    def __init__(self, problem: Problem, packs: bool = False) -> None:
        super().__init__()
        self.option, self.packs, w = problem.option, packs, states.weights(problem)
        x, y, lengths, _ = states.data(problem)
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)
        self.state: Any = None
        self.first = torch.nn.ParameterList(
            torch.from_numpy(a) for name, a in w.items() if name.startswith("initial")
        )
        self.layer = torch.nn.LSTM(*problem.shape[2:], batch_first=True)
        self.dense = torch.nn.Linear(problem.shape.units, 1)
        self.layer.bias_hh_l0.requires_grad_(False).zero_()  # of two biases one learns
        kernel, recurrent, bias, dense, dense_bias = [*w.values()][len(self.first) :]
        values = (kernel.T, recurrent.T, bias, dense.T, dense_bias)
        with torch.no_grad():
            for own, value in zip(self.trained[len(self.first) :], values, strict=True):
                own.copy_(torch.from_numpy(np.ascontiguousarray(value)))
        self.lengths = torch.from_numpy(lengths)
        self.valid = torch.arange(x.shape[1]) < self.lengths[:, None]
        self.packed_y, self.valid_y = self._packed(self.y).data, self.y[self.valid]

    def errors(self) -> Any:
        """Yield the loss of each step of the optimizer."""
        if self.option == "lengths":
            if self.packs:
                yield self._error(self.layer(self._packed(self.x))[0].data, self.packed_y)
            else:
                yield self._error(self.layer(self.x)[0][self.valid], self.valid_y)
        elif self.option == "bptt_steps":
            state = None
            for x, y in zip(*(a.split(states.CHUNK, 1) for a in (self.x, self.y)), strict=True):
                outputs, state = self.layer(x, state)
                yield self._error(outputs, y)
                state = tuple(s.detach() for s in state)
        elif self.option == "checkpoint_steps":
            yield self._error(self._checkpointed(), self.y)
        else:
            outputs, state = self.layer(self.x, self._begin())
            yield self._error(outputs, self.y)
            self.state = tuple(s.detach() for s in state)

    def _begin(self) -> Any:
        if self.option == "initial_state":
            return tuple(s.expand(1, len(self.x), -1).contiguous() for s in self.first)
        return self.state if self.option == "stateful" else None

    def _checkpointed(self) -> Any:
        outputs, state = [], None
        for part in self.x.split(states.KEPT, 1):
            output, state = checkpoint(self.layer, part, state, use_reentrant=False)
            outputs.append(output)
        return torch.cat(outputs, 1)

    def _packed(self, array: Any) -> Any:
        return pack_padded_sequence(array, self.lengths, batch_first=True, enforce_sorted=False)

    def _error(self, outputs: Any, y: Any) -> Any:
        return torch.nn.functional.mse_loss(self.dense(outputs), y)

    @property
    def trained(self) -> list[Any]:
        """The parameters that learn, in elman's order."""
        return [p for p in self.parameters() if p.requires_grad]

    def as_keras(self, own: Sequence[Any]) -> list[np.ndarray]:
        """Return what there is one of for each of `trained`, as Keras has the weights."""
        found = [np.array(a.detach()) for a in own]
        return [*found[: len(self.first)], *(a.T for a in found[len(self.first) :])]


class Loop(torch.nn.Module):
    """The LSTM step by step, its state put back where there is a reset."""

    def __init__(self, problem: Problem, traces: bool) -> None:
        super().__init__()
        x, y, _, resets = states.data(problem)
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)
        self.keep = torch.from_numpy((1 - resets.T[..., None]).astype(x.dtype))  # (T, B, 1)
        self.w = torch.nn.ParameterList(map(torch.from_numpy, states.weights(problem).values()))
        self.step: Callable[..., Any] = step
        self.zeros = (self.x.new_zeros(problem.shape.batch, problem.shape.units),) * 2
        if traces:
            (_, R, *_), xw = states.weights(problem).values(), self.x[:, 0] @ self.w[0].detach()
            self.step = traced(step, torch.from_numpy(R), *self.zeros, xw, self.keep[0])

    def errors(self) -> Any:
        """Yield the loss."""
        W, R, b, dense, dense_bias = self.w
        xw, (h, c), outputs = self.x.transpose(0, 1) @ W + b, self.zeros, []
        for now, keep in zip(xw.unbind(0), self.keep.unbind(0), strict=True):
            h, c = self.step(R, h, c, now, keep)
            outputs.append(h)
        predicted = torch.stack(outputs, 1) @ dense + dense_bias
        yield torch.nn.functional.mse_loss(predicted, self.y)

    @property
    def trained(self) -> list[Any]:
        """The parameters, in elman's order."""
        return [*self.parameters()]

    def as_keras(self, own: Sequence[Any]) -> list[np.ndarray]:
        """Return what there is one of for each of `trained`, as Keras has the weights."""
        return [np.array(a.detach()) for a in own]


def step(R: Any, h: Any, c: Any, xw: Any, keep: Any) -> Any:
    """Return the state after a step, which starts from zeros where `keep` (batch, 1) is zero."""
    return lstm(LIBRARY, (R,), (keep * h, keep * c), (xw,))
