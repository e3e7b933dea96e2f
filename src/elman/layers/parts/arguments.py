"""What a layer is given, checked and made uniform: arrays, masks, shapes and numbers for weights.

`owner` is how messages name the layer, such as "LSTM 'encoder'".
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array, Mask, Shape
from elman.errors import ArgumentError, ShapeError
from elman.layers.parts import frames
from elman.layers.parts.symbolic import SymbolicTensor
from elman.parameters import Weight

MASKED = "Pad them to one length and mask the padding."


def as_array(owner: str, name: str, value: Any, *, unequal: str = MASKED) -> Array:
    """Return an argument as an array of numbers; `unequal` mends lists of other lengths."""
    if frames.is_frame(value):
        return frames.as_array(owner, name, value)
    if isinstance(value, SymbolicTensor):
        raise ArgumentError(
            f"{owner}: `{name}` must be an array of real numbers; got SymbolicTensor "
            f"'{value.name}', which holds none."
        )
    try:
        array = np.asarray(value)
    except (TypeError, RuntimeError) as error:  # a tensor that another framework keeps to itself
        raise ArgumentError(
            f"{owner}: `{name}` must be an array of real numbers; the {type(value).__name__} given "
            f"does not become one: {error}"
        ) from None
    except ValueError:
        raise ShapeError(
            f"{owner}: `{name}` must be an array; got lists of different lengths. {unequal}"
        ) from None
    if value is None:
        raise ArgumentError(
            f"{owner}: `{name}` must be an array of real numbers; got None. Give an array; a "
            "function without `return` gives None."
        )
    if array.dtype.kind not in "fiub":
        raise ArgumentError(
            f"{owner}: `{name}` must be an array of real numbers; got "
            f"{type(value).__name__} of dtype {array.dtype}." + _conversion(name, array)
        )
    return array


def _conversion(name: str, array: Array) -> str:
    """Return how to mend an array that holds no real numbers, a sentence, where there is a way."""
    if array.dtype == object and any(value is None for value in array.flat):
        return " None is among them."
    if array.dtype == object:
        return f' Convert it with `{name}.astype("float32")`.'
    if array.dtype.kind in "US":
        of_a_file = " If it names a file, read it first, such as with `np.loadtxt`."
        return " Turn words into numbers." if array.ndim else of_a_file
    return ""


def held(owner: str, name: str, array: Array, dtype: Any) -> Array:
    """Return an array of numbers in a dtype.

    Raises:
        ArgumentError: a number is too large for it, and would become infinite.
    """
    with np.errstate(over="ignore"):
        found = array.astype(dtype, copy=False)
    check_held(owner, name, array, found)
    return found


def check_held(owner: str, name: str, given: Array, found: Array) -> None:
    """Check that no number has become infinite in another dtype.

    Raises:
        ArgumentError: one has.
    """
    if found.dtype != given.dtype and np.isinf(found).any():
        lost = np.argwhere(np.isinf(found) & np.isfinite(given))
        for place in map(tuple, lost[:1].tolist()):
            raise ArgumentError(
                f"{owner}: `{name}` must hold numbers that fit into {found.dtype}; got "
                f"{given[place]} at {place}. Scale them, or give the layers `dtype='float64'`."
            )


def as_list(owner: str, name: str, value: Any) -> list[Array]:
    """Return an argument as a list of arrays of numbers."""
    if not isinstance(value, (Sequence, np.ndarray)):
        raise ArgumentError(
            f"{owner}: `{name}` must be a list of arrays; got {type(value).__name__}."
        )
    return [as_array(owner, name, array) for array in value]


def check_weights(owner: str, weights: Sequence[Weight], arrays: Sequence[Array]) -> None:
    """Check that there is an array of the right shape for each weight."""
    if len(arrays) != len(weights):
        names = ", ".join(f"{w.path} {w.shape}" for w in weights)
        raise ShapeError(
            f"{owner}: `weights` must be {len(weights)} arrays ({names}); got {len(arrays)}."
        )
    for weight, array in zip(weights, arrays, strict=True):
        if array.shape != weight.shape:
            raise ShapeError(
                f"{owner}: `weights` must hold {weight.path} of shape {weight.shape}; "
                f"got {array.shape}."
            )


CheckMask = Callable[[Shape, Shape], None]  # of a mask's shape and its input's


def as_masks(
    owner: str, mask: Any, arrays: Sequence[Array], check: CheckMask
) -> tuple[Mask | None, ...]:
    """Return a mask argument as one mask an input."""
    pairs = zip(_each_mask(mask, len(arrays)), arrays, strict=True)
    return tuple([None if m is None else as_mask(owner, m, x, check) for m, x in pairs])


def as_symbolic_masks(
    owner: str, mask: Any, tensors: Sequence[SymbolicTensor], check: CheckMask
) -> tuple[SymbolicTensor | None, ...]:
    """Return a mask argument of a symbolic call as one mask an input; none where none is given."""
    if mask is None:
        return ()
    masks = _each_mask(mask, len(tensors))
    for given, x in zip(masks, tensors, strict=True):
        if given is None:
            continue
        if not isinstance(given, SymbolicTensor):
            raise ArgumentError(
                f"{owner}: `mask` must be one symbolic tensor where the input is symbolic; "
                f"got {type(given).__name__}. Make it an `Input` of the model."
            )
        check(given.shape, x.shape)
    return tuple(masks)


def _each_mask(mask: Any, count: int) -> list[Any]:
    """Return a list of as many masks as there are inputs; one that is alone is the first's."""
    several = isinstance(mask, (list, tuple)) and len(mask) == count > 1
    given = list(mask) if several else [mask]
    return [*given, *[None] * (count - len(given))]


