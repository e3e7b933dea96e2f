"""What `elman train` prints: the data, the net, and its errors beside those of the baselines."""

import math
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table as Grid

from elman._typing import Mask
from elman.callbacks import Callback
from elman.cli.shared import plural
from elman.forecasting import Dataset, Errors, Series
from elman.forecasting.changes import Changes
from elman.forecasting.forecaster import Fitted, Settings, spans
from elman.forecasting.scores import Score

INTERVAL = 10.0  # seconds between two lines of progress
STEPS = 12  # rows of the table by step, at most
DIGITS = 3  # of the smallest error in a table
NAMES = {"lstm": "LSTM", "gru": "GRU", "simple_rnn": "SimpleRNN"}


class Progress(Callback):
    """Says every ten seconds how far training is, where no bar can be drawn.

    Args:
        changes: what the net puts out, for the error's units.
    """

    lazy_logs = True

    def __init__(self, changes: Changes) -> None:
        self._size = changes.ahead
        self._error = "no validation error yet"
        self._epoch, self._said = 1, time.perf_counter()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Take note of the epoch."""
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Say so within a long epoch."""
        self._say()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Take note of the error, the root of the mean square in the target's units."""
        self._error = f"validation RMSE {self._size * math.sqrt((logs or {})['val_loss']):.4g}"
        self._say()

    def _say(self) -> None:
        now = time.perf_counter()
        if now - self._said >= INTERVAL:
            self._said = now
            line = f"elman: epoch {self._epoch} of at most {self.params['epochs']}, {self._error}"
            print(line, file=sys.stderr, flush=True)


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
    place = f" ({series.span(0, len(series))} of the file)" if series.unit == "line" else ""
    _say(console, f"{series.source}: {len(series)} rows{place}, to forecast {target!r}{also}.")
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


def hint_time(console: Console, column: str) -> None:
    """Say that a column could name the times."""
    _say(
        console,
        f"Column {column!r} looks like times: add --time {column} to name them in the output.",
    )


def _say_gaps(console: Console, series: Series) -> None:
    """Say where rows are not what they seem: filled, or after a gap."""
    for k, name in enumerate(series.names):
        filled = 0 if series.filled is None else int(np.sum(series.filled[:, k]))
        if series.filled is not None and filled:
            repeat = "repeats" if filled == 1 else "repeat"
            longest = f", at most {_longest(series.filled[:, k])} in a row" if filled > 1 else ""
            unused = " Nothing is trained or measured on " + ("it." if filled == 1 else "them.")
            _say(
                console,
                f"{plural(filled, 'missing value')} of {name!r} {repeat} the one "
                f"before{longest}.{'' if k else unused}",
            )
    gaps = 0 if series.times is None or len(series) < 2 else series.times.gaps()
    if gaps:
        _say(
            console,
            f"{plural(gaps, 'gap')} in time: the net counts rows, and takes those around a gap "
            "for neighbours.",
        )


def _longest(missing: Mask) -> int:
    """Return the length of the longest run of missing values."""
    edges = np.flatnonzero(np.diff(np.pad(missing.astype(int), 1)))  # begin, end, begin, end ...
    return int(np.max(edges[1::2] - edges[::2]))


def _parts(console: Console, series: Series, data: Dataset, changes: Changes) -> None:
    """Print which rows train, stop and test the net."""
    grid = _grid("part", f"{series.unit}s", "windows")
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
    trained = f"Trained for {plural(fitted.epochs, 'epoch')}"
    if fitted.stopped:
        trained = f"Stopped by you after epoch {fitted.epochs},"
    _say(
        console,
        f"{trained} in {fitted.seconds:.1f} s; kept the weights "
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
