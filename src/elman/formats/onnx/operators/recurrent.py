"""ONNX's recurrent operators RNN, GRU and LSTM, as cells of elman's.

    X                     (T, B, F), with layout=1 (B, T, F)      T  timesteps     D  directions
    W, R                  (D, G*U, F), (D, G*U, U)                B  batch         U  units
    B                     (D, 2*G*U), one for X and one for h     F  features      G  gates
    initial_h, initial_c  (D, B, U), with layout=1 (B, D, U)
    P                     (D, 3*U), peepholes of the gates i o f
    Y                     (T, D, B, U), with layout=1 (B, T, D, U)

After as many steps as `sequence_lens` says Y is zero, and the final state is that of the last
of them; the other direction begins there. elman's kernels compute each direction, in its own order
of gates (`elman.formats.gates`).

Source: https://onnx.ai/onnx/operators/onnx__LSTM.html, __GRU.html and __RNN.html
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from elman import kernels, ops
from elman._typing import Array, Mask
from elman.cells import CELLS
from elman.errors import FormatError, UnsupportedError
from elman.formats.gates import ORDERS, reordered
from elman.formats.onnx.operators import lstm_steps
from elman.formats.onnx.operators.functions import Described, described, function_of
from elman.formats.onnx.operators.signature import Room

DIRECTIONS = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}


class Way(NamedTuple):
    """How one direction is computed: which cell with which weights, in elman's order.

    Attributes:
        cell: a key of `elman.cells.CELLS`, or "" for what none of them computes.
        weights: kernel (F, G*U), recurrent_kernel (U, G*U), bias, and the cell's vectors.
        activations: phi and sigma, as the kernels take them; without a cell those of the node.
    """

    cell: str
    weights: tuple[Any, ...]
    activations: tuple[Any, ...]


Kept = dict[str, Any] | None  # what is made once of weights that never change


def once(kept: Kept, make: Callable[[], list[Way]]) -> list[Way]:
    """Return what each direction computes, made anew where the weights may have changed."""
    if kept is None:
        return make()
    if "ways" not in kept:
        kept["ways"] = make()
    found: list[Way] = kept["ways"]
    return found


def rnn(
    X: Array, W: Array, R: Array, B: Array | None = None, sequence_lens: Array | None = None,
    initial_h: Array | None = None, *, activations: Any = None, activation_alpha: Any = None,
    activation_beta: Any = None, clip: float | None = None, direction: str = "forward",
    hidden_size: int | None = None, layout: int = 0, room: Room, kept: Kept,
) -> tuple[Array, ...]:  # fmt: skip
    """Compute h_t = f(x_t W + h_{t-1} R + b) in one direction or both."""
    named = (activations, activation_alpha, activation_beta)
    ways = once(kept, lambda: rnn_ways(W, R, B, named, clip))
    return both_ways(ways, X, R, B, sequence_lens, (initial_h,), direction, hidden_size, layout,
                     room)  # fmt: skip


def gru(
    X: Array, W: Array, R: Array, B: Array | None = None, sequence_lens: Array | None = None,
    initial_h: Array | None = None, *, activations: Any = None, activation_alpha: Any = None,
    activation_beta: Any = None, clip: float | None = None, direction: str = "forward",
    hidden_size: int | None = None, layout: int = 0, linear_before_reset: int = 0, room: Room,
    kept: Kept,
) -> tuple[Array, ...]:  # fmt: skip
    """Run a GRU in one direction or both."""
    named = (activations, activation_alpha, activation_beta)
    ways = once(kept, lambda: gru_ways(W, R, B, named, clip, linear_before_reset))
    return both_ways(ways, X, R, B, sequence_lens, (initial_h,), direction, hidden_size, layout,
                     room)  # fmt: skip


def lstm(
    X: Array, W: Array, R: Array, B: Array | None = None, sequence_lens: Array | None = None,
    initial_h: Array | None = None, initial_c: Array | None = None, P: Array | None = None, *,
    activations: Any = None, activation_alpha: Any = None, activation_beta: Any = None,
    clip: float | None = None, direction: str = "forward", hidden_size: int | None = None,
    input_forget: int = 0, layout: int = 0, room: Room, kept: Kept,
) -> tuple[Array, ...]:  # fmt: skip
    """Run an LSTM in one direction or both."""
    named = (activations, activation_alpha, activation_beta)
    ways = once(kept, lambda: lstm_ways(W, R, B, P, named, clip, input_forget))
    return both_ways(ways, X, R, B, sequence_lens, (initial_h, initial_c), direction, hidden_size,
                     layout, room)  # fmt: skip


Named = tuple[Any, Any, Any]  # the attributes activations, activation_alpha and activation_beta


def rnn_ways(
    W: Array, R: Array, B: Array | None, named: Named, clip: float | None = None
) -> list[Way]:
    """Return what each direction of an RNN computes."""
    found = described(*named, ("Tanh",), len(W))
    return [
        Way("simple_rnn", (*matrices("simple_rnn", W[d], R[d]), one_bias("simple_rnn", B, d)),
            (function_of(found[d][0], clip),))
        for d in range(len(W))
    ]  # fmt: skip


def gru_ways(
    W: Array, R: Array, B: Array | None, named: Named, clip: float | None = None,
    linear_before_reset: int = 0,
) -> list[Way]:  # fmt: skip
    """Return what each direction of a GRU computes."""
    ways = []
    for d, (sigma, phi) in enumerate(described(*named, ("Sigmoid", "Tanh"), len(W))):
        bias = two_biases(B, d) if linear_before_reset else one_bias("gru", B, d)
        cell = "gru" if linear_before_reset else "gru_reset_before"
        if linear_before_reset and bias is None:
            bias = np.zeros((2, W.shape[1]), W.dtype)
        functions = function_of(phi, clip), function_of(sigma, clip)
        ways.append(Way(cell, (*matrices("gru", W[d], R[d]), bias), functions))
    return ways


def lstm_ways(
    W: Array, R: Array, B: Array | None, P: Array | None, named: Named,
    clip: float | None = None, input_forget: int = 0,
) -> list[Way]:  # fmt: skip
    """Return what each direction of an LSTM computes."""
    found = described(*named, ("Sigmoid", "Tanh", "Tanh"), len(W))
    if P is not None and P.shape != (len(W), 3 * R.shape[-1]):
        raise FormatError(f"P must have shape {(len(W), 3 * R.shape[-1])}; got {P.shape}.")
    peepholes = P if P is not None and P.any() else None  # zeros see nothing
    return [
        _lstm_way(W[d], R[d], one_bias("lstm", B, d), None if peepholes is None else peepholes[d],
                  bool(input_forget), found[d], clip)
        for d in range(len(W))
    ]  # fmt: skip


def _lstm_way(
    W: Array, R: Array, bias: Array | None, peepholes: Array | None, coupled: bool,
    functions: list[Described], clip: float | None,
) -> Way:  # fmt: skip
    """Return which LSTM a direction is."""
    kernel, recurrent = matrices("lstm", W, R)
    sigma, phi, outer = functions
    vectors: tuple[Array, ...] = ()
    if peepholes is not None:
        i, o, f = np.split(peepholes, 3)
        vectors = (i, f, o)
    # Of what enters a function the cell state alone is not clipped, as onnxruntime has it.
    if phi != outer or clip is not None or (coupled and vectors):
        every = function_of(sigma, clip), function_of(phi, clip), function_of(outer)
        return Way("", (kernel, recurrent, bias, vectors, coupled), every)
    chosen = function_of(phi, clip), function_of(sigma, clip)
    if coupled:
        return Way("lstm_coupled", _without_forget(kernel, recurrent, bias), chosen)
    cell = "lstm_peephole" if vectors else "lstm"
    return Way(cell, (kernel, recurrent, bias, *vectors), chosen)


def _without_forget(*weights: Array | None) -> tuple[Array | None, ...]:
    """Return weights without the forget gate's block, which is 1 minus the input gate."""
    keep = [i for i, gate in enumerate(ORDERS["lstm"]["elman"]) if gate != "f"]
    found: list[Array | None] = []
    for weight in weights:
        blocks = [] if weight is None else np.split(weight, 4, axis=-1)
        found.append(np.concatenate([blocks[i] for i in keep], axis=-1) if blocks else None)
    return tuple(found)


