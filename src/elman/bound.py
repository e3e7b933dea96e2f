"""Layers bound to one shape: the kernels' calls with nothing left to check or to choose.

A small model that is called over and over spends more time finding out what to do than doing it.
What a layer would pass to the kernels at a shape is worked out here once; the numbers are those of
the layer's own `forward` and `backward`.
"""

import contextlib
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from elman import fused, kernels
from elman._native_arguments import no_streams, room_for_history
from elman._typing import Array, Function, Mask, State
from elman.cells import CELLS

with contextlib.suppress(ImportError):  # `kernels.status` says why they are not there
    from elman import _native


class Bound(Protocol):
    """A layer at one shape of its input; it keeps nothing of a call."""

    shape: tuple[int, ...]

    def forward(self, x: Array, mask: Mask | None, mode: Any) -> tuple[Array, Mask | None, Any]:
        """Return the output for x and its mask, and a tape if wanted.

        Args:
            x: the input, contiguous and of the layer's dtype.
            mask: that of x, contiguous, if it has one.
            mode: what the pass is for, see `elman.layers.parts.passes.Mode`.
        """

    def backward(
        self, tape: Any, dy: Array, out: Sequence[Array], need_inputs: bool
    ) -> Array | None:
        """Return dx, if it is wanted, and leave the gradients of the weights in `out`."""


def can_read(*weights: Array | None) -> bool:
    """Say whether the kernels take the weights as they lie, and so see every change of them."""
    return all(w is None or kernels.contiguous(w) is w for w in weights)


class Recurrence:
    """A recurrent layer without dropout and learned states; see `kernels.unroll`.

    Args:
        maker: the cell, which a watch knows the pass by.
        cell, weights, functions: its maths, as `kernels.unroll` takes them.
        shape: of the input, (batch, timesteps, features).
        go_backwards, zero_output_for_mask, return_sequences, checkpoint_steps: see there.

    Attributes:
        shape: of the output, (batch, timesteps, units) or (batch, units).
    """

    def __init__(
        self,
        maker: Any,
        cell: str,
        shape: tuple[int, int, int],
        weights: kernels.Weights,
        functions: tuple[str | Function, ...],
        *,
        go_backwards: bool,
        zero_output_for_mask: bool,
        return_sequences: bool,
        checkpoint_steps: int | None,
    ) -> None:
        B, T, _ = shape
        U = kernels.units(cell, weights)
        self.shape: tuple[int, ...] = (B, T, U) if return_sequences else (B, U)
        self._input, self._dtype, self._state_shape = shape, weights[0].dtype, (B, U)
        numbers = kernels.pass_numbers(cell, functions, shape, weights)
        ways = (go_backwards, zero_output_for_mask, return_sequences)
        self._plain = (*numbers, *ways, False, 0)
        self._recorded = (*numbers, *ways, True, min(checkpoint_steps or 0, T))
        self._cell, self._weights, self._sequences = cell, weights, return_sequences
        kernel, recurrent, bias, *vectors = weights
        streams = no_streams(cell)  # nothing comes in by them
        self._entered = (kernel, recurrent, bias, tuple(vectors), streams)
        self._has_product, self._has_bias = recurrent is not None, bias is not None
        self._maker, self._history = maker, (B, T, U)
        self._named = {
            "name": cell, "weights": weights, "activations": functions,
            "go_backwards": go_backwards, "zero_output_for_mask": zero_output_for_mask,
        }  # fmt: skip

    def forward(self, x: Array, mask: Mask | None, mode: Any) -> tuple[Array, Mask | None, Any]:
        """Run the time loop."""
        y, tape = self.run(x, mask, mode)
        return y, mask if self._sequences else None, tape

    def run(
        self, x: Array, mask: Mask | None, mode: Any,
        states: State = (), reset_mask: Mask | None = None, final: State = (),
    ) -> tuple[Array, Any]:  # fmt: skip
        """Run the time loop from states that have no gradient; return the outputs and a tape.

        Args:
            x, mask, mode: see `forward`.
            states: before the first step, contiguous; () for zeros.
            reset_mask: where a row is put back to zeros; contiguous.
            final: where the states after the last step go, if they are wanted.
        """
        y = np.empty(self.shape, self._dtype)
        first = self._recorded if mode.record else self._plain
        entered = (*first, x, *self._entered, states, mask, reset_mask, (), (), (), y, final)
        if mode.watch is not None:
            by_name = {"x": x, "mask": mask, "initial_state": states, "reset_mask": reset_mask}
            return y, mode.watch.keep(self._maker, self._named | by_name, y, self._seen(entered, x))
        tape: Any = (
            kernels.NativeTape(entered, self._cell, x, self._weights)
            if mode.again
            else _native.Pass(*entered)
        )
        return y, tape

    def _seen(self, entered: tuple[Any, ...], x: Array) -> kernels.NativeTape:
        """Run the time loop, and keep the states and gates of all steps."""
        history = kernels.History(*room_for_history(self._cell, self._history, self._dtype))
        return kernels.NativeTape(entered, self._cell, x, self._weights, (), history)

    def states(self) -> State:
        """Return arrays for the states after the last step."""
        return tuple([np.empty(self._state_shape, self._dtype) for _ in CELLS[self._cell].STATES])

    def backward(
        self, tape: Any, dy: Array, out: Sequence[Array], need_inputs: bool
    ) -> Array | None:
        """Run the time loop in reverse."""
        if type(tape) is kernels.NativeTape:
            tape = tape.taken()
        elif type(tape) is not _native.Pass:
            found: kernels.Gradients = tape.backpropagate(dy, (), out=out)  # a watch keeps them
            return found.x
        dx = np.empty(self._input, self._dtype) if need_inputs else None
        dkernel, *rest = out
        drecurrent = rest.pop(0) if self._has_product else None
        dbias = rest.pop(0) if self._has_bias else None
        tape.backward(
            dy, (), dx, (), dkernel, drecurrent, dbias, tuple(rest), None, (), ()
        )  # fmt: skip
        return dx


