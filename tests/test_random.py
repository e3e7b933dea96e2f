import re

import numpy as np
import pytest

from elman import random, utils
from elman.errors import ArgumentError
from elman.gradient_tape import GradientTape
from tests.tolerances import STATISTIC

N = (100_000,)
DRAWS = {  # a distribution, its mean and its standard deviation
    "normal": (lambda seed: random.normal(N, 1.0, 2.0, seed=seed), 1.0, 2.0),
    "truncated_normal": (lambda seed: random.truncated_normal(N, seed=seed), 0.0, 0.8796),
    "uniform": (lambda seed: random.uniform(N, -1.0, 3.0, seed=seed), 1.0, 4 / 12**0.5),
    "randint": (lambda seed: random.randint(N, 0, 10, seed=seed), 4.5, (99 / 12) ** 0.5),
    "gamma": (lambda seed: random.gamma(N, 4.0, seed=seed), 4.0, 2.0),
    "beta": (lambda seed: random.beta(N, 2.0, 2.0, seed=seed), 0.5, 0.05**0.5),
    "binomial": (lambda seed: random.binomial(N, 10, 0.5, seed=seed), 5.0, 2.5**0.5),
}


@pytest.mark.parametrize("name", DRAWS)
def test_draws_have_their_mean_and_deviation_and_keras_s_dtype(name):
    draw, mean, deviation = DRAWS[name]
    x = draw(3)
    assert x.dtype == ("int32" if name == "randint" else "float32")
    assert abs(x.mean() - mean) < STATISTIC * deviation
    assert abs(x.std() - deviation) < STATISTIC * deviation


@pytest.mark.parametrize("name", DRAWS)
def test_a_seed_gives_the_same_numbers_and_a_generator_the_next(name):
    draw = DRAWS[name][0]
    assert (draw(7) == draw(7)).all()
    one, other = random.SeedGenerator(7), random.SeedGenerator(7)
    first, second = draw(one), draw(one)
    assert (first != second).any()
    assert (draw(other) == first).all()
    utils.set_random_seed(5)
    first, second = draw(None), draw(None)
    utils.set_random_seed(5)
    assert (draw(None) == first).all()
    assert (first != second).any()


def test_limits_are_kept():
    assert np.abs(random.truncated_normal(N, 0.0, 1.0, seed=1)).max() <= 2
    x = random.uniform(N, 0.0, 1e-3, seed=1)
    assert (x >= 0).all()
    assert (x < np.float32(1e-3)).all()
    assert set(np.unique(random.uniform(N, 0, 3, dtype="int32", seed=1))) == {0, 1, 2}
    assert random.normal((), dtype="float64", seed=1).dtype == np.float64


def test_classes_are_drawn_by_their_probabilities():
    x = random.categorical(np.log([[0.1, 0.9], [0.5, 0.5]]), 20_000, seed=1)
    assert (x.shape, x.dtype) == ((2, 20_000), np.int32)
    np.testing.assert_allclose(x.mean(1), [0.9, 0.5], atol=STATISTIC)


def test_dropout_keeps_the_mean_and_has_a_gradient():
    x = np.ones((400, 200), np.float32)
    with GradientTape() as tape:
        box = tape.watch(x)
        y = random.dropout(box, 0.25, seed=3)
        total = y.sum()
    dx = tape.gradient(total, box)
    assert (dx == random.dropout(x, 0.25, seed=3)).all()
    assert set(np.unique(dx)) == {0, np.float32(1 / 0.75)}
    assert abs(dx.mean() - 1) < STATISTIC
    rows = random.dropout(x, 0.5, noise_shape=(None, 1), seed=3)
    assert (rows == rows[:, :1]).all()
    assert random.dropout(x, 0) is x


def test_a_shuffle_keeps_what_there_is():
    x = np.arange(20).reshape(10, 2)
    y = random.shuffle(x, seed=1)
    assert sorted(map(tuple, y.tolist())) == sorted(map(tuple, x.tolist()))
    assert (y != x).any()
    assert (np.sort(random.shuffle(x, axis=1, seed=2), 1) == x).all()


def test_a_seed_generator_is_a_configuration_and_gives_seeds():
    one = random.SeedGenerator(9)
    again = random.SeedGenerator.from_config(one.get_config())
    assert (one.next() == again.next()).all()
    assert one.next().shape == (2,)


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (lambda: random.normal((2,), dtype="int32"), "`dtype` must be one of floats; got 'int32'."),
        (lambda: random.dropout(np.ones(2), 1.5), "dropout: `rate` must be in [0, 1); got 1.5."),
        (lambda: random.categorical(np.ones(2), 3), "`logits` must have shape (batch, classes)"),
        (lambda: random.SeedGenerator(-1), "SeedGenerator: `seed` must be an integer of at least"),
        (lambda: random.normal((2,), seed="a"), "random.normal: `seed` must be an integer"),
    ],
)
def test_errors_name_the_argument(attempt, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        attempt()
