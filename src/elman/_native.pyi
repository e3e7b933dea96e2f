"""The compiled kernels; see native/module.cpp. `elman.kernels` and `elman.fused` import them."""

from collections.abc import Callable, Sequence
from typing import Any

from elman._typing import Array

class Pass:
    """A pass over a sequence, run when it is made; the arrays that it fills are given."""

    def __init__(
        self,
        cell: int,
        phi: int,
        sigma: int,
        threads: int,
        backwards: bool,
        zero_output: bool,
        sequences: bool,
        record: bool,
        checkpoint: int,
        x: Array,
        kernel: Array,
        recurrent: Array | None,
        bias: Array | None,
        vectors: tuple[Array, ...],
        streams: tuple[Array | None, ...],
        start: tuple[Array, ...],
        mask: Array | None,
        reset: Array | None,
        reset_state: tuple[Array, ...],
        input_drop: tuple[Array, ...],
        recurrent_drop: tuple[Array, ...],
        outputs: Array,
        final: tuple[Array, ...],
        history: tuple[Array, ...] = (),
        /,
    ) -> None: ...
    def backward(
        self,
        doutputs: Array,
        dfinal: tuple[Array, ...],
        dx: Array | None,
        dstart: tuple[Array, ...],
        dkernel: Array | None,
        drecurrent: Array | None,
        dbias: Array | None,
        dvectors: tuple[Array, ...],
        dfades: Array | None,
        dreset: tuple[Array, ...],
        dstates: tuple[Array, ...],
        /,
    ) -> None: ...
    @property
    def bytes(self) -> int: ...

def dense(threads: int, x: Array, kernel: Array, bias: Array | None, a: Array, /) -> None: ...
def dense_backward(
    threads: int,
    x: Array,
    kernel: Array,
    da: Array,
    dx: Array | None,
    dkernel: Array,
    dbias: Array | None,
    /,
) -> None: ...
def release_memory() -> None: ...
def set_window_bytes(tape: int, other: int, /) -> None: ...
def use(name: str, /) -> bool: ...
def multiply_add_limit(threads: int, /) -> float: ...

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
def find_mask(x: Array, value: float, keep: Array, /) -> None: ...
def apply_mask(x: Array, keep: Array, y: Array, /) -> None: ...
def fill(threads: int, given: Sequence[Array], filled: Sequence[Array], /) -> None: ...
def dfill(threads: int, given: Sequence[Array], found: Sequence[Array | None], /) -> None: ...
def normal(key: int, deviation: Array, first: int, out: Array, threads: int, /) -> None: ...
def choose(
    key: int, threshold: int, below: float, other: float, first: int, out: Array, threads: int, /
) -> None: ...
def scatter(indices: Array, dy: Array, table: Array, threads: int, /) -> None: ...

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
