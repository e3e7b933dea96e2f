"""C: a model as one file of C99, which runs a timestep at a time and takes no memory.

    NAME_t m;                           the states, and what a step works in
    NAME_reset(&m);                     before a sequence
    NAME_step(&m, x, y);                one timestep
    NAME_run(&m, x, timesteps, y);      many

It is written from what a stream of the model runs (`elman.models.stream_plan`), and so takes the
same models and gives the same numbers: see docs/guides/c_export.md.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _check
from elman.errors import ArgumentError
from elman.formats.c import int8, page, self_test, spelling, trial
from elman.formats.c.program import Program, program_of
from elman.formats.files import replacing, to_write
from elman.models.exporting import Export
from elman.models.stream_input import stream_input
from elman.models.stream_plan import plan_of

if TYPE_CHECKING:
    from elman.models.model import Model

ENDINGS = (".h", ".c")
TIMESTEPS = 2000  # that an export is tried on


def write(
    model: "Model",
    filepath: str | Path,
    *,
    name: str | None = None,
    weights: str = "inside",
    weights_dtype: str = "float32",
    exp: str = "inline",
    test: bool = False,
    overwrite: bool = True,
) -> Export:
    """Write a model in C99; this is `model.export("model.h")`.

    Args:
        model: a built model that `model.stream()` takes, of one input and one output, whose
            layers elman has in C.
        filepath: ends in ".h", where all functions are `static inline`, or in ".c", which other
            files include behind `#define NAME_DECLARATIONS` to call it.
        name: what all names in C begin with; by default what the file is called.
        weights: "inside" for arrays in this file, "separate" for a file `…_weights.h` beside it.
        weights_dtype: "float32", or "int8" for kernels and embeddings in bytes, with a float for
            each column or row. A model of float64 is rounded to float32.
        exp: "inline" for an exponential in the file, of which compilers make vector code, "libm"
            for the C library's expf, which is a call each.
        test: whether to write `…_test.c` too, a program that returns 0 if the model gives in C
            what it gives here.
        overwrite: whether files that are there may be replaced.

    Raises:
        UnsupportedError: a layer needs more than the timesteps so far, or has no form in C.
        ArgumentError: `name` is no name in C, or a file is not to be written.

    >>> import elman, pathlib, tempfile
    >>> model = elman.Sequential([elman.Input((None, 1)), elman.layers.LSTM(8)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(model.export(pathlib.Path(folder) / "model.h"))
    model.h: 192 bytes of RAM, 1280 of flash for the weights
    """
    owner = f"{model.owner}: export"
    overwrite = _check.flag(owner, "overwrite", overwrite)
    path = to_write(model, filepath, ENDINGS, overwrite)
    spelling.check_file(owner, path)
    separate = _check.one_of(owner, "weights", weights, ("inside", "separate")) == "separate"
    dtypes = ("float32", "int8")
    in_bytes = _check.one_of(owner, "weights_dtype", weights_dtype, dtypes) == "int8"
    _check.one_of(owner, "exp", exp, ("inline", "libm"))
    prefix = spelling.prefix(owner, name, path)
    plan = plan_of(model)
    stream_input(model, 1, plan)  # says what is wrong with the input
    program = program_of(model, plan, prefix, in_bytes)
    expected, difference = _tried(model, plan, program, in_bytes, _check.flag(owner, "test", test))
    notes = [] if difference is None else _notes(difference)
    layers = [code.stage.owner for code in program.codes]
    top = page.head(program, model.owner, layers, notes, path.name)
    pages = page.files(program, top, path, separate, exp)
    if expected is not None:
        pages[path.with_name(f"{path.stem}_test.c")] = self_test.text(program, path.name, expected)
    _write(owner, pages, overwrite)
    about = _about(model, program, difference)
    return Export(tuple(pages), about, program.ram, program.flash, difference)


def _about(model: "Model", program: Program, difference: float | None) -> str:
    """Return what there is to know about a file: its sizes, and what became of the weights."""
    found = f"{program.ram} bytes of RAM, {program.flash} of flash for the weights"
    if difference is not None:
        found += f"; that these are bytes changes the outputs by up to {difference:.2g}"
    elif any(w.dtype == "float64" for w in model.weights):
        found += ", rounded from float64 to float32"
    return found


def _tried(
    model: "Model", plan: Any, program: Program, in_bytes: bool, test: bool
) -> tuple[np.ndarray | None, float | None]:
    """Return what the program is expected to put out, and how far bytes are from floats."""
    if not (test or in_bytes):
        return None, None
    x = trial.sequence(program, TIMESTEPS)
    expected = trial.outputs(model, int8.twin(plan) if in_bytes else plan, x)
    if not in_bytes:
        return expected, None
    difference = float(np.abs(expected - trial.outputs(model, plan, x)).max())
    return (expected if test else None), difference


def _notes(difference: float) -> list[str]:
    return [
        "",
        "Kernels are in bytes, with a float for each column. That changes the outputs by up to",
        f"{difference:.2g} in {TIMESTEPS} timesteps of numbers from -1 to 1.",
        "",
    ]


def _write(owner: str, pages: dict[Path, str], overwrite: bool) -> None:
    """Write all files, each complete or not at all, the first of them last.

    Raises:
        ArgumentError: one is there that may not be replaced, or that is another model's.
    """
    for path in pages:
        if path.exists() and not overwrite:
            raise ArgumentError(
                f"{owner}: `filepath` must not exist yet with overwrite=False; got {str(path)!r}."
            )
    main, *others = pages
    for path in others:
        if path.exists() and _first_words(path.read_bytes()) != _first_words(pages[path].encode()):
            raise ArgumentError(
                f"{owner}: `filepath` must leave the files of others alone; got {str(main)!r}, "
                f"beside which {path.name!r} is something else. Give the model another name."
            )
    with ExitStack() as stack:
        for path, text in pages.items():
            stack.enter_context(replacing(path)).write(text.encode())


def _first_words(text: bytes) -> bytes:
    """Return how a file begins: what it is, and of which model."""
    return text.split(b"\n")[0].split(b",")[0]
