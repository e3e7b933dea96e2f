"""Which implementation of the maths runs: the one door between layers and the time loop.

Layers call `unroll` and `backpropagate` here and nowhere else, and `dense` and `stream` likewise.
Both implementations take the same arguments and return the same things: the compiled kernels
(`native/`), where they are installed and have what is asked for, and the NumPy reference
(`elman.bptt`).

    ELMAN_KERNELS=reference | portable | avx2 | avx512     chooses one when elman is imported
    ELMAN_NUM_THREADS=2, OMP_NUM_THREADS=2                 how many threads the kernels may use
"""

import os
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from elman import _check, _threadpool, bptt, cells
from elman._cpus import default_threads
from elman._native_arguments import (
    ACTIVATIONS,
    CELLS,
    FADES,
    NUMBERS,
    contiguous,
    given,
    no_streams,
    room_for_history,
    units,
)
from elman._native_tape import NativeTape
from elman._typing import Array, Function, Mask, State
from elman.bptt import Gradients, History, Tape
from elman.errors import ArgumentError

try:
    from elman import _native
except ImportError as error:
    if find_spec("elman._native") is None:
        _missing = (
            "they were not built, which takes a C++ compiler when elman is installed; "
            "`pip install -v` shows why"
        )
    else:
        _missing = f"they do not load: {error}"
else:
    _missing = ""

__all__ = [
    "ACTIVATIONS",
    "CELLS",
    "Gradients",
    "History",
    "NativeTape",
    "Status",
    "Tape",
    "backpropagate",
    "contiguous",
    "dense",
    "dense_backward",
    "get_num_threads",
    "has",
    "history",
    "pass_numbers",
    "release_memory",
    "set_num_threads",
    "status",
    "stream",
    "threads_worth",
    "units",
    "unroll",
    "use",
]

Weights = bptt.Weights

INSTRUCTION_SETS = ("avx512", "avx2", "portable")  # the best first
SMALL = 1_000_000  # multiply-adds below which a second thread costs more than it brings


class Status(NamedTuple):
    """Which implementation runs, and why."""

    implementation: str
    reason: str


# ---------------------------------------------------------------------- what runs


def use(implementation: str) -> None:
    """Choose the implementation: "native" (the best there is), an instruction set, or "reference".

    Raises:
        ArgumentError: this build or this processor does not have it.
    """
    global _status
    names = ("native", "reference", *INSTRUCTION_SETS)
    _check.one_of("kernels", "implementation", implementation, names)
    if implementation == "reference":
        _status = Status("reference", "chosen by name")
        return
    if _missing:
        raise ArgumentError(
            f"kernels: `implementation` must be 'reference' here; got {implementation!r}, and the "
            f"compiled kernels are not there: {_missing}."
        )
    wanted = INSTRUCTION_SETS if implementation == "native" else (implementation,)
    found = next((name for name in wanted if _native.use(name)), None)
    if found is None:
        raise ArgumentError(
            f"kernels: `implementation` must be one that this processor has; got "
            f"{implementation!r}."
        )
    _status = Status(found, "the best for this processor" if len(wanted) > 1 else "chosen by name")


def status() -> Status:
    """Say which implementation of the recurrent maths runs, and why.

    A recurrent layer whose activation is softmax or log_softmax, which mix all units, or a function
    of your own runs as the reference all the same.

    >>> status().implementation in ("avx512", "avx2", "portable", "reference")
    True
    """
    return _status


def _start() -> Status:
    """Choose at import: what the environment says, or the best there is."""
    wanted = os.environ.get("ELMAN_KERNELS", "")
    if _missing and not wanted:
        return Status("reference", f"there are no compiled kernels: {_missing}")
    try:
        use(wanted or "native")
    except ArgumentError as error:
        raise ArgumentError(f"ELMAN_KERNELS={wanted} in the environment: {error}") from None
    return _status


def set_num_threads(threads: int) -> None:
    """Set how many threads the kernels may use, 64 at most; results are the same bits for any."""
    global _threads
    _threads = min(_check.integer("set_num_threads", "threads", threads), MOST_THREADS)


def get_num_threads() -> int:
    """Return how many threads the kernels may use."""
    return _threads


MOST_THREADS = 64  # in a team
_threads = min(default_threads(), MOST_THREADS)
_status = Status("reference", "")
_status = _start()
if not _missing:
    _threadpool.announce(get_num_threads, set_num_threads)

# ---------------------------------------------------------------------- both passes


