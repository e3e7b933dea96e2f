"""Files of Keras 1: the numbers that its equations give."""

import re

import numpy as np
import pytest

from elman.errors import FormatError, UnsupportedError
from elman.models import load_model
from tests.formats import keras_1_files as files
from tests.tolerances import FLOAT32

NEAR = {"rtol": 0, "atol": FLOAT32}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "m.h5"


def test_weights_gate_by_gate_become_whole_kernels(path):
    x, y, _ = files.gates_model(path)
    model = load_model(path)
    np.testing.assert_allclose(model(x), y, **NEAR)
    assert model.get_layer("lstm_1").recurrent_activation.__name__ == "hard_sigmoid_keras2"
    assert model.get_layer("gru_1").reset_after is False


def test_weights_alone(path, tmp_path):
    x, y, weights = files.gates_model(path)
    model = load_model(path)
    model.set_weights([0 * w for w in model.get_weights()])
    files.write(tmp_path / "w.h5", None, weights)
    model.load_weights(tmp_path / "w.h5")
    np.testing.assert_allclose(model(x), y, **NEAR)


def test_a_functional_model_with_merging_layers(path):
    W, b = files.numbers(1, files.F, 2), files.numbers(2, 2)
    entry = {"batch_input_shape": [None, files.F], "input_dtype": "float32", "sparse": False}
    given = {"class_name": "InputLayer", "config": {"name": "in", **entry}}
    both = {"mode": "concat", "concat_axis": -1, "name": "merge_1", "dot_axes": -1}
    layers = [
        {**given, "name": "in", "inbound_nodes": []},
        {**files.dense("d", 2, activation="tanh"), "name": "d", "inbound_nodes": [[["in", 0, 0]]]},
        {
            "class_name": "Merge",
            "config": both,
            "name": "merge_1",
            "inbound_nodes": [[["d", 0, 0], ["in", 0, 0]]],
        },
    ]
    ends = {"input_layers": [["in", 0, 0]], "output_layers": [["merge_1", 0, 0]]}
    config = {"class_name": "Model", "config": {"name": "m", "layers": layers, **ends}}
    files.write(path, config, {"in": {}, "d": {"d_W": W, "d_b": b}, "merge_1": {}})
    x = files.numbers(3, 4, files.F)
    np.testing.assert_allclose(
        load_model(path)(x), np.concatenate([np.tanh(x @ W + b), x], -1), **NEAR
    )


@pytest.mark.parametrize("backend", ["tensorflow", "theano"])
def test_a_convolution_in_time(path, backend):
    kernel, b = files.numbers(1, 2, files.F, 4), files.numbers(2, 4)
    stored = (
        kernel[:, None] if backend == "tensorflow" else kernel[::-1, None].transpose(3, 2, 0, 1)
    )
    config = {
        "name": "c", "nb_filter": 4, "filter_length": 2, "border_mode": "valid", "init": "uniform",
        "subsample_length": 1, "activation": "relu", "bias": True, "input_dim": files.F,
        "batch_input_shape": [None, files.T, files.F], "W_regularizer": {"name": "L1L2", "l2": 0.1},
    }  # fmt: skip
    pool = {"name": "p", "pool_length": 2, "stride": 2, "border_mode": "valid"}
    layers = [
        {"class_name": "Convolution1D", "config": config},
        {"class_name": "MaxPooling1D", "config": pool},
        {"class_name": "Dropout", "config": {"name": "drop", "p": 0.5}},
        {"class_name": "TimeDistributedDense", "config": files.dense("t", 2)["config"]},
    ]
    V, c = files.numbers(4, 4, 2), files.numbers(5, 2)
    weights = {"c": {"c_W": stored, "c_b": b}, "p": {}, "drop": {}, "t": {"t_W": V, "t_b": c}}
    about = {"keras_version": "1.2.2", "backend": backend}
    files.write(path, {"class_name": "Sequential", "config": layers}, weights, **about)
    x = files.numbers(3, 2, files.T, files.F)
    y = np.maximum(x[:, :-1] @ kernel[0] + x[:, 1:] @ kernel[1] + b, 0)
    y = y.reshape(2, 2, 2, 4).max(2) @ V + c
    np.testing.assert_allclose(load_model(path)(x), y, **NEAR)


