import numpy as np
import pytest

import elman
from elman import layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import F64, normal, scramble
from tests.tolerances import EXACT, FRAMES


def network(R, activation="tanh", features=1):
    layer = layers.SimpleRNN(len(R), activation=activation, **F64)
    layer.build((None, None, features))
    layer.set_weights([np.ones((features, len(R))), R, np.zeros(len(R))])
    return layer


def random(units, gain, seed=0):
    R = np.random.default_rng(seed).normal(0, gain / np.sqrt(units), (units, units))
    return network(R)


def test_a_linear_network_has_the_logarithms_of_its_eigenvalues():
    R = normal(4, 4, seed=3)
    found = elman.inspection.lyapunov_spectrum(network(R, "linear"), timesteps=2000)
    expected = np.sort(np.log(np.abs(np.linalg.eigvals(R))))[::-1]
    np.testing.assert_allclose(found.exponents, expected, atol=FRAMES / 2000)
    np.testing.assert_allclose(found.exponents.sum(), np.log(abs(np.linalg.det(R))), rtol=EXACT)


def test_it_is_what_forward_frames_find():
    """Benettin's way, with the dense Jacobians and frames that go forward in time."""
    layer, x = random(6, 3.0), normal(1200, 1, seed=4)
    found = elman.inspection.lyapunov_spectrum(layer, x)
    states, s = [], np.zeros((1, 6))
    for x_t in x:
        states.append(s)
        (s,) = layer.cell(x_t[None], [s])[1]
    J = elman.inspection.jacobian(layer, x, np.concatenate(states)).state
    Q, growth = np.eye(6), []
    for J_t in J:
        Q, R = np.linalg.qr(J_t @ Q)
        growth.append(np.log(np.abs(np.diag(R))))
    np.testing.assert_allclose(
        found.exponents, np.mean(growth[100:-100], axis=0), atol=FRAMES / 1000
    )


@pytest.mark.parametrize(("gain", "chaotic"), [(0.8, False), (0.9, False), (2.0, True)])
def test_a_large_random_network_is_chaotic_above_a_gain_of_one(gain, chaotic):
    """Sompolinsky, Crisanti and Sommers, "Chaos in random neural networks" (1988)."""
    found = elman.inspection.lyapunov_spectrum(random(200, gain), timesteps=200, exponents=1)
    assert (found.exponents[0] > 0) == chaotic
    if not chaotic:  # it comes to rest at 0, where J = R^T
        R = np.random.default_rng(0).normal(0, gain / 200**0.5, (200, 200))
        radius = np.abs(np.linalg.eigvals(R)).max()
        np.testing.assert_allclose(found.exponents[0], np.log(radius), atol=FRAMES / 200)


def test_noise_as_input_calms_chaos():
    layer = random(100, 1.8)
    alone = elman.inspection.lyapunov_spectrum(layer, timesteps=400, exponents=1)
    driven = elman.inspection.lyapunov_spectrum(layer, 3 * normal(600, 1), exponents=1)
    assert alone.exponents[0] > 0 > driven.exponents[0]
    constant = elman.inspection.lyapunov_spectrum(layer, np.zeros(1), timesteps=400, exponents=1)
    np.testing.assert_array_equal(constant.growth, alone.growth)


def test_an_lstm_has_twice_as_many_as_units_and_sequences_are_averaged():
    layer = layers.LSTM(3, **F64)
    layer.build((None, None, 2))
    scramble(layer)
    x = normal(2, 150, 2)
    found = elman.inspection.lyapunov_spectrum(layer, x, transient=20)
    assert found.exponents.shape == (6,)
    assert (np.diff(found.exponents) <= 0).all()
    start = [np.zeros((2, 3)), np.zeros((2, 3))]
    both = elman.inspection.lyapunov_spectrum(layer, x, transient=20, initial_state=start, seed=1)
    np.testing.assert_allclose(found.exponents, both.exponents, atol=FRAMES / 110)


def test_errors_history_and_dimension():
    found = elman.inspection.lyapunov_spectrum(random(60, 2.0), timesteps=500, exponents=40)
    assert found.standard_errors.shape == (40,)
    again = elman.inspection.lyapunov_spectrum(random(60, 2.0), timesteps=2000, exponents=3, seed=5)
    assert (
        abs(found.exponents[0] - again.exponents[0]) < 5 * found.standard_errors[0] + FRAMES / 500
    )
    np.testing.assert_allclose(found.history[-1], found.exponents)
    assert found.history.shape == (500, 40)
    k = int((np.cumsum(found.exponents) >= 0).sum())
    assert k < found.dimension < k + 1
    short = elman.inspection.lyapunov_spectrum(
        random(60, 2.0), timesteps=10, exponents=2, transient=0
    )
    assert np.isnan(short.standard_errors).all()
    assert np.isnan(short.dimension)
    settled = elman.inspection.lyapunov_spectrum(
        network(np.diag([0.5, 0.2]), "linear"), timesteps=50
    )
    assert settled.dimension == 0
    stretched = elman.inspection.lyapunov_spectrum(
        network(np.diag([1.5, 1.2]), "linear"), timesteps=50
    )
    assert stretched.dimension == 2


def test_what_is_forgotten_at_once_is_minus_infinity():
    found = elman.inspection.lyapunov_spectrum(network(np.diag([0.5, 0.0]), "linear"), timesteps=50)
    np.testing.assert_allclose(found.exponents[0], np.log(0.5), rtol=EXACT)
    assert found.exponents[1] == -np.inf
    assert np.isnan(found.standard_errors[1])


def test_it_says_what_it_is():
    found = elman.inspection.lyapunov_spectrum(network(np.diag([0.5, 0.2]), "linear"), timesteps=50)
    assert "largest -0.6931" in repr(found)
    assert repr(found).endswith("2 of 2 exponents, 1 x 50 timesteps>")


def test_what_is_wrong_is_said():
    layer = random(3, 1.0)
    with pytest.raises(ArgumentError, match=r"`exponents` must be at most 3, .*; got 4"):
        elman.inspection.lyapunov_spectrum(layer, exponents=4)
    with pytest.raises(ArgumentError, match="`timesteps` must be left out where `x` has some"):
        elman.inspection.lyapunov_spectrum(layer, np.zeros((500, 1)), timesteps=10)
    with pytest.raises(ShapeError, match=r"with more than 200 timesteps; got .*Lower `transient`"):
        elman.inspection.lyapunov_spectrum(layer, np.zeros((200, 1)))
    with pytest.raises(ShapeError, match=r"`initial_state` must be of 1 sequences.*; got 2"):
        elman.inspection.lyapunov_spectrum(layer, initial_state=np.zeros((2, 3)))
    with pytest.raises(ArgumentError, match="`x` must be finite; got NaN or infinity among it"):
        elman.inspection.lyapunov_spectrum(layer, [np.nan])
    with pytest.raises(ArgumentError, match="`transient` must be an integer of at least 0"):
        elman.inspection.lyapunov_spectrum(layer, transient=-1)
    with pytest.raises(ArgumentError, match="`x` must be one sequence at least; got none"):
        elman.inspection.lyapunov_spectrum(layer, np.zeros((0, 300, 1)))
