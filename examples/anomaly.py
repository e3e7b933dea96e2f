"""Find what is wrong with a heartbeat: an LSTM autoencoder that has seen healthy ones only.

The series is number 135 of the UCR anomaly archive (Wu and Keogh 2021), InternalBleeding16, which
the package aeon brings: 1200 timesteps of normal data, and 7501 with one anomaly in them. One LSTM
reads 64 timesteps into its last state, another writes them from it, backwards. What is written
badly is what was never seen.

    python -m pip install 'elman[examples]'
    python examples/anomaly.py
"""

import argparse
import time

import numpy as np

import elman
from elman import layers

WINDOW = 64  # a third of a heartbeat, which takes 183 timesteps
NEAR = 100  # the archive's rule: a place this close to the anomaly has found it


def read():
    """Return normal data, data with an anomaly, and True where the anomaly is."""
    from aeon.datasets import load_kdd_tsad_135

    (normal, _), (asked, anomaly) = load_kdd_tsad_135("train"), load_kdd_tsad_135("test")
    mean, deviation = normal.mean(), normal.std()
    return (normal - mean) / deviation, (asked - mean) / deviation, anomaly.astype(bool)


def windows(series):
    return np.lib.stride_tricks.sliding_window_view(series, WINDOW).astype("float32")


def autoencoder(units):
    return elman.Sequential(
        [
            elman.Input((WINDOW, 1)),
            layers.LSTM(units),  # 64 numbers become as many as there are units
            layers.RepeatVector(WINDOW),
            layers.LSTM(units, return_sequences=True),
            layers.TimeDistributed(layers.Dense(1)),
        ]
    )


def score(errors, count):
    """Return for each timestep the mean error over all the windows that it is in."""
    total, number = np.zeros(count), np.zeros(count)
    for i in range(WINDOW):
        total[i : i + len(errors)] += errors[:, i]
        number[i : i + len(errors)] += 1
    return total / number


def nearest(normal, asked):
    """Return the squared distance of each window to the nearest normal one, step by step."""
    known = windows(normal)
    found = [known[np.square(known - w).sum(axis=1).argmin()] for w in windows(asked)]
    return np.square(np.array(found) - windows(asked))


def judge(scores, anomaly):
    """Return the place of the highest score, and how high it is beside the highest elsewhere."""
    place, first, last = int(scores.argmax()), *np.flatnonzero(anomaly)[[0, -1]]
    elsewhere = np.delete(scores, np.arange(first - NEAR, last + NEAR + 1))
    hit = first - NEAR <= place <= last + NEAR
    return place, hit, scores[anomaly].max() / elsewhere.max()


def plot(file, asked, scores, anomaly):
    import matplotlib.pyplot as plt

    figure, (top, bottom) = plt.subplots(2, 1, figsize=(8, 3.4), sharex=True, layout="constrained")
    middle = int(np.flatnonzero(anomaly).mean())
    shown = np.arange(middle - 900, middle + 900)
    top.plot(shown, asked[shown], linewidth=0.8)
    top.plot(np.flatnonzero(anomaly), asked[anomaly], color="C3")
    top.set(ylabel="pressure, scaled")
    bottom.plot(shown, scores[shown], color="C1", linewidth=0.8)
    bottom.set(xlabel="timestep", ylabel="error")
    figure.savefig(file, dpi=72)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="fewer units and windows: seconds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", metavar="FILE", help="draw the anomaly (needs matplotlib)")
    options = parser.parse_args(arguments)
    units, epochs, stride = (32, 20, 1) if options.short else (32, 40, 1)

    normal, asked, anomaly = read()
    x, tested = windows(normal)[::stride, :, None], windows(asked)[..., None]
    elman.utils.set_random_seed(options.seed)
    model = autoencoder(units)
    rate = elman.optimizers.schedules.CosineDecay(0.005, epochs * -(-len(x) // 32))
    model.compile(elman.optimizers.Adam(rate, clipnorm=1.0), "mse")
    start = time.perf_counter()
    model.fit(x, x[:, ::-1], epochs=epochs, batch_size=32, verbose=0)
    seconds = time.perf_counter() - start
    written = model.predict(tested, batch_size=256, verbose=0)[:, ::-1]
    scores = score(np.square(written - tested)[..., 0], len(asked))

    first, last = np.flatnonzero(anomaly)[[0, -1]]
    print(f"the anomaly is at {first} to {last}, of {len(asked)} timesteps")
    print(f"{'':36}{'highest at':>11}{'found':>7}   beside the highest elsewhere")
    place, hit, ratio = judge(scores, anomaly)
    label = f"{elman.__name__}, {model.count_params()} weights"
    print(f"{label:36}{place:11}{'yes' if hit else 'no':>7}{ratio:10.1f} times")
    simple = {
        "nearest normal window": score(nearest(normal, asked), len(asked)),
        "jump from one step to the next": np.abs(np.diff(asked, prepend=asked[0])),
        "distance from the mean": np.abs(asked - normal.mean()),
    }
    for name, other in simple.items():
        at, found, times = judge(other, anomaly)
        print(f"{name:36}{at:11}{'yes' if found else 'no':>7}{times:10.1f} times")
    print(f"\n{len(x)} windows to learn from, {epochs} epochs; trained in {seconds:.1f} s")
    if options.plot:
        plot(options.plot, asked, scores, anomaly)
    return {"place": place, "ratio": ratio, "seconds": seconds}


if __name__ == "__main__":
    main()
