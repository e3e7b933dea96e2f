"""Input: where arrays enter a model."""

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from elman import _check, _settings
from elman._construction import fitting
from elman._typing import Array, Shape
from elman.errors import ArgumentError, UnsupportedError
from elman.layers.base import Layer
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.layers.parts.symbolic import Node, SymbolicTensor

DTYPES = ("float32", "float64", "int32", "int64", "bool")
NEVER = ("sparse", "ragged", "input_tensor", "optional")  # what Keras's inputs may be beside


def _dtype_name(owner: str, argument: str, dtype: Any) -> str:
    """Return the name of one of `DTYPES`; None is `floatx()`."""
    if not isinstance(dtype, str | None):
        with contextlib.suppress(TypeError):
            dtype = np.dtype(dtype).name
    name: str = _check.one_of(owner, argument, dtype or _settings.floatx(), DTYPES)
    return name


def _check_dense(owner: str, given: dict[str, Any]) -> None:
    """Check that no other than an array (batch, …), always given, is asked for."""
    for name, value in given.items():
        if value is not None and value is not False:
            raise UnsupportedError(
                f"{owner}: `{name}` must be None or False, because inputs are plain arrays; got "
                f"{value!r:.60}."
            )


class InputLayer(Layer):
    """An entry of a model; `Input` makes one and returns its symbolic tensor.

    Args:
        shape: shape of a sample, None where a size is open.
        batch_size: size of the batch, None (the default) for any.
        dtype: what is fed in: a float type, to which all numbers are converted as they enter,
            or "int32" for indices.
        batch_shape: shape with the batch, in place of the first two.
        name: the input's name, by which a dictionary of inputs refers to it.
        options: `trainable`, accepted for Keras's sake; `sparse`, `ragged`, `input_tensor` and
            `optional`, which must be None or False: inputs are plain arrays.

    >>> InputLayer((None, 8), name="x").output
    <SymbolicTensor shape=(None, None, 8), dtype=float32, name=x>
    """

    checks = {"dtype": _dtype_name, "batch_shape": _check.sizes}
    fixed = ("batch_shape",)

    def __init__(
        self,
        shape: Sequence[int | None] | None = None,
        batch_size: int | None = None,
        dtype: Any = None,
        batch_shape: Sequence[int | None] | None = None,
        name: str | None = None,
        **options: Any,
    ) -> None:
        never = {key: options.pop(key) for key in NEVER if key in options}
        super().__init__(name=name, dtype=dtype, **options)
        _check_dense(self.owner, never)
        if (shape is None) == (batch_shape is None):
            raise ArgumentError(
                f"{self.owner}: one of `shape` and `batch_shape` must be given; got "
                f"shape={shape}, batch_shape={batch_shape}. For sequences of 8 features of any "
                "length: Input((None, 8))."
            )
        if batch_shape is None:
            (batch,) = _check.sizes(self.owner, "batch_size", (batch_size,))
            batch_shape = (batch, *_check.sizes(self.owner, "shape", shape))
        self.batch_shape: Shape = _check.sizes(self.owner, "batch_shape", batch_shape)
        self.built = True
        self.nodes = [Node(self, [], [])]
        self.nodes[0].outputs = [SymbolicTensor(self.batch_shape, self.dtype, self.nodes[0], 0)]

    @property
    def output(self) -> SymbolicTensor:
        """The symbolic tensor that stands for what is fed in."""
        return self.nodes[0].outputs[0]

    def cast(self, inputs: Sequence[Array]) -> Arrays:
        """Return the inputs in a declared float dtype; indices and masks are left as they are."""
        return super().cast(inputs) if self.dtype.startswith("float") else tuple(inputs)

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the shape with the batch."""
        return [self.batch_shape]

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Hand the input on."""
        return inputs, None

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Hand the gradient on."""
        return doutputs, []

    def get_config(self) -> dict[str, Any]:
        """Return the configuration in Keras's form."""
        return {"batch_shape": list(self.batch_shape), "dtype": self.dtype, "name": self.name}


@fitting
def Input(
    shape: Sequence[int | None] | None = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Sequence[int | None] | None = None,
    name: str | None = None,
    tensor: None = None,
    optional: bool | None = False,
) -> SymbolicTensor:
    """Return a symbolic tensor for what is fed into a model.

    Args:
        shape: shape of a sample, None where a size is open: `(None, 8)` for sequences of any
            length with 8 features.
        batch_size: size of the batch, None for any.
        dtype: "float32" by default, to which all numbers are converted as they enter; "int32"
            for indices. A name or a NumPy dtype.
        sparse, ragged, tensor, optional: None or False; inputs are plain arrays.
        batch_shape: shape with the batch, in place of the first two.
        name: the input's name.

    Raises:
        UnsupportedError: one of `sparse`, `ragged`, `tensor` and `optional` asks for something.

    >>> from elman import Input
    >>> Input((None, 8)).shape
    (None, None, 8)
    """
    _check_dense("Input", {"sparse": sparse, "ragged": ragged, "tensor": tensor})
    _check_dense("Input", {"optional": optional})
    return InputLayer(shape, batch_size, dtype, batch_shape=batch_shape, name=name).output
