"""The recurrent and the plain layers as they are compared; `tests/golden` has the others.

(class, a few words): how it is made of `keras` or `elman`, and what it is called with
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

B, T, F, U = 3, 5, 4, 3
X, MASK, STATE = (B, T, F), {0: (B, T)}, (B, U)


class Case(NamedTuple):
    """A layer, and a call of it.

    Attributes:
        make: makes the layer of `keras` or `elman`.
        shapes: of its inputs.
        masks: the shapes of masks, by the number of the input.
        states: the shapes of the initial states.
        options: further arguments of the call.
        training: as the call is told; None is nothing.
        classes: where inputs are whole numbers, how many there are.
    """

    make: Callable[[Any], Any]
    shapes: tuple[tuple[int, ...], ...] = (X,)
    masks: Mapping[int, tuple[int, ...]] = {}
    states: tuple[tuple[int, ...], ...] = ()
    options: Mapping[str, Any] = {}
    training: bool | None = None
    classes: int = 0


def of(name, *positional, **arguments):
    """Return a function that makes a layer."""
    return lambda k: getattr(k.layers, name)(*positional, **arguments)


def around(name, *positional, inner=("LSTM", U), inner_options=None, **arguments):
    """Return a function that makes a layer around another one."""
    return lambda k: getattr(k.layers, name)(
        of(*inner, **(inner_options or {}))(k), *positional, **arguments
    )


def rnn(*cells, **options):
    """Return a function that makes an RNN of cells, named with their units."""

    def make(k):
        made = [getattr(k.layers, name)(units, **more) for name, units, more in cells]
        return k.layers.RNN(made if len(made) > 1 else made[0], **options)

    return make


def stacked(*cells, **options):
    """Return a function that makes an RNN of one StackedRNNCells."""

    def make(k):
        made = [getattr(k.layers, name)(units) for name, units in cells]
        return k.layers.RNN(k.layers.StackedRNNCells(made), **options)

    return make


SEQUENCES = {"return_sequences": True}
RECURRENT = {  # what each of the three is asked: words -> options of the layer, and of the case
    "plain": ({}, {}),
    "sequences, mask": (SEQUENCES, {"masks": MASK}),
    "backwards, states, mask": (
        {"return_sequences": True, "return_state": True, "go_backwards": True},
        {"masks": MASK},
    ),
    "relu, no bias": ({"activation": "relu", "use_bias": False, **SEQUENCES}, {}),
    "no activation": ({"activation": None}, {}),
    "unroll": ({"unroll": True, "return_state": True}, {}),
    "stateful": ({"stateful": True, **SEQUENCES}, {}),
    "training without dropout": (SEQUENCES, {"training": True}),
    "dropout in inference": ({"dropout": 0.5, "recurrent_dropout": 0.3}, {"training": False}),
}
STATES = {"SimpleRNN": 1, "GRU": 1, "LSTM": 2}
GATED = {
    "hard gates": {"recurrent_activation": "hard_sigmoid", **SEQUENCES},
    "linear gates": {"recurrent_activation": "linear"},
}

CASES = {
    (name, label): Case(of(name, U, **options), **case)
    for name in STATES
    for label, (options, case) in RECURRENT.items()
}
CASES |= {
    (name, "initial states, mask"): Case(
        of(name, U, return_sequences=True, return_state=True), masks=MASK, states=(STATE,) * count
    )
    for name, count in STATES.items()
}
CASES |= {
    (name, label): Case(of(name, U, **options), masks=MASK)
    for name in ("GRU", "LSTM")
    for label, options in GATED.items()
}
CASES |= {
    ("GRU", "reset before"): Case(of("GRU", U, reset_after=False, **SEQUENCES), masks=MASK),
    ("GRU", "reset before, states"): Case(
        of("GRU", U, reset_after=False, return_state=True), states=(STATE,)
    ),
    ("LSTM", "no forget bias"): Case(of("LSTM", U, unit_forget_bias=False)),
    ("SimpleRNNCell", "in RNN"): Case(rnn(("SimpleRNNCell", U, {}), **SEQUENCES), masks=MASK),
    ("SimpleRNNCell", "relu"): Case(rnn(("SimpleRNNCell", U, {"activation": "relu"}))),
    ("GRUCell", "in RNN"): Case(rnn(("GRUCell", U, {}), **SEQUENCES), masks=MASK),
    ("GRUCell", "reset before"): Case(rnn(("GRUCell", U, {"reset_after": False}))),
    ("LSTMCell", "in RNN"): Case(rnn(("LSTMCell", U, {}), **SEQUENCES), masks=MASK),
    ("LSTMCell", "no bias"): Case(rnn(("LSTMCell", U, {"use_bias": False}))),
    ("RNN", "of a list of cells"): Case(
        rnn(("LSTMCell", U, {}), ("GRUCell", 2, {}), return_sequences=True), masks=MASK
    ),
    ("RNN", "backwards"): Case(
        rnn(("GRUCell", U, {}), go_backwards=True, return_sequences=True), masks=MASK
    ),
    ("RNN", "zero_output_for_mask"): Case(
        rnn(("LSTMCell", U, {}), zero_output_for_mask=True, return_sequences=True), masks=MASK
    ),
    ("RNN", "states"): Case(rnn(("LSTMCell", U, {}), return_state=True), states=(STATE, STATE)),
    ("RNN", "stateful, unroll"): Case(rnn(("GRUCell", U, {}), stateful=True, unroll=True)),
    ("StackedRNNCells", "two"): Case(
        stacked(("LSTMCell", U), ("SimpleRNNCell", 2), return_sequences=True), masks=MASK
    ),
    ("StackedRNNCells", "three, states"): Case(
        stacked(("GRUCell", U), ("LSTMCell", 2), ("GRUCell", 4), return_state=True)
    ),
}
for merge_mode in ("concat", "sum", "mul", "ave", None):
    CASES["Bidirectional", f"LSTM, {merge_mode}"] = Case(
        around("Bidirectional", merge_mode=merge_mode, inner_options=SEQUENCES), masks=MASK
    )
CASES |= {
    ("Bidirectional", "GRU, last"): Case(around("Bidirectional", inner=("GRU", U)), masks=MASK),
    ("Bidirectional", "RNN"): Case(
        lambda k: k.layers.Bidirectional(k.layers.RNN(k.layers.SimpleRNNCell(U))), masks=MASK
    ),
    ("Bidirectional", "initial states"): Case(
        around("Bidirectional", inner_options={"return_state": True}), states=(STATE,) * 4
    ),
    ("TimeDistributed", "Dense"): Case(around("TimeDistributed", inner=("Dense", 2)), masks=MASK),
    ("Dense", "2-D"): Case(of("Dense", U), ((B, F),)),
    ("Dense", "3-D, relu"): Case(of("Dense", U, activation="relu"), masks=MASK),
    ("Dense", "softmax, no bias"): Case(of("Dense", U, "softmax", use_bias=False)),
    ("Embedding", "plain"): Case(of("Embedding", 6, U), ((B, T),), classes=6),
    ("Embedding", "mask_zero"): Case(of("Embedding", 6, U, mask_zero=True), ((B, T),), classes=6),
    ("Masking", "plain"): Case(of("Masking")),
    ("Masking", "of whole numbers"): Case(of("Masking", 1.0), ((B, T, 1),), classes=2),
    ("Activation", "tanh"): Case(of("Activation", "tanh"), masks=MASK),
    ("Activation", "gelu"): Case(of("Activation", "gelu")),
    ("Dropout", "in inference"): Case(of("Dropout", 0.5), masks=MASK, training=False),
    ("Dropout", "of nothing"): Case(of("Dropout", 0.0), training=True),
    ("Flatten", "3-D"): Case(of("Flatten")),
    ("Flatten", "1-D"): Case(of("Flatten"), ((B,),)),
    ("Reshape", "unknown size"): Case(of("Reshape", (-1, 2))),
    ("RepeatVector", "four times"): Case(of("RepeatVector", 4), ((B, F),)),
    ("Permute", "turned"): Case(of("Permute", (2, 1))),
}
