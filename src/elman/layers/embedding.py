"""Embedding: a row of a table for each index."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman import _check, fused
from elman._typing import Array, Shape
from elman.errors import ArgumentError
from elman.layers.base import Layer
from elman.layers.parts import settings
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.layers.parts.ragged import both
from elman.parameters import Initialize


class Embedding(Layer):
    """Turn indices into vectors: row `i` of the embeddings for the index `i`.

    Args:
        input_dim: how many indices there are; they run from 0 to input_dim - 1.
        output_dim: size of a vector.
        embeddings_initializer: of the embeddings (input_dim, output_dim).
        embeddings_regularizer: what penalises them, see `elman.regularizers`.
        embeddings_constraint: what they are put through after each step, see `elman.constraints`.
        mask_zero: treat index 0 as padding: the layer makes a mask that is False there.
        weights: initial embeddings, an array or a list that holds it.
        options: `name`, `dtype`, `trainable`.

    The mask of `mask_zero` goes with the data through a model. Called on an array by itself, the
    layer returns a plain array, which cannot carry it: hand it on by hand.

    >>> import numpy as np
    >>> from elman import layers
    >>> words = np.array([[1, 2, 0]])
    >>> vectors = layers.Embedding(100, 8, mask_zero=True)(words)
    >>> layers.LSTM(4)(vectors, mask=words != 0).shape
    (1, 4)
    """

    checks = {
        "input_dim": _check.integer,
        "output_dim": _check.integer,
        "embeddings_initializer": settings.initializer,
        "embeddings_regularizer": settings.regularizer,
        "embeddings_constraint": settings.constraint,
        "mask_zero": _check.flag,
    }
    fixed = ("input_dim", "output_dim", *settings.of_weights("embeddings"))
    takes_one = True

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.embeddings_initializer: Initialize = embeddings_initializer
        self.embeddings_regularizer = embeddings_regularizer
        self.embeddings_constraint = embeddings_constraint
        self.mask_zero = mask_zero
        self._initial_weights = weights

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make the embeddings (input_dim, output_dim)."""
        self.embeddings = self.make_weight("embeddings", (self.input_dim, self.output_dim))
        if self._initial_weights is not None:
            several = isinstance(self._initial_weights, (list, tuple))
            table = self._initial_weights[0] if several else self._initial_weights
            self.embeddings.assign(table)

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the shape with an axis of size `output_dim` added."""
        return [(*shapes[0], self.output_dim)]

    def cast(self, inputs: Sequence[Array]) -> Arrays:
        """Return the indices as integers, checked."""
        (x,) = inputs
        if x.dtype.kind == "f" and not (np.isfinite(x) & (np.trunc(x) == x)).all():
            raise ArgumentError(f"{self.owner}: `x` must hold whole numbers; got fractions.")
        indices = x if x.dtype.kind in "iu" else x.astype(np.int64)
        if indices.size and not (indices.min() >= 0 and indices.max() < self.input_dim):
            wrong = indices.min() if indices.min() < 0 else indices.max()
            raise ArgumentError(
                f"{self.owner}: `x` must hold indices from 0 to {self.input_dim - 1}; got {wrong}. "
                "`input_dim` is the largest index plus one."
            )
        return (indices,)

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return the rows that the indices name."""
        (indices,) = inputs
        return (self.embeddings.array[indices],), indices

    def backward(
        self, tape: Any, doutputs: Arrays, *, out: Sequence[Array] | None = None
    ) -> tuple[tuple[None], list[Array]]:
        """Add each vector's gradient to the row that it came from; indices have no gradient."""
        (dy,) = doutputs
        table = np.empty_like(self.embeddings.array) if out is None else out[0]
        table[...] = 0
        rows = dy.reshape(-1, self.output_dim)
        if fused.runs(table.dtype):
            fused.scatter_add(table, tape.ravel(), rows)
        else:
            np.add.at(table, tape.ravel(), rows)
        return (None,), [table]

    def output_masks(self, inputs: Arrays, masks: Masks) -> Masks:
        """Make the mask that is False at index 0, and where that of the input is."""
        return (both(inputs[0] != 0 if self.mask_zero else None, masks[0]),)

    def get_config(self) -> dict[str, Any]:
        """Return the configuration in Keras's form."""
        config = super().get_config()
        del config["weights"]  # initial values only; `get_weights` has what they became
        return config
