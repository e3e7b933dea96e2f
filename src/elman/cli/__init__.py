"""The command `elman`: train, predict, inspect, convert, demo."""

import sys
from typing import Annotated

import typer

import elman
from elman.cli import convert, inspect, predict, train
from elman.cli.shared import INTERRUPTED, plain_errors

EPILOG = """
**Example.** load.csv has a row an hour, oldest first, and the columns hour and load:

    elman train load.csv --target load --time hour
    elman predict load.keras load.csv
"""

app = typer.Typer(
    name="elman",
    rich_markup_mode="markdown",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        implementation, reason = elman.kernels.status()
        typer.echo(f"elman {elman.__version__}")
        typer.echo(f"kernels: {implementation} ({reason})")
        raise typer.Exit


@app.callback(invoke_without_command=True, epilog=EPILOG)
def _elman(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the version and which kernels run, and exit.",
            callback=_show_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Train, run and open up recurrent neural networks on the CPU.

    See it work with `elman demo`, then train on a file of your own.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command(name="train", epilog=train.EPILOG)(train.command)
app.command(name="predict", epilog=predict.EPILOG)(predict.command)
app.command(name="inspect", epilog=inspect.EPILOG)(inspect.command)
app.command(name="convert", epilog=convert.EPILOG)(convert.command)


@app.command(name="demo")
def _demo() -> None:  # not `demo`, which would hide the module of that name
    """Show what elman does: the notebook, the inside of a net, a forecast. Takes under a minute."""
    with plain_errors():
        from rich.console import Console

        from elman.cli import demo

        demo.run(Console())


def main() -> None:
    """Run the command line; what `elman` and `python -m elman` start."""
    try:
        app(prog_name="elman")
    except KeyboardInterrupt:  # before or after a command, which say more themselves
        sys.exit(INTERRUPTED)


__all__ = ["app", "main"]
