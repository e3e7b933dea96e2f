"""Layers as configurations, with every argument of every layer."""

import inspect
import json

import numpy as np
import pytest

import elman
from elman import Input, Sequential, constraints, initializers, layers, ops, regularizers
from elman.layers.saved.serialization import constructor_arguments
from tests.layers.saved.recurrent_arguments import (
    CELL,
    CELLS,
    GRUD,
    NOT_TOGETHER,
    OF_THE_LAYER,
    RECURRENT,
)

F64 = {"dtype": "float64"}
NORMALIZATION = {
    "epsilon": 0.5,
    "center": False,
    "scale": False,
    "beta_initializer": "ones",
    "gamma_initializer": initializers.RandomNormal(0.5, 0.1, seed=2),
    "beta_regularizer": regularizers.L2(0.5),
    "gamma_regularizer": regularizers.L1(0.25),
    "beta_constraint": constraints.MaxNorm(3.0),
    "gamma_constraint": constraints.NonNeg(),
}
WEIGHTED = {
    "activation": "softmax",
    "use_bias": False,
    "bias_initializer": initializers.Constant(3.0),
    "bias_regularizer": regularizers.L1(0.25),
    "activity_regularizer": regularizers.L2(0.125),
    "bias_constraint": constraints.UnitNorm(),
}
DEPTHWISE = {
    **WEIGHTED,
    "strides": (2,),
    "padding": "same",
    "depth_multiplier": 2,
    "data_format": "channels_last",
    "dilation_rate": (3,),
    "depthwise_initializer": "he_normal",
    "depthwise_regularizer": regularizers.L2(0.5),
    "depthwise_constraint": constraints.MaxNorm(3.0),
}
POOLING = {"strides": (2,), "padding": "same", "data_format": "channels_last"}
# Every argument of every class, with a value that is not its default.
ARGUMENTS = {
    "Activation": {"activation": "softsign"},
    "ActivityRegularization": {"l1": 0.5, "l2": 0.25},
    "Add": {},
    "AdditiveAttention": {"use_scale": False, "dropout": 0.25, "seed": 3},
    "AlphaDropout": {"rate": 0.5, "noise_shape": (None, 1, None), "seed": 3},
    "Attention": {"use_scale": True, "score_mode": "concat", "dropout": 0.25, "seed": 3},
    "Average": {},
    "AveragePooling1D": {**POOLING, "pool_size": 3},
    "BatchNormalization": {
        **NORMALIZATION,
        "axis": 1,
        "momentum": 0.5,
        "moving_mean_initializer": "ones",
        "moving_variance_initializer": initializers.Constant(3.0),
        "renorm": True,
        "renorm_clipping": {"rmin": 0.5, "rmax": 2.0, "dmax": None},
        "renorm_momentum": 0.25,
        "synchronized": True,
    },
    "Bidirectional": {
        "layer": layers.GRU(3, seed=1),
        "merge_mode": "ave",
        "weights": None,
        "backward_layer": layers.GRU(3, go_backwards=True, activation="relu"),
    },
    "Concatenate": {"axis": 1},
    "Conv1D": {
        "filters": 4,
        "kernel_size": (3,),
        "strides": (2,),
        "padding": "causal",
        "data_format": "channels_last",
        "dilation_rate": (1,),
        "groups": 2,
        **WEIGHTED,
        "kernel_initializer": "he_normal",
        "kernel_regularizer": regularizers.L2(0.5),
        "kernel_constraint": constraints.MaxNorm(3.0),
    },
    "Conv1DTranspose": {
        "filters": 4,
        "kernel_size": (3,),
        "strides": (2,),
        "padding": "same",
        "output_padding": (1,),
        "data_format": "channels_last",
        "dilation_rate": (1,),
        **WEIGHTED,
        "kernel_initializer": "he_normal",
        "kernel_regularizer": regularizers.L2(0.5),
        "kernel_constraint": constraints.MaxNorm(3.0),
    },
    "Cropping1D": {"cropping": (0, 2)},
    "Dense": {
        "units": 4,
        "activation": "softmax",
        "use_bias": False,
        "kernel_initializer": "he_normal",
        "bias_initializer": initializers.Constant(3.0),
        "kernel_regularizer": regularizers.L2(0.5),
        "bias_regularizer": regularizers.L1(0.25),
        "activity_regularizer": regularizers.L2(0.125),
        "kernel_constraint": constraints.MaxNorm(3.0),
        "bias_constraint": constraints.UnitNorm(),
    },
    "DepthwiseConv1D": {**DEPTHWISE, "kernel_size": (3,)},
    "Dot": {"axes": (2, 1), "normalize": True},
    "Dropout": {"rate": 0.5, "noise_shape": (None, 1, None), "seed": 3},
    "ELU": {"alpha": 0.5},
    "Embedding": {
        "input_dim": 7,
        "output_dim": 3,
        "embeddings_initializer": initializers.RandomUniform(-1.0, 1.0),
        "embeddings_regularizer": regularizers.L2(0.5),
        "embeddings_constraint": constraints.NonNeg(),
        "mask_zero": True,
        "weights": None,
    },
    "Flatten": {"data_format": "channels_last"},
    "GlobalAveragePooling1D": {"data_format": "channels_last", "keepdims": True},
    "GlobalMaxPooling1D": {"data_format": "channels_last", "keepdims": True},
    "GRU": {
        **RECURRENT,
        "use_cudnn": False,
        "recurrent_activation": "hard_sigmoid",
        "reset_after": False,
    },
    "GRUCell": {**CELL, "recurrent_activation": "hard_sigmoid", "reset_after": False},
    "GaussianDropout": {"rate": 0.5, "seed": 3},
    "GaussianNoise": {"stddev": 0.5, "seed": 3},
    "Identity": {},
    "InputLayer": {"shape": (None, 3), "batch_size": 2, "dtype": "int32", "batch_shape": None},
    "LSTM": {
        **RECURRENT,
        "use_cudnn": False,
        "recurrent_activation": "hard_sigmoid",
        "unit_forget_bias": False,
    },
    "LSTMCell": {**CELL, "recurrent_activation": "hard_sigmoid", "unit_forget_bias": False},
    "LeakyReLU": {"negative_slope": 0.5},
    "Maximum": {},
    "Minimum": {},
    "Multiply": {},
    "Normalization": {"axis": (1, 2), "mean": [1.0, 2.0], "variance": [3.0, 4.0], "invert": True},
    "Permute": {"dims": (2, 1)},
    "PReLU": {
        "alpha_initializer": initializers.Constant(0.25),
        "alpha_regularizer": regularizers.L2(0.5),
        "alpha_constraint": constraints.NonNeg(),
        "shared_axes": [1],
    },
    "ReLU": {"max_value": 6.0, "negative_slope": 0.5, "threshold": 0.25},
    "Lambda": {
        "function": ops.tanh,
        "output_shape": (4,),
        "mask": ops.isfinite,
        "arguments": {"scale": 2},
    },
    "LayerNormalization": {**NORMALIZATION, "axis": (1, 2), "rms_scaling": True},
    "Masking": {"mask_value": -1.0},
    "MaxPooling1D": {**POOLING, "pool_size": (3,)},
    "RMSNormalization": {"axis": (-2, -1), "epsilon": 0.5},
    "RepeatVector": {"n": 4},
    "Rescaling": {"scale": 0.5, "offset": [1.0, 2.0]},
    "Reshape": {"target_shape": (2, -1)},
    "SeparableConv1D": {
        **DEPTHWISE,
        "filters": 4,
        "kernel_size": (3,),
        "pointwise_initializer": "ones",
        "pointwise_regularizer": regularizers.L1(0.5),
        "pointwise_constraint": constraints.UnitNorm(),
    },
    "RNN": {
        "cell": layers.LSTMCell(3, seed=1, **F64),
        **{name: value for name, value in OF_THE_LAYER.items() if name != "activity_regularizer"},
    },
    "SimpleRNN": RECURRENT,
    "SimpleRNNCell": CELL,
    "StackedRNNCells": {"cells": [layers.GRUCell(3, **F64), layers.LSTMCell(2, **F64)]},
    "Softmax": {"axis": [1, 2]},
    "SpatialDropout1D": {"rate": 0.5, "seed": 3},
    "Subtract": {},
    "TimeDistributed": {"layer": layers.Dense(3, "relu")},
    "UnitNormalization": {"axis": [1, 2]},
    "UpSampling1D": {"size": 3},
    "Wrapper": {"layer": layers.Dense(3, "relu")},
    "GRUD": {**GRUD, **{k: v for k, v in OF_THE_LAYER.items() if k != "stateful"}},
    "GRUDCell": GRUD,
    **{name: {**arguments, **OF_THE_LAYER} for name, arguments in CELLS.items()},
    **{f"{name}Cell": arguments for name, arguments in CELLS.items()},
    "ZeroPadding1D": {"padding": (1, 2), "data_format": "channels_last"},
}
ALWAYS_TRAINABLE = ("InputLayer", "SpatialDropout1D")  # in Keras, and with nothing to train
KINDS = {
    initializers: initializers.Initializer,
    regularizers: regularizers.Regularizer,
    constraints: constraints.Constraint,
}
every_class = pytest.mark.parametrize("name", ARGUMENTS)


