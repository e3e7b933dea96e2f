"""Nodes that move axes about, which elman's layers need not."""

from collections.abc import Callable
from typing import Any

import numpy as np

from elman import layers, ops
from elman.formats.onnx.as_layers.values import (
    Sizes,
    Tensor,
    Zeros,
    check_types,
    place,
    refuse,
    single,
    whole,
)
from elman.formats.onnx.file import Node
from elman.formats.onnx.tensors import DTYPES

Values = list[Any]
FAR = 2**30  # beyond the end of any axis


def cast(node: Node, values: Values) -> Any:
    """Return the input as it is, where it keeps its type."""
    (x,) = values
    dtype = DTYPES.get(node.attributes.get("to", 0))
    kept = (
        x.one.dtype == dtype if isinstance(x, Tensor)
        else dtype in ("int32", "int64") if isinstance(x, Sizes)
        else isinstance(x, Zeros) and dtype in ("float32", "float64")
    )  # fmt: skip
    if not kept:
        raise refuse(node, f"makes {dtype} of other numbers")
    return x


def dropout(node: Node, values: Values) -> Any:
    """Return the input as it is, at rest."""
    training = values[2] if len(values) > 2 else None
    if training is not None and (not isinstance(training, np.ndarray) or training.any()):
        raise refuse(node, "is one of training")
    return values[0]


def same(node: Node, values: Values) -> Any:
    """Return the input as it is."""
    return values[0]


def shape(node: Node, values: Values) -> Any:
    """Return the sizes of a tensor."""
    (x,) = values
    if not isinstance(x, Tensor) or x.merged:
        raise refuse(node, "asks for the sizes of what is no output of a layer")
    return Sizes(x.sizes[node.attributes.get("start", 0) : node.attributes.get("end")])


def constant_of_shape(node: Node, values: Values) -> Any:
    """Return zeros of a shape that depends on the batch."""
    fill = node.attributes.get("value", np.zeros(1))
    if fill.any() or not isinstance(values[0], Sizes):
        raise refuse(node, "makes other numbers than zeros")
    return Zeros(len(values[0].entries))


def expand(node: Node, values: Values) -> Any:
    """Return zeros of a shape that depends on the batch."""
    x, sizes = values
    if not (isinstance(x, Zeros) or (isinstance(x, np.ndarray) and not x.any())):
        raise refuse(node, "repeats other numbers than zeros")
    return Zeros(len(sizes.entries) if isinstance(sizes, Sizes) else len(sizes))


def transpose(node: Node, values: Values) -> Any:
    """Return the axes in another order."""
    (x,) = values
    if isinstance(x, Zeros):
        return x
    order = node.attributes.get("perm") or tuple(reversed(range(len(x.axes))))
    if sorted(order) != list(range(len(x.axes))):
        raise refuse(node, f"has an order of other axes than {x.axes}")
    return x._replace(axes="".join(x.axes[i] for i in order))


def squeeze(node: Node, values: Values) -> Any:
    """Leave out the axis of a single direction."""
    x = values[0]
    if isinstance(x, (Sizes, Zeros)):
        return x
    found = {place(axis, len(x.axes)) for axis in _axes(node, values)}
    left = [axis for i, axis in enumerate(x.axes) if i not in found]
    if set(x.axes) - set(left) == {"T"} and len(x.parts) == 1 and x.one.shape[1] == 1:
        return x._replace(parts=(x.one[:, 0],), axes="".join(left))
    if not found or set(x.axes) - set(left) != {"D"} or len(x.parts) != 1 or x.merged:
        raise refuse(node, "leaves out another axis than that of a single direction")
    return x._replace(axes="".join(left))


def unsqueeze(node: Node, values: Values) -> Any:
    """Put in the axis of directions."""
    x = values[0]
    if isinstance(x, (Sizes, Zeros)):
        return x
    (axis, *more) = _axes(node, values)
    if more or "D" in x.axes or "T" in x.axes:
        raise refuse(node, "puts in another axis than that of directions")
    axis = place(axis, len(x.axes) + 1)
    return x._replace(axes=x.axes[:axis] + "D" + x.axes[axis:])


