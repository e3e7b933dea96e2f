"""What layers share that make one input of several, element by element.

y = f(x_1, …, x_n)     all of one shape, or of shapes that are repeated to one:
                       axes of size 1, and after the batch axes that are not there
"""

from typing import Any

from elman import _check
from elman._typing import Array, Mask, Shape
from elman.errors import ShapeError
from elman.layers.base import Layer
from elman.layers.parts.passes import Arrays, Masks, Mode


class Merge(Layer):
    """Base class of the layers that merge inputs element by element.

    A subclass says in `merge` what becomes of inputs of the same number of axes, and in `unmerge`
    what the gradient of each is.
    """

    keeps_dtype = True
    exactly: int | None = None  # how many inputs it takes; None for two or more

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)

    def merge(self, xs: Arrays, masks: Masks) -> tuple[Array, Any]:
        """Return f(x_1, …) and what `unmerge` needs; masks have as many axes as their inputs."""
        raise _check.undefined(self, "merge(self, xs, masks)", "returns y and a cache")

    def unmerge(self, cache: Any, dy: Array) -> list[Array]:
        """Return the gradient of each input, in the shape of y."""
        raise _check.undefined(self, "unmerge(self, cache, dy)", "returns a list of dx")

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that there are several, and that all can be repeated to one shape."""
        check_several(self, shapes, self.exactly)
        batches = {shape[0] for shape in shapes} - {None}
        if len(batches) > 1 or _common(shapes) is None:
            shown = " and ".join(str(shape) for shape in shapes)
            raise ShapeError(f"{self.owner}: `inputs` must have the same shape; got {shown}.")

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the common shape."""
        common = _common(shapes)
        assert common is not None
        return [common]

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Merge inputs, with axes put in after the batch where some have fewer."""
        self.check_shapes([x.shape for x in inputs])  # known only now where an axis was open
        rank = max(x.ndim for x in inputs)
        xs = tuple([_aligned(x, rank) for x in inputs])
        pairs = zip(inputs, masks, strict=True)
        spreads = [spread(mask, x) if mask is not None and x.ndim == rank else None
                   for x, mask in pairs]  # fmt: skip
        y, cache = self.merge(xs, tuple(spreads))
        return (y,), (cache, [x.shape for x in inputs])

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Return the gradient of each input, summed over the axes along which it was repeated."""
        cache, shapes = tape
        dxs = self.unmerge(cache, doutputs[0])
        return tuple([_unrepeated(dx, s) for dx, s in zip(dxs, shapes, strict=True)]), []

    def output_masks(self, inputs: Arrays, masks: Masks) -> Masks:
        """Count a step if any input counts it; there is no mask unless every input has one."""
        first, *others = masks
        for mask in others:
            first = None if first is None or mask is None else first | mask
        return (first,)


def check_several(layer: Layer, shapes: list[Shape], exactly: int | None = None) -> None:
    """Check that there are at least two inputs, or exactly as many."""
    if exactly is not None and len(shapes) != exactly:
        raise ShapeError(
            f"{layer.owner}: `inputs` must be a list of {exactly} arrays; got {len(shapes)}."
        )
    if len(shapes) < 2:
        raise ShapeError(
            f"{layer.owner}: `inputs` must be a list of at least two arrays; got {len(shapes)}."
        )


def spread(mask: Mask, x: Array) -> Mask:
    """Return a mask (batch, timesteps) with as many axes as the input that it belongs to."""
    return mask.reshape(mask.shape + (1,) * (x.ndim - mask.ndim))


def _aligned(x: Array, rank: int) -> Array:
    """Return x with axes of size 1 after the batch, so that it has `rank` of them."""
    return x.reshape(_aligned_shape(x.shape, rank)) if x.ndim < rank else x


def _aligned_shape(shape: Any, rank: int) -> Any:
    return (*shape[:1], *(1,) * (rank - len(shape)), *shape[1:])


def _common(shapes: list[Shape]) -> Shape | None:
    """Return the shape to which all can be repeated, or None."""
    rank = max(map(len, shapes))
    common: list[int | None] = []
    for sizes in zip(*(_aligned_shape(shape, rank) for shape in shapes), strict=True):
        known = {n for n in sizes if n is not None} - {1}
        if len(known) > 1:
            return None
        common.append(known.pop() if known else None if None in sizes else 1)
    return tuple(common)


def _unrepeated(dy: Array, shape: tuple[int, ...]) -> Array:
    """Return dy summed over the axes along which an input of this shape was repeated."""
    aligned = _aligned_shape(shape, dy.ndim)
    axes = tuple(i for i, n in enumerate(aligned) if n == 1 and dy.shape[i] != 1)
    return (dy.sum(axis=axes) if axes else dy).reshape(shape)
