"""The compiled kernels; see native/module.cpp. Only `elman.kernels` imports them."""

from collections.abc import Callable, Sequence
from typing import Any

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

class Stream:
    """A model's layers, packed once and run a timestep a call; see native/bind_stream.cpp."""

    def __init__(
        self,
        instruction_set: str,
        batch: int,
        features: int,
        layers: Sequence[tuple[int, int, int, Array | None, Array | None, Array | None]],
        output: Array,
        admit: Callable[[Any], Array],
        busy: Callable[[], object],
        /,
    ) -> None: ...
    def step(self, x: Any, /) -> Array: ...
    def process(self, block: Array, out: Array, /) -> None: ...
    def states(self) -> int: ...
    def read(self, i: int, array: Array, /) -> None: ...
    def write(self, i: int, array: Array, /) -> None: ...
    def reset(self, rows: Sequence[int], /) -> None: ...
