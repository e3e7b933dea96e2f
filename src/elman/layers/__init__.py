"""Layers, with Keras's names, arguments, defaults and numbers."""

from elman.layers.activation import Activation
from elman.layers.alpha_dropout import AlphaDropout
from elman.layers.arithmetic import Add, Average, Multiply, Subtract
from elman.layers.attention import AdditiveAttention, Attention
from elman.layers.base import Layer
from elman.layers.bidirectional import Bidirectional
from elman.layers.concatenate import Concatenate
from elman.layers.dense import Dense
from elman.layers.dot import Dot
from elman.layers.dropout import Dropout, SpatialDropout1D
from elman.layers.embedding import Embedding
from elman.layers.extremes import Maximum, Minimum
from elman.layers.gru import GRU
from elman.layers.identity import ActivityRegularization, Identity
from elman.layers.input import Input, InputLayer
from elman.layers.lstm import LSTM
from elman.layers.masking import Masking
from elman.layers.merge_functions import (
    add,
    average,
    concatenate,
    dot,
    maximum,
    minimum,
    multiply,
    subtract,
)
from elman.layers.noise import GaussianDropout, GaussianNoise
from elman.layers.normalization import Normalization
from elman.layers.rectifiers import ELU, LeakyReLU, PReLU, ReLU
from elman.layers.rescaling import Rescaling
from elman.layers.reshaping import Flatten, Permute, RepeatVector, Reshape
from elman.layers.serialization import deserialize, serialize
from elman.layers.simple_rnn import SimpleRNN
from elman.layers.softmax import Softmax
from elman.layers.time_distributed import TimeDistributed
from elman.layers.unit_normalization import UnitNormalization
from elman.layers.wrapper import Wrapper

__all__ = [
    "ELU",
    "GRU",
    "LSTM",
    "Activation",
    "ActivityRegularization",
    "Add",
    "AdditiveAttention",
    "AlphaDropout",
    "Attention",
    "Average",
    "Bidirectional",
    "Concatenate",
    "Dense",
    "Dot",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "Input",
    "InputLayer",
    "Layer",
    "LeakyReLU",
    "Masking",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "SimpleRNN",
    "Softmax",
    "SpatialDropout1D",
    "Subtract",
    "TimeDistributed",
    "UnitNormalization",
    "Wrapper",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "serialize",
    "subtract",
]

# The one table from which classes are looked up by name. `elman.models` adds its own.
CLASSES: dict[str, type[Layer]] = {
    cls.__name__: cls
    for cls in (
        Activation, ActivityRegularization, Add, AdditiveAttention, AlphaDropout, Attention,
        Average, Bidirectional, Concatenate, Dense, Dot, Dropout, ELU, Embedding, Flatten,
        GaussianDropout, GaussianNoise, GRU, Identity, InputLayer, LeakyReLU, LSTM, Masking,
        Maximum, Minimum, Multiply, Normalization, Permute, PReLU, ReLU, RepeatVector, Rescaling,
        Reshape, SimpleRNN, Softmax, SpatialDropout1D, Subtract, TimeDistributed, UnitNormalization,
    )
}  # fmt: skip


def __getattr__(name: str) -> object:
    message = f"module 'elman.layers' has no attribute {name!r}"
    if name.startswith("_"):
        raise AttributeError(message)
    raise AttributeError(f"{message}. elman's layers are {', '.join(__all__)}.")
