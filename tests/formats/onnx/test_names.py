"""Names of layers, inputs, outputs and models go into ONNX and come back."""

import numpy as np
import pytest

import elman
from elman import Model, Sequential, layers
from elman.formats.onnx import load_onnx
from tests.formats.onnx.pack import unpack
from tests.formats.onnx.protos import TensorProto, array, helper, proto


def there_and_back(model, folder):
    """Return a model as it comes back, and checked to come back so again and again."""
    model.export(folder / "m.onnx")
    first = load_onnx(folder / "m.onnx")
    again = first.to_model()
    again.export(folder / "again.onnx")
    second = load_onnx(folder / "again.onnx")
    assert (first.inputs, first.outputs) == (second.inputs, second.outputs)
    assert names(second.to_model()) == names(again)
    return again


def names(model):
    return [(type(layer).__name__, layer.name) for layer in model.layers]


def test_layers_and_the_model_keep_their_names(tmp_path):
    model = Sequential(
        [
            elman.Input((None, 3), name="x"),
            layers.Masking(name="skip"),
            layers.LSTM(4, name="enc", return_sequences=True),
            layers.Conv1D(4, 3, padding="same", activation="relu", name="near"),
            layers.GRU(4, go_backwards=True, name="back"),
            layers.Dense(2, activation="softmax", name="probs"),
        ],
        name="net",
    )
    again = there_and_back(model, tmp_path)
    assert again.name == "net"
    assert names(again) == [("InputLayer", "x"), *names(model)]
    assert [w.path for w in again.weights] == [w.path.removeprefix("net/") for w in model.weights]
    assert again.get_layer("probs").path == "probs"
    assert again.get_config()["layers"][-1]["config"]["name"] == "probs"
    assert again.get_layer("probs").owner == "Dense 'probs'"
    np.testing.assert_array_equal(again.get_layer("enc").get_weights()[0],
                                  model.get_layer("enc").get_weights()[0])  # fmt: skip


def test_a_layer_that_comes_back_as_two_has_its_name_and_a_number(tmp_path):
    inside = [
        elman.Input((None, 3), name="x"),
        layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="both"),
        layers.Bidirectional(layers.GRU(4), name="last"),
    ]
    assert names(there_and_back(Sequential(inside), tmp_path))[1:] == [
        ("Bidirectional", "both"),
        ("Concatenate", "both_1"),
        ("Bidirectional", "last_1"),
        ("Concatenate", "last"),  # an output has the name of its layer
    ]


def test_outputs_of_one_layer_keep_their_names(tmp_path):
    x, h = elman.Input((None, 3), name="x"), elman.Input((4,), name="gru")
    y, state = layers.GRU(4, return_sequences=True, return_state=True, name="g")(x, initial_state=h)
    found = names(there_and_back(Model([x, h], [layers.Dense(2, name="y")(y), state]), tmp_path))
    assert found[1:] == [("InputLayer", "gru"), ("GRU", "g"), ("Dense", "y")]
    told = there_and_back(Model([x, h], {"all": y, "final": state}), tmp_path)
    assert told.output_names == ["all", "final"]
    assert names(told)[2:] == [("GRU", "g"), ("Identity", "all"), ("Identity", "final")]
    again = there_and_back(Model([x, h], {"a": h, "b": y, "c": y}), tmp_path)
    assert again.output_names == ["a", "b", "c"]


def test_an_input_may_be_called_as_a_layer_would_be(tmp_path):
    x = elman.Input((None, 3), name="dense")
    y = layers.Dense(2, name="y")(layers.LSTM(2, name="h")(x))
    elman.utils.clear_session()  # the next is dense
    again = there_and_back(Model(x, y), tmp_path)
    assert (again.input_names, again.output_names) == (["dense"], ["y"])


FILES = unpack("onnx_files")


@pytest.mark.parametrize(
    ("name", "inputs", "outputs", "kinds"),
    [
        ("lstm.script", ["x", "h0", "c0"], ["y", "hn", "cn"], None),
        ("gru_2l.dynamo", ["x", "h0_0", "h0_1"], ["y", "hn_0", "hn_1"], None),
        ("net_tagger.script", ["x"], ["y"], ["x", "emb", "rnn", "head", "y"]),
    ],
)
def test_torch_s_inputs_outputs_and_modules_keep_their_names(
    tmp_path, name, inputs, outputs, kinds
):
    (tmp_path / "m.onnx").write_bytes(FILES[f"{name}.onnx"].content)
    model = load_onnx(tmp_path / "m.onnx").to_model()
    assert (model.input_names, model.output_names) == (inputs, outputs)
    assert kinds is None or [layer.name for layer in model.layers] == kinds
    there_and_back(model, tmp_path)


def test_an_activation_of_another_layer_or_of_one_that_is_read_twice_stays_alone(tmp_path):
    def linear(product, activation, outputs):
        nodes = [
            helper.make_node("MatMul", ["x", "W"], ["a"], name=product),
            helper.make_node("Tanh", ["a"], ["y"], name=activation),
        ]
        (tmp_path / "m.onnx").write_bytes(
            proto(nodes, [array("W", 3, 2)], outputs=outputs).SerializeToString()
        )
        found = load_onnx(tmp_path / "m.onnx")
        x = np.ones((2, 3), "float32")
        model = found.to_model()
        for have, want in zip(elman._tree.flatten(model(x)), found.run(x), strict=True):
            np.testing.assert_allclose(have, want, atol=1e-6)
        return names(model)[1:]

    assert linear("/d/MatMul", "/d/Tanh", "y") == [("Dense", "y")]
    assert linear("/d/MatMul", "/Tanh", "y") == [("Dense", "d"), ("Activation", "y")]
    assert linear("/d/MatMul", "/d/Tanh", "ay") == [("Dense", "a"), ("Activation", "y")]
    assert linear("MatMul_0", "Tanh_1", "y")[1] == ("Activation", "y")


def test_an_input_may_be_called_as_what_makes_a_mask(tmp_path):
    made = helper.make_node("GRU", ["any", "W", "R", "", "cumsum"], ["", "h"], hidden_size=2)
    ends = [
        helper.make_tensor_value_info("any", TensorProto.FLOAT, ["T", "B", 4]),
        helper.make_tensor_value_info("cumsum", TensorProto.INT32, ["B"]),
        helper.make_tensor_value_info("h", TensorProto.FLOAT, None),
    ]
    weights = [array("W", 1, 6, 4), array("R", 1, 6, 2)]
    graph = helper.make_graph([made], "graph", ends[:2], ends[2:], weights)
    content = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    (tmp_path / "m.onnx").write_bytes(content.SerializeToString())
    elman.utils.clear_session()
    model = load_onnx(tmp_path / "m.onnx").to_model()
    assert (model.input_names, model.output_names) == (["any", "cumsum"], ["h"])
