"""`elman convert`: a model from one format to another, and how far the two are apart.

It prints which layers went over and what stayed behind, and runs both files on the same random
input: each by what it is made for, where that is installed (Keras, ONNX Runtime, a C compiler),
else by elman.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

import elman
from elman.cli import converted, remedies, tried
from elman.cli.shared import check_input, check_output, plain_errors, plural, visible
from elman.errors import ArgumentError
from elman.layers.parts.nesting import with_sublayers

if TYPE_CHECKING:
    from rich.console import Console

    from elman.layers import Layer

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
    source, target, like = options.source, options.target, options.like
    for path, called in ((source, "IN"), (like, "--like")):
        if path is not None:
            check_input(path, called)
    check_output(target, "", "OUT", **{"IN": source, "--like": like})
    converted.ending(target, "OUT")
    if target.exists() and not options.overwrite:
        raise ArgumentError(f"OUT must not exist yet; got '{target}'. Give --overwrite.")
    read = converted.read(source, like, options.names)
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
        for row in _rows(layer):
            grid.add_row(*row)
    console.print(grid)
    count = plural(model.count_params(), "number")
    console.print(f"All weights went over, {count}.", highlight=False)


def _rows(layer: "Layer", depth: int = 0) -> Iterator[tuple[str, str, str, str]]:
    """Give the row of a layer, and where several layers inside it have weights, theirs below."""
    owners = [each for each in with_sublayers(layer) if each.own_weights]
    opened = len(owners) > 1 or isinstance(layer, elman.Model)
    weights = layer.own_weights if opened else layer.weights
    shapes = ", ".join(f"{w.name} {'x'.join(map(str, w.shape)) or 1}" for w in weights) or "-"
    numbers = sum(w.array.size for w in weights)
    yield "  " * depth + layer.name, type(layer).__name__, shapes, f"{numbers:,}"
    for each in layer.sublayers if opened else ():
        yield from _rows(each, depth + 1)


def _say_difference(say: tried.Say, options: Options, source: converted.Source) -> None:
    """Say how far both files are apart on the same random input."""
    target = options.target
    if converted.ending(target) in converted.C:
        say(tried.compiled(target, source.model, int8=options.int8))
        return
    x = tried.random_input(source, padding=not options.step)
    here, by_here = tried.outputs(source, x, say)
    found = tried.outputs_again(source, target, x, options.names, say, step=options.step)
    if isinstance(found, str):
        say(found)
        return
    there, by_there = found
    shape = " and ".join(str(tuple(each.shape)) for each in x)
    files = source.path.name, target.name
    if by_here == by_there:
        by = f"{files[0]} and {files[1]}, both by {by_here}"
    else:
        by = f"{files[0]} by {by_here} and {files[1]} by {by_there}"
    say(f"On random input {shape}, {by}: {tried.difference(here, there)}")


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
            "rnn,rnn,head; in IN and in OUT, where both are PyTorch's.",
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
    with plain_errors("IN", lambda message: remedies.for_shell(message, like or source)):
        from rich.console import Console

        listed = None if names is None else names.split(",")
        run(Options(source, target, like, listed, step, int8, overwrite), Console())
