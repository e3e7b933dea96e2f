"""What cannot be written as ONNX is refused by name, and a file is there whole or not at all."""

import re

import pytest

import elman
from elman import Sequential, layers
from elman.errors import ArgumentError, NotBuiltError, UnsupportedError
from elman.formats.onnx import save
from elman.formats.onnx.writing.layers import WRITERS
from elman.layers.recurrence.stock_cell import StockCell
from tests.formats.onnx.writing import F, shaken


def own(x):
    return x


class OwnCell(layers.Layer):
    state_size = 3

    def call(self, inputs, states):
        return states[0] + 1, [states[0] + 1]


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (layers.Lambda(own), "every layer must be one that ONNX can hold; it is of class Lambda."),
        (layers.RNN(OwnCell()), "it has a cell of which elman knows no nodes."),
        (layers.LSTM(3, stateful=True), "it carries its states from call to call"),
        (layers.LSTM(3, activation=own), "it has activation 'own'. It may be one of celu"),
        (layers.Dense(3, activation=own), "it has activation 'own'. It may be one of celu"),
    ],
)  # fmt: skip
def test_what_onnx_does_not_have_is_refused_by_name(tmp_path, layer, text):
    x = elman.Input((7, F), batch_size=3)
    y = layer(x)
    with pytest.raises(UnsupportedError, match=re.escape(f"{layer.owner}: ")) as caught:
        elman.Model(x, y).export(tmp_path / "m.onnx")
    assert text in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_cells_of_which_there_are_no_nodes_are_refused_by_themselves(tmp_path):
    x, h = elman.Input((F,)), elman.Input((3,))
    y, _ = layers.GRUD(3).cell(x, [h])
    with pytest.raises(UnsupportedError, match="it is a cell of which elman knows no nodes"):
        elman.Model([x, h], y).export(tmp_path / "m.onnx")


def test_every_layer_of_elman_is_written_but_code_of_your_own():
    found = {layers.CLASSES[name] for name in layers.CLASSES}
    plain = {each for each in found if each.__module__.startswith("elman.layers.")}
    special = (layers.RNN, layers.TimeDistributed, layers.Attention, layers.InputLayer)
    cells = (StockCell, layers.StackedRNNCells)
    left = {each for each in plain - set(WRITERS) if not issubclass(each, (*special, *cells))}
    assert left == {layers.Lambda, layers.Wrapper}


def test_calls_that_cannot_be_written_are_refused(tmp_path):
    x, r = elman.Input((7, F)), elman.Input((7,), dtype="bool")
    dropped = layers.Dropout(0.1)(x, training=True)
    for inputs, y, text in [
        (x, dropped, "is called with `training=True`"),
        ([x, r], layers.LSTM(3)(x, reset_mask=r), "is given a reset mask"),
    ]:
        with pytest.raises(UnsupportedError, match=text):
            elman.Model(inputs, y).export(tmp_path / "m.onnx")


@pytest.mark.parametrize(
    ("name", "options", "error", "text"),
    [
        (
            "m.bin",
            {},
            ArgumentError,
            "`filepath` must end in '.c' or '.h' or '.json' or '.onnx' or '.pt' or",
        ),
        (
            "m.onnx",
            {"format": "tf"},
            ArgumentError,
            "`format` must be one of 'c', 'onnx', 'rtneural', 'torch';",
        ),
        ("m.onnx", {"step": 1}, ArgumentError, "`step` must be True or False; got 1."),
        ("none/m.onnx", {}, ArgumentError, "`filepath` must be in a directory that exists; got"),
        (3, {}, ArgumentError, "`filepath` must be a path; got 3."),
    ],
)
def test_arguments_are_checked(tmp_path, name, options, error, text):
    model = Sequential([elman.Input((None, F)), layers.LSTM(3)])
    with pytest.raises(error, match=re.escape(text)):
        model.export(tmp_path / name if isinstance(name, str) else name, **options)


def test_a_model_without_weights_is_not_written(tmp_path):
    for write in (Sequential([layers.LSTM(3)]).export, lambda p: save(Sequential(), p)):
        with pytest.raises(NotBuiltError, match="the model must be built to be"):
            write(tmp_path / "m.onnx")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    model = Sequential([elman.Input((None, F)), layers.LSTM(3)])
    model.export(tmp_path / "m.onnx")
    before = (tmp_path / "m.onnx").read_bytes()

    def broken(*paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", broken)
    with pytest.raises(ArgumentError, match=r"No space left on device\. Make room"):
        shaken(model).export(tmp_path / "m.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["m.onnx"]
    assert (tmp_path / "m.onnx").read_bytes() == before


def test_without_the_package_onnx_the_error_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(elman.errors.MissingDependencyError, match=r"pip install 'elman\[onnx\]'"):
        elman.load_onnx(tmp_path / "m.onnx")
