"""What elman has written as ONNX, as layers again."""

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import elman
from elman import Sequential, layers
from elman.errors import UnsupportedError
from elman.formats.onnx import load_onnx
from tests import tolerances
from tests.formats.onnx.protos import TensorProto, helper, onnx
from tests.formats.onnx.random_models import models
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
                     "CoupledLSTM", "GRU", "Dense"]  # fmt: skip
    x = np.random.default_rng(0).integers(0, V, (8, 6)).astype("int32")
    np.testing.assert_allclose(again(x), model(x), rtol=0, atol=tolerances.ONNX)
    again.compile("adam", "mse")
    before = again.evaluate(x, np.zeros((8, 2)), verbose=0)
    again.fit(x, np.zeros((8, 2)), epochs=3, verbose=0)
    assert again.evaluate(x, np.zeros((8, 2)), verbose=0) < before


@pytest.mark.filterwarnings("ignore:.*the mask of its input ends here")  # where it is turned
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(models())
def test_random_models_come_back_as_they_were(tmp_path_factory, drawn):
    model, x = drawn
    path = tmp_path_factory.getbasetemp() / "random.onnx"
    shaken(model).export(path)
    want = model(x)
    again = load_onnx(path).to_model()
    np.testing.assert_allclose(again(x), want, rtol=0, atol=tolerances.ONNX)


@pytest.mark.parametrize("zeros", [True, False])
@pytest.mark.parametrize(
    "make",
    [
        lambda zeros: [layers.LSTM(3, zero_output_for_mask=zeros)],
        lambda zeros: [
            layers.GRU(3, return_sequences=True, zero_output_for_mask=zeros, go_backwards=True)
        ],
        lambda zeros: [
            layers.LSTM(3, return_sequences=True, zero_output_for_mask=zeros),
            layers.SimpleRNN(2, zero_output_for_mask=zeros, go_backwards=True),
            layers.Dense(2, activation="tanh"),
        ],
        lambda zeros: [
            layers.Bidirectional(layers.GRU(3, return_sequences=True, zero_output_for_mask=zeros)),
            layers.Bidirectional(layers.LSTM(3, zero_output_for_mask=zeros)),
        ],
        lambda zeros: [
            layers.RNN([layers.GRUCell(3), layers.LSTMCell(2)], zero_output_for_mask=zeros)
        ],
    ],
    ids=["last", "backwards", "stack", "both", "cells"],
)
@pytest.mark.parametrize("value", [0.0, 7.0, None])
def test_masks_come_back_and_learn(tmp_path, make, value, zeros):
    if value is None:
        first = [elman.Input((None,), dtype="int32", name="x")]
        first += [layers.Embedding(V, F, mask_zero=True)]
        x = np.random.default_rng(0).integers(0, 3, (4, 7)).astype("int32")
        x[2], x[1, 4:], x[3] = 0, 0, 1
    else:
        first = [elman.Input((None, F), name="x"), layers.Masking(value)]
        x = sequences(masked=True)
        x[(x == 0).all(-1)] = value
    model = shaken(Sequential([*first, *make(zeros)]))
    model.export(tmp_path / "m.onnx")
    again = load_onnx(tmp_path / "m.onnx").to_model()
    np.testing.assert_allclose(again(x), model(x), rtol=0, atol=tolerances.ONNX)
    kinds = {type(layer).__name__ for layer in again.layers}
    assert kinds & {"Masking", "Embedding"}
    assert "NotEqual" not in {getattr(layer, "kind", "") for layer in again.layers[:4]}
    target = np.zeros_like(model(x))
    again.compile("adam", "mse")
    before = again.evaluate(x, target, verbose=0)
    again.fit(x, target, epochs=3, verbose=0)
    assert again.evaluate(x, target, verbose=0) < before


def test_masks_and_states_that_are_inputs_come_back(tmp_path):
    x, m = elman.Input((None, F), name="x"), elman.Input((None,), dtype="bool", name="m")
    h, c = elman.Input((3,)), elman.Input((3,))
    y, *final = layers.LSTM(3, return_sequences=True, return_state=True)(
        layers.Masking()(x), initial_state=[h, c], mask=m
    )
    model = shaken(elman.Model([x, m, h, c], [layers.GRU(2)(y, mask=m), *final]))
    model.export(tmp_path / "m.onnx")
    again = load_onnx(tmp_path / "m.onnx").to_model()
    states = [sequences(i)[:, 0, :3] for i in (3, 4)]
    given = [sequences(), sequences(1)[..., 0] > 0, *states]
    given[1][2] = False
    for have, want in zip(again(given), model(given), strict=True):
        np.testing.assert_allclose(have, want, rtol=0, atol=tolerances.ONNX)


