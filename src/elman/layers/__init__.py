"""Layers, with Keras's names, arguments, defaults and numbers."""

from collections import ChainMap
from collections.abc import MutableMapping
from typing import TYPE_CHECKING

from elman import _check
from elman._later import Later
from elman.layers.activation import Activation
from elman.layers.arithmetic import Add, Average, Multiply, Subtract
from elman.layers.base import Layer
from elman.layers.bidirectional import Bidirectional
from elman.layers.concatenate import Concatenate
from elman.layers.dense import Dense
from elman.layers.dot import Dot
from elman.layers.dropout import Dropout, SpatialDropout1D
from elman.layers.embedding import Embedding
from elman.layers.gru import GRU
from elman.layers.gru_cell import GRUCell
from elman.layers.input import Input, InputLayer
from elman.layers.lstm import LSTM
from elman.layers.lstm_cell import LSTMCell
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
from elman.layers.parts.input_spec import InputSpec
from elman.layers.reshaping import Flatten, Permute, RepeatVector, Reshape
from elman.layers.rnn import RNN
from elman.layers.saved.serialization import deserialize, serialize
from elman.layers.simple_rnn import SimpleRNN
from elman.layers.simple_rnn_cell import SimpleRNNCell
from elman.layers.time_distributed import TimeDistributed
from elman.layers.wrapper import Wrapper

if TYPE_CHECKING:
    from elman.layers.alpha_dropout import AlphaDropout
    from elman.layers.attention import AdditiveAttention, Attention
    from elman.layers.batch_normalization import BatchNormalization
    from elman.layers.conv1d import Conv1D
    from elman.layers.conv1d_transpose import Conv1DTranspose
    from elman.layers.coupled_lstm import CoupledLSTM
    from elman.layers.coupled_lstm_cell import CoupledLSTMCell
    from elman.layers.depthwise_conv1d import DepthwiseConv1D
    from elman.layers.extremes import Maximum, Minimum
    from elman.layers.global_pooling1d import GlobalAveragePooling1D, GlobalMaxPooling1D
    from elman.layers.grud import GRUD
    from elman.layers.identity import ActivityRegularization, Identity
    from elman.layers.indrnn import IndRNN
    from elman.layers.indrnn_cell import IndRNNCell
    from elman.layers.lambda_ import Lambda
    from elman.layers.layer_norm_gru import LayerNormGRU
    from elman.layers.layer_norm_gru_cell import LayerNormGRUCell
    from elman.layers.layer_norm_lstm import LayerNormLSTM
    from elman.layers.layer_norm_lstm_cell import LayerNormLSTMCell
    from elman.layers.layer_normalization import LayerNormalization
    from elman.layers.leaky_rnn import LeakyRNN
    from elman.layers.leaky_rnn_cell import LeakyRNNCell
    from elman.layers.min_gru import MinGRU
    from elman.layers.min_gru_cell import MinGRUCell
    from elman.layers.min_lstm import MinLSTM
    from elman.layers.min_lstm_cell import MinLSTMCell
    from elman.layers.noise import GaussianDropout, GaussianNoise
    from elman.layers.normalization import Normalization
    from elman.layers.peephole_lstm import PeepholeLSTM
    from elman.layers.peephole_lstm_cell import PeepholeLSTMCell
    from elman.layers.pooling1d import AveragePooling1D, MaxPooling1D
    from elman.layers.rectifiers import ELU, LeakyReLU, PReLU, ReLU
    from elman.layers.rescaling import Rescaling
    from elman.layers.rms_normalization import RMSNormalization
    from elman.layers.separable_conv1d import SeparableConv1D
    from elman.layers.softmax import Softmax
    from elman.layers.stacked_rnn_cells import StackedRNNCells
    from elman.layers.steps1d import Cropping1D, UpSampling1D, ZeroPadding1D
    from elman.layers.unit_normalization import UnitNormalization
    from elman.layers.zoneout_lstm import ZoneoutLSTM
    from elman.layers.zoneout_lstm_cell import ZoneoutLSTMCell

    AvgPool1D, MaxPool1D, Convolution1D = AveragePooling1D, MaxPooling1D, Conv1D
    Convolution1DTranspose, SeparableConvolution1D = Conv1DTranspose, SeparableConv1D
    GlobalAvgPool1D, GlobalMaxPool1D = GlobalAveragePooling1D, GlobalMaxPooling1D

