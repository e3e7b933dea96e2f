import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError
from elman.layers.parts.passes import Mode
from tests.layers.checks import F64, assert_gradients, normal
from tests.tolerances import EXACT


def test_it_hands_on_inputs_gradients_and_masks():
    x, y = normal(2, 3, 2), normal(2, 4, seed=1)
    assert_gradients(layers.Identity(**F64), x)
    assert_gradients(layers.Identity(**F64), [x, y])
    masks = (np.ones((2, 3), bool), None)
    outputs, found, _ = layers.Identity().run((x, y), masks, Mode(False, False))
    assert outputs[0] is x
    assert found == masks


def test_several_tensors_come_out_as_a_list():
    one, other = layers.Identity()([Input((3,)), Input((None, 2))])
    assert (one.shape, other.shape) == ((None, 3), (None, None, 2))


def test_the_penalty_is_that_of_the_inputs_a_sample():
    layer, x = layers.ActivityRegularization(0.5, 0.25), normal(2, 3)
    mode = Mode(training=True, record=True, penalties=[])
    _, _, tape = layer.run((x,), (None,), mode)
    expected = (0.5 * np.abs(x).sum() + 0.25 * (x * x).sum()) / 2
    np.testing.assert_allclose(mode.penalties, [expected], rtol=EXACT)
    (dx,), _ = layer.reverse(tape, (np.zeros_like(x),))
    np.testing.assert_allclose(dx, (0.5 * np.sign(x) + 0.5 * x) / 2, rtol=EXACT)


def test_it_adds_to_the_loss_of_a_model():
    model = Sequential([Input((3,)), layers.ActivityRegularization(l2=1.0)])
    model.compile("sgd", "mse")
    x = normal(4, 3).astype("float32")
    loss = model.evaluate(x, x, verbose=0)
    assert loss == pytest.approx((x * x).sum() / 4, rel=1e-6)


def test_its_factors_may_be_set():
    layer = layers.ActivityRegularization(0.5)
    layer.l2 = 2
    assert (layer.activity_regularizer.l1, layer.activity_regularizer.l2) == (0.5, 2.0)
    config = layer.get_config()
    assert (config["l1"], config["l2"]) == (0.5, 2.0)
    assert "activity_regularizer" not in config


@pytest.mark.parametrize("name", ["l1", "l2"])
@pytest.mark.parametrize("value", [-1, "x", np.nan, None])
def test_a_factor_is_at_least_zero(name, value):
    text = f"`{name}` must be a finite number and at least 0; got {value!r}."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        layers.ActivityRegularization(**{name: value})


def test_it_stands_in_for_nothing_in_a_model():
    x = Input((3,))
    model = Model(x, layers.Identity()(layers.Dense(2)(x)))
    again = elman.models.model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(model(normal(2, 3)), again(normal(2, 3)))
