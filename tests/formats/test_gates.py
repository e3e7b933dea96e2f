"""The one table of gate orders."""

import numpy as np
import pytest

from elman.cells import CELLS
from elman.formats import gates


@pytest.mark.parametrize("cell", gates.ORDERS)
def test_our_own_order_is_that_of_the_cells(cell):
    assert tuple(gates.ORDERS[cell]["elman"]) == CELLS[cell].GATES


@pytest.mark.parametrize("cell", gates.ORDERS)
@pytest.mark.parametrize("other", ["torch", "onnx"])
def test_there_and_back_is_where_one_was(cell, other):
    kernel = np.arange(2 * 3 * len(gates.ORDERS[cell]["elman"])).reshape(2, -1)
    there = gates.reordered(kernel, cell, "elman", other)
    assert np.array_equal(gates.reordered(there, cell, other, "elman"), kernel)


def test_blocks_along_the_first_axis_move_whole():
    rows = np.array([[0, 1], [0, 2], [1, 1], [1, 2], [2, 1], [2, 2], [3, 1], [3, 2]])
    found = gates.reordered(rows, "lstm", "onnx", "elman", axis=0)
    assert found[:, 0].tolist() == [0, 0, 2, 2, 3, 3, 1, 1]
    assert found[:, 1].tolist() == [1, 2] * 4
