"""Functions of each number by itself, and of two arrays number by number, as nodes."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from elman.formats.onnx.writing import functions
from elman.formats.onnx.writing.terms import (
    Term,
    as_term,
    builder_of,
    common,
    floating,
    joined,
    together,
)

Write = Callable[..., Any]


def one(op: str, **options: Any) -> Write:
    """Return what writes one node of floats."""
    return lambda x: floating(x).then(op, **options)


def exact(op: str) -> Write:
    """Return what writes one node, of integers too."""
    return lambda x: x.then(op)


OF_TRUTH = {"Add": "Or", "Max": "Or", "Min": "And", "Mul": "And"}  # ONNX adds no truth values


def two(op: str) -> Write:
    """Return what writes a node of two arrays."""
    return lambda x1, x2: joined(OF_TRUTH[op] if common(x1, x2).kind == "b" else op, x1, x2)


def of_floats(op: str) -> Write:
    """Return what writes a node of two arrays of floats."""

    def write(x1: Any, x2: Any) -> Term:
        kind = common(x1, x2)
        return joined(op, x1, x2, dtype=kind if kind.kind == "f" else common(x1, x2, 1.0))

    return write


def compare(op: str, negated: bool = False) -> Write:
    """Return what writes a comparison."""

    def write(x1: Any, x2: Any) -> Term:
        kind = common(x1, x2)
        wide = np.dtype("int64") if kind.kind == "b" and op != "Equal" else kind
        found = joined(op, x1, x2, dtype=wide, to=bool)
        return found.then("Not") if negated else found

    return write


def logical(op: str) -> Write:
    """Return what writes a node of truth."""
    return lambda x1, x2: joined(op, truth(x1), truth(x2), dtype=bool)


def truth(x: Any) -> Any:
    """Return where x is not zero."""
    if not isinstance(x, Term):
        return np.asarray(x).astype(bool)
    return x if x.dtype.kind == "b" else compare("Equal", negated=True)(x, 0)


def by_name(name: str) -> Write:
    """Return what writes an activation of elman's."""

    def write(x: Any) -> Term:
        x = floating(x)
        y = functions.NODES[name](x.b, x.name, x.dtype.name)
        return Term(x.b, y, x.dtype, x.shape)

    return write


def scaled(op: str, factor: float) -> Write:
    """Return what writes a node, and a factor after it."""
    return lambda x: floating(x).then(op) * factor


def power(x1: Any, x2: Any) -> Term:
    """Write x1 to the power of x2."""
    return joined("Pow", x1, x2)


def mod(x1: Any, x2: Any) -> Any:
    """Write what is left, with the sign of x2."""
    if common(x1, x2).kind in "iu":
        return joined("Mod", x1, x2)
    return x1 - floor_divide(x1, x2) * x2


def floor_divide(x1: Any, x2: Any) -> Any:
    """Write how many whole times x2 is in x1."""
    if common(x1, x2).kind in "iu":  # a quotient of integers is cut off towards zero
        return joined("Div", x1 - mod(x1, x2), x2)
    return joined("Div", x1, x2).then("Floor")


def trunc(x: Any) -> Any:
    """Write x without what stands behind the point."""
    return x if x.dtype.kind in "iu" else x.then("Sign") * x.then("Abs").then("Floor")


def rounded(x: Any, decimals: int = 0) -> Any:
    """Write x rounded, halves to even."""
    if x.dtype.kind in "iu" and decimals >= 0:
        return x
    x = floating(x)
    return (x * 10.0**decimals).then("Round") / 10.0**decimals if decimals else x.then("Round")


def cbrt(x: Any) -> Any:
    """Write the cube root, of negative numbers too."""
    x = floating(x)
    return x.then("Sign") * power(x.then("Abs"), 1 / 3)


def clip(x: Any, x_min: Any = None, x_max: Any = None) -> Any:
    """Write x within limits."""
    y = x if x_min is None else joined("Max", x, x_min)
    return y if x_max is None else joined("Min", y, x_max)


def arctan2(x1: Any, x2: Any) -> Any:
    """Write the angle of the point (x2, x1)."""
    b, kind = builder_of(x1, x2), common(x1, x2, 1.0)
    x1, x2 = as_term(b, x1, kind), as_term(b, x2, kind)
    angle = where(x2 == 0, 0.0, x1 / where(x2 == 0, 1.0, x2)).then("Atan")
    left = where(x1 >= 0, math.pi, -math.pi)
    upright = floating(x1).then("Sign") * (math.pi / 2)
    return where(x2 == 0, upright, where(x2 < 0, angle + left, angle))


def logaddexp(x1: Any, x2: Any) -> Any:
    """Write log(exp(x1) + exp(x2))."""
    apart = of_floats("Sub")(x1, x2).then("Abs")
    return of_floats("Max")(x1, x2) + log1p(apart.then("Neg").then("Exp"))


