import random
import re

import numpy as np
import pytest

import elman
from elman import _random, layers
from elman.errors import ArgumentError


def test_a_seed_makes_weights_repeat():
    found = []
    for seed in (1, 1, 2):
        elman.utils.set_random_seed(seed)
        layer = layers.LSTM(3)
        layer(np.zeros((1, 2, 3)))
        found.append(layer.get_weights()[0])
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_a_seed_is_python_s_and_numpy_s_too_as_in_keras():
    drawn = []
    for _ in range(2):
        elman.utils.set_random_seed(5)
        drawn.append((random.random(), np.random.random()))  # noqa: NPY002
    assert drawn[0] == drawn[1]


def test_elman_never_touches_numpy_s_global_generator():
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    model = elman.Sequential([elman.Input((3, 2)), layers.GRU(2, dropout=0.5), layers.Dropout(0.5)])
    model.compile("adam", "mse")
    model.fit(np.ones((8, 3, 2)), np.ones((8, 2)), verbose=0)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_children_of_a_seed_differ_from_each_other():
    _random.seed_process(1)
    one, other = _random.generator(), _random.generator()
    assert one.random() != other.random()
    assert _random.generator(3).random() == _random.generator(3).random()
    given = np.random.default_rng(0)
    assert _random.generator(given) is given


@pytest.mark.parametrize("seed", [-1, 1.5, "a", None])
def test_what_is_no_seed_is_refused(seed):
    text = f"set_random_seed: `seed` must be an integer of at least 0; got {seed!r}."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        elman.utils.set_random_seed(seed)


def test_a_seed_too_large_for_numpy_is_refused():
    text = "set_random_seed: `seed` must be below 2**32; got 4294967296."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        elman.utils.set_random_seed(2**32)


def test_the_kernels_memory_is_kept_if_that_is_said(monkeypatch):
    released = []
    monkeypatch.setattr(elman.kernels, "release_memory", lambda: released.append(True))
    elman.utils.clear_session(free_memory=False)
    assert not released
    elman.utils.clear_session()
    assert released
