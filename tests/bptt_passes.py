"""Cells, masks and options of passes through time."""

import numpy as np
import pytest

from elman.cells import CELLS
from tests.cells.problem import MASKS
from tests.tolerances import EXACT

CELL = pytest.mark.parametrize("cell", CELLS)
MASK = pytest.mark.parametrize("mask", MASKS)


def equal(actual, expected):
    """Check that arrays agree but for the order of roundings."""
    np.testing.assert_allclose(actual, expected, rtol=EXACT, atol=EXACT)
