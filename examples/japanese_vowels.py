"""Who is speaking? Nine men say /ae/, in sequences of 7 to 29 timesteps: padding, a mask, an LSTM.

The data set JapaneseVowels (Kudo, Toyama and Shimbo 1999) comes with the package aeon:
12 cepstrum coefficients a timestep, 270 sequences to learn from and 370 to be tested with.

    python -m pip install 'elman[examples]'
    python examples/japanese_vowels.py
"""

import argparse
import time

import numpy as np

import elman
from elman import layers

PUBLISHED = {
    "hidden Markov model (Kudo et al. 1999)": 0.962,
    "their own method (Kudo et al. 1999)": 0.941,
}


def read():
    """Return the sequences of each split, a list of arrays (timesteps, 12), and who speaks."""
    from aeon.datasets import load_japanese_vowels

    splits = {}
    for split in ("train", "test"):
        sequences, speakers = load_japanese_vowels(split)
        splits[split] = [s.T.astype("float32") for s in sequences], speakers.astype(int) - 1
    return splits


def standardize(splits):
    """Bring each coefficient to mean 0 and deviation 1 over what there is to learn from."""
    steps = np.concatenate(splits["train"][0])
    mean, deviation = steps.mean(axis=0), steps.std(axis=0)
    return {k: ([(s - mean) / deviation for s in x], y) for k, (x, y) in splits.items()}


def nearest(splits):
    """Give each sequence the speaker of the nearest one, by the mean over its timesteps."""
    known, asked = (np.array([s.mean(axis=0) for s in splits[k][0]]) for k in ("train", "test"))
    distances = np.linalg.norm(asked[:, None] - known[None], axis=-1)
    return np.mean(splits["train"][1][distances.argmin(axis=1)] == splits["test"][1])


def network(units):
    return elman.Sequential(
        [
            elman.Input((None, 12)),  # any number of timesteps
            layers.Masking(),  # what is all zeros is padding, and a step that is not taken
            layers.Bidirectional(layers.LSTM(units)),  # both directions start where the data do
            layers.Dropout(0.5),
            layers.Dense(9, activation="softmax"),
        ]
    )


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="fewer units and epochs: a second")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    units, epochs = (16, 20) if options.short else (64, 100)

    splits = standardize(read())
    padded = {k: elman.utils.pad_sequences(x, dtype="float32") for k, (x, _) in splits.items()}
    lengths = [len(s) for s in splits["test"][0]]
    print(f"{len(lengths)} sequences of {min(lengths)} to {max(lengths)} timesteps to tell apart")

    elman.utils.set_random_seed(options.seed)
    model = network(units)
    model.compile(
        elman.optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    start = time.perf_counter()
    model.fit(padded["train"], splits["train"][1], epochs=epochs, batch_size=32, verbose=0)
    seconds = time.perf_counter() - start
    _, accuracy = model.evaluate(padded["test"], splits["test"][1], verbose=0)

    # Padding counts for nothing: a sequence by itself, without any, gets the same answer.
    alone = np.array([model.predict(s[None], verbose=0)[0] for s in splits["test"][0][:20]])
    padding = np.abs(alone - model.predict(padded["test"][:20], verbose=0)).max()

    print(f"\n{'share of sequences given to the right speaker':48}")
    print(f"{elman.__name__ + f', {model.count_params()} weights':48}{accuracy:.3f}")
    print(f"{'nearest sequence, by the mean of its timesteps':48}{nearest(splits):.3f}")
    for name, published in PUBLISHED.items():
        print(f"{name:48}{published:.3f}")
    print(f"\npadding changes a probability by {padding:.1e} at most")
    print(f"trained in {seconds:.1f} s")
    return {"accuracy": accuracy, "padding": padding, "seconds": seconds}


if __name__ == "__main__":
    main()
