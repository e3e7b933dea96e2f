from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elman import _tree

LEAVES = st.builds(object)
STRUCTURES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(STRUCTURES)
def test_packing_what_was_flattened_gives_the_structure_back(structure):
    leaves = _tree.flatten(structure)
    assert _tree.pack(structure, leaves) == structure
    seen = []
    _tree.map_leaves(seen.append, structure)
    assert seen == leaves


def test_dictionaries_are_taken_by_sorted_key_and_keep_their_own_order():
    structure = {"b": 1, "a": 2}
    assert _tree.flatten(structure) == [2, 1]
    assert list(_tree.pack(structure, [20, 10])) == ["b", "a"]


def test_a_list_of_numbers_is_one_leaf():
    for numbers in ([1, 2], [[1.0], [2.0]], ((1, 2), (3, 4)), ["a", "b"], [True]):
        assert not _tree.is_nested(numbers)
        assert _tree.flatten(numbers) == [numbers]


def test_a_list_of_arrays_is_a_structure():
    arrays = [np.ones(2), np.ones(3)]
    assert _tree.is_nested(arrays)
    assert len(_tree.flatten(arrays)) == 2
    assert len(_tree.flatten([arrays[0], [1, 2]])) == 2
    assert _tree.flatten([]) == []
    assert _tree.flatten(None) == [None]


class Pair(NamedTuple):
    first: object
    second: object


@pytest.mark.parametrize("mapped", [_tree.map_leaves, _tree.map_every])
def test_a_named_tuple_stays_one(mapped):
    found = mapped(str, {"a": Pair(1.5, [Pair(None, np.float32)])})
    assert type(found["a"]) is Pair
    assert type(found["a"].second[0]) is Pair
    packed = _tree.pack(Pair(object(), object()), [1, 2])
    assert type(packed) is Pair
    assert packed == (1, 2)


@given(STRUCTURES)
def test_every_leaf_is_mapped_and_found_in_the_order_in_which_it_stands(structure):
    seen = []
    assert _tree.map_every(lambda leaf: seen.append(leaf) or leaf, structure) == structure
    assert _tree.every(structure) == seen
