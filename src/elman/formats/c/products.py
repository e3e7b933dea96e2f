"""Matrices times vectors in C, with weights as floats or as bytes.

    a += x W        x (rows,)    W (rows, columns), as elman has it    a (columns,)

Rows are added to `a` four at a time. Each number of `a` is a sum of its own, which compilers make
of vectors without leave to change the order of additions; and `a` is read and written once for
four products, which is less than the two loads a product of the dot product has.
"""

from typing import NamedTuple

from elman._typing import Array
from elman.formats.c.int8 import quantised
from elman.formats.c.spelling import finite

TOGETHER = 4


class Matrix(NamedTuple):
    """A matrix of weights as C has it.

    Attributes:
        name: of its array.
        scale: of the array of its scales, one a column; "" where it is of floats.
        rows, columns: its shape.
    """

    name: str
    scale: str
    rows: int
    columns: int


class Arrays:
    """The arrays of a stage: their names in C, and what is in them.

    Args:
        owner: the layer, for messages.
        prefix: what the names of the model begin with.
        number: of the stage.
        in_bytes: whether matrices are kept as int8, with a float a column.
    """

    def __init__(self, owner: str, prefix: str, number: int, in_bytes: bool) -> None:
        self._owner, self._prefix, self._number = owner, prefix, number
        self.in_bytes = in_bytes
        self.found: dict[str, Array] = {}

    def floats(self, name: str, array: Array) -> str:
        """Keep numbers, and return the name of their array.

        Raises:
            UnsupportedError: they are not finite.
        """
        return self._kept(name, finite(self._owner, "weights", array))

    def matrix(self, name: str, array: Array, axis: int = 0) -> Matrix:
        """Keep a matrix; numbers along `axis` have a scale in common."""
        rows, columns = array.shape
        if not self.in_bytes:
            return Matrix(self.floats(name, array), "", rows, columns)
        integers, scales = quantised(finite(self._owner, "weights", array), axis)
        scale = self.floats(f"{name}_scale", scales.ravel())
        return Matrix(self._kept(name, integers), scale, rows, columns)

    def _kept(self, name: str, array: Array) -> str:
        key = f"{self._prefix}_{name}{self._number}"
        self.found[key] = array
        return key


def each(n: int, statement: str) -> str:
    """Return a loop over k."""
    return f"for (int k = 0; k < {n}; k++) {statement}"


def at(array: str, first: int) -> str:
    """Return an element of an array, counted by k from this one on."""
    return f"{array}[{first} + k]" if first else f"{array}[k]"


def affine(a: str, x: str, matrix: Matrix, bias: str) -> list[str]:
    """Return a = x W + b; `bias` is the name of an array, "" for none."""
    b = f"{bias}[k]" if bias else "0.0f"
    if not matrix.scale:
        return [each(matrix.columns, f"{a}[k] = {b};"), *_added(a, x, matrix, 0, matrix.columns)]
    return [
        each(matrix.columns, f"{a}[k] = 0.0f;"),
        *_added(a, x, matrix, 0, matrix.columns),
        each(matrix.columns, f"{a}[k] = {a}[k] * {matrix.scale}[k]{f' + {b}' if bias else ''};"),
    ]


def add(a: str, x: str, matrix: Matrix, first: int = 0, last: int | None = None) -> list[str]:
    """Return a += x W of some columns; of bytes by way of the array q."""
    columns = (matrix.columns if last is None else last) - first
    if not matrix.scale:
        return _added(a, x, matrix, first, columns)
    return [
        each(columns, f"{at('q', first)} = 0.0f;"),
        *_added("q", x, matrix, first, columns),
        each(columns, f"{at(a, first)} += {at('q', first)} * {at(matrix.scale, first)};"),
    ]


def _added(a: str, x: str, matrix: Matrix, first: int, columns: int) -> list[str]:
    """Return the loops that add x W to a."""
    whole = matrix.rows - matrix.rows % TOGETHER
    return [
        *_rows(a, x, matrix, first, columns, (0, whole, TOGETHER)),
        *_rows(a, x, matrix, first, columns, (whole, matrix.rows, 1)),
    ]


def _rows(
    a: str, x: str, matrix: Matrix, first: int, columns: int, span: tuple[int, int, int]
) -> list[str]:
    """Return the loop over rows from one to another, some at a time."""
    start, stop, step = span
    if start == stop:
        return []
    kind = "int8_t" if matrix.scale else "float"
    offset = f" + {first}" if first else ""
    values = ", ".join(f"x{i} = {x}[j + {i}]" if i else f"x0 = {x}[j]" for i in range(step))
    terms = [f"x{i} * {at('w', i * matrix.columns)}" for i in range(step)]
    pairs = [" + ".join(terms[i : i + 2]) for i in range(0, step, 2)]
    total = " + ".join(f"({pair})" for pair in pairs) if step > 1 else pairs[0]
    return [
        f"for (int j = {start}; j < {stop}; j += {step}) {{",
        f"    const {kind} *const w = {matrix.name}{offset} + j * {matrix.columns};",
        f"    const float {values};",
        f"    {each(columns, f'{at(a, first)} += {total};')}",
        "}",
    ]
