"""Learn to write like the manual of Python, a character at a time.

The text is the language reference as `help()` shows it, which every Python brings with it
(`pydoc_data.topics`, nearly half a million characters). An LSTM says how likely each character is
to be the next; `elman.generate` draws one by these chances, and lets it read that.

    python -m pip install elman
    python examples/text.py
"""

import argparse
import lzma
import time
from collections import Counter
from pydoc_data.topics import topics

import numpy as np

import elman
from elman import layers

TIMESTEPS = 100


def read():
    """Return the text to learn from, the last tenth to be tested with, and the characters in use.

    Topics share paragraphs. Each is taken once, so that none of the test has been seen.
    """
    paragraphs = (p for name in sorted(topics) for p in topics[name].split("\n\n"))
    text = "\n\n".join(dict.fromkeys(paragraphs))
    cut = len(text) * 9 // 10
    letters = sorted(set(text[:cut]))
    return text[:cut], "".join(c for c in text[cut:] if c in set(letters)), letters


def pieces(text, letters):
    """Return pieces of the text as numbers, and the same a character later: what comes next."""
    code = {letter: number for number, letter in enumerate(letters)}
    codes = np.array([code[c] for c in text], "int32")
    whole = (len(codes) - 1) // TIMESTEPS * TIMESTEPS
    return codes[:whole].reshape(-1, TIMESTEPS), codes[1 : whole + 1].reshape(-1, TIMESTEPS)


def network(size, units):
    return elman.Sequential(
        [
            elman.Input((None,), dtype="int32"),
            layers.Embedding(size, 32),
            layers.LSTM(units, return_sequences=True),
            layers.Dense(size, activation="softmax"),
        ]
    )


def by_counts(known, asked, order):
    """Return bits a character by what followed the same `order` characters before.

    A count is mixed with what one character less says (Witten and Bell 1991): the more different
    characters have followed, the more goes to the shorter context.
    """
    seen = [Counter() for _ in range(order + 1)]  # of contexts with what follows, by length
    often, kinds = Counter(), Counter()
    for n in range(order + 1):
        for i in range(n, len(known)):
            seen[n][known[i - n : i + 1]] += 1
        for piece, count in seen[n].items():
            often[n, piece[:-1]] += count
            kinds[n, piece[:-1]] += 1
    bits, size = 0.0, len(set(known))
    for i in range(order, len(asked)):
        chance = 1 / size
        for n in range(order + 1):
            before = (n, asked[i - n : i])
            if before in often:
                count = seen[n][asked[i - n : i + 1]]
                chance = (count + kinds[before] * chance) / (often[before] + kinds[before])
        bits -= np.log2(chance)
    return bits / (len(asked) - order)


def compressed(known, asked):
    """Return how many bits a character of the text costs xz when it has seen the rest before."""
    both, first = (len(lzma.compress(t.encode(), preset=9)) for t in (known + asked, known))
    return 8 * (both - first) / len(asked)


def write(model, letters, start, count, sampler):
    """Return what the network writes, and the seconds: each character is the next one's input."""
    begin = time.perf_counter()
    read = np.array([[letters.index(letter) for letter in start]], "int32")
    written = elman.generate(model, read, count, sampler)
    said = start + "".join(letters[number] for number in written[0])
    return said, time.perf_counter() - begin


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="fewer units and epochs: seconds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", type=int, default=500, help="characters to write")
    parser.add_argument("--temperature", type=float, default=0.7, help="above 1 is more daring")
    parser.add_argument("--top-k", type=int, default=20, help="characters to choose among")
    options = parser.parse_args(arguments)
    units, epochs = (64, 4) if options.short else (128, 25)

    known, asked, letters = read()
    (x, y), (x_asked, y_asked) = pieces(known, letters), pieces(asked, letters)
    elman.utils.set_random_seed(options.seed)
    model = network(len(letters), units)
    rate = elman.optimizers.schedules.CosineDecay(0.005, epochs * -(-len(x) // 32))
    optimizer = elman.optimizers.Adam(rate, clipnorm=1.0)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    start = time.perf_counter()
    model.fit(x, y, batch_size=32, epochs=epochs, verbose=0)
    seconds = time.perf_counter() - start
    bits = model.evaluate(x_asked, y_asked, verbose=0) / np.log(2)

    print(f"{f'{len(asked)} characters never seen':44}bits a character")
    label = f"{elman.__name__}, {model.count_params()} weights"
    print(f"{label:44}{bits:.2f}")
    for order in (0, 2, 5):
        counted = by_counts(known, asked, order)
        print(f"{f'counts of what follows {order} characters':44}{counted:.2f}")
    print(f"{'xz, which has seen the rest':44}{compressed(known, asked):.2f}")
    print(f"\ntrained on {len(known)} characters, {epochs} times, in {seconds:.1f} s")
    found = {"bits": bits, "seconds": seconds}
    if options.write:
        sampler = elman.generation.Sample(
            options.temperature, top_k=options.top_k, seed=options.seed
        )
        said, took = write(model, letters, "The ", options.write, sampler)
        found["microseconds"] = 1e6 * took / options.write
        print(f"written at {found['microseconds']:.0f} us a character:\n\n{said}")
    return found


if __name__ == "__main__":
    main()
