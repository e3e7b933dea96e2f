"""Why a case is not among those of a format: what it says, and what the page says of it."""

import re
from typing import Any, NamedTuple


class Reason(NamedTuple):
    """Why some cases do not go.

    Attributes:
        forms: in which, by name.
        error: a pattern of what was raised.
        text: what the page says.
    """

    forms: tuple[str, ...]
    error: str
    text: str


KERAS = ("live", ".keras", ".h5", ".weights.h5")
C = ("C", "C int8")
REASONS = (
    Reason(
        KERAS,
        "Unrecognized keyword arguments passed to|must be one that Keras has too|"
        "is not a KerasSaveable subclass|hard_sigmoid_keras2",
        "Keras has no such layer, option or activation: it is elman's own. Only elman reads the "
        "files that it writes of them.",
    ),
    Reason(
        KERAS,
        "CPU implementations do not yet support dilation",
        "TensorFlow has no transposed convolution with dilation on the CPU.",
    ),
    Reason(
        (".h5",),
        "name already exists|cannot pickle",
        "Keras cannot write the `.h5` of an AlphaDropout or of a Bidirectional around an RNN.",
    ),
    Reason(
        ("torch",),
        "as in PyTorch's (RNN|GRU|LSTM)",
        "PyTorch's recurrent modules have no other activations, no `go_backwards`, no `merge_mode` "
        "but concat, no directions that differ, no `reset_after=False` and no learned start.",
    ),
    Reason(
        ("torch",),
        "no such activation",
        "PyTorch has no module of that activation that elman takes over.",
    ),
    Reason(
        ("torch",),
        "to have a counterpart in PyTorch; got|as in PyTorch's (Layer|Batch)Norm|no such module",
        "PyTorch has no module that computes this, or none that elman takes over: a state_dict has "
        "RNN, GRU, LSTM, Linear, Embedding, LayerNorm and BatchNorm1d, and what has no weights is "
        "code.",
    ),
    Reason(
        ("torch",),
        "reads a mask|no chain of layers",
        "In PyTorch masks, and what several layers give to one, are code of its user's; "
        "elman writes and reads modules and chains of them.",
    ),
    Reason(
        ("ONNX",),
        "every layer must be one that ONNX can hold",
        "Refused by the layer's name: [what is written](../guides/onnx.md#what-is-written).",
    ),
    Reason(
        C,
        "skips timesteps; leave those out|is given a mask",
        "A program in C is given the timesteps that count, and no mask.",
    ),
    Reason(
        C,
        "is given an initial state|hands on its final state",
        "A program in C has its states in its struct; they are neither inputs nor outputs.",
    ),
    Reason(
        C,
        "must have one input and one output|the input of a stream must have the shape",
        "A program in C has one input, a sequence of vectors or of tokens, and one output.",
    ),
    Reason(
        C,
        "must need the timesteps so far and nothing else",
        "A program in C runs a timestep at a time: no layer may read timesteps to come, put some "
        "in or leave some out.",
    ),
)


def of(record: dict[str, Any]) -> int | None:
    """Return the number of the reason why a case does not go; None if there is none."""
    for i, reason in enumerate(REASONS):
        if record["form"] in reason.forms and re.search(reason.error, record["error"], re.S):
            return i
    return None


def unused(records: list[dict[str, Any]]) -> list[Reason]:
    """Return the reasons that no case has."""
    used = {of(record) for record in records if "error" in record}
    return [reason for i, reason in enumerate(REASONS) if i not in used]