def unroll(
    cell: str,
    x: Array,
    weights: Weights,
    initial_state: State,
    *,
    activations: tuple[str | Function, ...],
    mask: Mask | None = None,
    input_dropout: tuple[Array, ...] = (),
    recurrent_dropout: tuple[Array, ...] = (),
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
    return_sequences: bool = True,
    return_state: bool = True,
    record: bool = True,
    checkpoint_steps: int | None = None,
    reset_mask: Mask | None = None,
    reset_state: State = (),
    streams: tuple[Array | None, ...] = (),
    keep_history: bool = False,
) -> tuple[Array, State, Tape | NativeTape]:
    """Run a cell over a sequence; see `elman.bptt.unroll` for arguments and results.

    Args beyond those, which save what nobody reads:
        initial_state: the empty tuple stands for zeros.
        return_state: False returns the empty tuple for the final state.
        checkpoint_steps: keep the state of every so many timesteps alone (of whole windows), and
            run the rest again in reverse, with the same bits. The reference keeps everything.
        reset_mask: where nothing of it is True, there is no gradient of `reset_state`.
        keep_history: keep the states and gates of all steps, for `history`.
    """
    (B, T, _), (kernel, recurrent, bias, *vectors), dtype = x.shape, weights, x.dtype
    U = units(cell, weights)
    if reset_mask is None or not reset_mask.any():
        reset_mask, reset_state = None, ()
    if not has(cell, activations):
        start = initial_state or tuple(np.zeros((B, U), dtype) for _ in cells.CELLS[cell].STATES)
        outputs, final, tape = bptt.unroll(
            cell, x, weights, start, activations=activations, mask=mask,
            input_dropout=input_dropout, recurrent_dropout=recurrent_dropout,
            go_backwards=go_backwards, zero_output_for_mask=zero_output_for_mask,
            return_sequences=return_sequences, record=record or keep_history,
            reset_mask=reset_mask, reset_state=reset_state, streams=streams,
        )  # fmt: skip
        return outputs, final if return_state else (), tape
    outputs = np.empty((B, T, U) if return_sequences else (B, U), dtype)
    states = cells.CELLS[cell].STATES if return_state else ()
    final = tuple([np.empty((B, U), dtype) for _ in states])
    arguments = (
        *pass_numbers(cell, activations, x.shape, weights),
        go_backwards,
        zero_output_for_mask,
        return_sequences,
        record,
        min(checkpoint_steps or 0, T),
        contiguous(x),
        contiguous(kernel),
        given(recurrent),
        given(bias),
        tuple([contiguous(vector) for vector in vectors]),
        tuple([given(stream) for stream in streams or no_streams(cell)]),
        tuple([contiguous(state) for state in initial_state]),
        given(mask),
        given(reset_mask),
        tuple([contiguous(state) for state in reset_state]),
        tuple([contiguous(m) for m in input_dropout]),
        tuple([contiguous(m) for m in recurrent_dropout]),
        outputs,
        final,
    )
    seen = History(*room_for_history(cell, (B, T, U), dtype)) if keep_history else None
    return outputs, final, NativeTape(arguments, cell, x, weights, reset_state, seen)


def history(tape: Tape | NativeTape) -> History:
    """Return the states and gates of all steps of a pass that has kept its history."""
    if isinstance(tape, Tape):
        return bptt.history(tape)
    if tape.history is None:
        raise ArgumentError("kernels: `tape` must be of a pass with `keep_history`; got another.")
    names = cells.activated_of(cells.CELLS[tape.cell])
    for gate, name in zip(tape.history.gates, names, strict=True):
        if not name:  # what the kernels keep in its place is no gate
            gate.fill(np.nan)
    return tape.history


def backpropagate(
    tape: Tape | NativeTape,
    doutputs: Array,
    dstate: State,
    *,
    record_states: bool = False,
    out: Sequence[Array] | None = None,
    need_x: bool = True,
    need_initial_state: bool = True,
    need_weights: bool = True,
) -> Gradients:
    """Run a recorded forward pass in reverse; see `elman.bptt.backpropagate`.

    Args beyond those:
        dstate: the empty tuple stands for zeros.
        out: where the gradients of the weights go, of those that there are, in order; without it
            into new arrays.
        need_x, need_initial_state: False leaves their gradients out: None, the empty tuple.
        need_weights: False leaves those of the weights out, and `out` as it is: zeros that take no
            memory.
    """
    B, T, _ = tape.x.shape
    states, dtype = cells.CELLS[tape.cell].STATES, tape.x.dtype
    U = units(tape.cell, tape.weights)
    if isinstance(tape, Tape):
        dfinal = dstate or tuple(np.zeros((B, U), dtype) for _ in states)
        found = bptt.backpropagate(tape, doutputs, dfinal, record_states=record_states)
        if need_weights:
            there = [dweight for dweight in found.weights if dweight is not None]
            for array, dweight in zip(out or (), there, strict=out is not None):
                array[...] = dweight
        return found._replace(
            x=found.x if need_x else None,
            initial_state=found.initial_state if need_initial_state else (),
        )
    dx = np.empty(tape.x.shape, dtype) if need_x else None
    dstart = tuple([np.empty((B, U), dtype) for _ in states]) if need_initial_state else ()
    if not need_weights:
        out = [_zeros(w.shape, dtype) for w in tape.weights if w is not None]
    elif out is None:
        out = [np.empty(w.shape, dtype) for w in tape.weights if w is not None]
    places = iter(out)
    dweights = tuple([None if w is None else next(places) for w in tape.weights])
    dkernel, drecurrent, dbias, *dvectors = dweights if need_weights else (None, None, None)
    dfades = np.empty((B, T, U), dtype) if tape.cell == FADES else None
    dreset = tuple([np.empty(U, dtype) for _ in tape.reset_state])
    dstates = tuple([np.empty((B, T, U), dtype) for _ in states]) if record_states else ()
    tape.taken().backward(
        contiguous(doutputs), tuple([contiguous(d) for d in dstate]),
        dx, dstart, dkernel, drecurrent, dbias, tuple(dvectors), dfades, dreset, dstates,
    )  # fmt: skip
    dstreams = no_streams(tape.cell) if dfades is None else (dfades,)
    return Gradients(dx, dstart, dweights, dstates, dreset, dstreams)


