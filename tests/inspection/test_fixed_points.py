import time
import tracemalloc

import numpy as np
import pytest

import elman
from elman import layers
from elman.errors import ArgumentError, ShapeError
from elman.inspection import slowest
from elman.inspection.step import Step
from tests.inspection import flip_flop
from tests.layers.checks import F64, normal, scramble
from tests.tolerances import EXACT, MINIMUM, RECALLED, ROOT, SOLVED

STARTS = np.linspace(-1.5, 1.5, 13)[:, None]


def one_unit(w, b=0.0):
    """Return a layer that steps h' = tanh(w h + b)."""
    layer = layers.SimpleRNN(1, **F64)
    layer.build((None, None, 1))
    layer.set_weights([np.ones((1, 1)), np.full((1, 1), w), np.full(1, b)])
    return layer


def roots(w, b):
    """Return where tanh(w h + b) = h, by bisection between the points of a fine grid."""
    grid = np.linspace(-1.0003, 1.0001, 20001)
    value = np.tanh(w * grid + b) - grid
    found = []
    for k in np.flatnonzero(value[:-1] * value[1:] < 0):
        low, high = grid[k], grid[k + 1]
        for _ in range(60):
            middle = (low + high) / 2
            same = (np.tanh(w * middle + b) - middle) * value[k] > 0
            low, high = (middle, high) if same else (low, middle)
        found.append((low + high) / 2)
    return np.array(found)


@pytest.mark.parametrize(
    ("w", "b", "kinds"),
    [
        (0.5, 0.0, ["stable"]),
        (0.9, 0.1, ["stable"]),
        (1.5, 0.0, ["stable", "stable", "unstable"]),  # beyond the pitchfork at w = 1
        (3.0, 0.4, ["stable", "stable", "unstable"]),
        (3.0, 1.9, ["stable"]),  # beyond the fold, which b pushes it over
        (-0.5, 0.2, ["stable"]),
        (-2.0, 0.0, ["unstable"]),  # around which it swings with period 2
    ],
)
def test_one_unit_has_the_points_of_a_root_finder(w, b, kinds):
    found = elman.inspection.fixed_points(one_unit(w, b), initial_state=STARTS)
    expected = roots(w, b)
    np.testing.assert_allclose(np.sort(found.fixed.states[:, 0]), expected, atol=ROOT)
    assert found.fixed.kinds == kinds
    slopes = w * (1 - found.fixed.states[:, 0] ** 2)  # tanh' = 1 - tanh^2
    np.testing.assert_allclose(found.fixed.eigenvalues[:, 0], slopes, atol=ROOT)
    assert (found.fixed.speeds <= 1e-20).all()


def test_an_input_moves_the_point():
    found = elman.inspection.fixed_points(one_unit(0.5), initial_state=STARTS, x=[0.3])
    np.testing.assert_allclose(found.fixed.states[:, 0], roots(0.5, 0.3), atol=ROOT)


def test_where_a_point_has_gone_the_layer_lingers():
    """Beyond the fold, at |b| = 1.3027 of w = 3, q keeps a minimum where two points have met."""
    found = elman.inspection.fixed_points(one_unit(3.0, -1.31), initial_state=STARTS, slow=1e-3)
    assert found.fixed.kinds == ["stable"]
    (h,), (q,) = found.slow.states[:, 0], found.slow.speeds
    r = np.tanh(3 * h - 1.31) - h
    np.testing.assert_allclose(q, r * r / 2, rtol=EXACT)
    np.testing.assert_allclose(3 * (1 - np.tanh(3 * h - 1.31) ** 2), 1, atol=MINIMUM)  # dq/dh = 0
    assert (
        len(
            elman.inspection.fixed_points(
                one_unit(3.0, -1.31), initial_state=STARTS, slow=0.0
            ).slow.states
        )
        == 0
    )


def test_states_of_an_lstm_are_h_and_c():
    layer = layers.LSTM(3, **F64)
    layer.build((None, None, 2))
    scramble(layer)
    starts = [normal(20, 3, seed=1), normal(20, 3, seed=2)]
    x = np.array([0.3, -0.1])
    found = elman.inspection.fixed_points(layer, x, initial_state=starts)
    assert len(found.fixed.states)
    for state in found.fixed.states:
        h, c = state[None, :3], state[None, 3:]
        _, new = layer.cell(x[None], [h, c])
        np.testing.assert_allclose(np.concatenate(new, axis=1)[0], state, atol=ROOT)
    seen = elman.trace(layer, normal(5, 8, 2))
    assert elman.inspection.fixed_points(
        layer, x, initial_state=seen, starts=7
    ).initial_state.shape == (7, 6)
    np.testing.assert_array_equal(
        elman.inspection.fixed_points(layer, x, initial_state=next(iter(seen.values()))).visited[
            :, :, 3:
        ],
        next(iter(seen.values())).c,
    )


