"""`elman train`: from a file of measurements to a trained net that forecasts it."""

import re
import sys
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from elman.cli import report
from elman.cli.shared import Fill, check_output, plain_errors
from elman.errors import ArgumentError
from elman.forecasting import (
    Series,
    Table,
    make_windows,
    read_series,
    read_table,
    sunspots_path,
)
from elman.forecasting.forecaster import Fitted, Settings, choose_changes, fit_forecaster
from elman.forecasting.order import find_times
from elman.forecasting.scores import Score, choose_season, score, score_baselines

ENDING = ".keras"
SHIPPED = ("sunspots", "year")  # the target and the time column of the series that elman ships
EPILOG = """
**Example.** load.csv has a row an hour and the columns hour, load and temperature. To forecast the
load of the next 24 hours, from the load and the temperature of the last 48:

    elman train load.csv --target load --features temperature \\
        --time hour --horizon 24
    elman predict load.keras load.csv -o forecast.csv
"""


class Layer(StrEnum):
    """The recurrent layers to choose from."""

    lstm = "lstm"
    gru = "gru"
    simple_rnn = "simple_rnn"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What `elman train` is told.

    Attributes:
        file: the data; None for the series that elman ships.
        target: the column to forecast. May be None with the shipped series alone.
        features: further columns to read.
        time: the column of times.
        as_ordered: whether to trust the rows' order without `time`, whatever columns say.
        fill: what to do with missing values, see `read_series`.
        season: rows in a season, for the baseline; None to guess.
        settings: how to make and train the net.
        output: the model's file; None to keep it in memory.
        quiet: whether to print nothing.
    """

    file: Path | None = None
    target: str | None = None
    features: tuple[str, ...] = ()
    time: str | None = None
    as_ordered: bool = False
    fill: str = "error"
    season: int | None = None
    settings: Settings = field(default_factory=Settings)
    output: Path | None = None
    quiet: bool = False


@dataclass(frozen=True, eq=False)
class Trained:
    """What came of it.

    Attributes:
        fitted: the trained net, and how training went.
        scores: the errors on the held-out rows: the net's first, then the baselines'.
    """

    fitted: Fitted
    scores: tuple[Score, ...]


def run(options: Options, console: Console) -> Trained:
    """Train, measure, save and report.

    Args:
        options: what to do.
        console: where to print. Progress goes to stderr, and only to a terminal.

    Returns:
        The trained forecaster and its errors.

    Raises:
        ElmanError: something about the file or the options; nothing has been written.
    """
    say = Console(quiet=True) if options.quiet else console
    settings = options.settings
    if options.output is not None:
        check_output(options.output, ENDING, FILE=options.file)
    series, time, unnamed = _read(options)
    data = make_windows(
        series, lookback=settings.lookback, horizon=settings.horizon,
        validation=settings.validation, test=settings.test, dtype="float64",
    )  # fmt: skip
    season = choose_season(series, data, options.season)
    baselines = score_baselines(series, data, settings.horizon, season)
    changes = choose_changes(series, data, settings, season)
    report.introduce(say, series, data, changes, settings, shipped=options.file is None)
    if unnamed is not None:
        report.hint_time(say, unnamed)
    watched = options.quiet or (sys.stderr is not None and sys.stderr.isatty())
    fitted = fit_forecaster(
        series, data, changes, settings,
        time_column=time, fill=options.fill, stoppable=True,
        verbose=0 if options.quiet else "auto",
        callbacks=[] if watched else [report.Progress(changes)],
    )  # fmt: skip
    if fitted.stopped and not options.quiet:
        typer.echo("\nelman: stopping; Ctrl-C once more to give up.", err=True)
    forecasts = fitted.forecaster.forecast(series, data.test.origins)
    scores = (score("network", data.test.actual, forecasts), *baselines)
    replaced = options.output is not None and options.output.exists()
    if options.output is not None:
        fitted.forecaster.save(options.output)
    report.conclude(say, series, fitted, scores, season)
    if options.output is not None:
        report.saved(say, options.output, options.file, replaced)
    return Trained(fitted, scores)


def default_output(file: Path | None, target: str | None) -> Path:
    """Return the name of a model's file: that of the data and of the target, as `load-wind.keras`.

    >>> default_output(Path("data/load.csv"), "wind (m/s)").name
    'load-wind-m-s.keras'
    """
    stem = SHIPPED[0] if file is None else file.stem
    parts = [stem] if target in (None, stem) else [stem, re.sub(r"[^\w.]+", "-", str(target))]
    return Path("-".join(part.strip("-") for part in parts) + ENDING)


def _read(options: Options) -> tuple[Series, str | None, str | None]:
    """Read what was asked for; return the time column too, and one that could have been it."""
    table = read_table(sunspots_path() if options.file is None else options.file)
    target, time = options.target, options.time
    if options.file is None:
        target, time = target or SHIPPED[0], time or SHIPPED[1]
    if target is None:
        raise ArgumentError(
            "`target` must name the column to forecast; got none. "
            f"{table.source} has the columns {', '.join(table.names)}."
        )
    features = _split(options.features, table)
    series = read_series(table, target, features, time=time, fill=options.fill)
    trusted = time is not None or options.as_ordered
    return series, time, None if trusted else find_times(table, series.names)


def _split(features: tuple[str, ...], table: Table) -> list[str]:
    """Return the names in `a,b` and `c`; a name that has a comma itself stays whole."""
    found = []
    for text in features:
        parts = [text] if text in table.names else text.split(",")
        found += [part.strip() for part in parts if part.strip()]
    return found


_DATA, _NET, _TRAINING, _OUTPUT = "The data", "The net", "The training", "The result"


def command(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A CSV or Parquet file: a row for each time, oldest first, and a header. "
            "Without it, the yearly sunspot numbers that elman ships.",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            help="The column to forecast.",
            metavar="COLUMN",
            rich_help_panel=_DATA,
            show_default=False,
        ),
    ] = None,
    features: Annotated[
        list[str] | None,
        typer.Option(
            help="More columns to read, as in a,b. The target's own past is always read.",
            metavar="COLUMNS",
            rich_help_panel=_DATA,
            show_default=False,
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            help="The column of dates, times or numbers that the rows are ordered by. Checked, "
            "and continued in forecasts.",
            metavar="COLUMN",
            rich_help_panel=_DATA,
            show_default=False,
        ),
    ] = None,
    as_ordered: Annotated[
        bool,
        typer.Option(
            "--as-ordered",
            help="Without --time: take the rows as they stand, whatever a column of times says.",
            rich_help_panel=_DATA,
        ),
    ] = False,
    fill: Annotated[
        Fill,
        typer.Option(
            help="Missing values: refuse them, or repeat the last value before.",
            rich_help_panel=_DATA,
        ),
    ] = Fill.error,
    validation: Annotated[
        float,
        typer.Option(
            help="Share of the rows that decides when to stop.",
            min=0.01,
            max=0.98,
            metavar="SHARE",
            rich_help_panel=_DATA,
        ),
    ] = Settings.validation,
    test: Annotated[
        float,
        typer.Option(
            help="Share of the rows, the latest, that is held out to measure the error.",
            min=0.01,
            max=0.98,
            metavar="SHARE",
            rich_help_panel=_DATA,
        ),
    ] = Settings.test,
    season: Annotated[
        int | None,
        typer.Option(
            help="Rows in a season, for the baseline: 24 for hours and days. Guessed if not given.",
            min=1,
            metavar="ROWS",
            rich_help_panel=_DATA,
            show_default=False,
        ),
    ] = None,
    lookback: Annotated[
        int,
        typer.Option(
            help="How many rows it reads for a forecast; better at least a season.",
            min=2,
            metavar="ROWS",
            rich_help_panel=_NET,
        ),
    ] = Settings.lookback,
    horizon: Annotated[
        int,
        typer.Option(
            help="How many rows ahead it forecasts.", min=1, metavar="ROWS", rich_help_panel=_NET
        ),
    ] = Settings.horizon,
    layer: Annotated[
        Layer, typer.Option(help="The recurrent layer.", rich_help_panel=_NET)
    ] = Layer.lstm,
    units: Annotated[
        int, typer.Option(help="Size of its state.", min=1, metavar="UNITS", rich_help_panel=_NET)
    ] = Settings.units,
    layers: Annotated[
        int,
        typer.Option(
            help="How many, one on top of the other.", min=1, metavar="LAYERS", rich_help_panel=_NET
        ),
    ] = Settings.layers,
    dropout: Annotated[
        float,
        typer.Option(
            help="Share of each layer's output to drop while training.",
            min=0.0,
            max=0.95,
            metavar="SHARE",
            rich_help_panel=_NET,
        ),
    ] = Settings.dropout,
    shortcut: Annotated[
        bool,
        typer.Option(
            help="Add a linear forecast to that of the recurrent layers.", rich_help_panel=_NET
        ),
    ] = Settings.shortcut,
    epochs: Annotated[
        int,
        typer.Option(
            help="Passes over the data, at most.",
            min=1,
            metavar="EPOCHS",
            rich_help_panel=_TRAINING,
        ),
    ] = Settings.epochs,
    patience: Annotated[
        int,
        typer.Option(
            help="Stop after so many epochs without a better validation error.",
            min=1,
            metavar="EPOCHS",
            rich_help_panel=_TRAINING,
        ),
    ] = Settings.patience,
    batch_size: Annotated[
        int,
        typer.Option(help="Windows a step.", min=1, metavar="WINDOWS", rich_help_panel=_TRAINING),
    ] = Settings.batch_size,
    learning_rate: Annotated[
        float,
        typer.Option(
            help="Step size of Adam.", min=1e-8, max=1.0, metavar="RATE", rich_help_panel=_TRAINING
        ),
    ] = Settings.learning_rate,
    seed: Annotated[
        int,
        typer.Option(
            help="The same seed gives the same net.",
            min=0,
            metavar="NUMBER",
            rich_help_panel=_TRAINING,
        ),
    ] = Settings.seed,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="The file to keep the net and its scaling in. Named after FILE and the target "
            "if not given.",
            rich_help_panel=_OUTPUT,
            show_default=False,
        ),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing.", rich_help_panel=_OUTPUT)
    ] = False,
) -> None:
    """Train a recurrent net to forecast a column of a file.

    Reads the file, trains on its first part, stops when the error on the next part no longer
    falls, and measures the error on the last part beside two forecasts that need no training:
    the last value, and the value one season ago.
    """
    settings = Settings(
        lookback=lookback,
        horizon=horizon,
        layer=layer.value,
        units=units,
        layers=layers,
        shortcut=shortcut,
        dropout=dropout,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        patience=patience,
        validation=validation,
        test=test,
        seed=seed,
    )
    options = Options(
        file=file,
        target=target,
        features=tuple(features or ()),
        time=time,
        as_ordered=as_ordered,
        fill=fill.value,
        season=season,
        settings=settings,
        output=output or default_output(file, target),
        quiet=quiet,
    )
    with plain_errors(), np.errstate(over="ignore", invalid="ignore"):
        run(options, Console())