class Product:
    """A dense layer, phi(x W + b); see `kernels.dense`.

    Attributes:
        shape: of the output, (batch, …, units).
    """

    def __init__(
        self, shape: tuple[int, ...], kernel: Array, bias: Array | None, function: Function | None
    ) -> None:
        K, N = kernel.shape
        self.shape: tuple[int, ...] = (*shape[:-1], N)
        self._input, self._flat, self._flat_output = shape, (-1, K), (-1, N)
        self._kernel, self._bias = kernel, bias
        self._function = function
        self._threads = kernels.threads_worth(int(np.prod(shape)) * N)

    def forward(self, x: Array, mask: Mask | None, mode: Any) -> tuple[Array, Mask | None, Any]:
        """Return phi(x W + b)."""
        rows = x if x.ndim == 2 else x.reshape(self._flat)
        a = np.empty(self.shape, x.dtype)
        _native.dense(self._threads, rows, self._kernel, self._bias, a)
        y = a if self._function is None else fused.activate(self._function, a)
        return y, mask, (rows, a, y)

    def backward(
        self, tape: Any, dy: Array, out: Sequence[Array], need_inputs: bool
    ) -> Array | None:
        """Return dx = da W^T; dW = x^T da and db = sum of da go to `out`."""
        rows, a, y = tape
        da = dy if self._function is None else fused.derive(self._function, dy, a, y)
        dx = np.empty(self._input, rows.dtype) if need_inputs else None
        drows = kernels.contiguous(da).reshape(self._flat_output)
        dkernel, *dbias = out
        _native.dense_backward(
            self._threads, rows, self._kernel, drows, dx, dkernel, dbias[0] if dbias else None
        )
        return dx