@lru_cache(maxsize=64)
def _zeros(shape: tuple[int, ...], dtype: "np.dtype[Any]") -> Array:
    """Return zeros that take no memory, one number that stands for all; not to be written to."""
    return np.broadcast_to(np.zeros((), dtype), shape)


# ---------------------------------------------------------------------- Dense


def dense(x: Array, kernel: Array, bias: Array | None) -> Array:
    """Return x W + b over the last axis of x (batch, …, features)."""
    if _status.implementation == "reference":
        a = x @ kernel
        return a if bias is None else a + bias
    K, N = kernel.shape
    rows = contiguous(x).reshape(-1, K)
    a = np.empty((*x.shape[:-1], N), x.dtype)
    threads = threads_worth(rows.shape[0] * kernel.size)
    _native.dense(threads, rows, contiguous(kernel), None if bias is None else contiguous(bias), a)
    return a


def dense_backward(
    x: Array,
    kernel: Array,
    da: Array,
    *,
    bias: bool,
    out: Sequence[Array] | None = None,
    need_x: bool = True,
) -> tuple[Array | None, list[Array]]:
    """Return dx = da W^T, and dW = x^T da and, with a bias, db = sum of da.

    Args:
        x: the inputs, (batch, …, features).
        kernel: W, (features, units).
        da: dL/d(x W + b), (batch, …, units).
        bias: whether there is one.
        out: where dW and db go, if not into new arrays.
        need_x: False leaves out dx, which is then None.
    """
    K, N = kernel.shape
    rows, drows = contiguous(x).reshape(-1, K), contiguous(da).reshape(-1, N)
    if out is None:
        out = [np.empty((K, N), x.dtype), np.empty(N, x.dtype)][: 1 + bias]
    dkernel, *dbias = out
    if _status.implementation == "reference":
        np.dot(rows.T, drows, out=dkernel)
        for db in dbias:
            np.add.reduce(drows, axis=0, out=db)
        dx = np.dot(drows, kernel.T).reshape(x.shape) if need_x else None
        return dx, [dkernel, *dbias]
    dx = np.empty(x.shape, x.dtype) if need_x else None
    _native.dense_backward(
        threads_worth(drows.size * K), rows, contiguous(kernel), drows,
        dx, dkernel, dbias[0] if bias else None,
    )  # fmt: skip
    return dx, [dkernel, *dbias]


# ---------------------------------------------------------------------- a step at a time


def stream(*arguments: Any) -> Any:
    """Return a compiled stream; see native/bind_stream.cpp, and `elman.models.stream_parts`."""
    return _native.Stream(*arguments)


def release_memory() -> None:
    """Give back the memory that the kernels keep for the next call, 256 MiB at most."""
    if not _missing:
        _native.release_memory()


def has(cell: str, activations: tuple[str | Function, ...]) -> bool:
    """Say whether the compiled kernels run, and have this cell and these activations."""
    if _status.implementation == "reference":
        return False
    return cell in CELLS and activations[0] in NUMBERS and activations[-1] in NUMBERS


def pass_numbers(
    cell: str, activations: tuple[Any, ...], shape: tuple[int, ...], weights: Weights
) -> tuple[int, int, int, int]:
    """Return how a native pass names the cell and its activations, and its number of threads."""
    (B, T, F), (kernel, recurrent, *_) = shape, weights
    products = F + (0 if recurrent is None else len(recurrent))
    threads = threads_worth(B * T * products * kernel.shape[1])
    return CELLS[cell], NUMBERS[activations[0]], NUMBERS[activations[-1]], threads


def threads_worth(multiply_adds: int) -> int:
    """Return how many threads so much work is worth."""
    return _threads if multiply_adds > SMALL else 1
