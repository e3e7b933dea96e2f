import numpy as np
import pytest

from elman import Input, Model, Sequential, gradients, layers
from tests.layers.checks import F64, assert_gradients, normal, scramble
from tests.tolerances import EXACT


def test_gradients_stop_at_masked_steps():
    assert_gradients(layers.Masking(mask_value=5.0, **F64), normal(2, 3, 2))
    x, weights = normal(2, 3, 2), normal(2, 3, 2, seed=1)
    x[0, 1] = 5
    (dx,) = gradients(layers.Masking(mask_value=5.0), x, weights)["inputs"]
    expected = weights.copy()
    expected[0, 1] = 0
    np.testing.assert_array_equal(dx, expected)


def test_a_step_is_masked_if_all_its_features_equal_the_value():
    x = np.array([[[9, 9], [9, 1], [0, 0]]], float)
    outputs, (mask,), _ = layers.Masking(9).run((x,), (None,), layers.base.INFERENCE)
    np.testing.assert_array_equal(mask, [[False, True, True]])
    np.testing.assert_array_equal(outputs[0], [[[0, 0], [9, 1], [0, 0]]])


@pytest.mark.parametrize("value", [0.0, 0.1, -2])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_compiled_mask_is_that_of_numpy(value, dtype):
    x = np.random.default_rng(0).choice([0.0, 0.1, np.nan], size=(40, 5, 2)).astype(dtype)
    expected = (x != np.asarray(value, dtype)).any(axis=-1)
    mask = layers.Masking(value, dtype=dtype).run((x,), (None,), layers.base.INFERENCE)[1][0]
    np.testing.assert_array_equal(mask, expected)


def test_floats_keep_their_dtype():
    for dtype in ("float32", "float64"):
        assert layers.Masking()(np.ones((1, 2, 3), dtype)).dtype == dtype


def test_the_mask_travels_to_the_recurrent_layers_and_through_them():
    model = Sequential(
        [
            Input((None, 2)),
            layers.Masking(),
            layers.Dropout(0.5),
            layers.GRU(3, return_sequences=True, **F64),
            layers.Activation("tanh"),
            layers.Bidirectional(layers.LSTM(2, **F64)),
        ]
    )
    scramble(model)
    x = normal(2, 3, 2)
    padded = np.concatenate([x, np.zeros((2, 4, 2))], axis=1)
    np.testing.assert_allclose(model(padded), model(x), rtol=EXACT)
    np.testing.assert_allclose(
        model.predict(padded, verbose=0), model.predict(x, verbose=0), rtol=EXACT
    )


def test_a_mask_given_by_hand_counts_where_no_layer_makes_one():
    x = Input((None, 2))
    model = Model(x, layers.SimpleRNN(3, **F64)(x))
    values, mask = normal(2, 4, 2), np.array([[1, 1, 0, 0]] * 2, bool)
    np.testing.assert_allclose(model(values, mask=mask), model(values[:, :2]), rtol=EXACT)


def test_a_symbolic_mask_may_be_an_input():
    x, mask = Input((None, 2)), Input((None,), dtype="bool")
    model = Model([x, mask], layers.SimpleRNN(3, **F64)(x, mask=mask))
    values, keep = normal(2, 4, 2), np.array([[1, 1, 0, 0]] * 2, bool)
    np.testing.assert_allclose(model([values, keep]), model([values[:, :2], keep[:, :2]]))