__all__ = [
    "ELU",
    "GRU",
    "GRUD",
    "LSTM",
    "RNN",
    "Activation",
    "ActivityRegularization",
    "Add",
    "AdditiveAttention",
    "AlphaDropout",
    "Attention",
    "Average",
    "AveragePooling1D",
    "AvgPool1D",
    "BatchNormalization",
    "Bidirectional",
    "Concatenate",
    "Conv1D",
    "Conv1DTranspose",
    "Convolution1D",
    "Convolution1DTranspose",
    "CoupledLSTM",
    "CoupledLSTMCell",
    "Cropping1D",
    "Dense",
    "DepthwiseConv1D",
    "Dot",
    "Dropout",
    "Embedding",
    "Flatten",
    "GRUCell",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAvgPool1D",
    "GlobalMaxPool1D",
    "GlobalMaxPooling1D",
    "Identity",
    "IndRNN",
    "IndRNNCell",
    "Input",
    "InputLayer",
    "InputSpec",
    "LSTMCell",
    "Lambda",
    "Layer",
    "LayerNormGRU",
    "LayerNormGRUCell",
    "LayerNormLSTM",
    "LayerNormLSTMCell",
    "LayerNormalization",
    "LeakyRNN",
    "LeakyRNNCell",
    "LeakyReLU",
    "Masking",
    "MaxPool1D",
    "MaxPooling1D",
    "Maximum",
    "MinGRU",
    "MinGRUCell",
    "MinLSTM",
    "MinLSTMCell",
    "Minimum",
    "Multiply",
    "Normalization",
    "PReLU",
    "PeepholeLSTM",
    "PeepholeLSTMCell",
    "Permute",
    "RMSNormalization",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "SeparableConv1D",
    "SeparableConvolution1D",
    "SimpleRNN",
    "SimpleRNNCell",
    "Softmax",
    "SpatialDropout1D",
    "StackedRNNCells",
    "Subtract",
    "TimeDistributed",
    "UnitNormalization",
    "UpSampling1D",
    "Wrapper",
    "ZeroPadding1D",
    "ZoneoutLSTM",
    "ZoneoutLSTMCell",
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
CLASSES: MutableMapping[str, type[Layer]] = ChainMap(
    {},
    Later[type[Layer]](  # type: ignore[arg-type]  # a ChainMap writes to its first map alone
        __name__,
        {
            "activation": "Activation",
            "alpha_dropout": "AlphaDropout",
            "arithmetic": "Add Average Multiply Subtract",
            "attention": "AdditiveAttention Attention",
            "batch_normalization": "BatchNormalization",
            "bidirectional": "Bidirectional",
            "concatenate": "Concatenate",
            "conv1d": "Conv1D",
            "conv1d_transpose": "Conv1DTranspose",
            "coupled_lstm": "CoupledLSTM",
            "coupled_lstm_cell": "CoupledLSTMCell",
            "dense": "Dense",
            "depthwise_conv1d": "DepthwiseConv1D",
            "dot": "Dot",
            "dropout": "Dropout SpatialDropout1D",
            "embedding": "Embedding",
            "extremes": "Maximum Minimum",
            "global_pooling1d": "GlobalAveragePooling1D GlobalMaxPooling1D",
            "gru": "GRU",
            "gru_cell": "GRUCell",
            "grud": "GRUD",
            "identity": "ActivityRegularization Identity",
            "indrnn": "IndRNN",
            "indrnn_cell": "IndRNNCell",
            "input": "InputLayer",
            "lambda_": "Lambda",
            "layer_norm_gru": "LayerNormGRU",
            "layer_norm_gru_cell": "LayerNormGRUCell",
            "layer_norm_lstm": "LayerNormLSTM",
            "layer_norm_lstm_cell": "LayerNormLSTMCell",
            "layer_normalization": "LayerNormalization",
            "leaky_rnn": "LeakyRNN",
            "leaky_rnn_cell": "LeakyRNNCell",
            "lstm": "LSTM",
            "lstm_cell": "LSTMCell",
            "masking": "Masking",
            "min_gru": "MinGRU",
            "min_gru_cell": "MinGRUCell",
            "min_lstm": "MinLSTM",
            "min_lstm_cell": "MinLSTMCell",
            "noise": "GaussianDropout GaussianNoise",
            "normalization": "Normalization",
            "peephole_lstm": "PeepholeLSTM",
            "peephole_lstm_cell": "PeepholeLSTMCell",
            "pooling1d": "AveragePooling1D MaxPooling1D",
            "rectifiers": "ELU LeakyReLU PReLU ReLU",
            "recurrence.grud_cell": "GRUDCell",
            "rescaling": "Rescaling",
            "reshaping": "Flatten Permute RepeatVector Reshape",
            "rms_normalization": "RMSNormalization",
            "rnn": "RNN",
            "separable_conv1d": "SeparableConv1D",
            "simple_rnn": "SimpleRNN",
            "simple_rnn_cell": "SimpleRNNCell",
            "softmax": "Softmax",
            "stacked_rnn_cells": "StackedRNNCells",
            "steps1d": "Cropping1D UpSampling1D ZeroPadding1D",
            "time_distributed": "TimeDistributed",
            "unit_normalization": "UnitNormalization",
            "wrapper": "Wrapper",
            "zoneout_lstm": "ZoneoutLSTM",
            "zoneout_lstm_cell": "ZoneoutLSTMCell",
        },
    ),
)
_ALIASES = {  # Keras's other names for the same classes
    "AvgPool1D": "AveragePooling1D",
    "Convolution1D": "Conv1D",
    "Convolution1DTranspose": "Conv1DTranspose",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "MaxPool1D": "MaxPooling1D",
    "SeparableConvolution1D": "SeparableConv1D",
}
_ATTENTION = "elman has `Attention` and `AdditiveAttention`, of one head."
_INSTEAD = {  # part of a name that Keras has and elman has not: what there is
    "MultiHeadAttention": _ATTENTION,
    "GroupQueryAttention": _ATTENTION,
    "GroupNormalization": "elman has `LayerNormalization`, `RMSNormalization` and others.",
    "SpectralNormalization": "elman has constraints of weights: `constraints.UnitNorm` and others.",
    "ConvLSTM": "elman has `Conv1D`, in `TimeDistributed` too, and `LSTM`.",
    "EinsumDense": "elman has `Dense`, and `Layer` to write a `call` with `elman.ops.einsum`.",
    "2D": "elman is about sequences, and has layers of one dimension, such as `Conv1D`.",
    "3D": "elman is about sequences, and has layers of one dimension, such as `Conv1D`.",
    "Lookup": "Make whole numbers of the data first, such as with `np.unique`.",
    "Vectorization": "Make whole numbers of the texts first, and pad with `utils.pad_sequences`.",
    "Sequential": "It is in `elman` and `elman.models`.",
    "Model": "It is in `elman` and `elman.models`.",
}


def __getattr__(name: str) -> object:
    name = _ALIASES.get(name, name)
    if name in CLASSES and name in __all__:
        return CLASSES[name]
    raise _check.absent("elman.layers", name, __all__, _INSTEAD)


def __dir__() -> list[str]:
    return __all__
