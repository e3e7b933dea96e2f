"""What normalising layers have that a state_dict has too, and what it has not."""

import numpy as np
import pytest

import elman
from elman import layers
from elman.formats.torch import load_weights, save_state_dict, state_dict


def normalised(**options):
    norm = layers.BatchNormalization(name="norm", epsilon=1e-5, **options)
    return elman.Sequential([elman.Input((3,)), layers.Dense(2, name="fc"), norm])


def test_batch_normalisation_takes_its_moving_averages_along():
    model, other = normalised(), normalised()
    model.layers[1].set_weights([np.full(2, i + 2.0) for i in range(4)])
    found = state_dict(model)
    assert [name for name in found if "norm" in name] == [
        "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var",
    ]  # fmt: skip
    load_weights(other, found | {"norm.num_batches_tracked": np.int64(7)})
    for array, own in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(array, own)
    plain = normalised(center=False, scale=False)
    assert list(state_dict(plain))[2:] == ["norm.running_mean", "norm.running_var"]


@pytest.mark.parametrize("make", [layers.LayerNormalization, layers.BatchNormalization])
def test_an_epsilon_that_is_not_pytorch_s_is_told(make, tmp_path):
    model = elman.Sequential([elman.Input((3,)), make(name="norm")])
    said = (
        f"a state_dict holds no epsilon, and {make.__name__} 'norm' has 0.001. Give the module and"
    )
    with pytest.warns(UserWarning, match=f"^state_dict: {said}"):
        found = state_dict(model)
    with pytest.warns(UserWarning, match=f"^save_state_dict: {said}"):
        save_state_dict(model, tmp_path / "m.pt")
    with pytest.warns(UserWarning, match=f"^load_weights: {said}"):
        load_weights(model, found)
