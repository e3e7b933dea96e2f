"""`elman inspect`: what a model does with one sequence, in the terminal or as a page."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from elman.cli.shared import check_output, plain_errors, plural, visible, write_text
from elman.errors import ArgumentError

if TYPE_CHECKING:
    from rich.console import Console

    from elman.cli.inspected import Data

EPILOG = """
**Example.** A page that shows every state, gate and gradient, for any browser:

    elman inspect load.keras load.csv -o report.html
"""
ENDING = ".html"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What `elman inspect` is told.

    Attributes:
        model: a file that `elman train` or `model.save` wrote.
        data: what it reads; None for its weights alone.
        sample: which sample of the data; None for the last window of a forecast, else the first.
        output: the page's file; None for the terminal.
    """

    model: Path
    data: Path | None = None
    sample: int | None = None
    output: Path | None = None


def run(options: Options, console: "Console") -> None:
    """Look inside, and print what there is or write the page.

    Raises:
        ElmanError: something about the files; nothing has been written.
    """
    from elman.cli import inside, inspected

    if options.output is not None:
        check_output(options.output, ENDING, MODEL=options.model, DATA=options.data)
    model, forecaster = inspected.load(options.model)
    data = inspected.read(model, forecaster, options.data, options.model)
    if data is None and options.output is not None:
        raise ArgumentError("DATA must be given for a page, which shows a sequence; got none.")
    if data is None:
        _say(console, f"{model.owner}, without DATA: the weights of its recurrent layers alone.")
        if not inside.say_weights(console, model):
            _say(console, "There are none to show.")
        return
    if data.y is not None and model.compiled is None:
        _say(
            console,
            "The model was saved before `compile`, so it has no loss: `y` is left out, and there "
            "are no gradients.",
        )
        data = data._replace(y=None)
    title, one = _chosen(options, data)
    inputs, not_finite = data.inputs(one), inspected.not_finite(model, data, one)
    mask = None if data.mask is None else data.mask[one]
    trace = model.trace(inputs, data.targets(one), mask)
    diagnosis, attribution = _diagnosis(model, data), _attribution(model, inputs, mask)
    if options.output is not None:
        page = trace.to_html(
            features=data.features, title=title, diagnosis=diagnosis, attribution=attribution
        )
        write_text(options.output, page)
        size = f"{len(page.encode()) / 1e6:.1f} MB"
        for sentence in not_finite:
            _say(console, sentence)
        _say(console, f"Wrote {options.output} ({size}). Open it in a browser.")
        return
    loss = "" if trace.loss is None else f" Loss {trace.loss:.4g}."
    _say(console, f"{title}.{loss}")
    for sentence in not_finite:
        _say(console, sentence)
    inside.say_weights(console, model)
    inside.say_trace(console, trace, model.input_names, data.features, attribution)
    if diagnosis is not None:
        console.print("\n[bold]Diagnosis[/]")
        _say(console, diagnosis)
    _say(console, "\nAll states, gates and gradients, step by step: add -o report.html.")


def _chosen(options: Options, data: "Data") -> tuple[str, slice]:
    """Return what it is that is looked at, in words, and its place among the samples."""
    count, sample = len(data.x[0]), options.sample
    if sample is None:
        sample = count - 1 if data.where else 0
    if not 0 <= sample < count:
        raise ArgumentError(
            f"inspect: `sample` must be from 0 to {count - 1}, as DATA has "
            f"{plural(count, 'sample')}; got {sample}."
        )
    where = f"sample {sample}" if data.where is None else data.where[sample]
    source = "the yearly sunspots" if options.data is None else options.data.name
    return f"{options.model.name} on {source}, {where}", slice(sample, sample + 1)


def _attribution(model: Any, inputs: Any, mask: Any) -> Any:
    """Return how much each number of the first input counts; None where it has no timesteps.

    It is the model's first output that is explained, at its last timestep.
    """
    from elman.inspection import integrated_gradients, occlusion, skipped

    first = inputs[0] if isinstance(inputs, list) else inputs
    words = first.ndim == 2 and model.inputs[0].dtype.startswith("int")
    if first.ndim != 3 and not words:
        return None
    names = {"input_name": model.input_names, "output_name": model.output_names}
    given = {name: known[0] for name, known in names.items() if len(known) > 1}
    # A token has no gradient; and what a `Masking` layer skips, as zeros, is away altogether.
    by_parts = words or skipped.skips(model, 0, first, np.zeros_like(first))
    explain: Any = occlusion if by_parts else integrated_gradients
    return explain(model, inputs, 0, mask=mask, **given)


def _diagnosis(model: Any, data: "Data") -> str | None:
    """Return what is wrong with the model on all data, in sentences; None without targets."""
    if data.y is None:
        return None
    from elman.inspection import diagnose

    return str(diagnose(model, data.inputs(), data.targets(), data.mask))


def _say(console: "Console", text: str) -> None:
    console.print(visible(text), highlight=False, markup=False, soft_wrap=True)


def command(
    model: Annotated[
        Path,
        typer.Argument(help="A file that `elman train` or `model.save` wrote.", show_default=False),
    ],
    data: Annotated[
        Path | None,
        typer.Argument(
            help="What it reads: a CSV or Parquet file with its columns, a .npy file with an array "
            "x, or a .npz file with x and, if there are any, y (for gradients) and mask. Without "
            "it the weights alone are shown.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The page to write, a .html file.", show_default=False),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            help="Which sample of DATA, from 0. The latest window of a series if not given, else "
            "the first sample.",
            metavar="NUMBER",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show what a model does with a sequence: states, gates, gradients, weights.

    In the terminal as tables and text, or with -o as one page for any browser.
    """
    options = Options(model=model, data=data, sample=sample, output=output)
    with plain_errors("DATA"):
        from rich.console import Console

        run(options, Console())
