"""What elman has written as ONNX, as layers again."""

import re

import numpy as np
import pytest

import elman
from elman import Sequential, layers
from elman.errors import UnsupportedError
from elman.formats.onnx import load_onnx
from tests import tolerances
from tests.formats.onnx.writing import F, V, sequences, shaken


def test_layers_come_back_and_learn(tmp_path):
    model = shaken(
        Sequential(
            [
                elman.Input((None,), dtype="int32", name="words"),
                layers.Embedding(V, 5),
                layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
                layers.PeepholeLSTM(4, return_sequences=True),
                layers.CoupledLSTM(4, return_sequences=True, use_bias=False),
                layers.GRU(3, reset_after=False),
                layers.Dense(2, activation="softmax"),
            ]
        )
    )
    model.export(tmp_path / "m.onnx")
    again = load_onnx(tmp_path / "m.onnx").to_model()
    kinds = [type(layer).__name__ for layer in again.layers]
    assert kinds == ["InputLayer", "Embedding", "Bidirectional", "Concatenate", "PeepholeLSTM",
                     "CoupledLSTM", "GRU", "Dense", "Activation"]  # fmt: skip
    x = np.random.default_rng(0).integers(0, V, (8, 6)).astype("int32")
    np.testing.assert_allclose(again(x), model(x), rtol=0, atol=tolerances.ONNX)
    again.compile("adam", "mse")
    before = again.evaluate(x, np.zeros((8, 2)), verbose=0)
    again.fit(x, np.zeros((8, 2)), epochs=3, verbose=0)
    assert again.evaluate(x, np.zeros((8, 2)), verbose=0) < before


def test_what_is_no_layer_names_the_node(tmp_path):
    model = Sequential([elman.Input((None, F)), layers.Masking(), layers.LSTM(3)])
    model.export(tmp_path / "m.onnx")
    text = "node 'equal' (Equal) must be what elman has as a layer; it is none. Use `run`"
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        load_onnx(tmp_path / "m.onnx").to_model()


def test_the_file_shows_what_it_takes_and_gives(tmp_path):
    model = Sequential([elman.Input((None, F), name="x"), layers.LSTM(3, name="lstm")])
    model.export(tmp_path / "m.onnx")
    text = repr(load_onnx(tmp_path / "m.onnx"))
    assert text.startswith("<OnnxModel ")
    assert "nodes, opset 17\n" in text
    assert text.endswith(
        "  inputs  x  (batch, x_timesteps, 4)  float32\n  outputs lstm  (batch, 3)  float32>"
    )


@pytest.mark.parametrize("open_length", [True, False])
def test_convolutions_and_pooling_come_back(tmp_path, open_length):
    same = {"padding": "same", "activation": "tanh"}
    stack = [
        layers.Conv1D(4, 3, padding="causal", dilation_rate=2),
        layers.Conv1D(6, 2, groups=2, **same),
        layers.BatchNormalization(),
        layers.MaxPooling1D(2),
        layers.DepthwiseConv1D(3, depth_multiplier=2, **same),
        layers.AveragePooling1D(3, 1, padding="same"),
        layers.SeparableConv1D(4, 2, activation="relu"),
        layers.Conv1DTranspose(3, 3, strides=2, padding="same"),
        layers.Conv1DTranspose(3, 2, strides=3),
        layers.LSTM(2),
    ]
    first = elman.Input((None if open_length else 12, F), name="x")
    model = shaken(Sequential([first, *stack]))
    model.export(tmp_path / "m.onnx")
    again = load_onnx(tmp_path / "m.onnx").to_model()
    x = sequences(timesteps=12)
    np.testing.assert_allclose(again(x), model(x), rtol=0, atol=tolerances.ONNX)
    assert {type(layer).__name__ for layer in stack if "able" not in type(layer).__name__} - {
        type(layer).__name__ for layer in again.layers
    } <= {"BatchNormalization", "DepthwiseConv1D"}
