"""Which implementation of the maths runs: the one door between layers and the time loop.

Layers call `unroll` and `backpropagate` here and nowhere else. Both implementations take the same
arguments and return the same things: the compiled kernels (`native/`), where they are installed and
have what is asked for, and the NumPy reference (`elman.bptt`).

    ELMAN_KERNELS=reference | portable | avx2 | avx512     chooses one when elman is imported
    ELMAN_NUM_THREADS=2, OMP_NUM_THREADS=2                 how many threads the kernels may use
"""

import os
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from elman import _check, bptt
from elman._typing import Array, Mask, State
from elman.bptt import Gradients, Tape
from elman.errors import ArgumentError

try:
    from elman import _native
except ImportError as error:
    if find_spec("elman._native") is None:
        _missing = "they were not built, which takes a C++ compiler when elman is installed"
    else:
        _missing = f"they do not load: {error}"
else:
    _missing = ""

__all__ = [
    "Gradients",
    "NativeTape",
    "Status",
    "Tape",
    "backpropagate",
    "get_num_threads",
    "set_num_threads",
    "status",
    "unroll",
    "use",
]

Weights = tuple[Array, Array, Array | None]

INSTRUCTION_SETS = ("avx512", "avx2", "portable")  # the best first
CELLS = {"simple_rnn": 0, "lstm": 1, "gru": 2, "gru_reset_before": 3}  # native/kernels.cpp
ACTIVATIONS = (  # the order in native/math.hpp
    "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "tanh", "hard_tanh", "sigmoid",
    "hard_sigmoid", "softsign", "exponential", "softplus", "log_sigmoid", "tanh_shrink", "silu",
    "mish", "gelu",
)  # fmt: skip
_NUMBERS = {name: i for i, name in enumerate(ACTIVATIONS)} | {"celu": ACTIVATIONS.index("elu")}
SMALL = 100_000  # multiply-adds below which a second thread costs more than it brings


class Status(NamedTuple):
    """Which implementation runs, and why."""

    implementation: str
    reason: str


