"""Layers, with Keras's names, arguments, defaults and numbers."""

from elman.layers.activation import Activation
from elman.layers.base import Layer
from elman.layers.batch_normalization import BatchNormalization
from elman.layers.bidirectional import Bidirectional
from elman.layers.conv1d import Conv1D
from elman.layers.dense import Dense
from elman.layers.dropout import Dropout
from elman.layers.embedding import Embedding
from elman.layers.global_pooling1d import GlobalAveragePooling1D, GlobalMaxPooling1D
from elman.layers.gru import GRU
from elman.layers.input import Input, InputLayer
from elman.layers.layer_normalization import LayerNormalization
from elman.layers.lstm import LSTM
from elman.layers.masking import Masking
from elman.layers.merging import Add, Concatenate
from elman.layers.pooling1d import AveragePooling1D, MaxPooling1D
from elman.layers.reshaping import Flatten, RepeatVector, Reshape
from elman.layers.rms_normalization import RMSNormalization
from elman.layers.serialization import deserialize, serialize
from elman.layers.simple_rnn import SimpleRNN
from elman.layers.steps1d import Cropping1D, UpSampling1D, ZeroPadding1D
from elman.layers.time_distributed import TimeDistributed

__all__ = [
    "GRU",
    "LSTM",
    "Activation",
    "Add",
    "AveragePooling1D",
    "AvgPool1D",
    "BatchNormalization",
    "Bidirectional",
    "Concatenate",
    "Conv1D",
    "Convolution1D",
    "Cropping1D",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GlobalAveragePooling1D",
    "GlobalAvgPool1D",
    "GlobalMaxPool1D",
    "GlobalMaxPooling1D",
    "Input",
    "InputLayer",
    "Layer",
    "LayerNormalization",
    "Masking",
    "MaxPool1D",
    "MaxPooling1D",
    "RMSNormalization",
    "RepeatVector",
    "Reshape",
    "SimpleRNN",
    "TimeDistributed",
    "UpSampling1D",
    "ZeroPadding1D",
    "deserialize",
    "serialize",
]

# Keras's other names for the same classes.
AvgPool1D, MaxPool1D, Convolution1D = AveragePooling1D, MaxPooling1D, Conv1D
GlobalAvgPool1D, GlobalMaxPool1D = GlobalAveragePooling1D, GlobalMaxPooling1D

# The one table from which classes are looked up by name. `elman.models` adds its own.
CLASSES: dict[str, type[Layer]] = {
    cls.__name__: cls
    for cls in (
        Activation, Add, AveragePooling1D, BatchNormalization, Bidirectional, Concatenate,
        Conv1D, Cropping1D, Dense, Dropout, Embedding, Flatten, GlobalAveragePooling1D,
        GlobalMaxPooling1D, GRU, InputLayer, LayerNormalization, LSTM, Masking,
        MaxPooling1D, RepeatVector, Reshape, RMSNormalization, SimpleRNN, TimeDistributed,
        UpSampling1D, ZeroPadding1D,
    )
}  # fmt: skip


def __getattr__(name: str) -> object:
    message = f"module 'elman.layers' has no attribute {name!r}"
    if name.startswith("_"):
        raise AttributeError(message)
    raise AttributeError(f"{message}. elman's layers are {', '.join(__all__)}.")
