"""Input: where arrays enter a model."""

from collections.abc import Sequence
from typing import Any

from elman import _check
from elman._typing import Array, Shape
from elman.errors import ArgumentError
from elman.layers.base import Arrays, Layer, Masks, Mode
from elman.layers.symbolic import Node, SymbolicTensor

DTYPES = ("float32", "float64", "int32", "int64", "bool")


class InputLayer(Layer):
    """An entry of a model; `Input` makes one and returns its symbolic tensor.

    Args:
        shape: shape of a sample, None where a size is open.
        batch_size: size of the batch, None (the default) for any.
        dtype: what is fed in: a float type, or "int32" for indices.
        batch_shape: shape with the batch, in place of the first two.
        name: the input's name, by which a dictionary of inputs refers to it.
        options: `trainable`, accepted for Keras's sake.
    """

    def __init__(
        self,
        shape: Sequence[int | None] | None = None,
        batch_size: int | None = None,
        dtype: Any = None,
        batch_shape: Sequence[int | None] | None = None,
        name: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name=name, **options)
        if (shape is None) == (batch_shape is None):
            raise ArgumentError(
                f"{self.owner}: one of `shape` and `batch_shape` must be given; got "
                f"shape={shape}, batch_shape={batch_shape}. For sequences of 8 features of any "
                "length: Input((None, 8))."
            )
        if batch_shape is None:
            if isinstance(shape, int):
                raise ArgumentError(
                    f"{self.owner}: `shape` must be a tuple; got {shape}. Did you mean ({shape},)?"
                )
            batch_shape = (batch_size, *(shape or ()))
        self.batch_shape: Shape = tuple(batch_shape)
        for size in self.batch_shape:
            if size is not None:
                _check.integer(self.owner, "shape", size)
        self.dtype = _check.one_of(self.owner, "dtype", str(dtype or "float32"), DTYPES)
        self.built = True
        self.nodes = [Node(self, [], [])]
        self.nodes[0].outputs = [SymbolicTensor(self.batch_shape, self.dtype, self.nodes[0], 0)]

    @property
    def output(self) -> SymbolicTensor:
        """The symbolic tensor that stands for what is fed in."""
        return self.nodes[0].outputs[0]

    def cast(self, inputs: Sequence[Array]) -> Arrays:
        """Leave the inputs as they are: the layers behind know what they need."""
        return tuple(inputs)

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


def Input(
    shape: Sequence[int | None] | None = None,
    batch_size: int | None = None,
    dtype: Any = None,
    name: str | None = None,
    batch_shape: Sequence[int | None] | None = None,
) -> SymbolicTensor:
    """Return a symbolic tensor for what is fed into a model.

    Args:
        shape: shape of a sample, None where a size is open: `(None, 8)` for sequences of any
            length with 8 features.
        batch_size: size of the batch, None for any.
        dtype: "float32" by default; "int32" for indices.
        name: the input's name.
        batch_shape: shape with the batch, in place of the first two.

    >>> from elman import Input
    >>> Input((None, 8)).shape
    (None, None, 8)
    """
    return InputLayer(shape, batch_size, dtype, batch_shape, name).output
