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
# How many arrays (batch, timesteps, units) a cell keeps beside its gates.
EXTRA = {"simple_rnn": 0, "lstm": 1, "gru": 1, "gru_reset_before": 1}
ACTIVATIONS = (  # the order in native/math.hpp
    "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "tanh", "hard_tanh", "sigmoid",
    "hard_sigmoid", "softsign", "exponential",
)  # fmt: skip
SMALL = 100_000  # multiply-adds below which a second thread costs more than it brings


class Status(NamedTuple):
    """Which implementation runs, and why."""

    implementation: str
    reason: str


class NativeTape(NamedTuple):
    """What the compiled `backpropagate` reads of a forward pass.

    Attributes:
        call: the arguments of `unroll`, for the reference.
        options: cell, activations and flags, as the kernels take them.
        x, kernel, recurrent, bias, mask, input_drop, recurrent_drop: as the kernels take them.
        gates: activated gates, (batch, timesteps, gates, units rounded up to whole vectors).
        extra: what else the cell's backward reads, (batch, timesteps, units rounded up).
        history: the states before each turn and after the last,
            (states, batch, timesteps + 1, units rounded up).
    """

    call: dict[str, Any]
    options: Any
    x: Array
    kernel: Array
    recurrent: Array
    bias: Array | None
    mask: Array | None
    input_drop: list[Array]
    recurrent_drop: list[Array]
    gates: Array
    extra: Array
    history: Array


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

    Activations that the compiled kernels do not have run as the reference all the same: softmax,
    log_softmax, gelu, silu, mish, softplus, celu, tanh_shrink and log_sigmoid.

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
    tape = _tape(call, _threads)
    outputs, final = _outputs(tape)
    _native.forward(
        tape.options, tape.x, tape.kernel, tape.recurrent, tape.bias,
        [_contiguous(state) for state in initial_state], tape.mask, tape.input_drop,
        tape.recurrent_drop, tape.gates, tape.extra, tape.history, outputs, final,
    )  # fmt: skip
    return outputs, tuple(final), tape


def _tape(call: dict[str, Any], threads: int) -> NativeTape:
    """Return the arrays that a pass reads and those that it fills, of the shapes that it needs."""
    cell, x, (kernel, recurrent, bias) = call["cell"], call["x"], call["weights"]
    (B, T, F), U = x.shape, recurrent.shape[0]
    G, states = kernel.shape[1] // U, len(call["initial_state"])
    lanes = _native.lanes(x.dtype == np.float32)
    P = -(-U // lanes) * lanes
    phi, sigma = (*call["activations"], "sigmoid")[:2]
    options = _native.Options(
        CELLS[cell],
        ACTIVATIONS.index(phi),
        ACTIVATIONS.index(sigma),
        threads if B * T * (F + U) * G * U > SMALL else 1,
        call["go_backwards"],
        call["zero_output_for_mask"],
        call["return_sequences"],
    )
    mask = call["mask"]
    return NativeTape(
        call=call,
        options=options,
        x=_contiguous(x),
        kernel=_contiguous(kernel),
        recurrent=_contiguous(recurrent),
        bias=None if bias is None else _contiguous(bias),
        mask=None if mask is None else _contiguous(mask).view(np.uint8),
        input_drop=[_contiguous(m) for m in call["input_dropout"]],
        recurrent_drop=[_contiguous(m) for m in call["recurrent_dropout"]],
        gates=np.empty((B, T, G, P), x.dtype),
        extra=np.empty((B, T, EXTRA[cell] * P), x.dtype),
        history=np.empty((states, B, T + 1, P), x.dtype),
    )


def _outputs(tape: NativeTape) -> tuple[Array, list[Array]]:
    """Return empty arrays for the outputs and the final state."""
    (B, T, _), U, dtype = tape.x.shape, tape.recurrent.shape[0], tape.x.dtype
    outputs = np.empty((B, T, U) if tape.call["return_sequences"] else (B, U), dtype)
    return outputs, [np.empty((B, U), dtype) for _ in tape.history]


def backpropagate(
    tape: Tape | NativeTape, doutputs: Array, dstate: State, *, record_states: bool = False
) -> Gradients:
    """Run a recorded forward pass in reverse; see `elman.bptt.backpropagate`."""
    if isinstance(tape, Tape):
        return bptt.backpropagate(tape, doutputs, dstate, record_states=record_states)
    if record_states:  # the kernels do not keep them
        _, _, recorded = bptt.unroll(**tape.call)
        return bptt.backpropagate(recorded, doutputs, dstate, record_states=True)
    (B, T, _), P = tape.x.shape, tape.gates.shape[-1]
    dx, dstart = np.empty_like(tape.x), [np.empty_like(d) for d in dstate]
    dkernel, drecurrent = np.empty_like(tape.kernel), np.empty_like(tape.recurrent)
    dbias = None if tape.bias is None else np.empty_like(tape.bias)
    dlast = np.empty((B, T, P), dx.dtype) if tape.call["cell"] == "gru" else None
    _native.backward(
        tape.options, tape.x, tape.kernel, tape.recurrent, tape.bias, tape.mask, tape.input_drop,
        tape.recurrent_drop, tape.gates, tape.extra, tape.history, _contiguous(doutputs),
        [_contiguous(d) for d in dstate], np.empty_like(tape.gates), dlast, dx, dstart, dkernel,
        drecurrent, dbias,
    )  # fmt: skip
    return Gradients(dx, tuple(dstart), (dkernel, drecurrent, dbias))


def _has(cell: str, activations: tuple[str, ...]) -> bool:
    """Say whether the compiled kernels run, and have this cell and these activations."""
    known = cell in CELLS and all(name in ACTIVATIONS for name in activations)
    return _status.implementation != "reference" and known


def _contiguous(array: Array) -> Array:
    return np.ascontiguousarray(array)