def with_attribute(op, name, value):
    """Return what changes an attribute of the first node of an operator."""

    def change(graph):
        made = next(each for each in graph.node if each.op_type == op)
        (found,) = (each for each in made.attribute if each.name == name)
        found.i = value

    return change


def with_input(op, place, source):
    """Return what gives the last node of an operator the first output of another's."""

    def change(graph):
        names = [each.output[0] for each in graph.node if each.op_type == source]
        next(each for each in reversed(graph.node) if each.op_type == op).input[place] = names[0]

    return change


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (with_attribute("CumSum", "exclusive", 1), "it puts outputs back otherwise than a layer"),
        (with_attribute("GatherND", "batch_dims", 0), "it picks steps otherwise than a mask does"),
        (with_input("LSTM", 4, "TopK"), "it has other `sequence_lens` than its mask's"),
        (with_input("Where", 0, "Greater"), "it puts outputs back otherwise than a layer does"),
        (with_input("Where", 0, "Unsqueeze"), "it puts outputs back otherwise than a layer does"),
        (with_input("Where", 1, "Where"), "a mask, and with no output of a recurrent layer"),
    ],
)
def test_masks_that_are_not_as_elman_writes_them_are_refused(tmp_path, change, text):
    lstm = layers.LSTM(3, return_sequences=True)
    Sequential([elman.Input((None, F)), layers.Masking(), lstm]).export(tmp_path / "m.onnx")
    content = onnx.load(tmp_path / "m.onnx")
    change(content.graph)
    onnx.save(content, tmp_path / "m.onnx")
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        load_onnx(tmp_path / "m.onnx").to_model()


def test_a_mask_chooses_among_outputs_of_recurrent_layers_alone(tmp_path):
    x = elman.Input((None, F))
    y = layers.LSTM(F, zero_output_for_mask=True)(layers.Masking()(x))
    elman.Model(x, y).export(tmp_path / "m.onnx")
    content = onnx.load(tmp_path / "m.onnx")
    content.graph.node.insert(0, helper.make_node("ReduceMax", ["input"], ["top"], axes=[1]))
    content.graph.node[0].input[0] = content.graph.input[0].name
    next(each for each in reversed(content.graph.node) if each.op_type == "Where").input[1] = "top"
    onnx.save(content, tmp_path / "m.onnx")
    text = "it has to do with a mask, and with no output of a recurrent layer"
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        load_onnx(tmp_path / "m.onnx").to_model()


@pytest.mark.filterwarnings("ignore:.*the mask of its input ends here")  # where it is turned
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
def test_lengths_that_are_an_input_become_a_mask(tmp_path, direction):
    draw, count = np.random.default_rng(0), 1 + (direction == "bidirectional")
    arrays = [
        onnx.numpy_helper.from_array(draw.normal(size=(count, 12, n)).astype("f4"), name)
        for name, n in (("W", F), ("R", 3))
    ]
    made = helper.make_node(
        "LSTM", ["x", "W", "R", "", "lens"], ["y", "h"], hidden_size=3, direction=direction
    )
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "yh"]
    enters = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, ["T", "B", F]),
        helper.make_tensor_value_info("lens", TensorProto.INT32, ["B"]),
    ]
    graph = helper.make_graph([made], "graph", enters, ends, arrays)
    content = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    (tmp_path / "m.onnx").write_bytes(content.SerializeToString())
    found = load_onnx(tmp_path / "m.onnx")
    x, lens = sequences(), np.array([7, 3, 1], "int32")
    y, h = found.run({"x": x.transpose(1, 0, 2), "lens": lens})
    parts = found.to_model()([x, lens])
    for d in range(count):
        np.testing.assert_allclose(parts[d], y[:, d].transpose(1, 0, 2), atol=tolerances.ONNX)
        np.testing.assert_allclose(parts[count + d], h[d], atol=tolerances.ONNX)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda x: layers.GlobalAveragePooling1D()(x), "it chooses otherwise than a mask does"),
        (lambda x: layers.IndRNN(3)(x), "it asks for the sizes of what is no output of a layer"),
        (
            lambda x: layers.Attention(name="attention")([x, x]),
            "node 'attention/MatMul' (MatMul) must be what elman has as a layer; it is none.",
        ),
    ],
)
def test_what_is_no_layer_names_the_node(tmp_path, make, text):
    x = elman.Input((None, F))
    elman.Model(x, make(layers.Masking()(x))).export(tmp_path / "m.onnx")
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
