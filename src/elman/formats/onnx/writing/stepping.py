"""Layers that move axes and timesteps about, and those that make masks, as nodes."""

from collections.abc import Sequence
from typing import Any

from elman import layers
from elman.formats.onnx.writing import masks
from elman.formats.onnx.writing.builder import Builder, Value
from elman.formats.onnx.writing.forms import term
from elman.formats.onnx.writing.operations import shapes as moves
from elman.formats.onnx.writing.operations.places import END


def embedding(
    b: Builder, layer: layers.Embedding, inputs: Sequence[Value], shapes: Sequence[Any]
) -> list[Value]:
    """Write rows of a table, and the mask of what is not 0."""
    (x,) = inputs
    indices = x.name if x.dtype in ("int32", "int64") else b.cast(x.name, "int64")
    table = layer.embeddings.array
    y = b.add("Gather", b.array(table, f"{layer.name}_embeddings"), indices)
    mask, rank = x.mask, x.mask_rank
    if layer.mask_zero and not b.step:
        kind = x.dtype if x.dtype in ("int32", "int64") else "int64"
        own = masks.of_indices(b, indices, kind)
        mask, rank = own if mask is None else b.add("And", own, mask), len(x.shape)
    return [Value(y, shapes[0], table.dtype.name, mask, rank)]


def masking(
    b: Builder, layer: layers.Masking, inputs: Sequence[Value], shapes: Sequence[Any]
) -> list[Value]:
    """Write the mask of timesteps that hold another value, and zeros at the others."""
    (x,) = inputs
    mask = masks.of_steps(b, x.name, b.number(layer.mask_value, x.dtype))
    y = masks.without(b, mask, x.name, x.dtype)
    return [Value(y, shapes[0], x.dtype, mask, len(x.shape) - 1)]


def reshape(b: Builder, layer: layers.Reshape, x: Value) -> str:
    """Write another shape of each sample."""
    sizes = list(layer.target_shape)
    shape = b.add("Concat", b.size(x.name, 0), b.constant(sizes), axis=0)
    return b.add("Reshape", x.name, shape)


def flatten(b: Builder, layer: layers.Flatten, x: Value) -> str:
    """Write all numbers of a sample in one axis."""
    return b.add("Flatten", x.name, axis=1)


def permute(b: Builder, layer: layers.Permute, x: Value) -> str:
    """Write the axes in another order."""
    return b.add("Transpose", x.name, perm=[0, *layer.dims])


def repeat(b: Builder, layer: layers.RepeatVector, x: Value) -> str:
    """Write a vector at so many timesteps."""
    return b.add("Tile", b.unsqueeze(x.name, 1), b.constant([1, layer.n, 1]))


def zero_padding(b: Builder, layer: layers.ZeroPadding1D, x: Value) -> str:
    """Write timesteps of zeros before and behind."""
    return str(moves.pad(term(b, x), ((0, 0), layer.padding, (0, 0))).name)


def cropping(b: Builder, layer: layers.Cropping1D, x: Value) -> str:
    """Write a sequence without its first and last timesteps."""
    before, behind = layer.cropping
    return moves.sliced(term(b, x), before, -behind if behind else END, 1).name


def up_sampling(b: Builder, layer: layers.UpSampling1D, x: Value) -> str:
    """Write every timestep so many times."""
    return moves.repeat(term(b, x), layer.size, 1).name
