"""Products of vectors and matrices as nodes."""

import string
from collections.abc import Callable
from typing import Any

from elman._typing import Shape
from elman.formats.onnx.writing.terms import Term, as_term, builder_of, common, together

Write = Callable[..., Any]


def matmul(x1: Any, x2: Any) -> Term:
    """Write the matrix product, of the last two axes."""
    b, kind = builder_of(x1, x2), common(x1, x2)
    a, c = as_term(b, x1, kind), as_term(b, x2, kind)
    rows = a.shape[-2:-1] if a.ndim > 1 else ()
    columns = c.shape[-1:] if c.ndim > 1 else ()
    shape = (*together(a.shape[:-2], c.shape[:-2]), *rows, *columns)
    return Term(b, b.add("MatMul", a.name, c.name), kind, shape)


def einsum(subscripts: str, *operands: Any, **options: Any) -> Term:
    """Write the sum of products that the subscripts describe."""
    b, kind = builder_of(*operands), common(*operands)
    terms = [as_term(b, each, kind) for each in operands]
    equation = subscripts.replace(" ", "")
    name = b.add("Einsum", *(each.name for each in terms), equation=equation)
    return Term(b, name, kind, _shape(equation, [each.shape for each in terms]))


def _shape(equation: str, shapes: list[Shape]) -> Shape:
    """Return the shape of what an equation makes."""
    inputs, arrow, output = equation.partition("->")
    sizes: dict[str, int | None] = {}
    more: list[Shape] = []
    for letters, shape in zip(inputs.split(","), shapes, strict=True):
        before, dots, after = letters.partition("...")
        end = len(shape) - len(after)
        if dots:
            more.append(shape[len(before) : end])
        known = zip(before + after, (*shape[: len(before)], *shape[end:]), strict=True)
        sizes.update({letter: n for letter, n in known if sizes.get(letter) in (None, 1)})
    if not arrow:
        once = sorted(each for each in sizes if inputs.count(each) == 1)
        output = ("..." if more else "") + "".join(once)
    before, dots, after = output.partition("...")
    repeated = together(*more) if dots else ()
    return (*(sizes[each] for each in before), *repeated, *(sizes[each] for each in after))


def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Term:
    """Write the products summed over axes."""
    n, m = len(x1.shape), len(x2.shape)
    if isinstance(axes, int):
        pairs = [(n - axes + i, i) for i in range(axes)]
    else:
        first, second = ([each] if isinstance(each, int) else list(each) for each in axes)
        pairs = [(i % n, j % m) for i, j in zip(first, second, strict=True)]
    letters = string.ascii_letters
    left, right = list(letters[:n]), list(letters[n : n + m])
    for i, j in pairs:
        right[j] = left[i]
    summed = {left[i] for i, _ in pairs}
    kept = [each for each in (*left, *right) if each not in summed]
    return einsum(f"{''.join(left)},{''.join(right)}->{''.join(kept)}", x1, x2)


def dot(x1: Any, x2: Any) -> Any:
    """Write the products summed over the last axis of x1 and the last but one of x2."""
    if not x1.shape or not x2.shape:
        return x1 * x2
    if len(x2.shape) <= 2:
        return matmul(x1, x2)
    return tensordot(x1, x2, [[-1], [-2]])


def inner(x1: Any, x2: Any) -> Term:
    """Write the products summed over the last axes of both."""
    return tensordot(x1, x2, [[-1], [-1]])


TABLE: dict[str, Write] = {
    "dot": dot,
    "einsum": einsum,
    "inner": inner,
    "matmul": matmul,
    "tensordot": tensordot,
}
