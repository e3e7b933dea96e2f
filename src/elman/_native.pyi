"""The compiled kernels; see native/module.cpp. `elman.kernels` and `elman.fused` import them."""

from collections.abc import Sequence

from elman._typing import Array

class Options:
    """Cell, activations and flags of a pass over a sequence."""

    def __init__(
        self,
        cell: int,
        phi: int,
        sigma: int,
        threads: int,
        backwards: bool,
        zero_output: bool,
        sequences: bool,
        /,
    ) -> None: ...

def forward(
    options: Options,
    x: Array,
    kernel: Array,
    recurrent: Array,
    bias: Array | None,
    start: Sequence[Array],
    mask: Array | None,
    input_drop: Sequence[Array],
    recurrent_drop: Sequence[Array],
    gates: Array,
    extra: Array,
    history: Array,
    outputs: Array,
    final: Sequence[Array],
    /,
) -> None: ...
def backward(
    options: Options,
    x: Array,
    kernel: Array,
    recurrent: Array,
    bias: Array | None,
    mask: Array | None,
    input_drop: Sequence[Array],
    recurrent_drop: Sequence[Array],
    gates: Array,
    extra: Array,
    history: Array,
    doutputs: Array,
    dfinal: Sequence[Array],
    dgates: Array,
    dlast: Array | None,
    dx: Array,
    dstart: Sequence[Array],
    dkernel: Array,
    drecurrent: Array,
    dbias: Array | None,
    /,
) -> None: ...
def use(name: str, /) -> bool: ...
def lanes(single: bool, /) -> int: ...
def instruction_set() -> str: ...

class Update:
    """An optimizer's rule and the arrays that it works on; see native/bind_rest.cpp."""

    def __init__(self, rule: int, w: Array, g: Array, slots: Sequence[Array], /) -> None: ...
    def squares(self, begin: int, end: int, threads: int, /) -> float: ...
    def step(
        self,
        numbers: Sequence[float],
        t: int,
        eta: float,
        decay: float,
        clip: float,
        scale: float,
        begin: int,
        end: int,
        threads: int,
        /,
    ) -> None: ...

def losses(
    loss: int,
    p: Array,
    y: Array | None,
    labels: Array | None,
    weights: Array | None,
    keep: Array | None,
    divisor: float,
    delta: float,
    dp: Array,
    threads: int,
    /,
) -> float: ...
def softmax(x: Array, y: Array, threads: int, /) -> None: ...
def dsoftmax(dy: Array, y: Array, dx: Array, threads: int, /) -> None: ...
def scatter(indices: Array, dy: Array, table: Array, threads: int, /) -> None: ...
