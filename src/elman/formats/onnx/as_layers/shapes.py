"""Nodes that move axes about, which elman's layers need not."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from elman import layers, ops
from elman.formats.onnx.as_layers.values import Sizes, Tensor, Zeros, refuse
from elman.formats.onnx.file import Node

Values = list[Any]


def same(node: Node, values: Values) -> Any:
    """Return the input as it is."""
    return values[0]


def shape(node: Node, values: Values) -> Any:
    """Return the sizes of a tensor."""
    (x,) = values
    if not isinstance(x, Tensor):
        raise refuse(node, "asks for the sizes of what is no output of a layer")
    known: dict[str, Any] = {"D": 2 if x.merged else len(x.parts)}
    tensor = dict(zip(_elman_axes(x.axes), x.parts[0].shape, strict=True))
    known.update({axis: size for axis, size in tensor.items() if size is not None})
    start, end = node.attributes.get("start", 0), node.attributes.get("end")
    return Sizes(tuple(known.get(axis, axis) for axis in x.axes)[start:end])


def _elman_axes(axes: str) -> str:
    return "".join(axis for axis in "BTF" if axis in axes)


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
    return x._replace(axes="".join(x.axes[i] for i in order))


def squeeze(node: Node, values: Values) -> Any:
    """Leave out the axis of a single direction."""
    x = values[0]
    if isinstance(x, (Sizes, Zeros)):
        return x
    found = _axes(node, values)
    left = [axis for i, axis in enumerate(x.axes) if i not in {a % len(x.axes) for a in found}]
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
    axis %= len(x.axes) + 1
    return x._replace(axes=x.axes[:axis] + "D" + x.axes[axis:])


def _axes(node: Node, values: Values) -> tuple[int, ...]:
    given = values[1] if len(values) > 1 else node.attributes.get("axes", ())
    return tuple(int(axis) for axis in np.atleast_1d(given))


def reshape(node: Node, values: Values) -> Any:
    """Put directions and features into one axis, or timesteps and features (`Flatten`)."""
    x, target = values
    if isinstance(x, (Sizes, Zeros)):
        return x
    count = len(target.entries) if isinstance(target, Sizes) else target.size
    if count == len(x.axes) - 1 and x.axes.endswith("DF"):
        return _joined(x)
    if x.axes in ("BTF", "BFT") and count == 2:
        return _flat(x)
    sizes = [] if isinstance(target, Sizes) else target.tolist()
    if x.axes == "BF" and count == 2 and sizes[-1:] in ([-1], [x.one.shape[-1]]):
        return x
    raise refuse(node, f"gives {x.axes} another shape than layers do")


def _joined(x: Tensor) -> Tensor:
    """Return a tensor whose directions are side by side along the features."""
    one = x.one if len(x.parts) == 1 else layers.Concatenate()(list(x.parts))
    return Tensor((one,), x.axes.replace("D", ""))


def flatten(node: Node, values: Values) -> Any:
    """Put timesteps and features into one axis."""
    (x,) = values
    if x.axes == "BF":
        return x
    if x.axes not in ("BTF", "BFT") or node.attributes.get("axis", 1) != 1:
        raise refuse(node, f"gives {x.axes} another shape than layers do")
    return _flat(x)


def _flat(x: Tensor) -> Tensor:
    """Return all numbers of a sample in one axis, in the order of the file's."""
    turned = x.one if x.axes == "BTF" or x.one.shape[1] == 1 else layers.Permute((2, 1))(x.one)
    return Tensor((layers.Flatten()(turned),), "BF")


def concat(node: Node, values: Values) -> Any:
    """Put sizes, directions, or features side by side."""
    if any(isinstance(each, Sizes) for each in values):
        entries: list[int | str] = []
        for each in values:
            entries += each.entries if isinstance(each, Sizes) else np.ravel(each).tolist()
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
    return values[0]._replace(parts=(layers.Concatenate()([each.one for each in values]),))


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
    first, last = (np.atleast_1d(np.asarray(given[name])) for name in names[:2])
    (start,), (end,) = first.tolist(), last.tolist()
    along: Any = given["axes"]
    axis = 0 if along is None else int(np.atleast_1d(along)[0])
    steps: Any = given["steps"]
    step = 1 if steps is None else int(np.atleast_1d(steps)[0])
    key = slice(start, end if end > -math.inf else None, step)
    if isinstance(x, Sizes):
        return Sizes(x.entries[key])
    if x.axes[axis] == "D" and not x.merged:
        return x._replace(parts=x.parts[key])
    if x.axes[axis] == "T" and len(x.parts) == 1 and not x.merged:
        if step == -1 and start == -1 and end < -(2**30):
            key = slice(None, None, -1)
            if getattr(x.one.node.layer, "function", None) is ops.flip:  # back again
                return x._replace(parts=(x.one.node.inputs[0],))
        return x._replace(parts=(x.one[:, key],))
    raise refuse(node, f"cuts along another axis than the directions of {x.axes}")


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
    rows, size = table.shape
    layer = layers.Embedding(rows, size, weights=table, dtype=table.dtype.name)
    return Tensor((layer(indices.one),), indices.axes + "F")


TABLE: dict[str, Callable[[Node, Values], Any]] = {
    "Cast": same,
    "Concat": concat,
    "ConstantOfShape": constant_of_shape,
    "Dropout": same,
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
