"""Forecast airline passengers a year ahead, six times, each time from all that was known by then.

The series is Box and Jenkins's: monthly totals of 1949 to 1960, which the package aeon brings. GRUs
learn to say the next month's growth from the thirteen months before; then they go on from what
they have said themselves (closed loop), twelve months far. Three of them are averaged.

    python -m pip install 'elman[examples]'
    python examples/airline.py
"""

import argparse
import time

import numpy as np

import elman
from elman import layers

LOOK_BACK, AHEAD = 13, 12  # a year and a month, so that it sees the same month's growth
AUTO_ARIMA = [0.061710, 0.050042, 0.029802, 0.053773, 0.073820, 0.030976]  # sktime's tutorial


def read():
    """Return the 144 monthly totals, in thousands."""
    from aeon.datasets import load_airline

    return np.asarray(load_airline(), "float64").ravel()


def windows(series):
    """Return every LOOK_BACK values (windows, LOOK_BACK, 1), and the value behind each."""
    x = np.lib.stride_tricks.sliding_window_view(series[:-1], LOOK_BACK)
    return x[..., None].astype("float32"), series[LOOK_BACK:, None].astype("float32")


def train(x, y, epochs):
    model = elman.Sequential([elman.Input((LOOK_BACK, 1)), layers.GRU(16), layers.Dense(1)])
    model.compile(elman.optimizers.Adam(0.005), "mse")
    model.fit(x, y, batch_size=16, epochs=epochs, verbose=0)
    return model


def go_on(model, known):
    """Return the next values of a series: each is found from those before, found ones too."""
    series = list(known)
    for _ in range(AHEAD):
        x = np.array(series[-LOOK_BACK:], "float32")[None, :, None]
        series.append(float(model.predict_on_batch(x)[0, 0]))
    return np.array(series[len(known) :])


def forecast(passengers, members, epochs):
    """Return the twelve months to come: growth of the logarithm, standardized, and back."""
    growth = np.diff(np.log(passengers))
    mean, deviation = growth.mean(), growth.std()
    known = (growth - mean) / deviation
    paths = [go_on(train(*windows(known), epochs), known) for _ in range(members)]
    grown = np.mean(paths, axis=0) * deviation + mean
    return passengers[-1] * np.exp(np.cumsum(grown))


def error(forecast, true):
    """Return the mean absolute percentage error, as a share."""
    return float(np.mean(np.abs(forecast - true) / true))


def plot(file, passengers, forecasts):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
    years = 1949 + np.arange(len(passengers)) / 12
    axes.plot(years, passengers, color="0.6", label="passengers, thousands")
    for start, values in forecasts.items():
        axes.plot(years[start : start + AHEAD], values, color="C0", label="forecast")
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[:2], labels[:2])
    figure.savefig(file, dpi=80)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="one network a year: seconds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", metavar="FILE", help="draw the forecasts (needs matplotlib)")
    options = parser.parse_args(arguments)
    members, epochs = (1, 100) if options.short else (3, 200)

    passengers = read()
    elman.utils.set_random_seed(options.seed)
    start = time.perf_counter()
    name = elman.__name__
    print("mean absolute percentage error of twelve months, in %")
    print(f"{'forecast from':16}{name:>8}{'last year again':>18}{'AutoARIMA (sktime)':>21}")
    forecasts, rows = {}, []
    for known, published in zip(range(72, 144, AHEAD), AUTO_ARIMA, strict=True):
        past, true = passengers[:known], passengers[known : known + AHEAD]
        forecasts[known] = forecast(past, members, epochs)
        rows.append((error(forecasts[known], true), error(past[-AHEAD:], true), published))
        ours, naive, arima = np.multiply(100, rows[-1])
        print(f"December {1948 + known // 12:<7}{ours:8.1f}{naive:18.1f}{arima:21.1f}")
    seconds = time.perf_counter() - start
    ours, naive, arima = 100 * np.mean(rows, axis=0)
    print(f"{'mean':16}{ours:8.1f}{naive:18.1f}{arima:21.1f}")
    count = 6 * members
    print(f"\n{count} networks trained, {count * AHEAD} months said, in {seconds:.1f} s")
    if options.plot:
        plot(options.plot, passengers, forecasts)
    return {"error": ours / 100, "seconds": seconds}


if __name__ == "__main__":
    main()
