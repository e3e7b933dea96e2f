"""`elman convert`: a model from one format to another, and how far the two are apart.

It prints which layers went over and what stayed behind, and runs both files on the same random
input: each by what it is made for, where that is installed (Keras, ONNX Runtime, a C compiler),
else by elman.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from elman.cli import converted, tried
from elman.cli.shared import check_output, plain_errors, plural, visible
from elman.errors import ArgumentError

if TYPE_CHECKING:
    from rich.console import Console

EPILOG = """
**Examples.**

    elman convert model.keras model.onnx
    elman convert model.onnx model.keras
    elman convert weights.safetensors model.keras --like architecture.keras
    elman convert model.keras model.h --int8
"""


class Options(NamedTuple):
    """What was typed."""

    source: Path
    target: Path
    like: Path | None
    names: list[str] | None
    step: bool
    int8: bool
    overwrite: bool


def run(options: Options, console: "Console") -> None:
    """Convert, and say what became of it."""
    source, target = options.source, options.target
    if not source.is_file():
        raise ArgumentError(f"IN must be a file that exists; got '{source}'.")
    check_output(target, converted.ending(target), "OUT", IN=source, like=options.like)
    if target.exists() and not options.overwrite:
        raise ArgumentError(f"OUT must not exist yet; got '{target}'. Give --overwrite.")
    read = converted.read(source, options.like, options.names)
    written = converted.write(read, target, options.names, step=options.step, int8=options.int8)

    def say(text: str) -> None:
        console.print(visible(text), highlight=False, markup=False, soft_wrap=True)

    say(f"{source.name} -> {target.name}")
    _say_layers(console, read.model)
    behind = converted.behind(read, target)
    if behind:
        say(f"Stayed behind: {', '.join(behind)}.")
    if written is not None:
        say(str(written))
    _say_difference(say, options, read)


def _say_layers(console: "Console", model: Any) -> None:
    from rich.table import Table

    grid = Table(box=None, pad_edge=False, header_style="bold")
    for name, justify in (
        ("layer", "left"),
        ("kind", "left"),
        ("weights", "left"),
        ("numbers", "right"),
    ):
        grid.add_column(name, justify=justify)  # type: ignore[arg-type]
    for layer in model.layers:
        shapes = ", ".join(f"{w.name} {w.shape}" for w in layer.weights) or "-"
        grid.add_row(layer.name, type(layer).__name__, shapes, f"{layer.count_params():,}")
    console.print(grid)
    count = plural(model.count_params(), "number")
    console.print(f"All weights went over, {count}.", highlight=False)


def _say_difference(say: tried.Say, options: Options, source: converted.Source) -> None:
    """Say how far both files are apart on the same random input."""
    target = options.target
    if converted.ending(target) in converted.C:
        say(tried.compiled(target, source.model, int8=options.int8))
        return
    if options.step:
        say("Not tried: the file takes one timestep, with states in and out.")
        return
    x = tried.random_input(source)
    here, by_here = tried.outputs(source, x, say)
    found = tried.outputs_again(source, target, x, options.names, say)
    if isinstance(found, str):
        say(found)
        return
    there, by_there = found
    shape = " and ".join(str(tuple(each.shape)) for each in x)
    say(
        f"On random input {shape}, {source.path.name} by {by_here} and {target.name} by "
        f"{by_there}: {tried.difference(here, there)}"
    )


def command(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="IN",
            help="A model: .keras, .h5, .onnx or RTNeural's .json; or weights, with --like: "
            ".weights.h5, .h5, .safetensors, .pt.",
            show_default=False,
        ),
    ],
    target: Annotated[
        Path,
        typer.Argument(
            metavar="OUT",
            help="What to write: .keras, .h5, .weights.h5, .onnx, .safetensors, .pt, .h or .c "
            "(C99), .json (RTNeural).",
            show_default=False,
        ),
    ],
    like: Annotated[
        Path | None,
        typer.Option(
            help="A model whose layers the weights of IN are for: .keras, .h5 or its .json.",
            metavar="MODEL",
            show_default=False,
        ),
    ] = None,
    names: Annotated[
        str | None,
        typer.Option(
            help="PyTorch's modules of the layers with weights, in the model's order, such as "
            "rnn,rnn,head.",
            metavar="A,B",
            show_default=False,
        ),
    ] = None,
    step: Annotated[
        bool, typer.Option("--step", help="ONNX of one timestep, with states in and out.")
    ] = False,
    int8: Annotated[bool, typer.Option("--int8", help="C with weights in bytes.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace OUT if it is there.")
    ] = False,
) -> None:
    """Convert a model between Keras, PyTorch, ONNX, C and RTNeural, and check the numbers."""
    with plain_errors("IN"):
        from rich.console import Console

        listed = None if names is None else names.split(",")
        run(Options(source, target, like, listed, step, int8, overwrite), Console())
