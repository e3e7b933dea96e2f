"""What may be said on the command line, all of it checked before anything is measured."""

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from benchmarks import records
from benchmarks.contenders import CONTENDERS, missing
from benchmarks.plot import TASKS
from benchmarks.problem import Shape
from benchmarks.sections import SECTIONS
from elman._check import suggestion
from elman._cpus import usable_cpus

INSTALL = "python -m pip install '.[benchmarks]'"


def parse(arguments: Sequence[str] | None) -> Namespace:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.plot:
        found = options.read and dict.fromkeys(m.section for m in options.read.measurements)
        sections = options.only if found is None else found
        if not TASKS.keys() & sections:
            parser.error(
                f"argument --plot: it draws {' and '.join(TASKS)}; got {', '.join(sections)}"
            )
    return options


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m benchmarks",
        description="Time elman beside whichever of torch, JAX, Keras and ONNX Runtime are "
        "installed, after checking that their answers agree.",
    )
    parser.add_argument("--threads", type=_threads, nargs="+", metavar="N", help="1 2 by default")
    parser.add_argument(
        "--only", type=_names("section", SECTIONS), default=list(SECTIONS), metavar="SECTION,…",
        help=f"what to measure, of {', '.join(SECTIONS)}",
    )  # fmt: skip
    parser.add_argument(
        "--with", dest="contenders", type=_contenders, metavar="NAME,…",
        help=f"who takes part, of {', '.join(CONTENDERS)}; elman always does; all installed",
    )  # fmt: skip
    parser.add_argument(
        "--shapes", type=_shape, nargs="+", metavar="B,T,F,U",
        help="batch, timesteps, features, units; the six of docs/guides/benchmarks.md",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="a rough look: less of everything")
    parser.add_argument("--json", type=_output, metavar="FILE", help="write all figures")
    parser.add_argument("--plot", type=_picture, metavar="FILE", help="draw training and inference")
    parser.add_argument("--read", type=_record, metavar="FILE", help="show a --json file again")
    return parser


def _threads(text: str) -> int:
    processors = usable_cpus()
    if not (text.isdecimal() and 1 <= int(text) <= processors):
        raise ArgumentTypeError(
            f"threads must be from 1 to {processors}, the processors there are; got {text!r}"
        )
    return int(text)


def _names(what: str, known: Iterable[str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        names = [name for name in text.split(",") if name]
        for name in names or [text]:
            if name not in known:
                raise ArgumentTypeError(
                    f"{what} must be one of {', '.join(known)}; got {name!r}."
                    f"{suggestion(name, known)}"
                )
        return names

    return parse


def _contenders(text: str) -> list[str]:
    names = _names("contender", CONTENDERS)(text)
    absent = [
        f"{name} takes part where {' and '.join(lacking)} can be imported"
        for name in names
        if (lacking := missing(name))
    ]
    if absent:
        raise ArgumentTypeError(f"{'; '.join(absent)}. Install with `{INSTALL}`.")
    return names


def _shape(text: str) -> Shape:
    sizes = text.split(",")
    if len(sizes) != 4 or not all(size.isdigit() and int(size) > 0 for size in sizes):
        raise ArgumentTypeError(f"a shape must be four sizes B,T,F,U; got {text!r}")
    return Shape(*map(int, sizes))


def _output(text: str) -> Path:
    path = Path(text)
    if not path.parent.is_dir():
        raise ArgumentTypeError(f"the folder '{path.parent}' does not exist")
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise ArgumentTypeError(f"'{path}' cannot be written")
    return path


def _picture(text: str) -> Path:
    if Path(text).suffix not in (".svg", ".png"):
        raise ArgumentTypeError(f"a picture's name must end in .svg or .png; got {text!r}")
    if find_spec("matplotlib") is None:
        raise ArgumentTypeError(f"matplotlib is needed to draw. Install with `{INSTALL}`.")
    return _output(text)


def _record(text: str) -> records.Record:
    try:
        return records.read(Path(text))
    except OSError as error:
        raise ArgumentTypeError(f"'{text}' cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
