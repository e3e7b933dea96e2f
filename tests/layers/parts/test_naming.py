import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.layers.parts import naming


def test_layers_are_counted_by_class_as_in_keras():
    elman.utils.clear_session()
    names = [cls(2).name for cls in (layers.LSTM, layers.GRU, layers.LSTM, layers.SimpleRNN)]
    assert names == ["lstm", "gru", "lstm_1", "simple_rnn"]
    assert [layers.Dense(2).name for _ in range(3)] == ["dense", "dense_1", "dense_2"]
    assert layers.TimeDistributed(layers.Dense(2)).name == "time_distributed"
    assert Sequential().name == "sequential"
    x = Input((2,))
    assert Model(x, x).name == "functional"


def test_a_name_of_one_s_own_is_not_counted():
    elman.utils.clear_session()
    assert layers.Dense(2, name="out").name == "out"
    assert layers.Dense(2).name == "dense"


def test_clear_session_counts_anew():
    elman.utils.clear_session()
    assert [layers.LSTM(2).name for _ in range(2)] == ["lstm", "lstm_1"]
    elman.utils.clear_session()
    assert layers.LSTM(2).name == "lstm"


def test_a_path_begins_with_the_scopes_that_are_open():
    with naming.scope("outer"), naming.scope("inner"):
        assert naming.path("", "kernel") == "outer/inner/kernel"
    assert naming.path("kernel") == "kernel"
    try:
        with naming.scope("broken"):
            raise KeyError
    except KeyError:
        pass
    assert naming.path("kernel") == "kernel"


def test_paths_name_the_sequential_models_around_a_layer():
    elman.utils.clear_session()
    inner = Sequential([layers.LSTM(2)])
    outer = Sequential([Input((3, 2)), layers.GRU(2, return_sequences=True), inner])
    assert [w.path for w in outer.weights[::3]] == [
        "sequential_1/gru/gru_cell/kernel",
        "sequential_1/sequential/lstm/lstm_cell/kernel",
    ]


def test_a_layer_that_elman_does_not_have_is_said_to_be_missing():
    with pytest.raises(AttributeError, match=r"'Conv9D'\. Did you mean 'Conv1D'\?"):
        layers.Conv9D  # noqa: B018
