"""Models of one timestep a call, with their states in and out."""

import numpy as np
import pytest

import elman
from elman import Sequential, layers
from elman.errors import UnsupportedError
from elman.formats.onnx import load_onnx
from tests import tolerances
from tests.formats.onnx.writing import F, sequences, session, shaken


def test_a_step_model_takes_a_sequence_as_the_model_does(tmp_path):
    stack = layers.RNN([layers.GRUCell(3), layers.LSTMCell(4)], name="stack", return_sequences=True)
    model = Sequential(
        [
            elman.Input((None, F), name="x"),
            layers.LSTM(5, return_sequences=True, name="lstm"),
            stack,
            layers.TimeDistributed(layers.Dense(2)),
            layers.LayerNormalization(name="out"),
        ]
    )
    model.export(tmp_path / "m.onnx", step=True)
    shaken(model).export(tmp_path / "m.onnx", format="onnx", step=True)
    run, x = session(tmp_path / "m.onnx"), sequences()
    said = [each.name for each in run.get_inputs()]
    assert said == ["x", "lstm_h", "lstm_c", "stack_0_h", "stack_1_h", "stack_1_c"]
    outputs = [each.name for each in run.get_outputs()]
    assert outputs == ["out", *(f"{name}_next" for name in said[1:])]
    mine = load_onnx(tmp_path / "m.onnx")
    states = {each.name: np.zeros((3, each.shape[1]), "f4") for each in run.get_inputs()[1:]}
    steps = []
    for t in range(x.shape[1]):
        y, *new = run.run(None, {"x": x[:, t], **states})
        other, *_ = mine.run({"x": x[:, t], **states})
        np.testing.assert_allclose(other, y, rtol=0, atol=tolerances.ONNX)
        states = dict(zip(states, new, strict=True))
        steps.append(y)
    np.testing.assert_allclose(np.stack(steps, 1), model(x), rtol=0, atol=tolerances.ONNX)


def test_functions_and_merges_are_steps_too(tmp_path):
    x = elman.Input((None, F), name="x")
    y = layers.GRU(F, return_sequences=True, name="gru")(x * 2 - 1)
    y = elman.ops.maximum(layers.Add()([x, y]), elman.ops.gelu(y, approximate=False))
    model = shaken(elman.Model(x, layers.LayerNormalization()(y)))
    model.export(tmp_path / "m.onnx", step=True)
    run, x, h = session(tmp_path / "m.onnx"), sequences(), np.zeros((3, F), "f4")
    for t in range(x.shape[1]):
        y, h = run.run(None, {"x": x[:, t], "gru_h": h})
        np.testing.assert_allclose(y, model(x)[:, t], rtol=0, atol=tolerances.ONNX)


def test_what_needs_a_whole_sequence_is_no_step_model(tmp_path):
    model = Sequential([elman.Input((None, F)), layers.Bidirectional(layers.LSTM(3))])
    with pytest.raises(UnsupportedError, match="also reads the sequence from its end"):
        model.export(tmp_path / "m.onnx", step=True)
