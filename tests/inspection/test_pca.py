import numpy as np
import pytest

import elman
from elman import layers
from elman.errors import ArgumentError, ShapeError
from elman.inspection import pca
from tests.layers.checks import F64, GAPS, normal
from tests.tolerances import EXACT


def test_components_are_eigenvectors_of_the_covariance():
    states = normal(4, 5, 3) @ np.diag([3.0, 1.0, 0.2])
    found = pca(states)
    values, vectors = np.linalg.eigh(np.cov(states.reshape(-1, 3).T))
    np.testing.assert_allclose(found.variances, values[::-1], rtol=EXACT)
    np.testing.assert_allclose(abs(found.components), abs(vectors.T[::-1]), rtol=EXACT, atol=EXACT)
    np.testing.assert_allclose(found.shares.sum(), 1, rtol=EXACT)
    assert found.projections.shape == (4, 5, 3)
    np.testing.assert_allclose(found.back(found.projections), states, rtol=EXACT, atol=EXACT)
    np.testing.assert_allclose(
        found.project(states[1]), found.projections[1], rtol=EXACT, atol=EXACT
    )
    np.testing.assert_allclose(pca(states, 2).projections, found.projections[:, :, :2])


def test_a_trace_of_a_layer_leaves_out_masked_steps():
    layer = layers.LSTM(3, **F64)
    seen = next(iter(elman.trace(layer, normal(3, 4, 2), mask=GAPS).values()))
    both = np.concatenate([seen.h, seen.c], axis=2)
    np.testing.assert_allclose(pca(seen).mean, both[GAPS].mean(axis=0), rtol=EXACT)
    assert pca(seen).projections.shape == (3, 4, 6)
    assert repr(pca(seen, 1)).startswith("<PCA of 6 units: 1 components with ")


def test_what_is_wrong_is_said():
    with pytest.raises(
        ArgumentError, match=r"`states` must be two finite states.*; got shape \(1,"
    ):
        pca(np.zeros((1, 3)))
    with pytest.raises(ArgumentError, match=r"got shape \(3,\)"):
        pca(np.zeros(3))
    with pytest.raises(ArgumentError, match=r"got shape \(5, 0\)"):
        pca(np.zeros((5, 0)))
    with pytest.raises(ArgumentError, match=r"got shape \(\)"):
        pca(3.0)
    with pytest.raises(ArgumentError, match="got NaN or infinity among them"):
        pca(np.full((4, 3), np.nan))
    with pytest.raises(ArgumentError, match="`components` must be at most 3; got 4"):
        pca(normal(5, 3), 4)
    found = pca(normal(5, 3), 2)
    with pytest.raises(ShapeError, match=r"`states` must have shape \(…, units=3\); got \(2, 4\)"):
        found.project(np.zeros((2, 4)))
    with pytest.raises(ShapeError, match=r"`projections` must have shape \(…, k=2\); got \(3,\)"):
        found.back(np.zeros(3))
