import numpy as np
import pytest

from elman import bptt, kernels
from elman.cells import CELLS
from elman.layers import GRU, LSTM, SimpleRNN
from tests.cells.problem import draw


def test_status_names_the_implementation_and_the_reason():
    status = kernels.status()
    assert status.implementation == "reference"
    assert "NumPy" in status.reason


@pytest.mark.parametrize("cell", CELLS)
def test_the_kernels_give_what_the_reference_gives(cell):
    problem = draw(cell, mask="holes", input_dropout=1, recurrent_dropout=True)
    x, weights, state = problem.x, problem.weights, problem.state
    outputs, final, tape = kernels.unroll(cell, x, weights, state, **problem.options)
    expected, last, recorded = bptt.unroll(cell, x, weights, state, **problem.options)
    np.testing.assert_array_equal(outputs, expected)
    for array, other in zip(final, last, strict=True):
        np.testing.assert_array_equal(array, other)
    found = kernels.backpropagate(tape, problem.doutputs, problem.dstate, record_states=True)
    reference = bptt.backpropagate(recorded, problem.doutputs, problem.dstate, record_states=True)
    pairs = [(found.x, reference.x), *zip(found.weights, reference.weights, strict=True)]
    pairs += [*zip(found.initial_state, reference.initial_state, strict=True)]
    pairs += [*zip(found.states, reference.states, strict=True)]
    for array, other in pairs:
        np.testing.assert_array_equal(array, other)


@pytest.mark.parametrize("layer", [SimpleRNN, GRU, LSTM])
def test_layers_compute_through_the_kernels_and_nothing_else(layer, monkeypatch):
    called = []

    def unroll(*arguments, **options):
        called.append(arguments[0])
        return bptt.unroll(*arguments, **options)

    monkeypatch.setattr(kernels, "unroll", unroll)
    layer(2)(np.zeros((1, 3, 2)))
    assert called == [{"SimpleRNN": "simple_rnn", "GRU": "gru", "LSTM": "lstm"}[layer.__name__]]