def test_a_linear_layer_has_one_point():
    layer = layers.SimpleRNN(4, activation="linear", **F64)
    layer.build((None, None, 2))
    R = normal(4, 4, seed=3)
    R *= 0.9 / np.abs(np.linalg.eigvals(R)).max()
    W, b, x = normal(2, 4), normal(4, seed=5), np.array([1.0, -2.0])
    layer.set_weights([W, R, b])
    found = elman.inspection.fixed_points(layer, x, initial_state=normal(10, 4, seed=8), reach=100)
    assert found.fixed.kinds == ["stable"]
    expected = np.linalg.solve((np.eye(4) - R).T, x @ W + b)
    np.testing.assert_allclose(found.fixed.states[0], expected, atol=SOLVED)
    np.testing.assert_allclose(abs(found.fixed.eigenvalues[0, 0]), 0.9, rtol=ROOT)
    np.testing.assert_allclose(found.fixed.time_constants[0, 0], -1 / np.log(0.9), rtol=ROOT)


def test_a_flip_flop_network_has_its_eight_memories():
    model, (x, _) = flip_flop.remembered()
    seen = model.trace(x)
    begun = time.perf_counter()
    found = elman.inspection.fixed_points(model, initial_state=seen, noise=0.1)
    assert time.perf_counter() - begun < 60  # 10 where nothing else runs
    stable = found.fixed.of_kind("stable")
    assert len(stable.states) == 8
    W, b = model.layers[1].get_weights()
    signs = np.sign(stable.states @ W + b)  # what the model puts out at each
    assert len({tuple(row) for row in signs.tolist()}) == 8
    np.testing.assert_allclose(stable.states @ W + b, signs, atol=RECALLED)
    assert "saddle" in found.fixed.kinds


def test_points_far_from_all_starts_are_left_out():
    starts = np.linspace(-0.1, 0.1, 5)[:, None]
    assert len(elman.inspection.fixed_points(one_unit(1.5), initial_state=starts).fixed.states) == 1
    assert (
        len(
            elman.inspection.fixed_points(
                one_unit(1.5), initial_state=starts, reach=20
            ).fixed.states
        )
        == 3
    )
    alone = elman.inspection.fixed_points(one_unit(1.5), initial_state=starts[:1])
    np.testing.assert_allclose(alone.fixed.states[0], roots(1.5, 0.0)[:1], atol=ROOT)


def test_a_start_that_leads_out_of_all_bounds_loses_none_of_the_others():
    layer = layers.SimpleRNN(1, activation="relu", **F64)
    layer.build((None, None, 1))
    layer.set_weights([np.ones((1, 1)), np.full((1, 1), 2.0), np.full(1, -1.0)])
    starts = np.array([[0.5], [0.9], [2.0], [5.0]])  # it doubles what is beyond 1
    options = {"adam_steps": 0, "settle_timesteps": 2000}
    found = elman.inspection.fixed_points(layer, initial_state=starts, reach=100, **options)
    np.testing.assert_allclose(found.fixed.states[:, 0], [0.0, 1.0], atol=ROOT)
    assert found.fixed.kinds == ["stable", "unstable"]
    assert found.lost == 2
    only = elman.inspection.fixed_points(
        layer, initial_state=starts[2:] * 1e200, **options, newton_steps=0
    )
    assert len(only.fixed.states) == len(only.slow.states) == 0
    assert only.lost == 4  # each by the layer, and by how large its own square is


def test_many_starts_are_taken_in_blocks_of_bounded_memory(monkeypatch):
    layer = layers.GRU(16, **F64)
    layer.build((None, None, 1))
    step, s = Step("fixed_points", scramble(layer), None), normal(600, 16)
    x = np.zeros((600, 1))
    expected, q = slowest.by_newton(step, x, s, 8)
    monkeypatch.setattr(slowest, "BYTES", 1 << 18)
    tracemalloc.start()
    found, found_q = slowest.by_newton(step, x, s, 8)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(found, expected, rtol=ROOT, atol=ROOT)
    np.testing.assert_allclose(found_q, q, rtol=ROOT, atol=ROOT)
    assert peak < 600 * 16 * 16 * 8 * 3  # J, M^T M and mu 1 of all starts


def test_the_layer_itself_leads_to_what_attracts():
    found = elman.inspection.fixed_points(
        one_unit(1.5), initial_state=[[0.3]], adam_steps=0, newton_steps=0, slow=0.0
    )
    np.testing.assert_allclose(found.fixed.states, roots(1.5, 0.0)[2:, None], atol=ROOT)
    none = {"adam_steps": 0, "newton_steps": 0, "settle_timesteps": 0}
    assert (
        elman.inspection.fixed_points(one_unit(1.5), initial_state=[[0.3]], **none, slow=0.0).lost
        == 1
    )


