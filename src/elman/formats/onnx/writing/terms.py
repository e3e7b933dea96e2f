"""What is computed with as with an array while it is written: nodes for `x + 1` and `np.exp(x)`.

A term stands for an array that the written model will compute. Python's operators, NumPy's
functions and those of `elman.ops` on terms write nodes: by `operations`, where ONNX has one or a
few for it, and else by the code of the function itself, which does the same with terms.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from elman._settings import floatx
from elman._typing import Shape
from elman.formats.onnx.writing.builder import Builder

INTEGERS = ("int32", "int64")


class NoNodes(Exception):  # noqa: N818 - it is raised again as what it means for the layer
    """There are no nodes for a function; the text names it."""


def _operator(name: str, turned: bool = False) -> Callable[..., Any]:
    """Return a method for an operator of Python's."""

    def method(self: Any, *other: Any) -> Any:
        return written(name, (*other, self) if turned else (self, *other), {})

    return method


class Term:
    """An array that does not exist yet, of the written model.

    Args:
        b: what is written.
        name: in the file.
        dtype: of NumPy.
        shape: None where a size is open.
    """

    __hash__ = None  # type: ignore[assignment]
    __add__, __radd__ = _operator("add"), _operator("add", turned=True)
    __sub__, __rsub__ = _operator("subtract"), _operator("subtract", turned=True)
    __mul__, __rmul__ = _operator("multiply"), _operator("multiply", turned=True)
    __truediv__, __rtruediv__ = _operator("divide"), _operator("divide", turned=True)
    __mod__, __rmod__ = _operator("mod"), _operator("mod", turned=True)
    __floordiv__, __rfloordiv__ = _operator("floor_divide"), _operator("floor_divide", turned=True)
    __pow__, __rpow__ = _operator("power"), _operator("power", turned=True)
    __matmul__, __rmatmul__ = _operator("matmul"), _operator("matmul", turned=True)
    __and__, __rand__ = _operator("logical_and"), _operator("logical_and", turned=True)
    __or__, __ror__ = _operator("logical_or"), _operator("logical_or", turned=True)
    __lt__, __le__ = _operator("less"), _operator("less_equal")
    __gt__, __ge__ = _operator("greater"), _operator("greater_equal")
    __eq__ = _operator("equal")
    __ne__ = _operator("not_equal")
    __neg__, __abs__ = _operator("negative"), _operator("absolute")
    __invert__ = _operator("logical_not")

    def __init__(self, b: Builder, name: str, dtype: Any, shape: Sequence[int | None]) -> None:
        self.b, self.name, self.dtype, self.shape = b, name, np.dtype(dtype), tuple(shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def then(
        self, op: str, *others: Any, dtype: Any = None, shape: Shape | None = None, **options: Any
    ) -> "Term":
        """Return what a node makes of it; other inputs are terms, names or None."""
        names = [other.name if isinstance(other, Term) else other for other in others]
        name = self.b.add(op, self.name, *names, **options)
        sizes = self.shape if shape is None else shape
        return Term(self.b, name, self.dtype if dtype is None else dtype, sizes)

    def astype(self, dtype: Any, copy: bool = True) -> "Term":
        """Return the same in another dtype."""
        found = np.dtype(dtype)
        if found == self.dtype:
            return self
        return Term(self.b, self.b.cast(self.name, found.name), found, self.shape)

    def sizes(self, start: int = 0, end: int | None = None) -> str:
        """Return the name of some of its sizes, as the written model finds them."""
        told: dict[str, Any] = {} if end is None else {"end": end}
        return self.b.add("Shape", self.name, start=start, **told)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in ("max", "mean", "min", "reshape", "sum"):
            raise AttributeError(name)
        return lambda *args, **options: written(name, (self, *args), options)

    def __getitem__(self, key: Any) -> Any:
        return written("get_item", (self, key), {})

    def __iter__(self) -> Iterator["Term"]:
        if not self.shape or self.shape[0] is None:
            raise NoNodes("parts of an array of open size")
        return iter([self[i] for i in range(self.shape[0])])

    def __bool__(self) -> bool:
        raise NoNodes("a condition of Python's")

    def __array__(self, *args: Any, **options: Any) -> Any:
        raise NoNodes("numbers of an array that is not there yet")

    def operated(self, function: Any, args: Sequence[Any], kwargs: Any) -> Any:
        """Write a function of `elman.ops`; see `elman._operation`."""
        from elman.formats.onnx.writing.operations import WRITERS

        if function.__name__ in WRITERS:
            return written(function.__name__, args, kwargs)
        return function.__wrapped__(*args, **kwargs)

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **options: Any) -> Any:
        if method != "__call__":
            raise NoNodes(f"`np.{ufunc.__name__}.{method}`")
        return written(ufunc.__name__, args, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function in (np.shape, np.ndim):
            found = next(each for each in (*args, *kwargs.values()) if isinstance(each, Term))
            return getattr(found, function.__name__)
        return written(function.__name__, args, kwargs)


def written(name: str, args: Sequence[Any], options: Any) -> Any:
    """Write the nodes of a function of NumPy's or of `elman.ops`, by its name."""
    from elman.formats.onnx.writing.operations import WRITERS

    if name not in WRITERS:
        raise NoNodes(f"`{name}`")
    return WRITERS[name](*args, **options)


def builder_of(*values: Any) -> Builder:
    """Return what the terms among these, and in lists of them, are written to."""
    for value in values:
        if isinstance(value, Term):
            return value.b
        if isinstance(value, (list, tuple)) and any(isinstance(each, Term) for each in value):
            return builder_of(*value)
    raise NoNodes("what no tensor goes into")


def common(*values: Any) -> "np.dtype[Any]":
    """Return the dtype of what is computed with several: `floatx()` where none is float64."""
    known = [value.dtype if isinstance(value, Term) else value for value in values]
    plain = [each if isinstance(each, np.dtype) else _weak(each) for each in known]
    found: np.dtype[Any] = np.result_type(*plain)
    double = any(getattr(each, "dtype", each) == np.float64 for each in known)
    return np.dtype(floatx()) if found == np.float64 and not double else found


def _weak(value: Any) -> Any:
    if isinstance(value, (bool, int, float)):
        return value
    if hasattr(value, "dtype"):
        return value.dtype
    return {"b": True, "i": 1}.get(np.asarray(value).dtype.kind, 1.0)  # of lists


def as_term(b: Builder, value: Any, dtype: Any = None) -> Term:
    """Return a term as it is, in a dtype if one is told; numbers and arrays as one."""
    if isinstance(value, Term):
        return value if dtype is None else value.astype(dtype)
    array = np.asarray(value)
    if dtype is None:
        dtype = common(value)
    array = array.astype(dtype, copy=False)
    name = b.array(array, "array") if array.size > 16 else b.constant(array, array.dtype.name)
    return Term(b, name, array.dtype, array.shape)


def together(*shapes: Shape) -> Shape:
    """Return the shape to which others are repeated."""
    rank = max(map(len, shapes))
    found: list[int | None] = []
    for sizes in zip(*((1,) * (rank - len(shape)) + tuple(shape) for shape in shapes), strict=True):
        known = {size for size in sizes if size not in (1, None)}
        found.append(known.pop() if known else None if None in sizes else 1)
    return tuple(found)


def joined(op: str, *values: Any, dtype: Any = None, to: Any = None, **options: Any) -> Term:
    """Write a node of several inputs that are repeated to one shape.

    Args:
        op: the operator.
        values: terms, numbers, arrays.
        dtype: in which it is computed; by default what NumPy has for these.
        to: the dtype of what comes out, if it is another.
    """
    b = builder_of(*values)
    kind = common(*values) if dtype is None else np.dtype(dtype)
    terms = [as_term(b, value, kind) for value in values]
    name = b.add(op, *(term.name for term in terms), **options)
    return Term(b, name, kind if to is None else to, together(*(term.shape for term in terms)))


def floating(x: Any) -> Any:
    """Return a term of floats: integers become `floatx()`."""
    return x.astype(floatx()) if isinstance(x, Term) and x.dtype.kind != "f" else x
