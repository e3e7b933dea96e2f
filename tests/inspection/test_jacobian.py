import numpy as np
import pytest

import elman
from elman import Input, Sequential, kernels, layers
from elman.errors import ArgumentError, NotBuiltError, ShapeError, UnsupportedError
from tests.gradcheck import assert_gradient
from tests.layers.checks import F64, normal, scramble
from tests.tolerances import EXACT, FLOAT32, NATIVE64

B, F, U = 3, 2, 4
OPTIONS = [
    ("SimpleRNN", {}),
    ("LSTM", {}),
    ("GRU", {}),
    ("GRU", {"reset_after": False}),
    ("CoupledLSTM", {}),
    ("PeepholeLSTM", {}),
    ("IndRNN", {}),
    ("MinGRU", {}),
    ("MinLSTM", {}),
    ("ZoneoutLSTM", {}),
    ("LayerNormLSTM", {}),
    ("LayerNormGRU", {}),
    ("LeakyRNN", {"activation": "tanh"}),
    ("LeakyRNN", {"activation": "tanh", "dale": 0.5, "recurrent_mask": np.tri(U)}),
    ("LeakyRNN", {"activation": "tanh", "tau": 9, "dt": 2}),
    ("LeakyRNN", {"activation": "tanh", "rank": 2, "learn_alpha": True, "noise": 0.3}),
    ("SimpleRNN", {"use_bias": False, "activation": "softsign", "recurrent_dropout": 0.5}),
    ("GRU", {"use_bias": False, "activation": "softmax"}),
]  # fmt: skip


def built(name, **options):
    layer = getattr(layers, name)(U, **{**F64, **options})
    layer.build((None, None, F))
    return scramble(layer)


def states_of(layer, *lead):
    return [normal(*lead, U, seed=3 + i) for i in range(len(layer.state_size))]


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=str)
def test_it_is_what_central_differences_of_a_step_are_for_every_cell(name, options):
    layer = built(name, **options)
    x, states = normal(B, F), states_of(layer, B)
    found = elman.inspection.jacobian(layer, x, states)
    r = normal(*found.new_state.shape, seed=9)

    def total(_):
        _, new = layer.cell(x, states)
        return float((np.concatenate(new, axis=1) * r).sum())

    assert_gradient(total, x, np.einsum("bi,bif->bf", r, found.x))
    dstate = np.split(np.einsum("bi,bij->bj", r, found.state), len(states), axis=1)
    for state, gradient in zip(states, dstate, strict=True):
        assert_gradient(total, state, gradient)
    _, new = layer.cell(x, states)
    np.testing.assert_allclose(found.new_state, np.concatenate(new, axis=1), rtol=EXACT)


@pytest.mark.parametrize("name", ["LSTM", "ZoneoutLSTM", "LayerNormGRU"])
def test_it_is_the_same_by_the_reference(name):
    layer = built(name)
    x, states, before = normal(B, F), states_of(layer, B), kernels.status().implementation
    found = elman.inspection.jacobian(layer, x, states)
    kernels.use("reference")
    try:
        expected = elman.inspection.jacobian(layer, x, states)
    finally:
        kernels.use(before)
    np.testing.assert_allclose(found.state, expected.state, rtol=NATIVE64, atol=NATIVE64)
    np.testing.assert_allclose(found.x, expected.x, rtol=NATIVE64, atol=NATIVE64)


def test_its_blocks_have_the_names_of_the_states():
    layer = built("LSTM")
    found = elman.inspection.jacobian(layer, normal(B, F), states_of(layer, B))
    np.testing.assert_array_equal(found.of("h", "c"), found.state[:, :U, U:])
    np.testing.assert_array_equal(found.of("c", "x"), found.x[:, U:])
    with pytest.raises(ArgumentError, match="`before` must be one of 'h', 'c', 'x'; got 'y'"):
        found.of("h", "y")
    with pytest.raises(ArgumentError, match="`after` must be one of 'h', 'c'; got 'x'"):
        found.of("x", "h")


def test_a_linear_network_has_its_recurrent_kernel():
    layer = built("SimpleRNN", activation="linear")
    W, R, _ = layer.get_weights()
    found = elman.inspection.jacobian(layer, np.zeros(F), np.zeros(U))
    np.testing.assert_allclose(found.state, R.T, rtol=EXACT)
    np.testing.assert_allclose(found.x, W.T, rtol=EXACT)
    expected = np.linalg.eigvals(R)
    radius = abs(expected).max()
    np.testing.assert_allclose(abs(found.eigenvalues[0]), radius, rtol=EXACT)
    assert repr(found) == (
        f"<jacobian of {layer.owner}: state (4, 4), x (4, 2), spectral radius {radius:.4g}>"
    )


