"""Where weights live: one contiguous buffer for all of a model's, and one for their gradients.

    weight.array      is a view into  buffer.values      [ kernel | recurrent_kernel | bias | … ]
    weight.gradient   is a view into  buffer.gradients   [ dkernel | drecurrent_kernel | …     ]

So an optimizer step, clipping or a norm is one pass over one array, whatever the layers are.
A weight owns its array until a model trains; then `pack` moves it into the model's buffer.

What is worked out from layers and weights once, and used at every step, is right as long as
`version()` is the object that it was when that was worked out.
"""

import contextlib
import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from elman._boxes import unboxed
from elman._typing import Array, Mask
from elman.errors import ArgumentError, ShapeError

_version = object()


def version() -> object:
    """Return what is another object after every change of layers, weights or what is trainable."""
    return _version


def changed() -> None:
    """Say that layers, weights or what is trainable have changed."""
    global _version
    _version = object()


# The open `elman.GradientTape`, by which weights are read meanwhile; it has `read(weight)`.
reading: ContextVar[Any] = ContextVar("reading", default=None)


class Snapshot(np.ndarray[Any, Any]):
    """A copy of a weight's value. Calling it returns it, so that `weight.value()` works too."""

    def __call__(self) -> Array:
        """Return the value as a plain array."""
        return np.asarray(self)


class Weight:
    """An array that a layer computes with and training changes.

    Attributes:
        name: what it is to its layer, such as "recurrent_kernel".
        path: where it stands in the model, such as "lstm/lstm_cell/recurrent_kernel".
        trainable: whether an optimizer may change it.
        learned: whether it ever may; a moving average, say, is made with False.
        regularizer, constraint: what penalises it, and what it is put through after each step;
            see `elman.regularizers` and `elman.constraints`.
        frozen: of its shape, True for the entries that no optimizer changes; None for none.
        array: the numbers themselves; write to it only through `assign`.
        gradient: dL/d(array) of the last training step, None before the first.
        buffer: the last buffer that it was packed into, which `holds` it unless others came after.
    """

    def __init__(self, array: Array, *, name: str, path: str, trainable: bool = True) -> None:
        self.array = array
        self.gradient: Array | None = None
        self.buffer: Buffer | None = None
        self.name = name
        self.path = path
        self.trainable = self.learned = trainable
        self.regularizer: Any = None
        self.constraint: Any = None
        self.frozen: Mask | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in ("array", "trainable", "regularizer", "constraint"):
            changed()

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "buffer": None}  # a copy lies in none

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the array's numbers."""
        return self.array.dtype

    @property
    def value(self) -> Snapshot:
        """A copy of the numbers, as an array; `weight.value()` gives the same."""
        return self.array.copy().view(Snapshot)

    def numpy(self) -> Array:
        """Return a copy of the numbers."""
        return self.array.copy()

    def assign(self, value: Any) -> None:
        """Replace the numbers.

        Args:
            value: an array-like of the same shape; converted to the weight's dtype. Of what a
                tape watches the numbers; no gradient follows to where they came from.

        Raises:
            ArgumentError: it holds no real numbers.
            ShapeError: the shape differs.
        """
        try:
            new = _plain(value)
        except ValueError:  # lists of different lengths
            new = np.asarray(None)
        if new.dtype.kind not in "fiub":
            raise ArgumentError(
                f"Weight '{self.path}': `value` must be an array of real numbers; "
                f"got {value!r:.60}."
            )
        if new.shape != self.shape:
            raise ShapeError(
                f"Weight '{self.path}': `value` must have shape {self.shape}; got {new.shape}."
            )
        self.array[...] = new

    def assign_add(self, value: Any) -> None:
        """Add to the numbers."""
        self.assign(self.array + _plain(value))

    def assign_sub(self, value: Any) -> None:
        """Subtract from the numbers."""
        self.assign(self.array - _plain(value))

    # What arithmetic on a weight computes with: its array, or under a tape what stands for it.

    @property
    def read(self) -> Any:
        """The array; while a `GradientTape` is open, the array in the tape's box."""
        tape = reading.get()
        return self.array if tape is None else tape.read(self)

    __array_priority__ = 200.0  # `array + weight` asks the weight first

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if self.trainable and reading.get() is not None:
            raise ArgumentError(
                f"Weight '{self.path}': a weight must be computed with by `elman.ops` (or alone "
                "with arrays by +, -, *, /, @) for a gradient to follow; got a function of "
                f"NumPy's or a tensor beside it. Write `ops.multiply(x, w)`, or `x * w.read`."
            )
        return np.array(self.array, dtype=dtype)

    def __getitem__(self, key: Any) -> Any:
        return self.read[key]

    def __len__(self) -> int:
        return len(self.array)

    def __neg__(self) -> Any:
        return -self.read

    def __abs__(self) -> Any:
        return abs(self.read)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.array.ndim

    def __repr__(self) -> str:
        return f"<Weight '{self.path}' shape={self.shape} dtype={self.dtype}>"


