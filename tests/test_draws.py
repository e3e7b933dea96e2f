"""Random numbers by key and place: known answers, all implementations, and statistics."""

import math

import numpy as np
import pytest

from elman import draws, fused, kernels
from tests.implementations import ALL, COMPILED
from tests.tolerances import NORMAL, STATISTIC

pytestmark = pytest.mark.usefixtures("kernels_restored")
compiled = pytest.mark.parametrize("name", COMPILED)

MANY = 200_000
SHAPES = [(), (0,), (3, 0), (1,), (63,), (64,), (65,), (3, 5, 7), (2, 8192), (3, 9001), (40_001,)]
KEY = 0x0123456789ABCDEF

# `philox4x32 10` in kat_vectors of Random123, the authors' own library
KNOWN = [
    ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ((2**32 - 1,) * 4, (2**32 - 1,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]


def generator(seed=0):
    return np.random.default_rng(seed)


def normals(shape=(MANY,), seed=0):
    return draws.normal(generator(seed), shape, "float32")


def choices(shape=(MANY,), probability=0.3, dtype="float32", seed=0):
    return draws.choose(generator(seed), probability, shape, (2.5, -1), dtype)


def everywhere(make):
    """Return what each implementation makes, the reference's first, with several threads."""
    for name in ALL:
        for threads in (1,) if name == "reference" else (1, 2, 3):
            kernels.use(name)
            kernels.set_num_threads(threads)
            yield make()


# ---------------------------------------------------------------------- the words


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_the_words_are_the_known_answers_of_philox(counter, key, answer):
    found = draws.philox([np.array([word], np.uint64) for word in counter], key[0] + (key[1] << 32))
    assert " ".join(f"{int(word[0]):08x}" for word in found) == answer


def test_an_entry_s_word_is_that_of_its_place():
    found = draws.words(KEY, 64 * 5, 128)
    for place in (0, 15, 16, 63, 64, 100):
        group, i, j = 5 + place // 64, place % 64 // 16, place % 16
        counter = np.array([16 * group + j], np.uint64), *[np.zeros(1, np.uint64)] * 3
        assert found[place] == draws.philox(counter, KEY)[i]


@compiled
@pytest.mark.parametrize("first", [0, 2**13, 2**34 - 2**13, 2**34, 2**40, 2**63])
@pytest.mark.parametrize("key", [0, KEY, 2**64 - 1])
def test_compiled_words_are_the_reference_s_to_the_last_bit(name, first, key):
    kernels.use(name)
    words = draws.words(key, first, 128)
    for place, word in enumerate(words.tolist()):
        for threshold, less in ((word, False), (min(word + 1, 2**32 - 1), word < 2**32 - 1)):
            chosen = np.empty(128, np.float32)
            fused.choose(key, threshold, (1, 0), chosen, first)
            assert chosen[place] == less
            np.testing.assert_array_equal(chosen, words < threshold)


# ---------------------------------------------------------------------- one number for all


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_choices_are_the_same_bits_with_all_implementations_and_threads(shape, dtype):
    expected, *others = everywhere(lambda: choices(shape, dtype=dtype))
    assert expected.shape == shape
    assert expected.dtype == dtype
    for found in others:
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_normal_numbers_agree_and_are_the_same_bits_with_all_that_is_compiled(shape):
    expected, *others = everywhere(lambda: normals(shape))
    assert expected.shape == shape
    assert expected.dtype == np.float32
    for found in others:
        np.testing.assert_allclose(found, expected, rtol=NORMAL, atol=NORMAL)
        np.testing.assert_array_equal(found, others[0])


def test_the_largest_and_smallest_words_make_finite_numbers():
    edges = np.array([0, 1, 2**29 - 1, 2**29, 2**30, 2**31, 3 * 2**30, 2**32 - 1], np.uint64)
    v, w = (each.reshape(2, 32) for each in np.meshgrid(edges, edges))
    found = draws.normal_of(np.stack([v, w], axis=1).reshape(-1))
    assert np.isfinite(found).all()
    assert np.abs(found).max() == pytest.approx(np.sqrt(64 * np.log(2)))  # of u = 2^-32


@compiled
def test_a_part_of_an_array_has_the_numbers_of_the_whole(name):
    kernels.use(name)
    whole, part = np.empty(30_000, np.float32), np.empty(30_000 - 2**14, np.float32)
    deviation = np.array([1, 2, 3], np.float32)  # 2^14 begins in the middle of them
    fused.normal(KEY, deviation, whole)
    fused.normal(KEY, deviation, part, 2**14)
    np.testing.assert_array_equal(part, whole[2**14 :])
    by_parts = np.empty(30_000, np.float32)
    draws.by_parts(KEY, by_parts, draws.normal_of)
    np.testing.assert_allclose(
        np.tile(deviation, 10_000) * by_parts, whole, rtol=NORMAL, atol=3 * NORMAL
    )


def test_a_part_that_begins_within_what_a_thread_draws_is_refused():
    native = pytest.importorskip("elman._native")
    out, one = np.empty(3, np.float32), np.ones(1, np.float32)
    with pytest.raises(ValueError, match="_native: `first` must be a multiple of 8192"):
        native.normal(0, one, 64, out, 1)
    with pytest.raises(ValueError, match="_native: `first` must be a multiple of 8192"):
        native.choose(0, 1, 0.0, 1.0, 64, out, 1)
    for numbers, deviation in ((np.empty(3), one), (out, np.ones(1)), (out, one[:0])):
        with pytest.raises(ValueError, match="_native: `out` or `deviation` has the wrong dtype"):
            native.normal(0, deviation, 0, numbers, 1)
    with pytest.raises(ValueError, match="_native: `out` has the wrong dtype"):
        native.choose(0, 1, 0.0, 1.0, 0, np.empty(3, np.int32), 1)


@pytest.mark.parametrize("make", [normals, choices])
def test_a_seed_repeats_and_another_does_not(make):
    np.testing.assert_array_equal(make(), make())
    assert not np.array_equal(make(), make(seed=1))
    one = generator()
    first, second = (draws.normal(one, (100,), "float32") for _ in range(2))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("width", [1, 3, 64, 700])
def test_each_of_a_last_axis_has_a_deviation_of_its_own(dtype, width):
    deviation = np.linspace(0, 3, width)
    for found in everywhere(lambda: draws.normal(generator(), (40, 5, width), dtype, deviation)):
        kernels.use("reference")
        plain = draws.normal(generator(), (40, 5, width), dtype)
        np.testing.assert_allclose(found, deviation * plain, rtol=NORMAL, atol=10 * NORMAL)


def test_float64_has_the_normal_numbers_of_numpy():
    expected = generator(3).standard_normal((4, 5))
    np.testing.assert_array_equal(draws.normal(generator(3), (4, 5), np.float64), expected)


# ---------------------------------------------------------------------- how they are distributed


@pytest.mark.parametrize("probability", [0.0, 1e-3, 0.05, 0.5, 0.9])
def test_choices_are_as_frequent_as_they_are_probable(probability):
    chosen = choices(probability=probability)
    assert set(np.unique(chosen)) <= {np.float32(2.5), np.float32(-1)}
    scatter = np.sqrt(probability * (1 - probability) / MANY)
    assert abs((chosen == 2.5).mean() - probability) <= 4 * scatter


def test_dropout_keeps_the_mean_of_what_it_scales():
    mask = draws.dropout(generator(), 0.3, (MANY,), "float32")
    assert set(np.unique(mask)) == {0, np.float32(1) / np.float32(0.7)}
    assert abs(mask.mean() - 1) < STATISTIC


def test_normal_numbers_have_the_moments_and_the_tails_of_the_normal_distribution():
    n = normals((10 * MANY,)).astype(float)
    for power, moment in ((1, 0), (2, 1), (3, 0), (4, 3), (6, 15)):
        scatter = np.sqrt((n ** (2 * power)).mean() / n.size)
        assert abs((n**power).mean() - moment) < 4 * scatter
    for bound, beyond in ((1, 0.31731), (2, 0.0455), (3, 0.0026998), (4, 6.334e-5)):
        assert abs((np.abs(n) > bound).mean() - beyond) < 4 * np.sqrt(beyond / n.size)
    assert 4.5 < np.abs(n).max() < 6.7
    assert len(np.unique(n)) > 0.9 * n.size


def test_normal_numbers_fill_the_distribution_evenly():
    n = np.sort(normals((20_000,)))
    below = np.array([(1 + math.erf(x / np.sqrt(2))) / 2 for x in n.tolist()])
    steps = np.arange(n.size) / n.size
    assert np.abs(below - steps).max() < 1.63 / np.sqrt(n.size)  # Kolmogorov and Smirnov, 1 %


@pytest.mark.parametrize("make", [normals, choices])
@pytest.mark.parametrize("apart", [1, 2, 4, 16, 32, 48, 64, 128])
def test_neighbours_and_pairs_are_uncorrelated(make, apart):
    n = make().astype(float)
    n = (n - n.mean()) / n.std()
    assert abs((n[apart:] * n[:-apart]).mean()) < 4 / np.sqrt(MANY)
    assert abs(((n[apart:] ** 2 - 1) * (n[:-apart] ** 2 - 1)).mean()) < 12 / np.sqrt(MANY)


@pytest.mark.parametrize("flipped", [0, 1, 31, 32, 63])
def test_keys_that_differ_in_a_bit_draw_independent_words(flipped):
    one, other = (draws.words(key, 0, 64 * 2000) for key in (KEY, KEY ^ 1 << flipped))
    differing = np.unpackbits((one ^ other).astype(np.uint32).view(np.uint8)).mean()
    assert abs(differing - 0.5) < 4 * 0.5 / np.sqrt(32 * one.size)
    u, v = (words / 2**32 - 0.5 for words in (one, other))
    assert abs((u * v).mean() * 12) < 4 / np.sqrt(one.size)