def matrices(cell: str, W: Array, R: Array) -> tuple[Array, Array]:
    """Return kernel and recurrent kernel of one direction as elman has them."""
    return reordered(W.T, cell, "onnx", "elman"), reordered(R.T, cell, "onnx", "elman")


def one_bias(cell: str, B: Array | None, direction: int) -> Array | None:
    """Return the sum of both biases of one direction."""
    if B is None:
        return None
    return reordered(ops.sum(B[direction].reshape(2, -1), axis=0), cell, "onnx", "elman")


def two_biases(B: Array | None, direction: int) -> Array | None:
    """Return both biases of one direction, (2, G*U)."""
    return None if B is None else reordered(B[direction].reshape(2, -1), "gru", "onnx", "elman")


def both_ways(
    ways: list[Way], X: Array, R: Array, bias: Array | None, lengths: Array | None,
    initial: tuple[Array | None, ...], direction: str, hidden_size: int | None, layout: int,
    room: Room,
) -> tuple[Array, ...]:  # fmt: skip
    """Run each direction, and lay the results side by side as ONNX has them."""
    if direction not in DIRECTIONS or len(DIRECTIONS[direction]) != len(ways):
        raise FormatError(f"the direction must fit {len(ways)} sets of weights; got {direction!r}.")
    if X.dtype not in (np.float32, np.float64):
        raise UnsupportedError(f"the numbers must be float32 or float64; got {X.dtype}.")
    x = X if layout else ops.transpose(X, (1, 0, 2))
    (batch, T, _), U = x.shape, R.shape[-1]
    _check_weights(ways, R, bias, X, hidden_size)
    room([batch, T, len(ways) * (U + R.shape[1])])
    starts = [_states(state, layout, len(ways), batch, U, X.dtype) for state in initial]
    mask = _mask(lengths, batch, T)
    outputs, finals = [], []
    for d, (way, backwards) in enumerate(zip(ways, DIRECTIONS[direction], strict=True)):
        start = tuple(state[d] for state in starts)
        y, final = _one_way(way, x, start, mask, backwards)
        outputs.append(ops.flip(y, 1) if backwards else y)
        if lengths is not None:  # onnxruntime's: the final state of no step at all is zero
            final = tuple(ops.where(lengths[:, None] > 0, state, 0) for state in final)
        finals.append(tuple(np.asarray(state, X.dtype) for state in final))
    Y = np.stack(outputs, 2)  # (batch, timesteps, directions, units)
    states = [np.stack(each, 1) for each in zip(*finals, strict=True)]
    if layout:
        return (Y, *states)
    return (ops.transpose(Y, (1, 2, 0, 3)), *(ops.transpose(s, (1, 0, 2)) for s in states))


