"""What the exact gradient costs is what is said of it, and what is kept."""

import re

import pytest

from elman import layers, models
from elman.models.online_parts import parts_of
from elman.online import cost
from elman.online.rtrl import Rtrl, is_gated
from tests.online.chains import KINDS, chain, rnn

ROW = re.compile(r"^ *(\d+) +(\S+ \S+) +(\S+ \S+) +(\S+ \S+) +(\S+ \S+)$", re.MULTILINE)
WORDS = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "KiB": 2**10, "MiB": 2**20}


def of(*stack, batch=1, features=3):
    parts = parts_of(chain(*stack, features=features))
    return cost.of(parts, [is_gated(part) for part in parts], batch), parts


@pytest.mark.parametrize("kind", KINDS)
def test_the_numbers_kept_are_those_that_are_there(kind):
    found, parts = of(layers.Dense(2, dtype="float64"), rnn(kind, 3), rnn("GRU", 2), batch=4)
    influences = [made.P for made in Rtrl(parts, 4)._influence if hasattr(made, "P")]
    assert found.numbers == sum(P.size for P in influences)


def test_the_table_of_costs_is_right():
    rows = ROW.findall(models.OnlineLearner.__doc__)
    assert len(rows) == 5
    for units, *shown in rows:
        found = []
        for kind in ("SimpleRNN", "LSTM"):
            price, _ = of(rnn(kind, int(units)), features=4)
            found += [price.work, 4 * price.numbers]
        for value, text in zip(found, shown, strict=True):
            number, word = text.split()
            unit = 10.0 ** -len(number.partition(".")[2])
            assert abs(value / WORDS[word] - float(number)) <= 0.51 * unit


def test_what_is_frozen_costs_nothing():
    whole, _ = of(rnn("GRU", 3), rnn("GRU", 3))
    model = chain(rnn("GRU", 3), rnn("GRU", 3))
    model.layers[0].trainable = False
    parts = parts_of(model)
    part = cost.of(parts, [True, True], 1)
    assert part.work < whole.work / 2
    assert part.numbers < whole.numbers / 2