@pytest.mark.parametrize(
    ("eigenvalues", "kind"),
    [
        ([0.5, -0.9], "stable"),
        ([1.0, 0.5], "marginal"),
        ([-1.0, 1.0], "marginal"),
        ([0.5, 1 - 5e-7], "marginal"),
        ([0.5, 1 - 5e-6], "stable"),
        ([1 + 5e-7, 0.5], "marginal"),
        ([1.0, 1.5], "saddle"),
        ([1 + 5e-6, 0.5], "saddle"),
        ([1.5, -1.1], "unstable"),
    ],
)
def test_a_point_is_of_the_kind_that_its_eigenvalues_say(eigenvalues, kind):
    layer = layers.SimpleRNN(2, activation="linear", **F64)
    layer.build((None, None, 1))
    layer.set_weights([np.ones((1, 2)), np.diag(eigenvalues), np.zeros(2)])
    found = elman.inspection.fixed_points(layer, initial_state=np.zeros((1, 2)))
    assert found.fixed.kinds == [kind]
    assert len(found.fixed.of_kind(kind).states) == 1


def test_at_the_pitchfork_the_point_is_marginal():
    """There q is flattest: 1e-20 lets h be off by 7e-4, and the eigenvalue by h^2."""
    found = elman.inspection.fixed_points(one_unit(1.0), initial_state=STARTS)
    assert set(found.fixed.kinds) == {"marginal"}
    assert found.fixed.marginal_modes.tolist() == [1] * len(found.fixed.states)


def test_a_line_of_points_is_marginal():
    layer = layers.SimpleRNN(2, activation="linear", **F64)
    layer.build((None, None, 1))
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    layer.set_weights([np.ones((1, 2)), turn @ np.diag([1.0, 0.3]) @ turn.T, np.zeros(2)])
    found = elman.inspection.fixed_points(layer, initial_state=normal(20, 2))
    count = len(found.fixed.states)
    assert count > 10
    assert f"{count} marginal; 0 slow points" in repr(found)
    line = str(found).splitlines()[1]
    assert line.startswith("  fixed 0   marginal  0 of 2 modes unstable, 1 marginal   q ")


def test_what_was_found_is_said():
    found = elman.inspection.fixed_points(one_unit(1.5), initial_state=STARTS)
    text = "fixed points of SimpleRNN 'simple_rnn"
    assert repr(found).startswith(f"<{text}")
    assert "2 stable, 1 unstable; 0 slow points; from 13 starts" in repr(found)
    assert str(found).splitlines()[3].startswith("  fixed 2   unstable  1 of 1 modes unstable   q ")
    assert repr(found.fixed) == "<3 points: 2 stable, 1 unstable>"
    assert repr(found.fixed.of_kind("saddle")) == "<0 points: none>"
    starts = np.linspace(-1, 1, 14)[:, None]
    none = {"adam_steps": 0, "newton_steps": 0, "settle_timesteps": 0}
    slow = elman.inspection.fixed_points(one_unit(1.0), initial_state=starts, **none, slow=1.0)
    assert "and 2 more slow points" in str(slow)
    kinds = "'stable', 'marginal', 'saddle', 'unstable'"
    with pytest.raises(ArgumentError, match=f"`kind` must be one of {kinds}; got 'steady'"):
        found.fixed.of_kind("steady")


def test_what_is_wrong_is_said():
    layer = one_unit(0.5)
    with pytest.raises(ShapeError, match=r"`x` must have shape \(features=1,\), .*; got \(3, 1\)"):
        elman.inspection.fixed_points(layer, np.zeros((3, 1)), initial_state=STARTS)
    with pytest.raises(ArgumentError, match="`initial_state` must be one state at least; got none"):
        elman.inspection.fixed_points(layer, initial_state=STARTS[:0])
    with pytest.raises(ArgumentError, match="`initial_state` must be finite; got NaN or inf"):
        elman.inspection.fixed_points(layer, initial_state=STARTS * np.nan)
    with pytest.raises(ArgumentError, match="`x` must be finite; got NaN or infinity among it"):
        elman.inspection.fixed_points(layer, [np.nan], initial_state=STARTS)
    with pytest.raises(ArgumentError, match="`slow` must be a finite number and at least 0"):
        elman.inspection.fixed_points(layer, initial_state=STARTS, slow=-1)
    with pytest.raises(ArgumentError, match="`starts` must be a positive integer; got 0"):
        elman.inspection.fixed_points(layer, initial_state=STARTS, starts=0)
    with pytest.raises(ArgumentError, match="`newton_steps` must be an integer of at least 0"):
        elman.inspection.fixed_points(layer, initial_state=STARTS, newton_steps=-1)


@pytest.mark.parametrize("c", [10, -10, -100])
def test_a_start_at_which_the_matrix_is_singular_keeps_no_other_from_ending(c):
    """J - 1 has the eigenvalues 0 and 2 c at the origin: M^T M is singular to a rounding."""
    layer = layers.SimpleRNN(2, **F64)
    layer.build((None, None, 1))
    layer.set_weights([np.zeros((1, 2)), np.array([[1 + c, c], [c, 1 + c]]), np.zeros(2)])
    starts = np.array([[0.1, -0.1], [0.3, -0.3], [0.5, 0.2]])
    found = elman.inspection.fixed_points(layer, initial_state=starts)
    assert len(found.fixed.states) + len(found.slow.states) > 0
