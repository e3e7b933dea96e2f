"""Calls of the compiled kernels that are wrong, and passes that are used again."""

import numpy as np
import pytest

from elman import kernels
from elman.errors import ArgumentError

pytest.importorskip("elman._native")
pytestmark = pytest.mark.usefixtures("compiled")


def call(**changes):
    """Return the arguments of a good native pass of an LSTM, with some of them changed."""
    z = np.zeros
    arguments = {
        "cell": 1, "phi": 6, "sigma": 8, "threads": 1, "backwards": False, "zero_output": False,
        "sequences": True, "record": True, "checkpoint": 0, "x": z((2, 3, 4)), "kernel": z((4, 20)),
        "recurrent": z((5, 20)), "bias": z(20), "vectors": (), "streams": (),
        "start": (z((2, 5)), z((2, 5))), "mask": None, "reset": None, "reset_state": (),
        "input_drop": (), "recurrent_drop": (), "outputs": z((2, 3, 5)),
        "final": (z((2, 5)), z((2, 5))),
    }  # fmt: skip
    return list({**arguments, **changes}.values())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cell": 99}, "there is no such cell"),
        ({"vectors": (np.zeros(5),)}, "other weights or streams"),
        ({"streams": (None,)}, "other weights or streams"),
        ({"recurrent": None}, "other weights or streams"),
        ({"reset": np.ones((3, 2, 1), bool)[:2]}, "`reset` has the wrong dtype, size or strides"),
        ({"reset_state": (np.zeros(5),)}, "the number of states is wrong"),
        ({"x": np.zeros((2, 3))}, "`x` has the wrong number of axes"),
        ({"x": np.zeros((2, 3, 8))[:, :, ::2]}, "`x` is no contiguous array"),
        ({"x": np.zeros((2, 3, 4), "int64")}, "of float32 or float64"),
        ({"x": np.zeros((2, 0, 4))}, "there must be timesteps"),
        ({"kernel": np.zeros((4, 21))}, "`kernel` has the wrong dtype, size or strides"),
        ({"kernel": np.zeros((4, 20), "float32")}, "`kernel` has the wrong dtype"),
        (
            {"recurrent": np.zeros((5, 20))[:, ::-1]},
            "`recurrent` has the wrong dtype, size or strides",
        ),
        ({"bias": np.zeros(19)}, "`bias` has the wrong dtype, size or strides"),
        ({"mask": np.ones((2, 2), bool)}, "`mask` has the wrong dtype, size or strides"),
        ({"mask": np.ones((2, 3))}, "`mask` has the wrong dtype, size or strides"),
        ({"input_drop": (np.ones((2, 4)),) * 2}, "as many dropout masks as gates"),
        ({"recurrent_drop": (np.ones((2, 5)),)}, "as many dropout masks as gates"),
        ({"start": (np.zeros((2, 5)),)}, "the number of states is wrong"),
        ({"final": (np.zeros((2, 5)), np.zeros((2, 6)))}, "`final` has the wrong dtype"),
        ({"outputs": np.zeros((2, 5))}, "`outputs` has the wrong dtype, size or strides"),
        ({"outputs": b"no array that one may write to"}, "`outputs` has the wrong dtype"),
    ],
)
def test_a_wrong_array_is_an_error_and_never_a_crash(changes, message):
    from elman import _native

    with pytest.raises(ValueError, match=message):
        _native.Pass(*call(**changes))


def test_a_refused_gradient_leaves_the_pass_as_it_was():
    x = np.zeros((1, 2, 1), "float32")
    weights = (np.ones((1, 1), "float32"), np.ones((1, 1), "float32"), None)
    outputs, _, tape = kernels.unroll("simple_rnn", x, weights, (), activations=("tanh",))
    with pytest.raises(ValueError, match="`doutputs` has the wrong dtype"):
        kernels.backpropagate(tape, outputs.astype("float64"), ())
    kernels.backpropagate(tape, outputs, ())


def test_a_pass_is_taken_again_to_be_run_in_reverse_a_second_time():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 1)).astype("float32")
    weights = tuple(rng.normal(size=(1, 1)).astype("float32") for _ in range(2))
    outputs, _, tape = kernels.unroll("simple_rnn", x, (*weights, None), (), activations=("tanh",))
    kept = outputs.copy()
    once = kernels.backpropagate(tape, outputs, ())
    again = kernels.backpropagate(tape, outputs, ())
    np.testing.assert_array_equal(once.x, again.x)
    np.testing.assert_array_equal(once.weights[1], again.weights[1])
    np.testing.assert_array_equal(outputs, kept)


def test_an_unknown_implementation_is_an_error():
    with pytest.raises(ArgumentError, match=r"^kernels: `implementation` must be one of 'native'"):
        kernels.use("fast")


def test_the_number_of_threads_must_be_positive():
    with pytest.raises(ArgumentError, match="`threads` must be a positive integer; got 0"):
        kernels.set_num_threads(0)