def test_leading_axes_are_broadcast_and_many_rows_are_as_one(monkeypatch):
    layer = built("GRU")
    x, state = normal(F), normal(5, B, U)
    found = elman.inspection.jacobian(layer, x, state)
    assert found.state.shape == (5, B, U, U)
    assert found.eigenvalues.shape == (5, B, U)
    alone = elman.inspection.jacobian(layer, x, state[4, 1])
    np.testing.assert_allclose(found.state[4, 1], alone.state, rtol=EXACT)
    monkeypatch.setattr("elman.inspection.step.ROWS", 2 * U)
    np.testing.assert_allclose(elman.inspection.jacobian(layer, x, state).x, found.x, rtol=EXACT)
    assert "spectral radius" in repr(found)
    with pytest.raises(ShapeError, match=r"`x` and `state` must have leading axes .* \(2,\)"):
        elman.inspection.jacobian(layer, normal(2, F), state)


def test_one_row_none_and_what_is_not_finite_are_told():
    layer = built("LSTM")
    one = elman.inspection.jacobian(layer, normal(1, F), states_of(layer, 1))
    assert repr(one).endswith(f"spectral radius {abs(one.eigenvalues[0, 0]):.4g}>")
    none = elman.inspection.jacobian(layer, normal(0, F), states_of(layer, 0))
    assert none.state.shape == (0, 2 * U, 2 * U)
    assert none.x.shape == (0, 2 * U, F)
    assert repr(none).endswith("spectral radius of none>")
    layer.set_weights([array * np.nan for array in layer.get_weights()])
    broken = elman.inspection.jacobian(layer, normal(B, F), states_of(layer, B))
    assert np.isnan(broken.eigenvalues).all()
    assert repr(broken).endswith("spectral radius nan to nan>")


def test_a_float32_layer_is_computed_in_float64():
    layer = layers.GRU(U)
    layer.build((None, None, F))
    found = elman.inspection.jacobian(layer, np.ones((B, F)), np.zeros((B, U)))
    assert found.state.dtype == np.float64
    twin = layers.GRU(U, **F64)
    twin.build((None, None, F))
    twin.set_weights(layer.get_weights())
    expected = elman.inspection.jacobian(twin, np.ones((B, F)), np.zeros((B, U)))
    np.testing.assert_allclose(found.state, expected.state, rtol=FLOAT32)


def test_a_layer_inside_a_model_is_meant_by_its_name():
    inside = [layers.GRU(U, return_sequences=True, name="one"), layers.SimpleRNN(U, name="two")]
    model = Sequential([Input((5, F)), *inside], name="m")
    found = elman.inspection.jacobian(model, np.zeros(U), np.zeros(U), layer="two")
    np.testing.assert_array_equal(
        found.state, elman.inspection.jacobian(inside[1], np.zeros(U), np.zeros(U)).state
    )
    np.testing.assert_array_equal(
        found.state, elman.inspection.jacobian(inside[1].cell, np.zeros(U), np.zeros(U)).state
    )
    both = Sequential([Input((5, F)), layers.Bidirectional(layers.GRU(U, name="gru"))], name="m2")
    elman.inspection.jacobian(both, np.zeros(F), np.zeros(U), layer="backward_gru")
    with pytest.raises(ArgumentError, match="`layer` must be given, one of 'one', 'two'; got None"):
        elman.inspection.jacobian(model, np.zeros(U), np.zeros(U))
    with pytest.raises(ArgumentError, match="`layer` must be one of 'one', 'two'; got 'tow'"):
        elman.inspection.jacobian(model, np.zeros(U), np.zeros(U), layer="tow")


def test_what_does_not_fit_is_said():
    layer = built("LSTM")
    with pytest.raises(ShapeError, match=r"`x` must have shape \(…, features=2\); got \(3,\)"):
        elman.inspection.jacobian(layer, np.zeros(3), np.zeros(2 * U))
    with pytest.raises(ShapeError, match=r"`state` must be h and c of shape .*units=4\); got \(4,"):
        elman.inspection.jacobian(layer, np.zeros(F), np.zeros(U))
    with pytest.raises(ArgumentError, match="`x` must be finite; got NaN or infinity among it"):
        elman.inspection.jacobian(layer, np.full(F, np.nan), np.zeros(2 * U))
    with pytest.raises(ArgumentError, match="`state` must be finite; got NaN or infinity among"):
        elman.inspection.jacobian(layer, np.zeros(F), np.full(2 * U, np.inf))
    with pytest.raises(NotBuiltError, match="must be built before its dynamics are looked at"):
        elman.inspection.jacobian(layers.GRU(U), np.zeros(F), np.zeros(U))
    with pytest.raises(ArgumentError, match=r"a recurrent layer .* must be in it; got none"):
        elman.inspection.jacobian(layers.Dense(2), np.zeros(F), np.zeros(U))
    with pytest.raises(ArgumentError, match="must be a layer or a model; got 3"):
        elman.inspection.jacobian(3, np.zeros(F), np.zeros(U))
    with pytest.raises(UnsupportedError, match="must go on from its state alone; got one that"):
        elman.inspection.jacobian(built("GRUD"), np.zeros(F), np.zeros(U))
