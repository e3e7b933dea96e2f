"""Each program in examples/ runs by its command, and in its short form learns what it should."""

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import elman
from benchmarks.examples import stand_ins
from tests.tolerances import FLOAT32, STATISTIC

ROOT = Path(__file__).parents[1]
NAMES = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))
NEEDS = {  # packages that bring the data
    "airline": "aeon",
    "anomaly": "aeon",
    "japanese_vowels": "aeon",
    "surnames": "faker",
}

# A line of what is printed, the number in it, and where that must lie: far from what a network
# that has learned nothing gives, and wide enough for another processor's roundings.
EXPECTED = {
    "addition": [(r"elman, \d+ weights +([\d.]+)", 0.7, 1.0)],  # guessing by place: 0.25
    "airline": [(r"mean +([\d.]+)", 2.5, 8.0)],  # last year again: 10.7
    "anomaly": [
        (r"elman, \d+ weights +(\d+) +yes", 4087, 4298),
        (r"elman, \d+ weights +\d+ +yes +([\d.]+) times", 1.5, 1000),
    ],
    "japanese_vowels": [
        (r"elman, \d+ weights +([\d.]+)", 0.93, 1.0),  # chance is 0.11
        (r"padding changes a probability by (\S+)", 0.0, 1e-5),
    ],
    "long_memory": [
        (r"elman, GRU\(64\) +(\d+)", 0, 1300),  # always one half: 2161
        (r"elman, GRU\(64\) +\d+ +([\d.]+)", 0.0, 0.004),  # a mean's variance: 0.041
        (r"elman, GRU\(128\) +([\d.]+)", 0.0, 0.2),  # without memory: 0.24
        (r"elman, GRU\(128\) +[\d.]+ +([\d.]+)", 0.3, 1.0),  # chance: 0.125
    ],
    "perceptual_decision": [
        (r"coherence 51.2 % +([\d.]+)", 0.99, 1.0),
        (r"coherence  3.2 % +([\d.]+)", 0.65, 0.87),  # the ideal observer: 0.844
        (r"mean over the task +([\d.]+)", 0.85, 0.91),  # the ideal observer: 0.896
        (r"first component .* correlation ([\d.]+)", 0.8, 1.0),
    ],
    "surnames": [(r"elman, \d+ weights +([\d.]+)", 0.5, 1.0)],  # the largest country: 0.19
    "text": [
        (r"elman, \d+ weights +([\d.]+)", 1.5, 3.7),  # letters by their counts: 4.7
        (r"written at (\d+) us a character", 0, 5000),
    ],
}


def test_each_example_has_a_page_with_its_command_and_says_what_it_must_find():
    assert sorted(EXPECTED) == NAMES
    assert {path.stem for path in (ROOT / "docs/examples").glob("*.md")} == {*NAMES, "index"}
    index = (ROOT / "docs/examples/index.md").read_text(encoding="utf-8")
    for name in NAMES:
        page = (ROOT / f"docs/examples/{name}.md").read_text(encoding="utf-8")
        assert f"python examples/{name}.py" in page
        assert f"({name}.md)" in index


def test_each_example_is_a_page_or_two_to_read():
    for name in NAMES:
        lines = (ROOT / f"examples/{name}.py").read_text(encoding="utf-8").splitlines()
        assert len(lines) < 150, name


@pytest.mark.parametrize("name", NAMES)
def test_the_short_form_of_an_example_learns(name):
    missing = name in NEEDS and find_spec(NEEDS[name]) is None
    if missing and not os.environ.get("ELMAN_EXAMPLES"):  # with it, all must be there
        pytest.skip(f"{NEEDS[name]} brings the data: pip install '.[examples]'")
    ran = subprocess.run(
        [sys.executable, f"examples/{name}.py", "--short"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stderr == ""
    for pattern, low, high in EXPECTED[name]:
        found = re.search(f"^{pattern}", ran.stdout, re.MULTILINE)
        assert found, f"{pattern} is not in\n{ran.stdout}"
        assert low <= float(found[1]) <= high, ran.stdout


def test_the_runner_that_compares_with_keras_returns_what_an_example_found():
    command = [sys.executable, "-m", "benchmarks.examples.worker", "elman", "perceptual_decision"]
    ran = subprocess.run(
        [*command, "--short"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = json.loads(ran.stdout)
    assert set(found) == {"right", "weak", "agrees", "seconds", "program", "processor"}
    assert 0.85 < found["right"] < 0.91
    assert 0 < found["seconds"] < found["program"]


def test_what_keras_is_given_for_the_leaky_network_has_its_equations():
    made = stand_ins.leaky_rnn(elman)(4, "relu", tau=100, dt=20, noise=0.05, return_sequences=True)
    ours = elman.layers.LeakyRNN(4, "relu", tau=100, dt=20, noise=0.05, return_sequences=True)
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    made(x), ours(x)
    ours.set_weights(made.get_weights())
    np.testing.assert_allclose(made(x), ours(x), rtol=0, atol=FLOAT32)


def test_what_keras_is_given_to_generate_writes_what_elman_does():
    elman.utils.set_random_seed(0)
    model = elman.Sequential(
        [
            elman.Input((None,), dtype="int32"),
            elman.layers.Embedding(7, 4),
            elman.layers.GRU(8, return_sequences=True),
            elman.layers.Dense(7, activation="softmax"),
        ]
    )
    likeliest = {"top_k": 1, "seed": 0}
    expected = elman.generate(model, [[3, 1]], 20, elman.generation.Sample(1.0, **likeliest))
    written = stand_ins.generate(model, [[3, 1]], 20, stand_ins.Sample(1.0, **likeliest))
    np.testing.assert_array_equal(written, expected)


def test_what_keras_is_given_to_draw_with_has_the_chances_of_elmans_sampler():
    p = np.array([0.1, 0.5, 0.15, 0.25])
    theirs = stand_ins.Sample(0.7, top_k=3, seed=0)
    ours = elman.generation.Sample(0.7, top_k=3, seed=0)
    drawn = [theirs.choose(p) for _ in range(20_000)], ours.choose(np.log(np.tile(p, (20_000, 1))))
    shares = [np.bincount(each, minlength=4) / 20_000 for each in drawn]
    assert [share[0] for share in shares] == [0, 0]
    np.testing.assert_allclose(*shares, rtol=0, atol=STATISTIC)