def _one_way(
    way: Way, x: Array, start: tuple[Array, ...], mask: Mask | None, backwards: bool
) -> tuple[Array, tuple[Array, ...]]:
    """Return the outputs of one direction in the order of its steps, and its final states."""
    run: Callable[..., Any] = kernels.unroll
    if not way.cell:
        return lstm_steps.unroll(way.weights, x, start, way.activations, mask, backwards)
    if not x.shape[1]:
        return np.zeros((len(x), 0, start[0].shape[-1]), x.dtype), start
    y, final, _ = run(
        way.cell, x, way.weights, start, activations=way.activations, mask=mask,
        go_backwards=backwards, zero_output_for_mask=True, record=False,
    )  # fmt: skip
    return y, final


def _check_weights(
    ways: list[Way], R: Array, bias: Array | None, X: Array, hidden_size: int | None
) -> None:
    """Check that the weights fit each other and the inputs."""
    F, (D, rows, U) = X.shape[-1], R.shape
    for way in ways:
        kernel, recurrent = way.weights[:2]
        width = (len(CELLS[way.cell].GATES) if way.cell else 4) * U
        if kernel.shape != (F, width) or recurrent.shape != (U, width):
            raise FormatError(
                f"W and R must fit X with {F} features and {U} units; got {kernel.T.shape} and "
                f"{recurrent.T.shape} a direction."
            )
        if any(each is not None and each.dtype != X.dtype for each in (kernel, recurrent, bias)):
            raise FormatError(f"the weights must have X's dtype, {X.dtype}; got another.")
    if bias is not None and bias.shape != (D, 2 * rows):
        raise FormatError(f"B must have shape {(D, 2 * rows)}; got {bias.shape}.")
    if hidden_size not in (None, U):
        raise FormatError(f"hidden_size must be {U}, as R has it; got {hidden_size}.")


def _states(
    state: Array | None, layout: int, directions: int, batch: int, units: int, dtype: Any
) -> Array:
    """Return initial states, (directions, batch, units)."""
    if state is None:
        return np.zeros((directions, batch, units), dtype)
    found = np.asarray(ops.transpose(state, (1, 0, 2)) if layout else state)
    if found.shape != (directions, batch, units) or found.dtype != dtype:
        raise FormatError(
            f"the initial states must have shape {(directions, batch, units)}; got {found.shape}."
        )
    return found


def _mask(lengths: Array | None, batch: int, timesteps: int) -> Mask | None:
    """Return which steps are taken, None for all."""
    if lengths is None:
        return None
    if lengths.shape != (batch,) or lengths.dtype.kind not in "iu":
        raise FormatError(f"sequence_lens must be {batch} integers; got {lengths.shape}.")
    if not ((lengths >= 0) & (lengths <= timesteps)).all():
        raise FormatError(f"sequence_lens must be from 0 to {timesteps}; got others.")
    return np.arange(timesteps) < lengths[:, None]


TABLE: dict[str, Callable[..., Any]] = {"GRU": gru, "LSTM": lstm, "RNN": rnn}
