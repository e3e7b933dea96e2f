"""`elman predict`: from a trained net and a file to a forecast."""

import csv
import io
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from elman._typing import Array
from elman.cli.shared import Fill, check_output, plain_errors, write_text
from elman.errors import ArgumentError
from elman.forecasting import Series, read_series, read_table, sunspots_path
from elman.forecasting.forecaster import Forecaster
from elman.forecasting.order import find_times

EPILOG = """
**Example.** The hours that follow the last row of load.csv:

    elman predict load.keras load.csv -o forecast.csv
"""
_ZIP = b"PK"  # the first two bytes of every model's file
DIGITS = 6  # of a typical change of the target, in what is written


@dataclass(frozen=True, kw_only=True)
class Options:
    """What `elman predict` is told.

    Attributes:
        model: the file that `elman train` wrote.
        file: the data; None for the series that elman ships.
        output: the forecast's file; None for stdout.
        fill: what to do with missing values; None for what training did.
        backtest: whether to forecast from every row, not from the last alone.
        as_ordered: whether to trust the rows' order if the model knows no time column.
    """

    model: Path
    file: Path | None = None
    output: Path | None = None
    fill: str | None = None
    backtest: bool = False
    as_ordered: bool = False


def run(options: Options) -> str:
    """Forecast.

    Returns:
        The forecast as CSV, which has also been written if there is an `output`.

    Raises:
        ElmanError: something about the files; nothing has been written.
    """
    if options.output is not None:
        check_output(options.output, MODEL=options.model, FILE=options.file)
        if options.output.suffix.lower() == ".keras":
            raise ArgumentError(
                "--output must not end in '.keras', as models do; it is a CSV file. Got "
                f"'{options.output}'. Did you mean '{options.output.with_suffix('.csv')}'?"
            )
    check_model(options.model, "`elman train` wrote", "FILE")
    forecaster = Forecaster.load(options.model)
    series = read(options, forecaster)
    rows = _every(forecaster, series) if options.backtest else _next(forecaster, series)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    if options.output is not None:
        write_text(options.output, text.getvalue())
    if options.backtest:
        _warn(forecaster)
    return text.getvalue()


def check_model(path: Path, made: str, data: str) -> None:
    """Refuse a file that cannot be a model, such as the data in its place.

    Args:
        path: MODEL.
        made: who makes such a model, in words.
        data: what the command calls the data.
    """
    if path.is_file() and path.suffix != ".keras":
        with path.open("rb") as file:
            if file.read(len(_ZIP)) != _ZIP:
                raise ArgumentError(
                    f"MODEL must be a model that {made}; got '{path}'. MODEL comes first, then "
                    f"{data}."
                )


def read(options: Options, forecaster: Forecaster) -> Series:
    """Read the columns that the net knows.

    Raises:
        ElmanError: the file is none, or not one that the net can read.
    """
    target, *features = forecaster.names
    needed = {*forecaster.names, *([forecaster.time] if forecaster.time else [])}
    table = read_table(sunspots_path() if options.file is None else options.file)
    missing = sorted(needed - set(table.names))
    if missing and options.file is None:
        raise ArgumentError(
            f"FILE must be given: {options.model} was trained on {forecaster.notes.get('source')}. "
            "Only a model of the sunspots that elman ships needs none."
        )
    if missing:
        raise ArgumentError(
            f"{table.source}: the file must have the columns that the model was trained on; got "
            f"{', '.join(table.names)}. It lacks {', '.join(missing)}."
        )
    fill = options.fill or forecaster.fill
    series = read_series(table, target, features, time=forecaster.time, fill=fill)
    if forecaster.time is None and not options.as_ordered:
        find_times(table, series.names)  # an error if the last row is not the newest
    return series


def _warn(forecaster: Forecaster) -> None:
    """Say for which rows the net has seen the answers."""
    parts = forecaster.notes.get("parts")
    if isinstance(parts, dict):
        typer.echo(
            f"elman: the model was trained on {parts.get('training')} and stopped by "
            f"{parts.get('validation')} of {forecaster.notes.get('source')}: there, it has seen "
            "what came true.",
            err=True,
        )


def _next(forecaster: Forecaster, series: Series) -> list[list[Any]]:
    """Return the rows that follow the last one: time and forecast."""
    forecasts = _rounded(forecaster, forecaster.forecast(series))[0]
    target, horizon = forecaster.names[0], forecaster.changes.horizon
    marks: list[Any] = list(range(1, horizon + 1))
    if series.times is not None:
        marks = list(series.times.after(horizon).text())
    return [[_mark(forecaster), target], *([a, b] for a, b in zip(marks, forecasts, strict=True))]


def _every(forecaster: Forecaster, series: Series) -> list[list[Any]]:
    """Return a row for each step ahead of each origin in the file, with what came true."""
    origins = np.arange(forecaster.changes.reach - 1, len(series) - 1)
    if not origins.size:
        raise ArgumentError(
            f"{series.source}: the file must have at least {forecaster.changes.reach + 1} rows to "
            f"compare forecasts with; got {len(series)}."
        )
    forecasts = _rounded(forecaster, forecaster.forecast(series, origins))
    marks: list[Any] = list(series.row_numbers)
    if series.times is not None:
        marks = series.times.text()
    target = forecaster.names[0]
    rows: list[list[Any]] = [[_mark(forecaster, "row"), "step", target, "forecast"]]
    for origin, values in zip(origins, forecasts, strict=True):
        for step, value in enumerate(values, 1):
            row = origin + step
            if row < len(series):
                actual = series.values[row, 0].item() if series.measured[row] else ""
                rows.append([marks[row], step, actual, value])
    return rows


def _mark(forecaster: Forecaster, name: str = "step") -> str:
    """Return the name of the first column: the time, else how many rows ahead."""
    return forecaster.time or name


def _rounded(forecaster: Forecaster, forecasts: Array) -> list[list[float]]:
    """Return forecasts with as many digits as a float32 net can mean."""
    decimals = DIGITS - 1 - int(np.floor(np.log10(forecaster.changes.ahead)))
    rounded: list[list[float]] = np.round(forecasts, decimals).tolist()
    return rounded


def command(
    model: Annotated[
        Path, typer.Argument(help="The file that `elman train` wrote.", show_default=False)
    ],
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A CSV or Parquet file with the columns that the model was trained on. The "
            "forecast begins after its last row. May be left out for the model of the sunspots.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="The CSV file to write. To the terminal without it.",
            show_default=False,
        ),
    ] = None,
    fill: Annotated[
        Fill | None,
        typer.Option(
            help="Missing values: refuse them, or repeat the last value before. As in training "
            "if not given.",
            show_default=False,
        ),
    ] = None,
    backtest: Annotated[
        bool,
        typer.Option(
            "--backtest", help="Forecast from every row of FILE, with what came true beside it."
        ),
    ] = False,
    as_ordered: Annotated[
        bool,
        typer.Option(
            "--as-ordered",
            help="For a model without --time: take the rows as they stand, even if a column of "
            "times disagrees.",
        ),
    ] = False,
) -> None:
    """Forecast the rows that follow the last one of a file, as CSV."""
    options = Options(
        model=model,
        file=file,
        output=output,
        fill=None if fill is None else fill.value,
        backtest=backtest,
        as_ordered=as_ordered,
    )
    with plain_errors():
        text = run(options)
        if output is None:
            sys.stdout.write(text)