def test_a_slope_that_is_learned_and_steps_that_are_repeated(path):
    alphas = files.numbers(1, files.T, files.F)
    first = {"batch_input_shape": [None, files.T, files.F], "input_dtype": "float32"}
    rectifier = {"name": "p", "init": "zero", "weights": None, "shared_axes": None, **first}
    layers = [
        {"class_name": "PReLU", "config": rectifier},
        {"class_name": "UpSampling1D", "config": {"name": "u", "length": 3}},
    ]
    weights = {"p": {"p_alphas": alphas}, "u": {}}
    files.write(path, {"class_name": "Sequential", "config": layers}, weights)
    x = files.numbers(2, 2, files.T, files.F)
    y = np.maximum(x, 0) + alphas * (x - np.abs(x)) / 2
    np.testing.assert_allclose(load_model(path)(x), y.repeat(3, axis=1), **NEAR)


def test_a_model_of_layers_inside_a_model_of_layers(path):
    """Both are lists, and the one inside has no name; its weights have that of the day."""
    W, V, c = files.numbers(1, files.F, 4), files.numbers(2, 4, 2), files.numbers(3, 2)
    first = {"batch_input_shape": [None, files.F], "use_bias": False, "units": 4, "name": "d"}
    inner = {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": first}]}
    outer = {"class_name": "Dense", "config": {"units": 2, "name": "e", "activation": "tanh"}}
    config = {"class_name": "Sequential", "config": [inner, outer]}
    weights = {"sequential_7": {"d/kernel:0": W}, "e": {"e/kernel:0": V, "e/bias:0": c}}
    files.write(path, config, weights, keras_version="2.1.6", backend="tensorflow")
    x = files.numbers(4, 5, files.F)
    np.testing.assert_allclose(load_model(path)(x), np.tanh(x @ W @ V + c), **NEAR)
    files.write(path, config, weights | {"f": {"f/bias:0": c}}, keras_version="2.1.6")
    with pytest.raises(FormatError, match="that has 2 layers with weights, and the file 3"):
        load_model(path)


def test_training_goes_on_with_a_rate_that_falls(path):
    _, _, weights = files.gates_model(path)
    optimizer = {"class_name": "SGD", "config": {"lr": 0.5, "momentum": 0.0, "decay": 1.0}}
    training = {
        "optimizer_config": optimizer, "loss": "mse", "metrics": ["acc"],
        "sample_weight_mode": None, "loss_weights": None,
    }  # fmt: skip
    config = {"class_name": "Sequential", "config": [files.dense("dense_1", 1)]}
    config["config"][0]["config"]["batch_input_shape"] = [None, 2]
    files.write(path, config, {"dense_1": weights["dense_1"]}, training)
    model = load_model(path)
    rates = []
    for _ in range(3):
        rates.append(float(model.optimizer.learning_rate))
        model.train_on_batch(np.ones((2, 2)), np.ones((2, 1)))
    np.testing.assert_allclose(rates, [0.5, 0.25, 0.5 / 3])


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (
            {"class_name": "Merge", "config": {"name": "m", "mode": "cos"}},
            "Merge 'm': `mode` must be one of concat, sum, mul, ave, max, dot, in a functional mo",
        ),
        (
            {"class_name": "BatchNormalization", "config": {"name": "b", "mode": 1}},
            "BatchNormalization 'b': `mode` must be 0; got 1.",
        ),
        (
            {"class_name": "Embedding", "config": {"name": "e", "dropout": 0.5}},
            "Embedding 'e': `dropout` must be 0; got 0.5. Put a SpatialDropout1D behind it.",
        ),
        (
            {"class_name": "MaxoutDense", "config": {"name": "m"}},
            "deserialize: layer 'm' has class MaxoutDense, which elman does not have.",
        ),
    ],
)
def test_what_elman_does_not_have_is_refused_by_name(path, layer, text):
    files.write(path, {"class_name": "Sequential", "config": [layer]}, {})
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        load_model(path)


def test_no_configuration_of_keras_1(path):
    files.write(path, {"class_name": "Sequential", "config": 5}, {})
    with pytest.raises(FormatError, match="'model_config' must be in Keras 2's form; got none"):
        load_model(path)
