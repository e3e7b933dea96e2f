import numpy as np
import pytest

import elman
from elman import layers
from elman.inspection import pca
from tests.inspection.pictured import texts_of
from tests.layers.checks import F64, normal, scramble

pytest.importorskip("matplotlib").use("agg")


def built(kind, units, **options):
    layer = kind(units, **{**F64, **options})
    layer.build((None, None, 2))
    return scramble(layer)


def test_a_jacobian_is_drawn():
    layer = built(layers.LSTM, 3)
    found = elman.inspection.jacobian(layer, np.ones((5, 2)), np.zeros((5, 6)))
    texts = texts_of(found.plot())
    assert "unit before the timestep (h: 0 to 2, c: 3 to 5)" in texts
    assert "(mean of 5 states)" in texts
    texts_of(elman.inspection.jacobian(layer, np.ones(2), np.zeros(6)).plot())


def test_fixed_points_are_drawn_among_trajectories_or_alone():
    layer = built(layers.GRU, 3)
    seen = elman.trace(layer, normal(4, 20, 2))
    texts = texts_of(elman.inspection.fixed_points(layer, initial_state=seen).plot())
    assert "trajectories (ring = start)" in texts
    assert "stable points (1)" in texts
    found = elman.inspection.fixed_points(
        layer, initial_state=normal(9, 3), slow=1.0, newton_steps=1
    )
    assert "slow points" in texts_of(found.plot())
    texts_of(found.plot(visited=normal(2, 5, 3)))


def test_a_single_unit_is_drawn_along_a_line():
    layer = layers.SimpleRNN(1, **F64)
    layer.build((None, None, 1))
    layer.set_weights([np.ones((1, 1)), np.full((1, 1), 2.0), np.zeros(1)])
    texts = texts_of(
        elman.inspection.fixed_points(layer, initial_state=np.linspace(-1, 1, 5)[:, None]).plot()
    )
    assert "unstable points (1)" in texts
    assert "starts (5)" in texts
    none = elman.inspection.fixed_points(
        layer, initial_state=np.full((1, 1), 0.5), newton_steps=0, adam_steps=0,
        settle_timesteps=0, slow=0.0,
    ).plot()  # fmt: skip
    assert none.axes[0].get_title() == "Where a timestep changes nothing: nowhere found"
    assert none.axes[1].texts[0].get_text().startswith("no fixed or slow point found:\ntry other")


def test_a_lyapunov_spectrum_is_drawn():
    found = elman.inspection.lyapunov_spectrum(built(layers.SimpleRNN, 4), timesteps=60)
    texts = texts_of(found.plot())
    assert "nats per timestep" in texts
    forgets = built(layers.SimpleRNN, 2)
    forgets.set_weights([np.ones((2, 2)), np.diag([0.5, 0.0]), np.zeros(2)])
    texts_of(elman.inspection.lyapunov_spectrum(forgets, timesteps=60).plot())


def test_principal_components_are_drawn():
    assert "\ntrajectories (ring = start)" in texts_of(pca(normal(3, 10, 4)).plot())
    assert "principal component 1" in texts_of(pca(normal(30, 4)).plot())


def test_the_only_component_is_drawn_by_timestep():
    figure = pca(normal(3, 10, 1)).plot()
    texts = texts_of(figure)
    assert "timestep" in texts
    assert len(figure.axes[0].lines) == 3
    assert list(figure.axes[1].get_xticks()) == [1]
