"""The functions of `elman.inspection`: where they stand, and the words of their arguments."""

import inspect

import pytest

import elman
from elman import inspection

ORDER = (  # of the arguments that functions share
    *("model_or_layer", "model", "x", "y", "mask", "output_gradients", "initial_state"),
    *("sample_weight", "reset_mask", "lengths", "layer", "state_name"),
)
OF_OTHER_THINGS = {"pca": "states", "plot_history": "history"}
WHILE_IT_LEARNS = {"check_gradients", "diagnose", "gradient_flow", "gradients", "trace"}


@pytest.mark.parametrize("name", inspection.__all__)
def test_shared_arguments_have_one_name_and_one_order(name):
    given = list(inspect.signature(getattr(inspection, name)).parameters)
    if name in OF_OTHER_THINGS:
        assert given[0] == OF_OTHER_THINGS[name]
        return
    assert given[0] == ("model" if name == "diagnose" else "model_or_layer")
    assert given[1:2] in (["x"], [])
    if name == "gradients":  # of what L is first known by there
        assert given[2] == "output_gradients"
        return
    shared = [each for each in given if each in ORDER]
    assert shared == sorted(shared, key=ORDER.index)


def test_what_one_asks_while_a_model_learns_stands_at_the_top_too():
    assert set(elman.__all__) & set(inspection.__all__) == WHILE_IT_LEARNS
    for name in WHILE_IT_LEARNS:
        assert getattr(elman, name) is getattr(inspection, name)
    for name in set(inspection.__all__) - WHILE_IT_LEARNS:
        assert not hasattr(elman, name)
