"""Models with a `call` of their own in Keras's files: where their weights lie, and for what shapes.

The paths are those that Keras 3.15.1 writes for the same classes.
"""

import json
import zipfile

import numpy as np
import pytest

import elman
from elman import Sequential, layers
from elman.errors import FormatError, UnsupportedError
from elman.formats import keras_groups
from elman.models import load_model
from tests.formats.models import assert_same_weights
from tests.layers.checks import normal

TOKENS = np.array([[1, 2, 0], [3, 1, 1]], "int32")
X = normal(2, 5, 3).astype("float32")


class Several(elman.Model):
    def __init__(self, units=4, **options):
        super().__init__(**options)
        self.units = units
        self.lstm = layers.LSTM(units, return_sequences=True)
        self.out = layers.Dense(1)
        self.rnn = layers.GRU(3, return_sequences=True)
        self.dense = layers.Dense(3)
        self.blocks = [layers.Dense(3), layers.Bidirectional(layers.GRU(2, return_sequences=True))]
        self.zs = {"q": layers.LSTM(2), "a": layers.LSTM(2)}

    def call(self, x):
        x = self.rnn(self.dense(self.lstm(x)))
        for block in self.blocks:
            x = block(x)
        return self.out(self.zs["q"](x) + self.zs["a"](x))


class Two(elman.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.merge, self.sub = layers.Concatenate(), Several()
        self.rnn, self.emb = layers.GRU(3), layers.Embedding(9, 3)

    def call(self, x):
        return self.merge([self.sub(x["a"]), self.rnn(self.emb(x["b"]))])


class Pair(elman.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.merge, self.out, self.zz = layers.Concatenate(), layers.LSTM(3), layers.GRU(3)

    def call(self, x):
        return self.merge([self.out(x[0]), self.zz(x[1])])


class Late(elman.Model):
    """Its list is filled after other layers have been set."""

    def __init__(self, **options):
        super().__init__(**options)
        self.projs = []
        self.out = layers.Dense(3)
        self.net = Sequential([layers.Dense(3), layers.LSTM(3, return_sequences=True)])
        for _ in range(3):
            self.projs.append(layers.Dense(3))
        self.out2 = layers.Dense(3)

    def call(self, x):
        for layer in self.projs:
            x = layer(x)
        return self.out2(self.out(self.net(x)))


INPUTS = {Several: X, Two: {"a": X, "b": TOKENS}, Pair: [X, X], Late: X}
BOTH = "blocks/bidirectional"
SEVERAL = [
    *(f"{BOTH}/backward_layer/cell", f"{BOTH}/forward_layer/cell", "blocks/dense", "dense"),
    *("layers/dense", "layers/gru/cell"),
    *(f"layers/{each}/cell" for each in ("lstm", "lstm_1", "lstm_2")),
]
PATHS = {
    Several: SEVERAL,
    Two: sorted(
        ["emb", "layers/gru/cell", *(f"layers/several/{path}" for path in SEVERAL)],
    ),
    Pair: ["layers/gru/cell", "layers/lstm/cell"],
    Late: [
        *("layers/dense" + end for end in ("", "_1", "_2", "_3", "_4")),
        "layers/sequential/layers/dense",
        "layers/sequential/layers/lstm/cell",
    ],
}
SHAPES = {
    Several: [None, 5, 3],
    Two: {"a": [None, 5, 3], "b": [None, 3]},
    Pair: [[None, 5, 3], [None, 5, 3]],
    Late: [None, 5, 3],
}
kinds = pytest.mark.parametrize("kind", INPUTS)


def made(kind):
    model = kind()
    model(INPUTS[kind])
    return model


def in_file(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("config.json"))


@kinds
def test_weights_lie_where_keras_has_them(kind):
    held = [each.path for each in keras_groups.holders(made(kind)) if each.weights]
    assert sorted(held) == PATHS[kind]


def test_layers_come_in_the_order_in_which_keras_notes_them():
    model = made(Late)
    assert model.layers == [model.out, model.net, *model.projs, model.out2]
    by_path = {each.path: each.layer for each in keras_groups.holders(model)}
    assert by_path["layers/dense"] is model.out
    assert by_path["layers/dense_4"] is model.out2


def test_a_layer_that_is_replaced_or_taken_out_is_none_of_the_model_s():
    model = Late()
    model.out2 = layers.Dense(4)
    model.projs.pop()
    assert model.layers == [model.out, model.net, *model.projs, model.out2]


@kinds
def test_a_file_says_for_what_shapes_keras_must_build_the_model(kind, path):
    made(kind).save(path)
    assert in_file(path)["build_config"] == {"input_shape": SHAPES[kind]}


@kinds
def test_a_file_of_keras_says_no_more_than_the_shapes(kind, path, tmp_path):
    model = made(kind)
    model.save(path)
    again = _as_keras_writes_it(path, tmp_path, SHAPES[kind])
    found = load_model(again, custom_objects={kind.__name__: kind, "Several": Several})
    assert_same_weights(found, model)
    x = INPUTS[kind]
    np.testing.assert_array_equal(found.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize("shape", [{"a": 3}, [[None, "b"]], [[2], {"c": None}]])
def test_shapes_that_are_none(shape, path, tmp_path):
    made(Pair).save(path)
    again = _as_keras_writes_it(path, tmp_path, shape)
    with pytest.raises(FormatError, match=r"'config\.json' must describe a model; "):
        load_model(again, custom_objects={"Pair": Pair})


def _as_keras_writes_it(path, folder, shape):
    config = in_file(path)
    del config["called_with"]
    config["build_config"] = {"input_shape": shape}
    again = folder / "again.keras"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(again, "w") as new:
        for name in old.namelist():
            text = json.dumps(config) if name == "config.json" else old.read(name)
            new.writestr(name, text)
    return again


class Sum(elman.Model):
    def __init__(self, **options):
        super().__init__(**options)

    def call(self, x, y):
        return x + y


def test_a_model_of_several_arguments_is_not_saved_whole(path):
    model = Sum()
    model(X, X)
    with pytest.raises(
        UnsupportedError, match=r"Sum 'sum.*: `call` must take its arrays in one arg"
    ):
        model.save(path)
