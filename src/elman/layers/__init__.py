"""Layers, with Keras's names, arguments, defaults and numbers."""

from elman.layers.activation import Activation
from elman.layers.base import Layer
from elman.layers.bidirectional import Bidirectional
from elman.layers.dense import Dense
from elman.layers.dropout import Dropout
from elman.layers.embedding import Embedding
from elman.layers.gru import GRU
from elman.layers.gru_cell import GRUCell
from elman.layers.input import Input, InputLayer
from elman.layers.lstm import LSTM
from elman.layers.lstm_cell import LSTMCell
from elman.layers.masking import Masking
from elman.layers.merging import Add, Concatenate
from elman.layers.reshaping import Flatten, RepeatVector, Reshape
from elman.layers.rnn import RNN
from elman.layers.serialization import deserialize, serialize
from elman.layers.simple_rnn import SimpleRNN
from elman.layers.simple_rnn_cell import SimpleRNNCell
from elman.layers.stacked_rnn_cells import StackedRNNCells
from elman.layers.time_distributed import TimeDistributed

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Activation",
    "Add",
    "Bidirectional",
    "Concatenate",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GRUCell",
    "Input",
    "InputLayer",
    "LSTMCell",
    "Layer",
    "Masking",
    "RepeatVector",
    "Reshape",
    "SimpleRNN",
    "SimpleRNNCell",
    "StackedRNNCells",
    "TimeDistributed",
    "deserialize",
    "serialize",
]

# The one table from which classes are looked up by name. `elman.models` adds its own.
CLASSES: dict[str, type[Layer]] = {
    cls.__name__: cls
    for cls in (
        Activation, Add, Bidirectional, Concatenate, Dense, Dropout, Embedding, Flatten, GRU,
        GRUCell, InputLayer, LSTM, LSTMCell, Masking, RepeatVector, Reshape, RNN, SimpleRNN,
        SimpleRNNCell, StackedRNNCells, TimeDistributed,
    )
}  # fmt: skip


def __getattr__(name: str) -> object:
    message = f"module 'elman.layers' has no attribute {name!r}"
    if name.startswith("_"):
        raise AttributeError(message)
    raise AttributeError(f"{message}. elman's layers are {', '.join(__all__)}.")
