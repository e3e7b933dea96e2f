"""How are names, comments and numbers written in C, so that nothing in a model can become code?"""

import re
from pathlib import Path
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError, UnsupportedError

IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")  # may stand in `#include "…"` and in comments
LONGEST = 40
ODD = re.compile(r"[^A-Za-z0-9_ .,:;()=<>+'-]")  # neither the end of a comment nor a trigraph
PER_LINE = 8
KEYWORDS = frozenset((
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else",
    "enum", "extern", "float", "for", "goto", "if", "inline", "int", "long", "register",
    "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef",
    "union", "unsigned", "void", "volatile", "while",
))  # fmt: skip
HEADERS = frozenset((  # a file of these names beside those that include it would stand for C's own
    "assert", "complex", "ctype", "errno", "fenv", "float", "inttypes", "iso646", "limits",
    "locale", "math", "setjmp", "signal", "stdarg", "stdbool", "stddef", "stdint", "stdio",
    "stdlib", "string", "tgmath", "time", "wchar", "wctype",
))  # fmt: skip
TYPES = frozenset((  # with `_t` behind them types of C's own
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "intptr", "uintptr",
    "intmax", "uintmax", "size", "ptrdiff", "wchar", "float", "double", "time", "clock",
))  # fmt: skip


def prefix(owner: str, name: Any, path: Path) -> str:
    """Return what the names of a model begin with: what is given, or what the file is called.

    Raises:
        ArgumentError: it is no name in C, or one that C has already.
    """
    found = path.stem if name is None else _check.string(owner, "name", name)
    known = found in KEYWORDS or found in TYPES
    if not IDENTIFIER.fullmatch(found) or known or len(found) > LONGEST or found.isupper():
        raise ArgumentError(
            f"{owner}: `name` must be a letter, then letters, digits and _, at most {LONGEST} in "
            f"all, not all of them capitals, and no word of C's own; got {found!r}."
            + " Give one, as in `name='model'`."
            * (name is None)
        )
    return found


def macros(prefix: str) -> str:
    """Return what the macros of a model begin with, which no other model of its case has.

    >>> macros("net"), macros("Net")
    ('NET', 'Net')
    """
    return prefix.upper() if prefix.islower() else prefix


def check_file(owner: str, path: Path) -> None:
    """Check that a file's name can stand in C.

    Raises:
        ArgumentError: it holds other characters than letters, digits, _, ., + and -, or C has a
            header of this name.
    """
    if path.suffix.lower() == ".h" and path.stem.lower() in HEADERS:
        raise ArgumentError(
            f"{owner}: `filepath` must not be the name of a header of C's own; got {path.name!r}."
        )
    if not FILE.fullmatch(path.name):
        raise ArgumentError(
            f"{owner}: `filepath` must be named by letters, digits, _, ., + and -, because C "
            f"includes it by its name; got {path.name!r}."
        )


def comment(text: str) -> str:
    """Return a text as it may stand in a comment: what could end it, or mean more, becomes _.

    >>> comment("LSTM 'a*/ int x;'")
    "LSTM 'a__ int x;'"
    """
    return ODD.sub("_", text)


def number(value: Any) -> str:
    """Return a float32 in as many digits as it takes to read the same one back.

    >>> number(np.float32(0.1)), number(np.float32(3)), number(np.float32(-np.inf))
    ('0.1f', '3.0f', '-INFINITY')
    """
    with np.errstate(over="ignore"):
        rounded = np.float32(value)
    if np.isinf(rounded):
        return "INFINITY" if rounded > 0 else "-INFINITY"
    return f"{rounded!s}f"


def finite(owner: str, what: str, array: Array) -> Array:
    """Return numbers that C has constants for, as float32.

    Args:
        owner: whose they are, for the message.
        what: of the owner they are.
        array: of any dtype.

    Raises:
        UnsupportedError: one is NaN, or infinite as float32.
    """
    with np.errstate(over="ignore"):
        found = np.asarray(array, np.float32)
    if not np.isfinite(found).all():
        raise UnsupportedError(
            f"{owner}: the {what} must be finite in float32 to be written in C; got NaN or "
            "infinity."
        )
    return found


def numbers(name: str, array: Array) -> list[str]:
    """Return the definition of an array, row after row.

    Args:
        name: of the array in C.
        array: float32, all of it finite, or int8.
    """
    flat = array.ravel()
    kind = "int8_t" if array.dtype == np.int8 else "float"
    values = [str(n) if kind == "int8_t" else number(n) for n in flat]
    lines = [", ".join(values[i : i + PER_LINE]) for i in range(0, len(values), PER_LINE)]
    shape = " * ".join(map(str, array.shape))
    return [f"static const {kind} {name}[{shape}] = {{", *(f"    {s}," for s in lines), "};"]
