"""What `elman train` prints: the data, the net, and its errors beside those of the baselines."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table as Grid

from elman.cli.shared import plural
from elman.forecasting import Dataset, Errors, Series
from elman.forecasting.changes import Changes
from elman.forecasting.forecaster import Fitted, Settings, spans
from elman.forecasting.scores import Score

STEPS = 12  # rows of the table by step, at most
DIGITS = 3  # of the smallest error in a table
NAMES = {"lstm": "LSTM", "gru": "GRU", "simple_rnn": "SimpleRNN"}


def introduce(
    console: Console,
    series: Series,
    data: Dataset,
    changes: Changes,
    settings: Settings,
    *,
    shipped: bool,
) -> None:
    """Say what is read, how it is divided, and what net will learn from it."""
    target, *features = series.names
    if shipped:
        _say(console, "No FILE given: these are the yearly sunspot numbers that elman ships.")
    also = f", with {', '.join(features)}" if features else ""
    _say(console, f"{series.source}: {len(series)} rows, to forecast {target!r}{also}.")
    _say_gaps(console, series)
    _parts(console, series, data, changes)
    count = "" if settings.layers == 1 else f"{settings.layers} x "
    shortcut = " and a linear shortcut" if settings.shortcut else ""
    ago = "" if changes.season is None else f", and the values {changes.season} rows ago"
    _say(
        console,
        f"The net, {count}{NAMES[settings.layer]}({settings.units}){shortcut}, reads "
        f"{changes.lookback} rows{ago}, and forecasts {plural(changes.horizon, 'row')} ahead.",
    )


def _say_gaps(console: Console, series: Series) -> None:
    """Say where rows are not what they seem: filled, or after a gap."""
    filled = int(np.sum(~series.measured))
    if filled:
        _say(
            console,
            f"{filled} missing values of {series.names[0]!r} repeat the one before. Nothing is "
            "trained or measured on them.",
        )
    gaps = 0 if series.times is None or len(series) < 2 else series.times.gaps()
    if gaps:
        _say(
            console,
            f"{plural(gaps, 'gap')} in time: the net counts rows, and takes those around a gap "
            "for neighbours.",
        )


def _parts(console: Console, series: Series, data: Dataset, changes: Changes) -> None:
    """Print which rows train, stop and test the net."""
    grid = _grid("part", "rows", "windows")
    if series.times is not None:
        grid.add_column("time")
    times, numbers = spans(series, data), series.row_numbers
    edges = (0, data.train_end, data.validation_end, len(series))
    windows = (data.train, data.validation, data.test)
    for i, (name, part) in enumerate(zip(times, windows, strict=True)):
        rows = f"{numbers[edges[i]]} to {numbers[edges[i + 1] - 1]}"
        count = int(np.sum(part.origins + 1 >= changes.reach))
        time = [] if series.times is None else [times[name]]
        grid.add_row(name, rows, str(count), *time)
    console.print(grid)


def conclude(
    console: Console,
    series: Series,
    fitted: Fitted,
    scores: Sequence[Score],
    season: int | None,
) -> None:
    """Say how training went and how far off the forecasts are on the held-out rows."""
    _say(
        console,
        f"Trained for {plural(fitted.epochs, 'epoch')} in {fitted.seconds:.1f} s; kept the weights "
        f"of epoch {fitted.best_epoch}, the best on the validation rows.",
    )
    target, horizon = series.names[0], fitted.forecaster.changes.horizon
    console.print()
    ahead = "" if horizon == 1 else f", 1 to {horizon} rows ahead"
    _say(console, f"Error on the test rows, in units of {target!r}{ahead}:")
    console.print(_overall(scores))
    if horizon > 1:
        _say(console, "By how many rows ahead:")
        console.print(_by_step(scores))
    _verdict(console, scores, season)


def _overall(scores: Sequence[Score]) -> Grid:
    grid = _grid("", "MAE", "RMSE")
    decimals = _decimals(score.overall for score in scores)
    for score in scores:
        style = "bold" if score is scores[0] else ""
        grid.add_row(score.name, *_cells(score.overall, decimals), style=style)
    return grid


def _by_step(scores: Sequence[Score]) -> Grid:
    """Return the errors of each step, or of some that are evenly spread."""
    names = ("network", "last", "season")[: len(scores)]
    grid = _grid("", *(f"{name}\n{kind}" for name in names for kind in ("MAE", "RMSE")))
    horizon = len(scores[0].by_step)
    steps = np.unique(np.linspace(0, horizon - 1, min(horizon, STEPS)).round().astype(int))
    decimals = _decimals(score.by_step[k] for score in scores for k in steps)
    for k in steps:
        cells = [cell for score in scores for cell in _cells(score.by_step[k], decimals)]
        grid.add_row(str(k + 1), *cells)
    return grid


def _verdict(console: Console, scores: Sequence[Score], season: int | None) -> None:
    """Say whether the net is worth having."""
    net, *baselines = scores
    best = min(baselines, key=lambda score: score.overall.mae)
    unbeaten = [
        score.name
        for score in baselines
        if net.overall.mae >= score.overall.mae or net.overall.rmse >= score.overall.rmse
    ]
    if season is None:
        _say(console, "No season stands out in the training rows; name one with --season.")
    if unbeaten:
        _say(console, f"The network does not beat {' and '.join(unbeaten)}: do not rely on it yet.")
    else:
        share = 1 - net.overall.mae / best.overall.mae
        _say(console, f"The network's MAE is {share:.0%} below that of {best.name}.")


def saved(console: Console, output: Path, file: Path | None, replaced: bool) -> None:
    """Say where the model is and what to do with it."""
    again = " (in place of the one before)" if replaced else ""
    console.print()
    _say(console, f"Saved {output}{again}. Forecast with:")
    command = f"elman predict {output}" + ("" if file is None else f" {file}")
    console.print(f"  {command}", soft_wrap=True, highlight=False, markup=False)


def _grid(first: str, *numbers: str) -> Grid:
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False)
    grid.add_column(first)
    for name in numbers:
        grid.add_column(name, justify="right")
    return grid


def _say(console: Console, text: str) -> None:
    """Print a sentence, wrapped to the console and with nothing in it taken for markup."""
    console.print(text, highlight=False, markup=False)


def _decimals(found: Iterable[Errors]) -> int:
    """Return how many decimals show the smallest error with three digits."""
    least = min((v for e in found for v in (e.mae, e.rmse) if v > 0), default=1.0)
    return min(max(0, DIGITS - 1 - math.floor(math.log10(least))), 12)


def _cells(errors: Errors, decimals: int) -> tuple[str, str]:
    return f"{errors.mae:.{decimals}f}", f"{errors.rmse:.{decimals}f}"
