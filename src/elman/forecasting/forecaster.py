"""The net that forecasts: how it is made, trained, used, and kept in one file.

window (lookback, columns) -> recurrent layers -> Dense ---------+
                           -> Flatten -> Dense, the shortcut ---- + -> change (horizon,)
season (horizon,), if any  ------------^

The shortcut adds a linear forecast (as in LSTNet, Lai et al. 2018, section 3.6), so that the
recurrent layers need learn only what a linear forecast cannot. Both Dense layers start at zero:
the untrained net forecasts that nothing changes. `elman.forecasting.changes` says what goes in
and comes out.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from elman import _check, _random
from elman._typing import Array
from elman.callbacks import Callback, EarlyStopping
from elman.errors import ArgumentError, FormatError
from elman.forecasting.changes import Changes, Origins
from elman.forecasting.series import FILLS, Series
from elman.forecasting.windows import Dataset
from elman.formats import keras
from elman.layers import GRU, LSTM, Add, Concatenate, Dense, Dropout, Flatten, Input, SimpleRNN
from elman.models import Model
from elman.optimizers import Adam

VERSION = 1
EXTRA = "forecast"  # the name under which a model's file keeps what `Forecaster` adds
BATCH = 512  # windows that are computed at once where nothing is learned
LAYERS = {"lstm": LSTM, "gru": GRU, "simple_rnn": SimpleRNN}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a forecaster is made and trained.

    Attributes:
        lookback: how many rows it reads.
        horizon: how many rows ahead it forecasts, all at once.
        layer: "lstm", "gru" or "simple_rnn".
        units: size of each recurrent layer's state.
        layers: how many recurrent layers there are.
        shortcut: whether a linear forecast is added.
        dropout: share of each recurrent layer's output that is dropped in training.
        epochs: passes over the training windows, at most.
        batch_size: windows a step.
        learning_rate: of Adam.
        patience: epochs without a better validation loss after which training stops.
        validation, test: shares of the rows, see `elman.forecasting.windows`.
        seed: of the first weights, the order of the windows, and dropout.
    """

    lookback: int = 48
    horizon: int = 1
    layer: str = "lstm"
    units: int = 32
    layers: int = 1
    shortcut: bool = True
    dropout: float = 0.0
    epochs: int = 200
    batch_size: int = 64
    learning_rate: float = 0.002
    patience: int = 10
    validation: float = 0.15
    test: float = 0.2
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Forecaster:
    """A trained net, and all that is needed to use it on another file.

    Attributes:
        model: the net.
        changes: what goes into it and comes out, with all sizes and scalings.
        time: the name of the time column, or None.
        fill: what is done with missing values, see `read_series`.
        notes: how it was trained, for people. Nothing is computed from it.
    """

    model: Model
    changes: Changes
    time: str | None
    fill: str
    notes: dict[str, Any]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that it reads, the target first."""
        return self.changes.scaler.names

    def forecast(self, series: Series, origins: Origins | None = None) -> Array:
        """Forecast the target.

        Args:
            series: the series, with the columns `names`.
            origins: (batch,) the last row that each forecast knows; the last of all by default.

        Returns:
            (batch, horizon) float64, in the target's units.

        Raises:
            ArgumentError: the series is too short, or its columns are others.
        """
        if series.names != self.names:
            raise ArgumentError(
                f"forecast: `series` must have the columns {', '.join(self.names)}, in this "
                f"order; got {', '.join(series.names)}."
            )
        self.check_reach(series)
        rows = np.array([len(series) - 1]) if origins is None else origins
        parts = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
        outputs = [self.model(self.changes.inputs(series.values, part)) for part in parts]
        return self.changes.forecasts(np.concatenate(outputs), series.values[rows, 0])

    def check_reach(self, series: Series) -> None:
        """Check that a series is as long as what the model looks back on.

        Raises:
            ArgumentError: it is shorter.
        """
        if len(series) < self.changes.reach:
            raise ArgumentError(
                f"{series.source}: the file must have at least {self.changes.reach} rows, what the "
                f"model looks back on; got {len(series)}."
            )

    def save(self, path: str | Path) -> None:
        """Write one file, which `load` and `elman predict` read.

        Args:
            path: ends in ".keras".
        """
        kept = {
            "version": VERSION,
            "changes": self.changes.get_config(),
            "time": self.time,
            "fill": self.fill,
            "notes": self.notes,
        }
        keras.save(self.model, path, extra={EXTRA: kept})

    @classmethod
    def load(cls, path: str | Path) -> "Forecaster":
        """Read what `save` wrote.

        Raises:
            FormatError: the file is damaged, or holds no forecast model.
        """
        model, extra = keras.load_with_extra(path, compile=False)
        if EXTRA not in extra:
            raise FormatError(
                f"{path}: the file must hold a forecast model; got a model without one's scaling. "
                "Make one with `elman train`."
            )
        kept = extra[EXTRA]
        if not isinstance(kept, dict) or kept.get("version") != VERSION:
            got = kept.get("version") if isinstance(kept, dict) else kept
            raise FormatError(
                f"{path}: 'extra/{EXTRA}.json' must be of version {VERSION}; got {got!r}."
            )
        changes = Changes.from_config(kept.get("changes"))
        time_, fill, notes = (kept.get(name) for name in ("time", "fill", "notes"))
        shapes = [tuple(tensor.shape) for tensor in (*model.inputs, *model.outputs)]
        if (
            shapes == _shapes(changes)
            and (time_ is None or isinstance(time_, str))
            and fill in FILLS
            and isinstance(notes, dict)
        ):
            return cls(model, changes, time_, str(fill), notes)
        raise FormatError(
            f"{path}: 'extra/{EXTRA}.json' must describe the model beside it, whose inputs and "
            f"output have the shapes {', '.join(map(str, shapes))}; got "
            f"{', '.join(map(str, _shapes(changes)))}, time={time_!r} and fill={fill!r}."
        )


def _shapes(changes: Changes) -> list[tuple[int | None, ...]]:
    """Return the shapes of a model's inputs and output."""
    window = (None, changes.lookback, len(changes.scaler.names))
    change = (None, changes.horizon)
    return [window, change] if changes.season is None else [window, change, change]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained forecaster, and how the training went.

    Attributes:
        forecaster: what was trained.
        epochs: how many there were.
        best_epoch: the one whose weights were kept, from 1.
        seconds: how long they took.
        stopped: whether a person stopped it, with Ctrl-C.
    """

    forecaster: Forecaster
    epochs: int
    best_epoch: int
    seconds: float
    stopped: bool = False


class _Epochs(Callback):
    """Counts the epochs that have been validated."""

    heeds_nan = True  # a breakdown is an error, when training is over

    count, loss = 0, 0.0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.count, self.loss = epoch + 1, (logs or {})["val_loss"]


def choose_changes(
    series: Series, data: Dataset, settings: Settings, season: int | None
) -> Changes:
    """Decide what the net reads, and measure its scalings on the training windows.

    It reads the values of one season ago if there is a shortcut to read them, if a season is
    longer than a window, and if at least half of the training windows have a season before them.

    Args:
        series: the series.
        data: its windows, from `make_windows` with the settings' lookback and horizon.
        settings: how the net is made.
        season: rows in a season, None if there is none.

    Raises:
        ArgumentError: the target does not change.
    """
    origins = data.train.origins
    longer = settings.shortcut and season is not None and season > settings.lookback
    if longer and season is not None and np.mean(origins + 1 >= season) >= 0.5:
        origins = origins[origins + 1 >= season]
    else:
        season = None
    return Changes.fit(
        series.values,
        origins,
        data.scaler,
        lookback=settings.lookback,
        horizon=settings.horizon,
        season=season,
    )


def make_net(settings: Settings, changes: Changes) -> Model:
    """Make the untrained net.

    Args:
        settings: its layers. The first weights are drawn from elman's process-wide seed.
        changes: what it reads and puts out.
    """
    recurrent = LAYERS[_check.one_of("Settings", "layer", settings.layer, LAYERS)]
    _check.integer("Settings", "layers", settings.layers)
    horizon = changes.horizon
    window = h = Input((changes.lookback, len(changes.scaler.names)), name="window")
    inputs = [window]
    for number in range(1, settings.layers + 1):
        more = number < settings.layers
        h = recurrent(settings.units, return_sequences=more, name=f"recurrent_{number}")(h)
        if settings.dropout:
            h = Dropout(settings.dropout, name=f"dropout_{number}")(h)
    change = Dense(horizon, kernel_initializer="zeros", name="head")(h)
    if settings.shortcut:
        flat = Flatten(name="flat")(window)
        if changes.season is not None:
            inputs.append(Input((horizon,), name="season"))
            flat = Concatenate(name="known")([flat, inputs[1]])
        shortcut = Dense(horizon, kernel_initializer="zeros", name="shortcut")(flat)
        change = Add(name="change")([change, shortcut])
    return Model(inputs, change, name="forecaster")


def fit_forecaster(
    series: Series,
    data: Dataset,
    changes: Changes,
    settings: Settings,
    *,
    time_column: str | None = None,
    fill: str = "error",
    verbose: Any = 0,
    callbacks: Sequence[Callback] = (),
    stoppable: bool = False,
) -> Fitted:
    """Train a net on the training windows; keep the weights that validate best.

    The same seed gives the same bits. It starts elman's process-wide randomness anew.

    Args:
        series: the series.
        data: its windows.
        changes: what the net reads and puts out, from `choose_changes`.
        settings: how to make and train the net.
        time_column, fill: how the series was read, to be kept.
        verbose: progress, see `Model.fit`.
        callbacks: more listeners.
        stoppable: whether Ctrl-C after the first epoch ends training as `patience` would.

    Raises:
        ArgumentError: training broke down.
        KeyboardInterrupt: someone pressed Ctrl-C, unless that just ends training.
    """
    values, held = series.values, data.validation.origins
    train = data.train.origins[data.train.origins + 1 >= changes.reach]
    _random.seed_process(_check.integer("Settings", "seed", settings.seed, minimum=0))
    _check.integer("Settings", "epochs", settings.epochs)
    model = make_net(settings, changes)
    model.compile(Adam(settings.learning_rate, clipnorm=1.0), "mse")
    stopping = EarlyStopping(patience=settings.patience, restore_best_weights=True)
    done, start = _Epochs(), time.perf_counter()
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # a breakdown is an error, below
            model.fit(
                changes.inputs(values, train), changes.targets(values, train),
                batch_size=settings.batch_size, epochs=settings.epochs, verbose=verbose,
                validation_data=(changes.inputs(values, held), changes.targets(values, held)),
                validation_batch_size=BATCH, callbacks=[stopping, done, *callbacks],
            )  # fmt: skip
        stopped = False
    except KeyboardInterrupt:
        if not stoppable or not done.count or stopping.best_weights is None:
            raise
        model.set_weights(stopping.best_weights)
        stopped = True
    seconds = time.perf_counter() - start
    if stopping.best is None or not np.isfinite(stopping.best):
        raise ArgumentError(
            "fit_forecaster: `learning_rate` must let the loss stay finite; got "
            f"{settings.learning_rate:g}, and a loss of {done.loss}. "
            "Use a smaller one."
        )
    notes = {
        "source": series.source,
        "parts": spans(series, data),
        "settings": asdict(settings),
        "best_epoch": stopping.best_epoch + 1,
    }
    forecaster = Forecaster(model, changes, time_column, fill, notes)
    return Fitted(forecaster, done.count, stopping.best_epoch + 1, seconds, stopped)


def spans(series: Series, data: Dataset) -> dict[str, str]:
    """Return the times of each part, as "first to last", or its place, as "lines 2 to 9"."""
    marks = None if series.times is None else _short(series.times.text())
    edges = {
        "training": (0, data.train_end),
        "validation": (data.train_end, data.validation_end),
        "test": (data.validation_end, len(series)),
    }
    return {
        part: series.span(a, b) if marks is None else f"{marks[a]} to {marks[b - 1]}"
        for part, (a, b) in edges.items()
    }


def _short(times: list[str]) -> list[str]:
    """Return times as people write them: without seconds that are always zero."""
    if all(len(time) == len("2024-01-31T13:00:00") and time.endswith(":00") for time in times):
        times = [time.removesuffix(":00") for time in times]
    return [time.replace("T", " ") for time in times]


__all__ = [
    "Fitted",
    "Forecaster",
    "Settings",
    "choose_changes",
    "fit_forecaster",
    "make_net",
    "spans",
]