def make(name):
    common = {} if name == "InputLayer" else {"dtype": "float64"}
    return layers.CLASSES[name](**ARGUMENTS[name], name="own", trainable=False, **common)


def test_every_layer_class_is_tried():
    models = {"Sequential", "Functional", "Model"}
    assert set(layers.CLASSES) == set(ARGUMENTS) | models


@every_class
def test_every_argument_is_tried_with_a_value_that_is_not_its_default(name):
    parameters = {
        key: p
        for key, p in inspect.signature(layers.CLASSES[name].__init__).parameters.items()
        if p.kind is not p.VAR_KEYWORD and key not in ("self", "name", "trainable")
    }
    excluded = NOT_TOGETHER.get(name, ())
    assert set(ARGUMENTS[name]) | set(excluded) == set(parameters)
    for key, value in ARGUMENTS[name].items():
        if key not in excluded and not (key in ("weights", "batch_shape") and value is None):
            assert parameters[key].default != value


@every_class
def test_a_config_restores_every_argument(name):
    layer = make(name)
    config = json.loads(json.dumps(layer.get_config()))
    again = type(layer).from_config(config)
    assert json.loads(json.dumps(again.get_config())) == config
    assert (again.name, again.dtype) == ("own", layer.dtype)
    assert again.trainable is (name in ALWAYS_TRAINABLE)
    for argument in set(ARGUMENTS[name]) - {"shape", "batch_size", "weights"}:
        one, other = getattr(layer, argument), getattr(again, argument)
        if isinstance(one, layers.Layer):
            one, other = one.get_config(), other.get_config()
        if argument == "cells":
            one, other = ([cell.get_config() for cell in cells] for cells in (one, other))
        for module, kind in KINDS.items():
            if isinstance(one, kind):
                one, other = module.serialize(one), module.serialize(other)
        assert one == other, argument


