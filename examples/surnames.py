"""From which language is a surname? Letters as numbers, an embedding, a mask and a GRU.

The package Faker brings lists of real surnames by country. Accents are taken off, so that it is the
sequence of letters that tells, and names that are at home in two of the countries are left out.

    python -m pip install 'elman[examples]'
    python examples/surnames.py
"""

import argparse
import importlib
import time
import unicodedata

import numpy as np

import elman
from elman import layers

COUNTRIES = {
    "Croatia": "hr_HR", "England": "en_GB", "Estonia": "et_EE", "Finland": "fi_FI",
    "France": "fr_FR", "Germany": "de_DE", "India": "en_IN", "Italy": "it_IT",
    "Netherlands": "nl_NL", "Slovakia": "sk_SK", "Spain": "es_ES", "Sweden": "sv_SE",
}  # fmt: skip
LETTERS = {letter: 1 + i for i, letter in enumerate("abcdefghijklmnopqrstuvwxyz")}  # 0 is padding
LONGEST = 16


def plain(name):
    """Return the name in the letters a to z, or None if it has others."""
    apart = unicodedata.normalize("NFKD", name.lower().replace("ß", "ss").replace("đ", "d"))
    letters = "".join(c for c in apart if not unicodedata.combining(c))
    return letters if 3 <= len(letters) <= LONGEST and set(letters) <= set(LETTERS) else None


def read(rng):
    """Return names and their countries as numbers, in random order."""
    found = {}
    for country, locale in enumerate(COUNTRIES.values()):
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        for name in {plain(name) for name in provider.last_names}:
            if name:
                found.setdefault(name, set()).add(country)
    known = sorted((name, min(at)) for name, at in found.items() if len(at) == 1)
    names, countries = zip(*known, strict=True)
    order = rng.permutation(len(names))
    return np.array(names)[order], np.array(countries)[order]


def encode(names):
    codes = [[LETTERS[letter] for letter in name] for name in names]
    return elman.utils.pad_sequences(codes, maxlen=LONGEST, padding="post")


def by_letters(known, countries, asked):
    """Guess by naive Bayes over groups of three letters: how often has each country had them?"""

    def groups(name):
        framed = f"^{name}$"
        return [framed[i : i + 3] for i in range(len(framed) - 2)]

    index = {g: i for i, g in enumerate(sorted({g for name in known for g in groups(name)}))}
    counts = np.full((len(COUNTRIES), len(index)), 0.1)
    for name, country in zip(known, countries, strict=True):
        for g in groups(name):
            counts[country, index[g]] += 1
    chances = np.log(counts / counts.sum(axis=1, keepdims=True))
    prior = np.log(np.bincount(countries))
    each = [[chances[:, index[g]] for g in groups(name) if g in index] for name in asked]
    return np.array([(prior + np.sum(e, axis=0) if e else prior).argmax() for e in each])


def network(units):
    return elman.Sequential(
        [
            elman.Input((None,), dtype="int32"),
            layers.Embedding(1 + len(LETTERS), 24, mask_zero=True),  # padding is masked
            layers.Dropout(0.2),
            layers.Bidirectional(layers.GRU(units)),
            layers.Dropout(0.5),
            layers.Dense(len(COUNTRIES), activation="softmax"),
        ]
    )


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="fewer units and epochs: seconds")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    units, epochs = (32, 8) if options.short else (64, 30)

    names, countries = read(np.random.default_rng(options.seed))
    cut = len(names) * 4 // 5
    x, asked, right = encode(names[:cut]), encode(names[cut:]), countries[cut:]

    elman.utils.set_random_seed(options.seed)
    model = network(units)
    rate = elman.optimizers.schedules.CosineDecay(0.004, epochs * -(-cut // 32))
    model.compile(elman.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    start = time.perf_counter()
    model.fit(x, countries[:cut], epochs=epochs, batch_size=32, verbose=0)
    seconds = time.perf_counter() - start
    chances = model.predict(asked, verbose=0)
    said = chances.argmax(axis=-1)
    accuracy = np.mean(said == right)

    places = np.array(list(COUNTRIES))
    for name, chance in list(zip(names[cut:], chances, strict=True))[:6]:
        first, second = chance.argsort()[:-3:-1]
        guess = f"{places[first]} {chance[first]:.2f}, {places[second]} {chance[second]:.2f}"
        print(f"{name:16}{guess}")
    print(f"\n{f'{len(right)} surnames never seen, of {len(places)} countries':44}right")
    label = f"{elman.__name__}, {model.count_params()} weights"
    print(f"{label:44}{accuracy:.3f}")
    bayes = np.mean(by_letters(names[:cut], countries[:cut], names[cut:]) == right)
    print(f"{'naive Bayes over groups of three letters':44}{bayes:.3f}")
    print(
        f"{'always the country with the most names':44}{np.bincount(right).max() / len(right):.3f}"
    )
    wrong = np.zeros((len(places), len(places)), int)
    np.add.at(wrong, (right, said), said != right)
    most = np.unravel_index(wrong.argmax(), wrong.shape)
    print(
        f"\nmost often confused: {places[most[0]]} taken for {places[most[1]]}, {wrong.max()} times"
    )
    print(f"trained on {cut} surnames in {seconds:.1f} s")
    return {"accuracy": accuracy, "seconds": seconds}


if __name__ == "__main__":
    main()
