"""What a `GradientTape` watches, outside of `elman.ops`: its numbers, and who may read them."""

import numpy as np
import pytest

from elman.gradient_tape import GradientTape


def watched(value):
    with GradientTape() as tape:
        return tape.watch(np.asarray(value)) * 2.0


def test_a_number_is_read_with_float_and_int():
    box = watched(1.5)
    assert (float(box), int(box)) == (3.0, 3)


def test_numbers_are_read_with_numpy_while_the_tape_is_open_and_after():
    with GradientTape() as tape:
        box = tape.watch(np.array([1.0, 2.0]))
        inside = box.numpy()
    assert type(inside) is np.ndarray
    inside[0] = 9.0  # a copy
    assert box.numpy().tolist() == [1.0, 2.0]
    assert float(tape.gradient((box * box).sum(), box)[0]) == 2.0


def test_functions_of_numpy_read_a_box_once_its_tape_is_shut():
    box = watched([1.0, 3.0])
    assert np.asarray(box).tolist() == [2.0, 6.0]
    assert np.asarray(box, "float32").dtype == np.float32
    assert np.argmax(box) == 1
    np.testing.assert_array_equal(np.stack([box, box]), [[2.0, 6.0], [2.0, 6.0]])


def test_functions_that_take_arrays_alone_are_refused_while_the_tape_is_open():
    text = (
        "ArrayBox: `x` must be computed with by `elman.ops` while a GradientTape is open; got a "
        "function that takes arrays alone. Take its numbers with `x.numpy"
    )
    with GradientTape() as tape:
        box = tape.watch(np.ones(2))
        with pytest.raises(TypeError, match=text):
            np.asarray(box)
        with GradientTape(), pytest.raises(TypeError, match=text):  # of the outer tape
            np.stack([box, box])