def _plain(value: Any) -> Array:
    """Return what is given to `assign` and its like as an array."""
    return np.asarray(value.array if isinstance(value, Weight) else unboxed(value))


def _arithmetic(function: Callable[[Any, Any], Any], turned: bool) -> Callable[[Any, Any], Any]:
    """Return a method of `Weight` for a binary operator."""

    def method(self: Weight, other: Any) -> Any:
        other = other.read if isinstance(other, Weight) else other
        return function(other, self.read) if turned else function(self.read, other)

    return method


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    for _turned in (False, True):
        setattr(
            Weight,
            f"__{'r' * _turned}{_name}__",
            _arithmetic(getattr(operator, _name), _turned),
        )
for _name in ("lt", "le", "gt", "ge"):
    setattr(Weight, f"__{_name}__", _arithmetic(getattr(operator, _name), False))


@contextlib.contextmanager
def held(weights: Iterable[Weight]) -> Iterator[None]:
    """Let what is frozen of weights be what it was before, whatever happens inside."""
    before = [(weight, weight.array[weight.frozen]) for weight in weights]
    yield
    for weight, numbers in before:
        weight.array[weight.frozen] = numbers


class Buffer:
    """The weights of one dtype end to end in one array, and their gradients in another.

    Attributes:
        weights: the weights, in order.
        values: all numbers of all weights, (size,).
        gradients: all gradients, (size,).
        slices: where each weight lies in `values` and `gradients`.
        whole: all of them, as one slice in a list.
    """

    def __init__(self, weights: Sequence[Weight]) -> None:
        ends = np.cumsum([0, *(weight.array.size for weight in weights)]).tolist()
        self.weights = tuple(weights)
        self.slices = list(itertools.starmap(slice, itertools.pairwise(ends)))
        self.whole = [slice(0, ends[-1])]
        self.values = np.empty(ends[-1], weights[0].dtype)
        self.gradients = np.zeros_like(self.values)
        for weight, part in zip(weights, self.slices, strict=True):
            self.values[part] = weight.array.ravel()
            weight.array = self.values[part].reshape(weight.shape)
            weight.gradient = self.gradients[part].reshape(weight.shape)
            weight.buffer = self

    def holds(self, weight: Weight) -> bool:
        """Say whether the weight's array still is a view into this buffer."""
        return weight.array.base is self.values

    def each_gradient(self) -> list[Array]:
        """Return a flat view of each weight's gradient."""
        return [self.gradients[part] for part in self.slices]


def pack(weights: Iterable[Weight]) -> list[Buffer]:
    """Move weights into buffers, one a dtype, and return the buffers."""
    by_dtype: dict[np.dtype[Any], list[Weight]] = {}
    for weight in weights:
        by_dtype.setdefault(weight.dtype, []).append(weight)
    return [Buffer(group) for group in by_dtype.values()]


def packed(buffers: Sequence[Buffer], weights: Sequence[Weight]) -> bool:
    """Say whether the buffers hold exactly these weights."""
    held = [weight for buffer in buffers for weight in buffer.weights]
    return {id(w) for w in held} == {id(w) for w in weights} and all(
        buffer.holds(weight) for buffer in buffers for weight in buffer.weights
    )


def gather(weights: Sequence[Weight]) -> list[Buffer]:
    """Return buffers of exactly these weights: those that they lie in, or new ones."""
    buffers = {id(weight.buffer): weight.buffer for weight in weights}
    found = [buffer for buffer in buffers.values() if buffer is not None]
    return found if packed(found, weights) else pack(weights)


Initialize = Callable[[tuple[int, ...], Any], Array]  # (shape, dtype) -> array