def _axes(node: Node, values: Values) -> tuple[int, ...]:
    return whole(node, values[1] if len(values) > 1 else node.attributes.get("axes", ()))


def reshape(node: Node, values: Values) -> Any:
    """Put directions and features into one axis, or timesteps and features (`Flatten`)."""
    x, target = values
    sizes = target.entries if isinstance(target, Sizes) else whole(node, target)
    if isinstance(x, Zeros):
        return Zeros(len(sizes))
    if isinstance(x, Sizes) and len(sizes) < 2:
        return x
    if isinstance(x, Tensor):
        now: tuple[Any, ...] = x.sizes
        if x.merged:
            now = (*now[:-2], 2, now[-1] // 2)
        if not x.merged and _is_shape(node, x, now, sizes, now):
            return x
        if x.axes.endswith("DF") and _is_shape(node, x, now, sizes, _with_last_two(now)):
            return _joined(x)
        if x.axes in ("BTF", "BFT") and _is_shape(node, x, now, sizes, _with_last_two(now)):
            return _flat(single(node, x))
    raise refuse(node, f"gives {_said(x)} another shape than layers do")


def _with_last_two(sizes: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return sizes with the last two axes in one, whose size is None if it isn't known."""
    *first, a, b = sizes
    return (*first, a * b if isinstance(a, int) and isinstance(b, int) else None)


def _is_shape(
    node: Node, x: Tensor, now: tuple[Any, ...], target: tuple[Any, ...], wanted: tuple[Any, ...]
) -> bool:
    """Say whether a target of `Reshape` stands for these sizes, for any batch that may come in."""
    entries = [
        now[i] if size == 0 and not node.attributes.get("allowzero") and i < len(now) else size
        for i, size in enumerate(target)
    ]
    return (
        len(entries) == len(wanted)
        and entries.count(-1) <= 1
        and all(
            have in (-1, want) or (want == "B" and x.batch is not None and have == x.batch)
            for have, want in zip(entries, wanted, strict=True)
        )
    )


def _joined(x: Tensor) -> Tensor:
    """Return a tensor whose directions are side by side along the features."""
    one = x.one
    if len(x.parts) > 1:
        one = layers.Concatenate(dtype=one.dtype)(list(x.parts))
    return x._replace(parts=(one,), axes=x.axes.replace("D", ""), merged=False)


def flatten(node: Node, values: Values) -> Any:
    """Put timesteps and features into one axis."""
    x = single(node, values[0])
    first = node.attributes.get("axis", 1) in (1, 1 - len(x.axes))
    if x.axes not in ("BF", "BTF", "BFT") or not first:
        raise refuse(node, f"gives {x.axes} another shape than layers do")
    if x.axes == "BF":
        return x
    return _flat(x)


def _flat(x: Tensor) -> Tensor:
    """Return all numbers of a sample in one axis, in the order of the file's."""
    y, dtype = x.one, x.one.dtype
    if x.axes == "BFT" and y.shape[1] != 1:
        y = layers.Permute((2, 1), dtype=dtype)(y)
    return x._replace(parts=(layers.Flatten(dtype=dtype)(y),), axes="BF")


def concat(node: Node, values: Values) -> Any:
    """Put sizes, directions, or features side by side."""
    if any(isinstance(each, Sizes) for each in values):
        entries: list[int | str] = []
        for each in values:
            entries += each.entries if isinstance(each, Sizes) else whole(node, each)
        return Sizes(tuple(entries))
    if all(isinstance(each, Zeros) for each in values):
        return values[0]
    if not all(isinstance(each, Tensor) and each.axes == values[0].axes for each in values):
        raise refuse(node, "joins what is no output of a layer")
    axis = values[0].axes[node.attributes["axis"]]
    if axis == "D" and not any(each.merged for each in values):
        return values[0]._replace(parts=tuple(part for each in values for part in each.parts))
    if axis != "F" or any(len(each.parts) > 1 or each.merged for each in values):
        raise refuse(node, f"joins along another axis than the features of {values[0].axes}")
    if len(values) == 1:
        return values[0]
    check_types(node, values)
    joined = layers.Concatenate(dtype=values[0].one.dtype)([each.one for each in values])
    return values[0]._replace(parts=(joined,))


def cut(node: Node, values: Values) -> Any:
    """Return some of the directions, or of the sizes."""
    x, *limits = values
    if isinstance(x, Zeros):
        return x
    names = ("starts", "ends", "axes", "steps")
    given = {name: limits[i] if i < len(limits) else node.attributes.get(name)
             for i, name in enumerate(names)}  # fmt: skip
    if any(isinstance(each, (Sizes, Tensor)) for each in given.values()):
        raise refuse(node, "cuts at places that depend on the input")
    (start,), (end,) = whole(node, given["starts"]), whole(node, given["ends"])
    (axis,), (step,) = whole(node, given["axes"]) or (0,), whole(node, given["steps"]) or (1,)
    key = slice(start, end, step)
    if step < 0:  # ONNX moves what is beyond the ends otherwise than Python
        if (start != -1 and start < FAR) or end > -FAR:
            raise refuse(node, "goes backwards over some of the places")
        key = slice(None, None, step)
    if isinstance(x, Sizes) and axis in (0, -1):
        return Sizes(x.entries[key])
    if isinstance(x, Tensor) and x.axes[axis] == "D" and not x.merged and x.parts[key]:
        return x._replace(parts=x.parts[key])
    if isinstance(x, Tensor) and x.axes[axis] == "T" and len(x.parts) == 1 and not x.merged:
        if step == -1 and getattr(x.one.node.layer, "function", None) is ops.flip:  # back again
            return x._replace(parts=(x.one.node.inputs[0],))
        y = x.one[:, key]
        if y.shape[1] == 0:
            raise refuse(node, "leaves no timesteps")
        return x._replace(parts=(y,))
    raise refuse(node, f"cuts along another axis than the directions of {_said(x)}")


def _said(x: Any) -> str:
    """Return the axes of what may be a tensor."""
    return x.axes if isinstance(x, Tensor) else "sizes"


def gather(node: Node, values: Values) -> Any:
    """Return one direction, one timestep, or sizes."""
    x, index = values
    axis = node.attributes.get("axis", 0)
    if isinstance(x, Sizes) and isinstance(index, np.ndarray):
        return Sizes(tuple(x.entries[i] for i in np.ravel(index)))
    if isinstance(x, np.ndarray) and isinstance(index, Tensor) and x.ndim == 2 and axis == 0:
        return _embedding(node, x, index)
    if not isinstance(x, Tensor) or not isinstance(index, np.ndarray) or index.ndim:
        raise refuse(node, "picks several places, or from what is no output of a layer")
    letter, place = x.axes[axis], int(index)
    left = x.axes.replace(letter, "")
    if letter == "D" and not x.merged and -len(x.parts) <= place < len(x.parts):
        return Tensor((x.parts[place],), left)
    if letter == "T" and len(x.parts) == 1 and not x.merged:
        return Tensor((x.one[:, place],), left)
    raise refuse(node, f"picks along another axis than time or the directions of {x.axes}")


def _embedding(node: Node, table: Any, indices: Tensor) -> Tensor:
    """Return rows of a table."""
    if "F" in indices.axes or "D" in indices.axes:
        raise refuse(node, "looks features up in a table")
    if table.dtype.kind != "f":
        raise refuse(node, f"looks {table.dtype} up in a table")
    rows, size = table.shape
    layer = layers.Embedding(rows, size, weights=table, dtype=table.dtype.name)
    return indices._replace(parts=(layer(indices.one),), axes=indices.axes + "F")


TABLE: dict[str, Callable[[Node, Values], Any]] = {
    "Cast": cast,
    "Concat": concat,
    "ConstantOfShape": constant_of_shape,
    "Dropout": dropout,
    "Expand": expand,
    "Flatten": flatten,
    "Gather": gather,
    "Identity": same,
    "Reshape": reshape,
    "Shape": shape,
    "Slice": cut,
    "Squeeze": squeeze,
    "Transpose": transpose,
    "Unsqueeze": unsqueeze,
}