def log1p(x: Any) -> Any:
    """Write log(1 + x)."""
    return (floating(x) + 1).then("Log")


def where(condition: Any, x1: Any, x2: Any) -> Any:
    """Write x1 where the condition is true, and x2 elsewhere."""
    b = builder_of(condition, x1, x2)
    kind = common(x1, x2)
    chosen = [as_term(b, truth(condition), bool), as_term(b, x1, kind), as_term(b, x2, kind)]
    name = b.add("Where", *(each.name for each in chosen))
    return Term(b, name, kind, together(*(each.shape for each in chosen)))


def isinf(up: int = 1, down: int = 1) -> Write:
    """Return what writes where x is infinite."""
    return lambda x: floating(x).then("IsInf", dtype=bool, detect_positive=up, detect_negative=down)


def isfinite(x: Any) -> Any:
    """Write where x is neither NaN nor infinite."""
    return ~(isnan(x) | isinf()(x))


def isnan(x: Any) -> Any:
    """Write where x is NaN."""
    return floating(x).then("IsNaN", dtype=bool)


def isclose(
    x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Write where |x1 - x2| is at most atol + rtol |x2|."""
    near = (x1 - x2).then("Abs") <= abs(x2) * rtol + atol
    return near | (isnan(x1) & isnan(x2)) if equal_nan else near


def nan_to_num(x: Any, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """Write numbers in place of NaN and infinities."""
    x = floating(x)
    limits = np.finfo(x.dtype)
    high, low = (
        (limits.max if posinf is None else posinf),
        (limits.min if neginf is None else neginf),
    )
    y = where(isnan(x), nan, x)
    return where(isinf(1, 0)(x), float(high), where(isinf(0, 1)(x), float(low), y))


def signbit(x: Any) -> Any:
    """Write where the sign is negative, that of -0.0 included."""
    return (x < 0) | ((x == 0) & (1 / floating(x) < 0))


NAMED = (  # of `elman.activations`
    *("hard_sigmoid", "hard_tanh", "log_sigmoid", "relu", "relu6", "selu", "sigmoid", "silu"),
    *("softplus", "softsign", "tanh_shrink"),
)
TABLE: dict[str, Write] = {
    **{name: by_name(name) for name in NAMED},
    "abs": exact("Abs"), "absolute": exact("Abs"), "add": two("Add"), "subtract": two("Sub"),
    "arccos": one("Acos"), "arccosh": one("Acosh"), "arcsin": one("Asin"),
    "arcsinh": one("Asinh"), "arctan": one("Atan"), "arctan2": arctan2, "arctanh": one("Atanh"),
    "cbrt": cbrt, "ceil": one("Ceil"), "clip": clip, "cos": one("Cos"), "cosh": one("Cosh"),
    "deg2rad": lambda x: floating(x) * (math.pi / 180), "divide": of_floats("Div"),
    "rad2deg": lambda x: floating(x) * (180 / math.pi), "true_divide": of_floats("Div"),
    "equal": compare("Equal"), "erf": one("Erf"), "exp": one("Exp"),
    "exp2": lambda x: power(2.0, floating(x)), "expm1": lambda x: floating(x).then("Exp") - 1,
    "floor": one("Floor"), "floor_divide": floor_divide, "greater": compare("Greater"),
    "greater_equal": compare("GreaterOrEqual"),
    "hypot": lambda x1, x2: (x1 * x1 + x2 * x2).then("Sqrt"), "isclose": isclose,
    "isfinite": isfinite, "isinf": isinf(), "isnan": isnan, "isneginf": isinf(0, 1),
    "isposinf": isinf(1, 0), "less": compare("Less"), "less_equal": compare("LessOrEqual"),
    "log": one("Log"), "log10": scaled("Log", 1 / math.log(10)), "log1p": log1p,
    "log2": scaled("Log", 1 / math.log(2)), "logaddexp": logaddexp, "logical_and": logical("And"),
    "logical_not": lambda x: truth(x).then("Not"), "logical_or": logical("Or"),
    "logical_xor": logical("Xor"), "maximum": two("Max"), "minimum": two("Min"), "mod": mod,
    "multiply": two("Mul"), "nan_to_num": nan_to_num, "negative": exact("Neg"),
    "not_equal": compare("Equal", negated=True), "power": power, "remainder": mod,
    "round": rounded, "sign": exact("Sign"), "signbit": signbit, "sin": one("Sin"),
    "sinh": one("Sinh"), "sqrt": one("Sqrt"), "square": lambda x: x * x, "tan": one("Tan"),
    "tanh": one("Tanh"), "trunc": trunc, "where": where,
}  # fmt: skip
