"""The compiled kernels; see native/module.cpp. Only `elman.kernels` imports them."""

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
def multiply_add_limit(threads: int, /) -> float: ...