def as_mask(owner: str, mask: Any, x: Array, check: CheckMask) -> Mask:
    """Return a mask as booleans, checked against the input that it is for."""
    array = as_array(owner, "mask", mask)
    if array.dtype.kind != "b" and not np.isin(array, (0, 1)).all():
        raise ArgumentError(
            f"{owner}: `mask` must hold booleans, True where a step counts; "
            f"got dtype {array.dtype}."
        )
    check(array.shape, x.shape)
    return array.astype(bool)


def check_mask_shape(owner: str, mask: Shape, x: Shape) -> None:
    """Check that a mask has the first axes of its input; None is a size that is not known."""
    fits = min(2, len(x)) <= len(mask) <= max(2, len(x) - 1)
    if not fits or any(
        None not in pair and pair[0] != pair[1] for pair in zip(mask, x, strict=False)
    ):
        sizes = zip(("batch", "timesteps"), x, strict=False)
        axes = ", ".join(name if n is None else f"{name}={n}" for name, n in sizes)
        rule = f"({axes}{',' * (len(x) == 1)})"
        fix = " Drop the last axis with `mask[..., 0]`." if mask[2:] == (1,) else ""
        raise ShapeError(f"{owner}: `mask` must have shape {rule}; got {mask}.{fix}")


def check_sequence(owner: str, x: SymbolicTensor) -> None:
    """Check that a symbolic tensor has timesteps, or say where on its way they were lost."""
    if x.ndim > 2:
        return
    node = x.node
    while node.inputs and node.inputs[0].ndim == x.ndim:
        node = node.inputs[0].node
    if node.inputs and getattr(node.layer, "return_sequences", True):
        fix = f"{node.layer.owner} before it leaves no timesteps."
    elif node.inputs:
        fix = (
            f"{node.layer.owner} before it gives its last output alone, (batch, units). "
            "Make that with `return_sequences=True`."
        )
    else:
        fix = _sample_fix(node.outputs[0].shape[1:])
    raise ShapeError(
        f"{owner}: `x` must have shape (batch, timesteps, features); got {x.shape}. {fix}"
    )


def _sample_fix(sample: Shape) -> str:
    """Return how a sample of this shape, of one axis, becomes one of timesteps and features."""
    one = "data `x[..., None]` for"
    if sample in ((), (None,)):
        return f"A sample is (timesteps, features): `Input((None, 1))` and {one} one feature."
    (n,) = sample
    return (
        f"A sample is (timesteps, features): `Input((None, {n}))` for {n} features; "
        f"`Input(({n}, 1))` and {one} {n} timesteps of one feature."
    )


def axes_fix(x: Shape, features: int | None) -> str:
    """Return how an array of this shape becomes (batch, timesteps, features)."""
    if len(x) == 1:
        return " Add axes with `x[None, :, None]`."
    if len(x) != 2 or features not in (None, 1, x[1]):
        return ""
    one_feature, one_timestep = "`x[..., None]`", "`x[:, None, :]`"
    if features is None:
        return f" Add an axis: {one_feature} for one feature, {one_timestep} for one timestep."
    if features == 1 != x[1]:
        return f" Add the feature axis with {one_feature}."
    return f" Add a time axis with {one_timestep}."


def as_shapes(owner: str, input_shape: Any) -> list[Shape]:
    """Return a shape, or a list of shapes, as a list of tuples."""
    listed = isinstance(input_shape, (list, tuple)) and len(input_shape) > 0
    several = listed and isinstance(input_shape[0], (list, tuple))
    shapes = list(input_shape) if several else [input_shape]
    for shape in shapes:
        if not isinstance(shape, (list, tuple)) or not all(
            n is None or isinstance(n, (int, np.integer)) for n in shape
        ):
            raise ArgumentError(
                f"{owner}: `input_shape` must be a tuple of sizes with the batch, such as "
                f"(None, 10, 3), or a list of such; got {_check.shown(input_shape)}."
            )
    return [tuple(shape) for shape in shapes]


def taken_sample(owner: str, options: dict[str, Any]) -> Shape | None:
    """Take what Keras 2 says of the input out of a layer's options: its shape with the batch.

    `input_shape=(timesteps, features)`, `batch_input_shape=(batch, timesteps, features)`, or
    `input_dim=features` with `input_length=timesteps`; None where nothing is said.
    """
    ways = [name for name in ("input_shape", "batch_input_shape", "input_dim") if name in options]
    if len(ways) > 1:
        raise ArgumentError(
            f"{owner}: `{ways[1]}` must be left out where `{ways[0]}` is given; got both."
        )
    takes_length = ways == ["input_dim"] or owner == "Embedding"  # of which it is only said
    length = options.pop("input_length", None) if takes_length else None
    if not ways:
        return None
    given = options.pop(ways[0])
    if given is None:
        return None
    if ways[0] == "input_dim":
        F = _check.integer(owner, "input_dim", given)
        return (None, F) if length is None else (None, length, F)
    shape = _check.sizes(owner, ways[0], given)
    return shape if ways[0] == "batch_input_shape" else (options.pop("batch_size", None), *shape)
