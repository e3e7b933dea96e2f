"""Sequence to sequence: read "535+61" and write "596", a character at a time.

One LSTM reads the question, and its state is where another starts that writes the answer. While it
learns, the writer is shown the right character before each (teacher forcing); when it is tested, it
reads what it has written itself, the likeliest character at each step (greedy decoding).

    python -m pip install elman
    python examples/addition.py
"""

import argparse
import time

import numpy as np

import elman
from elman import layers

CHARACTERS = " 0123456789+<"  # a blank fills up; "<" is what the writer reads first
BATCH = 64
CODE = {character: index for index, character in enumerate(CHARACTERS)}


def encode(texts):
    """Return the characters as numbers: (texts, longest text)."""
    return np.array([[CODE[c] for c in text] for text in texts], "int32")


def decode(codes):
    return ["".join(CHARACTERS[c] for c in row).strip() for row in codes]


def problems(count, digits, rng):
    """Return questions, back to front as is usual for this task, and answers; none is there twice.

    a+b and b+a count as one, so that no question of the test was seen the other way round.
    """
    lengths = rng.integers(1, digits + 1, (4 * count, 2))  # as many short numbers as long ones
    pairs = np.unique(np.sort(rng.integers(0, 10**lengths), axis=1), axis=0)
    pairs = rng.permuted(rng.permutation(pairs)[:count], axis=1)
    questions = [f"{a}+{b}".ljust(2 * digits + 1)[::-1] for a, b in pairs]
    return questions, [str(a + b).ljust(digits + 1) for a, b in pairs]


class Network:
    """A reader and a writer that learn as one model and work as two."""

    def __init__(self, units):
        size = len(CHARACTERS)
        question = elman.Input((None,), dtype="int32")
        previous = elman.Input((None,), dtype="int32")
        h, c = elman.Input((units,)), elman.Input((units,))
        read = layers.LSTM(units, return_state=True)
        embed = layers.Embedding(size, 32)
        write = layers.LSTM(units, return_sequences=True, return_state=True)
        choose = layers.Dense(size, activation="softmax")

        _, *state = read(layers.Embedding(size, 32)(question))
        written, _, _ = write(embed(previous), initial_state=state)
        self.both = elman.Model([question, previous], choose(written))
        self.reader = elman.Model(question, state)
        written, *after = write(embed(previous), initial_state=[h, c])
        self.writer = elman.Model([previous, h, c], [choose(written), *after])

    def train(self, questions, answers, epochs):
        """Learn with teacher forcing: the writer reads the answer, a character late."""
        x, y = encode(questions), encode(answers)
        late = np.insert(y[:, :-1], 0, CODE["<"], axis=1)
        rate = elman.optimizers.schedules.CosineDecay(0.005, epochs * -(-len(x) // BATCH))
        self.both.compile(elman.optimizers.Adam(rate), "sparse_categorical_crossentropy")
        self.both.fit([x, late], y, batch_size=BATCH, epochs=epochs, verbose=0)

    def answer(self, questions, length):
        """Write answers by greedy decoding: the likeliest character is what is read next."""
        state = self.reader.predict(encode(questions), batch_size=512, verbose=0)
        codes = np.full((len(questions), 1), CODE["<"], "int32")
        for _ in range(length):
            inputs = [codes[:, -1:], *state]
            chances, *state = self.writer.predict(inputs, batch_size=512, verbose=0)
            codes = np.append(codes, chances.argmax(axis=-1).astype("int32"), axis=1)
        return codes[:, 1:]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="two digits: seconds")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    digits, count, epochs = (2, 4_000, 60) if options.short else (3, 50_000, 12)

    questions, answers = problems(count, digits, np.random.default_rng(options.seed))
    known = len(questions) * 9 // 10
    asked, right = questions[known:], answers[known:]
    elman.utils.set_random_seed(options.seed)
    network = Network(64 if options.short else 96)
    start = time.perf_counter()
    network.train(questions[:known], answers[:known], epochs)
    seconds = time.perf_counter() - start

    codes = network.answer(asked, digits + 1)
    characters = np.mean(codes == encode(right))
    answered = decode(codes)
    whole = np.mean([a == r.strip() for a, r in zip(answered, right, strict=True)])
    for question, given, true in list(zip(asked, answered, right, strict=True))[:8]:
        text = f"{question[::-1].strip()}={given}"
        print(f"{text:14}" + ("" if given == true.strip() else f"wrong: {true.strip()}"))

    seen = f"{known} sums up to {digits} digits, {epochs} epochs"
    print(f"\n{seen:44}{'characters':>10}{'whole sums':>12}   (of {len(asked)} others)")
    label = f"{elman.__name__}, {network.both.count_params()} weights"
    print(f"{label:44}{characters:10.4f}{whole:12.4f}")
    often = np.mean(encode(right) == np.median(encode(right), axis=0).astype(int))
    print(f"{'the usual character of each place':44}{often:10.4f}{0:12.4f}")
    print(f"{'Keras documentation, 3 digits, 100 epochs':44}{0.99:10}")
    print(f"\ntrained in {seconds:.1f} s")
    return {"characters": characters, "whole": whole, "seconds": seconds}


if __name__ == "__main__":
    main()
