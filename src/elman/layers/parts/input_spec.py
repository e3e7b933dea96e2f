"""InputSpec: what a layer of your own says of its inputs, checked at every call by itself.

    self.input_spec = InputSpec(ndim=3, axes={-1: 8})      in `__init__` or `build`

The first argument of `call` is checked, a nest of arrays against a list of specifications.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _check, _tree
from elman._typing import Shape
from elman.errors import ArgumentError, ShapeError

if TYPE_CHECKING:
    from elman.layers.base import Layer


class InputSpec:
    """The dtype, the axes and their sizes that an input of a layer must have.

    Args:
        dtype: its dtype, such as "int32"; None for any.
        shape: its shape with the batch, None where a size is open.
        ndim: the number of its axes; `shape` says it too.
        max_ndim: the most axes it may have.
        min_ndim: the fewest.
        axes: axis -> size, such as {-1: 8}.
        allow_last_axis_squeeze: whether a last axis of size 1 may be missing, or be there.
        name: by which a dictionary of inputs refers to it.
        optional: accepted as in Keras; an input of elman's is always given.

    Raises:
        ArgumentError: `axes` names an axis that there is not.

    >>> import elman, numpy as np
    >>> class Rows(elman.layers.Layer):
    ...     def __init__(self):
    ...         super().__init__(name="rows")
    ...         self.input_spec = InputSpec(ndim=2, axes={-1: 3})
    ...
    ...     def call(self, x):
    ...         return x
    >>> Rows()(np.ones((1, 4)))
    Traceback (most recent call last):
    elman.errors.ShapeError: Rows 'rows': `inputs` must have size 3 on axis -1; got shape (1, 4).
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Sequence[int | None] | None = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        owner = "InputSpec"
        count = _check.optional(_check.integer)
        self.dtype = None if dtype is None else _dtype(owner, dtype)
        self.shape = None if shape is None else _check.sizes(owner, "shape", shape)
        self.ndim = count(owner, "ndim", ndim) if self.shape is None else len(self.shape)
        self.max_ndim = count(owner, "max_ndim", max_ndim)
        self.min_ndim = count(owner, "min_ndim", min_ndim)
        squeezed = _check.flag(owner, "allow_last_axis_squeeze", allow_last_axis_squeeze)
        self.allow_last_axis_squeeze = squeezed
        self.name = name
        self.optional = _check.flag(owner, "optional", optional)
        self.axes = _axes(owner, axes, self.ndim or self.max_ndim)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that say something of an input."""
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes", "optional")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "InputSpec":
        """Make a specification from what `get_config` returned."""
        return cls(**config)

    def __repr__(self) -> str:
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        said = [f"{name}={getattr(self, name)}" for name in names if getattr(self, name)]
        return f"InputSpec({', '.join(said)})"

    def refused(self, shape: Shape, dtype: str) -> str:
        """Return what an input of this shape and dtype must do and does not, or nothing."""
        rules = (
            (self.dtype in (None, dtype), f"have the dtype {self.dtype!r}; got {dtype!r}"),
            (self._has_axes(shape), f"have {self.ndim} axes; got shape {shape}"),
            (
                self.max_ndim is None or len(shape) <= self.max_ndim,
                f"have at most {self.max_ndim} axes; got shape {shape}",
            ),
            (
                self.min_ndim is None or len(shape) >= self.min_ndim,
                f"have at least {self.min_ndim} axes; got shape {shape}",
            ),
        )
        for holds, rule in rules:
            if not holds:
                return rule
        for axis, size in self.axes.items():
            if not -len(shape) <= axis < len(shape) or not _fits(size, shape[axis]):
                return f"have size {size} on axis {axis}; got shape {shape}"
        return "" if self._has_sizes(shape) else f"have shape {self.shape}; got {shape}"

    def _has_axes(self, shape: Shape) -> bool:
        return self.ndim is None or self.allow_last_axis_squeeze or len(shape) == self.ndim

    def _has_sizes(self, shape: Shape) -> bool:
        if self.shape is None:
            return True
        want = self.shape
        if self.allow_last_axis_squeeze:
            want, shape = (s[:-1] if s and s[-1] == 1 else s for s in (want, shape))
        pairs = zip(want, shape, strict=False)
        return len(want) == len(shape) and all(_fits(a, b) for a, b in pairs)


def checked(owner: str, name: str, value: Any) -> Any:
    """Return what is set as `input_spec`: None, an `InputSpec`, or a nest of such.

    Raises:
        ArgumentError: it is something else.
    """
    for leaf in _tree.flatten(value):
        if leaf is not None and not isinstance(leaf, InputSpec):
            raise ArgumentError(
                f"{owner}: `{name}` must be an InputSpec, or a list or dictionary of such; got "
                f"{leaf!r:.60}."
            )
    return value


def check(layer: "Layer", inputs: Any) -> None:
    """Check what a layer is called with against its `input_spec`.

    Args:
        layer: has one.
        inputs: the first argument of the call: arrays, boxes or symbolic tensors, nested.

    Raises:
        ShapeError: the number of inputs, or a shape, differs.
        ArgumentError: a dtype differs, or a dictionary lacks an input.
    """
    specs = _tree.flatten(layer.input_spec)
    names = [spec.name for spec in specs if spec is not None and spec.name]
    if isinstance(inputs, dict) and len(names) == len(specs):
        for name in names:
            if name not in inputs:
                raise ArgumentError(
                    f"{layer.owner}: `inputs` must have the key {name!r}; got {list(inputs)}."
                )
        leaves = [inputs[name] for name in names]
    else:
        leaves = _tree.flatten(inputs)
    if len(leaves) != len(specs):
        raise ShapeError(f"{layer.owner}: `inputs` must be {len(specs)} arrays; got {len(leaves)}.")
    for i, (x, spec) in enumerate(zip(leaves, specs, strict=True)):
        if spec is None:
            continue
        array = x if hasattr(x, "shape") and hasattr(x, "dtype") else np.asarray(x)
        dtype = array.dtype if isinstance(array.dtype, str) else np.dtype(array.dtype).name
        rule = spec.refused(tuple(array.shape), dtype)
        if rule:
            which = spec.name or (f"inputs[{i}]" if len(specs) > 1 else "inputs")
            kind = ArgumentError if rule.startswith("have the dtype") else ShapeError
            raise kind(f"{layer.owner}: `{which}` must {rule}.")


def check_first(layer: "Layer", arrays: Sequence[Any]) -> None:
    """Check the first of the arrays that reach a layer, as many as its `input_spec` tells of."""
    check(layer, list(arrays[: len(_tree.flatten(layer.input_spec))]))


def _fits(want: int | None, size: int | None) -> bool:
    return want is None or size is None or want == size


def _dtype(owner: str, dtype: Any) -> str:
    """Return the name of a dtype."""
    try:
        return np.dtype(dtype).name
    except TypeError:
        raise ArgumentError(
            f"{owner}: `dtype` must be a dtype such as 'int32'; got {dtype!r}."
        ) from None


def _axes(owner: str, axes: Any, most: int | None) -> dict[int, int | None]:
    """Return axes with their sizes, checked."""
    if not isinstance(axes or {}, Mapping):
        raise ArgumentError(
            f"{owner}: `axes` must be a dictionary from axes to sizes, such as {{-1: 8}}; got "
            f"{axes!r:.60}."
        )
    size = _check.optional(_check.integer)
    pairs = (axes or {}).items()
    found = {_check.integer(owner, "axes", k, None): size(owner, "axes", n) for k, n in pairs}
    for axis in found:
        if most is not None and not -most <= axis < most:
            raise ArgumentError(
                f"{owner}: `axes` must be among the {most} axes that there are; got {axis}."
            )
    return found