@every_class
def test_serialize_and_deserialize_undo_each_other(name):
    form = json.loads(json.dumps(layers.serialize(make(name))))
    assert set(form) == {"module", "class_name", "config", "registered_name"}
    assert (form["module"], form["class_name"]) == ("keras.layers", name)
    again = layers.deserialize(form)
    assert type(again) is layers.CLASSES[name]
    assert json.loads(json.dumps(layers.serialize(again))) == form


@every_class
def test_arguments_left_out_of_a_config_have_their_defaults(name):
    given = {"LSTM": {"units": 2}, "GRU": {"units": 2}, "SimpleRNN": {"units": 2}}
    required = {
        key: ARGUMENTS[name][key]
        for key, p in inspect.signature(layers.CLASSES[name].__init__).parameters.items()
        if key in ARGUMENTS[name] and p.default is p.empty
    }
    if name == "InputLayer":
        required = {"batch_shape": (None, 3)}
    required.update(given.get(name, {}))
    one = layers.CLASSES[name](**required, name="a")
    plain = {
        key: layers.serialize(value) if isinstance(value, layers.Layer) else value
        for key, value in required.items()
    }
    other = layers.CLASSES[name].from_config({**plain, "name": "a"})
    assert json.dumps(one.get_config()) == json.dumps(other.get_config())


def test_a_built_layer_is_built_again_with_weights_of_the_same_shapes():
    layer = layers.Bidirectional(layers.LSTM(3))
    layer(np.zeros((2, 4, 5)))
    again = layers.deserialize(json.loads(json.dumps(layers.serialize(layer))))
    assert [w.shape for w in again.weights] == [w.shape for w in layer.weights]
    again.set_weights(layer.get_weights())
    x = np.ones((2, 4, 5), "float32")
    np.testing.assert_array_equal(again(x), layer(x))


def test_a_config_holds_what_keras_s_holds():
    config = layers.Dense(3, "relu", name="d").get_config()
    assert config["name"] == "d"
    assert config["activation"] == "relu"
    assert config["dtype"]["config"] == {"name": "float32"}
    assert config["kernel_initializer"]["class_name"] == "GlorotUniform"


def test_what_keras_adds_to_a_config_is_passed_over_where_it_means_nothing():
    config = layers.LSTM(3).get_config() | {
        "kernel_regularizer": None,
        "recurrent_constraint": None,
        "use_cudnn": "auto",
        "implementation": 2,
        "time_major": False,
        "activity_regularizer": None,
        "quantization_config": None,
    }
    assert layers.LSTM.from_config(config).units == 3


def test_the_old_form_of_a_dtype_and_of_a_function_are_read():
    assert layers.Dense.from_config({"units": 2, "dtype": "float64"}).dtype == "float64"
    activation = {
        "module": "builtins",
        "class_name": "function",
        "config": "relu",
        "registered_name": "function",
    }
    layer = layers.Dense.from_config({"units": 2, "activation": activation})
    assert layer.activation is elman.activations.relu


def test_what_keras_does_not_use_either_is_passed_over():
    unused = {"time_major": False, "kernel_regularizer": None, "use_cudnn": "auto"}
    assert layers.LSTM.from_config({"units": 2, **unused}).units == 2
    entry = {"batch_shape": [None, 2], "sparse": False, "ragged": None, "optional": False}
    assert layers.InputLayer.from_config(entry).batch_shape == (None, 2)


def test_a_model_is_a_layer_that_is_written_and_read():
    model = Sequential([Input((3, 2)), layers.LSTM(2)], name="m")
    again = layers.deserialize(layers.serialize(model))
    assert isinstance(again, Sequential)
    assert again.name == "m"
    assert constructor_arguments(layers.Dense)[0] == "units"
