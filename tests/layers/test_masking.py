from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elman import Input, Model, Sequential, gradients, kernels, layers
from elman.layers.parts.passes import INFERENCE
from tests.implementations import ALL
from tests.layers.checks import F64, assert_gradients, normal, scramble
from tests.tolerances import EXACT

pytestmark = pytest.mark.usefixtures("kernels_restored")


def test_gradients_stop_at_masked_steps():
    assert_gradients(layers.Masking(mask_value=5.0, **F64), normal(2, 3, 2))
    x, weights = normal(2, 3, 2), normal(2, 3, 2, seed=1)
    x[0, 1] = 5
    (dx,) = gradients(layers.Masking(mask_value=5.0), x, output_gradients=weights)["inputs"]
    expected = weights.copy()
    expected[0, 1] = 0
    np.testing.assert_array_equal(dx, expected)


def test_a_step_is_masked_if_all_its_features_equal_the_value():
    x = np.array([[[9, 9], [9, 1], [0, 0]]], float)
    outputs, (mask,), _ = layers.Masking(9).run((x,), (None,), INFERENCE)
    np.testing.assert_array_equal(mask, [[False, True, True]])
    np.testing.assert_array_equal(outputs[0], [[[0, 0], [9, 1], [0, 0]]])


TINY = 1e-40  # denormal in float32
ODD = (0.0, -0.0, np.nan, np.inf, -np.inf, TINY, -TINY, 1.0)


@st.composite
def padded(draw):
    """Draw a `mask_value` and inputs full of it but for some numbers, of any shape and layout."""
    value = draw(st.sampled_from([*(v for v in ODD if np.isfinite(v)), 0.1, -2]))
    shape = [*draw(st.lists(st.integers(0, 5), max_size=2)), draw(st.integers(0, 70))]
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = np.full(shape, value, draw(st.sampled_from(["float32", "float64"])))
    step = rng.random(x.shape[:-1]) < draw(st.sampled_from([0.0, 0.5, 1.0]))
    number = rng.random(x.shape) < draw(st.sampled_from([0.02, 0.5]))
    odd = rng.choice([*ODD, np.nextafter(x.dtype.type(value), x.dtype.type(9))], size=x.shape)
    x = np.where(step[..., None] & number, odd.astype(x.dtype), x)
    return value, x if draw(st.booleans()) else np.asfortranarray(x)


@given(padded())
def test_masks_and_outputs_are_those_of_numpy(problem):
    value, x = problem
    keep = (x != np.asarray(value, x.dtype)).any(axis=-1)
    expected = np.where(keep[..., None], x, np.zeros_like(x))
    x.flags.writeable = False  # no layer may write to its inputs
    layer = layers.Masking(value)
    for name in ALL:
        kernels.use(name)
        outputs, (mask,), tape = layer.run((x,), (None,), INFERENCE)
        np.testing.assert_array_equal(mask, keep)
        np.testing.assert_array_equal(layer.output_masks((x,), (None,))[0], keep)
        np.testing.assert_array_equal(outputs[0], expected)
        np.testing.assert_array_equal(layer(x), expected)
        np.testing.assert_array_equal(layer.backward(tape, (x,))[0][0], expected)
        assert outputs[0].dtype == x.dtype


@pytest.mark.parametrize("value", [0.0, 5.0])
def test_what_needs_no_zeros_is_not_copied(value):
    x = np.ones((2, 3, 4), np.float32)
    assert layers.Masking(value)(x) is x
    x[:, 1:] = value
    assert (layers.Masking(value)(x) is x) == (value == 0)


def test_the_mask_of_an_inner_model_counts_outside_it():
    inner = Sequential([Input((None, 2)), layers.Masking(7.0)])
    model = Sequential([Input((None, 2)), inner, layers.SimpleRNN(3, **F64)])
    x = np.concatenate([normal(2, 3, 2), np.full((2, 4, 2), 7.0)], axis=1)
    np.testing.assert_allclose(model(x), model(x[:, :3]), rtol=EXACT)


def test_a_subclass_may_make_another_mask():
    class Later(layers.Masking):
        def output_masks(self, inputs, masks):
            (mask,) = super().output_masks(inputs, masks)
            return (mask & (np.arange(mask.shape[1]) > 0),)

    x = np.array([[[1.0], [2.0], [0.0]]])
    (outputs,), (mask,), _ = Later().run((x,), (None,), INFERENCE)
    np.testing.assert_array_equal(mask, [[False, True, False]])
    np.testing.assert_array_equal(outputs, x)


def test_threads_that_share_a_model_get_the_masks_of_their_own_calls():
    model = Sequential([Input((9, 20)), layers.Masking(3.0), layers.SimpleRNN(4)])
    inputs = [normal(5, 9, 20, seed=i).astype("float32") for i in range(4)]
    for i, x in enumerate(inputs):
        x[:, 2 * i + 1 :] = 3
    alone = [model.predict_on_batch(x) for x in inputs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(model.predict_on_batch, inputs * 50))
    for found, expected in zip(together, alone * 50, strict=True):
        np.testing.assert_array_equal(found, expected)


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


def test_a_mask_is_heard_beside_initial_states_in_fit_and_predict_alike():
    def made():
        x, h = Input((None, 2), **F64), Input((3,), **F64)
        y = layers.GRU(3, **F64)(layers.Masking(**F64)(x), initial_state=[h])
        model = scramble(Model([x, h], layers.Dense(1, **F64)(y)))
        model.compile("sgd", "mse")
        return model

    x, h, y = normal(5, 2, 2), normal(5, 3), normal(5, 1)
    padded = np.concatenate([x, np.zeros((5, 3, 2))], axis=1)
    short, long = made(), made()
    short.fit([x, h], y, epochs=2, shuffle=False, verbose=0)
    long.fit([padded, h], y, epochs=2, shuffle=False, verbose=0)
    for one, other in zip(short.get_weights(), long.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=EXACT)
    found = long.predict([padded, h], verbose=0)
    np.testing.assert_allclose(found, short.predict([x, h], verbose=0), rtol=EXACT)
    np.testing.assert_allclose(found, long([padded, h]), rtol=EXACT)
