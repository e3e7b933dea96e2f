"""How far back can a network remember? The adding problem, and copying from memory.

Adding (Hochreiter and Schmidhuber 1997): two of a hundred numbers are marked; what is their mean?
Copying (Arjovsky, Shah and Bengio 2016): ten symbols, then nothing for long, then a signal: say
the ten symbols.

    python -m pip install elman
    python examples/long_memory.py
"""

import argparse
import time

import numpy as np

import elman
from elman import layers

SYMBOLS = 8
BLANK, GO = SYMBOLS, SYMBOLS + 1
TOLERATED = 0.04  # Hochreiter and Schmidhuber: an answer further off is wrong


def adding(count, timesteps, rng):
    """Return numbers in [0, 1) with two of them marked, one in each half; and the mean of the two.

    Their numbers are in [-1, 1], and what is asked for is 0.5 + (a + b) / 4: this same mean.
    """
    x = np.zeros((count, timesteps, 2), "float32")
    x[..., 0] = rng.random((count, timesteps))
    rows = np.arange(count)
    x[rows, rng.integers(0, timesteps // 2, count), 1] = 1
    x[rows, rng.integers(timesteps // 2, timesteps, count), 1] = 1
    return x, (x[..., 0] * x[..., 1]).sum(axis=1, keepdims=True) / 2


def copying(count, length, delay, rng):
    """Return symbols, blanks and a signal, one number a timestep; and what to say at each."""
    symbols = rng.integers(0, SYMBOLS, (count, length))
    x = np.full((count, delay + 2 * length), BLANK)
    x[:, :length] = symbols
    x[:, length + delay - 1] = GO
    y = np.full_like(x, BLANK)
    y[:, -length:] = symbols
    return x.astype("int32"), y.astype("int32")


def train(model, loss, x, y):
    """Show the network every sequence once, in batches of 20; return the seconds it took."""
    steps = len(x) // 20
    rate = elman.optimizers.schedules.CosineDecay(0.003, steps)  # ends at 0: fine adjustment
    model.compile(elman.optimizers.Adam(rate, clipnorm=1.0), loss)
    start = time.perf_counter()
    model.fit(x, y, batch_size=20, verbose=0)
    return time.perf_counter() - start


def solve_adding(cell, sequences, timesteps, seed):
    """Return how many answers of 2560 are wrong, the mean squared error, and the seconds."""
    elman.utils.set_random_seed(seed)
    model = elman.Sequential([elman.Input((None, 2)), cell(64), layers.Dense(1)])
    rng = np.random.default_rng(seed)
    seconds = train(model, "mse", *adding(sequences, timesteps, rng))
    x, y = adding(2560, timesteps, rng)
    error = np.abs(model.predict(x, verbose=0) - y)
    return int((error > TOLERATED).sum()), float(np.square(error).mean()), seconds


def solve_copying(sequences, length, delay, seed):
    """Return the crossentropy a timestep, the share of symbols that are right, and the seconds."""
    elman.utils.set_random_seed(seed)
    model = elman.Sequential(
        [
            elman.Input((None,), dtype="int32"),
            layers.Embedding(SYMBOLS + 2, SYMBOLS + 2, "identity"),
            layers.GRU(128, return_sequences=True),
            layers.Dense(SYMBOLS + 1, activation="softmax"),
        ]
    )
    rng = np.random.default_rng(seed)
    loss = "sparse_categorical_crossentropy"
    seconds = train(model, loss, *copying(sequences, length, delay, rng))
    x, y = copying(1000, length, delay, rng)
    said = model.predict(x, verbose=0)[:, -length:].argmax(axis=-1)
    return model.evaluate(x, y, verbose=0), float((said == y[:, -length:]).mean()), seconds


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="shorter sequences: seconds")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    timesteps, added = (30, 20_000) if options.short else (100, 100_000)
    length, delay, copied = (3, 20, 20_000) if options.short else (10, 20, 100_000)
    found = {"seconds": 0.0}

    print(f"adding: {timesteps} timesteps, {added} sequences, each seen once")
    print(f"{'':32}wrong of 2560   mean squared error")
    for cell in (layers.SimpleRNN, layers.LSTM, layers.GRU):
        wrong, error, seconds = solve_adding(cell, added, timesteps, options.seed)
        name = cell.__name__
        print(f"{f'{elman.__name__}, {name}(64)':32}{wrong:13}{error:21.6f}   {seconds:.1f} s")
        found |= {f"{name} wrong": wrong, f"{name} error": error, f"{name} seconds": seconds}
        found["seconds"] += seconds
    _, y = adding(2560, timesteps, np.random.default_rng(options.seed))
    print(f"{'always one half':32}{int((abs(y - 0.5) > TOLERATED).sum()):13}{y.var():21.6f}")
    print(f"{'the LSTM of 1997, 100 timesteps':32}{1:13}           below 0.01")

    print(f"\ncopying {length} symbols after {delay} timesteps: {copied} sequences, each seen once")
    print(f"{'':32}crossentropy   symbols right")
    loss, right, seconds = solve_copying(copied, length, delay, options.seed)
    print(f"{f'{elman.__name__}, GRU(128)':32}{loss:12.4f}{right:16.3f}   {seconds:.1f} s")
    found |= {"copying loss": loss, "copying right": right, "copying seconds": seconds}
    found["seconds"] += seconds
    guessed = length * np.log(SYMBOLS) / (delay + 2 * length)
    print(f"{'the best without memory':32}{guessed:12.4f}{1 / SYMBOLS:16.3f}")
    print(f"\ntrained in {found['seconds']:.1f} s")
    return found


if __name__ == "__main__":
    main()