class NativeTape(NamedTuple):
    """What the compiled `backpropagate` reads of a forward pass, once: it overwrites it.

    Attributes:
        native: the pass, with the arrays that it read and what it recorded; None if nothing was.
        x, weights: what entered it, as they were given.
    """

    native: Any
    x: Array
    weights: Weights


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

    A recurrent layer whose activation is softmax or log_softmax, which mix all units, runs as the
    reference all the same.

    >>> status().implementation in ("avx512", "avx2", "portable", "reference")
    True
    """
    return _status


def _start() -> Status:
    """Choose at import: what the environment says, or the best there is."""
    wanted = os.environ.get("ELMAN_KERNELS", "")
    if _missing and not wanted:
        return Status("reference", f"there are no compiled kernels: {_missing}")
    use(wanted or "native")
    return _status


def set_num_threads(threads: int) -> None:
    """Set how many threads the kernels may use; results are the same bits for any number."""
    global _threads
    _threads = _check.integer("set_num_threads", "threads", threads)


def get_num_threads() -> int:
    """Return how many threads the kernels may use."""
    return _threads


def _default_threads() -> int:
    """Return the number from the environment, or of the processors that this process may use."""
    for name in ("ELMAN_NUM_THREADS", "OMP_NUM_THREADS"):
        first = os.environ.get(name, "").split(",")[0].strip()
        if first.isdigit() and int(first) > 0:
            return int(first)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_threads = _default_threads()
_status = Status("reference", "")
_status = _start()

# ---------------------------------------------------------------------- both passes


def unroll(
    cell: str,
    x: Array,
    weights: Weights,
    initial_state: State,
    *,
    activations: tuple[str, ...],
    mask: Mask | None = None,
    input_dropout: tuple[Array, ...] = (),
    recurrent_dropout: tuple[Array, ...] = (),
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
    return_sequences: bool = True,
    record: bool = True,
    checkpoint_steps: int | None = None,
) -> tuple[Array, State, Tape | NativeTape]:
    """Run a cell over a sequence; see `elman.bptt.unroll` for arguments and results."""
    call: dict[str, Any] = {
        "cell": cell,
        "x": x,
        "weights": weights,
        "initial_state": initial_state,
        "activations": activations,
        "mask": mask,
        "input_dropout": input_dropout,
        "recurrent_dropout": recurrent_dropout,
        "go_backwards": go_backwards,
        "zero_output_for_mask": zero_output_for_mask,
        "return_sequences": return_sequences,
    }
    if not _has(cell, activations):
        return bptt.unroll(**call, record=record)
    (B, T, F), U, dtype = x.shape, weights[1].shape[0], x.dtype
    kernel, recurrent, bias = weights
    outputs = np.empty((B, T, U) if return_sequences else (B, U), dtype)
    final = tuple(np.empty((B, U), dtype) for _ in initial_state)
    work = B * T * (F + U) * kernel.shape[1]
    native = _native.Pass(
        CELLS[cell],
        _NUMBERS[activations[0]],
        _NUMBERS[activations[-1]],
        _threads if work > SMALL else 1,
        go_backwards,
        zero_output_for_mask,
        return_sequences,
        record,
        checkpoint_steps or 0,
        _contiguous(x),
        _contiguous(kernel),
        _contiguous(recurrent),
        None if bias is None else _contiguous(bias),
        tuple(_contiguous(state) for state in initial_state),
        None if mask is None else _contiguous(mask),
        tuple(_contiguous(m) for m in input_dropout),
        tuple(_contiguous(m) for m in recurrent_dropout),
        outputs,
        final,
    )
    return outputs, final, NativeTape(native, x, weights)


def backpropagate(
    tape: Tape | NativeTape, doutputs: Array, dstate: State, *, record_states: bool = False
) -> Gradients:
    """Run a recorded forward pass in reverse; see `elman.bptt.backpropagate`."""
    if isinstance(tape, Tape):
        return bptt.backpropagate(tape, doutputs, dstate, record_states=record_states)
    kernel, recurrent, bias = tape.weights
    B, T, _ = tape.x.shape
    dx, dstart = np.empty(tape.x.shape, tape.x.dtype), tuple(np.empty_like(d) for d in dstate)
    dkernel, drecurrent = np.empty(kernel.shape, dx.dtype), np.empty(recurrent.shape, dx.dtype)
    dbias = None if bias is None else np.empty(bias.shape, dx.dtype)
    dstates: State = ()
    if record_states:
        dstates = tuple(np.empty((B, T, d.shape[1]), d.dtype) for d in dstate)
    tape.native.backward(
        _contiguous(doutputs), tuple(_contiguous(d) for d in dstate),
        dx, dstart, dkernel, drecurrent, dbias, dstates,
    )  # fmt: skip
    return Gradients(dx, dstart, (dkernel, drecurrent, dbias), dstates)


# ---------------------------------------------------------------------- Dense


def dense(x: Array, kernel: Array, bias: Array | None) -> Array:
    """Return x W + b over the last axis of x (batch, …, features)."""
    if _status.implementation == "reference":
        a = x @ kernel
        return a if bias is None else a + bias
    K, N = kernel.shape
    rows = _contiguous(x).reshape(-1, K)
    a = np.empty((*x.shape[:-1], N), x.dtype)
    threads = _threads if rows.shape[0] * kernel.size > SMALL else 1
    _native.dense(
        threads, rows, _contiguous(kernel), None if bias is None else _contiguous(bias), a
    )
    return a


def dense_backward(
    x: Array, kernel: Array, da: Array, *, bias: bool
) -> tuple[Array, Array, Array | None]:
    """Return dx = da W^T, dW = x^T da and, with a bias, db = sum of da."""
    K, N = kernel.shape
    rows, drows = _contiguous(x).reshape(-1, K), _contiguous(da).reshape(-1, N)
    if _status.implementation == "reference":
        return da @ kernel.T, rows.T @ drows, drows.sum(axis=0) if bias else None
    dx, dkernel = np.empty(x.shape, x.dtype), np.empty(kernel.shape, x.dtype)
    dbias = np.empty(N, x.dtype) if bias else None
    threads = _threads if drows.size * K > SMALL else 1
    _native.dense_backward(threads, rows, _contiguous(kernel), drows, dx, dkernel, dbias)
    return dx, dkernel, dbias


def _has(cell: str, activations: tuple[str, ...]) -> bool:
    """Say whether the compiled kernels run, and have this cell and these activations."""
    known = cell in CELLS and all(name in _NUMBERS for name in activations)
    return _status.implementation != "reference" and known


def _contiguous(array: Array) -> Array:
    return array if array.flags.c_contiguous else np.ascontiguousarray(array)
